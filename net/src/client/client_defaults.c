/* The options of a client: what they are where nothing is given, and which cannot be used. Those
 * that may change while it is used are its settings; the others stay. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <engine/request_core.h>
#include <headrace/version.h>
#include <net/chars.h>

#include "client.h"
#include "network.h"

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
#define BUDGET_PERCENT_MAX      1000
#define EJECTION_MS_DEFAULT     30000
#define EJECTION_MAX_MS_DEFAULT 300000
#define KEEPALIVE_S_DEFAULT     60
#define DECODED_BYTES_DEFAULT   (UINT64_C(1) << 30)
#define USER_AGENT_DEFAULT      "headrace/" HR_VERSION_STRING

#define MS UINT64_C(1000000)

static const struct hr_call_times default_times = {
    .connect = {.resolve_ns = 5000 * MS,
                .connect_ns = 10000 * MS,
                .handshake_ns = 10000 * MS,
                .pool_ns = 30000 * MS},
    .expect_ns = 1000 * MS,
    .first_byte_ns = 30000 * MS,
    .stall_ns = 30000 * MS,
    .throughput_window_ns = 30000 * MS,
};

void hr__call_times(const struct hr_http_timeouts *given, const struct hr_call_times *otherwise,
                    struct hr_call_times *times) {
    const struct hr_pool_times *before = &otherwise->connect;
    struct hr_pool_times *connect = &times->connect;
    connect->resolve_ns = hr__timeout_ns(given->resolve_timeout_ms, before->resolve_ns);
    connect->connect_ns = hr__timeout_ns(given->connect_timeout_ms, before->connect_ns);
    connect->handshake_ns = hr__timeout_ns(given->handshake_timeout_ms, before->handshake_ns);
    connect->pool_ns = hr__timeout_ns(given->pool_timeout_ms, before->pool_ns);
    times->expect_ns = hr__timeout_ns(given->expect_timeout_ms, otherwise->expect_ns);
    times->first_byte_ns = hr__timeout_ns(given->first_byte_timeout_ms, otherwise->first_byte_ns);
    times->stall_ns = hr__timeout_ns(given->stall_timeout_ms, otherwise->stall_ns);
    times->throughput_window_ns =
        hr__timeout_ns(given->throughput_window_ms, otherwise->throughput_window_ns);
    times->throughput_min =
        given->throughput_min ? given->throughput_min : otherwise->throughput_min;
}

static unsigned or_default(unsigned given, unsigned otherwise) {
    return given ? given : otherwise;
}

/* The other groups are looked at where they are used. */
static int check_reserved(const struct hr_http_client_options *options, struct hr_error *error) {
    const struct hr_http_client_options *o = options;
    const struct hr_reserved structs[] = {
        {"hr_http_client_options", o->reserved, sizeof o->reserved},
        {"hr_http_pool_options", o->pool.reserved, sizeof o->pool.reserved},
        {"hr_http_timeouts", o->timeouts.reserved, sizeof o->timeouts.reserved},
        {"hr_http_auth", o->auth.reserved, sizeof o->auth.reserved},
        {"hr_http_proxy_options", o->proxy.reserved, sizeof o->proxy.reserved},
        {"hr_http_response_options", o->response.reserved, sizeof o->response.reserved},
        {"hr_http_redirect_options", o->redirects.reserved, sizeof o->redirects.reserved},
        {"hr_http_retry_options", o->retry.reserved, sizeof o->retry.reserved},
        {"hr_http_hedge_options", o->hedge.reserved, sizeof o->hedge.reserved},
        {"hr_http_ejection_options", o->ejection.reserved, sizeof o->ejection.reserved},
        {"hr_http_rate_options", o->rate.reserved, sizeof o->rate.reserved},
    };
    return hr__reserved_check(structs, sizeof structs / sizeof *structs, error);
}

static int check_ejection(const struct hr_http_ejection_options *ejection, struct hr_error *error) {
    uint32_t time_ms = or_default(ejection->time_ms, EJECTION_MS_DEFAULT);
    if (!ejection->failures_max && (ejection->time_ms || ejection->time_max_ms))
        return hr_error_set(error, -EINVAL, "ejection.%s is %u, without ejection.failures_max",
                            ejection->time_ms ? "time_ms" : "time_max_ms",
                            ejection->time_ms ? ejection->time_ms : ejection->time_max_ms);
    if (ejection->time_max_ms && ejection->time_max_ms < time_ms)
        return hr_error_set(error, -EINVAL,
                            "ejection.time_max_ms is %u, less than ejection.time_ms, which is %u",
                            ejection->time_max_ms, time_ms);
    return 0;
}

int hr__client_settings_check(const struct hr_http_client_options *options,
                              struct hr_error *error) {
    int err = check_reserved(options, error);
    if (err) return err;

    const struct hr_http_rate_options *rate = &options->rate;
    if (options->retry.budget_percent > BUDGET_PERCENT_MAX)
        return hr_error_set(error, -EINVAL, "retry.budget_percent is %u, more than %u",
                            options->retry.budget_percent, BUDGET_PERCENT_MAX);
    if (options->hedge.quantile_percent > 99)
        return hr_error_set(error, -EINVAL, "hedge.quantile_percent is %u, more than 99",
                            options->hedge.quantile_percent);
    err = check_ejection(&options->ejection, error);
    if (err) return err;
    if (rate->attempts_per_second_max > HR_RATE_MAX)
        return hr_error_set(error, -EINVAL, "rate.attempts_per_second_max is %u, more than %u",
                            rate->attempts_per_second_max, HR_RATE_MAX);
    if (rate->burst > HR_RATE_MAX)
        return hr_error_set(error, -EINVAL, "rate.burst is %u, more than %u", rate->burst,
                            HR_RATE_MAX);
    if (rate->bytes_per_second_max > HR_BANDWIDTH_MAX)
        return hr_error_set(error, -EINVAL, "rate.bytes_per_second_max is %llu, more than %llu",
                            (unsigned long long)rate->bytes_per_second_max,
                            (unsigned long long)HR_BANDWIDTH_MAX);
    if (rate->burst && !rate->attempts_per_second_max)
        return hr_error_set(error, -EINVAL,
                            "rate.burst is %u, without rate.attempts_per_second_max", rate->burst);
    return 0;
}

/* ---- Settings. */

static struct hr_outlier_rules outliers_of(const struct hr_http_ejection_options *ejection) {
    uint32_t time_ms = or_default(ejection->time_ms, EJECTION_MS_DEFAULT);
    uint32_t most_ms = or_default(ejection->time_max_ms, EJECTION_MAX_MS_DEFAULT);
    return (struct hr_outlier_rules){
        .failures_max = ejection->failures_max,
        .time_ns = time_ms * MS,
        .time_max_ns = (most_ms > time_ms ? most_ms : time_ms) * MS,
    };
}

struct hr_origin_rules hr__client_settings_rules(const struct hr_http_client_options *options) {
    return (struct hr_origin_rules){
        .breaker = options->breaker,
        .no_breaker = options->no_breaker,
        .retry_budget_percent = options->retry.budget_percent,
        .rate_max = options->rate.attempts_per_second_max,
        .rate_burst = options->rate.burst,
        .outliers = outliers_of(&options->ejection),
    };
}

static struct hr_pool_limits limits_of(const struct hr_http_pool_options *pool) {
    return (struct hr_pool_limits){
        .connections_max = or_default(pool->connections_max, CONNECTIONS_DEFAULT),
        .connections_per_origin_max =
            or_default(pool->connections_per_origin_max, CONNECTIONS_DEFAULT),
        .queue_max = or_default(pool->queue_max, QUEUE_DEFAULT),
        .idle_timeout_ns = hr__timeout_ns(pool->idle_timeout_ms, IDLE_TIMEOUT_MS_DEFAULT * MS),
        .lifetime_ns = hr__timeout_ns(pool->lifetime_ms, LIFETIME_MS_DEFAULT * MS),
        .adaptive_concurrency = pool->adaptive_concurrency,
    };
}

void hr__client_settings_pool(const struct hr_http_client_options *options,
                              struct hr_pool_settings *pool) {
    struct hr_call_times times;
    uint32_t keepalive_s = or_default(options->pool.keepalive_s, KEEPALIVE_S_DEFAULT);
    hr__call_times(&options->timeouts, &default_times, &times);
    *pool = (struct hr_pool_settings){
        .limits = limits_of(&options->pool),
        .times = times.connect,
        .socket.user_timeout_ms = options->pool.tcp_user_timeout_ms,
        .socket.keepalive_s = keepalive_s == HR_NO_TIMEOUT ? 0 : keepalive_s,
    };
}

static struct hr_retry_policy policy_of(const struct hr_http_retry_options *retry) {
    return (struct hr_retry_policy){
        .attempts_max = retry->attempts_max == HR_NO_RETRY
                            ? 1
                            : or_default(retry->attempts_max, ATTEMPTS_DEFAULT),
        .backoff_base_ms = or_default(retry->backoff_base_ms, BACKOFF_BASE_MS_DEFAULT),
        .backoff_max_ms = or_default(retry->backoff_max_ms, BACKOFF_MAX_MS_DEFAULT),
    };
}

static struct hr_http1_limits response_of(const struct hr_http_response_options *response) {
    return (struct hr_http1_limits){
        .head_bytes_max = or_default(response->head_bytes_max, HEAD_BYTES_DEFAULT),
        .head_fields_max = or_default(response->head_fields_max, HEAD_FIELDS_DEFAULT),
        .lenient = response->lenient,
    };
}

static void fill(struct hr_client_settings *settings,
                 const struct hr_http_client_options *options) {
    uint32_t redirects_max = options->redirects.max;
    uint64_t decoded_bytes_max = options->response.decoded_bytes_max;
    *settings = (struct hr_client_settings){
        .uses = 1,
        .redirects_max = redirects_max == HR_NO_REDIRECTS ? 0 : redirects_max,
        .redirect_downgrade = options->redirects.downgrade,
        .no_stale_retry = options->retry.no_stale_retry,
        .extra_stale_retry = options->retry.extra_stale_retry,
        .rate_max = options->rate.attempts_per_second_max,
        .hedge_quantile_percent = options->hedge.quantile_percent,
        .hedge_delay_min_ns = or_default(options->hedge.delay_min_ms, 1) * MS,
        .timeout_ns = hr__timeout_ns(options->timeout_ms, TIMEOUT_MS_DEFAULT * MS),
        .policy = policy_of(&options->retry),
        .response = response_of(&options->response),
        .decoded_bytes_max = decoded_bytes_max ? decoded_bytes_max : DECODED_BYTES_DEFAULT,
    };
    hr__call_times(&options->timeouts, &default_times, &settings->times);
    hr__client_settings_pool(options, &settings->pool);
}

struct hr_client_settings *hr__client_settings_new(const struct hr_http_client_options *options) {
    struct hr_client_settings *settings = malloc(sizeof *settings);
    if (settings) fill(settings, options);
    return settings;
}

void hr__client_settings_release(struct hr_client_settings *settings) {
    if (!settings) return;
    assert(settings->uses > 0);
    if (--settings->uses == 0) free(settings);
}

uint64_t hr__http_client_timeout_ns(const hr_http_client *client,
                                    const struct hr_reactor *reactor) {
    return client->shards[hr__reactor_index(reactor)]->settings->timeout_ns;
}

uint32_t hr__http_client_attempts_max(const hr_http_client *client,
                                      const struct hr_reactor *reactor) {
    return client->shards[hr__reactor_index(reactor)]->settings->policy.attempts_max;
}

uint64_t hr__client_timeout_ns(const struct hr_request *request) {
    return hr__http_client_timeout_ns(request->private_.owner, request->private_.reactor);
}

/* ---- What stays. */

static int copy_agent(hr_http_client *client, const struct hr_http_client_options *options,
                      struct hr_error *error) {
    const char *agent = options->user_agent ? options->user_agent : USER_AGENT_DEFAULT;
    if (agent[0] && !hr__http1_is_field_value(hr_slice_of(agent)))
        return hr_error_set(error, -EINVAL, "user_agent has a byte that a header may not have");
    client->user_agent = strdup(agent);
    return client->user_agent ? 0 : hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
}

static struct hr_origin_rules rules_of(hr_http_client *client,
                                       const struct hr_http_client_options *options) {
    struct hr_origin_rules rules = hr__client_settings_rules(options);
    if (!options->on_event) return rules;
    client->listener =
        (struct hr_breaker_listener){options->on_event, options->event_user,
                                     options->breaker.on_transition, options->breaker.user};
    rules.breaker.on_transition = hr__client_tell_breaker;
    rules.breaker.user = &client->listener;
    return rules;
}

static void notify(void *user, const char *text) {
    const struct hr_http_client_options *options = user;
    if (options->on_notice)
        options->on_notice(options->notice_user, text);
    else if (options->on_event)
        hr__client_tell_notice(options, text);
    else
        fprintf(stderr, "headrace: %s\n", text);
}

static struct hr_network_options network_of(const struct hr_http_client_options *options) {
    return (struct hr_network_options){
        .resolver = &options->resolver,
        .tls = &options->tls,
        .unix_socket = options->unix_socket,
        .proxy = &options->proxy,
        .on_notice = notify,
        .notice_user = (void *)(uintptr_t)options,
    };
}

int hr__client_configure(hr_http_client *client, const struct hr_http_client_options *options,
                         struct hr_error *error) {
    int err = hr__client_settings_check(options, error);
    if (err) return err;
    client->on_event = options->on_event;
    client->event_user = options->event_user;
    err = copy_agent(client, options, error);
    if (!err) err = hr__client_fields_open(client, options, error);
    if (err) return err;
    struct hr_network_options network = network_of(options);
    struct hr_pool_options pool = {
        .rules = rules_of(client, options),
        .network = &network,
    };
    hr__client_settings_pool(options, &pool.settings);
    return hr__pool_open(&client->pool, client->engine, &pool, error);
}
