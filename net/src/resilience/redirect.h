/* Decisions about redirects (RFC 9110 15.4). Pure. */
#ifndef HR_NET_REDIRECT_H
#define HR_NET_REDIRECT_H

#include <stdbool.h>

#include <headrace/error.h>
#include <headrace/slice.h>

struct hr_redirect_facts {
    int status;
    struct hr_slice method;
    struct hr_slice url;      /* of the request that was answered, absolute */
    struct hr_slice location; /* data NULL: none */
    bool body_replayable;     /* or there is none */
    bool downgrade_allowed;   /* https → http */
};

struct hr_redirect_step {
    const char *method;    /* static, or NULL: as it was. 303: GET (HEAD stays); 301 and 302: POST
                              becomes GET, as browsers and curl do; 307 and 308: nothing changes */
    bool drop_body;        /* and with it Content-* fields, Expect, trailers */
    bool drop_credentials; /* another scheme, host or port: Authorization, Cookie,
                              Proxy-Authorization, the client's and the request's auth */
    char url[8192];
};

/* Whether a status may be followed: 301, 302, 303, 307, 308 with a Location. */
bool hr__redirect_is(int status, struct hr_slice location);
/* 0; HR_ERR_REDIRECT_REFUSED (`error` says why: scheme, downgrade, user information, body),
 * HR_ERR_URL_MALFORMED. */
int hr__redirect_decide(const struct hr_redirect_facts *facts, struct hr_error *error,
                        struct hr_redirect_step *step);
/* Whether a field of the request goes along under these rules. */
bool hr__redirect_keeps(const struct hr_redirect_step *step, struct hr_slice field_name);

#endif
