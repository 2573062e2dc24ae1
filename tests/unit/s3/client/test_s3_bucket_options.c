/* Options of buckets and of their listings, as they are sent. */
#include <criterion/criterion.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_bucket_options, .init = scripted_begin, .fini = scripted_end);

static void make(struct prepared *made, enum hr__s3_kind kind, void *request) {
    *made = (struct prepared){.error = {0}};
    cr_assert_eq(prepared_make(made, kind, request, "http://h"), 0, "%s", made->error.message);
}

Test(s3_bucket_options, a_bucket_is_made_with_access_owner_and_lock) {
    struct prepared made;
    struct hr_s3_bucket_create create = {.bucket = "bucket",
                                         .acl = "private",
                                         .ownership = "BucketOwnerEnforced",
                                         .object_lock = true};
    make(&made, HR__S3_BUCKET_CREATE, &create);
    cr_assert(prepared_has(&made, "x-amz-acl", "private"));
    cr_assert(prepared_has(&made, "x-amz-object-ownership", "BucketOwnerEnforced"));
    cr_assert(prepared_has(&made, "x-amz-bucket-object-lock-enabled", "true"));
    prepared_free(&made);
    create = (struct hr_s3_bucket_create){.bucket = "bucket"};
    make(&made, HR__S3_BUCKET_CREATE, &create);
    cr_assert(prepared_has(&made, "x-amz-acl", NULL));
    cr_assert(prepared_has(&made, "x-amz-object-ownership", NULL));
    cr_assert(prepared_has(&made, "x-amz-bucket-object-lock-enabled", NULL));
    prepared_free(&made);
}

Test(s3_bucket_options, an_expected_owner_goes_along) {
    static const char owner[] = "x-amz-expected-bucket-owner";
    struct prepared made;
    struct hr_s3_bucket_head head = {.bucket = "bucket", .expected_owner = "111122223333"};
    make(&made, HR__S3_BUCKET_HEAD, &head);
    cr_assert(prepared_has(&made, owner, "111122223333"));
    prepared_free(&made);
    struct hr_s3_bucket_delete del = {.bucket = "bucket", .expected_owner = "111122223333"};
    make(&made, HR__S3_BUCKET_DELETE, &del);
    cr_assert(prepared_has(&made, owner, "111122223333"));
    prepared_free(&made);
    del = (struct hr_s3_bucket_delete){.bucket = "bucket", .expected_owner = "1\n2"};
    made = (struct prepared){.error = {0}};
    cr_assert_eq(prepared_make(&made, HR__S3_BUCKET_DELETE, &del, "http://h"),
                 HR_ERR_HEADER_INVALID);
    prepared_free(&made);
}

Test(s3_bucket_options, an_mfa_code_goes_over_tls_alone) {
    struct hr_s3_versioning_put put = {
        .bucket = "bucket", .status = HR_S3_VERSIONING_ENABLED, .mfa = "serial 123456"};
    struct prepared made = {.error = {0}};
    cr_assert_eq(prepared_make(&made, HR__S3_VERSIONING_PUT, &put, "http://h"),
                 HR_ERR_S3_TLS_NEEDED);
    prepared_free(&made);
    made = (struct prepared){.error = {0}};
    cr_assert_eq(prepared_make(&made, HR__S3_VERSIONING_PUT, &put, "https://h"), 0);
    cr_assert(prepared_has(&made, "x-amz-mfa", "serial 123456"));
    prepared_free(&made);
}

#define PAGE(token)                                                                                \
    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" token               \
    "</NextContinuationToken></ListBucketResult>"
#define LAST "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"

/* On each page, and not on the first alone. */
Test(s3_bucket_options, a_listing_has_payer_and_owner_on_each_page) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {{.status = "200 OK", .text = PAGE("t")},
                                          {.status = "200 OK", .text = LAST}};
    scripted_serve(turns, 2);
    struct hr_s3_list list = {
        .bucket = "bucket", .request_payer = true, .expected_owner = "111122223333"};
    cr_assert_eq(scripted_wait(hr_s3_list_start(scripted_client, &list), &list.request), 0, "%s",
                 list.request.error.message);
    cr_assert_eq(list.pages, 2);
    cr_assert_eq(scripted_received("x-amz-request-payer: requester\r\n"), 2);
    cr_assert_eq(scripted_received("x-amz-expected-bucket-owner: 111122223333\r\n"), 2);
}

#define BUCKETS(token)                                                                             \
    "<ListAllMyBucketsResult><Buckets></Buckets>" token "</ListAllMyBucketsResult>"

Test(s3_bucket_options, a_list_of_buckets_is_of_a_prefix_and_a_region_in_pages) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = BUCKETS("<ContinuationToken>t</ContinuationToken>")},
        {.status = "200 OK", .text = BUCKETS("")}};
    scripted_serve(turns, 2);
    struct hr_s3_bucket_list list = {
        .prefix = "logs-", .bucket_region = "eu-west-1", .page_size = 2};
    cr_assert_eq(scripted_wait(hr_s3_bucket_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_eq(scripted_received("GET /?bucket-region=eu-west-1&max-buckets=2&prefix=logs- "), 1);
    cr_assert_eq(scripted_received("GET /?bucket-region=eu-west-1&continuation-token=t&"
                                   "max-buckets=2&prefix=logs- "),
                 1);
}
