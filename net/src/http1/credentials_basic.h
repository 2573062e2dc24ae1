/* Values of Authorization and Proxy-Authorization: Basic (RFC 7617), Bearer (RFC 6750). Pure. */
#ifndef HR_NET_CREDENTIALS_BASIC_H
#define HR_NET_CREDENTIALS_BASIC_H

#include <headrace/error.h>
#include <headrace/slice.h>

struct hr_basic_credentials {
    struct hr_slice user, password;
};

/* "Basic " and base64 of user:password, NUL-terminated, the caller's, for hr__credentials_free.
 * -EINVAL: a ':' in the user (it would end there), a control character in either; -ENOMEM. The
 * message (`error` may be NULL) names neither. */
int hr__credentials_basic(const struct hr_basic_credentials *credentials, struct hr_error *error,
                          char **value);
/* "Bearer " and the token. -EINVAL: empty, or not of a token68's characters; -ENOMEM. */
int hr__credentials_bearer(struct hr_slice token, struct hr_error *error, char **value);
/* Wipes and frees; NULL: nothing. */
void hr__credentials_free(char *value);

#endif
