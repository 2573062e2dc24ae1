/* Documents with an entry per key: results of DeleteObjects, and tags. */
#include "documents.h"
#include "shape.h"

enum { DELETED, FAILED };

static const struct hr__element of_deleted[] = {
    HR__ELEMENT("Key", TEXT, REQUIRED, struct hr_s3_deleted, key),
    HR__ELEMENT("VersionId", TEXT, OPTIONAL, struct hr_s3_deleted, version_id),
    HR__ELEMENT("DeleteMarker", BOOL, OPTIONAL, struct hr_s3_deleted, delete_marker),
    HR__ELEMENT("DeleteMarkerVersionId", TEXT, OPTIONAL, struct hr_s3_deleted,
                delete_marker_version_id),
};

static const struct hr__element of_failed[] = {
    HR__ELEMENT("Key", TEXT, OPTIONAL, struct hr_s3_deleted, key),
    HR__ELEMENT("VersionId", TEXT, OPTIONAL, struct hr_s3_deleted, version_id),
    HR__ELEMENT("Code", TEXT, REQUIRED, struct hr_s3_deleted, code),
    HR__ELEMENT("Message", TEXT, OPTIONAL, struct hr_s3_deleted, message),
};

static const struct hr__entry results[] = {
    {HR__PATH("Deleted"), DELETED, sizeof(struct hr_s3_deleted), of_deleted, HR__ROWS(of_deleted)},
    {HR__PATH("Error"), FAILED, sizeof(struct hr_s3_deleted), of_failed, HR__ROWS(of_failed)},
};

static const struct hr__shape deleted = {
    .roots = {"DeleteResult"},
    .entries = results,
    .entry_count = HR__ROWS(results),
};

static const struct hr__element of_tag[] = {
    HR__ELEMENT("Key", STRING, REQUIRED, struct hr_s3_tag, key),
    HR__ELEMENT("Value", STRING, NAMING, struct hr_s3_tag, value),
};

static const struct hr__entry tag_set[] = {
    {HR__PATH("TagSet/Tag"), 0, sizeof(struct hr_s3_tag), of_tag, HR__ROWS(of_tag)},
};

static const struct hr__shape tagging = {
    .roots = {"Tagging"},
    .entries = tag_set,
    .entry_count = HR__ROWS(tag_set),
};

static int on_deleted(void *user, const struct hr__entry *entry, void *value) {
    (void)entry;
    const struct hr__deleted_sink *sink = user;
    return sink->on_deleted(sink->user, value);
}

int hr__read_deleted(struct hr_slice xml, const struct hr__deleted_sink *sink,
                     struct hr_error *error) {
    struct hr__deleted_sink copy = *sink;
    struct hr__shape_sink all = {.on_entry = on_deleted, .user = &copy};
    return hr__shape_read(&deleted, xml, &all, error);
}

static int on_tag(void *user, const struct hr__entry *entry, void *value) {
    (void)entry;
    const struct hr__tags_sink *sink = user;
    return sink->on_tag(sink->user, value);
}

int hr__read_tags(struct hr_slice xml, const struct hr__tags_sink *sink, struct hr_error *error) {
    struct hr__tags_sink copy = *sink;
    struct hr__shape_sink all = {.on_entry = on_tag, .user = &copy};
    return hr__shape_read(&tagging, xml, &all, error);
}
