/* Hedges, retries and cancels from several threads, over plain connections and over TLS, against a
 * server that is slow now and then and has enough now and then, for some seconds. A plain program,
 * made for the thread sanitizer. Every request ends once, and what is counted adds up. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "tls_certs.h"

#define THREADS     4
#define IN_FLIGHT   8
#define RUN_SECONDS 6
#define HELD        16

/* One reactor has it: requests come, and end, on its thread alone. */
struct slow_server {
    hr_engine *engine;
    hr_http_server *server;
    unsigned asked, next;
    hr_http_exchange *held[HELD]; /* NULL: answered, or gone */
};

struct world {
    struct slow_server server;
    hr_engine *engine;
    hr_http_client *client;
    char url[64];
};

struct slot {
    struct hr_http_request request;
    char answer[64];
    bool pending;
};

struct worker {
    pthread_t thread;
    struct world *world;
    unsigned seed;
    uint64_t started, ended;
    struct slot slots[IN_FLIGHT];
};

static time_t end_time;

/* ---- The server. */

static void respond(hr_http_exchange *exchange, int status) {
    struct hr_http_response response = {.status = status, .body = hr_source_bytes("hello", 5)};
    hr_http_exchange_respond(exchange, &response);
}

static void note_gone(void *user, int result) {
    (void)result;
    *(hr_http_exchange **)user = NULL;
}

/* Every third is answered when HELD others have been held behind it. */
static void on_request(void *user, hr_http_exchange *exchange) {
    struct slow_server *server = user;
    unsigned n = ++server->asked;
    if (n % 3) {
        respond(exchange, n % 7 ? 200 : 503);
        return;
    }
    hr_http_exchange **held = &server->held[server->next++ % HELD];
    hr_http_exchange *before = *held;
    *held = NULL;
    if (before) respond(before, 200);
    *held = exchange;
    hr_http_exchange_on_end(exchange, note_gone, held);
}

/* ---- The threads. */

static void finish(struct worker *worker, struct slot *slot) {
    int result = hr_wait(&slot->request.request);
    slot->pending = false;
    worker->ended++;
    if (result == 0 && slot->request.status == 200 && memcmp(slot->answer, "hello", 5) != 0) {
        fprintf(stderr, "stress_hedge: an answer without its body\n");
        exit(1);
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    unsigned turn = 0;
    while (time(NULL) < end_time) {
        unsigned dice = (unsigned)rand_r(&worker->seed);
        struct slot *slot = &worker->slots[turn++ % IN_FLIGHT];
        if (slot->pending) finish(worker, slot);
        memset(slot, 0, sizeof *slot);
        slot->request.url = worker->world->url;
        slot->request.sink = hr_sink_bytes(slot->answer, sizeof slot->answer);
        slot->request.request.timeout_ms = dice % 13 ? 300 : 2;
        if (dice % 4 == 0) {
            slot->request.method = "PUT";
            slot->request.body = hr_source_bytes("a body", 6);
        }
        if (hr_http_request_start(worker->world->client, &slot->request)) continue;
        slot->pending = true;
        worker->started++;
        if (dice % 9 == 0) hr_cancel(&worker->slots[(dice >> 8) % IN_FLIGHT].request.request);
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        if (worker->slots[i].pending) finish(worker, &worker->slots[i]);
    return NULL;
}

/* ---- Beginning and end. */

static void must(int err, const struct hr_error *error) {
    if (!err) return;
    fprintf(stderr, "stress_hedge: %s: %s\n", hr_error_name(err), error->message);
    exit(3);
}

static void world_open(struct world *world, const struct tls_cert *cert) {
    struct hr_engine_options one = {.reactors = 1};
    struct hr_engine_options two = {.reactors = 2};
    struct hr_http_server_options server = {.on_request = on_request, .user = &world->server};
    struct hr_http_client_options client = {.pool.connections_per_origin_max = 64,
                                            .hedge.quantile_percent = 60,
                                            .retry.backoff_base_ms = 1,
                                            .retry.backoff_max_ms = 3,
                                            .breaker.open_ms = 5};
    struct hr_error error = {0};
    char *certificate = cert ? tls_file("cert", cert->pem) : NULL;
    char *key = cert ? tls_file("key", cert->key_pem) : NULL;
    if (cert) {
        server.tls.certificate_file = certificate;
        server.tls.key_file = key;
        client.tls.ca_pem = hr_slice_of(cert->pem);
    }
    must(hr_engine_new(&one, &error, &world->server.engine), &error);
    must(hr_engine_new(&two, &error, &world->engine), &error);
    must(hr_http_server_new(world->server.engine, &server, &error, &world->server.server), &error);
    must(hr_http_client_new(world->engine, &client, &error, &world->client), &error);
    snprintf(world->url, sizeof world->url, "%s://127.0.0.1:%u/", cert ? "https" : "http",
             hr_http_server_port(world->server.server));
    free(certificate);
    free(key);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned closed;

static void note_closed(void *user) {
    (void)user;
    pthread_mutex_lock(&lock);
    closed++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_closed(unsigned count) {
    pthread_mutex_lock(&lock);
    while (closed < count) pthread_cond_wait(&changed, &lock);
    closed = 0;
    pthread_mutex_unlock(&lock);
}

/* Whether its counters add up and nothing is held. */
static bool world_close(struct world *world, uint64_t started) {
    struct hr_http_client_metrics client;
    struct hr_engine_metrics engine;
    struct hr_error error = {0};
    hr_http_client_metrics_get(world->client, &client);
    hr_http_client_close(world->client, note_closed, NULL);
    wait_closed(1);
    hr_http_server_close(world->server.server, note_closed, NULL);
    wait_closed(1);
    hr_engine_metrics_get(world->engine, &engine);
    must(hr_engine_close(world->engine, NULL, NULL), &error);
    must(hr_engine_close(world->server.engine, NULL, NULL), &error);
    uint64_t ended = client.succeeded + client.failed + client.cancelled, by_status = 0;
    for (int i = 0; i < 6; i++) by_status += client.by_status[i];
    bool good = client.requests == started && ended == started && by_status == started &&
                engine.submitted == started && engine.in_progress == 0 &&
                engine.budget_used_bytes == 0 && client.hedges > 0 && client.hedges_won > 0 &&
                client.hedges_won <= client.hedges && client.retries > 0 &&
                (client.hedges + client.retries) * 5 <= started + 50 &&
                client.attempts >= client.hedges + client.retries;
    printf("%s: requests %" PRIu64 ", succeeded %" PRIu64 ", failed %" PRIu64 ", cancelled %" PRIu64
           ", retries %" PRIu64 ", hedges %" PRIu64 ", won %" PRIu64 ", rejected %" PRIu64
           ", handshakes %" PRIu64 "\n",
           world->url, client.requests, client.succeeded, client.failed, client.cancelled,
           client.retries, client.hedges, client.hedges_won, client.breaker_rejected,
           client.handshakes_full + client.handshakes_resumed);
    return good;
}

static struct worker workers[THREADS];
static struct world worlds[2];

int main(void) {
    struct tls_cert cert = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "leaf", .alt_names = "IP:127.0.0.1", .ca = true});
    world_open(&worlds[0], NULL);
    world_open(&worlds[1], &cert);
    end_time = time(NULL) + RUN_SECONDS;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].world = &worlds[i % 2];
        workers[i].seed = i + 1;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    uint64_t started[2] = {0}, ended = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        started[i % 2] += workers[i].started;
        ended += workers[i].ended;
    }
    bool plain = world_close(&worlds[0], started[0]);
    bool secure = world_close(&worlds[1], started[1]);
    bool good = plain && secure && ended == started[0] + started[1];
    tls_cert_deinit(&cert);
    printf("stress_hedge: %s, %" PRIu64 " requests\n", good ? "ok" : "FAILED", ended);
    return good ? 0 : 1;
}
