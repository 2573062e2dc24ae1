/* The XML documents by which a client sets something: versioning, tags, locks, rules of CORS. Pure;
 * limits as in xml_in.h. */
#ifndef S3_SERVER_SETTINGS_IN_H
#define S3_SERVER_SETTINGS_IN_H

#include "bucket.h"
#include "xml_in.h"

#define S3_TAGS_READ_MAX 51 /* one more than any object or bucket may have */

struct s3_tag {
    struct hr_slice key, value;
};
struct s3_tag_list {
    struct s3_tag *tags; /* the arena's */
    size_t count;
};

/* All memory is the arena's. MalformedXML, InternalError; NotImplemented: an element that is not
 * understood, `*unknown` then being its path below the root. */
enum s3_error s3_server__xml_read_versioning(struct hr_slice document, struct s3_arena *arena,
                                             enum s3_versioning *versioning,
                                             struct hr_slice *unknown);
enum s3_error s3_server__xml_read_tags(struct hr_slice document, struct s3_arena *arena,
                                       struct s3_tag_list *list, struct hr_slice *unknown);
enum s3_error s3_server__xml_read_legal_hold(struct hr_slice document, struct s3_arena *arena,
                                             bool *hold, struct hr_slice *unknown);
/* `traits->lock` NONE: an empty document, which ends a retention. */
enum s3_error s3_server__xml_read_retention(struct hr_slice document, struct s3_arena *arena,
                                            struct s3_traits *traits, struct hr_slice *unknown);
enum s3_error s3_server__xml_read_lock_rule(struct hr_slice document, struct s3_arena *arena,
                                            struct s3_retention_rule *rule,
                                            struct hr_slice *unknown);

/* GOVERNANCE, COMPLIANCE; NONE: neither. */
enum s3_lock_mode s3_server__lock_mode_of(struct hr_slice name);
const char *s3_server__lock_mode_name(enum s3_lock_mode mode);
/* An ISO 8601 time, as in x-amz-object-lock-retain-until-date. False: it is none. */
bool s3_server__retain_until_parse(struct hr_slice text, uint64_t *unix_ms);

#endif
