/* Credentials that S3 Express and STS issue. */
#include "documents.h"
#include "shape.h"

/* The rows whose paths begin with `before`. Examples of STS have white space around tokens. */
#define CREDENTIALS(before)                                                                        \
    HR__ELEMENT(before "Credentials/AccessKeyId", WORD, REQUIRED, struct hr__issued_credentials,   \
                access_key_id),                                                                    \
        HR__ELEMENT(before "Credentials/SecretAccessKey", WORD, REQUIRED,                          \
                    struct hr__issued_credentials, secret_access_key),                             \
        HR__ELEMENT(before "Credentials/SessionToken", WORD, REQUIRED,                             \
                    struct hr__issued_credentials, session_token),                                 \
        HR__ELEMENT(before "Credentials/Expiration", TIME, REQUIRED,                               \
                    struct hr__issued_credentials, expires_s)

static const struct hr__element of_session[] = {
    CREDENTIALS(""),
};
static const struct hr__element of_assumed_role[] = {
    CREDENTIALS("AssumeRoleResult/"),
    HR__ELEMENT("AssumeRoleResult/AssumedRoleUser/Arn", TEXT, OPTIONAL,
                struct hr__issued_credentials, assumed_role_arn),
};
static const struct hr__element of_web_identity[] = {
    CREDENTIALS("AssumeRoleWithWebIdentityResult/"),
    HR__ELEMENT("AssumeRoleWithWebIdentityResult/AssumedRoleUser/Arn", TEXT, OPTIONAL,
                struct hr__issued_credentials, assumed_role_arn),
};

static const struct hr__shape session = {
    .roots = {"CreateSessionResult"},
    .elements = of_session,
    .element_count = HR__ROWS(of_session),
};
static const struct hr__shape assumed_role = {
    .roots = {"AssumeRoleResponse"},
    .elements = of_assumed_role,
    .element_count = HR__ROWS(of_assumed_role),
};
static const struct hr__shape web_identity = {
    .roots = {"AssumeRoleWithWebIdentityResponse"},
    .elements = of_web_identity,
    .element_count = HR__ROWS(of_web_identity),
};

static int read_issued(const struct hr__shape *shape, struct hr_slice xml, struct hr__texts *texts,
                       struct hr_error *error, struct hr__issued_credentials *out) {
    struct hr__issued_credentials made = {.expires_s = 0};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(shape, xml, &sink, error);
    if (!err) *out = made;
    return err;
}

int hr__read_session(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                     struct hr__issued_credentials *out) {
    return read_issued(&session, xml, texts, error, out);
}

int hr__read_assumed_role(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                          struct hr__issued_credentials *out) {
    return read_issued(&assumed_role, xml, texts, error, out);
}

int hr__read_web_identity(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                          struct hr__issued_credentials *out) {
    return read_issued(&web_identity, xml, texts, error, out);
}
