/* A GET that breaks off goes on where it did. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_resume, .init = scripted_begin, .fini = scripted_end);

#define ETAG     "ETag: \"e1\"\r\n"
#define CRC32    "x-amz-checksum-crc32: NhCmhg==\r\n" /* of "hello" */
#define WHOLE    "HTTP/1.1 200 OK\r\n" ETAG "Content-Length: 5\r\n\r\n"
#define MATCH    "If-Match: \"e1\"\r\n"
#define ANSWERS  8
#define ASK_REST "Range: bytes=2-4\r\n"

/* One connection an answer; each is sent and closed. */
static void serve(const char *const *answers, size_t count) {
    static struct peer_script scripts[ANSWERS];
    memset(scripts, 0, sizeof scripts);
    for (size_t i = 0; i < count; i++) {
        scripts[i].steps[0].kind = PEER_HEAD;
        scripts[i].steps[1] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    scripted_listen(scripts, count);
    scripted_connect((struct hr_s3_client_options){.http.retry.backoff_base_ms = 1});
}

#define SERVE(...)                                                                                 \
    do {                                                                                           \
        const char *answers_[] = {__VA_ARGS__};                                                    \
        serve(answers_, sizeof answers_ / sizeof answers_[0]);                                     \
    } while (0)

/* The rest from `first` on, of which `body` comes. */
static const char *rest(unsigned first, unsigned last, unsigned total, const char *body) {
    static char answers[ANSWERS][512];
    static unsigned next;
    char *out = answers[next++ % ANSWERS];
    snprintf(out, sizeof answers[0],
             "HTTP/1.1 206 Partial Content\r\n" ETAG
             "Content-Range: bytes %u-%u/%u\r\nContent-Length: %u\r\n\r\n%s",
             first, last, total, last - first + 1, body);
    return out;
}

struct seen {
    char text[64];
    size_t size;
    unsigned heads;
};

static ssize_t consume(void *user, const void *data, size_t size) {
    struct seen *seen = user;
    cr_assert_lt(seen->size + size, sizeof seen->text);
    memcpy(seen->text + seen->size, data, size);
    seen->size += size;
    return (ssize_t)size;
}

/* Pushes back after each byte. */
static ssize_t consume_one(void *user, const void *data, size_t size) {
    (void)size;
    return consume(user, data, 1);
}

static int count_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    (void)head;
    ((struct seen *)get->request.user)->heads++;
    return 0;
}

static int run(struct hr_s3_get *get, struct hr_sink sink, struct seen *seen) {
    get->bucket = "b";
    get->key = "k";
    get->sink = sink;
    get->request.user = seen;
    get->on_head = count_head;
    return scripted_wait(hr_s3_get_start(scripted_client, get), &get->request);
}

static int run_consumer(struct hr_s3_get *get, struct seen *seen) {
    return run(get, hr_sink_consumer(consume, seen), seen);
}

Test(s3_resume, a_consumer_gets_each_byte_once_and_the_head_once) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", rest(2, 4, 5, "llo"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(seen.heads, 1);
    cr_assert_eq(get.body_bytes, 5);
    cr_assert_eq(get.info.size_bytes, 5);
    cr_assert_eq(get.request.attempts, 2);
    cr_assert_eq(scripted_received(ASK_REST), 1);
    cr_assert_eq(scripted_received(MATCH), 1);
}

Test(s3_resume, a_second_attempt_may_break_off_sooner_than_the_first) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "hel", rest(3, 4, 5, "l"), rest(4, 4, 5, "o"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(scripted_received("Range: bytes=3-4\r\n"), 1);
    cr_assert_eq(scripted_received("Range: bytes=4-4\r\n"), 1);
    cr_assert_eq(get.request.attempts, 3);
}

Test(s3_resume, an_attempt_that_brings_nothing_changes_nothing) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he",
          "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: "
          "37\r\n\r\n<Error><Code>SlowDown</Code></Error>\n",
          "", rest(2, 4, 5, "llo"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(scripted_received(ASK_REST), 3);
    cr_assert_eq(seen.heads, 1);
}

Test(s3_resume, attempts_max_ends_it_and_says_how_much_has_come) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "h", rest(1, 4, 5, "e"), rest(2, 4, 5, "l"), rest(3, 4, 5, "l"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(get.request.attempts, 4);
    cr_assert_eq(get.body_bytes, 4);
    cr_assert_str_eq(seen.text, "hell");
}

Test(s3_resume, every_sink_has_the_object_once) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", rest(2, 4, 5, "llo"), WHOLE "he", rest(2, 4, 5, "llo"), WHOLE "he",
          rest(2, 4, 5, "llo"));
    struct seen seen = {0};
    char memory[5];
    struct hr_s3_get get = {0};
    cr_assert_eq(run(&get, hr_sink_bytes(memory, sizeof memory), &seen), 0);
    cr_assert_eq(memcmp(memory, "hello", 5), 0);
    struct hr_buffer buffer = {0};
    cr_assert_eq(run(&get, hr_sink_buffer(&buffer, 5), &seen), 0, "%s", get.request.error.message);
    cr_assert_eq(buffer.size, 5);
    cr_assert_eq(memcmp(buffer.data, "hello", 5), 0);
    hr_buffer_deinit(&buffer);
    int fd = memfd_create("object", MFD_CLOEXEC);
    cr_assert_eq(run(&get, hr_sink_fd(fd, 3), &seen), 0, "%s", get.request.error.message);
    char file[9] = "";
    cr_assert_eq(pread(fd, file, sizeof file, 0), 8);
    cr_assert_eq(memcmp(file, "\0\0\0hello", 8), 0);
    close(fd);
    cr_assert_eq(seen.heads, 3);
    cr_assert_eq(scripted_received(ASK_REST), 3);
}

/* Bytes that stand in its block when the attempt ends never get into the pipe. */
Test(s3_resume, a_pipe_gets_each_byte_once) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", WHOLE "hello");
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run(&get, hr_sink_fd(ends[1], 0), &seen), 0, "%s", get.request.error.message);
    char text[8] = "";
    cr_assert_eq(read(ends[0], text, sizeof text), 5);
    cr_assert_str_eq(text, "hello");
    close(ends[0]);
    close(ends[1]);
}

Test(s3_resume, the_checksum_is_that_of_the_whole) {
    NEEDS_KERNEL("a raw peer");
    SERVE("HTTP/1.1 200 OK\r\n" ETAG CRC32 "Content-Length: 5\r\n\r\nhe", rest(2, 4, 5, "llo"),
          "HTTP/1.1 200 OK\r\n" ETAG CRC32 "Content-Length: 5\r\n\r\nhe", rest(2, 4, 5, "LLO"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(run_consumer(&get, &seen), HR_ERR_S3_CHECKSUM);
    cr_assert_str_eq(seen.text, "helloheLLO", "a consumer cannot be shown it again");
}

Test(s3_resume, a_refusal_between_two_pieces_is_not_hashed) {
    NEEDS_KERNEL("a raw peer");
    SERVE("HTTP/1.1 200 OK\r\n" ETAG CRC32 "Content-Length: 5\r\n\r\nhe",
          "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 37\r\n\r\n"
          "<Error><Code>SlowDown</Code></Error> ",
          rest(2, 4, 5, "llo"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(get.request.attempts, 3);
}

Test(s3_resume, a_wrong_checksum_is_fetched_from_the_first_byte) {
    NEEDS_KERNEL("a raw peer");
    SERVE("HTTP/1.1 200 OK\r\n" ETAG CRC32 "Content-Length: 5\r\n\r\nhe", rest(2, 4, 5, "LLO"),
          "HTTP/1.1 200 OK\r\n" ETAG CRC32 "Content-Length: 5\r\n\r\nhello");
    struct seen seen = {0};
    char memory[5];
    struct hr_s3_get get = {0};
    cr_assert_eq(run(&get, hr_sink_bytes(memory, 5), &seen), 0, "%s", get.request.error.message);
    cr_assert_eq(memcmp(memory, "hello", 5), 0);
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(scripted_received("Range"), 1);
}

#define GONE                                                                                       \
    "HTTP/1.1 412 Precondition Failed\r\nConnection: close\r\nContent-Length: 46\r\n\r\n"          \
    "<Error><Code>PreconditionFailed</Code></Error>"
#define OTHER "HTTP/1.1 200 OK\r\nETag: \"e2\"\r\nContent-Length: 3\r\n\r\nnew"

Test(s3_resume, an_object_that_changed_is_named_where_bytes_were_handed_on) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", GONE, WHOLE "he", OTHER);
    for (int i = 0; i < 2; i++) {
        struct seen seen = {0};
        struct hr_s3_get get = {0};
        cr_assert_eq(run_consumer(&get, &seen), HR_ERR_S3_CHANGED, "%d: %s", i,
                     get.request.error.message);
        cr_assert_not_null(strstr(get.request.error.message, "first 2 bytes"));
        cr_assert_str_eq(seen.text, "he");
        cr_assert_eq(get.body_bytes, 2);
    }
}

Test(s3_resume, an_object_that_changed_is_fetched_anew_where_nothing_was) {
    NEEDS_KERNEL("a raw peer");
    const char *cut = "HTTP/1.1 206 Partial Content\r\nETag: \"e2\"\r\n"
                      "Content-Range: bytes 2-2/3\r\nContent-Length: 1\r\n\r\nw";
    SERVE(WHOLE "he", GONE, OTHER, WHOLE "he", OTHER, WHOLE "he", cut, OTHER);
    for (int i = 0; i < 3; i++) {
        struct seen seen = {0};
        struct hr_s3_get get = {0};
        struct hr_buffer buffer = {0};
        cr_assert_eq(run(&get, hr_sink_buffer(&buffer, 0), &seen), 0, "%d: %s", i,
                     get.request.error.message);
        cr_assert_eq(buffer.size, 3);
        cr_assert_eq(memcmp(buffer.data, "new", 3), 0);
        cr_assert_str_eq(get.info.etag, "e2");
        cr_assert_eq(seen.heads, 2, "it is another object");
        hr_buffer_deinit(&buffer);
    }
}

Test(s3_resume, a_store_that_knows_no_range_sends_no_byte_twice) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "hel", WHOLE "he", WHOLE "hello", WHOLE "he", WHOLE "hello");
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(get.body_bytes, 5);
    cr_assert_eq(scripted_received("Range: bytes=3-4\r\n"), 2);
    char memory[5];
    cr_assert_eq(run(&get, hr_sink_bytes(memory, 5), &seen), 0, "%s", get.request.error.message);
    cr_assert_eq(memcmp(memory, "hello", 5), 0);
    cr_assert_eq(seen.heads, 2);
}

Test(s3_resume, a_consumer_that_pushes_back_is_asked_again_for_what_is_new) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", WHOLE "hello");
    struct seen seen = {0};
    struct hr_s3_get get = {.bucket = "b", .key = "k"};
    get.sink = hr_sink_consumer(consume_one, &seen);
    cr_assert_eq(hr_s3_get_start(scripted_client, &get), 0);
    while (seen.size < 5 && get.request.result == 0) hr_resume(&get.request);
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
}

Test(s3_resume, the_rest_of_something_else_is_refused) {
    NEEDS_KERNEL("a raw peer");
    SERVE(WHOLE "he", rest(1, 4, 5, "ello"), WHOLE "he", rest(2, 5, 6, "llo!"), WHOLE "he",
          rest(2, 3, 5, "ll"));
    for (int i = 0; i < 3; i++) {
        struct seen seen = {0};
        struct hr_s3_get get = {0};
        cr_assert_eq(run_consumer(&get, &seen), HR_ERR_S3_RESPONSE, "%d", i);
        cr_assert_str_eq(seen.text, "he");
        cr_assert_not_null(strstr(get.request.error.message, "Content-Range"));
    }
}

Test(s3_resume, no_object_without_a_strong_etag_goes_on) {
    NEEDS_KERNEL("a raw peer");
    SERVE("HTTP/1.1 200 OK\r\nETag: W/\"e1\"\r\nContent-Length: 5\r\n\r\nhe",
          "HTTP/1.1 200 OK\r\nETag: W/\"e1\"\r\nContent-Length: 5\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" ETAG
          "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n");
    struct seen seen = {0};
    char memory[5];
    struct hr_s3_get get = {0};
    cr_assert_eq(run(&get, hr_sink_bytes(memory, 5), &seen), 0, "%s", get.request.error.message);
    cr_assert_eq(run_consumer(&get, &seen), HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(scripted_received("Range"), 0);
}

Test(s3_resume, a_range_goes_on_inside_of_it) {
    NEEDS_KERNEL("a raw peer");
    SERVE(rest(3, 7, 20, "he"), rest(5, 7, 20, "llo"));
    struct seen seen = {0};
    struct hr_s3_get get = {.ranged = true, .range_first = 3, .range_last = 7};
    get.options.version_id = "v7";
    get.options.conditions.if_match = "*";
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(get.info.size_bytes, 20);
    cr_assert_eq(scripted_received("Range: bytes=5-7\r\n"), 1);
    cr_assert_eq(scripted_received("versionId=v7"), 2);
    cr_assert_eq(scripted_received("If-Match: "), 2, "one a request");
    cr_assert_eq(scripted_received(MATCH), 1);
}

Test(s3_resume, a_part_goes_on_by_its_bytes) {
    NEEDS_KERNEL("a raw peer");
    SERVE(rest(10, 14, 20, "hel"), rest(13, 14, 20, "lo"));
    struct seen seen = {0};
    struct hr_s3_get get = {.options.part_number = 2};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(scripted_received("partNumber=2"), 1);
    cr_assert_eq(scripted_received("GET /b/k HTTP"), 1);
    cr_assert_eq(scripted_received("Range: bytes=13-14\r\n"), 1);
}

Test(s3_resume, a_body_of_unknown_length_goes_on_to_the_end) {
    NEEDS_KERNEL("a raw peer");
    SERVE("HTTP/1.1 200 OK\r\n" ETAG "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
          rest(2, 4, 5, "l"), rest(3, 4, 5, "lo"));
    struct seen seen = {0};
    struct hr_s3_get get = {0};
    cr_assert_eq(run_consumer(&get, &seen), 0, "%s", get.request.error.message);
    cr_assert_str_eq(seen.text, "hello");
    cr_assert_eq(scripted_received("Range: bytes=2-\r\n"), 1);
    cr_assert_eq(scripted_received("Range: bytes=3-4\r\n"), 1);
}
