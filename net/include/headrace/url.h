/* http and https URLs, as a client needs them: split, checked, never re-encoded (RFC 3986, RFC
 * 9110 4.2). */
#ifndef HEADRACE_URL_H
#define HEADRACE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Slices into the text that was parsed. */
struct hr_url {
    bool tls;                  /* https */
    bool ipv6;                 /* host is an IPv6 literal (given here without its brackets) */
    uint16_t port;             /* 80 or 443 when not given */
    struct hr_slice host;      /* never empty */
    struct hr_slice authority; /* host[:port] as written, brackets included; no user information */
    struct hr_slice userinfo;  /* empty when none */
    struct hr_slice path;      /* as written, may be empty; without '?' */
    struct hr_slice query;     /* as written without '?'; data NULL when there is none */
};

/* Splits `text`. A fragment is dropped. Errors: HR_ERR_URL_SCHEME (not http or https),
 * HR_ERR_URL_MALFORMED; `error` (NULL allowed) says what and where. Any thread. */
HR_API int hr_url_parse(struct hr_slice text, struct hr_error *error, struct hr_url *url);

#ifdef __cplusplus
}
#endif

#endif
