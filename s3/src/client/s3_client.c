/* The handle: options, credentials, closing. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <engine/close_wait.h>

#include "s3_call.h"
#include "settings_trust.h"

#define CONNECTIONS_DEFAULT 50

static void free_client(hr_s3_client *client) {
    for (unsigned i = 0; i < client->shard_count; i++) {
        hr__s3_calls_free(&client->shards[i]);
        hr_sigv4_signer_free(client->shards[i].signer);
        hr__s3_statistics_close(&client->shards[i].statistics);
        hr__s3_lanes_free(&client->shards[i].pace);
    }
    free(client->shards);
    hr__s3_sessions_deinit(&client->sessions);
    hr__s3_keys_close(client);
    hr__s3_places_deinit(&client->places);
    hr__s3_pace_close(&client->pace);
    free(client);
}

static int make_shards(hr_s3_client *client) {
    unsigned count = hr_engine_reactors(client->engine);
    size_t size = count * sizeof *client->shards;
    client->shards = aligned_alloc(64, size);
    if (!client->shards) return -ENOMEM;
    memset(client->shards, 0, size);
    for (; client->shard_count < count; client->shard_count++) {
        struct hr__s3_shard *shard = &client->shards[client->shard_count];
        int err = hr_sigv4_signer_new(&shard->signer);
        if (err) return err;
        hr__s3_statistics_open(&shard->statistics);
        shard->pace.pace = &client->pace;
        shard->pace.reactor = hr__engine_reactor(client->engine, client->shard_count);
        shard->pace.http = &client->http;
        hr__part_memory_open(&shard->parts, shard->pace.reactor);
    }
    return 0;
}

/* Options of HTTP that S3 has no use for are refused, not passed over. The structs that are looked
 * at as a whole have no padding. */
static int check_http(const struct hr_http_client_options *http, struct hr_error *error) {
    const struct hr_http_redirect_options *redirects = &http->redirects;
    const struct {
        bool set;
        const char *name, *why;
    } rows[] = {
        {http->base_url, "base_url", "the endpoint is where requests go"},
        {http->fields || http->field_count, "fields", "a request names its own, which are signed"},
        {!hr__is_zero(&http->auth, sizeof http->auth), "auth", "requests are signed"},
        {http->deadline_field, "deadline_field", "stores know of none"},
        {(redirects->max && redirects->max != HR_NO_REDIRECTS) || redirects->downgrade, "redirects",
         "a signature holds for one host"},
        {http->response.decoded_bytes_max, "response.decoded_bytes_max", "nothing is decoded"},
        {http->retry.budget_percent, "retry.budget_percent", "retries have a quota"},
        {!hr__is_zero(&http->breaker, sizeof http->breaker), "breaker", "there is none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].set)
            return hr_error_set(error, -EINVAL, "http.%s has no place in an S3 client: %s",
                                rows[i].name, rows[i].why);
    return 0;
}

/* Trust that a setting names is an option of TLS; so it is called by the setting's name. */
static int open_http(hr_s3_client *client, const struct hr__s3_settings *settings,
                     struct hr_http_client_options *http, struct hr_error *error) {
    struct hr__s3_value used = {NULL, NULL, NULL, 0};
    int err = client->endpoint.tls ? hr__s3_settings_trust(settings, &http->tls, error, &used) : 0;
    if (err) return err;
    struct hr_error why = {0};
    err = hr_http_client_new(client->engine, http, &why, &client->http);
    const char *named = err && used.text ? strstr(why.message, used.text) : NULL;
    char source[HR__S3_SOURCE_MAX];
    if (named)
        hr_error_set(error, err, "%s %s", hr__s3_value_source(&used, source), named);
    else if (err && error)
        *error = why;
    return err;
}

/* The settings, then the defaults of S3 where the options say nothing, and no breaker. */
static struct hr_http_client_options http_of(const struct hr_s3_client_options *options,
                                             const struct hr__s3_http_settings *settings) {
    struct hr_http_client_options http = options->http;
    struct hr_http_pool_options *pool = &http.pool;
    if (!http.retry.attempts_max) http.retry.attempts_max = settings->attempts_max;
    if (!pool->keepalive_s) pool->keepalive_s = settings->keepalive_s;
    if (!http.user_agent && settings->user_agent[0]) http.user_agent = settings->user_agent;
    if (!pool->connections_max) pool->connections_max = CONNECTIONS_DEFAULT;
    if (!pool->connections_per_origin_max) pool->connections_per_origin_max = pool->connections_max;
    if (!http.timeout_ms) http.timeout_ms = HR_NO_TIMEOUT;
    http.no_breaker = true;
    return http;
}

static int make_http(const struct hr_s3_client_options *options,
                     const struct hr__s3_settings *settings, struct hr_error *error,
                     hr_s3_client *client) {
    int err = hr__s3_settings_http(settings, &options->http, error, &client->http_settings);
    if (err) return err;
    hr__s3_pace_choose(&client->pace, options->pace, client->http_settings.adaptive);
    struct hr_http_client_options http = http_of(options, &client->http_settings);
    client->connections_max = http.pool.connections_max;
    return open_http(client, settings, &http, error);
}

/* The store's differences; addressing is one of them where nobody has said it. */
static int know_store(hr_s3_client *client, const struct hr_s3_client_options *options,
                      struct hr_error *error) {
    struct hr__endpoint *endpoint = &client->endpoint;
    int err = hr__provider_quirks(options->provider, endpoint, error, &client->quirks);
    if (!err && client->quirks.virtual_host && endpoint->custom &&
        endpoint->addressing == HR_S3_ADDRESSING_AUTO)
        endpoint->addressing = HR_S3_ADDRESSING_VIRTUAL;
    return err;
}

/* All that is made of options and settings. */
static int fill(hr_s3_client *client, const struct hr_s3_client_options *options,
                const struct hr__s3_settings *settings, struct hr_error *error) {
    int err = hr__s3_settings_place(settings, options, error, &client->endpoint);
    if (!err) err = know_store(client, options, error);
    if (!err) err = hr__s3_settings_payload(settings, options, error, &client->payload);
    if (!err)
        err =
            hr__s3_settings_checksums(settings, options, error, &client->validates, &client->sums);
    if (!err) err = hr__s3_keys_open(client, options, error);
    if (err) return err;
    err = make_shards(client);
    if (err) return hr_error_set(error, err, "no memory for the client");
    return make_http(options, settings, error, client);
}

/* The settings are read, and forgotten again: a profile may hold secrets. */
static int configure(hr_s3_client *client, const struct hr_s3_client_options *options,
                     struct hr_error *error) {
    struct hr__s3_settings settings;
    int err = hr__s3_settings_init(options->profile, error, &settings);
    if (err) return err;
    err = fill(client, options, &settings, error);
    hr__s3_settings_deinit(&settings);
    return err;
}

static int check(const struct hr_s3_client_options *options, struct hr_error *error) {
    const struct hr_reserved reserved = {"hr_s3_client_options", options->reserved,
                                         sizeof options->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    return err ? err : check_http(&options->http, error);
}

/* The tables of buckets. */
static int open_tables(hr_s3_client *client) {
    int err = hr__s3_places_init(&client->places);
    if (err) return err;
    err = hr__s3_sessions_init(&client->sessions, &hr__s3_session_provider);
    if (err)
        hr__s3_places_deinit(&client->places);
    else
        hr__s3_pace_open(&client->pace);
    return err;
}

int hr_s3_client_new(hr_engine *engine, const struct hr_s3_client_options *options,
                     struct hr_error *error, hr_s3_client **client) {
    static const struct hr_s3_client_options defaults;
    if (!engine || !client) return hr_error_set(error, -EINVAL, "no engine, or nowhere to put it");
    if (!options) options = &defaults;
    if ((unsigned)options->payload > HR_S3_PAYLOAD_STREAMING_UNSIGNED)
        return hr_error_set(error, -EINVAL, "payload is %d, which enum hr_s3_payload has not",
                            (int)options->payload);
    if ((unsigned)options->pace > HR_S3_PACE_NONE)
        return hr_error_set(error, -EINVAL, "pace is %d, which enum hr_s3_pace has not",
                            (int)options->pace);
    int err = check(options, error);
    if (err) return err;
    hr_s3_client *new = calloc(1, sizeof *new);
    if (!new) return hr_error_set(error, -ENOMEM, "no memory for the client");
    if (open_tables(new) != 0) {
        free(new);
        return hr_error_set(error, -ENOMEM, "no memory for the client");
    }
    new->engine = engine;
    new->anonymous = options->anonymous;
    new->on_event = options->http.on_event;
    new->event_user = options->http.event_user;
    err = configure(new, options, error);
    if (err) {
        free_client(new);
        return err;
    }
    hr__s3_keys_own(new, options);
    *client = new;
    return 0;
}

int hr_s3_client_adjust(hr_s3_client *client, const struct hr_s3_client_options *options,
                        struct hr_error *error) {
    static const struct hr_s3_client_options defaults;
    if (!client) return hr_error_set(error, -EINVAL, "client is NULL");
    if (!options) options = &defaults;
    int err = check(options, error);
    if (err) return err;
    struct hr_http_client_options http = http_of(options, &client->http_settings);
    err = hr_http_client_adjust(client->http, &http, error);
    if (err) return err;
    __atomic_store_n(&client->connections_max, http.pool.connections_max, __ATOMIC_RELAXED);
    return 0;
}

static void on_http_closed(void *user) {
    hr_s3_client *client = user;
    struct hr_close_wait *wait = client->close_wait;
    if (client->on_closed) client->on_closed(client->on_closed_user);
    free_client(client);
    hr__close_wait_end(wait);
}

void hr_s3_client_close(hr_s3_client *client, void (*on_closed)(void *user), void *user) {
    if (!client) return;
    assert(client->http && !client->close_wait);
    client->on_closed = on_closed;
    client->on_closed_user = user;
    struct hr_close_wait memory;
    struct hr_close_wait *wait = hr__close_wait_begin(&memory, client->engine, on_closed);
    client->close_wait = wait;
    if (client->credentials) hr__credentials_cache_stop(client->credentials);
    hr__s3_sessions_stop(&client->sessions);
    hr_http_client_close(client->http, on_http_closed, client);
    hr__close_wait_sleep(wait);
}

void hr_s3_client_metrics_get(const hr_s3_client *client, struct hr_http_client_metrics *metrics) {
    hr_http_client_metrics_get(client->http, metrics);
}

int hr_s3_client_latency_merge(const hr_s3_client *client, unsigned status_class,
                               struct hr_histogram *into) {
    return hr_http_client_latency_merge(client->http, status_class, into);
}
