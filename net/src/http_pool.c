/* Which connection a call gets. Per reactor: the client's limits are split over the reactors so
 * that the shares sum exactly to them, and no line is shared between threads on the way. */
#include "http_call.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names that nobody uses are forgotten when a new one comes and so many are known. */
#define HOSTS_KEPT 256

/* ---- Shares. */

unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index) {
    if (index >= holders) return 0;
    unsigned place = (index + holders - offset % holders) % holders;
    return limit / holders + (place < limit % holders ? 1 : 0);
}

/* FNV-1a over the lower-case name and the port. */
uint32_t hr__pool_hash(struct hr_slice host, uint16_t port) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < host.size; i++) {
        unsigned char c = (unsigned char)host.data[i];
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        hash = (hash ^ c) * 16777619u;
    }
    return (hash ^ port) * 16777619u;
}

/* ---- The shard. */

static void run_close(struct hr_task *task) {
    hr__pool_shard_close(
        (struct hr_pool_shard *)((char *)task - offsetof(struct hr_pool_shard, close_task)));
}

int hr__pool_shard_new(hr_http_client *client, unsigned index, struct hr_pool_shard **shard) {
    struct hr_pool_shard *made = aligned_alloc(64, sizeof *made);
    if (!made) return -ENOMEM;
    memset(made, 0, sizeof *made);
    made->client = client;
    made->reactor = hr__engine_reactor(client->engine, index);
    made->index = index;
    made->limit = hr__pool_share(client->connections_max, client->holders, 0, index);
    made->queue_max = hr__pool_share(client->queue_max, client->holders, 0, index);
    made->close_task.run = run_close;
    *shard = made;
    return 0;
}

void hr__pool_shard_free(struct hr_pool_shard *shard) {
    if (!shard) return;
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        while (shard->buckets[i]) {
            struct hr_pool_host *host = shard->buckets[i];
            shard->buckets[i] = host->next;
            free(host);
        }
    }
    hr__blocks_free(&shard->blocks);
    free(shard->scratch);
    free(shard);
}

void hr__pool_shard_close(struct hr_pool_shard *shard) {
    shard->closing = true;
    while (shard->idle_newest) hr__connection_close(shard->idle_newest);
    if (shard->open == 0) hr__client_shard_closed(shard);
}

/* ---- Hosts. */

static void forget_unused(struct hr_pool_shard *shard) {
    shard->host_last = NULL;
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        struct hr_pool_host **link = &shard->buckets[i];
        while (*link) {
            struct hr_pool_host *host = *link;
            if (host->uses > 0 || host->open > 0 || host->hungry) {
                link = &host->next;
                continue;
            }
            *link = host->next;
            free(host);
            shard->host_count--;
        }
    }
}

static int make_host(struct hr_pool_shard *shard, struct hr_slice name, uint16_t port,
                     uint32_t hash, struct hr_pool_host **host) {
    const hr_http_client *client = shard->client;
    if (shard->host_count >= HOSTS_KEPT) forget_unused(shard);
    struct hr_pool_host *made = calloc(1, sizeof *made + name.size);
    if (!made) return -ENOMEM;
    made->hash = hash;
    made->port = port;
    made->name_size = (uint16_t)name.size;
    memcpy(made->name, name.data, name.size);
    unsigned offset =
        client->connections_per_host_max < client->holders ? hash % client->holders : 0;
    made->limit =
        hr__pool_share(client->connections_per_host_max, client->holders, offset, shard->index);
    made->resolved = hr__resolve(client->table, name, port, &made->addresses);
    struct hr_pool_host **bucket = &shard->buckets[hash % HR_POOL_BUCKETS];
    made->next = *bucket;
    *bucket = made;
    shard->host_count++;
    *host = made;
    return 0;
}

static bool is_host(const struct hr_pool_host *host, struct hr_slice name, uint16_t port) {
    return host->port == port &&
           hr_slice_equal_nocase(hr_slice_bytes(host->name, host->name_size), name);
}

int hr__pool_host_get(struct hr_pool_shard *shard, struct hr_slice name, uint16_t port,
                      struct hr_pool_host **host) {
    struct hr_pool_host *found = shard->host_last;
    if (!found || !is_host(found, name, port)) {
        if (name.size > UINT16_MAX) return HR_ERR_NAME_UNRESOLVED;
        uint32_t hash = hr__pool_hash(name, port);
        found = shard->buckets[hash % HR_POOL_BUCKETS];
        while (found && !(found->hash == hash && is_host(found, name, port))) found = found->next;
        if (!found) {
            int err = make_host(shard, name, port, hash, &found);
            if (err) return err;
        }
        shard->host_last = found;
    }
    found->uses++;
    *host = found;
    return 0;
}

void hr__pool_host_put(struct hr_pool_host *host) {
    host->uses--;
}

/* ---- Idle connections: the last used is the first taken, the longest unused the first closed. */

void hr__pool_take_out(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->shard;
    connection->idle = false;
    hr__count(&shard->metrics.idle, UINT64_MAX); /* one fewer; metrics are read from any thread */
    if (connection->host_newer)
        connection->host_newer->host_older = connection->host_older;
    else
        connection->host->idle = connection->host_older;
    if (connection->host_older) connection->host_older->host_newer = connection->host_newer;
    if (connection->newer)
        connection->newer->older = connection->older;
    else
        shard->idle_newest = connection->older;
    if (connection->older)
        connection->older->newer = connection->newer;
    else
        shard->idle_oldest = connection->newer;
}

static void put_in(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->shard;
    connection->idle = true;
    hr__count(&shard->metrics.idle, 1);
    connection->host_newer = NULL;
    connection->host_older = connection->host->idle;
    if (connection->host_older) connection->host_older->host_newer = connection;
    connection->host->idle = connection;
    connection->newer = NULL;
    connection->older = shard->idle_newest;
    if (connection->older)
        connection->older->newer = connection;
    else
        shard->idle_oldest = connection;
    shard->idle_newest = connection;
}

/* ---- Waiting. */

static void make_hungry(struct hr_pool_shard *shard, struct hr_pool_host *host) {
    if (host->hungry) return;
    host->hungry = true;
    host->hungry_next = NULL;
    if (shard->hungry_last)
        shard->hungry_last->hungry_next = host;
    else
        shard->hungry = host;
    shard->hungry_last = host;
}

static struct hr_pool_host *next_hungry(struct hr_pool_shard *shard) {
    struct hr_pool_host *host = shard->hungry;
    if (!host) return NULL;
    shard->hungry = host->hungry_next;
    if (!shard->hungry) shard->hungry_last = NULL;
    host->hungry = false;
    return host;
}

static void count_waiting(struct hr_pool_shard *shard, bool one_more) {
    shard->queued += one_more ? 1u : -1u;
    struct hr_pool_metrics *metrics = &shard->metrics;
    __atomic_store_n(&metrics->waiting, shard->queued, __ATOMIC_RELAXED);
    if (shard->queued > metrics->waiting_peak)
        __atomic_store_n(&metrics->waiting_peak, shard->queued, __ATOMIC_RELAXED);
}

void hr__pool_unwait(struct hr_call *call) {
    struct hr_pool_host *host = call->host;
    if (call->prev)
        call->prev->next = call->next;
    else
        host->waiters = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        host->waiters_last = call->prev;
    call->next = call->prev = NULL;
    count_waiting(call->shard, false);
    hr__timer_stop(call->shard->reactor, &call->timer);
}

static int wait_for_one(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    struct hr_pool_host *host = call->host;
    /* One that a kept connection has just lost had its turn: it goes first, and is not refused. */
    if (shard->queued >= shard->queue_max && !call->fresh) return -ENOBUFS;
    call->state = HR_CALL_QUEUED;
    call->next = call->fresh ? host->waiters : NULL;
    call->prev = call->fresh ? NULL : host->waiters_last;
    *(call->prev ? &call->prev->next : &host->waiters) = call;
    *(call->next ? &call->next->prev : &host->waiters_last) = call;
    count_waiting(shard, true);
    uint64_t timeout_ns = call->times.pool_ns;
    if (timeout_ns != HR_FOREVER_NS)
        hr__timer_start(shard->reactor, &call->timer, hr__reactor_now(shard->reactor) + timeout_ns);
    return 0;
}

/* ---- Getting and giving. */

static void use(struct hr_http_connection *connection, struct hr_call *call) {
    hr__count(&connection->shard->metrics.reused, 1);
    connection->call = call;
    call->connection = connection;
    hr__call_connected(call, connection);
}

static bool may_open(const struct hr_pool_shard *shard, const struct hr_pool_host *host) {
    return host->open < host->limit && shard->open < shard->limit;
}

static int open_for(struct hr_call *call) {
    call->state = HR_CALL_CONNECTING;
    call->connect_begun_ns = hr__reactor_now(call->shard->reactor);
    return hr__connection_open(call);
}

int hr__pool_acquire(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    struct hr_pool_host *host = call->host;
    /* Those that wait already go first. */
    bool first = host->waiters == NULL;
    if (first && host->idle && !call->fresh) {
        struct hr_http_connection *connection = host->idle;
        hr__pool_take_out(connection);
        use(connection, call);
        return 0;
    }
    if (first && may_open(shard, host)) return open_for(call);
    int err = wait_for_one(call);
    if (err) return err;
    /* An idle connection stands in the way: this host's own, when a fresh one is wanted, or the
     * longest unused of another host. It makes room when it has closed. */
    if (host->open >= host->limit) {
        if (host->idle) hr__connection_close(host->idle);
        return 0;
    }
    make_hungry(shard, host);
    if (shard->open >= shard->limit && shard->idle_oldest) hr__connection_close(shard->idle_oldest);
    return 0;
}

static struct hr_call *pop_waiter(struct hr_pool_host *host) {
    struct hr_call *call = host->waiters;
    hr__pool_unwait(call);
    return call;
}

/* Opens connections for those that wait for this host, as far as there is room. */
static void open_for_waiters(struct hr_pool_shard *shard, struct hr_pool_host *host) {
    while (host->waiters && may_open(shard, host)) {
        struct hr_call *call = pop_waiter(host);
        int err = open_for(call);
        if (err) hr__call_connection_gone(call, err, "");
    }
}

static void feed_hungry(struct hr_pool_shard *shard) {
    while (shard->hungry && shard->open < shard->limit) {
        struct hr_pool_host *host = next_hungry(shard);
        open_for_waiters(shard, host);
        if (host->waiters && host->open < host->limit) make_hungry(shard, host);
    }
}

/* The first that waits, if it takes a kept one. Calls that want a fresh one stand in front and are
 * few: they have met a stale one just now. */
static struct hr_call *waiter_for_kept(struct hr_pool_host *host) {
    struct hr_call *call = host->waiters;
    if (!call || call->fresh) return NULL;
    hr__pool_unwait(call);
    return call;
}

void hr__pool_release(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->shard;
    connection->call = NULL;
    connection->served = true;
    connection->stream->vtable->read_lent(connection->stream);
    if (shard->closing) {
        hr__connection_close(connection);
        return;
    }
    struct hr_call *call = waiter_for_kept(connection->host);
    if (call) {
        use(connection, call);
        return;
    }
    put_in(connection);
    hr__connection_deadline(connection, HR_DEADLINE_IDLE, shard->client->idle_timeout_ns);
    if (connection->host->waiters)
        hr__connection_close(connection); /* the first wants a fresh one */
    else if (shard->hungry && shard->open >= shard->limit)
        hr__connection_close(shard->idle_oldest);
}

void hr__pool_gone(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->shard;
    struct hr_pool_host *host = connection->host;
    shard->open--;
    host->open--;
    open_for_waiters(shard, host);
    if (host->waiters && host->open < host->limit) make_hungry(shard, host);
    feed_hungry(shard);
    if (shard->closing && shard->open == 0) hr__client_shard_closed(shard);
}
