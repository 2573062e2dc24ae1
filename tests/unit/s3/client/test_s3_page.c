/* Listings against a peer that follows a script: long tokens, stores that never end. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/s3.h>

#include "needs_kernel.h"
#include "scripted.h"

static uint64_t shown;

TestSuite(s3_page, .init = scripted_begin, .fini = scripted_end);

/* Answers of which each serves one request; the last step may be PEER_REPEAT. */
static void serve(const char *const *answers, size_t count, bool repeat) {
    struct peer_script script = {0};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        script.steps[at++] = (struct peer_step){.kind = PEER_HEAD};
        script.steps[at++] = (struct peer_step){.kind = PEER_SEND, .text = answers[i]};
    }
    if (repeat) script.steps[at++] = (struct peer_step){.kind = PEER_REPEAT};
    cr_assert_lt(at, PEER_STEPS_MAX);
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.endpoint = NULL});
}

/* Texts that a test needs to its end. */
static char *kept[64];
static unsigned kept_count;
static char *keep(char *text) {
    cr_assert_lt(kept_count, 64);
    return kept[kept_count++] = text;
}

/* An answer with a page in it. */
static const char *page_of(const char *entries, const char *token) {
    char *body, *answer;
    int size = asprintf(&body,
                        "<ListBucketResult>%s<IsTruncated>%s</IsTruncated><NextContinuationToken>"
                        "%s</NextContinuationToken></ListBucketResult>",
                        entries, *token ? "true" : "false", token);
    cr_assert_gt(asprintf(&answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, body),
                 0);
    free(body);
    return keep(answer);
}

#define ENTRY(key) "<Contents><Key>" key "</Key><Size>1</Size></Contents>"

static int on_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    (void)list, (void)object;
    shown++;
    return 0;
}

static int run(struct hr_s3_list *list) {
    list->bucket = "b";
    list->on_object = on_object;
    int err = hr_s3_list_start(scripted_client, list);
    return err ? err : hr_wait(&list->request);
}

static char *long_token(size_t size) {
    char *token = malloc(size + 1);
    memset(token, '+', size); /* three bytes in a query */
    token[size] = 0;
    return token;
}

static const char *kept_token(size_t size) {
    return keep(long_token(size));
}

Test(s3_page, tokens_up_to_the_limit_are_followed) {
    NEEDS_KERNEL("a raw peer");
    const char *longest = kept_token(HR_S3_TOKEN_MAX);
    const char *answers[] = {page_of(ENTRY("a"), kept_token(1300)), page_of(ENTRY("b"), longest),
                             page_of(ENTRY("c"), "")};
    serve(answers, 3, false);
    struct hr_s3_list list = {0};
    cr_assert_eq(run(&list), 0, "%s", list.request.error.message);
    cr_assert_eq(list.objects, 3);
    cr_assert_null(list.next_token);
}

Test(s3_page, a_token_goes_on_page_by_page_and_is_kept_where_one_fails) {
    NEEDS_KERNEL("a raw peer");
    const char *longest = kept_token(HR_S3_TOKEN_MAX);
    const char *answers[] = {page_of(ENTRY("a"), longest),
                             "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                             page_of(ENTRY("b"), "t2"), page_of(ENTRY("c"), "")};
    serve(answers, 4, false);
    struct hr_s3_list list = {.one_page = true};
    cr_assert_eq(run(&list), 0, "%s", list.request.error.message);
    cr_assert_str_eq(list.next_token, longest);
    cr_assert_eq(run(&list), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(list.next_token, longest);
    cr_assert_eq(run(&list), 0);
    cr_assert_str_eq(list.next_token, "t2");
    struct hr_s3_list elsewhere = {.one_page = true, .next_token = strdup("t2")};
    cr_assert_eq(run(&elsewhere), 0);
    cr_assert_null(elsewhere.next_token);
    hr_s3_list_deinit(&list);
    hr_s3_list_deinit(NULL);
    struct hr_s3_list over = {.next_token = long_token(HR_S3_TOKEN_MAX + 1)};
    cr_assert_eq(run(&over), -EINVAL);
    cr_assert(strstr(over.request.error.message, "16385"), "%s", over.request.error.message);
    hr_s3_list_deinit(&over);
}

Test(s3_page, a_token_over_the_limit_is_refused_by_name) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a"), kept_token(HR_S3_TOKEN_MAX + 1))};
    serve(answers, 1, false);
    struct hr_s3_list list = {0};
    cr_assert_eq(run(&list), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(list.request.error.message, "16384"), "%s", list.request.error.message);
    cr_assert_eq(shown, 0);
}

/* One page after the other, as the command does, or all in one request. */
static int follow(struct hr_s3_list *list, bool one_page) {
    list->one_page = one_page;
    int result;
    do {
        result = run(list);
    } while (!result && list->truncated && list->pages < 100000);
    hr_s3_list_deinit(list);
    return result;
}

static void expect_end(const char *const *answers, size_t count, const char *why) {
    for (unsigned one_page = 0; one_page < 2; one_page++) {
        serve(answers, count, true);
        struct hr_s3_list list = {0};
        cr_assert_eq(follow(&list, one_page), HR_ERR_S3_RESPONSE);
        cr_assert(strstr(list.request.error.message, why), "%s", list.request.error.message);
        hr_s3_client_close(scripted_client, NULL, NULL);
        peer_stop(scripted_peer);
    }
    scripted_client = NULL;
    scripted_peer = NULL;
}

Test(s3_page, two_tokens_that_alternate) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of(ENTRY("a"), "t1"), page_of(ENTRY("b"), "t2")};
    expect_end(answers, 2, "tokens come round again");
}

Test(s3_page, a_cycle_of_empty_pages) {
    NEEDS_KERNEL("a raw peer");
    const char *answers[] = {page_of("", "t1"), page_of("", "t2"), page_of("", "t3")};
    expect_end(answers, 3, "tokens come round again");
}

Test(s3_page, buckets_have_pages_too) {
    NEEDS_KERNEL("a raw peer");
    static const char body[] = "<ListAllMyBucketsResult><Buckets><Bucket><Name>%s</Name></Bucket>"
                               "</Buckets>%s</ListAllMyBucketsResult>";
    static char answers[3][512];
    const char *list[3];
    for (unsigned i = 0; i < 3; i++) {
        char text[300];
        int size = snprintf(text, sizeof text, body, i == 0 ? "one" : "two",
                            i == 1 ? "" : "<ContinuationToken>t/</ContinuationToken>");
        snprintf(answers[i], sizeof answers[i], "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
                 size, text);
        list[i] = answers[i];
    }
    serve(list, 3, true);
    struct hr_s3_bucket_list buckets = {.on_bucket = NULL};
    cr_assert_eq(hr_s3_bucket_list_start(scripted_client, &buckets), 0);
    cr_assert_eq(hr_wait(&buckets.request), 0, "%s", buckets.request.error.message);
    cr_assert_eq(buckets.buckets, 2);
    cr_assert(strstr(peer_received(scripted_peer, NULL), "GET /?continuation-token=t%2F HTTP/1.1"));
}
