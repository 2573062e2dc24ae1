/* The signature of a browser's form: of its policy, by the key of its credential. */
#ifndef S3_SERVER_POST_SIGNATURE_H
#define S3_SERVER_POST_SIGNATURE_H

#include "auth.h"

/* The fields of the form; data NULL: it is not there. */
struct s3_post_signature {
    struct hr_slice policy; /* as sent, in base64 */
    struct hr_slice algorithm, credential, date, signature, token;
};

/* S3_OK, or S3's code and the message in identity->message. Any thread. */
enum s3_error s3_server__post_verify(const struct s3_auth *auth,
                                     const struct s3_post_signature *post, uint64_t now_s,
                                     struct s3_identity *identity);

#endif
