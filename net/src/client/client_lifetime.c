/* A client's life: it is made, given other options, closed. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/close_wait.h>

#include "call.h"

static void free_shard(struct hr_client_shard *shard) {
    if (!shard) return;
    hr__call_slabs_free(shard);
    assert(!shard->coming);
    hr__client_settings_release(shard->settings);
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

static void run_adjust(struct hr_task *task);

static int new_shard(hr_http_client *client, unsigned index,
                     const struct hr_http_client_options *options) {
    struct hr_client_shard *shard = aligned_alloc(64, sizeof *shard);
    if (!shard) return -ENOMEM;
    memset(shard, 0, sizeof *shard);
    client->shards[index] = shard;
    shard->client = client;
    shard->pool = client->pool.shards[index];
    shard->reactor = shard->pool->reactor;
    shard->adjust_task.run = run_adjust;
    shard->settings = hr__client_settings_new(options);
    if (!shard->settings) return -ENOMEM;
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
    hr__bandwidth_set(&made->bandwidth, options ? options->rate.bytes_per_second_max : 0);
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

/* ---- Other options.
 *
 * Each reactor is handed a copy and takes it in a turn of its own: a post runs behind those made
 * before it and ahead of those made after it, so requests that are started later find it, without a
 * lock or an atomic on their way. A reactor that has not taken its copy yet gets the next one in
 * its place, so at most one waits; one that was taken stays until the last request that began with
 * it has ended. */

static void run_adjust(struct hr_task *task) {
    struct hr_client_shard *shard = hr__container_of(task, struct hr_client_shard, adjust_task);
    hr_http_client *client = shard->client;
    struct hr_client_settings *settings =
        __atomic_exchange_n(&shard->coming, NULL, __ATOMIC_ACQ_REL);
    assert(settings && settings->uses == 1);
    hr__client_settings_release(shard->settings);
    shard->settings = settings;
    hr__shard_adjust(shard->pool, &settings->pool);
    hr__client_release(client);
}

/* The client waits for the task before it is gone. */
static void hand_over(struct hr_client_shard *shard, struct hr_client_settings *settings) {
    struct hr_client_settings *before =
        __atomic_exchange_n(&shard->coming, settings, __ATOMIC_ACQ_REL);
    hr__client_settings_release(before);
    if (before) return; /* its task is on its way */
    hr__client_hold(shard->client);
    hr__reactor_post(shard->reactor, &shard->adjust_task);
}

/* One after the other, so that all reactors end with the same. */
static void change(hr_http_client *client, const struct hr_http_client_options *options,
                   struct hr_client_settings **copies) {
    const struct hr_origin_rules rules = hr__client_settings_rules(options);
    pthread_mutex_lock(&client->adjust);
    hr__pool_adjust(&client->pool, &copies[0]->pool, &rules);
    hr__bandwidth_set(&client->bandwidth, options->rate.bytes_per_second_max);
    for (unsigned i = 0; i < client->pool.reactors; i++) hand_over(client->shards[i], copies[i]);
    pthread_mutex_unlock(&client->adjust);
}

static int make_copies(const struct hr_http_client_options *options, unsigned count,
                       struct hr_client_settings **copies) {
    for (unsigned i = 0; i < count; i++) {
        copies[i] = hr__client_settings_new(options);
        if (copies[i]) continue;
        while (i > 0) hr__client_settings_release(copies[--i]);
        return -ENOMEM;
    }
    return 0;
}

static int adjust(hr_http_client *client, const struct hr_http_client_options *options,
                  struct hr_error *error) {
    const struct hr_origin_rules rules = hr__client_settings_rules(options);
    int err = hr__origin_table_check(client->pool.origins, &rules, error);
    if (err) return err;
    unsigned count = client->pool.reactors;
    struct hr_client_settings **copies = calloc(count, sizeof(struct hr_client_settings *));
    err = copies ? make_copies(options, count, copies) : -ENOMEM;
    if (err)
        hr_error_set(error, err, "no memory for other options of an HTTP client");
    else
        change(client, options, copies);
    free(copies);
    return err;
}

int hr_http_client_adjust(hr_http_client *client, const struct hr_http_client_options *options,
                          struct hr_error *error) {
    static const struct hr_http_client_options defaults;
    if (!client) return hr_error_set(error, -EINVAL, "client is NULL");
    if (!options) options = &defaults;
    int err = hr__client_settings_check(options, error);
    if (err) return err;
    err = hr__http_client_enter(client);
    if (err) return hr_error_set(error, err, "the client is closing");
    err = adjust(client, options, error);
    hr__client_release(client);
    return err;
}
