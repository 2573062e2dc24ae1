/* Threads that start, cancel and wait for HTTP requests on one client, against the library's own
 * server, for some seconds. A plain program, made for the thread sanitizer. The last line counts;
 * every request that was accepted ends once. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

#define THREADS     4
#define IN_FLIGHT   16
#define RUN_SECONDS 6
#define BODY_SIZE   70000

struct slot {
    struct hr_http_request request;
    char answer[64];
    bool pending;
};

struct worker {
    pthread_t thread;
    hr_http_client *client;
    char url[64];
    unsigned seed;
    uint64_t started, succeeded, cancelled, timed_out, failed;
    struct slot slots[IN_FLIGHT];
};

static char body[BODY_SIZE];
static time_t end_time;

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes("hello", 5)};
    hr_http_exchange_respond(exchange, &response);
}

static void fill(struct worker *worker, struct slot *slot, unsigned dice) {
    memset(&slot->request, 0, sizeof slot->request);
    slot->request.url = worker->url;
    slot->request.sink = hr_sink_bytes(slot->answer, sizeof slot->answer);
    if (dice % 3 == 0) {
        slot->request.method = "PUT";
        slot->request.body = hr_source_bytes(body, dice % 2 ? BODY_SIZE : 100);
    }
    if (dice % 11 == 0) slot->request.request.timeout_ms = 1 + dice % 3;
}

static void finish(struct worker *worker, struct slot *slot) {
    int result = hr_wait(&slot->request.request);
    slot->pending = false;
    if (result == 0)
        worker->succeeded++;
    else if (result == -ECANCELED)
        worker->cancelled++;
    else if (result == -ETIMEDOUT)
        worker->timed_out++;
    else {
        worker->failed++;
        fprintf(stderr, "%s: %s\n", hr_error_name(result), slot->request.request.error.message);
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    unsigned turn = 0;
    while (time(NULL) < end_time) {
        unsigned dice = (unsigned)rand_r(&worker->seed);
        struct slot *slot = &worker->slots[turn++ % IN_FLIGHT];
        if (slot->pending) finish(worker, slot);
        fill(worker, slot, dice);
        if (hr_http_request_start(worker->client, &slot->request)) continue;
        slot->pending = true;
        worker->started++;
        if (dice % 5 == 0) hr_cancel(&worker->slots[(dice >> 8) % IN_FLIGHT].request.request);
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        if (worker->slots[i].pending) finish(worker, &worker->slots[i]);
    return NULL;
}

static void must(int err, const struct hr_error *error) {
    if (!err) return;
    fprintf(stderr, "stress_http: %s: %s\n", hr_error_name(err), error->message);
    exit(3);
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

static struct worker workers[THREADS];

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 2};
    struct hr_http_client_options client_options = {
        .pool.connections_per_origin_max = 24,
        .no_breaker = true /* its time-outs are shorter than answers */};
    struct hr_http_server_options server_options = {.on_request = on_request};
    struct hr_error error = {0};
    hr_engine *engine, *server_engine;
    hr_http_client *client;
    hr_http_server *server;
    must(hr_engine_new(&engine_options, &error, &server_engine), &error);
    must(hr_engine_new(&engine_options, &error, &engine), &error);
    must(hr_http_server_new(server_engine, &server_options, &error, &server), &error);
    must(hr_http_client_new(engine, &client_options, &error, &client), &error);
    end_time = time(NULL) + RUN_SECONDS;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].client = client;
        workers[i].seed = i + 1;
        snprintf(workers[i].url, sizeof workers[i].url, "http://localhost:%u/",
                 hr_http_server_port(server));
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    struct worker sum = {0};
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.started += workers[i].started;
        sum.succeeded += workers[i].succeeded;
        sum.cancelled += workers[i].cancelled;
        sum.timed_out += workers[i].timed_out;
        sum.failed += workers[i].failed;
    }
    struct hr_engine_metrics metrics;
    struct hr_http_client_metrics pool;
    hr_engine_metrics_get(engine, &metrics);
    hr_http_client_metrics_get(client, &pool);
    hr_http_client_close(client, note_closed, NULL);
    hr_http_server_close(server, note_closed, NULL);
    pthread_mutex_lock(&lock);
    while (closed < 2) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    must(hr_engine_close(engine, NULL, NULL), &error);
    must(hr_engine_close(server_engine, NULL, NULL), &error);
    bool good = sum.failed == 0 && metrics.submitted == sum.started && metrics.in_progress == 0 &&
                sum.started == sum.succeeded + sum.cancelled + sum.timed_out &&
                pool.connections_peak <= client_options.pool.connections_per_origin_max;
    printf("stress_http: %s, started %" PRIu64 ", succeeded %" PRIu64 ", cancelled %" PRIu64
           ", timed out %" PRIu64 ", failed %" PRIu64 ", connections peak %" PRIu64 "\n",
           good ? "ok" : "FAILED", sum.started, sum.succeeded, sum.cancelled, sum.timed_out,
           sum.failed, pool.connections_peak);
    return good ? 0 : 1;
}
