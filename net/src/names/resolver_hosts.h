/* The hosts file of one reactor's resolver: as it was read when the client was made, and read again
 * behind the reactor's back where it has changed. Reactor thread only. */
#ifndef HR_NET_RESOLVER_HOSTS_H
#define HR_NET_RESOLVER_HOSTS_H

#include <engine/reactor.h>

#include "hosts_file.h"

/* It is read again when a name is looked up, at most so often. */
#define HR_HOSTS_INTERVAL_NS (5 * UINT64_C(1000000000))

struct hr_resolver_hosts;

/* `path` is borrowed, and `first`, which serves until something else was read. -ENOMEM. */
int hr__resolver_hosts_new(const char *path, const struct hr_hosts *first,
                           struct hr_reactor *reactor, struct hr_resolver_hosts **hosts);
/* on_closed comes, maybe at once: then it is freed. */
void hr__resolver_hosts_close(struct hr_resolver_hosts *hosts, void (*on_closed)(void *user),
                              void *user);
/* The table as it is now. */
const struct hr_hosts *hr__resolver_hosts_get(struct hr_resolver_hosts *hosts);

#endif
