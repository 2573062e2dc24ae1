/* Every case of http1/cases through the public client over loopback, plain and over TLS: a server
 * on raw sockets sends its bytes whole, one byte a send (a record), and split at a seeded place.
 * Strict cases have to come out as written, choice ones in an accepted way and the same in all
 * three, disputed ones have to end. After each a second request has to succeed, over a new
 * connection where the case says so.
 *
 * usage: test_http_cases [NAME]  (only the cases whose name has it) */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>

#include "cases.h"
#include "http1_case.h"
#include "tls_certs.h"

#define WORKERS       24
#define CASE_LIMIT_MS 5000
#define HELD_MS       3000 /* how long a server that holds the connection would hold it */

enum mode { WHOLE, BYTES, SPLIT, MODES };
static const char *const mode_names[MODES] = {"whole", "byte by byte", "split"};

struct outcome {
    bool ok;
    int status;
    char *fields;
    struct hr_buffer body;
    char wrong[512]; /* empty: as the case wants it */
};

struct job {
    const struct http_case *test;
    struct outcome outcomes[MODES];
};

static hr_http_client *client;
static SSL_CTX *secured; /* NULL: plain */
static struct job *jobs;
static size_t job_count;
static atomic_size_t next_run;

/* ---- One request of the client. */

struct call {
    struct hr_http_request request;
    struct hr_buffer body;
    char url[64], interim[2048];
    FILE *fields_file;
    char *fields;
    size_t fields_size;
};

static int on_head(struct hr_http_request *request, const struct hr_http_head *head) {
    struct call *call = request->request.user;
    if (head->status < 200) {
        size_t at = strlen(call->interim);
        snprintf(call->interim + at, sizeof call->interim - at, "%d ", head->status);
        return 0;
    }
    for (size_t i = 0; i < head->field_count; i++)
        fprintf(call->fields_file, "%.*s: %.*s\n", (int)head->fields[i].name.size,
                head->fields[i].name.data, (int)head->fields[i].value.size,
                head->fields[i].value.data);
    return 0;
}

static void call_start(struct call *call, const char *method, uint16_t port) {
    memset(call, 0, sizeof *call);
    snprintf(call->url, sizeof call->url, "%s://127.0.0.1:%u/case", secured ? "https" : "http",
             port);
    call->fields_file = open_memstream(&call->fields, &call->fields_size);
    call->request = (struct hr_http_request){
        .request = {.user = call, .timeout_ms = CASE_LIMIT_MS},
        .method = method,
        .url = call->url,
        .sink = hr_sink_buffer(&call->body, 0),
        .on_head = on_head,
    };
    if (!call->fields_file || hr_http_request_start(client, &call->request)) abort();
}

static int call_wait(struct call *call) {
    int result = hr_wait(&call->request.request);
    fclose(call->fields_file);
    return result;
}

static void call_deinit(struct call *call) {
    hr_buffer_deinit(&call->body);
    free(call->fields);
}

/* ---- The server's side of it. */

static int listen_any(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 16) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

static bool readable(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, CASE_LIMIT_MS) == 1;
}

/* A connection; without `ssl` a plain one. */
struct wire {
    int fd; /* -1: none */
    SSL *ssl;
};

static struct wire accept_one(int listener) {
    int one = 1;
    struct timeval limit = {.tv_sec = CASE_LIMIT_MS / 1000};
    struct wire wire = {.fd = -1};
    if (!readable(listener)) return wire;
    wire.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (wire.fd < 0) return wire;
    setsockopt(wire.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(wire.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(wire.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!secured) return wire;
    wire.ssl = SSL_new(secured);
    if (!wire.ssl || SSL_set_fd(wire.ssl, wire.fd) != 1 || SSL_accept(wire.ssl) != 1)
        fprintf(stderr, "a handshake failed\n");
    ERR_clear_error();
    return wire;
}

static ssize_t wire_read(const struct wire *wire, char *data, size_t size) {
    if (!wire->ssl) return recv(wire->fd, data, size, 0);
    ERR_clear_error();
    return SSL_read(wire->ssl, data, (int)size);
}

static ssize_t wire_write(const struct wire *wire, const char *data, size_t size) {
    if (!wire->ssl) return send(wire->fd, data, size, MSG_NOSIGNAL);
    ERR_clear_error();
    return SSL_write(wire->ssl, data, (int)size);
}

static void wire_shutdown(const struct wire *wire, int how) {
    ERR_clear_error();
    if (wire->ssl) SSL_shutdown(wire->ssl);
    shutdown(wire->fd, how);
}

static void wire_close(struct wire *wire) {
    SSL_free(wire->ssl);
    if (wire->fd >= 0) close(wire->fd);
    *wire = (struct wire){.fd = -1};
}

/* Up to the blank line. False: the peer has gone. */
static bool read_head(const struct wire *wire) {
    char head[4096];
    size_t size = 0;
    while (size < sizeof head) {
        ssize_t got = wire_read(wire, head + size, sizeof head - size);
        if (got <= 0) return false;
        size += (size_t)got;
        if (memmem(head, size, "\r\n\r\n", 4)) return true;
    }
    return false;
}

static bool send_all(const struct wire *wire, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = wire_write(wire, data, size);
        if (sent <= 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* A send costs hundreds of times what its byte does, a record thousands. */
static size_t single_max(void) {
    return secured ? 8192 : 131072;
}

/* A client that has seen enough closes: then the rest need not be sent. */
static void send_case(const struct wire *wire, const struct http_case *test, enum mode mode) {
    if (mode == BYTES) {
        size_t single = test->size < single_max() ? test->size : single_max();
        for (size_t i = 0; i < single; i++)
            if (!send_all(wire, test->bytes + i, 1)) return;
        send_all(wire, test->bytes + single, test->size - single);
        return;
    }
    unsigned seed = (unsigned)test->size * 2654435761u;
    for (const char *at = test->name; *at; at++) seed = seed * 31 + (unsigned char)*at;
    size_t first = mode == SPLIT && test->size > 1 ? 1 + seed % (test->size - 1) : test->size;
    if (!send_all(wire, test->bytes, first) || first == test->size) return;
    /* The client gets the first part by itself, unless it is busier than this. */
    poll(NULL, 0, 10);
    send_all(wire, test->bytes + first, test->size - first);
}

/* Answers the second request, wherever it comes. 1: on the old connection. */
static int serve_second(int listener, const struct wire *old, bool can_answer) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nb";
    uint64_t end = hr_clock_monotonic_ns() + (uint64_t)CASE_LIMIT_MS * 1000000;
    int on_old = 0, old_fd = old->fd;
    while (hr_clock_monotonic_ns() < end) {
        struct pollfd fds[2] = {{.fd = listener, .events = POLLIN},
                                {.fd = old_fd, .events = POLLIN}};
        if (poll(fds, 2, CASE_LIMIT_MS) <= 0) break;
        if (fds[1].revents) {
            bool asked = read_head(old);
            on_old |= asked;
            if (asked && can_answer) {
                send_all(old, answer, sizeof answer - 1);
                return on_old;
            }
            /* Behind our FIN nothing can be answered: the client has to ask again elsewhere. */
            wire_shutdown(old, SHUT_RDWR);
            old_fd = -1;
        } else if (fds[0].revents) {
            struct wire wire = accept_one(listener);
            if (wire.fd >= 0 && read_head(&wire)) send_all(&wire, answer, sizeof answer - 1);
            wire_close(&wire);
            return on_old;
        }
    }
    return on_old;
}

/* ---- One case in one mode. */

static void judge_first(const struct http_case *test, struct call *call, int result, uint64_t ms,
                        struct outcome *out) {
    struct http_seen seen = {
        .ok = result == 0,
        .status = call->request.status,
        .body = call->body.data,
        .body_size = call->body.size,
        .fields = call->fields,
        .interim = call->interim,
    };
    out->ok = seen.ok;
    out->status = seen.ok ? seen.status : 0;
    out->fields = strdup(seen.ok ? call->fields : "");
    out->body = call->body;
    memset(&call->body, 0, sizeof call->body);
    const char *wrong = http_case_grade(test, &seen);
    if (ms >= (test->held ? HELD_MS : CASE_LIMIT_MS)) wrong = "did not end in time";
    if (wrong)
        snprintf(out->wrong, sizeof out->wrong, "%s (%s, status %d, %zu bytes: %s)", wrong,
                 hr_error_name(result), seen.status, seen.body_size,
                 call->request.request.error.message);
}

static void judge_second(const struct http_case *test, const struct outcome *first,
                         struct call *call, int result, bool on_old, struct outcome *out) {
    const char *wrong = NULL;
    int reuse = http_case_reuse(test);
    if (!test->strict && !test->choice) return;
    if (result || call->request.status != 200 || call->body.size != 1 || call->body.data[0] != 'b')
        wrong = "the request behind it failed";
    else if (on_old && (reuse == 0 || !first->ok))
        wrong = "the connection was used again";
    else if (reuse == 1 && first->ok && test->held && !call->request.connection.reused)
        wrong = "the connection was not used again";
    if (wrong && !*out->wrong)
        snprintf(out->wrong, sizeof out->wrong, "%s (%s: %s)", wrong, hr_error_name(result),
                 call->request.request.error.message);
}

static void run(const struct http_case *test, enum mode mode, struct outcome *out) {
    struct call call;
    uint16_t port;
    int listener = listen_any(&port);
    uint64_t start = hr_clock_monotonic_ns();
    call_start(&call, test->method, port);
    struct wire wire = accept_one(listener);
    if (wire.fd >= 0 && read_head(&wire)) {
        send_case(&wire, test, mode);
        if (!test->held) wire_shutdown(&wire, SHUT_WR);
    }
    int result = call_wait(&call);
    judge_first(test, &call, result, (hr_clock_monotonic_ns() - start) / 1000000, out);
    call_deinit(&call);

    call_start(&call, "GET", port);
    int on_old = serve_second(listener, &wire, test->held);
    result = call_wait(&call);
    judge_second(test, out, &call, result, on_old, out);
    call_deinit(&call);
    wire_close(&wire);
    close(listener);
}

static void *work(void *unused) {
    size_t index;
    while ((index = atomic_fetch_add(&next_run, 1)) < job_count * MODES) {
        struct job *job = &jobs[index / MODES];
        run(job->test, (enum mode)(index % MODES), &job->outcomes[index % MODES]);
    }
    OPENSSL_thread_stop();
    return unused;
}

/* ---- The whole. */

static bool same(const struct outcome *a, const struct outcome *b) {
    return a->ok == b->ok && a->status == b->status && strcmp(a->fields, b->fields) == 0 &&
           (!a->ok ||
            (a->body.size == b->body.size &&
             (a->body.size == 0 || memcmp(a->body.data, b->body.data, a->body.size) == 0)));
}

/* Whether the case came out as it should; says where not. */
static bool report(const struct job *job) {
    const char *name = job->test->name;
    bool good = true;
    for (int mode = 0; mode < MODES; mode++) {
        const struct outcome *outcome = &job->outcomes[mode];
        if (*outcome->wrong)
            fprintf(stderr, "%s, %s: %s\n", name, mode_names[mode], outcome->wrong);
        good &= !*outcome->wrong;
        bool graded = job->test->strict || job->test->choice;
        if (graded && mode > 0 && !same(outcome, &job->outcomes[0])) {
            fprintf(stderr, "%s: another outcome %s than whole\n", name, mode_names[mode]);
            good = false;
        }
    }
    return good;
}

static void run_all(void) {
    pthread_t threads[WORKERS];
    next_run = 0;
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL)) abort();
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
}

static int summarise(void) {
    size_t all[3] = {0}, good[3] = {0};
    for (size_t i = 0; i < job_count; i++) {
        struct job *job = &jobs[i];
        size_t class = job->test->strict ? 0 : job->test->choice ? 1 : 2;
        all[class]++;
        good[class] += report(job);
        for (int mode = 0; mode < MODES; mode++) {
            free(job->outcomes[mode].fields);
            hr_buffer_deinit(&job->outcomes[mode].body);
            memset(&job->outcomes[mode], 0, sizeof job->outcomes[mode]);
        }
    }
    bool passed = good[0] == all[0] && good[1] == all[1] && good[2] == all[2];
    printf("%s: http1 cases, %s, whole, byte by byte, split: strict %zu of %zu, choice %zu of %zu, "
           "disputed ended %zu of %zu\n",
           passed ? "ok" : "fail", secured ? "TLS" : "plain", good[0], all[0], good[1], all[1],
           good[2], all[2]);
    return passed ? 0 : 1;
}

static int run_with(hr_engine *engine, const struct hr_http_client_options *options) {
    struct hr_error error;
    if (hr_http_client_new(engine, options, &error, &client)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    run_all();
    int failed = summarise();
    hr_http_client_close(client, NULL, NULL);
    return failed;
}

static int run_secured(hr_engine *engine) {
    struct tls_cert cert = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "peer", .alt_names = "IP:127.0.0.1", .ca = true});
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .retry.extra_stale_retry = true,
                                             .tls.ca_pem = hr_slice_of(cert.pem)};
    secured = SSL_CTX_new(TLS_server_method());
    if (!secured || SSL_CTX_use_cert_and_key(secured, cert.certificate, cert.key, NULL, 1) != 1)
        abort();
    int failed = run_with(engine, &options);
    SSL_CTX_free(secured);
    secured = NULL;
    tls_cert_deinit(&cert);
    return failed;
}

int main(int argc, char **argv) {
    json_t *cases = cases_load("http1/cases.given.jsonl");
    if (!cases) {
        printf("skip: http1 cases: there are none, set HR_CASES\n");
        return 77;
    }
    size_t total = json_array_size(cases);
    struct http_case *tests = calloc(total, sizeof *tests);
    jobs = calloc(total, sizeof *jobs);
    if (!tests || !jobs) abort();
    for (size_t i = 0; i < total; i++) {
        http_case_init(&tests[i], json_array_get(cases, i));
        if (argc < 2 || strstr(tests[i].name, argv[1])) jobs[job_count++].test = &tests[i];
    }
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    hr_engine *engine;
    if (hr_engine_new(&options, &error, &engine)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    /* A case is judged by its one answer; but the second request may meet the end of the first
     * one's connection. */
    const struct hr_http_client_options plain = {.retry.attempts_max = HR_NO_RETRY,
                                                 .retry.extra_stale_retry = true};
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    int failed = run_with(engine, &plain);
    failed |= run_secured(engine);
    hr_engine_close(engine, NULL, NULL);
    for (size_t i = 0; i < total; i++) http_case_deinit(&tests[i]);
    free(tests);
    free(jobs);
    json_decref(cases);
    return failed;
}
