/* Names, TLS and proxies that connections are made with. */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "pool.h"

#define NOTICE_SIZE 256

struct hr_network {
    struct hr_resolver_settings *names;
    struct hr_tls_settings *tls;
    struct hr_proxy_rules *proxies; /* NULL: none */
    char *unix_socket;
};

static int no_memory(struct hr_error *error) {
    return hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
}

static int open_local(struct hr_network *network, const struct hr_network_options *options,
                      struct hr_error *error) {
    static const struct sockaddr_un local;
    const char *path = options->unix_socket;
    if (!path) return 0;
    if (!path[0] || strlen(path) >= sizeof local.sun_path)
        return hr_error_set(error, -EINVAL, "unix_socket is not a path of 1 to %zu bytes",
                            sizeof local.sun_path - 1);
    if (options->proxy->url && *options->proxy->url)
        return hr_error_set(error, -EINVAL, "unix_socket and proxy.url: one of them");
    network->unix_socket = strdup(path);
    return network->unix_socket ? 0 : no_memory(error);
}

/* An option is refused where it cannot be used; a variable, when a request needs it. */
static int open_proxies(struct hr_network *network, const struct hr_network_options *options,
                        struct hr_error *error) {
    struct hr_proxy_settings settings = {.no_proxy.name = "the option proxy.no_proxy"};
    const struct hr_http_proxy_options *proxy = options->proxy;
    char text[NOTICE_SIZE];
    if (proxy->url)
        settings.all = (struct hr_proxy_setting){proxy->url, "the option proxy.url"};
    else if (proxy->from_environment && !options->unix_socket)
        hr__proxy_settings_from_environment(&settings);
    else
        return 0;
    if (proxy->no_proxy)
        settings.no_proxy = (struct hr_proxy_setting){proxy->no_proxy, "the option proxy.no_proxy"};
    int err = hr__proxy_rules_new(&settings, error, &network->proxies);
    if (err) return err;
    const char *refusal = hr__proxy_rules_refusal(network->proxies);
    if (proxy->url && refusal) return hr_error_set(error, -EINVAL, "%s", refusal);
    if (hr__proxy_rules_notice(network->proxies, text, sizeof text))
        options->on_notice(options->notice_user, text);
    return 0;
}

static int fill(struct hr_network *network, const struct hr_network_options *options,
                struct hr_error *error) {
    int err = open_local(network, options, error);
    if (!err) err = open_proxies(network, options, error);
    if (!err) err = hr__resolver_settings_new(options->resolver, error, &network->names);
    return err ? err : hr__tls_settings_new_client(options->tls, error, &network->tls);
}

int hr__network_new(const struct hr_network_options *options, struct hr_error *error,
                    struct hr_network **network) {
    struct hr_network *made = calloc(1, sizeof *made);
    if (!made) return no_memory(error);
    int err = fill(made, options, error);
    if (err)
        hr__network_free(made);
    else
        *network = made;
    return err;
}

void hr__network_free(struct hr_network *network) {
    if (!network) return;
    hr__resolver_settings_free(network->names);
    hr__tls_settings_free(network->tls);
    hr__proxy_rules_free(network->proxies);
    free(network->unix_socket);
    free(network);
}

struct hr_proxy_choice hr__network_proxy(const struct hr_network *network,
                                         const struct hr_origin_key *key) {
    if (!network->proxies) return (struct hr_proxy_choice){NULL, NULL};
    struct hr_url url = {
        .tls = key->tls,
        .ipv6 = memchr(key->name.data, ':', key->name.size) != NULL,
        .port = key->port,
        .host = key->name,
    };
    return hr__proxy_find(network->proxies, &url);
}

/* ---- Of a shard. */

int hr__network_shard_open(struct hr_pool_shard *shard) {
    const struct hr_network *network = shard->pool->network;
    shard->dial.reactor = shard->reactor;
    shard->dial.unix_socket = network->unix_socket;
    return hr__resolver_new(network->names, shard->reactor, &shard->dial.resolver);
}

int hr__network_shard_tls(struct hr_pool_shard *shard) {
    if (shard->dial.tls) return 0;
    return hr__tls_context_new(shard->pool->network->tls, shard->reactor, &shard->dial.tls);
}

void hr__network_shard_close(struct hr_pool_shard *shard, void (*on_closed)(void *shard)) {
    struct hr_resolver *resolver = shard->dial.resolver;
    shard->dial.resolver = NULL;
    hr__resolver_close(resolver, on_closed, shard);
}

static void on_unused_closed(void *shard) {
    (void)shard;
}

/* A resolver that is still there was never used: it closes at once, on any thread. */
void hr__network_shard_free(struct hr_pool_shard *shard) {
    hr__resolver_close(shard->dial.resolver, on_unused_closed, shard);
    hr__tls_context_free(shard->dial.tls);
    hr__slab_deinit(&shard->dial.dials);
}
