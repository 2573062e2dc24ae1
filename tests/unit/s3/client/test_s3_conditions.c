/* Answers that are neither success nor a plain error: conditions, conflicts, empty objects, parts.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_conditions, .init = scripted_begin, .fini = scripted_end);

static char memory[64];
static int heads;

static int on_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    (void)get, (void)head;
    heads++;
    return 0;
}

static int get_it(struct hr_s3_get *get) {
    get->bucket = "b";
    get->key = "k";
    get->sink = hr_sink_bytes(memory, sizeof memory);
    get->on_head = on_head;
    return scripted_wait(hr_s3_get_start(scripted_client, get), &get->request);
}

Test(s3_conditions, not_modified_and_not_met_are_results_of_their_own) {
    NEEDS_KERNEL("a raw peer");
    static const char failed[] = "<Error><Code>PreconditionFailed</Code><Message>At least one of "
                                 "the pre-conditions</Message></Error>";
    const struct scripted_turn turns[] = {
        {.status = "304 Not Modified", .fields = "ETag: \"e\"\r\n"},
        {.status = "412 Precondition Failed", .text = failed},
        {.status = "412 Precondition Failed"},
        {.status = "404 Not Found", .text = "<Error><Code>NoSuchKey</Code></Error>"}};
    scripted_serve(turns, 4);
    struct hr_s3_get get = {.options.conditions.if_none_match = "e"};
    cr_assert_eq(get_it(&get), HR_ERR_S3_NOT_MODIFIED);
    cr_assert_eq(get.request.error.code, HR_ERR_S3_NOT_MODIFIED);
    cr_assert_eq(get.request.error.http_status, 304);
    get = (struct hr_s3_get){.options.conditions.if_match = "e"};
    cr_assert_eq(get_it(&get), HR_ERR_S3_PRECONDITION);
    cr_assert_str_eq(get.request.error.service_code, "PreconditionFailed");
    struct hr_s3_head head = {.bucket = "b", .key = "k", .options.conditions.if_match = "e"};
    cr_assert_eq(scripted_wait(hr_s3_head_start(scripted_client, &head), &head.request),
                 HR_ERR_S3_PRECONDITION, "a HEAD has no error document");
    get = (struct hr_s3_get){.options.conditions.if_match = "e"};
    cr_assert_eq(get_it(&get), HR_ERR_S3_SERVICE, "If-Match on a key that is missing");
    cr_assert_str_eq(get.request.error.service_code, "NoSuchKey");
    cr_assert(heads == 0 && !memory[0] && get.request.attempts == 1);
}

Test(s3_conditions, a_conflict_is_repeated_by_put_and_not_by_others) {
    NEEDS_KERNEL("a raw peer");
    static const char conflict[] = "<Error><Code>ConditionalRequestConflict</Code></Error>";
    const struct scripted_turn turns[] = {
        {.body = 1, .status = "409 Conflict", .text = conflict},
        {.body = 1, .status = "200 OK", .fields = "ETag: \"e\"\r\nx-amz-version-id: V1\r\n"},
        {.status = "409 Conflict", .text = conflict},
        {.body = 1,
         .status = "409 Conflict",
         .text = "<Error><Code>OperationAborted</Code></Error>"}};
    scripted_serve(turns, 4);
    struct hr_s3_put put = {.bucket = "b",
                            .key = "k",
                            .body = hr_source_bytes("x", 1),
                            .conditions.if_none_match = "*"};
    cr_assert_eq(scripted_wait(hr_s3_put_start(scripted_client, &put), &put.request), 0);
    cr_assert_eq(put.request.attempts, 2);
    cr_assert_str_eq(put.version_id, "V1");
    cr_assert_eq(scripted_received("If-None-Match: *\r\n"), 2);
    struct hr_s3_delete del = {.bucket = "b", .key = "k", .if_match = "e"};
    cr_assert_eq(scripted_wait(hr_s3_delete_start(scripted_client, &del), &del.request),
                 HR_ERR_S3_CONFLICT);
    cr_assert_eq(scripted_wait(hr_s3_put_start(scripted_client, &put), &put.request),
                 HR_ERR_S3_SERVICE, "another conflict");
}

Test(s3_conditions, the_first_range_of_an_empty_object_is_empty) {
    NEEDS_KERNEL("a raw peer");
    static const char text[] = "<Error><Code>InvalidRange</Code></Error>";
    static const char empty[] = "Content-Range: bytes */0\r\n",
                      ten[] = "Content-Range: bytes */10\r\n";
    const struct scripted_turn turns[] = {
        {.status = "416 Requested Range Not Satisfiable", .fields = empty, .text = text},
        {.status = "416 Requested Range Not Satisfiable", .fields = empty, .text = text},
        {.status = "416 Requested Range Not Satisfiable", .fields = ten, .text = text},
        {.status = "416 Requested Range Not Satisfiable", .text = text}};
    scripted_serve(turns, 4);
    struct hr_s3_get get = {.ranged = true, .range_last = 99};
    cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
    cr_assert(get.body_bytes == 0 && get.info.size_bytes == 0 && !memory[0] && heads == 1);
    get = (struct hr_s3_get){.ranged = true, .range_first = 1, .range_last = 99};
    cr_assert_eq(get_it(&get), HR_ERR_S3_SERVICE, "it asks for what is not there");
    get = (struct hr_s3_get){.ranged = true, .range_last = 99};
    cr_assert_eq(get_it(&get), HR_ERR_S3_SERVICE, "no empty object answers so");
    cr_assert_eq(get_it(&get), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(get.request.error.service_code, "InvalidRange");
}

Test(s3_conditions, a_part_is_a_range_that_the_store_chooses) {
    NEEDS_KERNEL("a raw peer");
    static const char fields[] = "Content-Range: bytes 5-9/15\r\nx-amz-mp-parts-count: 3\r\n"
                                 "ETag: \"e-3\"\r\n";
    const struct scripted_turn turns[] = {
        {.status = "206 Partial Content", .fields = fields, .text = "56789"},
        {.status = "206 Partial Content",
         .fields = "Content-Range: bytes 5-9/15\r\nx-amz-mp-parts-count: 3\r\nETag: \"e-3\"\r\n"
                   "Content-Length: 5\r\n"},
        {.status = "206 Partial Content", .fields = fields, .text = "56789"}};
    scripted_serve(turns, 3);
    struct hr_s3_get get = {.options.part_number = 2};
    cr_assert_eq(get_it(&get), 0, "%s", get.request.error.message);
    cr_assert(get.info.size_bytes == 15 && get.body_bytes == 5 && get.info.parts == 3);
    struct hr_s3_head head = {.bucket = "b", .key = "k", .options.part_number = 2};
    cr_assert_eq(scripted_wait(hr_s3_head_start(scripted_client, &head), &head.request), 0);
    cr_assert(head.info.size_bytes == 15 && head.info.parts == 3);
    get = (struct hr_s3_get){.ranged = false};
    cr_assert_eq(get_it(&get), HR_ERR_HTTP_UNEXPECTED);
}

Test(s3_conditions, a_delete_tells_of_its_marker) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "204 No Content",
         .fields = "x-amz-delete-marker: true\r\nx-amz-version-id: V7\r\n"},
        {.status = "204 No Content"}};
    scripted_serve(turns, 2);
    struct hr_s3_delete del = {.bucket = "b", .key = "k"};
    cr_assert_eq(scripted_wait(hr_s3_delete_start(scripted_client, &del), &del.request), 0);
    cr_assert(del.delete_marker);
    cr_assert_str_eq(del.deleted_version_id, "V7");
    cr_assert_eq(scripted_wait(hr_s3_delete_start(scripted_client, &del), &del.request), 0);
    cr_assert(!del.delete_marker && !del.deleted_version_id[0]);
}
