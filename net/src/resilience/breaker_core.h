/* Asked of a breaker by the HTTP client, beyond its public face. */
#ifndef HR_NET_BREAKER_H
#define HR_NET_BREAKER_H

#include <stdint.h>

#include <headrace/breaker.h>

/* How often it has opened. One relaxed load; any thread. */
uint64_t hr__breaker_openings(const hr_breaker *breaker);

#endif
