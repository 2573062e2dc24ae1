/* Encoded bodies into every kind of sink. They are encoded by zlib itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <headrace/encode.h>

#include "client_fixture.h"
#include "decode_vectors.h"
#include "needs_kernel.h"

#define SIZE 400000

/* Text that halves at best, so that many slices are made. */
static char *text_of(size_t size) {
    char *text = malloc(size);
    uint32_t random = 1;
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = "0123456789abcdef"[random >> 28];
    }
    return text;
}

struct encoded {
    char *answer; /* head and body */
    size_t size, body_size;
};

static struct encoded gzip(const char *text, size_t size, const char *framing) {
    struct encoded made = {.answer = malloc(size + 1000)};
    char *body = malloc(size + 500);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)size};
    stream.next_out = (Bytef *)body;
    stream.avail_out = (uInt)size + 500;
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    made.body_size = stream.total_out;
    deflateEnd(&stream);
    char line[80];
    snprintf(line, sizeof line, framing, made.body_size);
    int head = snprintf(made.answer, 500, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n%s", line);
    memcpy(made.answer + head, body, made.body_size);
    made.size = (size_t)head + made.body_size;
    free(body);
    return made;
}

#define LENGTH "Content-Length: %zu\r\n\r\n"
#define CHUNK  "Transfer-Encoding: chunked\r\n\r\n%zx\r\n"
#define CLOSE  "Connection: close\r\n\r\n"

static struct hr_http_request get(const struct fixture *f) {
    return (struct hr_http_request){.url = peer_url(f->peer, "/"), .decode = true};
}

Test(http_decode, into_every_kind_of_sink) {
    NEEDS_KERNEL("a raw peer");
    static const char *const framings[] = {LENGTH, CHUNK, CLOSE};
    char *text = text_of(SIZE), *memory = malloc(SIZE);
    for (int i = 0; i < 3; i++) {
        struct encoded gz = gzip(text, SIZE, framings[i]);
        const struct peer_script script[] = {
            {{{PEER_HEAD},
              {PEER_SEND, gz.answer, gz.size},
              {i == 1 ? PEER_SEND : PEER_SHUTDOWN, "\r\n0\r\nX-Sum: 1\r\n\r\n"},
              {i == 1 ? PEER_REPEAT : PEER_END}}}};
        char path[] = "/tmp/headrace-test-XXXXXX";
        int fd = mkstemp(path);
        unlink(path);
        struct fixture f;
        open_all(&f, NULL, script, 1);
        struct hr_buffer buffer = {0};
        struct hr_sink sinks[] = {hr_sink_discard(), hr_sink_bytes(memory, SIZE),
                                  hr_sink_buffer(&buffer, 0), hr_sink_fd(fd, 0)};
        for (int kind = 0; kind < 4; kind++) {
            struct hr_http_request request = get(&f);
            request.sink = sinks[kind];
            cr_assert_eq(run(&f, &request), 0, "sink %d: %s", kind, request.request.error.message);
            cr_assert_eq(request.body_bytes, gz.body_size);
            cr_assert_eq(request.decoded_bytes, SIZE);
        }
        cr_assert_eq(memcmp(memory, text, SIZE), 0);
        cr_assert_eq(buffer.size, SIZE);
        cr_assert_eq(memcmp(buffer.data, text, SIZE), 0);
        memset(memory, 0, SIZE);
        cr_assert_eq(lseek(fd, 0, SEEK_END), SIZE);
        cr_assert_eq(pread(fd, memory, SIZE, 0), SIZE);
        cr_assert_eq(memcmp(memory, text, SIZE), 0);
        cr_assert(strstr(peer_received(f.peer, NULL), "\r\nAccept-Encoding: gzip, zstd, br\r\n"));
        if (i == 1) cr_assert_eq(peer_connections(f.peer), 1);
        hr_buffer_deinit(&buffer);
        close(fd);
        close_all(&f);
        free(gz.answer);
    }
    free(text);
    free(memory);
}

/* A consumer that takes little at a time and pushes back often gets all of it, in order. */
struct slow {
    const char *text;
    size_t at;
    unsigned calls;
    bool paused, wrong;
};

static ssize_t take_slowly(void *user, const void *data, size_t size) {
    struct slow *slow = user;
    if (slow->paused) slow->wrong = true; /* asked although it was not resumed */
    if (++slow->calls % 3 == 0) {
        slow->paused = true;
        return 0;
    }
    if (size > 7001) {
        size = 7001;
        slow->paused = true;
    }
    if (memcmp(slow->text + slow->at, data, size) != 0) slow->wrong = true;
    slow->at += size;
    return (ssize_t)size;
}

Test(http_decode, a_consumer_that_pushes_back) {
    NEEDS_KERNEL("a raw peer");
    char *text = text_of(SIZE);
    struct encoded gz = gzip(text, SIZE, LENGTH);
    const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, gz.answer, gz.size}}}};
    struct fixture f;
    open_all(&f, NULL, script, 1);
    struct slow slow = {.text = text};
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_consumer(take_slowly, &slow);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    struct hr_engine_metrics metrics;
    do {
        hr_engine_poll(f.engine, 10);
        if (slow.paused) {
            slow.paused = false;
            hr_resume(&request.request);
        }
        hr_engine_metrics_get(f.engine, &metrics);
    } while (metrics.in_progress > 0);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(slow.at, SIZE);
    cr_assert_not(slow.wrong);
    close_all(&f);
    free(gz.answer);
    free(text);
}

Test(http_decode, bombs_and_budgets) {
    NEEDS_KERNEL("a raw peer");
    size_t size = 50u << 20;
    char *zeros = calloc(1, size);
    struct encoded gz = gzip(zeros, size, LENGTH);
    const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, gz.answer, gz.size}}}};
    struct hr_http_client_options options = {.response.decoded_bytes_max = 20u << 20};
    struct fixture f;
    open_all(&f, &options, script, 1);
    struct hr_http_request request = get(&f);
    cr_assert_eq(run(&f, &request), HR_ERR_CODING_TOO_LARGE, "%s", request.request.error.message);
    cr_assert(strstr(request.request.error.message, "response.decoded_bytes_max"));
    struct hr_buffer buffer = {0};
    request = get(&f);
    request.sink = hr_sink_buffer(&buffer, 1000);
    cr_assert_eq(run(&f, &request), HR_ERR_HTTP_BODY_TOO_LARGE);
    hr_buffer_deinit(&buffer);
    close_all(&f);
    memset(&f, 0, sizeof f);
    open_engine(&f, 40000); /* the request has room, the decoder has not */
    open_client(&f, NULL);
    f.peer = peer_start(script, 1);
    request = get(&f);
    cr_assert_eq(run(&f, &request), -ENOBUFS);
    cr_assert(strstr(request.request.error.message, "decoding gzip"), "%s",
              request.request.error.message);
    close_all(&f);
    free(gz.answer);
    free(zeros);
}

Test(http_decode, what_is_not_what_it_says) {
    NEEDS_KERNEL("a raw peer");
    char *text = text_of(5000);
    struct encoded gz = gzip(text, 5000, CHUNK);
    char *cut = malloc(gz.size + 100);
    int head = snprintf(cut, 200,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu"
                        "\r\n\r\n",
                        gz.body_size - 9);
    memcpy(cut + head, gz.answer + gz.size - gz.body_size, gz.body_size - 9);
    const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, cut, (size_t)head + gz.body_size - 9}}},
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"
                      "not gzip!"}}}};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_all(&f, NULL, &scripts[i], 1);
        struct hr_http_request request = get(&f);
        cr_assert_eq(run(&f, &request), HR_ERR_CODING_MALFORMED, "row %d", i);
        cr_assert(strstr(request.request.error.message, "gzip"), "%s",
                  request.request.error.message);
        close_all(&f);
    }
    free(cut);
    free(gz.answer);
    free(text);
}

/* The counts end where the garbage begins, in however many pieces it came. */
Test(http_decode, garbage_behind_the_end_is_counted_truly) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *coding, *body;
        size_t size;
        uint64_t good, decoded;
    } rows[] = {
        /* "hello": as Python's gzip and zlib, and the zstd and brotli programs encode it */
        {"gzip",
         "\x1f\x8b\x08\0\0\0\0\0\2\xff\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\5\0\0\0garbage",
         32, 25, 5},
        {"deflate", "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\0\x06\x2c\x02\x15garbage", 20, 13, 5},
        {"zstd", "\x28\xb5\x2f\xfd\x20\x05\x29\0\0hellogarbage", 21, 14, 5},
        {"br", "\x0b\x02\x80hello\x03garbage", 16, 9, 5},
        {"gzip", "garbage", 7, 0, 0},
        {"zstd", "garbage", 7, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t cut = 0; cut < rows[i].size; cut++) {
            char head[200], after[60], memory[100];
            snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                     rows[i].coding, rows[i].size);
            struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, head}}}};
            script[0].steps[2] = (struct peer_step){PEER_SEND, rows[i].body, cut};
            script[0].steps[3] =
                (struct peer_step){PEER_SEND, rows[i].body + cut, rows[i].size - cut};
            if (cut == 0) script[0].steps[2] = script[0].steps[3];
            struct fixture f;
            open_all(&f, NULL, script, 1);
            struct hr_http_request request = get(&f);
            request.sink = hr_sink_bytes(memory, sizeof memory);
            cr_assert_eq(run(&f, &request), HR_ERR_CODING_MALFORMED, "%s", rows[i].coding);
            cr_assert_eq(request.body_bytes, rows[i].good, "%s, cut at %zu: %lu", rows[i].coding,
                         cut, request.body_bytes);
            cr_assert_eq(request.decoded_bytes, rows[i].decoded, "%s", rows[i].coding);
            cr_assert_eq(memcmp(memory, "hello", rows[i].decoded), 0);
            snprintf(after, sizeof after, "after %lu bytes of it", rows[i].good);
            cr_assert(strstr(request.request.error.message, after), "%s: %s", rows[i].coding,
                      request.request.error.message);
            struct hr_http_client_metrics metrics;
            hr_http_client_metrics_get(f.client, &metrics);
            cr_assert_eq(metrics.bytes_received, rows[i].good);
            close_all(&f);
        }
    }
}

Test(http_decode, what_is_left_as_it_is) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *method, *answer;
        uint64_t body_bytes;
    } rows[] = {
        {"GET", "HTTP/1.1 200 OK\r\nContent-Encoding: x-own\r\nContent-Length: 3\r\n\r\nabc", 3},
        {"GET", "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", 3},
        {"GET", "HTTP/1.1 206 Partial\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
         3},
        {"GET", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 0},
        {"GET", "HTTP/1.1 304 Not\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", 0},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, rows[i].answer}}}};
        struct fixture f;
        open_all(&f, NULL, script, 1);
        char memory[8] = "";
        struct hr_http_request request = get(&f);
        request.method = rows[i].method;
        request.sink = hr_sink_bytes(memory, sizeof memory);
        cr_assert_eq(run(&f, &request), 0, "row %zu: %s", i, request.request.error.message);
        cr_assert_eq(request.body_bytes, rows[i].body_bytes, "row %zu", i);
        cr_assert_eq(request.decoded_bytes, rows[i].body_bytes, "row %zu", i);
        if (rows[i].body_bytes) cr_assert_str_eq(memory, "abc");
        close_all(&f);
    }
}

/* ---- The other codings. */

/* The answer around `body`, which is freed. */
static struct encoded answer_of(const char *coding, char *body, size_t size) {
    struct encoded made = {.answer = malloc(size + 200), .body_size = size};
    int head = snprintf(made.answer, 200,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                        coding, size);
    memcpy(made.answer + head, body, size);
    made.size = (size_t)head + size;
    free(body);
    return made;
}

/* Asks for it twice over one connection: each time all of it is decoded, `size` bytes. */
static void get_twice(struct encoded made, char *memory, size_t size) {
    const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, made.answer, made.size}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, script, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f);
        request.sink = hr_sink_bytes(memory, size);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.body_bytes, made.body_size);
        cr_assert_eq(request.decoded_bytes, size);
        cr_assert_eq(request.connection.reused, i == 1);
    }
    close_all(&f);
    free(made.answer);
}

Test(http_decode, zstd) {
    NEEDS_KERNEL("a raw peer");
    char *text = text_of(SIZE), *memory = malloc(SIZE);
    size_t room = ZSTD_compressBound(SIZE);
    char *body = malloc(room);
    size_t size = ZSTD_compress(body, room, text, SIZE, 3);
    cr_assert_not(ZSTD_isError(size));
    get_twice(answer_of("zstd", body, size), memory, SIZE);
    cr_assert_eq(memcmp(memory, text, SIZE), 0);
    free(text);
    free(memory);
}

/* The encoder of another implementation has made it: see decode_vectors.h. */
Test(http_decode, brotli) {
    NEEDS_KERNEL("a raw peer");
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof decode_vectors / sizeof *decode_vectors; i++) {
        const struct decode_vector *vector = &decode_vectors[i];
        if (strcmp(vector->coding, "br") != 0 || vector->plain != PLAIN_LINES) continue;
        char text[65536], memory[65536];
        size_t wanted = 0, room = strlen(vector->base64);
        for (int line = 0; line < 300; line++)
            wanted += (size_t)snprintf(text + wanted, sizeof text - wanted,
                                       "line %d of the plain text\n", line);
        char *body = malloc(room);
        size_t size;
        cr_assert_eq(hr_base64_decode(hr_slice_of(vector->base64), body, room, &size), 0);
        get_twice(answer_of("br", body, size), memory, wanted);
        cr_assert_eq(memcmp(memory, text, wanted), 0, "%s", vector->name);
        seen++;
    }
    cr_assert_gt(seen, 0);
}

/* ---- Attempts that end early. */

static uint64_t budget_used(const struct fixture *f) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(f->engine, &metrics);
    return metrics.budget_used_bytes;
}

/* Between two attempts nothing of a decoder is held, in memory or of the budget. */
Test(http_decode, a_failed_attempt_gives_its_decoder_back) {
    NEEDS_KERNEL("a raw peer");
    char *text = text_of(SIZE);
    struct encoded gz = gzip(text, SIZE, LENGTH);
    const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, gz.answer, gz.size / 2}, {PEER_STALL}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_STALL}}}};
    struct hr_http_client_options options = {.retry.backoff_base_ms = 20000};
    struct fixture f;
    open_all(&f, &options, scripts, 2);
    struct hr_http_request request = get(&f);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    while (request.decoded_bytes == 0) hr_engine_poll(f.engine, 10);
    uint64_t decoding = budget_used(&f);
    struct hr_http_client_metrics metrics;
    peer_release(f.peer);
    do {
        hr_engine_poll(f.engine, 10);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.retries == 0);
    cr_assert_leq(budget_used(&f) + 32768, decoding);
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    close_all(&f);
    free(gz.answer);
    free(text);
}

/* Cancelled while the consumer lets the decoder wait, by the consumer itself, and at every turn. */
struct canceller {
    struct hr_http_request *request;
    unsigned calls;
    bool pushes_back;
};

static ssize_t take_and_cancel(void *user, const void *data, size_t size) {
    struct canceller *canceller = user;
    (void)data;
    if (++canceller->calls < 3) return (ssize_t)size;
    if (canceller->pushes_back) return 0;
    hr_cancel(&canceller->request->request);
    return (ssize_t)size;
}

Test(http_decode, a_decoder_that_waits_is_cancelled) {
    NEEDS_KERNEL("a raw peer");
    char *text = text_of(SIZE);
    struct encoded gz = gzip(text, SIZE, LENGTH);
    const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, gz.answer, gz.size}}}};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_all(&f, NULL, script, 1);
        struct hr_http_request request = get(&f);
        struct canceller canceller = {.request = &request, .pushes_back = i == 0};
        request.sink = hr_sink_consumer(take_and_cancel, &canceller);
        cr_assert_eq(hr_http_request_start(f.client, &request), 0);
        while (canceller.calls < 3) hr_engine_poll(f.engine, 10);
        if (i == 0) hr_cancel(&request.request);
        cr_assert_eq(hr_wait(&request.request), -ECANCELED);
        cr_assert_lt(request.decoded_bytes, SIZE);
        close_all(&f);
    }
    for (int turns = 1, ended = 0; !ended; turns++) {
        struct fixture f;
        open_all(&f, NULL, script, 1);
        struct hr_http_request request = get(&f);
        cr_assert_eq(hr_http_request_start(f.client, &request), 0);
        while (request.decoded_bytes == 0) hr_engine_poll(f.engine, 10);
        for (int turn = 1; turn < turns; turn++) hr_engine_poll(f.engine, 0);
        hr_cancel(&request.request);
        int result = hr_wait(&request.request);
        cr_assert(result == 0 || result == -ECANCELED, "%d", result);
        ended = result == 0;
        close_all(&f);
    }
    free(gz.answer);
    free(text);
}
