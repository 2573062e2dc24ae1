/* Names, TLS and proxies that connections are made with. The settings are the pool's, read once; a
 * shard has what uses them. */
#ifndef HR_NET_NETWORK_H
#define HR_NET_NETWORK_H

#include <headrace/http_options.h>

#include "proxy.h"

struct hr_network;
struct hr_origin_key;
struct hr_pool_shard;

/* As the options of those names. */
struct hr_network_options {
    const struct hr_resolver_options *resolver;
    const struct hr_tls_options *tls;
    const struct hr_http_proxy_options *proxy;
    const char *unix_socket;
    /* Told of what is passed over, during hr__network_new. */
    void (*on_notice)(void *user, const char *text);
    void *notice_user;
};

/* -EINVAL, -ENOMEM; `error` names the option. */
int hr__network_new(const struct hr_network_options *options, struct hr_error *error,
                    struct hr_network **network);
void hr__network_free(struct hr_network *network); /* NULL: nothing */
/* Which proxy an origin is reached through. */
struct hr_proxy_choice hr__network_proxy(const struct hr_network *network,
                                         const struct hr_origin_key *key);

/* A shard dials with shard->dial. The shard closes first; then `on_closed(shard)`, maybe at once.
 */
int hr__network_shard_open(struct hr_pool_shard *shard);
void hr__network_shard_close(struct hr_pool_shard *shard, void (*on_closed)(void *shard));
void hr__network_shard_free(struct hr_pool_shard *shard);
/* Before the first https: makes the shard's TLS context. */
int hr__network_shard_tls(struct hr_pool_shard *shard);

#endif
