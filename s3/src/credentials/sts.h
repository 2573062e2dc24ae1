/* The Security Token Service: its form and its documents, API version 2011-06-15. Pure. */
#ifndef HR_S3_STS_H
#define HR_S3_STS_H

#include <headrace/s3_credentials.h>

#include "texts.h"
#include "writer.h"

#define HR__STS_SESSION_MAX 64 /* bytes of a session's name, as STS has it */

/* AssumeRoleWithWebIdentity where there is a token, else AssumeRole. Empty: not sent. */
struct hr__sts_request {
    struct hr_slice role_arn, session_name, external_id, duration_s, token;
};

/* The form of a request, percent-encoded. `out` is full where it does not fit. */
void hr__sts_write(const struct hr__sts_request *request, struct hr__writer *out);

/* The good response to it; the credentials are kept in `texts`. HR_ERR_S3_CREDENTIALS, -ENOMEM. */
int hr__sts_read(const struct hr__sts_request *request, struct hr_slice document,
                 struct hr__texts *texts, struct hr_error *error,
                 struct hr_s3_credentials *credentials);

/* The <Code> of an error, where it is a name; else empty. */
void hr__sts_error_code(struct hr_slice document, char *code, size_t capacity);

#endif
