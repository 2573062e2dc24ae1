/* A store whose clock is far from ours. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <headrace/s3.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_skew, .init = scripted_begin, .fini = scripted_end);

/* A time in the form that strftime gives it, seconds away from now. */
static const char *time_away(long seconds, const char *format) {
    static char texts[8][64];
    static unsigned next;
    char *text = texts[next++ % 8];
    time_t when = time(NULL) + seconds;
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof texts[0], format, &parts);
    return text;
}

/* An answer of a store whose clock is so far from ours. */
static const char *answer(const char *status, long seconds, const char *body) {
    static char texts[8][512];
    static unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof texts[0],
             "HTTP/1.1 %s\r\nETag: \"e\"\r\nDate: %s\r\nContent-Length: %zu\r\n\r\n%s", status,
             time_away(seconds, "%a, %d %b %Y %H:%M:%S GMT"), strlen(body), body);
    return text;
}

#define TOO_SKEWED "<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>"

static void make_client(const char *const *answers, size_t count) {
    struct peer_script script = {0};
    for (size_t i = 0; i < count; i++) {
        script.steps[2 * i] = (struct peer_step){.kind = PEER_HEAD};
        script.steps[2 * i + 1] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.http.retry.attempts_max = 1});
}

static int get(struct hr_s3_get *request) {
    static char body[64];
    *request = (struct hr_s3_get){
        .bucket = "bucket", .key = "k", .sink = hr_sink_bytes(body, sizeof body)};
    int err = hr_s3_get_start(scripted_client, request);
    return err ? err : hr_wait(&request->request);
}

/* Seconds from now to the time that the request number `index` was signed with. */
static long signed_away(unsigned index) {
    const char *at = peer_received(scripted_peer, NULL);
    struct tm parts = {0};
    for (unsigned i = 0; i <= index; i++) {
        at = strstr(at, "x-amz-date: ");
        cr_assert_not_null(at);
        at += strlen("x-amz-date: ");
    }
    cr_assert_not_null(strptime(at, "%Y%m%dT%H%M%SZ", &parts));
    return (long)(timegm(&parts) - time(NULL));
}

static bool is_near(long seconds, long expected) {
    return seconds > expected - 60 && seconds < expected + 60;
}

static void check_corrected(const char *status, const char *body, long seconds) {
    const char *answers[] = {answer(status, seconds, body), answer("200 OK", seconds, "x"),
                             answer("200 OK", seconds, "x")};
    struct hr_s3_get request;
    make_client(answers, 3);
    cr_assert_eq(get(&request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert(is_near(signed_away(0), 0));
    cr_assert(is_near(signed_away(1), seconds));
    /* The next request is right at once. */
    cr_assert_eq(get(&request), 0);
    cr_assert_eq(request.request.attempts, 1);
    cr_assert(is_near(signed_away(2), seconds));
}

Test(s3_skew, a_store_twenty_minutes_ahead_has_its_time_at_the_second_attempt) {
    NEEDS_KERNEL("a raw peer");
    check_corrected("403 Forbidden", TOO_SKEWED, 20 * 60);
}

Test(s3_skew, a_store_twenty_minutes_behind_has_its_time_at_the_second_attempt) {
    NEEDS_KERNEL("a raw peer");
    check_corrected("403 Forbidden", TOO_SKEWED, -20 * 60);
}

Test(s3_skew, a_refusal_without_a_reason_counts_where_the_clocks_are_apart) {
    NEEDS_KERNEL("a raw peer");
    check_corrected("403 Forbidden", "", 20 * 60);
}

Test(s3_skew, a_refusal_where_the_clocks_agree_is_final) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {answer("403 Forbidden", 200, ""), answer("200 OK", 0, "x")};
    struct hr_s3_get request;
    make_client(answers, 2);
    cr_assert_eq(get(&request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.attempts, 1);
}

Test(s3_skew, a_second_refusal_is_final_and_names_the_clocks) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {answer("403 Forbidden", 1200, TOO_SKEWED),
                             answer("403 Forbidden", -7200, TOO_SKEWED), answer("200 OK", 0, "x")};
    struct hr_s3_get request;
    make_client(answers, 3);
    cr_assert_eq(get(&request), HR_ERR_S3_SERVICE);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert(strstr(request.request.error.message, "Set the clock"));
}

Test(s3_skew, ends_when_the_clocks_agree_again) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {answer("403 Forbidden", 1200, TOO_SKEWED), answer("200 OK", 0, "x"),
                             answer("200 OK", 0, "x")};
    struct hr_s3_get request;
    make_client(answers, 3);
    cr_assert_eq(get(&request), 0);
    cr_assert(is_near(signed_away(1), 1200));
    cr_assert_eq(get(&request), 0);
    cr_assert(is_near(signed_away(2), 0));
    cr_assert_eq(scripted_received("GET /bucket/k"), 3);
}

/* What was refused was signed with the time before; that the answer has put the clock right already
 * is no reason to give up. So it is where another request has corrected it meanwhile. */
Test(s3_skew, a_refusal_of_a_time_that_counts_no_more_is_repeated) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {answer("403 Forbidden", 1200, TOO_SKEWED), answer("200 OK", 1200, "x"),
                             answer("403 Forbidden", 0, TOO_SKEWED), answer("200 OK", 0, "x")};
    struct hr_s3_get request;
    make_client(answers, 4);
    cr_assert_eq(get(&request), 0);
    cr_assert_eq(get(&request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert(is_near(signed_away(2), 1200));
    cr_assert(is_near(signed_away(3), 0));
}
