/* The handle: options, credentials, closing; and presigned URLs, which need no request. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <engine/close_wait.h>
#include <headrace/clock.h>

#include "environment.h"
#include "s3_call.h"

#define CONNECTIONS_DEFAULT 50

static void free_client(hr_s3_client *client) {
    for (unsigned i = 0; i < client->shard_count; i++) {
        hr__s3_calls_free(&client->shards[i]);
        hr_sigv4_signer_free(client->shards[i].signer);
        hr__sha256_deinit(&client->shards[i].hash);
    }
    free(client->shards);
    hr__credentials_deinit(&client->credentials);
    free(client);
}

static int make_shards(hr_s3_client *client) {
    unsigned count = hr_engine_reactors(client->engine);
    size_t size = count * sizeof *client->shards;
    client->shards = aligned_alloc(64, size);
    if (!client->shards) return -ENOMEM;
    memset(client->shards, 0, size);
    for (; client->shard_count < count; client->shard_count++) {
        int err = hr_sigv4_signer_new(&client->shards[client->shard_count].signer);
        if (err) return err;
    }
    return 0;
}

/* Keys from neither options nor variables, where they are wanted. */
static bool lacks_keys(const struct hr_s3_client_options *options) {
    return !options->anonymous && !options->access_key && !options->secret_key &&
           !hr__environment("AWS_ACCESS_KEY_ID") && !hr__environment("AWS_SECRET_ACCESS_KEY");
}

static int make_endpoint(const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__endpoint *endpoint) {
    struct hr__found url, region = hr__environment_region(options->region);
    int err = hr__environment_endpoint(options->endpoint, error, &url);
    if (err) return err;
    struct hr__needs needs = {lacks_keys(options), !url.value, !region.value};
    err = hr__environment_check(&needs, error);
    if (err) return err;
    err = hr__endpoint_make(url.value, url.source, region.value, options->addressing, error,
                            endpoint);
    if (err == HR_ERR_S3_REGION_INVALID && !options->region)
        hr_error_set(error, err, "%s \"%.80s\" is not a DNS label (letters, digits, hyphens)",
                     region.source, region.value);
    return err;
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
        {!hr__is_zero(&http->hedge, sizeof http->hedge), "hedge", "nothing is asked a second time"},
        {!hr__is_zero(&http->breaker, sizeof http->breaker), "breaker", "there is none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].set)
            return hr_error_set(error, -EINVAL, "http.%s has no place in an S3 client: %s",
                                rows[i].name, rows[i].why);
    return 0;
}

/* Trust that a variable names is an option of TLS; so it is called by the variable's name. */
static int open_http(hr_s3_client *client, struct hr_http_client_options *http,
                     struct hr_error *error) {
    bool used = false;
    int err = client->endpoint.tls ? hr__environment_trust(&http->tls, error, &used) : 0;
    if (err) return err;
    struct hr_error why = {0};
    err = hr_http_client_new(client->engine, http, &why, &client->http);
    const char *path = used ? hr__environment("AWS_CA_BUNDLE") : NULL;
    const char *named = err && path ? strstr(why.message, path) : NULL;
    if (named)
        hr_error_set(error, err, "AWS_CA_BUNDLE %s", named);
    else if (err && error)
        *error = why;
    return err;
}

/* The defaults of S3 where the options say nothing, and no breaker. */
static struct hr_http_client_options http_of(const struct hr_s3_client_options *options) {
    struct hr_http_client_options http = options->http;
    struct hr_http_pool_options *pool = &http.pool;
    if (!pool->connections_max) pool->connections_max = CONNECTIONS_DEFAULT;
    if (!pool->connections_per_origin_max) pool->connections_per_origin_max = pool->connections_max;
    if (!http.timeout_ms) http.timeout_ms = HR_NO_TIMEOUT;
    http.no_breaker = true;
    return http;
}

static int make_http(const struct hr_s3_client_options *options, struct hr_error *error,
                     hr_s3_client *client) {
    struct hr_http_client_options http = http_of(options);
    return open_http(client, &http, error);
}

static int check(const struct hr_s3_client_options *options, struct hr_error *error) {
    const struct hr_reserved reserved = {"hr_s3_client_options", options->reserved,
                                         sizeof options->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    return err ? err : check_http(&options->http, error);
}

int hr_s3_client_new(hr_engine *engine, const struct hr_s3_client_options *options,
                     struct hr_error *error, hr_s3_client **client) {
    static const struct hr_s3_client_options defaults;
    if (!engine || !client) return hr_error_set(error, -EINVAL, "no engine, or nowhere to put it");
    if (!options) options = &defaults;
    if ((unsigned)options->payload > HR_S3_PAYLOAD_UNSIGNED)
        return hr_error_set(error, -EINVAL, "payload %d is none of default, signed and unsigned",
                            (int)options->payload);
    int err = check(options, error);
    if (err) return err;
    hr_s3_client *new = calloc(1, sizeof *new);
    if (!new) return hr_error_set(error, -ENOMEM, "no memory for the client");
    new->engine = engine;
    new->anonymous = options->anonymous;
    new->payload = options->payload;
    new->on_event = options->http.on_event;
    new->event_user = options->http.event_user;
    err = hr__s3_validate_option(options->response_checksums, error, &new->validates);
    if (!err) err = make_endpoint(options, error, &new->endpoint);
    if (!err) err = hr__credentials_make(options, error, &new->credentials);
    if (!err) {
        err = make_shards(new);
        if (err) hr_error_set(error, err, "no memory for the client");
    }
    if (!err) err = make_http(options, error, new);
    if (err) {
        free_client(new);
        return err;
    }
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
    struct hr_http_client_options http = http_of(options);
    return hr_http_client_adjust(client->http, &http, error);
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

/* ---- Presigning. */

static bool method_known(const char *method) {
    static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static const char *method_of(const struct hr_s3_presign_options *options) {
    return options->method ? options->method : "GET";
}

static int presign(const hr_s3_client *client, hr_sigv4_signer *signer,
                   const struct hr_s3_presign_options *wanted, const struct hr__s3_message *message,
                   struct hr__writer *url) {
    struct hr_sigv4_options options = {
        .expires_s = wanted->expires_s,
        .region = hr_slice_of(client->endpoint.region),
        .time_s = hr_clock_wall_ns() / 1000000000u,
    };
    struct hr_sigv4_request request = {
        .method = hr_slice_of(method_of(wanted)),
        .path = message->parts.path,
        .fields = message->fields,
        .field_count = message->field_count,
    };
    hr__put_slice(url, message->url);
    hr__put_byte(url, '?');
    if (url->full) return -ENOBUFS;
    struct hr_sigv4_result result;
    int err = hr_sigv4_presign(signer, &client->credentials.keys, &options, &request, url->at,
                               (size_t)(url->end - url->at), &result);
    if (err) return err;
    url->at += result.size;
    hr__put_byte(url, 0);
    return url->full ? -ENOBUFS : 0;
}

int hr_s3_presign(hr_s3_client *client, const struct hr_s3_presign_options *options, char *url,
                  size_t capacity) {
    if (!client || !options || !options->bucket || !options->key || !url ||
        !method_known(method_of(options)) ||
        !hr__is_zero(options->reserved, sizeof options->reserved))
        return -EINVAL;
    if (client->anonymous) return HR_ERR_S3_CREDENTIALS;
    struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_GET].operation,
                                           .bucket = hr_slice_of(options->bucket),
                                           .key = hr_slice_of(options->key)};
    int err = hr__s3_check(&parameters, NULL);
    if (err) return err;
    hr_sigv4_signer *signer = NULL;
    char *memory = malloc(HR__S3_MESSAGE_NEXT);
    if (!memory) return -ENOMEM;
    err = hr_sigv4_signer_new(&signer);
    struct hr__s3_message message;
    if (!err)
        err = hr__s3_write(&parameters, &client->endpoint, memory, HR__S3_MESSAGE_NEXT, &message);
    struct hr__writer out = hr__writer(url, capacity);
    if (!err) err = presign(client, signer, options, &message, &out);
    hr_sigv4_signer_free(signer);
    free(memory);
    return err;
}
