/* A certificate of the server's own making, and the authority that vouches for it. */
#ifndef COMMAND_SERVE_CERTIFICATE_H
#define COMMAND_SERVE_CERTIFICATE_H

#include <stdbool.h>

#include <headrace/slice.h>

/* PEM, in memory that is wiped when it is freed. */
struct serve_certificate {
    struct hr_slice ca, certificate, key;
};

/* For localhost, `domain` and the names below it, the loopback addresses and that of `listen`
 * ("ADDRESS:PORT"). Good for 820 days. The authority's own key is forgotten when this returns.
 * False: no memory, no random numbers, or a name that is too long. */
bool serve_certificate_make(const char *listen, const char *domain, struct serve_certificate *made);
/* Zeroed: nothing. */
void serve_certificate_free(struct serve_certificate *made);

#endif
