/* Other options for a client that is in use. Each reactor is handed a copy and takes it in a turn
 * of its own: a post runs behind those made before it and ahead of those made after it, so requests
 * that are started later find it, without a lock or an atomic on their way.
 *
 * A reactor that has not taken its copy yet gets the next one in its place, so at most one waits;
 * one that was taken stays until the last request that began with it has ended. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "client.h"

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

int hr__client_adjust_open(struct hr_client_shard *shard,
                           const struct hr_http_client_options *options) {
    shard->adjust_task.run = run_adjust;
    shard->settings = hr__client_settings_new(options);
    return shard->settings ? 0 : -ENOMEM;
}

void hr__client_adjust_close(struct hr_client_shard *shard) {
    assert(!shard->coming);
    hr__client_settings_release(shard->settings);
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
