/* The requests that the operations make of the users' structs, written and not sent. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "prepared.h"
#include "s3_call.h"
#include "s3_rows.h"

static struct prepared made;

static void prepare(enum hr__s3_kind kind, void *request, const char *endpoint) {
    prepared_free(&made);
    int err = prepared_make(&made, kind, request, endpoint);
    cr_assert_eq(err, 0, "%s: %s", hr__s3_rows[kind].operation.name, made.error.message);
}

Test(s3_prepare, each_row_is_in_its_place_and_complete) {
    for (int kind = 0; kind < HR__S3_KINDS; kind++) {
        const struct hr__s3_row *row = &hr__s3_rows[kind];
        cr_assert_eq((int)row->operation.kind, kind);
        cr_assert(row->base.name && row->base.start && row->call_at && row->reserved_at, "%d",
                  kind);
        cr_assert(row->reserved_at > row->call_at, "%s", row->base.name);
        if (kind == HR__S3_REQUEST) continue;
        cr_assert(row->operation.name && row->operation.method && row->operation.statuses[0], "%s",
                  row->base.name);
        cr_assert(!row->operation.key || row->operation.bucket, "%s", row->base.name);
        cr_assert_eq(row->operation.bucket, row->bucket_at != 0, "%s", row->base.name);
        cr_assert_eq(row->operation.key, row->key_at != 0, "%s", row->base.name);
    }
}

Test(s3_prepare, a_listing_asks_for_its_page) {
    struct hr_s3_list list = {
        .bucket = "b", .prefix = "a b/&", .delimiter = "/", .start_after = "é", .page_size = 10};
    prepare(HR__S3_LIST, &list, "http://h");
    cr_assert_str_eq(made.message.url.data,
                     "http://h/b?delimiter=%2F&encoding-type=url&list-type=2&max-keys=10&"
                     "prefix=a%20b%2F%26&start-after=%C3%A9");
    list.next_token = "1/+==";
    prepare(HR__S3_LIST, &list, "http://h");
    cr_assert_str_eq(made.message.url.data,
                     "http://h/b?continuation-token=1%2F%2B%3D%3D&delimiter=%2F&encoding-type=url&"
                     "list-type=2&max-keys=10&prefix=a%20b%2F%26");
    char prefix[1026];
    memset(prefix, 'p', sizeof prefix);
    prefix[1025] = 0;
    list.prefix = prefix;
    prepared_free(&made);
    cr_assert_eq(prepared_make(&made, HR__S3_LIST, &list, "http://h"), HR_ERR_S3_KEY_INVALID);
    cr_assert(strstr(made.error.message, "prefix"));
    prepared_free(&made);
}

Test(s3_prepare, the_pass_through_is_what_its_struct_says) {
    const struct hr_s3_query query[] = {{hr_slice_of("policy"), hr_slice_bytes(NULL, 0)},
                                        {hr_slice_of("a b"), hr_slice_of("c/d")}};
    struct hr_s3_request pass = {.operation = "PutBucketPolicy",
                                 .method = "PUT",
                                 .bucket = "b",
                                 .query = query,
                                 .query_count = 2,
                                 .body = hr_source_bytes("{}", 2)};
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_str_eq(made.message.url.data, "http://h/b?policy&a%20b=c%2Fd");
    cr_assert_str_eq(made.call->parameters.operation->name, "PutBucketPolicy");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_FREELY);
    pass = (struct hr_s3_request){.method = "POST"};
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_str_eq(made.message.url.data, "http://h/");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_NEVER);
    pass.repeatable = true;
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_FREELY);
    prepared_free(&made);
}

/* ---- Options. */

static void refuse(enum hr__s3_kind kind, void *request, const char *endpoint, int code,
                   const char *why) {
    prepared_free(&made);
    cr_assert_eq(prepared_make(&made, kind, request, endpoint), code, "%s: %d %s", why,
                 made.error.code, made.error.message);
    cr_assert(strstr(made.error.message, why), "%s: %s", why, made.error.message);
    prepared_free(&made);
}

struct expected {
    const char *name, *value;
};

static void assert_fields(const struct expected *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct hr_slice found = prepared_field(&made, fields[i].name);
        cr_assert(prepared_has(&made, fields[i].name, fields[i].value), "%s is \"%.*s\"",
                  fields[i].name, (int)found.size, found.size ? found.data : "");
    }
}

#define ASSERT_FIELDS(fields) assert_fields(fields, sizeof fields / sizeof fields[0])

Test(s3_prepare, a_put_carries_its_options) {
    static const struct hr_s3_tag tags[] = {{"team", "a b"}, {"größe", "1&2=3"}};
    struct hr_s3_put put = {
        .bucket = "b",
        .key = "k",
        .body = hr_source_bytes("x", 1),
        .options = {.content_encoding = "gzip",
                    .content_language = "de",
                    .content_disposition = "inline",
                    .cache_control = "max-age=60",
                    .expires_s = 784111777,
                    .tags = tags,
                    .tag_count = 2,
                    .storage_class = "STANDARD_IA",
                    .acl = "public-read",
                    .website_redirect = "/other",
                    .encryption = {.kind = HR_S3_ENCRYPTION_KMS,
                                   .kms_key_id = "key-1",
                                   .kms_context = "{\"a\":1}",
                                   .bucket_key = true},
                    .lock = {.mode = "GOVERNANCE", .retain_until_s = 784111777, .legal_hold = "ON"},
                    .request_payer = true,
                    .expected_owner = "123456789012"},
        .conditions = {.if_match = "abc", .if_none_match = "*"}};
    prepare(HR__S3_PUT, &put, "http://h");
    static const struct expected fields[] = {
        {"content-type", "application/octet-stream"},
        {"content-encoding", "gzip"},
        {"content-language", "de"},
        {"content-disposition", "inline"},
        {"cache-control", "max-age=60"},
        {"expires", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"x-amz-tagging", "team=a%20b&gr%C3%B6%C3%9Fe=1%262%3D3"},
        {"x-amz-storage-class", "STANDARD_IA"},
        {"x-amz-acl", "public-read"},
        {"x-amz-website-redirect-location", "/other"},
        {"x-amz-server-side-encryption", "aws:kms"},
        {"x-amz-server-side-encryption-aws-kms-key-id", "key-1"},
        {"x-amz-server-side-encryption-context", "eyJhIjoxfQ=="},
        {"x-amz-server-side-encryption-bucket-key-enabled", "true"},
        {"x-amz-object-lock-mode", "GOVERNANCE"},
        {"x-amz-object-lock-retain-until-date", "1994-11-06T08:49:37.000Z"},
        {"x-amz-object-lock-legal-hold", "ON"},
        {"x-amz-request-payer", "requester"},
        {"x-amz-expected-bucket-owner", "123456789012"},
        {"if-match", "\"abc\""},
        {"if-none-match", "*"},
    };
    ASSERT_FIELDS(fields);
    cr_assert_eq(made.message.field_count, sizeof fields / sizeof fields[0] + 1, "and Host");
}

Test(s3_prepare, a_put_without_options_has_none_of_their_fields) {
    struct hr_s3_put put = {
        .bucket = "b", .key = "k", .body = hr_source_fd(0, (struct hr_file_range){0, 1})};
    prepare(HR__S3_PUT, &put, "http://h");
    cr_assert_eq(made.message.field_count, 1, "Host; a file's type is not guessed");
    cr_assert_null(made.call->details);
    struct hr_http_field type = {hr_slice_of("Content-Type"), hr_slice_of("a/b")};
    put.body = hr_source_bytes("x", 1);
    put.fields = &type;
    put.field_count = 1;
    prepare(HR__S3_PUT, &put, "http://h");
    cr_assert(prepared_has(&made, "content-type", "a/b"));
    cr_assert_eq(made.message.field_count, 2);
}

Test(s3_prepare, options_that_make_no_sense_are_named) {
    static const struct hr_s3_tag nameless = {NULL, "v"}, many[11];
    const struct hr_s3_put good = {.bucket = "b", .key = "k"};
    struct hr_s3_put put = good;
    put.options.tag_count = 1;
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "tags is NULL");
    put.options.tags = &nameless;
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "tags[0]");
    put.options.tags = many;
    put.options.tag_count = 11;
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "11 tags");
    put = good;
    put.options.lock.mode = "GOVERNANCE";
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "retain_until_s");
    put = good;
    put.options.encryption.kms_key_id = "k";
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "KMS");
    put.options.encryption = (struct hr_s3_encryption){.kind = (enum hr_s3_encryption_kind)9};
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "encryption.kind");
    put = good;
    put.options.cache_control = "a\r\nX: y";
    refuse(HR__S3_PUT, &put, "http://h", HR_ERR_HEADER_INVALID, "Cache-Control");
    put = good;
    put.conditions.if_modified_since_s = 1;
    refuse(HR__S3_PUT, &put, "http://h", -EINVAL, "if_modified_since_s");
    struct hr_http_field acl = {hr_slice_of("X-Amz-Acl"), hr_slice_of("private")};
    put = good;
    put.fields = &acl;
    put.field_count = 1;
    put.options.acl = "private";
    refuse(HR__S3_PUT, &put, "http://h", HR_ERR_HEADER_INVALID, "given twice");
}

/* The MD5 is md5sum's of 32 times 'k'. */
Test(s3_prepare, a_customer_key_goes_over_tls_alone) {
    static const char key[33] = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    struct hr_s3_put put = {
        .bucket = "b", .key = "k", .options = {.encryption = {.customer_key = key}}};
    static const struct expected fields[] = {
        {"x-amz-server-side-encryption", NULL},
        {"x-amz-server-side-encryption-customer-algorithm", "AES256"},
        {"x-amz-server-side-encryption-customer-key",
         "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="},
        {"x-amz-server-side-encryption-customer-key-MD5", "mT2HRsMGJ5IX5C+0rreZ8Q=="}};
    prepare(HR__S3_PUT, &put, "https://h");
    ASSERT_FIELDS(fields);
    cr_assert(made.call->details->secret, "it is wiped");
    refuse(HR__S3_PUT, &put, "http://h", HR_ERR_S3_TLS_NEEDED, "SSE-C");
    cr_assert(!strstr(made.error.message, "kkkk"));
    struct hr_s3_get get = {.bucket = "b", .key = "k", .options = {.customer_key = key}};
    prepare(HR__S3_GET, &get, "https://h");
    ASSERT_FIELDS(fields);
    refuse(HR__S3_GET, &get, "http://h", HR_ERR_S3_TLS_NEEDED, "SSE-C");
    put.options.encryption.kind = HR_S3_ENCRYPTION_S3;
    refuse(HR__S3_PUT, &put, "https://h", -EINVAL, "customer_key");
    struct hr_s3_delete del = {.bucket = "b", .key = "k", .mfa = "serial 123456"};
    refuse(HR__S3_DELETE, &del, "http://h", HR_ERR_S3_TLS_NEEDED, "mfa");
}

static const struct hr_s3_read_options reading = {
    .version_id = "v/1",
    .part_number = 7,
    .conditions = {.if_match = "\"a\"",
                   .if_none_match = "b",
                   .if_modified_since_s = 784111777,
                   .if_unmodified_since_s = 784111778},
    .overrides = {.content_type = "text/plain",
                  .content_encoding = "gzip",
                  .content_language = "de",
                  .content_disposition = "attachment; filename=\"a\"",
                  .cache_control = "no-store",
                  .expires_s = 784111777},
    .request_payer = true,
    .expected_owner = "123456789012"};

Test(s3_prepare, get_and_head_carry_their_options) {
    struct hr_s3_get get = {.bucket = "b", .key = "k", .options = reading};
    struct hr_s3_head head = {.bucket = "b", .key = "k", .options = reading};
    static const struct expected fields[] = {
        {"if-match", "\"a\""},
        {"if-none-match", "\"b\""},
        {"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"if-unmodified-since", "Sun, 06 Nov 1994 08:49:38 GMT"},
        {"x-amz-request-payer", "requester"},
        {"x-amz-expected-bucket-owner", "123456789012"}};
    for (int i = 0; i < 2; i++) {
        prepare(i ? HR__S3_HEAD : HR__S3_GET, i ? (void *)&head : (void *)&get, "http://h");
        ASSERT_FIELDS(fields);
        cr_assert_str_eq(made.message.url.data,
                         "http://h/b/k?partNumber=7&response-cache-control=no-store&"
                         "response-content-disposition=attachment%3B%20filename%3D%22a%22&"
                         "response-content-encoding=gzip&response-content-language=de&"
                         "response-content-type=text%2Fplain&"
                         "response-expires=Sun%2C%2006%20Nov%201994%2008%3A49%3A37%20GMT&"
                         "versionId=v%2F1");
    }
    get.ranged = true;
    refuse(HR__S3_GET, &get, "http://h", -EINVAL, "part_number");
    head.options.part_number = 10001;
    refuse(HR__S3_HEAD, &head, "http://h", -EINVAL, "10001");
    get = (struct hr_s3_get){.bucket = "b", .key = "k"};
    prepare(HR__S3_GET, &get, "http://h");
    cr_assert_null(made.call->details);
    prepared_free(&made);
}

Test(s3_prepare, a_delete_carries_its_options) {
    struct hr_s3_delete del = {.bucket = "b",
                               .key = "k",
                               .version_id = "v",
                               .if_match = "e",
                               .mfa = "serial 123456",
                               .bypass_governance = true,
                               .request_payer = true,
                               .expected_owner = "1"};
    prepare(HR__S3_DELETE, &del, "https://h");
    static const struct expected fields[] = {{"if-match", "\"e\""},
                                             {"x-amz-mfa", "serial 123456"},
                                             {"x-amz-bypass-governance-retention", "true"},
                                             {"x-amz-request-payer", "requester"},
                                             {"x-amz-expected-bucket-owner", "1"}};
    ASSERT_FIELDS(fields);
    cr_assert_str_eq(made.message.url.data, "https://h/b/k?versionId=v");
    prepared_free(&made);
}

#define ROOT     "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define ROOT_END "</CreateBucketConfiguration>"

static const struct {
    const char *bucket, *region, *endpoint, *body; /* NULL: none */
} created[] = {
    {"b", "us-east-1", NULL, NULL},
    {"b", "eu-west-1", NULL, ROOT "<LocationConstraint>eu-west-1</LocationConstraint>" ROOT_END},
    {"b", "eu-west-1", "http://store", NULL},
    {"b--usw2-az1--x-s3", "us-west-2", NULL,
     ROOT "<Location><Type>AvailabilityZone</Type><Name>usw2-az1</Name></Location><Bucket>"
          "<DataRedundancy>SingleAvailabilityZone</DataRedundancy><Type>Directory</Type></"
          "Bucket>" ROOT_END},
    {"a--b--use1-az4--x-s3", "us-east-1", NULL,
     ROOT "<Location><Type>AvailabilityZone</Type><Name>use1-az4</Name></Location><Bucket>"
          "<DataRedundancy>SingleAvailabilityZone</DataRedundancy><Type>Directory</Type></"
          "Bucket>" ROOT_END},
    {"b--usw2-lax1-az1--x-s3", "us-west-2", NULL,
     ROOT
     "<Location><Type>LocalZone</Type><Name>usw2-lax1-az1</Name></Location><Bucket>"
     "<DataRedundancy>SingleLocalZone</DataRedundancy><Type>Directory</Type></Bucket>" ROOT_END},
    {"b--usw2-az1--x-s3", "us-west-2", "http://store", NULL}, /* means nothing there */
};

/* The zones as S3's own documentation of CreateBucket has them. */
Test(s3_prepare, a_bucket_is_created_in_its_region_or_zone) {
    for (size_t i = 0; i < sizeof created / sizeof created[0]; i++) {
        struct hr_s3_bucket_create create = {.bucket = created[i].bucket};
        made.region = created[i].region;
        prepare(HR__S3_BUCKET_CREATE, &create, created[i].endpoint);
        const struct hr_source *body = &made.call->http.body;
        if (created[i].body)
            cr_expect(hr_slice_equal(hr_slice_bytes(body->data, (size_t)body->size),
                                     hr_slice_of(created[i].body)),
                      "%s: %.*s", created[i].bucket, (int)body->size, (const char *)body->data);
        else
            cr_expect_eq(body->kind, HR_SOURCE_NONE, "%s", created[i].bucket);
    }
    struct hr_s3_bucket_create create = {.bucket = "zoneless--x-s3"};
    prepared_free(&made);
    cr_assert_eq(prepared_make(&made, HR__S3_BUCKET_CREATE, &create, NULL),
                 HR_ERR_S3_BUCKET_INVALID);
    cr_assert(strstr(made.error.message, "NAME--ZONE--x-s3"), "%s", made.error.message);
    prepared_free(&made);
}
