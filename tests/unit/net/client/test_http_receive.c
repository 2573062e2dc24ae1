/* Bodies in: every kind of sink, large bodies, push-back, sinks that are too small. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"

#define ZEROS 3000000

static const struct peer_script zeros[] = {
    {{{PEER_HEAD}, {PEER_SEND, OK(3000000)}, {PEER_ZEROS, NULL, ZEROS}, {PEER_REPEAT}}}};
static const struct peer_script small[] = {
    {{{PEER_HEAD}, {PEER_SEND, OK(10) "0123456789"}, {PEER_REPEAT}}}};
static const struct peer_script chunked[] = {
    {{{PEER_HEAD},
      {PEER_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n"},
      {PEER_REPEAT}}}};

static struct hr_http_request get(const struct fixture *f) {
    return (struct hr_http_request){.url = peer_url(f->peer, "/")};
}

static int empty_file(void) {
    char path[] = "/tmp/headrace-test-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    return fd;
}

Test(http_receive, large_into_every_kind) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, zeros, 1);
    char *memory = malloc(ZEROS);
    memset(memory, 1, ZEROS);
    int fd = empty_file();
    struct hr_buffer buffer = {0};
    struct hr_sink sinks[] = {hr_sink_discard(), hr_sink_bytes(memory, ZEROS),
                              hr_sink_buffer(&buffer, 0), hr_sink_fd(fd, 5)};
    for (size_t i = 0; i < 2 * sizeof sinks / sizeof *sinks; i++) {
        struct hr_http_request request = get(&f);
        request.sink = sinks[i % 4];
        cr_assert_eq(run(&f, &request), 0, "sink %zu: %s", i, request.request.error.message);
        cr_assert_eq(request.body_bytes, ZEROS);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    cr_assert_eq(buffer.size, ZEROS);
    for (size_t i = 0; i < ZEROS; i++) {
        cr_assert_eq(memory[i], 0);
        cr_assert_eq(buffer.data[i], 0);
    }
    struct stat status;
    fstat(fd, &status);
    cr_assert_eq(status.st_size, ZEROS + 5);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(f.engine, &metrics);
    cr_assert_eq(metrics.budget_used_bytes, buffer.capacity);
    hr_buffer_deinit(&buffer);
    hr_buffer_deinit(&buffer);
    hr_buffer_deinit(NULL);
    close(fd);
    free(memory);
    close_all(&f);
}

Test(http_receive, small_into_every_kind) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script *scripts[] = {small, chunked};
    for (int s = 0; s < 2; s++) {
        struct fixture f;
        open_all(&f, NULL, scripts[s], 1);
        char memory[10], file[10];
        int fd = empty_file();
        struct hr_buffer buffer = {0};
        struct hr_sink sinks[] = {hr_sink_discard(), hr_sink_bytes(memory, sizeof memory),
                                  hr_sink_buffer(&buffer, 10), hr_sink_fd(fd, 0)};
        for (size_t i = 0; i < 4; i++) {
            struct hr_http_request request = get(&f);
            request.sink = sinks[i];
            cr_assert_eq(run(&f, &request), 0, "sink %zu: %s", i, request.request.error.message);
            cr_assert_eq(request.body_bytes, 10);
        }
        cr_assert_eq(memcmp(memory, "0123456789", 10), 0);
        cr_assert_eq(buffer.size, 10);
        cr_assert_eq(memcmp(buffer.data, "0123456789", 10), 0);
        cr_assert_eq(pread(fd, file, 10, 0), 10);
        cr_assert_eq(memcmp(file, "0123456789", 10), 0);
        hr_buffer_deinit(&buffer);
        close(fd);
        close_all(&f);
    }
}

Test(http_receive, sinks_that_are_too_small) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script *scripts[] = {small, chunked, zeros};
    for (int s = 0; s < 3; s++) {
        struct fixture f;
        open_all(&f, NULL, scripts[s], 1);
        char memory[9];
        struct hr_buffer buffer = {0};
        struct hr_http_request request = get(&f);
        request.sink = hr_sink_bytes(memory, sizeof memory);
        cr_assert_eq(run(&f, &request), HR_ERR_SINK_FULL, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(request.request.error.http_status, 200);
        struct hr_http_request growing = get(&f);
        growing.sink = hr_sink_buffer(&buffer, 9);
        cr_assert_eq(run(&f, &growing), HR_ERR_HTTP_BODY_TOO_LARGE);
        cr_assert_eq(peer_connections(f.peer), 2);
        hr_buffer_deinit(&buffer);
        close_all(&f);
    }
}

Test(http_receive, a_full_disk_is_named) {
    NEEDS_KERNEL("a raw peer");
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) cr_skip_test("no /dev/full");
    struct fixture f;
    open_all(&f, NULL, small, 1);
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_fd(fd, 0);
    cr_assert_eq(run(&f, &request), -ENOSPC);
    cr_assert_neq(request.request.error.message[0], 0);
    close(fd);
    close_all(&f);
}

struct consumer {
    uint64_t taken, limit_each;
    unsigned calls;
    int fail_with;
    bool paused;
};

static ssize_t consume(void *user, const void *data, size_t size) {
    struct consumer *consumer = user;
    (void)data;
    consumer->calls++;
    if (consumer->fail_with) return consumer->fail_with;
    size_t taken = size;
    if (consumer->limit_each && consumer->calls % 2 == 1 && size > consumer->limit_each) {
        taken = consumer->limit_each;
        consumer->paused = true;
    }
    consumer->taken += taken;
    return (ssize_t)taken;
}

static int finish_with_resumes(struct fixture *f, struct hr_http_request *request,
                               struct consumer *consumer) {
    cr_assert_eq(hr_http_request_start(f->client, request), 0);
    struct hr_engine_metrics metrics;
    do {
        hr_engine_poll(f->engine, 10);
        if (consumer->paused) {
            consumer->paused = false;
            hr_resume(&request->request);
        }
        hr_engine_metrics_get(f->engine, &metrics);
    } while (metrics.in_progress > 0);
    return hr_wait(&request->request);
}

Test(http_receive, consumer_pushes_back) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script *scripts[] = {small, chunked, zeros};
    static const uint64_t sizes[] = {10, 10, ZEROS};
    for (int s = 0; s < 3; s++) {
        struct fixture f;
        open_all(&f, NULL, scripts[s], 1);
        for (uint64_t limit = 0; limit < 3; limit++) {
            struct consumer consumer = {.limit_each = limit * 3 * (s == 2 ? 1000 : 1)};
            struct hr_http_request request = get(&f);
            request.sink = hr_sink_consumer(consume, &consumer);
            cr_assert_eq(finish_with_resumes(&f, &request, &consumer), 0, "%s",
                         request.request.error.message);
            cr_assert_eq(consumer.taken, sizes[s]);
            cr_assert_eq(request.body_bytes, sizes[s]);
        }
        cr_assert_eq(peer_connections(f.peer), 1);
        close_all(&f);
    }
}

Test(http_receive, consumer_fails) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, small, 1);
    struct consumer consumer = {.fail_with = -EILSEQ};
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_consumer(consume, &consumer);
    cr_assert_eq(run(&f, &request), -EILSEQ);
    close_all(&f);
}

/* A consumer may use the code of hr_cancel for its own ends; who reads the result can tell. */
Test(http_receive, consumer_s_own_code_is_no_cancel) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, small, 1);
    struct consumer consumer = {.fail_with = -ECANCELED};
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_consumer(consume, &consumer);
    cr_assert_eq(run(&f, &request), -ECANCELED);
    cr_assert_not(request.request.cancelled);
    struct hr_http_client_metrics metrics;
    struct hr_engine_metrics of_engine;
    hr_http_client_metrics_get(f.client, &metrics);
    hr_engine_metrics_get(f.engine, &of_engine);
    cr_assert(metrics.failed == 1 && metrics.cancelled == 0);
    cr_assert(of_engine.failed == 1 && of_engine.cancelled == 0);

    consumer = (struct consumer){.fail_with = 0};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    cr_assert(request.request.cancelled);
    hr_http_client_metrics_get(f.client, &metrics);
    hr_engine_metrics_get(f.engine, &of_engine);
    cr_assert(metrics.failed == 1 && metrics.cancelled == 1);
    cr_assert(of_engine.failed == 1 && of_engine.cancelled == 1);

    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_not(request.request.cancelled);
    close_all(&f);
}

/* A consumer that pauses for good holds its own connection, not the others, and no time-out of the
 * peer's counts against it. */
Test(http_receive, a_paused_consumer_does_not_time_out) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.timeouts.stall_timeout_ms = 50};
    struct fixture f;
    open_all(&f, &options, zeros, 1);
    struct consumer consumer = {.limit_each = 1};
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_consumer(consume, &consumer);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    while (!consumer.paused) hr_engine_poll(f.engine, 100);
    for (int i = 0; i < 20; i++) {
        struct hr_http_request other = get(&f);
        cr_assert_eq(run(&f, &other), 0, "%s", other.request.error.message);
    }
    struct hr_http_request silent = get(&f);
    struct peer *stalls =
        peer_start(&(struct peer_script){{{PEER_HEAD}, {PEER_SEND, OK(5)}, {PEER_STALL}}}, 1);
    silent.url = peer_url(stalls, "/");
    cr_assert_eq(run(&f, &silent), HR_ERR_STALL_TIMEOUT);
    consumer.limit_each = 0;
    hr_resume(&request.request);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(consumer.taken, ZEROS);
    close_all(&f);
    peer_stop(stalls);
}

Test(http_receive, a_gibibyte_in_bounded_memory) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1073741824)}, {PEER_ZEROS, NULL, 1u << 30}, {PEER_REPEAT}}}};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_all(&f, NULL, script, 1);
        struct rusage before, after;
        struct hr_http_request warm = get(&f);
        cr_assert_eq(run(&f, &warm), 0);
        getrusage(RUSAGE_SELF, &before);
        struct consumer consumer = {0};
        struct hr_http_request request = get(&f);
        request.sink = i ? hr_sink_consumer(consume, &consumer) : hr_sink_discard();
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        getrusage(RUSAGE_SELF, &after);
        cr_assert_eq(request.body_bytes, 1u << 30);
        cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 4096, "%ld KiB more",
                     after.ru_maxrss - before.ru_maxrss);
        close_all(&f);
    }
}

/* ---- The byte budget. */

Test(http_receive, budget_exhausted) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f = {0};
    open_engine(&f, 4 << 20);
    struct hr_http_client_options options = {.timeouts.pool_timeout_ms = 100};
    open_client(&f, &options);
    f.peer = peer_start(zeros, 1);
    struct hr_buffer first = {0}, second = {0};
    struct hr_http_request request = get(&f);
    request.sink = hr_sink_buffer(&first, 0);
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    request.sink = hr_sink_buffer(&second, 0);
    cr_assert_eq(run(&f, &request), -ENOBUFS);
    cr_assert(strstr(request.request.error.message, "budget_bytes"), "%s",
              request.request.error.message);
    /* What the caller keeps counts until it gives it back. */
    hr_buffer_deinit(&first);
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    hr_buffer_deinit(&second);
    close_all(&f);
}

Test(http_receive, waiting_for_budget_is_bounded) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f = {0};
    open_engine(&f, 1 << 20);
    struct hr_http_client_options options = {.timeouts.pool_timeout_ms = 100};
    open_client(&f, &options);
    f.peer = peer_start(
        &(struct peer_script){{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}, 1);
    struct hr_http_request requests[100] = {0};
    unsigned done = 0, refused = 0;
    for (int i = 0; i < 100; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    struct hr_engine_metrics metrics;
    do {
        hr_engine_poll(f.engine, 10);
        hr_engine_metrics_get(f.engine, &metrics);
        cr_assert_leq(metrics.budget_used_bytes, 1 << 20);
    } while (metrics.failed == 0);
    peer_release(f.peer);
    for (int i = 0; i < 100; i++) {
        int result = hr_wait(&requests[i].request);
        if (result == 0) {
            done++;
            continue;
        }
        cr_assert_eq(result, -ENOBUFS);
        cr_assert(strstr(requests[i].request.error.message, "budget_bytes"), "%s",
                  requests[i].request.error.message);
        refused++;
    }
    cr_assert_gt(done, 0);
    cr_assert_gt(refused, 0);
    close_all(&f);
}

/* An answer that fills one lent buffer to its end, and behind it one that nobody asked for: the
 * next request, which waits for the connection already, must not take that for its own. */
static const char filled_head[] = "HTTP/1.1 200 OK\r\nContent-Length: 8151\r\n\r\n";
#define STRAY OK(5) "stray"

Test(http_receive, a_stray_answer_is_not_the_next_request_s) {
    NEEDS_KERNEL("a raw peer");
    static char text[8192 + sizeof STRAY];
    memset(text, 'x', 8192);
    memcpy(text, filled_head, sizeof filled_head - 1);
    memcpy(text + 8192, STRAY, sizeof STRAY);
    const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, text}, {PEER_HEAD}, {PEER_SEND, OK(4) "good"}, {PEER_DRAIN}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(4) "good"}, {PEER_REPEAT}}}};
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1};
    struct fixture f;
    open_all(&f, &options, scripts, 2);
    char memory[8];
    struct hr_http_request first = get(&f), second = get(&f);
    second.sink = hr_sink_bytes(memory, sizeof memory);
    cr_assert_eq(hr_http_request_start(f.client, &first), 0);
    cr_assert_eq(run(&f, &second), 0, "%s", second.request.error.message);
    cr_assert_eq(hr_wait(&first.request), 0);
    cr_assert_eq(first.body_bytes, 8151);
    cr_assert_eq(second.body_bytes, 4);
    cr_assert_eq(memcmp(memory, "good", 4), 0);
    close_all(&f);
}

/* The same behind a long body, which is received straight into its sink. */
Test(http_receive, a_stray_answer_behind_a_direct_receive) {
    NEEDS_KERNEL("a raw peer");
    static char text[300000];
    int head = snprintf(text, sizeof text, OK(200000));
    memset(text + head, 'x', 200000);
    memcpy(text + head + 200000, STRAY, sizeof STRAY);
    const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, text}, {PEER_HEAD}, {PEER_SEND, OK(4) "good"}, {PEER_DRAIN}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(4) "good"}, {PEER_REPEAT}}}};
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1};
    struct fixture f;
    open_all(&f, &options, scripts, 2);
    char *large = malloc(200000), memory[8];
    struct hr_http_request first = get(&f), second = get(&f);
    first.sink = hr_sink_bytes(large, 200000);
    second.sink = hr_sink_bytes(memory, sizeof memory);
    cr_assert_eq(hr_http_request_start(f.client, &first), 0);
    cr_assert_eq(run(&f, &second), 0, "%s", second.request.error.message);
    cr_assert_eq(hr_wait(&first.request), 0);
    cr_assert_eq(second.body_bytes, 4);
    cr_assert_eq(memcmp(memory, "good", 4), 0);
    free(large);
    close_all(&f);
}

/* Both sides can push back at once. A resume meant for the consumer comes first, while only the
 * producer waits: it must not be lost for the consumer. */
struct both_ways {
    unsigned asked, offered;
};

static ssize_t never_ready(void *user, void *buffer, size_t capacity) {
    (void)buffer, (void)capacity;
    ((struct both_ways *)user)->asked++;
    return -EAGAIN;
}

static ssize_t take_the_second_time(void *user, const void *data, size_t size) {
    (void)data;
    return ((struct both_ways *)user)->offered++ == 0 ? 0 : (ssize_t)size;
}

Test(http_receive, a_resume_counts_for_both_sides) {
    NEEDS_KERNEL("a raw peer");
    const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK(4) "good"}, {PEER_DRAIN}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct both_ways both = {0};
    struct hr_http_request request = get(&f);
    request.method = "PUT";
    request.request.timeout_ms = 2000;
    request.body = hr_source_producer(never_ready, NULL, &both, HR_SIZE_UNKNOWN);
    request.sink = hr_sink_consumer(take_the_second_time, &both);
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    while (both.asked < 2) hr_engine_poll(f.engine, 100); /* with the head and behind it */
    for (int i = 0; i < 3; i++) hr_engine_poll(f.engine, 0);
    hr_resume(&request.request);
    unsigned asked = both.asked;
    while (both.asked == asked) hr_engine_poll(f.engine, 100);
    peer_release(f.peer);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(both.offered, 2);
    close_all(&f);
}

/* ---- The end of TLS. */

/* Where the end of the connection is that of the body, only close_notify says that it is all. A
 * length or a last chunk says so by itself. */
static void cut_off(bool lenient) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *answer;
        bool truncates;
        int result;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\n\r\n0123", true, HR_ERR_TLS_TRUNCATED},
        {"HTTP/1.1 200 OK\r\n\r\n", true, HR_ERR_TLS_TRUNCATED},
        {"HTTP/1.1 200 OK\r\n\r\n0123", false, 0},
        {OK(10) "0123", true, HR_ERR_HTTP_TRUNCATED},
        {OK(10) "0123", false, HR_ERR_HTTP_TRUNCATED},
        {OK(4) "0123", true, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n", true,
         HR_ERR_HTTP_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n", true, 0},
        {"HTTP/1.1 200 OK\r\nConte", true, HR_ERR_HTTP_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, rows[i].answer}}}};
        struct fixture f = {.peer = peer_start(script, 1)};
        struct secure secure;
        secure_open(&secure, f.peer, rows[i].truncates);
        open_secure(&f, (struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY,
                                                        .response.lenient = lenient});
        char memory[16] = "";
        struct hr_http_request request = {.url = secure.url};
        request.sink = hr_sink_bytes(memory, sizeof memory);
        bool accepted = lenient && rows[i].result == HR_ERR_TLS_TRUNCATED;
        int result = accepted ? 0 : rows[i].result;
        cr_assert_eq(run(&f, &request), result, "row %zu: %s", i, request.request.error.message);
        if (!rows[i].result) cr_assert_str_eq(memory, "0123", "row %zu", i);
        if (accepted) cr_assert_eq(strncmp(memory, "0123", request.body_bytes), 0, "row %zu", i);
        if (result == HR_ERR_TLS_TRUNCATED)
            cr_assert(strstr(request.request.error.message, "close_notify"), "%s",
                      request.request.error.message);
        close_all(&f);
        secure_close(&secure);
    }
}

Test(http_receive, what_tls_has_cut_off) {
    cut_off(false);
}

Test(http_receive, what_tls_has_cut_off_and_a_lenient_client_takes) {
    cut_off(true);
}

/* The limit that an answer's head has passed is named, and where it is set. */
Test(http_receive, a_head_too_large_names_the_option) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nContent-Length: 0\r\n\r\n"}}}};
    static const struct hr_http_client_options few = {.response.head_fields_max = 3};
    static const struct hr_http_client_options short_head = {.response.head_bytes_max = 40};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_all(&f, i ? &short_head : &few, scripts, 1);
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), HR_ERR_HTTP_HEAD_TOO_LARGE, "%s",
                     request.request.error.message);
        cr_assert(strstr(request.request.error.message, i ? "head_bytes_max" : "head_fields_max"),
                  "%s", request.request.error.message);
        cr_assert_eq(request.request.attempts, 1);
        close_all(&f);
    }
}
