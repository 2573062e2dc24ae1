/* Fields that must not go out, as servers trip over them. */
#include <criterion/criterion.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_wire, .init = scripted_begin, .fini = scripted_end);

#define EMPTY_LIST "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"

static void get_it(void) {
    char memory[8];
    struct hr_s3_get get = {.bucket = "b", .key = "k", .sink = hr_sink_bytes(memory, 8)};
    cr_assert_eq(scripted_wait(hr_s3_get_start(scripted_client, &get), &get.request), 0);
}

static void head_it(void) {
    struct hr_s3_head head = {.bucket = "b", .key = "k"};
    cr_assert_eq(scripted_wait(hr_s3_head_start(scripted_client, &head), &head.request), 0);
}

static void delete_it(void) {
    struct hr_s3_delete del = {.bucket = "b", .key = "k"};
    cr_assert_eq(scripted_wait(hr_s3_delete_start(scripted_client, &del), &del.request), 0);
}

static void list_it(void) {
    struct hr_s3_list list = {.bucket = "b"};
    cr_assert_eq(scripted_wait(hr_s3_list_start(scripted_client, &list), &list.request), 0);
}

static void pass_it(const char *method) {
    struct hr_s3_request pass = {.method = method, .bucket = "b", .body = hr_source_none()};
    cr_assert_eq(scripted_wait(hr_s3_request_start(scripted_client, &pass), &pass.request), 0);
}

Test(s3_wire, requests_without_a_body_have_no_length) {
    NEEDS_KERNEL("a raw peer");
    static const char fields[] = "ETag: \"e\"\r\nContent-Length: 0\r\n";
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .fields = fields}, {.status = "200 OK", .fields = fields},
        {.status = "204 No Content"},           {.status = "200 OK", .text = EMPTY_LIST},
        {.status = "204 No Content"},           {.status = "204 No Content"}};
    scripted_serve(turns, 6);
    get_it();
    head_it();
    delete_it();
    list_it();
    pass_it("DELETE");
    pass_it(NULL);
    cr_assert_eq(scripted_requests(), 6);
    cr_assert_eq(scripted_received("Content-Length"), 0);
    cr_assert_eq(scripted_received("Transfer-Encoding"), 0);
    cr_assert_eq(scripted_received("Content-Type"), 0);
}

/* A server would wait for the end of such a body, or ask for its length. */
Test(s3_wire, uploads_of_nothing_have_a_length) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                 "</InitiateMultipartUploadResult>"},
        {.status = "200 OK", .fields = "ETag: \"e\"\r\n"}};
    scripted_serve(turns, 2);
    struct hr_s3_upload_create create = {.bucket = "b", .key = "k"};
    cr_assert_eq(
        scripted_wait(hr_s3_upload_create_start(scripted_client, &create), &create.request), 0);
    struct hr_s3_put put = {.bucket = "b", .key = "k", .body = hr_source_bytes("", 0)};
    cr_assert_eq(scripted_wait(hr_s3_put_start(scripted_client, &put), &put.request), 0);
    cr_assert_eq(scripted_received("Content-Length: 0\r\n"), 2);
}
