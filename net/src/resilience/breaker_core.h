/* Asked of a breaker by the HTTP client, beyond its public face. */
#ifndef HR_NET_BREAKER_H
#define HR_NET_BREAKER_H

#include <stdint.h>

#include <headrace/breaker.h>

/* How often it has opened. One relaxed load; any thread. */
uint64_t hr__breaker_openings(const hr_breaker *breaker);
/* failures_max, open_ms and probes_max are those of `options` from now on; an open one stays open
 * until its probe is due. Any thread. */
void hr__breaker_adjust(hr_breaker *breaker, const struct hr_breaker_options *options);
/* As hr_breaker_new: -EINVAL, and `error` names the option. */
int hr__breaker_check(const struct hr_breaker_options *options, struct hr_error *error);

#endif
