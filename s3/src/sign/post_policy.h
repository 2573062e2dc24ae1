/* POST policies (S3 API Reference, "Browser-Based Uploads Using POST"): the fields of a form, among
 * them the policy and its signature. Pure. */
#ifndef HR_S3_POST_POLICY_H
#define HR_S3_POST_POLICY_H

#include <headrace/s3_post.h>
#include <headrace/sigv4.h>

#include "writer.h"

#define HR__POST_OWN_FIELDS 8 /* beside those that are given, at most */

struct hr__post_signing {
    const struct hr_sigv4_credentials *credentials;
    struct hr_slice region;
    uint64_t time_s;
};

/* Fields in memory of the caller: names and values are NUL-terminated, in `text` or given. */
struct hr__post_form {
    struct hr_s3_metadata *fields; /* room for field_count + HR__POST_OWN_FIELDS */
    size_t field_count;
    struct hr__writer text;
};

/* -EINVAL as hr_s3_presign_post. */
int hr__post_check(const struct hr_s3_post_options *options);
/* Fills the form from checked options. -ENOBUFS, -EINVAL (region, secret), -ENOMEM. */
int hr__post_fill(const struct hr_s3_post_options *options, const struct hr__post_signing *signing,
                  struct hr__post_form *form);
/* The signature of a policy in base64, in hex. -EINVAL, -ENOMEM. */
int hr__post_sign(const struct hr__post_signing *signing, struct hr_slice policy,
                  char signature[HR_SIGV4_HEX_SIZE + 1]);

#endif
