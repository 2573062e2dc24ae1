/* Operations of S3 at a store that fails one request in ten, by resets, statuses, silence and
 * answers that break off: 99.99 % of those that may be repeated succeed, each write that may not
 * be repeated has one effect at most, and retries stay within their quota. Then the failures that
 * are put right at the second attempt, and redirects, which get no credentials.
 *
 * usage: stress_s3_faults [OPERATIONS], 10,000 without it; 100,000 is the long form. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/s3.h>

#include "fault_peer.h"
#include "tls_certs.h"
#include "tls_front.h"

#define THREADS        4
#define IN_FLIGHT      48
#define FAULTS_PERCENT 10
#define SUCCESS_PART   10000                          /* of so many operations one may fail */
#define OUTAGE         1000                           /* operations while everything is refused */
#define QUOTA          (THREADS * IN_FLIGHT * 14 / 5) /* tokens: it grows with the requests in progress */
#define THROTTLED_COST 5                              /* of a retry */
#define CALM_REQUESTS  20
#define SKEW_S         1200
#define PATIENCE_MS    8000 /* a peer without a processor is none that keeps silent */

enum kind { GET, PUT, CREATE, POST, KINDS };

struct operation {
    enum kind kind;
    unsigned key;
    bool pending;
    union {
        struct hr_request request;
        struct hr_s3_get get;
        struct hr_s3_put put;
        struct hr_s3_request pass;
    } u;
    char name[16], bytes[FAULT_PEER_SIZE];
};

/* Keys from `first` up to `end` are one thread's. */
struct worker {
    pthread_t thread;
    hr_s3_client *client;
    const struct fault_peer *peer;
    unsigned next, end, seed;
    uint64_t ended[KINDS], good[KINDS], attempts;
    struct operation slots[IN_FLIGHT];
};

static _Noreturn void fail(const char *what, const struct operation *operation) {
    const struct hr_request *request = &operation->u.request;
    fprintf(stderr, "stress_s3_faults: %s: kind %d, key %u, %s after %u attempts: %s\n", what,
            (int)operation->kind, operation->key, hr_error_name(request->result), request->attempts,
            request->error.message);
    exit(1);
}

static void expect(bool good, const char *what, uint64_t figure) {
    if (good) return;
    fprintf(stderr, "stress_s3_faults: %s: %" PRIu64 "\n", what, figure);
    exit(1);
}

/* ---- Operations. */

static int start_get(hr_s3_client *client, struct operation *operation) {
    operation->u.get = (struct hr_s3_get){.bucket = "bucket", .key = operation->name};
    operation->u.get.sink = hr_sink_bytes(operation->bytes, sizeof operation->bytes);
    return hr_s3_get_start(client, &operation->u.get);
}

static int start_put(hr_s3_client *client, struct operation *operation) {
    operation->u.put =
        (struct hr_s3_put){.bucket = "bucket",
                           .key = operation->name,
                           .body = hr_source_bytes(operation->bytes, sizeof operation->bytes)};
    if (operation->kind == CREATE) operation->u.put.conditions.if_none_match = "*";
    return hr_s3_put_start(client, &operation->u.put);
}

/* A POST has an effect each time. */
static int start_post(hr_s3_client *client, struct operation *operation) {
    operation->u.pass = (struct hr_s3_request){.operation = "Append",
                                               .method = "POST",
                                               .bucket = "bucket",
                                               .key = operation->name,
                                               .body = hr_source_bytes("one more line", 13),
                                               .sink = hr_sink_discard()};
    return hr_s3_request_start(client, &operation->u.pass);
}

static int start(hr_s3_client *client, struct operation *operation) {
    snprintf(operation->name, sizeof operation->name, "%u", operation->key);
    if (operation->kind == GET) return start_get(client, operation);
    return operation->kind == POST ? start_post(client, operation) : start_put(client, operation);
}

static void check_bytes(const struct operation *operation) {
    unsigned size = fault_peer_size(operation->key);
    if (operation->u.get.body_bytes != size) fail("another size", operation);
    for (unsigned i = 0; i < size; i++)
        if (operation->bytes[i] != fault_peer_byte(operation->key, i))
            fail("other bytes", operation);
}

/* Whether it succeeded. */
static bool judge(const struct fault_peer *peer, const struct operation *operation) {
    const struct hr_request *request = &operation->u.request;
    bool good = request->result == 0;
    if (operation->kind == GET) {
        if (good) check_bytes(operation);
        return good;
    }
    unsigned effects = fault_peer_effects(peer, operation->key);
    if (effects > request->attempts) fail("more effects than attempts", operation);
    if (good && effects == 0) fail("a success without an effect", operation);
    if (operation->kind != PUT && effects > 1) fail("two effects", operation);
    /* What an attempt whose answer was lost has made refuses the next one. */
    if (operation->kind == CREATE && request->result == HR_ERR_S3_PRECONDITION) {
        if (effects != 1 || request->attempts < 2)
            fail("refused, and nothing was there", operation);
        return true;
    }
    if (!good && !request->error.message[0]) fail("no message", operation);
    return good;
}

/* ---- Under faults. */

static enum kind draw_kind(unsigned dice) {
    unsigned of_20 = dice % 20;
    return of_20 < 10 ? GET : of_20 < 17 ? PUT : of_20 < 19 ? CREATE : POST;
}

static void finish(struct worker *worker, struct operation *operation) {
    hr_wait(&operation->u.request);
    operation->pending = false;
    worker->ended[operation->kind]++;
    worker->attempts += operation->u.request.attempts;
    worker->good[operation->kind] += judge(worker->peer, operation);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    for (unsigned turn = 0; worker->next < worker->end; turn++) {
        struct operation *operation = &worker->slots[turn % IN_FLIGHT];
        if (operation->pending) finish(worker, operation);
        memset(operation, 0, sizeof *operation);
        operation->key = worker->next++;
        operation->kind = draw_kind((unsigned)rand_r(&worker->seed));
        if (start(worker->client, operation) < 0) fail("refused", operation);
        operation->pending = true;
    }
    for (unsigned i = 0; i < IN_FLIGHT; i++)
        if (worker->slots[i].pending) finish(worker, &worker->slots[i]);
    return NULL;
}

/* Sums over all workers, into the first. */
static void run_workers(struct worker *workers, hr_s3_client *client, const struct fault_peer *peer,
                        unsigned operations) {
    unsigned each = operations / THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.client = client,
                                     .peer = peer,
                                     .next = 1 + i * each,
                                     .end = 1 + (i + 1) * each,
                                     .seed = i + 1};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) abort();
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        for (unsigned kind = 0; i && kind < KINDS; kind++) {
            workers[0].ended[kind] += workers[i].ended[kind];
            workers[0].good[kind] += workers[i].good[kind];
        }
        if (i) workers[0].attempts += workers[i].attempts;
    }
}

static hr_s3_client *connect_to(hr_engine *engine, const char *scheme, uint16_t port,
                                struct hr_s3_client_options options) {
    hr_s3_client *client;
    struct hr_error error = {0};
    char endpoint[48];
    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%u", scheme, port);
    options.endpoint = endpoint;
    options.profile = "";
    if (!options.region) options.region = "us-east-1";
    if (!options.credentials) options.access_key = "AKIDSTRESS", options.secret_key = "kept quiet";
    options.http.pool.connections_max = THREADS * IN_FLIGHT;
    options.http.retry.attempts_max = 6;
    options.http.retry.backoff_base_ms = 4;
    options.http.retry.backoff_max_ms = 40;
    options.http.timeouts.first_byte_timeout_ms = PATIENCE_MS;
    if (hr_s3_client_new(engine, &options, &error, &client) == 0) return client;
    fprintf(stderr, "stress_s3_faults: no client: %s\n", error.message);
    exit(3);
}

static hr_s3_client *connect_plainly(hr_engine *engine, const struct fault_peer *peer) {
    return connect_to(engine, "http", fault_peer_port(peer),
                      (struct hr_s3_client_options){.anonymous = false});
}

static void under_faults(hr_engine *engine, unsigned operations) {
    static struct worker workers[THREADS];
    struct fault_peer *peer =
        fault_peer_start(&(struct fault_peer_options){.faults_percent = FAULTS_PERCENT});
    hr_s3_client *client = connect_plainly(engine, peer);
    run_workers(workers, client, peer, operations);
    const struct worker *sum = &workers[0];
    uint64_t ended = sum->ended[GET] + sum->ended[PUT] + sum->ended[CREATE];
    uint64_t good = sum->good[GET] + sum->good[PUT] + sum->good[CREATE];
    uint64_t received = fault_peer_requests(peer), faults = fault_peer_faults(peer);
    printf("%" PRIu64 " of %" PRIu64 " that may be repeated succeeded (%.4f %%), %" PRIu64
           " of %" PRIu64 " that may not; %" PRIu64 " requests received, %" PRIu64
           " of them failed (%.1f %%), %.3f attempts each\n",
           good, ended, 100 * (double)good / (double)ended, sum->good[POST], sum->ended[POST],
           received, faults, 100 * (double)faults / (double)received,
           (double)sum->attempts / (double)(ended + sum->ended[POST]));
    expect((ended - good) * SUCCESS_PART <= ended, "too many have failed", ended - good);
    expect(received <= sum->attempts, "the store received more than was counted", received);
    expect(received >= ended + sum->ended[POST], "the store received less than succeeded",
           received);
    hr_s3_client_close(client, NULL, NULL);
    fault_peer_stop(peer);
}

/* Everything is refused: retries end with their quota. */
static void outage(hr_engine *engine) {
    static struct worker workers[THREADS];
    struct fault_peer *peer =
        fault_peer_start(&(struct fault_peer_options){.refusal = FAULT_PEER_SLOW_DOWN});
    hr_s3_client *client = connect_plainly(engine, peer);
    run_workers(workers, client, peer, OUTAGE);
    uint64_t received = fault_peer_requests(peer);
    printf("outage: %" PRIu64 " requests received for %d operations\n", received, OUTAGE);
    expect(received >= OUTAGE, "not all were tried", received);
    expect(received <= OUTAGE + QUOTA / THROTTLED_COST, "the quota is exceeded", received);
    hr_s3_client_close(client, NULL, NULL);
    fault_peer_stop(peer);
}

/* ---- What the second attempt puts right. */

static unsigned attempts_of(hr_s3_client *client, unsigned key) {
    struct operation operation = {.kind = key % 2 ? PUT : GET, .key = key};
    if (start(client, &operation) < 0) fail("refused", &operation);
    if (hr_wait(&operation.u.request) < 0) fail("not put right", &operation);
    if (operation.kind == GET) check_bytes(&operation);
    return operation.u.request.attempts;
}

static void second_attempt(hr_engine *engine, const char *what,
                           const struct fault_peer_options *refusal,
                           struct hr_s3_client_options options) {
    struct fault_peer *peer = fault_peer_start(refusal);
    hr_s3_client *client = connect_to(engine, "http", fault_peer_port(peer), options);
    unsigned first = attempts_of(client, 1), later = 0;
    for (unsigned i = 2; i <= CALM_REQUESTS; i++) later += attempts_of(client, i);
    printf("%s: %u attempts, then %u for %d\n", what, first, later, CALM_REQUESTS - 1);
    expect(first == 2, "attempts of the first", first);
    expect(later == CALM_REQUESTS - 1, "attempts of the others", later);
    hr_s3_client_close(client, NULL, NULL);
    fault_peer_stop(peer);
}

static int fetch(void *user, struct hr_s3_credentials_fetch *question) {
    unsigned *fetches = user;
    const char *token = (*fetches)++ ? "new" : "old";
    const struct hr_s3_credentials credentials = {.access_key = hr_slice_of("AKIDSTRESS"),
                                                  .secret_key = hr_slice_of("kept quiet"),
                                                  .session_token = hr_slice_of(token)};
    question->on_done(question, 0, &credentials);
    return 0;
}

static void refusals(hr_engine *engine) {
    struct hr_s3_client_options plain = {.anonymous = false};
    unsigned fetches = 0;
    const struct hr_s3_credentials_provider provider = {
        .name = "stress", .user = &fetches, .fetch = fetch};
    second_attempt(
        engine, "a clock 20 minutes ahead",
        &(struct fault_peer_options){.refusal = FAULT_PEER_CLOCK, .clock_offset_s = SKEW_S}, plain);
    second_attempt(
        engine, "a clock 20 minutes behind",
        &(struct fault_peer_options){.refusal = FAULT_PEER_CLOCK, .clock_offset_s = -SKEW_S},
        plain);
    second_attempt(engine, "another region",
                   &(struct fault_peer_options){.refusal = FAULT_PEER_REGION}, plain);
    second_attempt(engine, "a token that has expired",
                   &(struct fault_peer_options){.refusal = FAULT_PEER_TOKEN},
                   (struct hr_s3_client_options){.credentials = &provider});
    expect(fetches == 2, "credentials were asked for so often", fetches);
}

/* ---- Redirects. */

/* Neither another host nor plain HTTP is asked, over the scheme that the client speaks. */
static void redirect(hr_engine *engine, bool tls) {
    struct fault_peer *stranger = fault_peer_start(&(struct fault_peer_options){.location = NULL});
    char location[64];
    snprintf(location, sizeof location, "http://localhost:%u/bucket/1", fault_peer_port(stranger));
    struct fault_peer *peer = fault_peer_start(
        &(struct fault_peer_options){.refusal = FAULT_PEER_REDIRECTS, .location = location});
    struct tls_cert cert = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "front", .alt_names = "IP:127.0.0.1", .ca = true});
    const struct tls_front_plan plan = {cert.pem, cert.key_pem, fault_peer_port(peer), false};
    struct tls_front *front = tls ? tls_front_start(&plan) : NULL;
    char *trust = tls_file("trust", cert.pem);
    hr_s3_client *client = connect_to(engine, tls ? "https" : "http",
                                      tls ? tls_front_port(front) : fault_peer_port(peer),
                                      (struct hr_s3_client_options){.http.tls.ca_file = trust});
    struct operation operation = {.kind = GET, .key = 1};
    if (start(client, &operation) < 0) fail("refused", &operation);
    expect(hr_wait(&operation.u.request) < 0, "a redirect was followed", 0);
    hr_s3_client_close(client, NULL, NULL);
    printf("a redirect over %s: %" PRIu64 " requests with credentials, the stranger has %" PRIu64
           " connections\n",
           tls ? "TLS" : "plain HTTP", fault_peer_signed(peer), fault_peer_connections(stranger));
    expect(fault_peer_signed(peer) > 0, "nobody has asked the store", 0);
    expect(fault_peer_connections(stranger) == 0, "the stranger was asked",
           fault_peer_connections(stranger));
    if (front) tls_front_stop(front);
    free(trust);
    tls_cert_deinit(&cert);
    fault_peer_stop(peer);
    fault_peer_stop(stranger);
}

int main(int count, char **words) {
    unsigned operations = count > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 10000;
    hr_engine *engine;
    struct hr_error error = {0};
    const struct hr_engine_options options = {.reactors = 2};
    if (operations < THREADS || operations >= FAULT_PEER_KEYS) return 2;
    if (hr_engine_new(&options, &error, &engine) < 0) {
        fprintf(stderr, "stress_s3_faults: %s\n", error.message);
        return 3;
    }
    unsetenv("AWS_CA_BUNDLE");
    under_faults(engine, operations);
    refusals(engine);
    redirect(engine, false);
    redirect(engine, true);
    outage(engine);
    hr_engine_close(engine, NULL, NULL);
    return 0;
}
