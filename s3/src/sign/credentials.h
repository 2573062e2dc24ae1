/* Credentials: where they come from, and their memory. */
#ifndef HR_S3_CREDENTIALS_H
#define HR_S3_CREDENTIALS_H

#include <headrace/s3_client.h>
#include <headrace/sigv4.h>

/* Owned copies; one block of memory. */
struct hr__credentials {
    struct hr_sigv4_credentials keys;
    char *memory;
    size_t size;
};

/* From the options, else from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, never
 * mixed. HR_ERR_S3_CREDENTIALS (`error` names what is missing or malformed), -ENOMEM. With
 * `anonymous` they stay empty. */
int hr__credentials_make(const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__credentials *credentials);
/* Wipes and frees. */
void hr__credentials_deinit(struct hr__credentials *credentials);

#endif
