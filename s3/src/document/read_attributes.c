/* Answers to GetObjectAttributes. */
#include "documents.h"
#include "shape.h"

static const struct hr__element of_object[] = {
    HR__ELEMENT("ETag", ETAG, OPTIONAL, struct hr__attributes, etag),
    HR__ELEMENT("StorageClass", TEXT, OPTIONAL, struct hr__attributes, storage_class),
    HR__ELEMENT("ObjectSize", U64, OPTIONAL, struct hr__attributes, size_bytes),
    HR__ELEMENT("ObjectParts/PartsCount", U64, OPTIONAL, struct hr__attributes, parts_total),
    HR__ELEMENT("ObjectParts/PartNumberMarker", U64, OPTIONAL, struct hr__attributes, part_marker),
    HR__ELEMENT("ObjectParts/NextPartNumberMarker", U64, OPTIONAL, struct hr__attributes,
                next_part_marker),
    HR__ELEMENT("ObjectParts/MaxParts", U64, OPTIONAL, struct hr__attributes, parts_max),
    HR__ELEMENT("ObjectParts/IsTruncated", BOOL, OPTIONAL, struct hr__attributes, parts_truncated),
    HR__CHECKSUM_ELEMENTS("Checksum/", struct hr__attributes, checksums),
};

static const struct hr__element of_part[] = {
    HR__ELEMENT("PartNumber", PART, REQUIRED, struct hr_s3_part_info, part_number),
    HR__ELEMENT("Size", U64, REQUIRED, struct hr_s3_part_info, size_bytes),
    HR__CHECKSUM_ELEMENTS("", struct hr_s3_part_info, checksums),
};

static const struct hr__entry parts[] = {
    {HR__PATH("ObjectParts/Part"), 0, sizeof(struct hr_s3_part_info), of_part, HR__ROWS(of_part)},
};

/* The second name is that of the API's model, which some stores send. */
static const struct hr__shape attributes = {
    .roots = {"GetObjectAttributesResponse", "GetObjectAttributesOutput",
              "getObjectAttributesResponse"}, /* the last is MinIO's */
    .elements = of_object,
    .element_count = HR__ROWS(of_object),
    .entries = parts,
    .entry_count = HR__ROWS(parts),
};

static int on_part(void *user, const struct hr__entry *entry, void *value) {
    (void)entry;
    const struct hr__parts_sink *sink = user;
    return sink->on_part(sink->user, value);
}

int hr__read_attributes(struct hr_slice xml, struct hr__texts *texts,
                        const struct hr__parts_sink *sink, struct hr_error *error,
                        struct hr__attributes *out) {
    struct hr__parts_sink copy = *sink;
    struct hr__attributes made = {.size_bytes = UINT64_MAX};
    struct hr__shape_sink all = {
        .out = &made,
        .texts = texts,
        .on_entry = copy.on_part ? on_part : NULL,
        .user = &copy,
    };
    int err = hr__shape_read(&attributes, xml, &all, error);
    if (err) return err;
    made.has_size = made.size_bytes != UINT64_MAX;
    if (!made.has_size) made.size_bytes = 0;
    *out = made;
    return 0;
}
