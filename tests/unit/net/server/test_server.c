/* The HTTP server against raw sockets: what it answers, in which order, and that no client can hold
 * it. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <headrace/http_server.h>

#include "cases.h"
#include "needs_kernel.h"

#define BIG_SIZE (24u << 20)

static hr_engine *engine;
static hr_http_server *server;
static uint16_t port;
static char *big;
static int ends, ends_failed, last_end; /* atomic: what on_end told */
static int bodies, last_body;           /* atomic: what on_body told */
static unsigned reactors_seen;          /* atomic: a bit for each reactor that had a request */
static sem_t closed;

/* ---- The handler. */

struct work {
    hr_http_exchange *exchange;
    struct hr_task task;
    struct hr_timer timer;
    char *data;
    size_t size, capacity, pieces;
    bool lazy, pushed;
    struct iovec iov[3];
};

static void on_end(void *user, int result) {
    struct work *work = user;
    __atomic_store_n(&last_end, result, __ATOMIC_SEQ_CST);
    if (result < 0) __atomic_add_fetch(&ends_failed, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&ends, 1, __ATOMIC_SEQ_CST);
    free(work->data);
    free(work);
}

static void respond(struct work *work, int status, struct hr_source body) {
    struct hr_http_field type = {hr_slice_of("Content-Type"), hr_slice_of("text/plain")};
    struct hr_http_response response = {.status = status,
                                        .fields = &type,
                                        .field_count = 1,
                                        .body = body,
                                        .on_end = on_end,
                                        .user = work};
    cr_assert_eq(hr_http_exchange_respond(work->exchange, &response), 0);
    cr_assert_eq(hr_http_exchange_respond(work->exchange, &response), -EALREADY);
}

static void run_resume(struct hr_task *task) {
    struct work *work = (struct work *)((char *)task - offsetof(struct work, task));
    hr_http_exchange_resume(work->exchange);
}

/* A lazy one takes a few bytes and pushes back, each time. */
static ssize_t consume(void *user, const void *data, size_t size) {
    struct work *work = user;
    if (work->lazy) {
        work->pushed = !work->pushed;
        size_t wanted = work->pushed ? 0 : 1000;
        if (size > wanted) {
            size = wanted;
            work->task.run = run_resume;
            hr__reactor_defer(hr__reactor_current(), &work->task);
        }
        if (size == 0) return 0;
    }
    if (work->size + size > work->capacity) {
        work->capacity = (work->size + size) * 2;
        work->data = realloc(work->data, work->capacity);
    }
    memcpy(work->data + work->size, data, size);
    work->size += size;
    return (ssize_t)size;
}

static ssize_t consume_fail(void *user, const void *data, size_t size) {
    (void)user, (void)data, (void)size;
    return -EIO;
}

static void saw_body(hr_http_exchange *exchange, int result) {
    (void)exchange;
    __atomic_store_n(&last_body, result, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&bodies, 1, __ATOMIC_SEQ_CST);
}

static void echo(void *user, hr_http_exchange *exchange, int result) {
    struct work *work = user;
    saw_body(exchange, result);
    respond(work, 200, hr_source_bytes(work->data, work->size));
}

static void greet(void *user, hr_http_exchange *exchange, int result) {
    saw_body(exchange, result);
    respond(user, 200, hr_source_bytes("hello", 5));
}

/* Every second call pushes back; five pieces. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct work *work = user;
    work->pushed = !work->pushed;
    if (work->pushed) {
        work->task.run = run_resume;
        hr__reactor_defer(hr__reactor_current(), &work->task);
        return -EAGAIN;
    }
    if (work->pieces == 5) return 0;
    int size = snprintf(buffer, capacity, "piece %zu;", work->pieces++);
    return size;
}

static void run_later(struct hr_timer *timer) {
    struct work *work = (struct work *)((char *)timer - offsetof(struct work, timer));
    respond(work, 200, hr_source_bytes("later", 5));
}

static bool is(struct hr_slice text, const char *name) {
    return hr_slice_equal(text, hr_slice_of(name));
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct work *work = calloc(1, sizeof *work);
    work->exchange = exchange;
    struct hr_slice target = hr_http_exchange_target(exchange);
    struct hr_reactor *reactor = hr__reactor_current();
    __atomic_or_fetch(&reactors_seen, 1u << hr__reactor_index(reactor), __ATOMIC_SEQ_CST);
    if (is(target, "/echo") || is(target, "/lazy")) {
        work->lazy = is(target, "/lazy");
        hr_http_exchange_read(exchange, consume, echo, work);
    } else if (is(target, "/fail")) {
        hr_http_exchange_on_end(exchange, on_end, work);
        hr_http_exchange_read(exchange, consume_fail, NULL, work);
    } else if (is(target, "/big")) {
        respond(work, 200, hr_source_bytes(big, BIG_SIZE));
    } else if (is(target, "/vector")) {
        work->iov[0] = (struct iovec){"one,", 4};
        work->iov[2] = (struct iovec){"two", 3};
        respond(work, 200, hr_source_iovec(work->iov, 3));
    } else if (is(target, "/pieces")) {
        respond(work, 200, hr_source_producer(produce, NULL, work, HR_SIZE_UNKNOWN));
    } else if (is(target, "/later")) {
        work->timer.on_fire = run_later;
        hr__timer_start(reactor, &work->timer, hr__reactor_now(reactor) + 20000000);
    } else if (is(target, "/never")) {
        hr_http_exchange_on_end(exchange, on_end, work);
    } else if (is(target, "/empty")) {
        respond(work, 204, hr_source_none());
    } else if (is(target, "/injection")) {
        struct hr_http_field field = {hr_slice_of("X"), hr_slice_of("a\r\nb: c")};
        struct hr_http_response bad = {.status = 200, .fields = &field, .field_count = 1};
        cr_assert_eq(hr_http_exchange_respond(exchange, &bad), -EINVAL);
        bad = (struct hr_http_response){.status = 99};
        cr_assert_eq(hr_http_exchange_respond(exchange, &bad), -EINVAL);
        respond(work, 500, hr_source_none());
    } else if (is(target, "/hello") || !hr_http_exchange_has_body(exchange)) {
        respond(work, 200, hr_source_bytes("hello", 5));
    } else {
        hr_http_exchange_read(exchange, consume, greet, work);
    }
}

/* ---- The server's life. */

static void on_closed(void *user) {
    (void)user;
    sem_post(&closed);
}

static void start(struct hr_http_server_options options, unsigned reactors) {
    struct hr_error error = {0};
    struct hr_engine_options engine_options = {.reactors = reactors};
    int err = hr_engine_new(&engine_options, &error, &engine);
    cr_assert_eq(err, 0, "%s", error.message);
    options.on_request = on_request;
    err = hr_http_server_new(engine, &options, &error, &server);
    cr_assert_eq(err, 0, "%s", error.message);
    port = hr_http_server_port(server);
    cr_assert_neq(port, 0);
    sem_init(&closed, 0, 0);
    big = malloc(BIG_SIZE);
    for (size_t i = 0; i < BIG_SIZE; i++) big[i] = (char)(i * 7 + i / 255);
}

static void start_default(void) {
    start((struct hr_http_server_options){0}, 1);
}

static void stop(void) {
    hr_http_server_close(server, on_closed, NULL);
    while (sem_wait(&closed) < 0) {}
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.connections_open, 0);
    cr_assert_eq(metrics.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    free(big);
}

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- A client of its own: blocking, ten seconds of patience. */

static int dial_with(int receive_buffer) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0, "%s",
                 strerror(errno));
    return fd;
}

static int dial(void) {
    return dial_with(0);
}

/* False: the server has closed. */
static bool put(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static void say(int fd, const char *text) {
    cr_assert(put(fd, text, strlen(text)));
}

struct answer {
    int status;
    char head[4096];
    char *body;
    size_t size;
};

/* Exactly `size` bytes; fewer at the end of the connection. */
static size_t get(int fd, char *data, size_t size) {
    size_t at = 0;
    while (at < size) {
        ssize_t got = recv(fd, data + at, size - at, 0);
        cr_assert(got >= 0 || errno == ECONNRESET, "%s", strerror(errno));
        if (got <= 0) break;
        at += (size_t)got;
    }
    return at;
}

static size_t get_line(int fd, char *line, size_t capacity) {
    size_t at = 0;
    while (at + 1 < capacity && get(fd, line + at, 1) == 1)
        if (line[at++] == '\n') break;
    line[at] = '\0';
    return at;
}

static void append(struct answer *answer, int fd, size_t size) {
    answer->body = realloc(answer->body, answer->size + size + 1);
    cr_assert_eq(get(fd, answer->body + answer->size, size), size, "the body is short");
    answer->size += size;
    answer->body[answer->size] = '\0';
}

/* One response, framed by its head alone. False: the connection ended before it. */
static bool hear(int fd, struct answer *answer, bool head_request) {
    memset(answer, 0, sizeof *answer);
    size_t at = 0, line;
    while ((line = get_line(fd, answer->head + at, sizeof answer->head - at)) > 2) at += line;
    if (at == 0) return false;
    cr_assert_eq(sscanf(answer->head, "HTTP/1.1 %d ", &answer->status), 1, "%s", answer->head);
    if (head_request || answer->status < 200 || answer->status == 204) return true;
    const char *length = strcasestr(answer->head, "\r\ncontent-length:");
    if (length) {
        append(answer, fd, strtoul(length + 17, NULL, 10));
    } else if (strcasestr(answer->head, "\r\ntransfer-encoding: chunked")) {
        char text[64];
        size_t size;
        do {
            get_line(fd, text, sizeof text);
            size = strtoul(text, NULL, 16);
            append(answer, fd, size);
            get_line(fd, text, sizeof text);
        } while (size > 0);
    } else {
        char byte;
        while (get(fd, &byte, 1) == 1) {
            answer->body = realloc(answer->body, answer->size + 2);
            answer->body[answer->size++] = byte;
            answer->body[answer->size] = '\0';
        }
    }
    return true;
}

static void expect_answer(int fd, int status, const char *body) {
    struct answer answer;
    cr_assert(hear(fd, &answer, false), "closed instead of %d", status);
    cr_assert_eq(answer.status, status, "%s", answer.head);
    if (body) cr_assert_str_eq(answer.body ? answer.body : "", body);
    free(answer.body);
}

static void expect_end(int fd) {
    char byte;
    cr_assert_eq(get(fd, &byte, 1), 0, "the connection goes on");
    close(fd);
}

/* A whole conversation: one request, one status, the end. */
static void expect_refusal(const char *request, int status) {
    int fd = dial();
    say(fd, request);
    expect_answer(fd, status, NULL);
    expect_end(fd);
}

static void expect_alive(void) {
    int fd = dial();
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 200, "hello");
    close(fd);
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int64_t give_up = now_ms() + 10000;                                                        \
        while (!(condition)) {                                                                     \
            cr_assert_lt(now_ms(), give_up, "never happened: %s", #condition);                     \
            poll(NULL, 0, 1);                                                                      \
        }                                                                                          \
    } while (0)
#define SEEN(counter) __atomic_load_n(&(counter), __ATOMIC_SEQ_CST)

/* ---- Requests and responses. */

Test(http_server, keeps_the_connection) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    for (int i = 0; i < 10; i++) {
        say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        expect_answer(fd, 200, "hello");
        say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
        expect_answer(fd, 200, "body");
    }
    close(fd);
    UNTIL(SEEN(ends) == 20);
    cr_assert_eq(ends_failed, 0);
    stop();
}

Test(http_server, head_of_a_response) {
    NEEDS_KERNEL("a raw peer");
    struct answer answer;
    start_default();
    int fd = dial();
    say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert(strstr(answer.head, "HTTP/1.1 200 OK\r\n"));
    cr_assert(strcasestr(answer.head, "\r\ndate: "));
    cr_assert(strcasestr(answer.head, "\r\ncontent-length: 5\r\n"));
    cr_assert(strcasestr(answer.head, "\r\ncontent-type: text/plain\r\n"));
    cr_assert_null(strcasestr(answer.head, "\r\nconnection:"));
    free(answer.body);
    say(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(hear(fd, &answer, true));
    cr_assert(strcasestr(answer.head, "\r\ncontent-length: 5\r\n"));
    say(fd, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert_eq(answer.status, 204);
    cr_assert_null(strcasestr(answer.head, "\r\ncontent-length:"));
    say(fd, "GET /injection HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 500, "");
    say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert(strcasestr(answer.head, "\r\nconnection: close\r\n"));
    free(answer.body);
    expect_end(fd);
    stop();
}

Test(http_server, bodies_of_every_kind) {
    NEEDS_KERNEL("a raw peer");
    struct answer answer;
    start_default();
    int fd = dial();
    say(fd, "GET /vector HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 200, "one,two");
    say(fd, "GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 200, "piece 0;piece 1;piece 2;piece 3;piece 4;");
    say(fd, "HEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(hear(fd, &answer, true));
    say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert_eq(answer.size, BIG_SIZE);
    cr_assert_arr_eq(answer.body, big, BIG_SIZE);
    free(answer.body);
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 200, "later");
    close(fd);
    /* HTTP/1.0 knows no chunks: the end of the connection ends the body. */
    fd = dial();
    say(fd, "GET /pieces HTTP/1.0\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert_null(strcasestr(answer.head, "chunked"));
    cr_assert_str_eq(answer.body, "piece 0;piece 1;piece 2;piece 3;piece 4;");
    free(answer.body);
    close(fd);
    stop();
}

Test(http_server, chunked_requests_whole_and_byte_by_byte) {
    NEEDS_KERNEL("a raw peer");
    static const char request[] = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                                  "\r\n4\r\nWiki\r\n6;ext=\"v\"\r\npedia \r\nE\r\nin \r\n\r\nchunks"
                                  ".\r\n0\r\nTrailer: x\r\n\r\n";
    start_default();
    int fd = dial(), one = 1;
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
    say(fd, request);
    expect_answer(fd, 200, "Wikipedia in \r\n\r\nchunks.");
    for (size_t i = 0; i < sizeof request - 1; i++) cr_assert(put(fd, request + i, 1));
    expect_answer(fd, 200, "Wikipedia in \r\n\r\nchunks.");
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect_answer(fd, 200, "");
    close(fd);
    cr_assert_eq(last_body, 0);
    stop();
}

/* botocore mistakes a final answer in place of 100 for the next one's, too. */
Test(http_server, expectation_of_an_empty_body_is_answered) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
    expect_answer(fd, 100, NULL);
    expect_answer(fd, 200, "");
    close(fd);
    stop();
}

Test(http_server, pipelined_requests_are_answered_in_order) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    char text[8192];
    size_t size = 0;
    for (int i = 0; i < 40; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 i % 3 == 0   ? "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
                                 : i % 3 == 1 ? "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                                              : "POST /lazy HTTP/1.1\r\nHost: x\r\n"
                                                "Content-Length: 7\r\n\r\nbody %02d",
                                 i);
    cr_assert(put(fd, text, size));
    shutdown(fd, SHUT_WR); /* a client may end its side and read on */
    for (int i = 0; i < 40; i++) {
        char body[32];
        snprintf(body, sizeof body, "body %02d", i);
        expect_answer(fd, 200, i % 3 == 0 ? "later" : i % 3 == 1 ? "hello" : body);
    }
    expect_end(fd);
    stop();
}

Test(http_server, head_and_part_of_its_body_in_one_piece) {
    NEEDS_KERNEL("a raw peer");
    struct hr_engine_metrics metrics;
    start_default();
    int fd = dial();
    static const char part[] = "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf";
    say(fd, part);
    UNTIL((hr_engine_metrics_get(engine, &metrics), metrics.bytes_received == sizeof part - 1));
    say(fd, "half");
    expect_answer(fd, 200, "halfhalf");
    close(fd);
    stop();
}

Test(http_server, consumer_that_pushes_back_gets_all) {
    NEEDS_KERNEL("a raw peer");
    enum { SIZE = 300000 };
    struct answer answer;
    start_default();
    int fd = dial();
    say(fd, "PUT /lazy HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n");
    cr_assert(put(fd, big, SIZE));
    cr_assert(hear(fd, &answer, false));
    cr_assert_eq(answer.size, SIZE);
    cr_assert_arr_eq(answer.body, big, SIZE);
    free(answer.body);
    close(fd);
    stop();
}

Test(http_server, continues_when_the_handler_reads) {
    NEEDS_KERNEL("a raw peer");
    struct answer answer;
    start_default();
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    expect_answer(fd, 100, NULL);
    say(fd, "ok");
    expect_answer(fd, 200, "ok");
    /* Answered without reading: no 100, and the connection cannot go on. */
    say(fd, "PUT /hello HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert_eq(answer.status, 200);
    cr_assert(strcasestr(answer.head, "\r\nconnection: close\r\n"));
    free(answer.body);
    expect_end(fd);
    expect_refusal("PUT / HTTP/1.1\r\nHost: x\r\nExpect: miracle\r\nContent-Length: 2\r\n\r\n",
                   417);
    stop();
}

Test(http_server, body_that_nobody_reads_is_dropped_within_a_limit) {
    NEEDS_KERNEL("a raw peer");
    struct answer answer;
    start_default();
    int fd = dial();
    say(fd, "PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
    cr_assert(put(fd, big, 200000));
    expect_answer(fd, 200, "hello");
    say(fd, "PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
    cr_assert(hear(fd, &answer, false));
    cr_assert(strcasestr(answer.head, "\r\nconnection: close\r\n"));
    free(answer.body);
    put(fd, big, 20000000); /* the client sees the end of it, one way or the other */
    char byte;
    cr_assert_eq(get(fd, &byte, 1), 0);
    close(fd);
    expect_alive();
    stop();
}

/* ---- Refusals. */

Test(http_server, malformed_requests_are_refused_by_number) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: x\n\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"get / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"X!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"DESCRIBE / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"AMETHODTHATISLONGERTHANALLTHATARENAMED / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"FOO / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 501},
        {"FOO / HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n\r\n", 400},
        {"F(O / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505},
        {"GET / HTTPS/1.1\r\nHost: x\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413},
    };
    start_default();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_refusal(rows[i].request, rows[i].status);
    expect_alive();
    stop();
}

Test(http_server, good_requests_before_a_bad_one_are_answered) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd,
        "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n"
        "\r\n");
    expect_answer(fd, 200, "later");
    expect_answer(fd, 200, "hello");
    expect_answer(fd, 400, NULL);
    expect_end(fd);
    stop();
}

Test(http_server, heads_have_limits) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.head_bytes_max = 1000, .head_fields_max = 10}, 1);
    char request[3000];
    snprintf(request, sizeof request, "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", 1500, 0);
    expect_refusal(request, 414);
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nX: %0*d\r\n\r\n", 1500, 0);
    expect_refusal(request, 431);
    int size = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 10; i++)
        size += snprintf(request + size, sizeof request - (size_t)size, "A: b\r\n");
    snprintf(request + size, sizeof request - (size_t)size, "\r\n");
    expect_refusal(request, 431);
    /* Endless, without an end of line at all; the answer arrives although more is being sent. */
    int fd = dial();
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    cr_assert(put(fd, memset(request, 'a', sizeof request), sizeof request));
    expect_answer(fd, 431, NULL);
    close(fd);
    expect_alive();
    stop();
}

Test(http_server, bodies_have_limits) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.body_bytes_max = 1000}, 1);
    expect_refusal("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413);
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n");
    cr_assert(put(fd, big, 500));
    say(fd, "\r\n1f5\r\n");
    cr_assert(put(fd, big, 501));
    expect_answer(fd, 413, NULL);
    expect_end(fd);
    cr_assert_eq(SEEN(last_body), HR_ERR_HTTP_BODY_TOO_LARGE);
    UNTIL(SEEN(ends_failed) == 1);
    stop();
}

Test(http_server, chunk_extensions_have_limits) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1");
    char extension[1000];
    memset(extension, 'x', sizeof extension);
    extension[0] = ';';
    for (int i = 0; i < 1000 && put(fd, extension, sizeof extension); i++) {}
    struct answer answer;
    if (hear(fd, &answer, false)) cr_assert_eq(answer.status, 400);
    free(answer.body);
    close(fd);
    /* Many chunks, each mostly framing. */
    fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20000 && put(fd, "1;abcdefghijklmnopqrstuvwxyz=0123456789\r\nx\r\n", 44);
         i++) {}
    if (hear(fd, &answer, false)) cr_assert_eq(answer.status, 400);
    free(answer.body);
    close(fd);
    UNTIL(SEEN(ends) == 2);
    cr_assert_eq(SEEN(ends_failed), 2);
    stop();
}

/* ---- Time. */

Test(http_server, slow_head_is_answered_408) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.head_timeout_ms = 100}, 1);
    int fd = dial();
    int64_t begun = now_ms();
    say(fd, "GET / HT");
    expect_answer(fd, 408, NULL);
    cr_assert_geq(now_ms() - begun, 100);
    expect_end(fd);
    /* Bytes that keep coming do not help. */
    fd = dial();
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n");
    int sent = 0;
    struct pollfd readable = {fd, POLLIN, 0};
    while (poll(&readable, 1, 5) == 0 && sent++ < 2000) put(fd, "A", 1);
    expect_answer(fd, 408, NULL);
    close(fd);
    stop();
}

Test(http_server, idle_connection_is_closed_in_silence) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.idle_timeout_ms = 50}, 1);
    expect_end(dial());
    int fd = dial();
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(fd, 200, "hello");
    expect_end(fd);
    stop();
}

Test(http_server, stalled_body_ends) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.stall_timeout_ms = 100}, 1);
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    expect_end(fd);
    UNTIL(SEEN(ends_failed) == 1);
    cr_assert_eq(last_body, HR_ERR_STALL_TIMEOUT);
    cr_assert_eq(last_end, HR_ERR_STALL_TIMEOUT);
    stop();
}

Test(http_server, trickled_body_ends) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.stall_timeout_ms = 5000,
                                          .body_grace_ms = 200,
                                          .body_rate_min = 1000000},
          1);
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    struct pollfd readable = {fd, POLLIN, 0};
    int64_t begun = now_ms();
    while (poll(&readable, 1, 2) == 0 && now_ms() - begun < 5000) put(fd, "x", 1);
    cr_assert_lt(now_ms() - begun, 4000);
    close(fd);
    UNTIL(SEEN(ends_failed) == 1);
    stop();
}

Test(http_server, reader_that_does_not_read_is_cut_off) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.stall_timeout_ms = 200}, 1);
    int fd = dial_with(4096);
    say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    UNTIL(SEEN(ends) == 1);
    cr_assert_eq(SEEN(last_end), HR_ERR_STALL_TIMEOUT);
    close(fd);
    stop();
}

Test(http_server, pipeline_that_is_not_read_is_cut_off) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.stall_timeout_ms = 200}, 1);
    int fd = dial_with(4096);
    struct timeval impatience = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &impatience, sizeof impatience);
    static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    while (!SEEN(ends_failed) && put(fd, request, sizeof request - 1)) {}
    UNTIL(SEEN(ends_failed) == 1);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_lt(metrics.budget_peak_bytes, 16u << 20);
    close(fd);
    stop();
}

Test(http_server, slow_connections_do_not_hold_it) {
    NEEDS_KERNEL("a raw peer");
    enum { SLOW = 200 };
    int fds[SLOW];
    start((struct hr_http_server_options){0}, 2);
    for (int i = 0; i < SLOW; i++) {
        fds[i] = dial_with(i % 3 == 2 ? 4096 : 0);
        say(fds[i], i % 3 == 0   ? "GET / HTTP/1.1\r\nHost"
                    : i % 3 == 1 ? "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nab"
                                 : "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    int64_t begun = now_ms();
    for (int i = 0; i < 50; i++) expect_alive();
    cr_assert_lt(now_ms() - begun, 5000);
    for (int i = 0; i < SLOW; i++) close(fds[i]);
    stop();
}

/* ---- Limits of connections, and descriptors. */

Test(http_server, connections_over_the_limit_are_told) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){.connections_max = 2}, 1);
    int a = dial(), b = dial();
    say(a, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(a, 200, "hello");
    say(b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(b, 200, "hello");
    int c = dial();
    expect_answer(c, 503, NULL);
    expect_end(c);
    close(a);
    for (;;) { /* the place becomes free once the server has seen the end of `a` */
        struct answer answer;
        c = dial();
        static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        put(c, request, sizeof request - 1);
        cr_assert(hear(c, &answer, false));
        free(answer.body);
        close(c);
        if (answer.status == 200) break;
    }
    close(b);
    stop();
}

Test(http_server, goes_on_accepting_when_descriptors_are_back) {
    NEEDS_KERNEL("a raw peer");
    enum { LIMIT = 128 };
    /* io_uring takes the limit when the accept is armed: it has to stand before. */
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = LIMIT;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    start_default();
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fds[LIMIT], held = 0;
    while ((fds[held] = dup(client)) >= 0) held++;
    cr_assert_eq(errno, EMFILE);
    struct timeval patience = {10, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    say(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    struct pollfd readable = {client, POLLIN, 0};
    struct hr_engine_metrics one, two;
    hr_engine_metrics_get(engine, &one);
    cr_assert_eq(poll(&readable, 1, 200), 0, "nothing could be accepted");
    hr_engine_metrics_get(engine, &two);
    cr_assert_lt(two.turns - one.turns, 100, "it spins");
    while (held > 0) close(fds[--held]);
    expect_answer(client, 200, "hello");
    close(client);
    stop();
}

/* ---- Ends. */

Test(http_server, handler_hears_of_a_client_that_has_gone) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    struct linger abort_at_close = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    UNTIL(({
        struct hr_engine_metrics metrics;
        hr_engine_metrics_get(engine, &metrics);
        metrics.bytes_received > 0;
    }));
    close(fd);
    UNTIL(SEEN(ends) == 1);
    cr_assert_eq(last_end, -ECONNRESET);
    stop();
}

Test(http_server, truncated_body_is_told) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    close(fd);
    UNTIL(SEEN(ends) == 1);
    cr_assert_eq(last_body, HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(last_end, HR_ERR_HTTP_TRUNCATED);
    stop();
}

Test(http_server, consumer_that_fails_ends_the_connection) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "PUT /fail HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    expect_end(fd);
    UNTIL(SEEN(ends) == 1);
    cr_assert_eq(last_end, -EIO);
    stop();
}

Test(http_server, answer_is_read_although_the_client_sends_on) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        say(fd, "nonsense\r\n\r\n");
        put(fd, big, 100000); /* unread, these would make a close a reset */
        expect_answer(fd, 400, NULL);
        close(fd);
    }
    stop();
}

Test(http_server, close_lets_exchanges_end) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int idle = dial(), busy = dial();
    say(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_answer(idle, 200, "hello");
    uint64_t before;
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    before = metrics.bytes_received;
    say(busy, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    UNTIL((hr_engine_metrics_get(engine, &metrics), metrics.bytes_received > before));
    hr_http_server_close(server, on_closed, NULL);
    expect_answer(busy, 200, "later");
    expect_end(busy);
    expect_end(idle);
    while (sem_wait(&closed) < 0) {}
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    free(big);
}

Test(http_server, close_cuts_off_after_five_seconds) {
    NEEDS_KERNEL("a raw peer");
    start_default();
    int fd = dial();
    say(fd, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    struct hr_engine_metrics metrics;
    UNTIL((hr_engine_metrics_get(engine, &metrics), metrics.bytes_received > 0));
    int64_t begun = now_ms();
    stop();
    cr_assert_geq(now_ms() - begun, 4900);
    cr_assert_lt(now_ms() - begun, 9000);
    cr_assert_eq(last_end, -ESHUTDOWN);
    close(fd);
}

Test(http_server, options_are_judged) {
    struct hr_error error;
    struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0);
    static const char *const bad[] = {
        "nowhere",      "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",  "127.0.0.1:99999",
        "host.test:80", "[::1:80",   ":80",        "127.0.0.1:0:0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr_http_server_options server_options = {.listen = bad[i], .on_request = on_request};
        cr_assert_eq(hr_http_server_new(engine, &server_options, &error, &server), -EINVAL, "%s",
                     bad[i]);
        cr_assert(strstr(error.message, bad[i]));
    }
    struct hr_http_server_options none = {0};
    cr_assert_eq(hr_http_server_new(engine, &none, &error, &server), -EINVAL);
    struct hr_http_server_options later = {.on_request = on_request, .reserved[7] = 1};
    cr_assert_eq(hr_http_server_new(engine, &later, &error, &server), -EINVAL);
    cr_assert(strstr(error.message, "hr_http_server_options "), "%s", error.message);
    later = (struct hr_http_server_options){.on_request = on_request, .tls.reserved[3] = 1};
    cr_assert_eq(hr_http_server_new(engine, &later, &error, &server), -EINVAL);
    cr_assert(strstr(error.message, "hr_tls_server_options "), "%s", error.message);
    struct hr_http_server_options first = {.on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &first, &error, &server), 0);
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", hr_http_server_port(server));
    hr_http_server *second;
    first.listen = taken;
    cr_assert_eq(hr_http_server_new(engine, &first, &error, &second), -EADDRINUSE);
    hr_http_server_close(server, NULL, NULL);
    hr_http_server_close(NULL, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* A port is shared by the reactors of one server, and with nobody else. */
Test(http_server, port_of_several_reactors_is_its_own) {
    NEEDS_KERNEL("a raw peer");
    start((struct hr_http_server_options){0}, 2);
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    struct hr_http_server_options options = {.listen = taken, .on_request = on_request};
    struct hr_error error;
    hr_http_server *second;
    cr_assert_eq(hr_http_server_new(engine, &options, &error, &second), -EADDRINUSE);
    cr_assert(strstr(error.message, taken), "%s", error.message);
    /* Which reactor gets a connection is a hash: a thousand in a row on one would be no chance. */
    int asked = 0;
    for (; asked < 1000 && __atomic_load_n(&reactors_seen, __ATOMIC_SEQ_CST) != 3; asked++)
        expect_alive();
    cr_assert_lt(asked, 1000, "one of the reactors gets no connection");
    stop();
}

static void *ask_from_outside(void *user) {
    (void)user;
    for (int i = 0; i < 5; i++) expect_alive();
    hr_engine_stop(engine);
    return NULL;
}

Test(http_server, works_on_a_caller_driven_engine) {
    NEEDS_KERNEL("a raw peer");
    struct hr_error error;
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    struct hr_http_server_options server_options = {.on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &server_options, &error, &server), 0);
    port = hr_http_server_port(server);
    pthread_t thread;
    pthread_create(&thread, NULL, ask_from_outside, NULL);
    cr_assert_eq(hr_engine_run(engine), 0);
    pthread_join(thread, NULL);
    hr_http_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    cr_assert_eq(ends, 5);
}

/* ---- Other clients, and cases given. */

static void expect_shell(const char *command, const char *wanted) {
    char text[1024], got[4096] = "";
    snprintf(text, sizeof text, command, port);
    FILE *pipe = popen(text, "r");
    size_t size = fread(got, 1, sizeof got - 1, pipe);
    got[size] = '\0';
    cr_assert_eq(pclose(pipe), 0, "%s: %s", text, got);
    cr_assert_str_eq(got, wanted);
}

Test(http_server, curl_understands_it) {
    NEEDS_KERNEL("a client of another make");
    if (system("command -v curl >/dev/null") != 0) cr_skip_test("no curl");
    start_default();
    expect_shell("curl -sS --max-time 10 http://127.0.0.1:%u/hello", "hello");
    expect_shell("curl -sS --max-time 10 -d some=body http://127.0.0.1:%u/echo", "some=body");
    expect_shell("printf chunks | curl -sS --max-time 10 -T - http://127.0.0.1:%u/echo", "chunks");
    expect_shell("curl -sS --max-time 10 http://127.0.0.1:%u/pieces",
                 "piece 0;piece 1;piece 2;piece 3;piece 4;");
    expect_shell("curl -sS --max-time 10 -o /dev/null -w '%%{http_code} %%{size_download}' "
                 "http://127.0.0.1:%u/big",
                 "200 25165824");
    expect_shell("head -c 3000000 /dev/zero | curl -sS --max-time 10 -H 'Expect: 100-continue' "
                 "-o /dev/null -w '%%{http_code} %%{size_download}' -T - "
                 "http://127.0.0.1:%u/echo",
                 "200 3000000");
    stop();
}

Test(http_server, python_understands_it) {
    NEEDS_KERNEL("a client of another make");
    if (system("command -v python3 >/dev/null") != 0) cr_skip_test("no python3");
    start_default();
    expect_shell("python3 -c 'import http.client\n"
                 "c = http.client.HTTPConnection(\"127.0.0.1\", %u, timeout=10)\n"
                 "for i in range(5):\n"
                 "  c.request(\"POST\", \"/echo\", b\"x\" * i * 1000)\n"
                 "  assert c.getresponse().read() == b\"x\" * i * 1000\n"
                 "  c.request(\"PUT\", \"/lazy\", iter([b\"a\" * 5000, b\"b\"]),"
                 " encode_chunked=True)\n"
                 "  assert c.getresponse().read() == b\"a\" * 5000 + b\"b\"\n"
                 "  c.request(\"HEAD\", \"/big\")\n"
                 "  r = c.getresponse(); r.read()\n"
                 "  assert r.headers[\"Content-Length\"] == \"25165824\"\n"
                 "  c.request(\"GET\", \"/pieces\")\n"
                 "  assert c.getresponse().read().endswith(b\"piece 4;\")\n"
                 "print(\"fine\")'",
                 "fine\n");
    stop();
}

static size_t decode_base64(const char *text, char *out) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = 0;
    unsigned bits = 0, count = 0;
    for (; *text && *text != '='; text++) {
        bits = bits << 6 | (unsigned)(strchr(alphabet, *text) - alphabet);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out[size++] = (char)(bits >> count);
    }
    return size;
}

/* Sends the bytes and counts the answers below and above 400; the connection always ends. */
static void replay(const char *bytes, size_t size, bool bytewise, int *good, int *bad) {
    int fd = dial();
    *good = *bad = 0;
    for (size_t i = 0; bytewise && i < size; i++)
        if (!put(fd, bytes + i, 1)) break;
    if (!bytewise) put(fd, bytes, size);
    shutdown(fd, SHUT_WR);
    static char text[1 << 16];
    size_t got = get(fd, text, sizeof text - 1);
    text[got] = '\0';
    for (char *at = text; (at = strstr(at, "HTTP/1.1 ")); at += 9)
        strtol(at + 9, NULL, 10) < 400 ? ++*good : ++*bad;
    close(fd);
}

Test(http_server, llhttp_cases_given) {
    NEEDS_KERNEL("a raw peer");
    json_t *cases = cases_load("http1/llhttp-raw.given.jsonl");
    if (!cases) cr_skip_test("no cases");
    start_default();
    size_t index, seen = 0;
    json_t *each;
    json_array_foreach(cases, index, each) {
        const char *type = cases_text(each, "type");
        if (!type || strncmp(type, "request", 7) != 0) continue;
        const char *name = cases_text(each, "name"), *text = cases_text(each, "bytes_b64");
        char *bytes = malloc(strlen(text) + 1);
        size_t size = decode_base64(text, bytes);
        int good, bad, good_bytewise, bad_bytewise;
        replay(bytes, size, false, &good, &bad);
        replay(bytes, size, true, &good_bytewise, &bad_bytewise);
        cr_expect_eq(good, good_bytewise, "%s: %d, byte by byte %d", name, good, good_bytewise);
        cr_expect_eq(bad, bad_bytewise, "%s: %d, byte by byte %d", name, bad, bad_bytewise);
        cr_expect_leq(bad, 1, "%s", name);
        json_t *error = json_object_get(each, "error");
        bool refused = error && !json_is_null(error);
        if (strcmp(type, "request") == 0 && refused) {
            size_t complete = 0, at;
            json_t *message;
            json_array_foreach(json_object_get(each, "messages"), at, message) complete +=
                json_is_true(json_object_get(message, "complete"));
            cr_expect_leq((size_t)good, complete, "%s: more answers than requests", name);
        }
        free(bytes);
        seen++;
    }
    cr_expect_gt(seen, 50);
    expect_alive();
    json_decref(cases);
    stop();
}
