/* The reactors of a client share of an origin its breaker, its retry budget and its rate limit.
 *
 * A shard looks the shared part up once, when its first request goes to the origin, under a mutex;
 * from then on it has the pointer. So a shared part stays until the pool is freed, as does the
 * breaker that hr_http_client_breaker hands out. There are at most SHARED_MAX; origins beyond share
 * one part and with it one budget and one rate, and have no breaker, as one that many origins share
 * would stop the good ones. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "breaker_core.h"
#include "pool.h"

#define SHARED_MAX             1024
#define BUCKETS                256
#define BUDGET_PERCENT_DEFAULT 20
#define DEPOSIT_BATCH          32 /* requests that a shard puts in at once */

struct hr_origin_table {
    pthread_mutex_t mutex;
    struct hr_origin_rules rules;
    unsigned count;
    struct hr_origin_shared *buckets[BUCKETS];
    struct hr_origin_shared *beyond; /* of the origins that are too many */
};

/* ---- The table. */

static uint32_t percent_of(const struct hr_origin_rules *rules) {
    return rules->retry_budget_percent ? rules->retry_budget_percent : BUDGET_PERCENT_DEFAULT;
}

int hr__origin_table_new(const struct hr_origin_rules *rules, struct hr_error *error,
                         struct hr_origin_table **table) {
    int err = rules->no_breaker ? 0 : hr__breaker_check(&rules->breaker, error);
    if (err) return err;
    struct hr_origin_table *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for a pool of connections");
    pthread_mutex_init(&made->mutex, NULL);
    made->rules = *rules;
    made->rules.retry_budget_percent = percent_of(rules);
    *table = made;
    return 0;
}

static void free_shared(struct hr_origin_shared *shared) {
    if (!shared) return;
    hr_breaker_free(shared->breaker);
    hr__outliers_free(shared->outliers);
    free(shared);
}

void hr__origin_table_free(struct hr_origin_table *table) {
    if (!table) return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (table->buckets[i]) {
            struct hr_origin_shared *shared = table->buckets[i];
            table->buckets[i] = shared->next;
            free_shared(shared);
        }
    }
    free_shared(table->beyond);
    pthread_mutex_destroy(&table->mutex);
    free(table);
}

static struct hr_origin_shared **find(struct hr_origin_table *table,
                                      const struct hr_origin_key *key) {
    struct hr_origin_shared **link =
        &table->buckets[(hr__origin_hash(key->name, key->port) ^ key->tls) % BUCKETS];
    while (*link && !hr__origin_key_equal(&(*link)->key, key)) link = &(*link)->next;
    return link;
}

static int new_breaker(const struct hr_origin_rules *rules, const struct hr_origin_key *key,
                       hr_breaker **breaker) {
    char name[HR_ORIGIN_TEXT_MAX];
    struct hr_breaker_options options = rules->breaker;
    options.name = hr__origin_text(key, name, sizeof name);
    return hr_breaker_new(&options, NULL, breaker);
}

/* Breaker and outliers are for an origin that is told apart from all others. */
static int watch(const struct hr_origin_rules *rules, const struct hr_origin_key *key,
                 struct hr_origin_shared *shared) {
    if (rules->outliers.failures_max) {
        shared->outliers = hr__outliers_new(&rules->outliers);
        if (!shared->outliers) return -ENOMEM;
    }
    return rules->no_breaker ? 0 : new_breaker(rules, key, &shared->breaker);
}

static int new_shared(const struct hr_origin_rules *rules, const struct hr_origin_key *key,
                      bool beyond, struct hr_origin_shared **shared) {
    size_t size = sizeof **shared + key->name.size;
    struct hr_origin_shared *made = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!made) return -ENOMEM;
    memset(made, 0, sizeof *made);
    int err = beyond ? 0 : watch(rules, key, made);
    if (err) {
        free_shared(made);
        return err;
    }
    hr__retry_budget_init(&made->budget, rules->retry_budget_percent);
    hr__rate_limit_init(&made->rate, rules->rate_max, rules->rate_burst);
    if (key->name.size > 0) memcpy(made->name, key->name.data, key->name.size);
    made->key = *key;
    made->key.name = hr_slice_bytes(made->name, key->name.size);
    *shared = made;
    return 0;
}

static int get_shared(struct hr_origin_table *table, const struct hr_origin_key *key,
                      struct hr_origin_shared **shared) {
    int err = 0;
    pthread_mutex_lock(&table->mutex);
    struct hr_origin_shared **link = find(table, key);
    bool beyond = !*link && table->count >= SHARED_MAX;
    if (beyond) link = &table->beyond;
    if (!*link) {
        err = new_shared(&table->rules, key, beyond, link);
        if (!err && !beyond) table->count++;
    }
    if (!err) *shared = *link;
    pthread_mutex_unlock(&table->mutex);
    return err;
}

hr_breaker *hr__origin_table_breaker(struct hr_origin_table *table,
                                     const struct hr_origin_key *key) {
    pthread_mutex_lock(&table->mutex);
    struct hr_origin_shared *shared = *find(table, key);
    pthread_mutex_unlock(&table->mutex);
    return shared ? shared->breaker : NULL;
}

uint64_t hr__origin_table_opened(struct hr_origin_table *table) {
    uint64_t opened = 0;
    pthread_mutex_lock(&table->mutex);
    for (unsigned i = 0; i < BUCKETS && !table->rules.no_breaker; i++) {
        for (struct hr_origin_shared *each = table->buckets[i]; each; each = each->next) {
            struct hr_breaker_status status;
            hr_breaker_status_get(each->breaker, &status);
            opened += status.opened;
        }
    }
    pthread_mutex_unlock(&table->mutex);
    return opened;
}

bool hr__origin_table_ejects(const struct hr_origin_table *table) {
    return table->rules.outliers.failures_max > 0; /* never changed */
}

/* ---- Other rules. */

/* The breakers stay with the rates that they were made with. */
int hr__origin_table_check(const struct hr_origin_table *table, const struct hr_origin_rules *rules,
                           struct hr_error *error) {
    const struct hr_breaker_options *own = &table->rules.breaker;
    struct hr_breaker_options options = {
        .failures_max = rules->breaker.failures_max,
        .failure_rate_percent = own->failure_rate_percent,
        .slow_rate_percent = own->slow_rate_percent,
        .slow_call_ms = own->slow_call_ms,
        .probes_max = rules->breaker.probes_max,
    };
    return table->rules.no_breaker ? 0 : hr__breaker_check(&options, error);
}

static void adjust_shared(struct hr_origin_shared *shared, const struct hr_origin_rules *rules) {
    if (shared->breaker) hr__breaker_adjust(shared->breaker, &rules->breaker);
    hr__retry_budget_set(&shared->budget, rules->retry_budget_percent);
    hr__rate_limit_set(&shared->rate, rules->rate_max, rules->rate_burst);
}

void hr__origin_table_adjust(struct hr_origin_table *table, const struct hr_origin_rules *rules) {
    pthread_mutex_lock(&table->mutex);
    struct hr_origin_rules *own = &table->rules;
    own->breaker.failures_max = rules->breaker.failures_max;
    own->breaker.open_ms = rules->breaker.open_ms;
    own->breaker.probes_max = rules->breaker.probes_max;
    own->retry_budget_percent = percent_of(rules);
    own->rate_max = rules->rate_max;
    own->rate_burst = rules->rate_burst;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct hr_origin_shared *each = table->buckets[i]; each; each = each->next)
            adjust_shared(each, own);
    if (table->beyond) adjust_shared(table->beyond, own);
    pthread_mutex_unlock(&table->mutex);
}

/* ---- A shard's origin. */

int hr__origin_share(struct hr_origin *origin) {
    if (origin->shared) return 0;
    return get_shared(origin->shard->pool->origins, &origin->key, &origin->shared);
}

bool hr__origin_trusted(const struct hr_origin *origin) {
    struct hr_breaker_status status;
    if (!origin->shared->breaker) return true;
    hr_breaker_status_get(origin->shared->breaker, &status);
    return status.state == HR_BREAKER_CLOSED;
}

/* In batches, so that reactors do not fight for the line that the bucket lies in. */
static void deposit(struct hr_origin *origin, uint32_t least) {
    if (origin->deposits < least) return;
    hr__retry_budget_deposit(&origin->shared->budget, origin->deposits,
                             hr__reactor_now(origin->shard->reactor));
    origin->deposits = 0;
}

void hr__origin_deposit(struct hr_origin *origin) {
    origin->deposits++;
    deposit(origin, DEPOSIT_BATCH);
}

bool hr__origin_spend_retry(struct hr_origin *origin) {
    deposit(origin, 1);
    return hr__retry_budget_take(&origin->shared->budget);
}

void hr__origin_note(struct hr_origin *origin, const union hr_address *address, bool failed,
                     uint64_t begun_ns) {
    struct hr_outliers *outliers = origin->shared ? origin->shared->outliers : NULL;
    uint64_t now_ns = hr__reactor_now(origin->shard->reactor);
    if (!outliers) return;
    if (!failed)
        hr__outliers_succeeded(outliers, address, begun_ns, now_ns);
    else if (hr__outliers_failed(outliers, address, now_ns))
        hr__count(&origin->shard->counters.addresses_ejected, 1);
}
