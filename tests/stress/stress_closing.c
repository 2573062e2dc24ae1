/* Threads that start, cancel and resume on clients *while they close*, against servers that close
 * as well: HTTP and S3, plain and over TLS. No lock is round a start, nor round anything else that
 * the library is called for. A thread counts itself in, looks whether the client's on_closed has
 * come, and starts; on_closed, on its reactor, says so and waits until nobody is in there. Engines
 * of 1 to 3 reactors, or run by their caller, are closed in the midst of it; io_uring and epoll in
 * turn (or the one that HEADRACE_BACKEND names).
 *
 * usage: stress_closing [--seconds N]     (5) */
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

#include "tls_certs.h"

enum { THREADS = 4, SLOTS = 12, CHAIN = 3, BODY_BYTES = 100000, SECONDS = 5 };
#define SECOND_NS      UINT64_C(1000000000)
#define LIFE_NS        (SECOND_NS / 3)
#define CLIENT_LIFE_NS (SECOND_NS / 100)
#define SERVER_LIFE_US 15000
#define BUDGET_BYTES   (4u << 20)
#define REQUESTS_MAX   64

#define LOAD(what)        __atomic_load_n(&(what), __ATOMIC_SEQ_CST)
#define STORE(what, with) __atomic_store_n(&(what), (with), __ATOMIC_SEQ_CST)
#define ADD(what, more)   __atomic_fetch_add(&(what), (more), __ATOMIC_SEQ_CST)

/* ThreadSanitizer does not see the atomics of an OpenSSL that was built without it: what a
 * certificate caches under a lock at its first use is read without one afterwards. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
    return "race:ASN1_STRING_cmp\n";
}

enum place_kind { HTTP_PLAIN, HTTP_TLS, S3_PLAIN, S3_TLS, PLACES };
enum sort { GET, PUT, PAUSED, AGAIN, WARM, HEALTH, S3_PUT, S3_GET, S3_LIST, S3_BUCKET, SORTS };

static char body[BODY_BYTES], *ca, *certificate_path, *key_path;
static uint64_t accepted, succeeded, failed, shut, full, closed, servers_closed, lives;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_closing: ", stderr);
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

static bool is_s3(enum place_kind kind) {
    return kind == S3_PLAIN || kind == S3_TLS;
}

static bool is_tls(enum place_kind kind) {
    return kind == HTTP_TLS || kind == S3_TLS;
}

/* ---- Servers: each is closed in the midst of its exchanges, and another takes its place. */

static struct server {
    enum place_kind kind;
    hr_http_server *http;
    s3_server *s3;
    uint32_t port, gone;
} servers[PLACES];

static hr_engine *servers_engine;
static uint32_t servers_over;

/* An exchange. Its task resumes or responds in another turn. */
struct handling {
    struct hr_task task;
    hr_http_exchange *exchange;
    bool queued, ended, responded, paused, pushes_back;
    size_t given;
};

static void later(struct handling *handling) {
    if (handling->queued) return;
    handling->queued = true;
    hr__reactor_post(hr__reactor_current(), &handling->task);
}

/* Pushes back before every second piece; its task resumes it. */
static bool pauses(struct handling *handling) {
    if (!handling->pushes_back || !(handling->paused = !handling->paused)) return false;
    later(handling);
    return true;
}

static ssize_t give(void *user, void *buffer, size_t capacity) {
    struct handling *handling = user;
    if (pauses(handling)) return -EAGAIN;
    size_t left = BODY_BYTES - handling->given, size = capacity < left ? capacity : left;
    memset(buffer, 'x', size);
    handling->given += size;
    return (ssize_t)size;
}

static ssize_t take(void *user, const void *data, size_t size) {
    (void)data;
    return pauses(user) ? 0 : (ssize_t)size;
}

static void on_end(void *user, int result) {
    struct handling *handling = user;
    (void)result;
    handling->ended = true;
    if (!handling->queued) free(handling);
}

static void respond(struct handling *handling) {
    struct hr_http_response response = {
        .status = 200, .body = hr_source_bytes("hello", 5), .on_end = on_end, .user = handling};
    if (handling->pushes_back && !hr_http_exchange_has_body(handling->exchange))
        response.body = hr_source_producer(give, NULL, handling, BODY_BYTES);
    handling->responded = true;
    int result = hr_http_exchange_respond(handling->exchange, &response);
    if (result < 0) fail("a response: %s", hr_error_name(result));
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)exchange;
    if (result == 0) respond(user);
}

static void run_task(struct hr_task *task) {
    struct handling *handling = (struct handling *)task;
    handling->queued = false;
    if (handling->ended)
        free(handling);
    else if (handling->responded || hr_http_exchange_has_body(handling->exchange))
        hr_http_exchange_resume(handling->exchange);
    else
        respond(handling);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    static _Thread_local unsigned dice = 2463534242u;
    struct handling *handling = calloc(1, sizeof *handling);
    (void)user;
    if (!handling) abort();
    handling->task.run = run_task;
    handling->exchange = exchange;
    handling->pushes_back = next_random(&dice) % 4 == 0;
    hr_http_exchange_on_end(exchange, on_end, handling);
    if (hr_http_exchange_has_body(exchange))
        hr_http_exchange_read(exchange, take, on_body, handling);
    else if (next_random(&dice) % 2)
        respond(handling);
    else
        later(handling);
}

static void open_server(struct server *server) {
    struct hr_http_server_options http = {.on_request = on_request};
    struct s3_server_options s3 = {.access_key = "access", .secret_key = "secret"};
    struct hr_error error = {0};
    if (is_tls(server->kind)) {
        http.tls.certificate_file = s3.http.tls.certificate_file = certificate_path;
        http.tls.key_file = s3.http.tls.key_file = key_path;
    }
    STORE(server->gone, 0);
    int result = is_s3(server->kind)
                     ? s3_server_new(servers_engine, &s3, &error, &server->s3)
                     : hr_http_server_new(servers_engine, &http, &error, &server->http);
    if (result < 0) fail("server: %s", error.message);
    STORE(server->port,
          is_s3(server->kind) ? s3_server_port(server->s3) : hr_http_server_port(server->http));
}

static void on_server_closed(void *user) {
    struct server *server = user;
    if (is_s3(server->kind) ? !s3_server_port(server->s3) : !hr_http_server_port(server->http))
        fail("a server has no port in its on_closed");
    ADD(servers_closed, 1);
    STORE(server->gone, 1);
}

static void close_server(struct server *server) {
    if (is_s3(server->kind))
        s3_server_close(server->s3, on_server_closed, server);
    else
        hr_http_server_close(server->http, on_server_closed, server);
}

static void *exchange_servers(void *unused) {
    unsigned dice = 88172645u;
    while (!LOAD(servers_over)) {
        struct server *server = &servers[next_random(&dice) % PLACES];
        close_server(server);
        while (!LOAD(server->gone)) usleep(500);
        open_server(server);
        usleep(SERVER_LIFE_US);
    }
    return unused;
}

/* ---- Clients. */

/* Where a client stands: one after the other. */
struct place {
    enum place_kind kind;
    hr_http_client *http;
    hr_s3_client *s3;
    uint32_t inside;  /* threads that have counted themselves in */
    uint32_t over;    /* on_closed has come: nobody calls it any more */
    uint32_t closing; /* its close has returned */
    uint32_t free;    /* nobody is inside any more */
    uint64_t due_ns;  /* to be closed; of the thread that closes */
};

static void on_client_closed(void *user) {
    struct place *place = user;
    if (!hr__reactor_current()) fail("on_closed of a client is not on a reactor");
    if (LOAD(place->over)) fail("on_closed of a client came twice");
    STORE(place->over, 1);
    while (LOAD(place->inside)) sched_yield();
    ADD(closed, 1);
    STORE(place->free, 1);
}

static void open_client(hr_engine *engine, struct place *place) {
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%u", is_tls(place->kind) ? "https" : "http",
             LOAD(servers[place->kind].port));
    const struct hr_http_client_options http = {.pool.connections_per_origin_max = 4,
                                                .pool.queue_max = 64,
                                                .no_breaker = true,
                                                .retry.backoff_base_ms = 1,
                                                .retry.backoff_max_ms = 5,
                                                .tls.ca_pem = hr_slice_of(ca),
                                                .timeouts.pool_timeout_ms = 200};
    const struct hr_s3_client_options s3 = {.endpoint = endpoint,
                                            .access_key = "access",
                                            .secret_key = "secret",
                                            .http.pool.connections_max = 4,
                                            .http.retry.backoff_base_ms = 1,
                                            .http.retry.backoff_max_ms = 5,
                                            .http.tls.ca_pem = hr_slice_of(ca),
                                            .http.timeouts.pool_timeout_ms = 200};
    struct hr_error error = {0};
    int result = is_s3(place->kind) ? hr_s3_client_new(engine, &s3, &error, &place->s3)
                                    : hr_http_client_new(engine, &http, &error, &place->http);
    if (result < 0) fail("client: %s", error.message);
    STORE(place->free, 0);
    STORE(place->closing, 0);
    STORE(place->over, 0); /* from here on it is called */
}

static void close_client(struct place *place) {
    if (is_s3(place->kind))
        hr_s3_client_close(place->s3, on_client_closed, place);
    else
        hr_http_client_close(place->http, on_client_closed, place);
    STORE(place->closing, 1);
}

/* ---- Requests. */

struct life {
    hr_engine *engine;
    struct place places[PLACES];
    uint32_t over;
};

struct slot {
    union {
        struct hr_request request;
        struct hr_http_request http;
        struct hr_http_warm_up warm;
        struct hr_http_health health;
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_list list;
        struct hr_s3_bucket_create bucket;
    } u;
    struct place *place;
    enum sort sort;
    uint32_t pending, meddlers; /* others may cancel and resume what is pending */
    uint32_t ended;             /* calls of on_done that were the last of this slot */
    unsigned chain;             /* times that on_done starts it again */
    bool paused;
    size_t produced;
    char url[64];
};

static struct worker {
    pthread_t thread;
    struct life *life;
    unsigned seed;
    struct slot slots[SLOTS];
} workers[THREADS];

static int call_start(struct slot *slot) {
    const struct place *place = slot->place;
    switch (slot->sort) {
    case WARM:
        return hr_http_warm_up_start(place->http, &slot->u.warm);
    case HEALTH:
        return hr_http_health_start(place->http, &slot->u.health);
    case S3_PUT:
        return hr_s3_put_start(place->s3, &slot->u.put);
    case S3_GET:
        return hr_s3_get_start(place->s3, &slot->u.get);
    case S3_LIST:
        return hr_s3_list_start(place->s3, &slot->u.list);
    case S3_BUCKET:
        return hr_s3_bucket_create_start(place->s3, &slot->u.bucket);
    default:
        return hr_http_request_start(place->http, &slot->u.http);
    }
}

/* False: it was refused, or its client is gone. */
static bool start(struct slot *slot) {
    struct place *place = slot->place;
    ADD(place->inside, 1);
    int result = -ECANCELED;
    if (!LOAD(place->over)) {
        bool closing = LOAD(place->closing);
        result = call_start(slot);
        if (closing && result != -ESHUTDOWN)
            fail("a start on a closing client: %s", result ? hr_error_name(result) : "accepted");
    }
    ADD(place->inside, (uint32_t)-1);
    if (result == 0)
        ADD(accepted, 1);
    else if (result == -ENOBUFS)
        ADD(full, 1);
    else if (result == -ESHUTDOWN)
        ADD(shut, 1);
    else if (result != -ECANCELED)
        fail("a start: %s", hr_error_name(result));
    return result == 0;
}

/* Servers go under it, so that anything may fail; not by a fault of this side. */
static void judge(const struct slot *slot) {
    static const int never[] = {-EINVAL,  -EBADF, -EFAULT, -EALREADY,
                                -EDEADLK, -EINTR, -EAGAIN, -EBUSY};
    const struct hr_request *request = &slot->u.request;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (request->result == never[i])
            fail("sort %d ended with %s: %s", (int)slot->sort, hr_error_name(request->result),
                 request->error.message);
    if (request->result < 0 && !request->error.message[0])
        fail("%d without a message", request->result);
    ADD(*(request->result < 0 ? &failed : &succeeded), 1);
}

static void on_done(struct hr_request *request) {
    struct slot *slot = request->user;
    if (!hr__reactor_current()) fail("on_done is not on a reactor");
    judge(slot);
    if (slot->chain > 0) {
        slot->chain--;
        if (start(slot)) return;
    }
    ADD(slot->ended, 1);
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct slot *slot = user;
    if ((slot->paused = !slot->paused)) return -EAGAIN;
    size_t left = BODY_BYTES - slot->produced, size = capacity < left ? capacity : left;
    memcpy(buffer, body + slot->produced, size);
    slot->produced += size;
    return (ssize_t)size;
}

static void fill_request(struct slot *slot, unsigned dice) {
    switch (slot->sort) {
    case WARM:
        slot->u.warm.url = slot->url;
        slot->u.warm.count = 1 + dice % 4;
        break;
    case HEALTH:
        slot->u.health.url = slot->url;
        break;
    case S3_PUT:
        slot->u.put.bucket = "bucket";
        slot->u.put.key = "key";
        slot->u.put.body = hr_source_bytes(body, dice % 4 ? 1000 : BODY_BYTES);
        break;
    case S3_GET:
        slot->u.get.bucket = "bucket";
        slot->u.get.key = "key";
        slot->u.get.sink = hr_sink_discard();
        break;
    case S3_LIST:
        slot->u.list.bucket = "bucket";
        break;
    case S3_BUCKET:
        slot->u.bucket.bucket = "bucket";
        break;
    default:
        slot->u.http.url = slot->url;
        slot->u.http.sink = hr_sink_discard();
        slot->u.http.close = dice % 7 == 0;
        if (slot->sort == PUT || slot->sort == PAUSED) slot->u.http.method = "PUT";
        if (slot->sort == PUT) slot->u.http.body = hr_source_bytes(body, BODY_BYTES);
        if (slot->sort == PAUSED)
            slot->u.http.body = hr_source_producer(produce, NULL, slot, BODY_BYTES);
    }
}

static void fill(struct slot *slot, struct life *life, unsigned dice) {
    memset(&slot->u, 0, sizeof slot->u);
    slot->place = &life->places[dice % PLACES];
    enum place_kind kind = slot->place->kind;
    slot->sort = is_s3(kind) ? (enum sort)(S3_PUT + (dice >> 2) % (SORTS - S3_PUT))
                             : (enum sort)((dice >> 2) % S3_PUT);
    slot->chain = slot->sort == AGAIN ? CHAIN : 0;
    slot->paused = false;
    slot->produced = 0;
    STORE(slot->ended, 0);
    snprintf(slot->url, sizeof slot->url, "%s://127.0.0.1:%u/", is_tls(kind) ? "https" : "http",
             LOAD(servers[kind].port));
    fill_request(slot, dice >> 6);
    struct hr_request *request = &slot->u.request;
    request->user = slot;
    if (slot->sort == PAUSED || slot->chain || (dice >> 20) % 8) request->on_done = on_done;
    if (!slot->chain && (dice >> 23) % 4 == 0) request->timeout_ms = 1 + (dice >> 25) % 8;
}

/* False: it is still in progress, and this thread has other things to do. */
static bool finish(struct slot *slot, bool wait) {
    if (!LOAD(slot->pending)) return true;
    if (!slot->u.request.on_done) {
        hr_wait(&slot->u.request);
        judge(slot);
    }
    while (slot->u.request.on_done && !LOAD(slot->ended)) {
        if (slot->sort == PAUSED) hr_resume(&slot->u.request);
        if (!wait) return false;
        usleep(50);
    }
    if (LOAD(slot->ended) > 1) fail("called back twice");
    STORE(slot->pending, 0);
    while (LOAD(slot->meddlers)) sched_yield();
    return true;
}

/* Of any thread. One that on_done may be starting again is left alone: it is not pending. */
static void meddle(unsigned dice) {
    struct slot *slot = &workers[dice % THREADS].slots[(dice >> 4) % SLOTS];
    ADD(slot->meddlers, 1);
    if (LOAD(slot->pending) == 1) {
        if ((dice >> 8) % 32 == 0)
            hr_cancel(&slot->u.request);
        else
            hr_resume(&slot->u.request);
    }
    ADD(slot->meddlers, (uint32_t)-1);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    for (unsigned turn = 0; !LOAD(worker->life->over); turn++) {
        struct slot *slot = &worker->slots[turn % SLOTS];
        bool started = false;
        if (finish(slot, false)) {
            fill(slot, worker->life, next_random(&worker->seed));
            bool again = slot->chain > 0;
            started = start(slot);
            if (started) STORE(slot->pending, again ? 2 : 1);
        }
        meddle(next_random(&worker->seed));
        if (!started) usleep(20);
    }
    for (unsigned i = 0; i < SLOTS; i++) finish(&worker->slots[i], true);
    return NULL;
}

/* ---- A life: the engine, and the clients that come and go on it. */

static void pass_time(struct life *life, bool caller) {
    if (caller)
        hr_engine_poll(life->engine, 1);
    else
        usleep(500);
}

static void exchange_clients(struct life *life, uint64_t now_ns, unsigned *dice) {
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &life->places[i];
        if (LOAD(place->free)) {
            open_client(life->engine, place);
            place->due_ns = now_ns + next_random(dice) % (4 * CLIENT_LIFE_NS);
        } else if (!LOAD(place->closing) && now_ns >= place->due_ns) {
            close_client(place);
        }
    }
}

static void check(struct life *life) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(life->engine, &metrics);
    if (metrics.in_progress || metrics.budget_used_bytes || metrics.connections_open)
        fail("left: %" PRIu64 " requests, %" PRIu64 " bytes, %" PRIu64 " connections",
             metrics.in_progress, metrics.budget_used_bytes, metrics.connections_open);
}

/* The engine closes beside its clients, or behind them. */
static void end(struct life *life, bool caller, bool beside) {
    for (unsigned i = 0; i < PLACES; i++)
        if (!LOAD(life->places[i].closing)) close_client(&life->places[i]);
    for (unsigned i = 0; !beside && i < PLACES; i++)
        while (!LOAD(life->places[i].free)) pass_time(life, caller);
    if (!beside) check(life);
    int result = hr_engine_close(life->engine, NULL, NULL);
    if (result < 0) fail("close: %s", hr_error_name(result));
    for (unsigned i = 0; i < PLACES; i++)
        if (!LOAD(life->places[i].free)) fail("the engine went before its clients");
}

/* False: this machine does not have the back end. */
static bool live(unsigned number, enum hr_engine_backend backend) {
    static struct life life;
    bool caller = number / 2 % 4 == 3;
    const struct hr_engine_options options = {.backend = backend,
                                              .mode = caller ? HR_ENGINE_CALLER : HR_ENGINE_THREADS,
                                              .reactors = caller ? 1 : 1 + number / 2 % 4,
                                              .buffer_count = 32,
                                              .requests_max = REQUESTS_MAX,
                                              .budget_bytes = BUDGET_BYTES};
    struct hr_error error = {0};
    unsigned dice = number * 2654435761u | 1;
    memset(&life, 0, sizeof life);
    if (hr_engine_new(&options, &error, &life.engine) < 0) {
        if (backend == HR_BACKEND_AUTO) fail("engine: %s", error.message);
        return false;
    }
    for (unsigned i = 0; i < PLACES; i++) {
        life.places[i].kind = (enum place_kind)i;
        open_client(life.engine, &life.places[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].life = &life;
        workers[i].seed = number * 7919u + i * 104729u + 2463534242u;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) fail("no thread");
    }
    uint64_t now_ns = hr_clock_monotonic_ns(), until_ns = now_ns + LIFE_NS;
    for (; now_ns < until_ns; now_ns = hr_clock_monotonic_ns()) {
        exchange_clients(&life, now_ns, &dice);
        pass_time(&life, caller);
    }
    end(&life, caller, number / 8 % 2);
    STORE(life.over, 1);
    for (unsigned i = 0; i < THREADS; i++) pthread_join(workers[i].thread, NULL);
    lives++;
    return true;
}

/* ---- The whole. */

static void make_certificates(void) {
    static struct tls_cert authority, leaf;
    authority = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "IP:127.0.0.1", .issuer = &authority});
    ca = authority.pem;
    certificate_path = tls_file("leaf.pem", leaf.pem);
    key_path = tls_file("leaf.key", leaf.key_pem);
}

static void open_servers(void) {
    const struct hr_engine_options options = {.reactors = 2};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &servers_engine) < 0) fail("engine: %s", error.message);
    for (unsigned i = 0; i < PLACES; i++) {
        servers[i].kind = (enum place_kind)i;
        open_server(&servers[i]);
    }
}

static unsigned long seconds_of(int argc, char **argv) {
    if (argc == 1) return SECONDS;
    unsigned long seconds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc != 3 || strcmp(argv[1], "--seconds") != 0 || seconds == 0) {
        fputs("usage: stress_closing [--seconds N]\n", stderr);
        exit(2);
    }
    return seconds;
}

int main(int argc, char **argv) {
    uint64_t until_ns = hr_clock_monotonic_ns() + seconds_of(argc, argv) * SECOND_NS;
    bool given = getenv("HEADRACE_BACKEND") != NULL;
    unsigned with[3] = {0};
    pthread_t exchanger;
    memset(body, 'x', sizeof body);
    make_certificates();
    open_servers();
    if (pthread_create(&exchanger, NULL, exchange_servers, NULL) != 0) fail("no thread");
    for (unsigned i = 0; hr_clock_monotonic_ns() < until_ns; i++) {
        enum hr_engine_backend backend = i % 2 ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING;
        if (given) backend = HR_BACKEND_AUTO;
        with[backend] += live(i, backend);
    }
    STORE(servers_over, 1);
    pthread_join(exchanger, NULL);
    for (unsigned i = 0; i < PLACES; i++) close_server(&servers[i]);
    if (hr_engine_close(servers_engine, NULL, NULL) < 0) fail("the servers' engine");
    if (lives == 0) fail("no engine");
    printf("stress_closing: %" PRIu64 " engines (%u io_uring, %u epoll, %u as asked), %" PRIu64
           " clients and %" PRIu64 " servers closed, %" PRIu64 " accepted, %" PRIu64
           " succeeded, %" PRIu64 " failed, %" PRIu64 " refused while closing, %" PRIu64 " full\n",
           lives, with[HR_BACKEND_IO_URING], with[HR_BACKEND_EPOLL], with[HR_BACKEND_AUTO], closed,
           servers_closed, accepted, succeeded, failed, shut, full);
    return 0;
}
