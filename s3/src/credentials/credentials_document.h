/* The JSON documents of credentials: of a metadata service, a process, a single sign-on. Pure; no
 * error quotes more of a document than the name of an error that stands in it. */
#ifndef HR_S3_CREDENTIALS_DOCUMENT_H
#define HR_S3_CREDENTIALS_DOCUMENT_H

#include <headrace/s3_credentials.h>

#include "writer.h"

/* Each fills `credentials`, whose text is written to `out`. HR_ERR_S3_CREDENTIALS. */

/* Of IMDS and containers: Code, AccessKeyId, SecretAccessKey, Token, Expiration, AccountId. */
int hr__credentials_read_metadata(struct hr_slice document, struct hr__writer *out,
                                  struct hr_error *error, struct hr_s3_credentials *credentials);
/* Of a process, version 1: AccessKeyId, SecretAccessKey, and where they stand there SessionToken,
 * Expiration, AccountId. */
int hr__credentials_read_process(struct hr_slice document, struct hr__writer *out,
                                 struct hr_error *error, struct hr_s3_credentials *credentials);
/* The response of GetRoleCredentials. */
int hr__credentials_read_sso(struct hr_slice document, struct hr__writer *out,
                             struct hr_error *error, struct hr_s3_credentials *credentials);

/* A token in the cache of the command line: accessToken and expiresAt. */
struct hr__sso_token {
    struct hr_slice token;
    uint64_t expires_s;
};
int hr__credentials_read_sso_token(struct hr_slice document, struct hr__writer *out,
                                   struct hr_error *error, struct hr__sso_token *token);

/* The name of an error out of a response ("Code", "code", "__type"), shortened to what such a name
 * may have; empty where there is none. */
void hr__credentials_error_code(struct hr_slice document, char *code, size_t capacity);

#endif
