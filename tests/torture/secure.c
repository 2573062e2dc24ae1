/* HTTPS from one engine to itself, by a name that a name server of another process knows. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_certs.h"
#include "torture_scenario.h"

#define HOST       "secure.test"
#define BODY_BYTES 200000u
#define TIMEOUT_MS 8000

static char body[BODY_BYTES];
static struct tls_cert ca, leaf;
static char *certificate_file, *key_file;
static uint16_t name_server_port;
static pid_t name_server;

/* ---- The name server. */

#define HEADER_BYTES 12
#define QUESTION_BYTES                                                                             \
    (sizeof HOST + 1 + 4) /* labels with their lengths, the root, type, class                      \
                           */
#define TYPE_A 1

/* Every question is for HOST: A is 127.0.0.1, anything else has no data. */
static size_t answer(unsigned char *message, size_t size) {
    static const unsigned char record[] = {0xc0, HEADER_BYTES, 0, TYPE_A, 0,   1, 0, 0,
                                           0,    60,           0, 4,      127, 0, 0, 1};
    if (size < HEADER_BYTES + QUESTION_BYTES) return 0;
    bool is_a = message[HEADER_BYTES + QUESTION_BYTES - 3] == TYPE_A;
    message[2] = 0x85; /* an authoritative answer */
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    size = HEADER_BYTES + QUESTION_BYTES;
    if (!is_a) return size;
    message[7] = 1;
    memcpy(message + size, record, sizeof record);
    return size + sizeof record;
}

static void serve(int fd) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        unsigned char message[512 + 64];
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_size);
        if (size == 0) _exit(0); /* secure_end */
        size_t answered = size > 0 ? answer(message, (size_t)size) : 0;
        if (answered) sendto(fd, message, answered, 0, (struct sockaddr *)&from, from_size);
    }
}

static int start_name_server(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return -1;
    name_server_port = ntohs(address.sin_port);
    name_server = fork();
    if (name_server == 0) serve(fd);
    close(fd);
    return name_server < 0 ? -1 : 0;
}

int secure_prepare(void) {
    for (unsigned i = 0; i < BODY_BYTES; i++) body[i] = (char)('a' + i % 23 + i / 4096 % 3);
    ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "test CA", .ca = true});
    leaf = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "leaf", .alt_names = "DNS:" HOST, .issuer = &ca});
    certificate_file = tls_file("leaf.pem", leaf.pem);
    key_file = tls_file("leaf.key", leaf.key_pem);
    return start_name_server();
}

int secure_end(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(name_server_port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int status, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sendto(fd, "", 0, 0, (struct sockaddr *)&address, sizeof address);
    close(fd);
    if (waitpid(name_server, &status, 0) != name_server || !WIFEXITED(status)) return -1;
    free(certificate_file);
    free(key_file);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
    return WEXITSTATUS(status);
}

/* ---- Server and client. */

static bool holds;                      /* a step wants the next exchange */
static hr_http_exchange *held_exchange; /* NULL: none is held */

static int respond(hr_http_exchange *exchange) {
    struct hr_http_field type = {hr_slice_of("Content-Type"), hr_slice_of("text/plain")};
    struct hr_http_response response = {.status = 200,
                                        .fields = &type,
                                        .field_count = 1,
                                        .body = hr_source_bytes(body, BODY_BYTES),
                                        .close = true};
    return hr_http_exchange_respond(exchange, &response);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    if (!holds) {
        respond(exchange);
        return;
    }
    holds = false;
    hr_http_exchange_hold(exchange);
    held_exchange = exchange;
}

int secure_open(struct subject *subject, struct hr_error *error) {
    const struct hr_http_server_options served = {
        .on_request = on_request,
        .tls = {.certificate_file = certificate_file, .key_file = key_file}};
    char name_servers[32];
    snprintf(name_servers, sizeof name_servers, "127.0.0.1:%u", name_server_port);
    const struct hr_http_client_options asking = {
        .pool.connections_max = CONNECTIONS_MAX,
        .no_breaker = true, /* the steps after a fault are to go through */
        .resolver = {.nameservers = name_servers, .search = "", .hosts_file = ""},
        .tls = {.ca_pem = hr_slice_of(ca.pem)}};
    int result = hr_http_server_new(subject->engine, &served, error, &subject->secure_server);
    return result < 0 ? result
                      : hr_http_client_new(subject->engine, &asking, error, &subject->http);
}

/* A TLS connection that ends holds its buffers until close_notify has gone. */
void secure_settle(struct subject *subject) {
    struct hr_engine_metrics now;
    for (int i = 0; i < 100; i++) {
        hr_engine_metrics_get(subject->engine, &now);
        if (now.budget_used_bytes == 0) return;
        hr_engine_poll(subject->engine, 10);
    }
}

/* Outside of the reactor's calls: it is copied and posted. */
static void respond_to_held(void) {
    if (!held_exchange) return;
    int result = respond(held_exchange);
    if (result && result != -ENOMEM)
        torture_failed("a posted response is refused: %s", hr_error_name(result));
    hr_http_exchange_release(held_exchange);
    held_exchange = NULL;
}

static void note_done(struct hr_request *request) {
    *(bool *)request->user = true;
}

static int get(struct subject *subject, bool posted, struct hr_error *error) {
    char url[64];
    bool done = false;
    struct hr_buffer buffer = {.data = NULL};
    snprintf(url, sizeof url, "https://" HOST ":%u/", hr_http_server_port(subject->secure_server));
    struct hr_http_request get = {
        .request = {.timeout_ms = TIMEOUT_MS, .on_done = posted ? note_done : NULL, .user = &done},
        .method = "GET",
        .url = url,
        .close = true,
        .sink = hr_sink_buffer(&buffer, 0)};
    holds = posted;
    int result = hr_http_request_start(subject->http, &get);
    if (result < 0) {
        hr_buffer_deinit(&buffer);
        return hr_error_set(error, result, "%s", hr_error_text(result));
    }
    if (!posted) hr_wait(&get.request);
    while (posted && !done) {
        hr_engine_poll(subject->engine, 10);
        respond_to_held();
    }
    holds = false;
    result = get.request.result;
    *error = get.request.error;
    if (result == 0 && (buffer.size != BODY_BYTES || memcmp(buffer.data, body, BODY_BYTES) != 0))
        torture_failed("HTTPS get: %zu bytes, and not the ones that are served", buffer.size);
    hr_buffer_deinit(&buffer);
    return result;
}

/* On a connection of its own, so that the second one resumes the first one's session. */
int secure_get(struct subject *subject, struct hr_error *error) {
    return get(subject, false, error);
}

int secure_posted(struct subject *subject, struct hr_error *error) {
    return get(subject, true, error);
}
