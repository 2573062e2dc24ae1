/* A head in its plainest form, for what llhttp reads otherwise than RFC 9112, or not at all. */
#ifndef HR_NET_HTTP1_PLAIN_H
#define HR_NET_HTTP1_PLAIN_H

#include <stdbool.h>

#include <headrace/slice.h>

struct hr_http1_plain_rules {
    bool request;      /* a method that llhttp does not know becomes GET */
    bool lenient;      /* a Content-Length that repeats the number of another says it once */
    bool drop_framing; /* Content-Length and Transfer-Encoding say nothing and are left out */
};

/* Writes the section (which hr__http1_scan let through) again: each line with CR LF, no blanks
 * round values, and by the rules. *plain is the caller's, to be given to hr__http1_plain_free.
 * -ENOMEM. */
int hr__http1_plain(const struct hr_http1_plain_rules *rules, struct hr_slice section,
                    struct hr_slice *plain);
/* Wipes it: heads may hold credentials. */
void hr__http1_plain_free(struct hr_slice plain);

/* Whether a method is one of those that llhttp, and with it the server, knows. */
bool hr__http1_method_is_known(struct hr_slice method);

#endif
