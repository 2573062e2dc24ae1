/* The policy of a browser's form: what its fields may be, and until when. Pure. Source: the S3 API
 * Reference, "POST policy". */
#ifndef S3_SERVER_FORM_POLICY_H
#define S3_SERVER_FORM_POLICY_H

#include <stdint.h>

#include <headrace/slice.h>

#include "arena.h"
#include "form.h"
#include "store_errors.h"

#define S3_POLICY_CONDITIONS_MAX 128

struct s3_policy_condition {
    enum { S3_POLICY_EQ, S3_POLICY_STARTS_WITH, S3_POLICY_SIZE } kind;
    struct hr_slice name, value; /* the name without "$" */
    uint64_t size_min, size_max; /* S3_POLICY_SIZE */
};
struct s3_policy {
    uint64_t expires_s;
    struct s3_policy_condition *conditions; /* the arena's */
    size_t count;
};

/* The JSON of a policy, decoded; memory is the arena's. InvalidPolicyDocument, InternalError. */
enum s3_error s3_server__policy_read(struct hr_slice json, struct s3_arena *arena,
                                     struct s3_policy *policy);
/* Whether a form to `bucket` is as the policy has it at Unix time `now_s`. AccessDenied,
 * EntityTooSmall, EntityTooLarge; *why is then the name of the field. */
enum s3_error s3_server__policy_check(const struct s3_policy *policy, const struct s3_form *form,
                                      struct hr_slice bucket, uint64_t now_s, struct hr_slice *why);

#endif
