/* What the reactors of a client share of a host: breaker, retry budget and rate limit.
 *
 * A shard looks a record up once, when its first request goes to the host, under a mutex; from then
 * on it has the pointer. So a record stays until the client is freed, as does the breaker that
 * hr_http_client_breaker hands out. There are at most HOSTS_MAX; hosts beyond share one record and
 * with it one budget and one rate, and have no breaker, as one that many hosts share would stop the
 * good ones.
 */
#include "http_call.h"
#include "http_fields.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#define HOSTS_MAX              1024
#define BUCKETS                256
#define BUDGET_PERCENT_DEFAULT 20
#define BUDGET_PERCENT_MAX     1000
#define DEPOSIT_BATCH          32 /* requests that a shard puts in at once */

struct hr_client_hosts {
    pthread_mutex_t mutex;
    struct hr_breaker_options breaker;
    struct hr_breaker_listener events;
    bool no_breaker;
    uint32_t budget_percent;
    uint32_t rate_max, rate_burst;
    unsigned count;
    struct hr_host_record *buckets[BUCKETS];
    struct hr_host_record *beyond; /* of the hosts that are too many */
};

/* ---- The table. */

int hr__client_hosts_open(hr_http_client *client, const struct hr_http_client_options *options,
                          struct hr_error *error) {
    if (options->retry_budget_percent > BUDGET_PERCENT_MAX)
        return hr_error_set(error, -EINVAL, "retry_budget_percent is %u, more than %u",
                            options->retry_budget_percent, BUDGET_PERCENT_MAX);
    if (options->hedge_quantile_percent > 99)
        return hr_error_set(error, -EINVAL, "hedge_quantile_percent is %u, more than 99",
                            options->hedge_quantile_percent);
    if (options->rate_max > HR_RATE_MAX)
        return hr_error_set(error, -EINVAL, "rate_max is %u, more than %u", options->rate_max,
                            HR_RATE_MAX);
    if (options->rate_burst > HR_RATE_MAX || (options->rate_burst && !options->rate_max))
        return hr_error_set(error, -EINVAL, "rate_burst is %u, %s", options->rate_burst,
                            options->rate_max ? "more than 1000000" : "without a rate_max");
    /* What the breaker would refuse is refused here, not at the first request. */
    hr_breaker *probe = NULL;
    int err = options->no_breaker ? 0 : hr_breaker_new(&options->breaker, error, &probe);
    hr_breaker_free(probe);
    if (err) return err;
    struct hr_client_hosts *hosts = calloc(1, sizeof *hosts);
    if (!hosts) return hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
    pthread_mutex_init(&hosts->mutex, NULL);
    hosts->breaker = options->breaker;
    hosts->no_breaker = options->no_breaker;
    if (options->on_event) {
        hosts->events =
            (struct hr_breaker_listener){options->on_event, options->event_user,
                                         options->breaker.on_transition, options->breaker.user};
        hosts->breaker.on_transition = hr__client_tell_breaker;
        hosts->breaker.user = &hosts->events;
    }
    hosts->rate_max = options->rate_max;
    hosts->rate_burst = options->rate_burst;
    hosts->budget_percent =
        options->retry_budget_percent ? options->retry_budget_percent : BUDGET_PERCENT_DEFAULT;
    client->hosts = hosts;
    return 0;
}

static void free_record(struct hr_host_record *record) {
    if (record) hr_breaker_free(record->breaker);
    free(record);
}

void hr__client_hosts_close(hr_http_client *client) {
    struct hr_client_hosts *hosts = client->hosts;
    if (!hosts) return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (hosts->buckets[i]) {
            struct hr_host_record *record = hosts->buckets[i];
            hosts->buckets[i] = record->next;
            free_record(record);
        }
    }
    free_record(hosts->beyond);
    pthread_mutex_destroy(&hosts->mutex);
    free(hosts);
}

struct key {
    struct hr_slice name;
    uint16_t port;
    bool tls;
};

static struct hr_host_record **find(struct hr_client_hosts *hosts, const struct key *key) {
    struct hr_host_record **link =
        &hosts->buckets[(hr__pool_hash(key->name, key->port) ^ key->tls) % BUCKETS];
    while (*link &&
           !((*link)->port == key->port && (*link)->tls == key->tls &&
             hr_slice_equal_nocase(hr_slice_bytes((*link)->name, (*link)->name_size), key->name)))
        link = &(*link)->next;
    return link;
}

static int new_breaker(const struct hr_client_hosts *hosts, const struct key *key,
                       hr_breaker **breaker) {
    char name[300];
    bool v6 = memchr(key->name.data, ':', key->name.size) != NULL;
    snprintf(name, sizeof name, v6 ? "[%.*s]:%u" : "%.*s:%u", (int)key->name.size, key->name.data,
             key->port);
    struct hr_breaker_options options = hosts->breaker;
    options.name = name;
    return hr_breaker_new(&options, NULL, breaker);
}

static int new_record(const struct hr_client_hosts *hosts, const struct key *key, bool breaker,
                      struct hr_host_record **record) {
    size_t size = sizeof **record + key->name.size;
    struct hr_host_record *made = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!made) return -ENOMEM;
    memset(made, 0, sizeof *made);
    int err = breaker ? new_breaker(hosts, key, &made->breaker) : 0;
    if (err) {
        free(made);
        return err;
    }
    hr__retry_budget_init(&made->budget, hosts->budget_percent);
    hr__rate_limit_init(&made->rate, hosts->rate_max, hosts->rate_burst);
    made->tls = key->tls;
    made->port = key->port;
    made->name_size = (uint16_t)key->name.size;
    memcpy(made->name, key->name.data, key->name.size);
    *record = made;
    return 0;
}

static int get_record(struct hr_client_hosts *hosts, const struct key *key,
                      struct hr_host_record **record) {
    int err = 0;
    pthread_mutex_lock(&hosts->mutex);
    struct hr_host_record **link = find(hosts, key);
    bool beyond = !*link && hosts->count >= HOSTS_MAX;
    if (beyond) link = &hosts->beyond;
    if (!*link) {
        err = new_record(hosts, key, !beyond && !hosts->no_breaker, link);
        if (!err && !beyond) hosts->count++;
    }
    if (!err) *record = *link;
    pthread_mutex_unlock(&hosts->mutex);
    return err;
}

hr_breaker *hr_http_client_breaker(hr_http_client *client, const char *url) {
    char memory[HR_URL_MAX];
    struct hr_url parsed;
    if (!client || !url || hr__http_client_parse(client, url, memory, &parsed)) return NULL;
    struct key key = {.name = parsed.host, .port = parsed.port, .tls = parsed.tls};
    pthread_mutex_lock(&client->hosts->mutex);
    struct hr_host_record *record = *find(client->hosts, &key);
    pthread_mutex_unlock(&client->hosts->mutex);
    return record ? record->breaker : NULL;
}

uint64_t hr__hosts_opened(const hr_http_client *client) {
    struct hr_client_hosts *hosts = client->hosts;
    uint64_t opened = 0;
    pthread_mutex_lock(&hosts->mutex);
    for (unsigned i = 0; i < BUCKETS && !hosts->no_breaker; i++) {
        for (struct hr_host_record *record = hosts->buckets[i]; record; record = record->next) {
            struct hr_breaker_status status;
            hr_breaker_status_get(record->breaker, &status);
            opened += status.opened;
        }
    }
    pthread_mutex_unlock(&hosts->mutex);
    return opened;
}

/* ---- The retry budget. */

/* In batches, so that reactors do not fight for the line that the bucket lies in. */
static void deposit(struct hr_pool_host *host, uint32_t least) {
    if (host->deposits < least) return;
    hr__retry_budget_deposit(&host->record->budget, host->deposits,
                             hr__reactor_now(host->shard->reactor));
    host->deposits = 0;
}

bool hr__host_take_retry(struct hr_call *call) {
    struct hr_pool_host *host = call->host;
    deposit(host, 1);
    if (hr__retry_budget_take(&host->record->budget)) return true;
    hr__count(&call->shard->metrics.retries_refused, 1);
    return false;
}

/* ---- The breaker. */

static void say_open(struct hr_call *call, uint64_t retry_after_ms) {
    struct hr_error *error = &call->request->request.error;
    struct hr_breaker_status status;
    hr_breaker_status_get(call->host->record->breaker, &status);
    const struct hr_breaker_transition *why = NULL;
    for (unsigned i = 0; i < status.transition_count && !why; i++)
        if (status.transitions[i].to == HR_BREAKER_OPEN) why = &status.transitions[i];
    char peer[150], cause[60] = "";
    hr__call_peer(call, peer, sizeof peer);
    if (why && why->error > 0)
        snprintf(cause, sizeof cause, ", %s: status %d", hr_breaker_cause_name(why->cause),
                 why->error);
    else if (why)
        snprintf(cause, sizeof cause, ", %s%s%s", hr_breaker_cause_name(why->cause),
                 why->error ? ": " : "", why->error ? hr_error_name(why->error) : "");
    if (retry_after_ms)
        hr_error_set(error, HR_ERR_BREAKER_OPEN,
                     "the circuit breaker of %s is open%s; a probe is due in %" PRIu64 " ms", peer,
                     cause, retry_after_ms);
    else
        hr_error_set(error, HR_ERR_BREAKER_OPEN,
                     "the circuit breaker of %s was open%s; a probe is under way", peer, cause);
    call->request->retry_after_ms = retry_after_ms;
    hr__count(&call->shard->metrics.breaker_rejected, 1);
}

static bool past_breaker(const struct hr_call *call) {
    return call->request->hooks_ && call->request->hooks_->past_breaker;
}

int hr__host_know(struct hr_pool_host *host) {
    if (host->record) return 0;
    struct key key = {
        .name = hr_slice_bytes(host->name, host->name_size), .port = host->port, .tls = host->tls};
    return get_record(host->shard->client->hosts, &key, &host->record);
}

bool hr__host_trusted(const struct hr_pool_host *host) {
    struct hr_breaker_status status;
    if (!host->record->breaker) return true;
    hr_breaker_status_get(host->record->breaker, &status);
    return status.state == HR_BREAKER_CLOSED;
}

/* ---- The rate limit. */

static int say_too_late(struct hr_call *call) {
    char peer[150];
    hr__call_peer(call, peer, sizeof peer);
    hr__count(&call->shard->metrics.rate_refused, 1);
    return hr_error_set(&call->request->request.error, HR_ERR_RATE_LIMIT,
                        "the rate limit of %s (rate_max, %u a second) has no place for this "
                        "request within its time or pool_timeout_ms",
                        peer, call->shard->client->hosts->rate_max);
}

/* How long it may wait: a hedge not at all, as it would not be quicker. */
static uint64_t patience_ns(const struct hr_call *call, uint64_t now_ns) {
    if (call->is_hedge) return 0;
    if (call->deadline_ns == HR_FOREVER_NS) return call->times.pool_ns;
    uint64_t rest_ns = call->deadline_ns > now_ns ? call->deadline_ns - now_ns : 0;
    return rest_ns < call->times.pool_ns ? rest_ns : call->times.pool_ns;
}

int hr__host_rate(struct hr_call *call, uint64_t *wait_ns) {
    struct hr_pool_host *host = call->host;
    if (!call->shard->client->hosts->rate_max || past_breaker(call)) return 0;
    int err = hr__host_know(host);
    if (err) return err;
    /* What the breaker will reject takes no place, and is told at once. */
    if (!hr__host_trusted(host)) return 0;
    struct hr_rate_asked asked = {.now_ns = hr__reactor_now(call->shard->reactor)};
    asked.wait_max_ns = patience_ns(call, asked.now_ns);
    if (!hr__rate_limit_take(&host->record->rate, &asked, wait_ns)) return say_too_late(call);
    if (*wait_ns) hr__count(&call->shard->metrics.rate_delayed, 1);
    return 0;
}

/* ---- An attempt comes and goes. */

int hr__host_enter(struct hr_call *call) {
    struct hr_pool_host *host = call->host;
    int known = hr__host_know(host);
    if (known) return known;
    hr_breaker *breaker = host->record->breaker;
    if (breaker && !past_breaker(call)) {
        uint64_t retry_after_ms = 0;
        int err = hr_breaker_enter(breaker, &call->pass, &retry_after_ms);
        if (err) {
            say_open(call, retry_after_ms);
            return err;
        }
        call->passed = true;
    }
    /* The budget is a share of the requests that the host gets, not of the attempts. */
    if (call->retry_count == 0 && !call->is_hedge && !call->fresh) {
        host->deposits++;
        deposit(host, DEPOSIT_BATCH);
    }
    return 0;
}

/* Without a pass: a health check, which goes past the breaker. */
static struct hr_call *first_passed(const struct hr_pool_host *host) {
    struct hr_call *call = host->waiters;
    while (call && !call->passed) call = call->next;
    return call;
}

/* Those who wait hold a pass from before it opened; the host would get all of them one by one. So
 * they are told now, on this reactor; those of another one when an attempt of theirs fails. */
static void tell_waiters(struct hr_pool_host *host) {
    struct hr_breaker_status status;
    hr_breaker_status_get(host->record->breaker, &status);
    if (status.state != HR_BREAKER_OPEN) return;
    /* As many as wait now: whoever is called back may begin again, and wait here again. */
    unsigned count = 0;
    for (struct hr_call *call = host->waiters; call; call = call->next) count += call->passed;
    for (; count > 0; count--) {
        struct hr_call *call = first_passed(host);
        if (!call) return;
        hr__pool_unwait(call);
        say_open(call, status.retry_after_ms);
        hr__call_refuse_said(call, HR_ERR_BREAKER_OPEN);
    }
}

void hr__host_leave(struct hr_call *call, bool ignored) {
    if (!call->passed) return;
    call->passed = false;
    struct hr_pool_host *host = call->host;
    int error = call->outcome;
    enum hr_breaker_outcome outcome = HR_BREAKER_IGNORED;
    if (!ignored) outcome = hr_breaker_classify(call->outcome, call->request->status);
    /* An answer has no code: its status stands for one, as a positive number. */
    if (outcome == HR_BREAKER_FAILURE && error == 0) error = call->request->status;
    hr_breaker_leave(host->record->breaker, &call->pass, outcome, error);
    if (outcome == HR_BREAKER_FAILURE && host->waiters) tell_waiters(host);
}
