/* Attempts of one request are known to the store's log by two fields. */
#include <criterion/criterion.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_invocation, .init = scripted_begin, .fini = scripted_end);

#define ID "amz-sdk-invocation-id: "
#define SLOW                                                                                       \
    { .status = "503 Slow Down", .text = "<Error><Code>SlowDown</Code></Error>" }
#define GOOD                                                                                       \
    { .status = "200 OK", .fields = "ETag: \"e\"\r\n" }

/* The id of request `number` (0, 1, …), as received. */
static const char *id_of(unsigned number) {
    size_t size;
    const char *at = strstr(peer_received(scripted_peer, &size), ID);
    while (at && number-- > 0) at = strstr(at + 1, ID);
    cr_assert_not_null(at);
    return at + strlen(ID);
}

static int head_it(uint32_t timeout_ms) {
    struct hr_s3_head head = {.bucket = "b", .key = "k", .request.timeout_ms = timeout_ms};
    return scripted_wait(hr_s3_head_start(scripted_client, &head), &head.request);
}

Test(s3_invocation, attempts_are_counted_under_one_id) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "503 Slow Down", .fields = "Content-Length: 0\r\n"}, GOOD, GOOD};
    scripted_serve(turns, 3);
    cr_assert_eq(head_it(0), 0);
    cr_assert_eq(head_it(0), 0);
    cr_assert_eq(scripted_received("amz-sdk-request: attempt=1; max=4\r\n"), 2);
    cr_assert_eq(scripted_received("amz-sdk-request: attempt=2; max=4\r\n"), 1);
    cr_assert_eq(strncmp(id_of(0), id_of(1), 36), 0, "one request");
    cr_assert_neq(strncmp(id_of(1), id_of(2), 36), 0, "another one");
    cr_assert_eq(scripted_received("SignedHeaders=host;x-amz-content-sha256;x-amz-date,"), 3);
}

Test(s3_invocation, a_limit_of_time_is_told) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {GOOD};
    scripted_serve(turns, 1);
    cr_assert_eq(head_it(60000), 0);
    cr_assert_eq(scripted_received("amz-sdk-request: ttl=20"), 1);
    cr_assert_eq(scripted_received("Z; attempt=1; max=4\r\n"), 1);
}

#define PAGE(next)                                                                                 \
    {                                                                                              \
        .status = "200 OK",                                                                        \
        .text =                                                                                    \
            "<ListBucketResult><IsTruncated>" next "<Contents><Key>k</Key><Size>1</Size>"          \
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag></Contents>"   \
            "</ListBucketResult>"                                                                  \
    }

Test(s3_invocation, each_page_of_a_listing_is_a_question_of_its_own) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        PAGE("true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"),
        SLOW,
        {.status = "200 OK",
         .text = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"}};
    scripted_serve(turns, 3);
    struct hr_s3_list list = {.bucket = "b"};
    cr_assert_eq(scripted_wait(hr_s3_list_start(scripted_client, &list), &list.request), 0, "%s",
                 list.request.error.message);
    cr_assert_eq(list.request.attempts, 3);
    cr_assert_eq(scripted_received("attempt=1; max=4\r\n"), 2);
    cr_assert_eq(scripted_received("attempt=2; max=4\r\n"), 1);
    cr_assert_neq(strncmp(id_of(0), id_of(1), 36), 0);
    cr_assert_eq(strncmp(id_of(1), id_of(2), 36), 0);
}
