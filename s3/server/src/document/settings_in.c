/* Reads the documents by which a client sets versioning, tags and locks. */
#include "settings_in.h"

#include <headrace/clock.h>
#include <headrace/text.h>

#include "xml_reader.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- VersioningConfiguration. */

static void versioning_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    enum s3_versioning *versioning = reader->document;
    if (strcmp(path, "Status") == 0) {
        bool enabled = hr_slice_equal(text, hr_slice_of("Enabled"));
        *versioning = enabled ? S3_VERSIONING_ENABLED : S3_VERSIONING_SUSPENDED;
        if (!enabled && !hr_slice_equal(text, hr_slice_of("Suspended")))
            s3_server__xml_fail(reader, S3_MalformedXML);
    } else if (!hr_slice_equal(text, hr_slice_of("Disabled"))) { /* deletion by a device only */
        s3_server__xml_fail(reader, S3_NotImplemented);
    }
}

enum s3_error s3_server__xml_read_versioning(struct hr_slice document, struct s3_arena *arena,
                                             enum s3_versioning *versioning,
                                             struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {{"Status", false}, {"MfaDelete", false}};
    *versioning = S3_VERSIONING_OFF;
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "VersioningConfiguration",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_end = versioning_end,
                                   .document = versioning};
    enum s3_error error = s3_server__xml_read(&reader, document);
    if (!error && *versioning == S3_VERSIONING_OFF) error = S3_MalformedXML;
    return error;
}

/* ---- Tagging. */

static void tags_start(struct s3_xml_reader *reader, const char *path) {
    struct s3_tag_list *list = reader->document;
    if (strcmp(path, "TagSet/Tag") != 0) return;
    void *tags = s3_server__xml_room(reader, list->tags, list->count, sizeof list->tags[0],
                                     S3_TAGS_READ_MAX);
    if (!tags) return;
    list->tags = tags;
    memset(&list->tags[list->count++], 0, sizeof list->tags[0]);
}

static void tags_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct s3_tag_list *list = reader->document;
    struct s3_tag *tag = list->count > 0 ? &list->tags[list->count - 1] : NULL;
    if (strcmp(path, "TagSet/Tag/Key") == 0)
        tag->key = s3_server__xml_keep(reader, text);
    else if (strcmp(path, "TagSet/Tag/Value") == 0)
        tag->value = s3_server__xml_keep(reader, text);
    else if (strcmp(path, "TagSet/Tag") == 0 && (!tag->key.data || !tag->value.data))
        s3_server__xml_fail(reader, S3_MalformedXML);
}

enum s3_error s3_server__xml_read_tags(struct hr_slice document, struct s3_arena *arena,
                                       struct s3_tag_list *list, struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {{"TagSet", false},
                                                     {"TagSet/Tag", true},
                                                     {"TagSet/Tag/Key", false},
                                                     {"TagSet/Tag/Value", false}};
    *list = (struct s3_tag_list){.count = 0};
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "Tagging",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_start = tags_start,
                                   .on_end = tags_end,
                                   .document = list};
    return s3_server__xml_read(&reader, document);
}

/* ---- LegalHold. */

static void hold_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    (void)path;
    bool *hold = reader->document;
    *hold = hr_slice_equal(text, hr_slice_of("ON"));
    if (!*hold && !hr_slice_equal(text, hr_slice_of("OFF")))
        s3_server__xml_fail(reader, S3_MalformedXML);
}

enum s3_error s3_server__xml_read_legal_hold(struct hr_slice document, struct s3_arena *arena,
                                             bool *hold, struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {{"Status", false}};
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "LegalHold",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_end = hold_end,
                                   .document = hold};
    enum s3_error error = s3_server__xml_read(&reader, document);
    return !error && !reader.seen ? S3_MalformedXML : error;
}

/* ---- Retention. */

enum s3_lock_mode s3_server__lock_mode_of(struct hr_slice name) {
    if (hr_slice_equal(name, hr_slice_of("GOVERNANCE"))) return S3_LOCK_GOVERNANCE;
    return hr_slice_equal(name, hr_slice_of("COMPLIANCE")) ? S3_LOCK_COMPLIANCE : S3_LOCK_NONE;
}

const char *s3_server__lock_mode_name(enum s3_lock_mode mode) {
    return mode == S3_LOCK_GOVERNANCE ? "GOVERNANCE" : "COMPLIANCE";
}

bool s3_server__retain_until_parse(struct hr_slice text, uint64_t *unix_ms) {
    uint64_t unix_s;
    if (hr_date_parse(text, &unix_s) < 0 || unix_s > UINT64_MAX / 1000) return false;
    *unix_ms = unix_s * 1000;
    return true;
}

static void retention_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct s3_traits *traits = reader->document;
    if (strcmp(path, "Mode") == 0) {
        traits->lock = s3_server__lock_mode_of(text);
        if (traits->lock == S3_LOCK_NONE) s3_server__xml_fail(reader, S3_MalformedXML);
    } else if (!s3_server__retain_until_parse(text, &traits->retain_until_ms)) {
        s3_server__xml_fail(reader, S3_MalformedXML);
    }
}

enum s3_error s3_server__xml_read_retention(struct hr_slice document, struct s3_arena *arena,
                                            struct s3_traits *traits, struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {{"Mode", false}, {"RetainUntilDate", false}};
    *traits = (struct s3_traits){.lock = S3_LOCK_NONE};
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "Retention",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_end = retention_end,
                                   .document = traits};
    enum s3_error error = s3_server__xml_read(&reader, document);
    bool has_both = (traits->lock != S3_LOCK_NONE) == (traits->retain_until_ms > 0);
    return !error && !has_both ? S3_MalformedXML : error;
}

/* ---- ObjectLockConfiguration. */

static void rule_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct s3_retention_rule *rule = reader->document;
    const char *name = strrchr(path, '/');
    uint64_t number;
    if (strcmp(path, "ObjectLockEnabled") == 0) {
        if (!hr_slice_equal(text, hr_slice_of("Enabled")))
            s3_server__xml_fail(reader, S3_MalformedXML);
    } else if (name && strcmp(name, "/Mode") == 0) {
        rule->mode = s3_server__lock_mode_of(text);
        if (rule->mode == S3_LOCK_NONE) s3_server__xml_fail(reader, S3_MalformedXML);
    } else if (name && (strcmp(name, "/Days") == 0 || strcmp(name, "/Years") == 0)) {
        bool is_days = name[1] == 'D';
        if (hr_text_u64(text, is_days ? 36500 : 100, &number) < 0 || number == 0)
            s3_server__xml_fail(reader, S3_MalformedXML);
        else
            *(is_days ? &rule->days : &rule->years) = (unsigned)number;
    }
}

enum s3_error s3_server__xml_read_lock_rule(struct hr_slice document, struct s3_arena *arena,
                                            struct s3_retention_rule *rule,
                                            struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {
        {"ObjectLockEnabled", false},          {"Rule", false},
        {"Rule/DefaultRetention", false},      {"Rule/DefaultRetention/Mode", false},
        {"Rule/DefaultRetention/Days", false}, {"Rule/DefaultRetention/Years", false}};
    *rule = (struct s3_retention_rule){.mode = S3_LOCK_NONE};
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "ObjectLockConfiguration",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_end = rule_end,
                                   .document = rule};
    enum s3_error error = s3_server__xml_read(&reader, document);
    bool has_time = (rule->days > 0) != (rule->years > 0);
    bool is_whole = has_time == (rule->mode != S3_LOCK_NONE) && (has_time || rule->days == 0);
    bool is_enabled = reader.seen & 1u;
    return !error && !(is_enabled && is_whole) ? S3_MalformedXML : error;
}
