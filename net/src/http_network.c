/* What the connections of a client are made with: names, TLS, proxies. */
#include "http_call.h"

int hr__client_network_open(hr_http_client *client, const struct hr_http_client_options *options,
                            struct hr_error *error) {
    (void)client, (void)options, (void)error;
    return 0;
}

void hr__client_network_close(hr_http_client *client) {
    (void)client;
}

int hr__network_shard_open(struct hr_pool_shard *shard) {
    shard->dial.reactor = shard->reactor;
    shard->dial.table = shard->client->table;
    return 0;
}

void hr__network_shard_close(struct hr_pool_shard *shard, void (*on_closed)(void *shard)) {
    on_closed(shard);
}

void hr__network_shard_free(struct hr_pool_shard *shard) {
    (void)shard;
}
