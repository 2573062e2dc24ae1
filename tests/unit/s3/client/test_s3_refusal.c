/* More of a store's refusal: for the request's owner, and in the events. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

static char event_ids[512]; /* "KIND=HOST-ID " of each event */

static void note(void *user, const struct hr_client_event *event) {
    size_t used = strlen(event_ids);
    (void)user;
    snprintf(event_ids + used, sizeof event_ids - used, "%d=%s ", (int)event->kind,
             event->host_id ? event->host_id : "");
}

static void begin(void) {
    scripted_on_event = note;
    scripted_begin();
}

TestSuite(s3_refusal, .init = begin, .fini = scripted_end);

#define HEAD_ID "x-amz-id-2: host+head/1=\r\n"
#define DOCUMENT(code)                                                                             \
    "<Error><Code>" code "</Code><Message>m</Message><Resource>/b/k</Resource>"                    \
    "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint><RequestId>r</RequestId>"                    \
    "<HostId>host+body/2=</HostId></Error>"
#define ENDPOINT "b.s3.eu-west-1.amazonaws.com"
#define GONE     DOCUMENT("NoSuchUpload")

static struct hr_refusal refusal;

/* Something stands in it, as from a request before. */
static struct hr_refusal *soiled(void) {
    memset(&refusal, 0, sizeof refusal);
    snprintf(refusal.host_id, sizeof refusal.host_id, "old");
    snprintf(refusal.resource, sizeof refusal.resource, "old");
    snprintf(refusal.endpoint, sizeof refusal.endpoint, "old");
    snprintf(refusal.region, sizeof refusal.region, "old");
    return &refusal;
}

static void is(const char *host_id, const char *resource, const char *endpoint,
               const char *region) {
    cr_assert_str_eq(refusal.host_id, host_id);
    cr_assert_str_eq(refusal.resource, resource);
    cr_assert_str_eq(refusal.endpoint, endpoint);
    cr_assert_str_eq(refusal.region, region);
}

static int put(const char *bucket) {
    struct hr_s3_put one = {
        .request.refusal = soiled(), .bucket = bucket, .key = "k", .body = hr_source_bytes("x", 1)};
    return scripted_wait(hr_s3_put_start(scripted_client, &one), &one.request);
}

static int head(void) {
    struct hr_s3_head one = {.request.refusal = soiled(), .bucket = "b", .key = "k"};
    return scripted_wait(hr_s3_head_start(scripted_client, &one), &one.request);
}

static const struct hr_s3_completed_part part = {.part_number = 1,
                                                 .etag = "900150983cd24fb0d6963f7d28e17f72"};

static struct hr_s3_upload_complete completing(void) {
    return (struct hr_s3_upload_complete){.request.refusal = soiled(),
                                          .bucket = "b",
                                          .key = "k",
                                          .upload_id = "u",
                                          .parts = &part,
                                          .part_count = 1};
}

/* The bytes of its document. */
static uint64_t body_size(void) {
    struct prepared made = {.error = {0}};
    struct hr_s3_upload_complete one = completing();
    cr_assert_eq(prepared_make(&made, HR__S3_UPLOAD_COMPLETE, &one, "http://h"), 0);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

static int complete(void) {
    struct hr_s3_upload_complete one = completing();
    return scripted_wait(hr_s3_upload_complete_start(scripted_client, &one), &one.request);
}

Test(s3_refusal, the_head_has_the_host_id_and_the_document_the_rest) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turn = {.body = 1,
                                       .status = "403 Forbidden",
                                       .fields = HEAD_ID "x-amz-bucket-region: eu-west-1\r\n",
                                       .text = DOCUMENT("AccessDenied")};
    scripted_serve(&turn, 1);
    cr_assert_eq(put("b"), HR_ERR_S3_SERVICE);
    is("host+head/1=", "/b/k", ENDPOINT, "eu-west-1");
    cr_assert_str_eq(event_ids, "5=host+head/1= ");
}

Test(s3_refusal, a_head_has_only_fields) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "404 Not Found", .fields = HEAD_ID "Content-Length: 0\r\n"},
        {.status = "404 Not Found", .fields = "Content-Length: 0\r\n"}};
    scripted_serve(turns, 2);
    cr_assert_eq(head(), HR_ERR_S3_SERVICE);
    is("host+head/1=", "", "", "");
    cr_assert_eq(head(), HR_ERR_S3_SERVICE);
    is("", "", "", "");
    cr_assert_str_eq(event_ids, "5=host+head/1= 5= ");
}

Test(s3_refusal, a_good_status_with_an_error_has_both) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.body = body_size(), .status = "200 OK", .text = DOCUMENT("AccessDenied")},
        {.body = body_size(),
         .status = "200 OK",
         .fields = HEAD_ID,
         .text = DOCUMENT("AccessDenied")}};
    scripted_serve(turns, 2);
    cr_assert_eq(complete(), HR_ERR_S3_SERVICE);
    is("host+body/2=", "/b/k", ENDPOINT, "");
    cr_assert_eq(complete(), HR_ERR_S3_SERVICE);
    is("host+head/1=", "/b/k", ENDPOINT, "");
}

Test(s3_refusal, an_attempt_that_succeeds_leaves_none) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.body = 1, .status = "503 Slow Down", .fields = HEAD_ID, .text = DOCUMENT("SlowDown")},
        {.body = 1, .status = "200 OK", .fields = "ETag: e\r\n"}};
    scripted_serve(turns, 2);
    cr_assert_eq(put("b"), 0);
    is("", "", "", "");
    cr_assert_str_eq(event_ids, "2=host+head/1= 4= ");
}

Test(s3_refusal, a_request_that_is_never_sent_leaves_none) {
    NEEDS_KERNEL("a raw peer");
    scripted_serve(NULL, 0);
    cr_assert_eq(put("a/b"), HR_ERR_S3_BUCKET_INVALID);
    is("", "", "", "");
}

/* The look at the object is another question; the refusal that counts is the first one's. */
Test(s3_refusal, a_complete_keeps_its_own_behind_a_look) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.body = body_size(), .status = "500 Internal Server Error"},
        {.body = body_size(), .status = "404 Not Found", .fields = HEAD_ID, .text = GONE},
        {.status = "404 Not Found", .fields = "x-amz-id-2: other\r\nContent-Length: 0\r\n"}};
    scripted_serve(turns, 3);
    cr_assert_eq(complete(), HR_ERR_S3_SERVICE);
    is("host+head/1=", "/b/k", ENDPOINT, "");
    cr_assert_str_eq(event_ids, "2= 5=host+head/1= ");
}

Test(s3_refusal, long_texts_end_in_an_ellipsis) {
    NEEDS_KERNEL("a raw peer");
    static char text[3000];
    snprintf(text, sizeof text,
             "<Error><Code>AccessDenied</Code><HostId>%0200d</HostId><Resource>%02000d</Resource>"
             "<Endpoint>%0300d</Endpoint><Region>not a label</Region></Error>",
             1, 2, 3);
    const struct scripted_turn turn = {.body = 1, .status = "403 Forbidden", .text = text};
    scripted_serve(&turn, 1);
    cr_assert_eq(put("b"), HR_ERR_S3_SERVICE);
    cr_assert_eq(strlen(refusal.host_id), sizeof refusal.host_id - 1);
    cr_assert_eq(strlen(refusal.resource), sizeof refusal.resource - 1);
    cr_assert_eq(strlen(refusal.endpoint), sizeof refusal.endpoint - 1);
    cr_assert_str_eq(refusal.host_id + sizeof refusal.host_id - 5, "0\xe2\x80\xa6");
    cr_assert_str_eq(refusal.region, "");
}
