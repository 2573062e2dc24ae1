/* Operations whose requests or answers are documents: tags, many deletions, attributes, settings.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "needs_kernel.h"
#include "prepared.h"
#include "scripted.h"

TestSuite(s3_documents, .init = scripted_begin, .fini = scripted_end);

static char shown[512];

static void show(const char *format, struct hr_slice a, struct hr_slice b) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, format, (int)a.size, a.size ? a.data : "",
             (int)b.size, b.size ? b.data : "");
}

/* The bytes of the document that an operation sends. */
static uint64_t body_of(enum hr__s3_kind kind, void *request) {
    struct prepared made = {.error = {0}};
    cr_assert_eq(prepared_make(&made, kind, request, "http://h"), 0, "%s", made.error.message);
    uint64_t size = made.call->http.body.size;
    prepared_free(&made);
    return size;
}

static int on_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    show("%.*s=%.*s ", hr_slice_of(tag->key), hr_slice_of(tag->value));
    return get->request.user ? -ECANCELED : 0;
}

Test(s3_documents, tags_are_put_read_and_deleted) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_s3_tag tags[] = {{"a&b", "1"}, {"c", ""}};
    struct hr_s3_tags_put put = {
        .bucket = "b", .key = "k", .version_id = "v", .tags = tags, .tag_count = 2};
    static const char answer[] = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag>"
                                 "<Key>b</Key><Value/></Tag></TagSet></Tagging>";
    const struct scripted_turn turns[] = {
        {.body = body_of(HR__S3_TAGS_PUT, &put), .status = "200 OK"},
        {.status = "200 OK", .text = answer},
        {.status = "200 OK", .text = answer},
        {.status = "200 OK", .text = "<Tagging/>"},
        {.status = "204 No Content"}};
    scripted_serve(turns, 5);
    put.request = (struct hr_request){.user = NULL};
    cr_assert_eq(scripted_wait(hr_s3_tags_put_start(scripted_client, &put), &put.request), 0, "%s",
                 put.request.error.message);
    cr_assert_eq(scripted_received("PUT /b/k?tagging&versionId=v HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("<Key>a&amp;b</Key>"), 1);
    cr_assert_eq(scripted_received("Content-MD5: "), 1);
    struct hr_s3_tags_get get = {.bucket = "b", .key = "k", .on_tag = on_tag};
    cr_assert_eq(scripted_wait(hr_s3_tags_get_start(scripted_client, &get), &get.request), 0);
    cr_assert_str_eq(shown, "a=1 b= ");
    cr_assert_eq(get.tags, 2);
    get.request.user = &get;
    cr_assert_eq(scripted_wait(hr_s3_tags_get_start(scripted_client, &get), &get.request),
                 -ECANCELED, "the callback's own");
    get.request.user = NULL;
    int err = scripted_wait(hr_s3_tags_get_start(scripted_client, &get), &get.request);
    cr_assert(err == 0 || err == HR_ERR_S3_RESPONSE);
    struct hr_s3_tags_delete del = {.bucket = "b", .key = "k"};
    cr_assert_eq(scripted_wait(hr_s3_tags_delete_start(scripted_client, &del), &del.request), 0);
    cr_assert_eq(scripted_received("DELETE /b/k?tagging HTTP/1.1\r\n"), 1);
}

static int on_result(struct hr_s3_delete_many *many, const struct hr_s3_deleted *deleted) {
    (void)many;
    show("%.*s:%.*s ", deleted->key, deleted->code);
    return 0;
}

#define FAILED_B "<Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error>"

Test(s3_documents, many_are_deleted_and_each_has_its_result) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_s3_delete_key keys[] = {{"a", "v1", NULL}, {"b", NULL, "e"}};
    struct hr_s3_delete_many many = {
        .bucket = "b", .keys = keys, .key_count = 2, .on_result = on_result};
    uint64_t body = body_of(HR__S3_DELETE_MANY, &many);
    many.quiet = true;
    uint64_t quiet = body_of(HR__S3_DELETE_MANY, &many);
    many.quiet = false;
    many.request = (struct hr_request){.user = NULL};
    const struct scripted_turn turns[] = {
        {.body = body,
         .status = "200 OK",
         .text = "<DeleteResult><Deleted><Key>a</Key></Deleted>" FAILED_B "</DeleteResult>"},
        {.body = quiet, .status = "200 OK", .text = "<DeleteResult>" FAILED_B "</DeleteResult>"},
        {.body = body, .status = "200 OK", .text = "<DeleteResult></DeleteResult>"},
        {.body = body, .status = "200 OK", .text = "<Error><Code>InternalError</Code></Error>"},
        {.body = body,
         .status = "200 OK",
         .text = "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted>"
                 "</DeleteResult>"}};
    scripted_serve(turns, 5);
    cr_assert_eq(scripted_wait(hr_s3_delete_many_start(scripted_client, &many), &many.request), 0,
                 "%s", many.request.error.message);
    cr_assert_str_eq(shown, "a: b:AccessDenied ");
    cr_assert(many.deleted == 1 && many.failed == 1);
    many.quiet = true;
    cr_assert_eq(scripted_wait(hr_s3_delete_many_start(scripted_client, &many), &many.request), 0);
    cr_assert(many.deleted == 1 && many.failed == 1);
    many.quiet = false;
    cr_assert_eq(scripted_wait(hr_s3_delete_many_start(scripted_client, &many), &many.request),
                 HR_ERR_S3_RESPONSE, "it says nothing of them");
    cr_assert_eq(scripted_wait(hr_s3_delete_many_start(scripted_client, &many), &many.request), 0);
    cr_assert(many.deleted == 2 && many.failed == 0 && many.request.attempts == 2);
    cr_assert_eq(scripted_received("POST /b?delete HTTP/1.1\r\n"), 5);
    cr_assert_eq(scripted_received("Content-MD5: "), 5);
    many.key_count = 1001;
    cr_assert_eq(hr_s3_delete_many_start(scripted_client, &many), -EINVAL);
    many.key_count = 0;
    cr_assert_eq(hr_s3_delete_many_start(scripted_client, &many), -EINVAL);
}

static int on_part(struct hr_s3_attributes *attributes, const struct hr_s3_part_info *part) {
    (void)attributes;
    char text[32];
    snprintf(text, sizeof text, "%u:%llu", part->part_number, (unsigned long long)part->size_bytes);
    show("%.*s,%.*s ", hr_slice_of(text), part->checksums.crc32);
    return 0;
}

static int on_checksums(struct hr_s3_attributes *attributes,
                        const struct hr_s3_checksums *checksums) {
    (void)attributes;
    show("%.*s/%.*s", checksums->crc32, checksums->type);
    return 0;
}

Test(s3_documents, attributes_of_an_object) {
    NEEDS_KERNEL("a raw peer");
    static const char answer[] =
        "<GetObjectAttributesResponse><ETag>e-2</ETag><Checksum><ChecksumCRC32>AA==</ChecksumCRC32>"
        "<ChecksumType>COMPOSITE</ChecksumType></Checksum><ObjectParts><PartsCount>2"
        "</PartsCount><PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>1"
        "</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>true</IsTruncated><Part>"
        "<PartNumber>1</PartNumber><Size>5</Size><ChecksumCRC32>BB==</ChecksumCRC32></Part>"
        "</ObjectParts><StorageClass>STANDARD</StorageClass><ObjectSize>10</ObjectSize>"
        "</GetObjectAttributesResponse>";
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .fields = "x-amz-version-id: V1\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
         .text = answer}};
    scripted_serve(turns, 1);
    struct hr_s3_attributes attributes = {.bucket = "b",
                                          .key = "k",
                                          .parts_max = 1,
                                          .on_part = on_part,
                                          .on_checksums = on_checksums};
    cr_assert_eq(
        scripted_wait(hr_s3_attributes_start(scripted_client, &attributes), &attributes.request), 0,
        "%s", attributes.request.error.message);
    cr_assert_str_eq(shown, "1:5,BB== AA==/COMPOSITE");
    cr_assert_str_eq(attributes.etag, "e-2");
    cr_assert_str_eq(attributes.storage_class, "STANDARD");
    cr_assert_str_eq(attributes.version_id_found, "V1");
    cr_assert(attributes.size_bytes == 10 && !attributes.size_unknown &&
              attributes.last_modified_s == 784111777);
    cr_assert(attributes.parts_total == 2 && attributes.parts_truncated &&
              attributes.next_part_number_after == 1);
    cr_assert_eq(scripted_received("GET /b/k?attributes HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("x-amz-max-parts: 1\r\n"), 1);
}

Test(s3_documents, a_restore_has_begun_or_is_there) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_restore restore = {.bucket = "b", .key = "k", .days = 3, .tier = "Bulk"};
    uint64_t body = body_of(HR__S3_RESTORE, &restore);
    restore.request = (struct hr_request){.user = NULL};
    const struct scripted_turn turns[] = {
        {.body = body, .status = "202 Accepted"},
        {.body = body, .status = "200 OK"},
        {.body = body,
         .status = "409 Conflict",
         .text = "<Error><Code>RestoreAlreadyInProgress</Code></Error>"}};
    scripted_serve(turns, 3);
    cr_assert_eq(scripted_wait(hr_s3_restore_start(scripted_client, &restore), &restore.request),
                 0);
    cr_assert(restore.under_way);
    cr_assert_eq(scripted_wait(hr_s3_restore_start(scripted_client, &restore), &restore.request),
                 0);
    cr_assert(!restore.under_way);
    cr_assert_eq(scripted_wait(hr_s3_restore_start(scripted_client, &restore), &restore.request),
                 HR_ERR_S3_SERVICE);
    cr_assert_eq(scripted_received("POST /b/k?restore HTTP/1.1\r\n"), 3);
    cr_assert_eq(scripted_received("<Days>3</Days>"), 3);
}

Test(s3_documents, location_and_versioning_of_a_bucket) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_versioning_put put = {.bucket = "b", .status = HR_S3_VERSIONING_ENABLED};
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = "<LocationConstraint>EU</LocationConstraint>"},
        {.status = "200 OK", .text = "<LocationConstraint/>"},
        {.status = "200 OK", .text = "<VersioningConfiguration/>"},
        {.status = "200 OK",
         .text = "<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Enabled</MfaDelete>"
                 "</VersioningConfiguration>"},
        {.body = body_of(HR__S3_VERSIONING_PUT, &put), .status = "200 OK"}};
    scripted_serve(turns, 5);
    struct hr_s3_bucket_location location = {.bucket = "b"};
    struct hr_s3_versioning_get get = {.bucket = "b"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(scripted_wait(hr_s3_bucket_location_start(scripted_client, &location),
                                   &location.request),
                     0, "%s", location.request.error.message);
        cr_assert_str_eq(location.region, i ? "us-east-1" : "eu-west-1");
    }
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(scripted_wait(hr_s3_versioning_get_start(scripted_client, &get), &get.request),
                     0);
        cr_assert(get.status == (i ? HR_S3_VERSIONING_SUSPENDED : HR_S3_VERSIONING_OFF));
        cr_assert(get.mfa_delete == (i == 1));
    }
    put.request = (struct hr_request){.user = NULL};
    cr_assert_eq(scripted_wait(hr_s3_versioning_put_start(scripted_client, &put), &put.request), 0);
    cr_assert_eq(scripted_received("PUT /b?versioning HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("<Status>Enabled</Status>"), 1);
    put.status = HR_S3_VERSIONING_OFF;
    cr_assert_eq(scripted_wait(hr_s3_versioning_put_start(scripted_client, &put), &put.request),
                 -EINVAL);
}
