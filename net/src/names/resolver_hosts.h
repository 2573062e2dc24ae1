/* The hosts file of one reactor's resolver: first as it was when the client was made, then read
 * again, without blocking the reactor, and exchanged where it has changed. Reactor thread only. */
#ifndef HR_NET_RESOLVER_HOSTS_H
#define HR_NET_RESOLVER_HOSTS_H

#include <engine/reactor.h>

#include "hosts_file.h"

/* The shortest time between two readings, which lookups start. */
#define HR_HOSTS_INTERVAL_NS (5 * UINT64_C(1000000000))

struct hr_resolver_hosts;

/* Borrows `path`, and `first`, the table until another text has been read. -ENOMEM. */
int hr__resolver_hosts_new(const char *path, const struct hr_hosts *first,
                           struct hr_reactor *reactor, struct hr_resolver_hosts **hosts);
/* Frees it, then calls on_closed, possibly from inside. */
void hr__resolver_hosts_close(struct hr_resolver_hosts *hosts, void (*on_closed)(void *user),
                              void *user);
/* The table as it is now. */
const struct hr_hosts *hr__resolver_hosts_get(struct hr_resolver_hosts *hosts);

#endif
