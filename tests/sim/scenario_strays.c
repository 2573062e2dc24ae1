/* Origins that send a response nobody asked for right behind another, in the same bytes, plain and
 * over TLS. It never becomes the response to the request that comes next: every request succeeds,
 * with its own bytes. TLS is the real one; everything in it has a fixed size, so that a seed stays
 * the same run although its keys do not. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <engine/socket.h>

#include "scenario.h"
#include "stream.h"
#include "tls_stream.h"

#define REQUESTS     120 /* a seed */
#define SIZE_SMALL   1500
#define SIZE_BUFFER  8151  /* with its head it fills a lent buffer, */
#define SIZE_RECORD  16342 /* a record of TLS */
#define HEAD_MAX     1024
#define STRAY_CHANCE 20000
#define PORT         8443

/* ---- The origin: a peer that is no server of ours, on one reactor of the second engine. */

static struct peer {
    struct scenario *scenario;
    hr_engine *engine;
    struct hr_reactor *reactor;
    struct hr_operation listener;
    struct hr_task start, stop;
    struct hr_tls_settings *settings;
    struct hr_tls_context *tls; /* NULL: plain */
    struct link *links;
    bool closing;
    unsigned open, strays;
} peer;

/* A connection to it. */
struct link {
    struct link *next;
    struct hr_stream *stream;
    size_t used;
    char head[HEAD_MAX];
    struct iovec response;
    bool writing, closing;
};

static void check_end(void) {
    if (!peer.closing || peer.links || peer.listener.fd >= 0 || !peer.open) return;
    hr__tls_context_free(peer.tls);
    hr__tls_settings_free(peer.settings);
    peer.tls = NULL;
    peer.settings = NULL;
    peer.open = 0;
}

static void close_link(struct link *link) {
    if (link->closing) return;
    link->closing = true;
    link->stream->vtable->close(link->stream);
}

static size_t put_response(char *out, unsigned size, bool stray) {
    size_t at =
        (size_t)snprintf(out, HEAD_MAX, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", size);
    for (unsigned i = 0; i < size; i++) out[at++] = stray ? '!' : scenario_byte(size, i);
    return at;
}

/* "GET /SIZE …": the response, and with luck one more. */
static void respond(struct link *link) {
    struct world *world = peer.scenario->world;
    unsigned size = (unsigned)strtoul(link->head + sizeof "GET /" - 1, NULL, 10);
    char *bytes = link->response.iov_base = malloc(SIZE_RECORD + SIZE_SMALL + 2 * HEAD_MAX);
    if (!bytes || size > SIZE_RECORD) abort();
    link->response.iov_len = put_response(bytes, size, false);
    if (world_chance(world, STRAY_CHANCE)) {
        unsigned other = (unsigned)world_below(world, SIZE_SMALL);
        link->response.iov_len += put_response(bytes + link->response.iov_len, other, true);
        sim_trace("peer: a stray response of %u bytes behind one of %u", other, size);
        peer.strays++;
    }
    link->writing = true;
    link->stream->vtable->write(link->stream, &link->response, 1);
}

static void take_head(struct link *link) {
    const char *end = memmem(link->head, link->used, "\r\n\r\n", 4);
    if (!end || link->writing || link->closing) return;
    size_t size = (size_t)(end + 4 - link->head);
    respond(link);
    memmove(link->head, link->head + size, link->used -= size);
}

static void on_connected(struct hr_stream *stream, int result) {
    struct link *link = stream->owner;
    if (result < 0)
        close_link(link);
    else
        stream->vtable->read_lent(stream);
}

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct link *link = stream->owner;
    if (size > sizeof link->head - link->used) oracle_finding("a head of more than %d", HEAD_MAX);
    memcpy(link->head + link->used, data, size);
    link->used += size;
    take_head(link);
    return size;
}

static void on_written(struct hr_stream *stream, int result) {
    struct link *link = stream->owner;
    free(link->response.iov_base);
    link->response.iov_base = NULL;
    link->writing = false;
    if (result < 0)
        close_link(link);
    else
        take_head(link);
}

static void on_end(struct hr_stream *stream, int result) {
    (void)result;
    close_link(stream->owner);
}

static void on_closed(struct hr_stream *stream) {
    struct link *link = stream->owner, **at = &peer.links;
    while (*at != link) at = &(*at)->next;
    *at = link->next;
    free(link->response.iov_base);
    free(link);
    check_end();
}

static const struct hr_stream_events events = {.on_connected = on_connected,
                                               .on_lent = on_lent,
                                               .on_end = on_end,
                                               .on_written = on_written,
                                               .on_closed = on_closed};

static void adopt(int fd) {
    struct link *link = calloc(1, sizeof *link);
    if (!link || hr__tcp_adopt(peer.reactor, fd, &events, link, &link->stream) < 0) abort();
    link->next = peer.links;
    peer.links = link;
    if (!peer.tls) {
        link->stream->vtable->read_lent(link->stream);
        return;
    }
    if (hr__tls_accept(peer.tls, link->stream, &events, link, &link->stream) < 0) abort();
    link->stream->vtable->connect(link->stream, NULL, 0);
}

static void close_listener(void) {
    peer.listener.kind = HR_OP_CLOSE;
    hr__operation_start(peer.reactor, &peer.listener);
}

static void on_accept(struct hr_operation *operation, const struct hr_completion *completion) {
    if (operation->kind == HR_OP_CLOSE) {
        operation->fd = -1;
        check_end();
        return;
    }
    if (completion->result >= 0) adopt(completion->result);
    if (!completion->more) close_listener();
}

static void run_start(struct hr_task *task) {
    (void)task;
    hr__operation_start(peer.reactor, &peer.listener);
}

static void run_stop(struct hr_task *task) {
    (void)task;
    peer.closing = true;
    for (struct link *each = peer.links; each; each = each->next) close_link(each);
    hr__operation_cancel(peer.reactor, &peer.listener);
}

/* ---- Its certificate: Ed25519, whose keys and signatures have one size. */

static void write_pem(char path[32], X509 *certificate, EVP_PKEY *key) {
    snprintf(path, 32, "/tmp/headrace-sim-XXXXXX");
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) abort();
    if (certificate) PEM_write_X509(file, certificate);
    if (key) PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

static void make_settings(void) {
    char certificate_path[32], key_path[32];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *certificate = X509_new();
    if (!key || !certificate) abort();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20000101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20990101000000Z");
    X509_set_pubkey(certificate, key);
    if (!X509_sign(certificate, key, NULL)) abort();
    write_pem(certificate_path, certificate, NULL);
    write_pem(key_path, NULL, key);
    struct hr_error error = {0};
    const struct hr_tls_server_options options = {
        .certificate_file = certificate_path, .key_file = key_path, .no_tickets = true};
    if (hr__tls_settings_new_server(&options, &error, &peer.settings) < 0 ||
        hr__tls_context_new(peer.settings, peer.reactor, &peer.tls) < 0)
        oracle_finding("no TLS for the peer: %s", error.message);
    unlink(certificate_path);
    unlink(key_path);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void open_peer(struct scenario *scenario) {
    peer = (struct peer){.scenario = scenario, .engine = scenario->world->engines[1].engine};
    peer.reactor = hr__engine_reactor(peer.engine, 0);
    if (scenario->tls) make_settings();
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    socklen_t size = sizeof *v4;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
    inet_pton(AF_INET, "10.0.0.1", &v4->sin_addr);
    int fd = hr__socket_listen(peer.engine, &address, &size, 64, HR_LISTEN_ALONE);
    if (fd < 0) oracle_finding("the peer does not listen: %s", hr_error_name(fd));
    peer.listener =
        (struct hr_operation){.kind = HR_OP_ACCEPT, .multi = true, .fd = fd, .on_event = on_accept};
    peer.start.run = run_start;
    peer.stop.run = run_stop;
    peer.open = 1;
    hr__reactor_post(peer.reactor, &peer.start);
}

static void close_peer(struct scenario *scenario) {
    hr__reactor_post(peer.reactor, &peer.stop);
    while (peer.open)
        if (!world_step(scenario->world)) oracle_finding("the peer never closes");
}

/* ---- The course. */

/* Where a response ends with a buffer or a record, what is behind it comes by itself. */
static unsigned any_size(struct world *world) {
    uint64_t luck = world_below(world, 4);
    if (luck > 1) return (unsigned)world_below(world, SIZE_SMALL);
    return luck ? SIZE_BUFFER : SIZE_RECORD;
}

static void run(struct scenario *scenario) {
    struct world *world = scenario->world;
    const struct hr_resolve_entry name = {.host = "peer.test", .address = "10.0.0.1"};
    scenario->tls = world_chance(world, 32768);
    open_peer(scenario);
    /* One connection, so that the next request waits for it. */
    const struct hr_http_client_options options = {.resolver.entries = &name,
                                                   .resolver.entry_count = 1,
                                                   .pool.connections_per_origin_max =
                                                       1 + (unsigned)world_below(world, 2),
                                                   .tls = {.insecure = true, .no_resumption = true},
                                                   .timeouts.pool_timeout_ms = HR_NO_TIMEOUT,
                                                   .timeout_ms = HR_NO_TIMEOUT,
                                                   .retry.attempts_max = 20,
                                                   .no_breaker = true};
    scenario_client_open(scenario, &options);
    const struct sim_faults faults = {.latency_us_max = 2000};
    sim_faults_set(&faults);
    uint64_t at_ns = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        char host[32];
        if (world_chance(world, 20000)) at_ns += world_below(world, 20 * WORLD_MS);
        snprintf(host, sizeof host, "peer.test:%d", PORT);
        scenario_shoot(scenario, host, any_size(world), at_ns);
    }
    world_run_until_done(world, &scenario->pending, "requests wait");
    scenario->tally->strays += peer.strays;
    close_peer(scenario);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded, %" PRIu64
           " responses that nobody asked for, %.3f attempts each\n",
           tally->succeeded, tally->requests, tally->strays,
           (double)tally->attempts / (double)tally->requests);
    return tally->succeeded == tally->requests && tally->strays > 0;
}

const struct scenario_kind scenario_strays = {.name = "strays", .run = run, .judge = judge};
