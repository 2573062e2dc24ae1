/* The judge of a simulated world. */
#include "oracle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "engine_core.h"
#include "s3_call.h"
#include "world.h"

/* Hosts are in large tables: they are looked at once in so many steps. */
#define STEPS_BETWEEN_ORIGINS 32

static const struct world *watched;

void oracle_watch(const struct world *world) {
    watched = world;
}

/* ---- Findings. */

static void print_waiting(const struct world *world) {
    for (unsigned i = 0; i < world->job_count; i++) {
        const struct world_job *job = &world->jobs[i];
        if (!job->started || job->done) continue;
        fprintf(
            stderr,
            "  waits: job %u (%s, client %u), %s, version %llu, source at %llu%s, sink at %llu%s\n",
            i, world_job_kind_name(job->kind), job->client->number,
            job->u.request.attempts ? "attempted" : "not attempted",
            (unsigned long long)job->version, (unsigned long long)job->source.at,
            job->source.paused ? " (paused)" : "", (unsigned long long)job->sink.at,
            job->sink.paused ? " (paused)" : "");
    }
    for (unsigned i = 0; i < world->client_count; i++)
        if (world->clients[i].closing && !world->clients[i].closed)
            fprintf(stderr, "  waits: client %u is closing\n", i);
    for (unsigned i = 0; i < world->server_count; i++)
        if (!world->servers[i].closed) fprintf(stderr, "  open: server %u\n", i);
}

void oracle_finding(const char *format, ...) {
    fflush(stdout);
    va_list arguments;
    va_start(arguments, format);
    fputs("finding: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    if (watched) print_waiting(watched);
    fflush(NULL);
    _exit(ORACLE_EXIT_FINDING);
}

/* ---- The engines. */

static void check_budget(const struct world_engine *each, unsigned number) {
    if (!each->engine || each->closed) return;
    const hr_engine *engine = each->engine;
    uint64_t used = 0;
    for (unsigned i = 0; i < engine->group.count; i++)
        used += engine->group.reactors[i]->budget.used;
    if (engine->group.budget.leased > engine->group.budget.limit)
        oracle_finding("budget of engine %u: %llu bytes leased, the limit is %llu", number,
                       (unsigned long long)engine->group.budget.leased,
                       (unsigned long long)engine->group.budget.limit);
    if (used - engine->group.budget.given_back > engine->group.budget.limit ||
        used < engine->group.budget.given_back)
        oracle_finding("budget of engine %u: %llu used, %llu given back, the limit is %llu", number,
                       (unsigned long long)used,
                       (unsigned long long)engine->group.budget.given_back,
                       (unsigned long long)engine->group.budget.limit);
}

/* Who waits first waits for bytes that are not there, or is about to be told of them. */
static void check_grant(const struct world_engine *each, unsigned number) {
    if (!each->engine || each->closed || !each->engine->group.budget.waiting) return;
    const hr_engine *engine = each->engine;
    const struct hr_budget_waiter *first = NULL;
    uint64_t free_bytes = engine->group.budget.limit - engine->group.budget.leased;
    for (unsigned i = 0; i < engine->group.count; i++) {
        const struct hr_budget_share *share = &engine->group.reactors[i]->budget;
        if (share->grant_queued || share->trim_queued) return;
        free_bytes += share->leased - share->used;
        if (share->first && (!first || share->first->ticket < first->ticket)) first = share->first;
    }
    if (first && first->bytes <= free_bytes)
        oracle_finding("budget of engine %u: the first waits for %zu bytes, %llu are free", number,
                       first->bytes, (unsigned long long)free_bytes);
}

/* ---- The clients' connections. */

static const hr_http_client *http_of(const struct world_client *client) {
    return client->s3 ? client->s3->http : client->http;
}

/* Places that a reactor has from others (net/src/pool/pool_loan.c): where they are from they
 * count as connections, here as a larger share. */
static unsigned borrowed(const struct hr_origin *origin) {
    const struct hr_pool_shard *shard = origin->shard;
    return origin->limit - hr__pool_share_of(&shard->shape, origin->hash,
                                             shard->shape.per_origin_max, shard->index);
}

static unsigned borrowed_by(const struct hr_pool_shard *shard) {
    return shard->limit -
           hr__pool_share(shard->limits.connections_max, shard->shape.holders, 0, shard->index);
}

/* Whether all reactors have taken the limits that the client was given last. */
static bool is_settled(const struct world_client *client) {
    const hr_http_client *http = http_of(client);
    for (unsigned i = 0; i < http->pool.reactors; i++)
        if (http->shards[i]->coming) return false;
    return true;
}

/* Whether connections may be there that a lowered limit has no room for. */
static bool is_crowded(const struct world_client *client) {
    const struct hr_pool *pool = &http_of(client)->pool;
    for (unsigned i = 0; i < pool->reactors; i++)
        if (pool->shards[i]->crowded) return true;
    return false;
}

/* Of one origin in all shards. */
static void check_origin(const struct world_client *client, const struct hr_origin *origin) {
    const struct hr_pool *pool = &http_of(client)->pool;
    unsigned open = 0, limit = 0, lent = 0;
    for (unsigned i = 0; i < pool->reactors; i++) {
        const struct hr_origin *each = pool->shards[i]->buckets[origin->hash % HR_POOL_BUCKETS];
        while (each && (each->hash != origin->hash || each->key.port != origin->key.port))
            each = each->next;
        open += each ? each->open : 0;
        limit += each ? each->limit : 0;
        lent += each ? borrowed(each) : 0;
        if (each && each->open - each->leaving > each->limit && !each->shard->crowded)
            oracle_finding("client %u: %u connections to one origin on reactor %u, its share is %u",
                           client->number, each->open, i, each->limit);
    }
    if (!is_settled(client)) return;
    unsigned whole = pool->shards[0]->limits.connections_per_origin_max, most = whole + lent;
    if ((open > most && !is_crowded(client)) || limit > most)
        oracle_finding("client %u: %u connections to one origin, shares of %u, the limit is %u, "
                       "%u are lent",
                       client->number, open, limit, whole, lent);
}

/* Who waits for a connection waits for one that cannot be had. */
static void check_queue(const struct world_client *client, const struct hr_pool_shard *shard,
                        const struct hr_origin *origin) {
    if (!origin->waiters || shard->limits.adaptive_concurrency)
        return; /* an adaptive limit holds back */
    bool room = origin->open < origin->limit && shard->open < shard->limit;
    bool kept = origin->idle && !origin->waiters->fresh;
    if (room || kept)
        oracle_finding("client %u: requests to %.*s wait before %s", client->number,
                       (int)origin->key.name.size, origin->key.name.data,
                       room ? "room" : "an idle connection");
}

static void check_origins(const struct world_client *client) {
    const struct hr_pool *pool = &http_of(client)->pool;
    for (unsigned i = 0; i < pool->reactors; i++) {
        const struct hr_pool_shard *shard = pool->shards[i];
        unsigned open = 0, lent = 0;
        for (unsigned j = 0; j < HR_POOL_BUCKETS && shard->origin_count; j++) {
            for (const struct hr_origin *origin = shard->buckets[j]; origin;
                 origin = origin->next) {
                open += origin->open;
                lent += borrowed(origin);
                check_origin(client, origin);
                check_queue(client, shard, origin);
            }
        }
        if (open != shard->open)
            oracle_finding("client %u: %u connections of its origins, %u of reactor %u",
                           client->number, open, shard->open, i);
        if (lent != borrowed_by(shard))
            oracle_finding("client %u: reactor %u has %u places of others, its origins %u",
                           client->number, i, borrowed_by(shard), lent);
    }
}

static void check_connections(const struct world_client *client) {
    const struct hr_pool *pool = &http_of(client)->pool;
    unsigned open = 0, limit = 0, lent = 0, most = pool->shards[0]->limits.connections_max;
    for (unsigned i = 0; i < pool->reactors; i++) {
        const struct hr_pool_shard *shard = pool->shards[i];
        open += shard->open;
        limit += shard->limit;
        lent += borrowed_by(shard);
        if (shard->open > shard->limit && !shard->crowded)
            oracle_finding("client %u: %u connections on reactor %u, its share is %u",
                           client->number, shard->open, i, shard->limit);
    }
    if (!is_settled(client)) return;
    if (limit - lent != most || (lent > most && !is_crowded(client)))
        oracle_finding("client %u: shares of %u connections, the limit is %u, %u are lent",
                       client->number, limit, most, lent);
    if ((open > limit && !is_crowded(client)) ||
        (pool->connections_peak > most && !client->adjusted) || pool->connections_open > open)
        oracle_finding("client %u: %u connections, %llu counted, %llu at most, the limit is %u",
                       client->number, open, (unsigned long long)pool->connections_open,
                       (unsigned long long)pool->connections_peak, most);
}

void oracle_check_step(const struct world *world) {
    const char *complaint = sim_complaint();
    if (complaint) oracle_finding("the kernel complains: %s", complaint);
    for (unsigned i = 0; i < world->engine_count; i++) {
        check_budget(&world->engines[i], i);
        check_grant(&world->engines[i], i);
    }
    for (unsigned i = 0; i < world->client_count; i++) {
        const struct world_client *client = &world->clients[i];
        if (client->closing) continue;
        check_connections(client);
        if (world->step % STEPS_BETWEEN_ORIGINS == 0) check_origins(client);
    }
}

static void check_engine_rest(const struct world_engine *each, unsigned number) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(each->engine, &metrics);
    uint64_t ended = metrics.succeeded + metrics.failed + metrics.cancelled;
    if (metrics.submitted != ended || metrics.in_progress)
        oracle_finding("engine %u at rest: %llu submitted, %llu ended", number,
                       (unsigned long long)metrics.submitted, (unsigned long long)ended);
    if (metrics.connections_open)
        oracle_finding("engine %u at rest: %llu connections open", number,
                       (unsigned long long)metrics.connections_open);
    if (metrics.budget_used_bytes)
        oracle_finding("engine %u at rest: %llu bytes of the budget in use", number,
                       (unsigned long long)metrics.budget_used_bytes);
    for (unsigned i = 0; i < each->engine->group.count; i++) {
        const struct hr_reactor *reactor = each->engine->group.reactors[i];
        if (reactor->slab.live)
            oracle_finding("engine %u reactor %u at rest: %u operations outlive their owners",
                           number, i, reactor->slab.live);
        if (reactor->mail.load)
            oracle_finding("engine %u reactor %u at rest: a load of %u", number, i,
                           reactor->mail.load);
        if (reactor->budget.first)
            oracle_finding("engine %u reactor %u at rest: somebody waits for budget", number, i);
    }
}

void oracle_check_rest(const struct world *world) {
    for (unsigned i = 0; i < world->engine_count; i++) check_engine_rest(&world->engines[i], i);
    if (world->exchanges) oracle_finding("%u exchanges of servers never ended", world->exchanges);
}

/* ---- Results. */

/* What no fault of a kernel explains: the peers are ours and speak the protocol. */
static bool never_right(int result) {
    switch (result) {
    case HR_ERR_HTTP_MALFORMED:
    case HR_ERR_HTTP_UNEXPECTED:
    case HR_ERR_HTTP_HEAD_TOO_LARGE:
    case HR_ERR_HTTP_BODY_TOO_LARGE:
    case HR_ERR_S3_RESPONSE:
    case HR_ERR_HEADER_INVALID:
    case HR_ERR_METHOD_INVALID:
    case HR_ERR_URL_MALFORMED:
    case HR_ERR_SOURCE_SHORT:
    case -EINVAL:
    case -EBADF:
    case -EFAULT:
    case -EALREADY:
    case -EDEADLK:
    case -EINTR:
    case -EAGAIN:
        return true;
    default:
        return false;
    }
}

void oracle_check_result(const struct hr_request *request, const struct oracle_blame *blame,
                         const char *what) {
    int result = request->result;
    if (result > 0) oracle_finding("%s: the result is %d", what, result);
    if (request->error.code != result)
        oracle_finding("%s: the result is %d, its error's code %d", what, result,
                       request->error.code);
    if (result == 0) {
        if (blame->expected && !blame->may_differ)
            oracle_finding("%s: a success, but %s was expected", what,
                           hr_error_name(blame->expected));
        return;
    }
    if (request->error.message[0] == '\0')
        oracle_finding("%s: failed with %s and no message", what, hr_error_name(result));
    if (strcmp(hr_error_name(result), "UNKNOWN") == 0)
        oracle_finding("%s: failed with %d, which has no name", what, result);
    if (result == blame->expected) return;
    if (result == -ECANCELED) {
        if (!blame->cancelled) oracle_finding("%s: cancelled by nobody", what);
        return;
    }
    if (result == -ETIMEDOUT) {
        if (!blame->timeout && !blame->faults)
            oracle_finding("%s: timed out, but has no time-out", what);
        return;
    }
    if (never_right(result) || (!blame->faults && !blame->may_differ))
        oracle_finding("%s: failed with %s: %s", what, hr_error_name(result),
                       request->error.message);
}

/* ---- Keys. */

unsigned oracle_write_begun(struct oracle_key *key, uint64_t version, uint64_t size, uint64_t now) {
    if (key->count == ORACLE_WRITES_MAX) abort();
    key->writes[key->count] = (struct oracle_write){
        .version = version, .size = size, .start = now, .end = ORACLE_OPEN_END};
    return key->count++;
}

void oracle_write_ended(struct oracle_key *key, unsigned number, bool definite, uint64_t now) {
    if (definite) key->writes[number].end = now;
}

/* Whether a write that took effect lies wholly between the end of `write` and `before`. */
static bool overwritten(const struct oracle_key *key, const struct oracle_write *write,
                        uint64_t before) {
    if (write->end == ORACLE_OPEN_END) return false;
    for (unsigned i = 0; i < key->count; i++) {
        const struct oracle_write *other = &key->writes[i];
        if (other != write && other->start > write->end && other->end < before) return true;
    }
    return false;
}

void oracle_check_read(const struct oracle_key *key, const struct oracle_write *seen,
                       const char *what) {
    const struct oracle_write never = {.version = 0};
    if (seen->version == 0 && !overwritten(key, &never, seen->start)) return;
    for (unsigned i = 0; i < key->count; i++) {
        const struct oracle_write *write = &key->writes[i];
        if (write->version != seen->version || write->start > seen->end) continue;
        if (write->version && write->size != seen->size)
            oracle_finding("%s: version %llu has %llu bytes, not the %llu that were put", what,
                           (unsigned long long)seen->version, (unsigned long long)seen->size,
                           (unsigned long long)write->size);
        if (!overwritten(key, write, seen->start)) return;
    }
    oracle_finding("%s: version %llu was read, which no order of the writes allows", what,
                   (unsigned long long)seen->version);
}

void oracle_write_refused(struct oracle_key *key, unsigned number) {
    key->writes[number].start = key->writes[number].end = ORACLE_OPEN_END;
}

void oracle_check_created(struct oracle_key *key, uint64_t start, uint64_t now, const char *what) {
    const struct oracle_write absent = {.start = start, .end = now};
    oracle_check_read(key, &absent, what);
    for (unsigned i = 0; i < key->count; i++)
        if (key->writes[i].version == 0) return;
    if (++key->created > 1)
        oracle_finding("%s: created what another had created and nobody deleted", what);
}

void oracle_check_present(const struct oracle_key *key, uint64_t start, uint64_t now,
                          const char *what) {
    for (unsigned i = 0; i < key->count; i++) {
        const struct oracle_write *write = &key->writes[i];
        if (write->version && write->start <= now && !overwritten(key, write, start)) return;
    }
    oracle_finding("%s: refused because of an object that cannot be there", what);
}
