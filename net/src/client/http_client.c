/* The client as a handle: options, start, close, metrics, and what s3 needs of it. */
#include "http1_chars.h"
#include "http_call.h"
#include "http_fields.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#define CONNECTIONS_DEFAULT     100
#define QUEUE_DEFAULT           65536
#define TIMEOUT_MS_DEFAULT      30000
#define LIFETIME_MS_DEFAULT     300000
#define IDLE_TIMEOUT_MS_DEFAULT 4000
#define HEAD_BYTES_DEFAULT      65536
#define HEAD_FIELDS_DEFAULT     128
#define ATTEMPTS_DEFAULT        4
#define BACKOFF_BASE_MS_DEFAULT 100
#define BACKOFF_MAX_MS_DEFAULT  20000
#define USER_AGENT_DEFAULT      "headrace/" HR_VERSION

#define MS UINT64_C(1000000)

static const struct hr_call_times default_times = {
    .resolve_ns = 5000 * MS,
    .connect_ns = 10000 * MS,
    .handshake_ns = 10000 * MS,
    .pool_ns = 30000 * MS,
    .expect_ns = 1000 * MS,
    .first_byte_ns = 30000 * MS,
    .stall_ns = 30000 * MS,
    .throughput_window_ns = 30000 * MS,
};

static uint64_t chosen_ns(uint32_t given_ms, uint64_t otherwise_ns) {
    if (given_ms == 0) return otherwise_ns;
    return given_ms == HR_NO_TIMEOUT ? HR_FOREVER_NS : given_ms * MS;
}

void hr__call_times(const struct hr_http_timeouts *given, const struct hr_call_times *otherwise,
                    struct hr_call_times *times) {
    times->resolve_ns = chosen_ns(given->resolve_timeout_ms, otherwise->resolve_ns);
    times->connect_ns = chosen_ns(given->connect_timeout_ms, otherwise->connect_ns);
    times->handshake_ns = chosen_ns(given->handshake_timeout_ms, otherwise->handshake_ns);
    times->pool_ns = chosen_ns(given->pool_timeout_ms, otherwise->pool_ns);
    times->expect_ns = chosen_ns(given->expect_timeout_ms, otherwise->expect_ns);
    times->first_byte_ns = chosen_ns(given->first_byte_timeout_ms, otherwise->first_byte_ns);
    times->stall_ns = chosen_ns(given->stall_timeout_ms, otherwise->stall_ns);
    times->throughput_window_ns =
        chosen_ns(given->throughput_window_ms, otherwise->throughput_window_ns);
    times->throughput_min =
        given->throughput_min ? given->throughput_min : otherwise->throughput_min;
}

static uint64_t timeout_ns(uint32_t given_ms, uint32_t default_ms) {
    if (given_ms == HR_NO_TIMEOUT) return HR_FOREVER_NS;
    return (given_ms ? given_ms : default_ms) * MS;
}

static unsigned or_default(unsigned given, unsigned otherwise) {
    return given ? given : otherwise;
}

static void copy_options(hr_http_client *client, const struct hr_http_client_options *options) {
    client->connections_max = or_default(options->connections_max, CONNECTIONS_DEFAULT);
    client->connections_per_host_max =
        or_default(options->connections_per_host_max, CONNECTIONS_DEFAULT);
    client->queue_max = or_default(options->queue_max, QUEUE_DEFAULT);
    hr__call_times(&options->timeouts, &default_times, &client->times);
    client->timeout_ns = timeout_ns(options->timeout_ms, TIMEOUT_MS_DEFAULT);
    client->lifetime_ns = timeout_ns(options->lifetime_ms, LIFETIME_MS_DEFAULT);
    client->idle_timeout_ns = timeout_ns(options->idle_timeout_ms, IDLE_TIMEOUT_MS_DEFAULT);
    client->limits.head_bytes_max = or_default(options->head_bytes_max, HEAD_BYTES_DEFAULT);
    client->limits.head_fields_max = or_default(options->head_fields_max, HEAD_FIELDS_DEFAULT);
    client->limits.lenient = options->lenient;
    client->policy.attempts_max = options->attempts_max == HR_NO_RETRY
                                      ? 1
                                      : or_default(options->attempts_max, ATTEMPTS_DEFAULT);
    client->policy.backoff_base_ms = or_default(options->backoff_base_ms, BACKOFF_BASE_MS_DEFAULT);
    client->policy.backoff_max_ms = or_default(options->backoff_max_ms, BACKOFF_MAX_MS_DEFAULT);
    client->no_stale_retry = options->no_stale_retry;
    client->extra_stale_retry = options->extra_stale_retry;
    client->on_event = options->on_event;
    client->event_user = options->event_user;
    client->adaptive_concurrency = options->adaptive_concurrency;
    client->hedge_quantile_percent = options->hedge_quantile_percent;
    client->hedge_delay_min_ns = or_default(options->hedge_delay_min_ms, 1) * MS;
    client->reactors = hr_engine_reactors(client->engine);
    client->holders =
        client->connections_max < client->reactors ? client->connections_max : client->reactors;
    client->uneven =
        client->holders < client->reactors || client->connections_per_host_max < client->holders;
}

static void free_client(hr_http_client *client) {
    for (unsigned i = 0; client->shards && i < client->reactors; i++) {
        if (client->shards[i]) {
            hr__call_slabs_free(client->shards[i]);
            hr__statistics_close(client->shards[i]);
        }
        hr__pool_shard_free(client->shards[i]);
    }
    free(client->shards);
    hr__client_network_close(client);
    hr__client_hosts_close(client);
    hr__client_fields_close(client);
    free(client->user_agent);
    free(client);
}

static int fill_client(hr_http_client *client, const struct hr_http_client_options *options,
                       struct hr_error *error) {
    const char *agent = options->user_agent ? options->user_agent : USER_AGENT_DEFAULT;
    if (agent[0] && !hr__http1_is_field_value(hr_slice_of(agent)))
        return hr_error_set(error, -EINVAL, "user_agent has a byte that a header may not have");
    client->user_agent = strdup(agent);
    client->shards = calloc(client->reactors, sizeof *client->shards);
    if (!client->user_agent || !client->shards)
        return hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
    int err = hr__client_fields_open(client, options, error);
    if (!err) err = hr__client_hosts_open(client, options, error);
    if (!err) err = hr__client_network_open(client, options, error);
    for (unsigned i = 0; !err && i < client->reactors; i++) {
        err = hr__pool_shard_new(client, i, &client->shards[i]);
        if (!err) err = hr__statistics_open(client->shards[i]);
        if (err) hr_error_set(error, err, "no memory for an HTTP client");
    }
    return err;
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
    made->engine = engine;
    copy_options(made, options ? options : &zero);
    made->shards_open = made->reactors;
    err = fill_client(made, options ? options : &zero, error);
    if (err) {
        free_client(made);
        hr__engine_handle_unopened(engine);
        return err;
    }
    *client = made;
    return 0;
}

/* ---- Closing.
 *
 * The gate is one word: how many are inside (requests accepted, starts that are being looked at),
 * and a bit that closes it. Nobody gets in once the bit is set, so the count goes down to zero
 * once, and whoever takes it there has the shards closed. */

#define CLOSING (UINT64_C(1) << 63)

/* The client is freed when the last shard has closed, so not before the last post. */
static void close_shards(hr_http_client *client) {
    hr_engine *engine = client->engine;
    unsigned reactors = client->reactors;
    for (unsigned i = 0; i < reactors; i++)
        hr__reactor_post(hr__engine_reactor(engine, i), &client->shards[i]->close_task);
}

void hr__client_release(hr_http_client *client) {
    uint64_t left = __atomic_sub_fetch(&client->gate, 1, __ATOMIC_ACQ_REL);
    assert(left != UINT64_MAX);
    if (left == CLOSING) close_shards(client);
}

uint64_t hr__client_in_progress(const hr_http_client *client) {
    return __atomic_load_n(&client->gate, __ATOMIC_RELAXED) & ~CLOSING;
}

void hr__client_shard_closed(struct hr_pool_shard *shard) {
    hr_http_client *client = shard->client;
    if (__atomic_sub_fetch(&client->shards_open, 1, __ATOMIC_ACQ_REL) > 0) return;
    hr_engine *engine = client->engine;
    if (client->on_closed) client->on_closed(client->on_closed_user);
    free_client(client);
    hr__engine_handle_closed(engine);
}

void hr_http_client_close(hr_http_client *client, void (*on_closed)(void *user), void *user) {
    if (!client || hr__engine_handle_closing(client->engine) < 0) return;
    client->on_closed = on_closed;
    client->on_closed_user = user;
    uint64_t before = __atomic_fetch_or(&client->gate, CLOSING, __ATOMIC_ACQ_REL);
    assert(!(before & CLOSING));
    if (before == 0) close_shards(client);
}

/* A start that is refused leaves nothing to take back. */
int hr__http_client_enter(hr_http_client *client) {
    uint64_t seen = __atomic_load_n(&client->gate, __ATOMIC_RELAXED);
    do {
        if (seen & CLOSING) return -ESHUTDOWN;
    } while (!__atomic_compare_exchange_n(&client->gate, &seen, seen + 1, true, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

void hr__http_client_leave(hr_http_client *client) {
    hr__client_release(client);
}

/* ---- Starting. */

static bool holds(const hr_http_client *client, unsigned index, uint32_t hash) {
    if (index >= client->holders) return false;
    unsigned limit = client->connections_per_host_max;
    unsigned offset = limit < client->holders ? hash % client->holders : 0;
    return hr__pool_share(limit, client->holders, offset, index) > 0;
}

unsigned hr__client_holder(hr_http_client *client, uint32_t hash) {
    unsigned limit = client->connections_per_host_max;
    unsigned turn = __atomic_fetch_add(&client->pick_next, 1, __ATOMIC_RELAXED);
    if (limit >= client->holders) return turn % client->holders;
    return (hash % client->holders + turn % limit) % client->holders;
}

struct hr_reactor *hr__http_client_pick(hr_http_client *client, struct hr_slice host,
                                        uint16_t port) {
    struct hr_reactor *reactor = hr__engine_pick(client->engine);
    if (!client->uneven) return reactor;
    uint32_t hash = hr__pool_hash(host, port);
    if (holds(client, hr__reactor_index(reactor), hash)) return reactor;
    return hr__engine_reactor(client->engine, hr__client_holder(client, hash));
}

int hr__http_client_parse(const hr_http_client *client, const char *text, char *memory,
                          struct hr_url *url) {
    const char *base = client->fields->base_url;
    struct hr_slice whole = hr_slice_of(text);
    if (base) {
        size_t size;
        int err = hr_url_resolve(hr_slice_of(base), whole, NULL, memory, HR_URL_MAX, &size);
        if (err) return err;
        whole = hr_slice_bytes(memory, size);
    }
    return hr_url_parse(whole, NULL, url);
}

struct hr_reactor *hr__http_client_pick_url(hr_http_client *client, const char *text) {
    char memory[HR_URL_MAX];
    struct hr_url url;
    /* A URL that is none is refused wherever it goes. */
    if (!client->uneven || hr__http_client_parse(client, text, memory, &url) != 0)
        return hr__engine_pick(client->engine);
    return hr__http_client_pick(client, url.host, url.port);
}

int hr_http_request_start(hr_http_client *client, struct hr_http_request *request) {
    if (!client || !request || !request->url) return -EINVAL;
    int err = hr__http_client_enter(client);
    if (err) return err;
    err = hr__request_submit(&request->request, hr__http_client_pick_url(client, request->url),
                             &hr__http_request_class, client);
    if (err) hr__client_release(client);
    return err;
}

void hr__http_client_set_retry(hr_http_client *client, const struct hr_retry_policy *policy) {
    client->policy = *policy;
}
