/* A file as the sink of a request that is tried more than once: it ends where the body does. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"
#define BROKEN                                                                                     \
    {                                                                                              \
        {PEER_HEAD}, {PEER_SEND, OK(2000000)}, {PEER_ZEROS, NULL, 1000000}, {                      \
            PEER_END                                                                               \
        }                                                                                          \
    }
#define HELLO                                                                                      \
    {                                                                                              \
        {PEER_HEAD}, {PEER_SEND, OK(5) "hello"}, {                                                 \
            PEER_END                                                                               \
        }                                                                                          \
    }
#define NO_ANSWER                                                                                  \
    {                                                                                              \
        {PEER_HEAD}, {                                                                             \
            PEER_RESET                                                                             \
        }                                                                                          \
    }

static const struct hr_http_client_options quick = {.retry.attempts_max = 2,
                                                    .retry.backoff_base_ms = 1,
                                                    .retry.backoff_max_ms = 2,
                                                    .no_breaker = true};
static const struct peer_script shorter[] = {{BROKEN}, {HELLO}};
static const struct peer_script ended[] = {{BROKEN}, {NO_ANSWER}};
static const struct peer_script once[] = {{BROKEN}};

static int file_with(const char *text) {
    char path[] = "/tmp/headrace-test-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static off_t size_of(int fd) {
    struct stat info;
    cr_assert_eq(fstat(fd, &info), 0);
    return info.st_size;
}

static int get(struct fixture *f, struct hr_http_request *request, struct hr_sink sink) {
    *request = (struct hr_http_request){.url = peer_url(f->peer, "/"), .sink = sink};
    return run(f, request);
}

Test(sink_file, a_shorter_second_attempt_leaves_no_tail) {
    NEEDS_KERNEL("a raw peer");
    static const char before[] = "0123456789";
    for (size_t offset = 0; offset <= 10; offset += 5) {
        struct fixture f;
        struct hr_http_request request;
        char text[16] = "";
        int fd = file_with(before);
        open_all(&f, &quick, shorter, 2);
        cr_assert_eq(get(&f, &request, hr_sink_fd(fd, offset)), 0, "%s",
                     request.request.error.message);
        cr_assert_eq(request.body_bytes, 5);
        cr_assert_eq(request.request.attempts, 2);
        /* What was there before the request is not cut. */
        off_t size = offset + 5 > 10 ? (off_t)offset + 5 : 10;
        cr_assert_eq(size_of(fd), size, "at %zu: %ld bytes", offset, (long)size_of(fd));
        cr_assert_eq(pread(fd, text, sizeof text, 0), size);
        cr_assert_eq(memcmp(text, before, offset), 0);
        cr_assert_eq(memcmp(text + offset, "hello", 5), 0);
        close(fd);
        close_all(&f);
    }
}

Test(sink_file, what_somebody_else_wrote_behind_it_stays) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    struct hr_http_request request;
    int fd = file_with("");
    cr_assert_eq(ftruncate(fd, 3000000), 0); /* as those do who share a file */
    open_all(&f, &quick, shorter, 2);
    cr_assert_eq(get(&f, &request, hr_sink_fd(fd, 0)), 0, "%s", request.request.error.message);
    cr_assert_eq(size_of(fd), 3000000);
    close(fd);
    close_all(&f);
}

Test(sink_file, a_failure_leaves_what_the_last_attempt_brought) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    struct hr_http_request request;
    int fd = file_with("abc");
    open_all(&f, &quick, ended, 2);
    cr_assert_lt(get(&f, &request, hr_sink_fd(fd, 3)), 0);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(request.body_bytes, 0);
    cr_assert_eq(size_of(fd), 3);
    close_all(&f);
    open_all(&f, &(struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY}, once, 1);
    cr_assert_eq(get(&f, &request, hr_sink_fd(fd, 3)), HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(size_of(fd), 3 + (off_t)request.body_bytes, "all that has come: %ld of %lu",
                 (long)size_of(fd) - 3, (unsigned long)request.body_bytes);
    cr_assert_gt(request.body_bytes, 0);
    close(fd);
    close_all(&f);
}

/* It is read to its end, so that nobody waits for room. */
static void *empty_pipe(void *fd) {
    char piece[65536];
    size_t total = 0;
    for (ssize_t count; (count = read(*(int *)fd, piece, sizeof piece)) > 0;)
        total += (size_t)count;
    return (void *)total;
}

Test(sink_file, bytes_that_cannot_be_taken_back_end_the_attempts) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    struct hr_http_request request;
    int ends[2], appended = file_with("abc");
    pthread_t thread;
    void *total;
    cr_assert_eq(pipe(ends), 0);
    pthread_create(&thread, NULL, empty_pipe, &ends[0]);
    cr_assert_eq(fcntl(appended, F_SETFL, O_APPEND), 0);
    const int fds[] = {ends[1], appended};
    for (size_t i = 0; i < 2; i++) {
        open_all(&f, &quick, shorter, 2);
        cr_assert_eq(get(&f, &request, hr_sink_fd(fds[i], 0)), HR_ERR_HTTP_TRUNCATED, "%s",
                     request.request.error.message);
        cr_assert_eq(request.request.attempts, 1);
        cr_assert(strstr(request.request.error.message, "cannot be taken back"), "%s",
                  request.request.error.message);
        close_all(&f);
    }
    close(ends[1]);
    pthread_join(thread, &total);
    cr_assert_leq((size_t)total, 1000000);
    cr_assert_leq(size_of(appended), 1000003);
    close(ends[0]);
    close(appended);
}
