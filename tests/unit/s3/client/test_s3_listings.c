/* Listings of versions, uploads and parts, page by page. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_listings, .init = scripted_begin, .fini = scripted_end);

static char shown[512];

static void show(struct hr_slice a, struct hr_slice b) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%.*s:%.*s ", (int)a.size, a.size ? a.data : "",
             (int)b.size, b.size ? b.data : "");
}

static int on_version(struct hr_s3_version_list *list, const struct hr_s3_version *version) {
    (void)list;
    show(version->key, version->version_id);
    return 0;
}

#define VERSION(key, id)                                                                           \
    "<Version><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>true</IsLatest><Size>1"     \
    "</Size></Version>"

/* Stores under load do that, in a response that HTTP finds whole. */
Test(s3_listings, a_page_that_breaks_off_is_asked_for_again) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK", .text = "<ListVersionsResult>" VERSION("a", "2") "<Version><Key>b"},
        {.status = "200 OK",
         .text = "<ListVersionsResult>" VERSION("a", "2") "</ListVersionsResult>"},
        {.status = "200 OK", .text = "<ListVersionsResult>"},
        {.status = "200 OK", .text = "<ListVersionsResult><Version>"},
        {.status = "200 OK", .text = "<ListVersionsResult"},
        {.status = "200 OK", .text = "<ListVersionsResult></ListVersion"}};
    scripted_serve(turns, 6);
    struct hr_s3_version_list list = {.bucket = "b", .on_version = on_version};
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_str_eq(shown, "a:2 ", "nothing of the first one");
    cr_assert_eq(list.request.attempts, 2);
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request),
                 HR_ERR_S3_RESPONSE);
    cr_assert_eq(list.request.attempts, 4);
    cr_assert(strstr(list.request.error.message, "ListObjectVersions breaks off"), "%s",
              list.request.error.message);
}

Test(s3_listings, versions_go_on_behind_a_key_and_a_version) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<ListVersionsResult>" VERSION(
             "a", "2") "<DeleteMarker><Key>a</Key><VersionId>1"
                       "</VersionId><IsLatest>false</IsLatest></DeleteMarker><IsTruncated>true"
                       "</IsTruncated><EncodingType>url</EncodingType><NextKeyMarker>a%2Fb</"
                       "NextKeyMarker>"
                       "<NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>"},
        {.status = "200 OK",
         .text = "<ListVersionsResult>" VERSION(
             "c",
             "9") "<IsTruncated>false</IsTruncated>"
                  "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListVersionsResult>"}};
    scripted_serve(turns, 2);
    struct hr_s3_version_list list = {.bucket = "b",
                                      .prefix = "x",
                                      .key_after = "k0",
                                      .version_id_after = "v0",
                                      .page_size = 2,
                                      .on_version = on_version};
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_str_eq(shown, "a:2 a:1 c:9 p/: ");
    cr_assert(list.versions == 3 && list.prefixes == 1 && list.pages == 2);
    cr_assert_eq(scripted_received("GET /b?versions&encoding-type=url&key-marker=k0&max-keys=2&"
                                   "prefix=x&version-id-marker=v0 HTTP/1.1\r\n"),
                 1);
    cr_assert_eq(scripted_received("&key-marker=a%2Fb&max-keys=2&prefix=x&version-id-marker=1 "),
                 1);
}

Test(s3_listings, versions_that_come_round_again_are_an_error) {
    NEEDS_KERNEL("a raw peer");
    static const char page[] = "<ListVersionsResult>" VERSION(
        "a", "1") "<IsTruncated>true"
                  "</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>"
                  "1</NextVersionIdMarker></ListVersionsResult>";
    const struct scripted_turn turns[] = {{.status = "200 OK", .text = page},
                                          {.status = "200 OK", .text = page},
                                          {.status = "200 OK", .text = page}};
    scripted_serve(turns, 3);
    struct hr_s3_version_list list = {.bucket = "b", .on_version = on_version};
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request),
                 HR_ERR_S3_RESPONSE);
    cr_assert_str_eq(shown, "a:1 ");
    list.version_id_after = "1";
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request),
                 -EINVAL, "a version of no key");
}

static int on_upload(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload) {
    (void)list;
    show(upload->key, upload->upload_id);
    return 0;
}

#define UPLOAD(key, id) "<Upload><Key>" key "</Key><UploadId>" id "</UploadId></Upload>"

Test(s3_listings, uploads_go_on_behind_a_key_and_an_upload) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<ListMultipartUploadsResult>" UPLOAD(
             "a",
             "u1") "<IsTruncated>true</IsTruncated>"
                   "<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>"
                   "</ListMultipartUploadsResult>"},
        {.status = "200 OK",
         .text = "<ListMultipartUploadsResult>" UPLOAD("a", "u2") "<IsTruncated>false</IsTruncated>"
                                                                  "</ListMultipartUploadsResult>"}};
    scripted_serve(turns, 2);
    struct hr_s3_upload_list list = {
        .bucket = "b", .delimiter = "/", .page_size = 1, .on_upload = on_upload};
    cr_assert_eq(scripted_wait(hr_s3_upload_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_str_eq(shown, "a:u1 a:u2 ");
    cr_assert(list.uploads == 2 && list.pages == 2);
    cr_assert_eq(scripted_received("GET /b?uploads&delimiter=%2F&encoding-type=url&key-marker=a&"
                                   "max-uploads=1&upload-id-marker=u1 HTTP/1.1\r\n"),
                 1);
}

static int on_part(struct hr_s3_part_list *list, const struct hr_s3_part_info *part) {
    char number[16];
    snprintf(number, sizeof number, "%u", part->part_number);
    show(hr_slice_of(number), part->etag);
    return list->request.user ? -EPERM : 0;
}

#define PART(number, etag)                                                                         \
    "<Part><PartNumber>" number "</PartNumber><ETag>\"" etag "\"</ETag><Size>5</Size></Part>"

Test(s3_listings, parts_go_on_behind_a_number) {
    NEEDS_KERNEL("a raw peer");
    static const char last[] =
        "<ListPartsResult>" PART("7", "e7") "<IsTruncated>false"
                                            "</IsTruncated></ListPartsResult>";
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<ListPartsResult>" PART(
             "3", "e3") "<NextPartNumberMarker>3"
                        "</NextPartNumberMarker><IsTruncated>true</IsTruncated></ListPartsResult>"},
        {.status = "200 OK", .text = last},
        {.status = "200 OK", .text = last},
        {.status = "404 Not Found", .text = "<Error><Code>NoSuchUpload</Code></Error>"}};
    scripted_serve(turns, 4);
    struct hr_s3_part_list list = {
        .bucket = "b", .key = "k", .upload_id = "u", .part_number_after = 2, .on_part = on_part};
    cr_assert_eq(scripted_wait(hr_s3_part_list_start(scripted_client, &list), &list.request), 0,
                 "%s", list.request.error.message);
    cr_assert_str_eq(shown, "3:e3 7:e7 ");
    cr_assert(list.parts == 2 && list.pages == 2);
    cr_assert_eq(scripted_received("GET /b/k?part-number-marker=2&uploadId=u HTTP/1.1\r\n"), 1);
    cr_assert_eq(scripted_received("GET /b/k?part-number-marker=3&uploadId=u HTTP/1.1\r\n"), 1);
    list.request.user = &list;
    cr_assert_eq(scripted_wait(hr_s3_part_list_start(scripted_client, &list), &list.request),
                 -EPERM, "the callback's own");
    cr_assert_eq(scripted_wait(hr_s3_part_list_start(scripted_client, &list), &list.request),
                 HR_ERR_S3_SERVICE);
}

Test(s3_listings, a_store_that_refuses_the_encoding_is_not_asked_for_it) {
    NEEDS_KERNEL("a raw peer");
    const struct scripted_turn turns[] = {
        {.status = "200 OK",
         .text = "<ListVersionsResult>" VERSION(
             "a%2Fb", "1") "<IsTruncated>false</IsTruncated></ListVersionsResult>"}};
    scripted_provider = "ceph";
    scripted_serve(turns, 1);
    struct hr_s3_version_list list = {.bucket = "b", .on_version = on_version};
    cr_assert_eq(scripted_wait(hr_s3_version_list_start(scripted_client, &list), &list.request), 0);
    cr_assert_str_eq(shown, "a%2Fb:1 ", "and its keys are as they stand");
    cr_assert_eq(scripted_received("encoding-type"), 0);
}
