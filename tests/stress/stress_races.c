/* Threads that start, cancel, resume and wait for HTTP and S3 requests while others close clients
 * and engines under them. Lives of 1 to 4 reactors, io_uring and epoll in turn (or the one that
 * HEADRACE_BACKEND names), with a budget and a requests_max that are too small. What was accepted
 * ends once, on a reactor, with an outcome that was to be expected; nothing is left held.
 *
 * usage: stress_races [--seconds N]     (10) */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/s3.h>
#include <headrace_server/s3_server.h>

enum { THREADS = 6, SLOTS = 24, CHAIN = 4, BODY_BYTES = 200000, SECONDS = 10 };
#define SECOND_NS      UINT64_C(1000000000)
#define LIFE_NS        (SECOND_NS / 2)
#define CLIENT_LIFE_US 30000
#define BUDGET_BYTES   (2u << 20)
#define REQUESTS_MAX   100

enum sort { HTTP_GET, HTTP_PUT, HTTP_PAUSED, HTTP_CHAIN, S3_PUT, S3_GET, SORTS };
enum outcome { SUCCEEDED, CANCELLED, TIMED_OUT, POOL_TIMEOUT, NO_BUDGET, OUTCOMES };

struct slot {
    union {
        struct hr_request request;
        struct hr_http_request http;
        struct hr_s3_put put;
        struct hr_s3_get get;
    } u;
    struct life *life;
    enum sort sort;
    uint32_t ended; /* calls of on_done that were the last of this slot */
    unsigned chain; /* times that on_done starts it again */
    bool pending, paused;
    size_t produced;
    char answer[64];
};

/* A pair of clients, and who may still call them: a thread counts itself in, looks whether they
 * are over, and starts, with no lock round it. */
struct pair {
    hr_http_client *http;
    hr_s3_client *s3;
    uint32_t users; /* threads that have counted themselves in */
    uint32_t open;  /* of the two: on_closed has not come */
};

/* Pairs of a life, one after the other: some close while others are used. */
#define PAIRS 4

/* An engine and the clients that are open on it now. */
struct life {
    hr_engine *engine;
    struct pair pairs[PAIRS];
    uint32_t current; /* the pair that is used now; PAIRS: none any more */
    uint32_t over;
    uint64_t accepted;
};

static struct {
    hr_engine *engine;
    hr_http_server *http;
    s3_server *s3;
    char http_url[64], s3_url[64];
} server;

static char body[BODY_BYTES];
static uint64_t outcomes[OUTCOMES], refused, shut, clients_closed, clients_told, lives;

static void add(uint64_t *counter, uint64_t more) {
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_races: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static unsigned next_random(unsigned *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The servers, on an engine of their own. */

static void respond(void *user, hr_http_exchange *exchange, int result) {
    (void)user, (void)result; /* it owes an answer to one that has gone, too */
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes("hello", 5)};
    hr_http_exchange_respond(exchange, &response);
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)user, (void)data;
    return (ssize_t)size;
}

static void on_request(void *user, hr_http_exchange *exchange) {
    if (hr_http_exchange_has_body(exchange))
        hr_http_exchange_read(exchange, consume, respond, user);
    else
        respond(user, exchange, 0);
}

static void open_servers(void) {
    const struct hr_engine_options options = {.reactors = 2};
    const struct hr_http_server_options http = {.on_request = on_request};
    const struct s3_server_options s3 = {.access_key = "access", .secret_key = "secret"};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &server.engine) < 0 ||
        hr_http_server_new(server.engine, &http, &error, &server.http) < 0 ||
        s3_server_new(server.engine, &s3, &error, &server.s3) < 0)
        fail("server: %s", error.message);
    snprintf(server.http_url, sizeof server.http_url, "http://127.0.0.1:%u/",
             hr_http_server_port(server.http));
    snprintf(server.s3_url, sizeof server.s3_url, "http://127.0.0.1:%u", s3_server_port(server.s3));
}

/* Clients. */

/* The handle is there until this has returned: whoever may still call it is waited for. */
static void on_client_closed(void *user) {
    struct pair *pair = user;
    if (!hr__reactor_current()) fail("on_closed of a client is not on a reactor");
    while (__atomic_load_n(&pair->users, __ATOMIC_SEQ_CST)) sched_yield();
    __atomic_fetch_sub(&pair->open, 1, __ATOMIC_RELEASE);
    /* The last touch: the pair goes with whoever waits for this. */
    __atomic_fetch_add(&clients_told, 1, __ATOMIC_RELEASE);
}

static void open_clients(struct life *life, struct pair *pair) {
    const struct hr_http_client_options http_options = {
        .pool.connections_per_origin_max = 8,
        .pool.queue_max = 64,
        .timeouts.pool_timeout_ms = 200,
        .no_breaker = true}; /* the short time-outs of requests would open it now and then */
    const struct hr_s3_client_options s3_options = {.endpoint = server.s3_url,
                                                    .access_key = "access",
                                                    .secret_key = "secret",
                                                    .http.pool.connections_max = 8,
                                                    .http.timeouts.pool_timeout_ms = 200};
    struct hr_error error = {0};
    if (hr_http_client_new(life->engine, &http_options, &error, &pair->http) < 0 ||
        hr_s3_client_new(life->engine, &s3_options, &error, &pair->s3) < 0)
        fail("client: %s", error.message);
    __atomic_store_n(&pair->open, 2, __ATOMIC_RELEASE);
}

static void close_clients(struct pair *pair) {
    add(&clients_closed, 2);
    hr_http_client_close(pair->http, on_client_closed, pair);
    hr_s3_client_close(pair->s3, on_client_closed, pair);
}

/* The figures of a client whose operations are under way; this thread alone closes it. */
static void read_figures(const struct life *life) {
    static struct hr_s3_history_entry entries[HR_S3_HISTORY_MAX];
    const hr_s3_client *s3 = life->pairs[life->current].s3;
    struct hr_s3_report report;
    size_t count = hr_s3_history_get(s3, entries, HR_S3_HISTORY_MAX);
    for (size_t i = 1; i < count; i++)
        if (entries[i].timestamp_ms < entries[i - 1].timestamp_ms)
            fail("the history is not in the order of time");
    hr_s3_report_get(s3, &report);
    if (report.recent_operations < count) fail("the history became shorter");
    if (report.success_rate < 0 || report.success_rate > 1) fail("no rate");
}

/* Others are opened where a pair has gone, and used from then on; those before are closed. */
static void exchange_clients(struct life *life) {
    uint32_t before = life->current, next = (before + 1) % PAIRS;
    if (__atomic_load_n(&life->pairs[next].open, __ATOMIC_ACQUIRE)) return; /* still closing */
    open_clients(life, &life->pairs[next]);
    __atomic_store_n(&life->current, next, __ATOMIC_SEQ_CST);
    close_clients(&life->pairs[before]);
}

/* A request. */

static int start_on(const struct pair *pair, struct slot *slot) {
    if (slot->sort == S3_PUT) return hr_s3_put_start(pair->s3, &slot->u.put);
    if (slot->sort == S3_GET) return hr_s3_get_start(pair->s3, &slot->u.get);
    return hr_http_request_start(pair->http, &slot->u.http);
}

static int start(struct slot *slot) {
    struct life *life = slot->life;
    int result = -ESHUTDOWN;
    uint32_t current = __atomic_load_n(&life->current, __ATOMIC_SEQ_CST);
    if (current < PAIRS) {
        struct pair *pair = &life->pairs[current];
        __atomic_fetch_add(&pair->users, 1, __ATOMIC_SEQ_CST);
        /* Still the current one: its close comes later, and on_closed waits for this thread. */
        if (__atomic_load_n(&life->current, __ATOMIC_SEQ_CST) == current)
            result = start_on(pair, slot);
        __atomic_fetch_sub(&pair->users, 1, __ATOMIC_SEQ_CST);
    }
    if (result == 0)
        add(&life->accepted, 1);
    else if (result == -ENOBUFS)
        add(&refused, 1);
    else if (result == -ESHUTDOWN)
        add(&shut, 1);
    else
        fail("a start: %s", hr_error_name(result));
    return result;
}

static void count(const struct slot *slot) {
    const struct hr_request *request = &slot->u.request;
    enum outcome outcome = SUCCEEDED;
    if (request->result == -ECANCELED)
        outcome = CANCELLED;
    else if (request->result == -ETIMEDOUT)
        outcome = TIMED_OUT;
    else if (request->result == HR_ERR_POOL_TIMEOUT)
        outcome = POOL_TIMEOUT;
    else if (request->result == -ENOBUFS)
        outcome = NO_BUDGET;
    else if (request->result != 0)
        fail("sort %d ended with %s: %s", slot->sort, hr_error_name(request->result),
             request->error.message);
    if (request->result == 0 && slot->sort < S3_PUT && slot->u.http.status != 200)
        fail("status %d", slot->u.http.status);
    if (request->result == 0 && slot->sort == HTTP_GET && memcmp(slot->answer, "hello", 5) != 0)
        fail("an answer came back changed");
    add(&outcomes[outcome], 1);
}

static void on_done(struct hr_request *request) {
    struct slot *slot = request->user;
    if (!hr__reactor_current()) fail("on_done is not on a reactor");
    if (slot->chain > 0) {
        count(slot);
        slot->chain--;
        if (start(slot) == 0) return;
        __atomic_fetch_add(&slot->ended, 1, __ATOMIC_RELEASE);
        return;
    }
    count(slot);
    __atomic_fetch_add(&slot->ended, 1, __ATOMIC_RELEASE);
}

/* Pushes back before every second piece. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct slot *slot = user;
    if ((slot->paused = !slot->paused)) return -EAGAIN;
    size_t left = BODY_BYTES - slot->produced;
    size_t size = capacity < left ? capacity : left;
    memcpy(buffer, body + slot->produced, size);
    slot->produced += size;
    return (ssize_t)size;
}

static void fill_http(struct slot *slot, unsigned dice) {
    struct hr_http_request *http = &slot->u.http;
    http->url = server.http_url;
    http->sink = hr_sink_bytes(slot->answer, sizeof slot->answer);
    http->close = dice % 13 == 0;
    if (slot->sort == HTTP_GET || slot->sort == HTTP_CHAIN) return;
    http->method = "PUT";
    http->body = slot->sort == HTTP_PUT ? hr_source_bytes(body, dice % 2 ? BODY_BYTES : 100)
                                        : hr_source_producer(produce, NULL, slot, BODY_BYTES);
}

static void fill_s3(struct slot *slot, unsigned dice) {
    if (slot->sort == S3_PUT) {
        slot->u.put.bucket = "bucket";
        slot->u.put.key = dice % 2 ? "a" : "b";
        slot->u.put.body = hr_source_bytes(body, dice % 4 ? 1000 : BODY_BYTES);
    } else {
        slot->u.get.bucket = "bucket";
        slot->u.get.key = dice % 2 ? "a" : "b";
        slot->u.get.sink = hr_sink_discard();
    }
}

static void fill(struct slot *slot, struct life *life, unsigned dice) {
    memset(slot, 0, sizeof *slot);
    slot->life = life;
    slot->sort = (enum sort)(dice % SORTS);
    if (slot->sort < S3_PUT)
        fill_http(slot, dice >> 3);
    else
        fill_s3(slot, dice >> 3);
    struct hr_request *request = &slot->u.request;
    request->user = slot;
    if (slot->sort == HTTP_CHAIN) slot->chain = CHAIN;
    if (slot->sort == HTTP_PAUSED || slot->sort == HTTP_CHAIN || dice & 1u << 20)
        request->on_done = on_done;
    if (slot->sort != HTTP_CHAIN && (dice >> 21) % 4 == 0)
        request->timeout_ms = 1 + (dice >> 23) % 8;
}

/* A thread. */

static void finish(struct slot *slot) {
    if (!slot->pending) return;
    slot->pending = false;
    if (!slot->u.request.on_done) {
        hr_wait(&slot->u.request);
        count(slot);
        return;
    }
    while (__atomic_load_n(&slot->ended, __ATOMIC_ACQUIRE) == 0) {
        if (slot->sort == HTTP_PAUSED) hr_resume(&slot->u.request);
        usleep(50);
    }
    if (__atomic_load_n(&slot->ended, __ATOMIC_ACQUIRE) != 1) fail("called back twice");
}

/* One that on_done may be starting again is left alone. */
static void meddle(struct slot *slots, unsigned dice) {
    struct slot *slot = &slots[dice % SLOTS];
    if (!slot->pending || slot->sort == HTTP_CHAIN) return;
    if ((dice >> 8) % 3 == 0)
        hr_cancel(&slot->u.request);
    else
        hr_resume(&slot->u.request);
}

struct worker {
    pthread_t thread;
    struct life *life;
    unsigned seed;
    struct slot slots[SLOTS];
};

static void *work(void *argument) {
    struct worker *worker = argument;
    unsigned turn = 0;
    while (!__atomic_load_n(&worker->life->over, __ATOMIC_ACQUIRE)) {
        unsigned dice = next_random(&worker->seed);
        struct slot *slot = &worker->slots[turn++ % SLOTS];
        finish(slot);
        fill(slot, worker->life, dice);
        slot->pending = start(slot) == 0;
        if (!slot->pending) usleep(100);
        meddle(worker->slots, next_random(&worker->seed));
    }
    for (unsigned i = 0; i < SLOTS; i++) meddle(worker->slots, next_random(&worker->seed));
    for (unsigned i = 0; i < SLOTS; i++) finish(&worker->slots[i]);
    return NULL;
}

/* Lives. */

static void check(struct life *life) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(life->engine, &metrics);
    if (metrics.submitted != life->accepted || metrics.in_progress != 0 ||
        metrics.submitted != metrics.succeeded + metrics.failed + metrics.cancelled)
        fail("the counters do not add up: %" PRIu64 " accepted, %" PRIu64 " submitted, %" PRIu64
             " in progress",
             life->accepted, metrics.submitted, metrics.in_progress);
    if (metrics.budget_used_bytes != 0)
        fail("%" PRIu64 " bytes of the budget were left", metrics.budget_used_bytes);
    if (metrics.budget_peak_bytes > metrics.budget_limit_bytes) fail("the budget was exceeded");
}

static void end_clients(struct life *life) {
    uint32_t before = __atomic_exchange_n(&life->current, PAIRS, __ATOMIC_SEQ_CST);
    close_clients(&life->pairs[before]);
}

static void wait_for_clients(void) {
    while (__atomic_load_n(&clients_told, __ATOMIC_ACQUIRE) != clients_closed) usleep(100);
}

static void end_engine(struct life *life) {
    int result = hr_engine_close(life->engine, NULL, NULL);
    if (result < 0) fail("close: %s", hr_error_name(result));
    if (__atomic_load_n(&clients_told, __ATOMIC_ACQUIRE) != clients_closed)
        fail("the engine went before its clients");
}

/* False: this machine does not have the back end. */
static bool live(unsigned reactors, enum hr_engine_backend backend, bool close_first) {
    static struct worker workers[THREADS];
    struct life life = {.over = 0};
    const struct hr_engine_options options = {.backend = backend,
                                              .reactors = reactors,
                                              .buffer_count = 32,
                                              .requests_max = REQUESTS_MAX,
                                              .budget_bytes = BUDGET_BYTES};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &life.engine) < 0) {
        if (backend == HR_BACKEND_AUTO) fail("engine: %s", error.message);
        return false;
    }
    open_clients(&life, &life.pairs[0]);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].life = &life;
        workers[i].seed = (unsigned)lives * 7919u + i * 104729u + 2463534242u;
        memset(workers[i].slots, 0, sizeof workers[i].slots);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) fail("no thread");
    }
    uint64_t end = hr_clock_monotonic_ns() + LIFE_NS;
    while (hr_clock_monotonic_ns() < end) {
        usleep(CLIENT_LIFE_US);
        read_figures(&life);
        exchange_clients(&life);
    }
    if (close_first) {
        end_clients(&life);
        __atomic_store_n(&life.over, 1, __ATOMIC_RELEASE);
        end_engine(&life);
    }
    __atomic_store_n(&life.over, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < THREADS; i++) pthread_join(workers[i].thread, NULL);
    if (!close_first) {
        end_clients(&life);
        wait_for_clients();
        check(&life);
        end_engine(&life);
    }
    lives++;
    return true;
}

static void fill_store(void) {
    struct life life = {.engine = server.engine};
    struct pair *pair = &life.pairs[0];
    open_clients(&life, pair);
    struct hr_s3_bucket_create bucket = {.bucket = "bucket"};
    if (hr_s3_bucket_create_start(pair->s3, &bucket) < 0 || hr_wait(&bucket.request) < 0)
        fail("no bucket: %s", bucket.request.error.message);
    for (int i = 0; i < 2; i++) {
        struct hr_s3_put put = {
            .bucket = "bucket", .key = i ? "a" : "b", .body = hr_source_bytes(body, 1000)};
        if (hr_s3_put_start(pair->s3, &put) < 0 || hr_wait(&put.request) < 0)
            fail("no object: %s", put.request.error.message);
    }
    end_clients(&life);
    wait_for_clients();
}

static unsigned long seconds_of(int argc, char **argv) {
    if (argc == 1) return SECONDS;
    unsigned long seconds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc != 3 || strcmp(argv[1], "--seconds") != 0 || seconds == 0) {
        fputs("usage: stress_races [--seconds N]\n", stderr);
        exit(2);
    }
    return seconds;
}

int main(int argc, char **argv) {
    uint64_t end = hr_clock_monotonic_ns() + seconds_of(argc, argv) * SECOND_NS;
    bool given = getenv("HEADRACE_BACKEND") != NULL;
    memset(body, 'x', sizeof body);
    open_servers();
    fill_store();
    unsigned with[3] = {0};
    for (unsigned i = 0; hr_clock_monotonic_ns() < end; i++) {
        enum hr_engine_backend backend = i % 2 ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING;
        if (given) backend = HR_BACKEND_AUTO;
        with[backend] += live(1 + i / 2 % 4, backend, i / 8 % 2);
    }
    hr_http_server_close(server.http, NULL, NULL);
    s3_server_close(server.s3, NULL, NULL);
    if (hr_engine_close(server.engine, NULL, NULL) < 0) fail("the servers' engine");
    if (lives == 0) fail("no engine");
    printf("stress_races: %" PRIu64 " engines (%u io_uring, %u epoll, %u as asked), %" PRIu64
           " clients, %" PRIu64 " succeeded, %" PRIu64 " cancelled, %" PRIu64 " timed out, %" PRIu64
           " pool time-outs, %" PRIu64 " without budget, %" PRIu64 " refused, %" PRIu64
           " after a close\n",
           lives, with[HR_BACKEND_IO_URING], with[HR_BACKEND_EPOLL], with[HR_BACKEND_AUTO],
           clients_closed, outcomes[SUCCEEDED], outcomes[CANCELLED], outcomes[TIMED_OUT],
           outcomes[POOL_TIMEOUT], outcomes[NO_BUDGET], refused, shut);
    return 0;
}
