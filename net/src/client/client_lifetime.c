/* The client's beginning and end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/close_wait.h>

#include "call.h"

static void free_shard(struct hr_client_shard *shard) {
    if (!shard) return;
    hr__call_slabs_free(shard);
    hr__client_adjust_close(shard);
    hr__statistics_close(shard);
    hr__http1_parsers_free(&shard->parsers);
    hr__blocks_free(&shard->blocks);
    free(shard->scratch);
    free(shard);
}

static void free_client(hr_http_client *client) {
    for (unsigned i = 0; client->shards && i < client->pool.reactors; i++)
        free_shard(client->shards[i]);
    free(client->shards);
    hr__pool_free(&client->pool);
    hr__client_fields_close(client);
    free(client->user_agent);
    pthread_mutex_destroy(&client->adjust);
    free(client);
}

static int new_shard(hr_http_client *client, unsigned index,
                     const struct hr_http_client_options *options) {
    struct hr_client_shard *shard = aligned_alloc(64, sizeof *shard);
    if (!shard) return -ENOMEM;
    memset(shard, 0, sizeof *shard);
    client->shards[index] = shard;
    shard->client = client;
    shard->pool = client->pool.shards[index];
    shard->reactor = shard->pool->reactor;
    int err = hr__client_adjust_open(shard, options);
    if (err) return err;
    shard->parsers =
        (struct hr_http1_parsers){.kind = HR_HTTP1_RESPONSE, .events = &hr__receive_events};
    return hr__statistics_open(shard);
}

static void on_pool_closed(struct hr_pool *pool) {
    hr_http_client *client = hr__container_of(pool, hr_http_client, pool);
    hr_engine *engine = client->engine;
    struct hr_close_wait *wait = client->close_wait;
    if (client->on_closed) client->on_closed(client->on_closed_user);
    free_client(client);
    hr__engine_handle_closed(engine);
    hr__close_wait_end(wait);
}

static int fill_client(hr_http_client *client, const struct hr_http_client_options *options,
                       struct hr_error *error) {
    int err = hr__client_configure(client, options, error);
    if (err) return err;
    client->pool.on_closed = on_pool_closed;
    client->shards = calloc(client->pool.reactors, sizeof(struct hr_client_shard *));
    if (!client->shards) err = -ENOMEM;
    for (unsigned i = 0; !err && i < client->pool.reactors; i++)
        err = new_shard(client, i, options);
    return err ? hr_error_set(error, err, "no memory for an HTTP client") : 0;
}

int hr_http_client_new(hr_engine *engine, const struct hr_http_client_options *options,
                       struct hr_error *error, hr_http_client **client) {
    static const struct hr_http_client_options zero;
    if (!engine || !client) return hr_error_set(error, -EINVAL, "engine or client is NULL");
    /* First, so that the engine stays while the client is made. */
    int err = hr__engine_handle_open(engine);
    if (err) return hr_error_set(error, err, "the engine is closing, or of a parent process");
    hr_http_client *made = aligned_alloc(64, sizeof *made);
    if (!made) {
        hr__engine_handle_unopened(engine);
        return hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
    }
    memset(made, 0, sizeof *made);
    pthread_mutex_init(&made->adjust, NULL);
    made->engine = engine;
    err = fill_client(made, options ? options : &zero, error);
    if (err) {
        free_client(made);
        hr__engine_handle_unopened(engine);
        return err;
    }
    *client = made;
    return 0;
}

void hr_http_client_close(hr_http_client *client, void (*on_closed)(void *user), void *user) {
    if (!client || hr__engine_handle_closing(client->engine) < 0) return;
    client->on_closed = on_closed;
    client->on_closed_user = user;
    struct hr_close_wait memory;
    struct hr_close_wait *wait = hr__close_wait_begin(&memory, client->engine, on_closed);
    client->close_wait = wait;
    hr__client_gate_close(client);
    hr__close_wait_sleep(wait);
}
