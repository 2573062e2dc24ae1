/* c-ares on a reactor: its sockets are polled and its time-outs kept there. Reactor thread only. */
#ifndef HR_NET_DNS_CHANNEL_H
#define HR_NET_DNS_CHANNEL_H

#include <ares.h>

#include <engine/reactor.h>

#include "resolver_conf.h"

struct hr_dns_channel;

/* c-ares only exchanges messages: it reads neither resolv.conf nor the hosts file.
 * -ENOMEM. */
int hr__dns_channel_new(const struct hr_resolver_conf *conf, struct hr_reactor *reactor,
                        struct hr_dns_channel **channel);
/* Ends open questions with ARES_EDESTRUCTION, at once. Frees the channel when the kernel holds
 * nothing of it any more, then calls on_closed, possibly from inside. */
void hr__dns_channel_close(struct hr_dns_channel *channel, void (*on_closed)(void *user),
                           void *user);
/* Asks for the addresses of `family` of an absolute name. Ends in `on_answer`, possibly from
 * inside. */
void hr__dns_channel_query(struct hr_dns_channel *channel, const char *name, int family,
                           ares_callback on_answer, void *user);

#endif
