/* Bodies out: every kind of source, push-back, sources that lie. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

#define OK(size)  "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"
#define BODY_SIZE 300000

static char *pattern(size_t size) {
    char *data = malloc(size);
    for (size_t i = 0; i < size; i++) data[i] = (char)('a' + i * 7 % 26 + (i >> 12) % 3);
    return data;
}

static int file_with(const char *data, size_t size) {
    char path[] = "/tmp/headrace-test-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    cr_assert_eq(write(fd, data, size), (ssize_t)size);
    return fd;
}

struct producer {
    const char *data;
    size_t size, at, piece;
    int again; /* pushes back at every so many calls; 0: never */
    int calls, rewinds, fail_with;
    bool paused;
};

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct producer *producer = user;
    if (producer->fail_with && producer->at > 1000) return producer->fail_with;
    if (producer->again && ++producer->calls % producer->again == 0) {
        producer->paused = true;
        return -EAGAIN;
    }
    size_t left = producer->size - producer->at;
    size_t size = left < capacity ? left : capacity;
    if (producer->piece && size > producer->piece) size = producer->piece;
    memcpy(buffer, producer->data + producer->at, size);
    producer->at += size;
    return (ssize_t)size;
}

static int rewind_producer(void *user) {
    struct producer *producer = user;
    producer->at = 0;
    producer->rewinds++;
    return 0;
}

static const struct peer_script takes_all[] = {
    {{{PEER_HEAD}, {PEER_BODY, NULL, BODY_SIZE}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}};

/* What the peer received behind the last blank line is the body. */
static void check_received(struct fixture *f, const char *data, size_t size) {
    size_t all;
    const char *received = peer_received(f->peer, &all);
    cr_assert_geq(all, size);
    cr_assert_eq(memcmp(received + all - size, data, size), 0);
}

Test(http_send, iovec) {
    NEEDS_KERNEL("a raw peer");
    char *data = pattern(BODY_SIZE);
    struct iovec iov[60];
    size_t at = 0;
    for (int i = 0; i < 60; i++) {
        size_t size = i == 59 ? BODY_SIZE - at : i % 7 == 0 ? 0 : (size_t)(i * 131);
        iov[i] = (struct iovec){data + at, size};
        at += size;
    }
    struct fixture f;
    open_all(&f, NULL, takes_all, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_iovec(iov, 60);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.sent_bytes, BODY_SIZE);
        check_received(&f, data, BODY_SIZE);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
    free(data);
}

Test(http_send, file_from_an_offset) {
    NEEDS_KERNEL("a raw peer");
    char *data = pattern(BODY_SIZE + 10);
    int fd = file_with(data, BODY_SIZE + 10);
    struct fixture f;
    open_all(&f, NULL, takes_all, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_fd(fd, (struct hr_file_range){.offset = 10, .size = BODY_SIZE});
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.sent_bytes, BODY_SIZE);
        check_received(&f, data + 10, BODY_SIZE);
    }
    close(fd);
    close_all(&f);
    free(data);
}

static void resume_paused(struct fixture *f, struct hr_http_request *request,
                          struct producer *producer) {
    cr_assert_eq(hr_http_request_start(f->client, request), 0);
    struct hr_engine_metrics metrics;
    do {
        hr_engine_poll(f->engine, 10);
        if (producer->paused) {
            producer->paused = false;
            hr_resume(&request->request);
        }
        hr_engine_metrics_get(f->engine, &metrics);
    } while (metrics.in_progress > 0);
    cr_assert_eq(hr_wait(&request->request), 0, "%s", request->request.error.message);
}

Test(http_send, producer_of_known_size_pushes_back) {
    NEEDS_KERNEL("a raw peer");
    char *data = pattern(BODY_SIZE);
    for (int again = 0; again < 4; again++) {
        struct fixture f;
        open_all(&f, NULL, takes_all, 1);
        struct producer producer = {
            .data = data, .size = BODY_SIZE, .piece = 10007, .again = again == 1 ? 2 : again};
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_producer(produce, NULL, &producer, BODY_SIZE);
        resume_paused(&f, &request, &producer);
        cr_assert_eq(request.sent_bytes, BODY_SIZE);
        check_received(&f, data, BODY_SIZE);
        close_all(&f);
    }
    free(data);
}

Test(http_send, resume_before_the_push_back_is_not_lost) {
    NEEDS_KERNEL("a raw peer");
    char *data = pattern(BODY_SIZE);
    struct fixture f;
    open_all(&f, NULL, takes_all, 1);
    struct producer producer = {.data = data, .size = BODY_SIZE, .piece = BODY_SIZE, .again = 1};
    struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
    request.body = hr_source_producer(produce, NULL, &producer, BODY_SIZE);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    hr_resume(&request.request);
    producer.again = 0;
    cr_assert_eq(hr_wait(&request.request), 0);
    close_all(&f);
    free(data);
}

Test(http_send, producer_of_unknown_size_is_chunked) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script chunked[] = {{{{PEER_HEAD},
                                                   {PEER_BODY, NULL, 3 + 2 + 1 + 5 + 2 + 5 - 1},
                                                   {PEER_SEND, OK(0)},
                                                   {PEER_REPEAT}}}};
    static const struct peer_script empty[] = {
        {{{PEER_HEAD}, {PEER_BODY, NULL, 5}, {PEER_SEND, OK(0)}}}};
    struct fixture f;
    open_all(&f, NULL, chunked, 1);
    for (int i = 0; i < 2; i++) {
        struct producer producer = {.data = "01234567", .size = 7, .piece = 4};
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_producer(produce, NULL, &producer, HR_SIZE_UNKNOWN);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.sent_bytes, 7);
        cr_assert(strstr(peer_received(f.peer, NULL), "\r\nTransfer-Encoding: chunked\r\n"));
        cr_assert_null(strstr(peer_received(f.peer, NULL), "Content-Length"));
        cr_assert(strstr(peer_received(f.peer, NULL), "\r\n\r\n7\r\n0123456\r\n0\r\n\r\n"));
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
    open_all(&f, NULL, empty, 1);
    struct producer none = {.data = "", .size = 0};
    struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
    request.body = hr_source_producer(produce, NULL, &none, HR_SIZE_UNKNOWN);
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert(strstr(peer_received(f.peer, NULL), "\r\n\r\n0\r\n\r\n"));
    close_all(&f);
}

Test(http_send, sources_that_fail) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script drains[] = {{{{PEER_DRAIN}}}};
    char *data = pattern(5000);
    int fd = file_with(data, 5000);
    struct producer is_short = {.data = data, .size = 5000, .piece = 100};
    struct producer fails = {.data = data, .size = 5000, .piece = 100, .fail_with = -EILSEQ};
    const struct {
        struct hr_source source;
        int expected;
    } rows[] = {
        {hr_source_producer(produce, NULL, &is_short, 6000), HR_ERR_SOURCE_SHORT},
        {hr_source_producer(produce, NULL, &fails, 5000), -EILSEQ},
        {hr_source_fd(fd, (struct hr_file_range){.size = 6000}), HR_ERR_SOURCE_SHORT},
        {hr_source_fd(fd, (struct hr_file_range){.offset = 10000, .size = 1}), HR_ERR_SOURCE_SHORT},
        {hr_source_fd(9999, (struct hr_file_range){.size = 1}), -EBADF},
        {hr_source_fd(-1, (struct hr_file_range){.size = 1}), -EINVAL},
        {hr_source_producer(NULL, NULL, NULL, 1), -EINVAL},
        {hr_source_bytes(NULL, 1), -EINVAL},
    };
    struct fixture f;
    open_all(&f, NULL, drains, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = rows[i].source;
        cr_assert_eq(run(&f, &request), rows[i].expected, "row %zu: %s", i,
                     request.request.error.message);
        cr_assert_neq(request.request.error.message[0], 0);
    }
    close(fd);
    close_all(&f);
    free(data);
}

/* A connection that is lost under a body: repeated where the source can begin again. */
Test(http_send, rewinding) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_BODY, NULL, 1000}, {PEER_RESET}}},
        {{{PEER_HEAD}, {PEER_BODY, NULL, 5000}, {PEER_SEND, OK(0)}}}};
    char *data = pattern(5000);
    struct hr_http_client_options options = {.retry.attempts_max = 2};
    for (int i = 0; i < 2; i++) {
        struct producer producer = {.data = data, .size = 5000};
        struct fixture f;
        open_all(&f, &options, scripts, 2);
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body =
            hr_source_producer(produce, i == 0 ? rewind_producer : NULL, &producer, 5000);
        int result = run(&f, &request);
        if (i == 0) {
            cr_assert_eq(result, 0, "%s", request.request.error.message);
            cr_assert_eq(producer.rewinds, 1);
            cr_assert_eq(request.request.attempts, 2);
            check_received(&f, data, 5000);
        } else {
            cr_assert(result == -ECONNRESET || result == -EPIPE, "%d", result);
            cr_assert_eq(request.request.attempts, 1);
        }
        close_all(&f);
    }
    free(data);
}

/* A peer that reads nothing: the stall time-out, and memory that stays the caller's. */
Test(http_send, a_peer_that_does_not_read) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct hr_http_client_options options = {.timeouts.stall_timeout_ms = 100};
    struct fixture f;
    open_all(&f, &options, scripts, 1);
    size_t size = 32u << 20;
    char *data = calloc(1, size);
    struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
    request.body = hr_source_bytes(data, size);
    cr_assert_eq(run(&f, &request), HR_ERR_STALL_TIMEOUT, "%s", request.request.error.message);
    free(data);
    close_all(&f);
}

/* Not even with the code that means a read under way inside the library. */
static ssize_t produce_in_progress(void *user, void *buffer, size_t capacity) {
    (void)user, (void)buffer, (void)capacity;
    return -EINPROGRESS;
}

Test(http_send, every_code_of_a_producer_ends_the_request) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script scripts[] = {{{{PEER_DRAIN}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/"), .method = "PUT"};
    request.request.timeout_ms = 2000;
    request.body = hr_source_producer(produce_in_progress, NULL, NULL, 10);
    cr_assert_eq(run(&f, &request), -EINPROGRESS, "%s", request.request.error.message);
    close_all(&f);
}

/* An answer that is no error, before the body is through: the upload is not cut off, and the
 * connection serves again. */
Test(http_send, an_early_answer_does_not_end_the_upload) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_BODY, NULL, 8000000}, {PEER_REPEAT}}}};
    char *data = pattern(8000000);
    struct fixture f;
    open_all(&f, NULL, script, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_bytes(data, 8000000);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(request.sent_bytes, 8000000);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
    free(data);
}

/* The same over TLS: an error ends the sending and is the result; after another answer the rest is
 * sent, and the connection serves again. */
Test(http_send, early_answers_over_tls) {
    NEEDS_KERNEL("a raw peer");
    enum { SIZE = 64000000 };
    static const struct peer_script refuses[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"},
          {PEER_STALL}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    static const struct peer_script takes[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(3) "yes"}, {PEER_BODY, NULL, SIZE}, {PEER_REPEAT}}}};
    char *data = calloc(1, SIZE);
    for (int i = 0; i < 2; i++) {
        struct fixture f = {.peer = peer_start(i ? takes : refuses, i ? 1 : 2)};
        struct secure secure;
        secure_open(&secure, f.peer, false);
        open_secure(&f, (struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY});
        char memory[3];
        struct hr_http_request request = {.method = "PUT", .url = secure.url};
        request.body = hr_source_bytes(data, SIZE);
        request.sink = hr_sink_bytes(memory, sizeof memory);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, i ? 200 : 413);
        cr_assert_eq(memcmp(memory, i ? "yes" : "big", 3), 0);
        if (i)
            cr_assert_eq(request.sent_bytes, SIZE);
        else
            cr_assert_lt(request.sent_bytes, SIZE);
        struct hr_http_request next = {.url = secure.url};
        if (i) next.method = "PUT", next.body = hr_source_bytes(data, SIZE);
        cr_assert_eq(run(&f, &next), 0, "%s", next.request.error.message);
        cr_assert_eq(next.connection.reused, i == 1);
        close_all(&f);
        secure_close(&secure);
    }
    free(data);
}
