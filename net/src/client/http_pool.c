/* Which connection a call gets. Per reactor: the client's limits are split over the reactors so
 * that the shares sum exactly to them, and no line is shared between threads on the way. */
#include "http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A queue_max up to it is counted over all reactors, exactly; larger ones are split, and nobody
 * counts in memory of others. */
#define QUEUE_COUNTED 1024

/* ---- Shares. */

unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index) {
    if (index >= holders) return 0;
    unsigned place = (index + holders - offset % holders) % holders;
    return limit / holders + (place < limit % holders ? 1 : 0);
}

/* ---- The shard. */

static void run_close(struct hr_task *task) {
    hr__pool_shard_close(hr__container_of(task, struct hr_pool_shard, close_task));
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
    int err = hr__network_shard_open(made);
    if (err) {
        free(made);
        return err;
    }
    *shard = made;
    return 0;
}

void hr__pool_shard_free(struct hr_pool_shard *shard) {
    if (!shard) return;
    hr__pool_hosts_free(shard);
    hr__network_shard_free(shard);
    hr__blocks_free(&shard->blocks);
    free(shard->scratch);
    free(shard);
}

static void on_names_closed(void *shard) {
    hr__client_shard_closed(shard);
}

/* When the last connection has closed, nothing is being looked up any more. */
void hr__pool_check_closed(struct hr_pool_shard *shard) {
    if (!shard->closing || shard->open > 0 || shard->asked > 0) return;
    hr__network_shard_close(shard, on_names_closed);
}

void hr__pool_shard_close(struct hr_pool_shard *shard) {
    shard->closing = true;
    hr__loans_refuse(shard);
    while (shard->idle_newest) hr__connection_close(shard->idle_newest);
    hr__pool_check_closed(shard);
}

/* ---- Idle connections: the last used is the first taken, the longest unused the first closed. */

void hr__pool_take_out(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->host->shard;
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
    struct hr_pool_shard *shard = connection->host->shard;
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
    host->waiting--;
    if (call->shard->client->queue_max <= QUEUE_COUNTED)
        __atomic_sub_fetch(&call->shard->client->queued, 1, __ATOMIC_RELAXED);
    count_waiting(call->shard, false);
    hr__timer_stop(call->shard->reactor, &call->timer);
}

/* One that a kept connection has just lost had its turn: it goes first, and is not refused. */
static bool take_place(const struct hr_call *call) {
    const struct hr_pool_shard *shard = call->shard;
    hr_http_client *client = shard->client;
    if (client->queue_max > QUEUE_COUNTED) return shard->queued < shard->queue_max || call->fresh;
    uint32_t queued = __atomic_add_fetch(&client->queued, 1, __ATOMIC_RELAXED);
    if (queued <= client->queue_max || call->fresh) return true;
    __atomic_sub_fetch(&client->queued, 1, __ATOMIC_RELAXED);
    return false;
}

static int wait_for_one(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    struct hr_pool_host *host = call->host;
    if (!take_place(call)) return -ENOBUFS;
    call->state = HR_CALL_QUEUED;
    call->queued_ns = hr__reactor_now(shard->reactor);
    call->next = call->fresh ? host->waiters : NULL;
    call->prev = call->fresh ? NULL : host->waiters_last;
    *(call->prev ? &call->prev->next : &host->waiters) = call;
    *(call->next ? &call->next->prev : &host->waiters_last) = call;
    host->waiting++;
    count_waiting(shard, true);
    uint64_t timeout_ns = call->times.pool_ns;
    if (timeout_ns != HR_FOREVER_NS)
        hr__timer_start(shard->reactor, &call->timer, call->queued_ns + timeout_ns);
    return 0;
}

/* ---- Getting and giving. */

/* `idle_ns`: so long it has stood idle. */
static void carry(struct hr_http_connection *connection, struct hr_call *call, uint64_t idle_ns) {
    hr__count(&call->shard->metrics.reused, 1);
    call->idle_ns = idle_ns;
    hr__connection_take(connection, call);
    hr__call_connected(call, connection);
}

void hr__pool_leave(struct hr_http_connection *connection) {
    if (!connection->carrying) return;
    connection->carrying = false;
    connection->host->in_flight--;
}

/* Whether one more call of this host may be under way. On a loan it may: that has waited for its
 * turn elsewhere, and there is none to learn a limit from. */
static bool may_begin(const struct hr_pool_host *host) {
    return !host->shard->client->adaptive_concurrency || host->borrows ||
           host->in_flight < hr__gradient_limit(&host->gradient);
}

static bool may_open(const struct hr_pool_host *host) {
    return host->open < host->limit && host->shard->open < host->shard->limit;
}

bool hr__pool_has_room(const struct hr_pool_host *host) {
    return !host->waiters && may_begin(host) && (host->idle || may_open(host));
}

static int open_for(struct hr_call *call) {
    call->state = HR_CALL_CONNECTING;
    call->connect_begun_ns = hr__reactor_now(call->shard->reactor);
    return hr__connection_open(call->host, call, NULL);
}

/* Whether it leads to where the attempt stands that a hedge is sent beside. */
static bool is_beside(const struct hr_http_connection *connection, const struct hr_call *call) {
    const struct hr_http_connection *slow = call->is_hedge ? call->twin->connection : NULL;
    return slow && memcmp(&slow->peer, &connection->peer, hr__address_size(&slow->peer)) == 0;
}

/* Its time is over, though its timer has yet to say so, or another reactor has learned it. */
static bool is_over(const struct hr_http_connection *connection) {
    return hr__connection_expired(connection) || hr__idle_too_long(connection);
}

/* One that can carry the call, or NULL: the one used last, for a hedge the last to another address
 * where there is one. */
static struct hr_http_connection *take_idle(const struct hr_call *call) {
    struct hr_pool_host *host = call->host;
    while (host->idle && is_over(host->idle)) hr__connection_close(host->idle);
    struct hr_http_connection *connection = host->idle;
    while (connection && (is_beside(connection, call) || is_over(connection)))
        connection = connection->host_older;
    if (!connection) connection = host->idle;
    if (connection) hr__pool_take_out(connection);
    return connection;
}

static uint64_t idle_ns(const struct hr_http_connection *kept) {
    return hr__reactor_now(kept->host->shard->reactor) - kept->idle_since_ns;
}

/* Closes one so that a host gets room that has none. */
static void yield(struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->host->shard;
    connection->yielding = true;
    shard->yielding++;
    hr__connection_close(connection);
}

int hr__pool_acquire(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    struct hr_pool_host *host = call->host;
    /* Those that wait already go first. */
    bool first = host->waiters == NULL && may_begin(host);
    struct hr_http_connection *kept = first && !call->fresh ? take_idle(call) : NULL;
    if (kept) {
        carry(kept, call, idle_ns(kept));
        return 0;
    }
    if (first && may_open(host)) return open_for(call);
    int err = wait_for_one(call);
    if (!err && host->borrows) {
        err = hr__loan_ask(host);
        if (err) hr__pool_unwait(call);
        return err;
    }
    if (err || !may_begin(host)) return err;
    /* An idle connection stands in the way: this host's own, when a fresh one is wanted, or the
     * longest unused of another host. It makes room when it has closed. */
    if (host->open >= host->limit) {
        if (host->idle) hr__connection_close(host->idle);
        return 0;
    }
    make_hungry(shard, host);
    if (shard->open >= shard->limit && shard->idle_oldest) yield(shard->idle_oldest);
    return 0;
}

/* The first that waits. Calls that want a fresh one stand in front and are few: they have met a
 * stale one just now. */
static struct hr_call *pop_waiter(struct hr_pool_host *host) {
    struct hr_call *call = host->waiters;
    hr__pool_unwait(call);
    return call;
}

static bool is_waited_for(const struct hr_pool_host *host) {
    return host->waiters || host->loans;
}

/* Since when somebody waits for this host; UINT64_MAX: nobody does. */
static uint64_t waits_since_ns(const struct hr_pool_host *host) {
    uint64_t call_ns = host->waiters ? host->waiters->queued_ns : UINT64_MAX;
    uint64_t loan_ns = hr__loan_first_ns(host);
    return call_ns < loan_ns ? call_ns : loan_ns;
}

/* Whether a loan has waited for a place longer than any call here. A lost call, which had its turn
 * already, goes first all the same. */
static bool loan_goes_first(const struct hr_pool_host *host) {
    if (!host->loans || !host->waiters) return host->loans;
    return !host->waiters->fresh && hr__loan_first_ns(host) <= host->waiters->queued_ns;
}

/* Gives those that wait for this host what there is: kept connections, room for new ones. */
static void serve_waiters(struct hr_pool_host *host) {
    while (is_waited_for(host)) {
        if (loan_goes_first(host)) {
            if (!may_open(host)) return;
            hr__loan_grant(host);
            continue;
        }
        if (!may_begin(host)) return;
        struct hr_http_connection *kept = host->waiters->fresh ? NULL : take_idle(host->waiters);
        if (!kept && !may_open(host)) return;
        struct hr_call *call = pop_waiter(host);
        if (kept) {
            carry(kept, call, idle_ns(kept));
        } else {
            int err = open_for(call);
            if (err) hr__call_connection_gone(call, err, "");
        }
    }
}

static bool wants_room(const struct hr_pool_host *host) {
    return host->open < host->limit && (host->loans || (host->waiters && may_begin(host)));
}

static void feed_hungry(struct hr_pool_shard *shard) {
    while (shard->hungry && shard->open < shard->limit) {
        struct hr_pool_host *host = next_hungry(shard);
        host->uses++;
        serve_waiters(host);
        if (wants_room(host)) make_hungry(shard, host);
        hr__pool_host_put(host);
    }
}

/* The next in the queue of hosts without room; those whose requests have all given up waiting leave
 * it here. */
static const struct hr_pool_host *first_hungry(struct hr_pool_shard *shard) {
    while (shard->hungry && !is_waited_for(shard->hungry)) next_hungry(shard);
    return shard->hungry;
}

/* Whether that one has waited longer than anybody for this one. Without that question a host that
 * is always busy would pass its connections on to its own for ever. */
static bool another_goes_first(struct hr_pool_shard *shard, const struct hr_pool_host *host) {
    const struct hr_pool_host *other = first_hungry(shard);
    if (!other || other == host) return false;
    return waits_since_ns(other) < waits_since_ns(host);
}

static bool has_to_yield(const struct hr_http_connection *connection) {
    struct hr_pool_shard *shard = connection->host->shard;
    return shard->open >= shard->limit && another_goes_first(shard, connection->host) &&
           shard->yielding < shard->hungry->waiting + shard->hungry->loans_waiting;
}

static void keep(struct hr_http_connection *connection) {
    put_in(connection);
    connection->idle_since_ns = hr__reactor_now(connection->host->shard->reactor);
    uint64_t timeout_ns = hr__idle_timeout_ns(connection->host);
    uint64_t left_ns = hr__connection_life_left_ns(connection);
    hr__connection_deadline(connection, HR_DEADLINE_IDLE,
                            left_ns < timeout_ns ? left_ns : timeout_ns);
}

/* What a connection that has just become idle means for those who wait. */
static void settle(struct hr_http_connection *connection) {
    struct hr_pool_host *host = connection->host;
    struct hr_pool_shard *shard = host->shard;
    if (loan_goes_first(host) || (host->waiters && host->waiters->fresh && may_begin(host)))
        hr__connection_close(connection);
    else if (first_hungry(shard) && shard->open >= shard->limit)
        yield(shard->idle_oldest);
}

void hr__pool_release(struct hr_http_connection *connection) {
    struct hr_pool_host *host = connection->host;
    struct hr_pool_shard *shard = host->shard;
    hr__pool_leave(connection);
    connection->call = NULL;
    connection->served = true;
    connection->stream->vtable->read_lent(connection->stream);
    if (shard->closing || connection->on_loan || hr__connection_expired(connection) ||
        loan_goes_first(host)) {
        hr__connection_close(connection);
        return;
    }
    if (has_to_yield(connection)) {
        yield(connection);
        return;
    }
    if (host->waiters && !host->waiters->fresh && may_begin(host)) {
        carry(connection, pop_waiter(host), 0);
        return;
    }
    keep(connection);
    settle(connection);
}

void hr__pool_keep(struct hr_http_connection *connection) {
    struct hr_pool_host *host = connection->host;
    if (host->shard->closing) {
        hr__connection_close(connection);
        return;
    }
    keep(connection);
    serve_waiters(host);
    if (host->idle == connection) settle(connection);
}

void hr__pool_place_free(struct hr_pool_host *host, bool yielded) {
    struct hr_pool_shard *shard = host->shard;
    shard->open--;
    host->open--;
    if (yielded) shard->yielding--;
    host->uses++; /* a waiter that ends may be the last that it is kept for */
    if (!another_goes_first(shard, host)) serve_waiters(host);
    if (wants_room(host)) make_hungry(shard, host);
    hr__pool_host_put(host);
    feed_hungry(shard);
    hr__pool_check_closed(shard);
}

void hr__pool_gone(struct hr_http_connection *connection) {
    struct hr_pool_host *host = connection->host;
    hr__pool_leave(connection);
    if (connection->on_loan) hr__loan_return(host);
    hr__pool_place_free(host, connection->yielding);
}

/* ---- For loans. */

void hr__pool_serve(struct hr_pool_host *host) {
    serve_waiters(host);
}

void hr__pool_make_room(struct hr_pool_host *host) {
    struct hr_pool_shard *shard = host->shard;
    serve_waiters(host);
    if (!host->loans) return;
    if (host->open >= host->limit) {
        if (host->idle) hr__connection_close(host->idle);
        return;
    }
    make_hungry(shard, host);
    if (shard->open >= shard->limit && shard->idle_oldest) yield(shard->idle_oldest);
}

void hr__pool_refuse_first(struct hr_pool_host *host, int result) {
    hr__call_refuse(pop_waiter(host), result, "%s", hr_error_text(result));
}
