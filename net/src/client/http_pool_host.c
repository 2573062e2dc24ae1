/* The hosts that a shard knows: made when a request first goes there, found by name, port and
 * scheme, forgotten when nobody uses them and others come. */
#include "http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names that nobody uses are forgotten when a new one comes and so many are known. */
#define HOSTS_KEPT 256

/* FNV-1a over the lower-case name and the port. */
uint32_t hr__pool_hash(struct hr_slice host, uint16_t port) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < host.size; i++) {
        unsigned char c = (unsigned char)host.data[i];
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        hash = (hash ^ c) * 16777619u;
    }
    return (hash ^ port) * 16777619u;
}

static void free_host(struct hr_pool_host *host) {
    if (host->tls) hr__tls_sessions_clear(&host->sessions);
    free(host);
}

static void forget_unused(struct hr_pool_shard *shard) {
    shard->host_last = NULL;
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        struct hr_pool_host **link = &shard->buckets[i];
        while (*link) {
            struct hr_pool_host *host = *link;
            if (host->uses > 0 || host->open > 0 || host->hungry) {
                link = &host->next;
                continue;
            }
            *link = host->next;
            free_host(host);
            shard->host_count--;
        }
    }
}

static int make_host(struct hr_pool_shard *shard, const struct hr_pool_origin *origin,
                     uint32_t hash, struct hr_pool_host **host) {
    const hr_http_client *client = shard->client;
    if (shard->host_count >= HOSTS_KEPT) forget_unused(shard);
    struct hr_pool_host *made = calloc(1, sizeof *made + origin->name.size);
    if (!made) return -ENOMEM;
    made->shard = shard;
    made->hash = hash;
    made->port = origin->port;
    made->tls = origin->tls;
    struct hr_proxy_choice choice = hr__network_proxy(client, origin);
    made->proxy = choice.proxy;
    made->proxy_refusal = choice.refusal;
    made->name_size = (uint16_t)origin->name.size;
    memcpy(made->name, origin->name.data, origin->name.size);
    unsigned offset =
        client->connections_per_host_max < client->holders ? hash % client->holders : 0;
    made->limit =
        hr__pool_share(client->connections_per_host_max, client->holders, offset, shard->index);
    made->borrows = made->limit == 0;
    if (client->adaptive_concurrency)
        hr__gradient_init(&made->gradient, 1, made->borrows ? 1 : made->limit);
    struct hr_pool_host **bucket = &shard->buckets[hash % HR_POOL_BUCKETS];
    made->next = *bucket;
    *bucket = made;
    shard->host_count++;
    *host = made;
    return 0;
}

static bool is_host(const struct hr_pool_host *host, const struct hr_pool_origin *origin) {
    return host->port == origin->port && host->tls == origin->tls &&
           hr_slice_equal_nocase(hr_slice_bytes(host->name, host->name_size), origin->name);
}

int hr__pool_host_get(struct hr_pool_shard *shard, const struct hr_pool_origin *origin,
                      struct hr_pool_host **host) {
    struct hr_pool_host *found = shard->host_last;
    if (!found || !is_host(found, origin)) {
        if (origin->name.size > UINT16_MAX) return HR_ERR_NAME_UNRESOLVED;
        uint32_t hash = hr__pool_hash(origin->name, origin->port);
        found = shard->buckets[hash % HR_POOL_BUCKETS];
        while (found && !(found->hash == hash && is_host(found, origin))) found = found->next;
        if (!found) {
            int err = make_host(shard, origin, hash, &found);
            if (err) return err;
        }
        shard->host_last = found;
    }
    found->uses++;
    *host = found;
    return 0;
}

void hr__pool_host_put(struct hr_pool_host *host) {
    host->uses--;
}

void hr__pool_hosts_free(struct hr_pool_shard *shard) {
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        while (shard->buckets[i]) {
            struct hr_pool_host *host = shard->buckets[i];
            shard->buckets[i] = host->next;
            free_host(host);
        }
    }
}
