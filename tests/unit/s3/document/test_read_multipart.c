#include <criterion/criterion.h>
#include <string.h>

#include "cases.h"
#include "documents.h"

static bool is(struct hr_slice text, const char *expected) {
    return hr_slice_equal(text, hr_slice_of(expected));
}

/* The examples of the S3 API's pages. */
Test(read_multipart, created) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__upload_created created;
    struct hr_slice xml = hr_slice_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <Bucket>example-bucket</Bucket>\n"
        "  <Key>example-object</Key>\n  "
        "<UploadId>VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwb"
        "G9hZA</UploadId>\n</InitiateMultipartUploadResult>");
    cr_assert_eq(hr__read_upload_created(xml, &texts, &error, &created), 0, "%s", error.message);
    cr_assert(is(created.bucket, "example-bucket"));
    cr_assert(is(created.key, "example-object"));
    cr_assert(is(created.upload_id, "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA"));
    hr__texts_free(&texts);
}

Test(read_multipart, completed_behind_white_space) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__upload_completed completed;
    struct hr_slice xml = hr_slice_of(
        "\r\n   \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n \n<CompleteMultipartUploadResult>"
        "<Location>http://Example-Bucket.s3.Region.amazonaws.com/Example-Object</Location>"
        "<Bucket>Example-Bucket</Bucket><Key>Example-Object</Key>"
        "<ETag>&quot;3858f62230ac3c915f300c664312c11f-9&quot;</ETag>"
        "<ChecksumCRC64NVME>XF4bI5Ia8KI=</ChecksumCRC64NVME><ChecksumXXHASH3>hash3</"
        "ChecksumXXHASH3>"
        "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>");
    cr_assert_eq(hr__read_upload_completed(xml, &texts, &error, &completed), 0, "%s",
                 error.message);
    cr_assert(is(completed.etag, "3858f62230ac3c915f300c664312c11f-9"));
    cr_assert(
        is(completed.location, "http://Example-Bucket.s3.Region.amazonaws.com/Example-Object"));
    cr_assert(is(completed.checksums.crc64nvme, "XF4bI5Ia8KI="));
    cr_assert(is(completed.checksums.xxhash3, "hash3"));
    cr_assert(is(completed.checksums.type, "FULL_OBJECT"));
    cr_assert_eq(completed.checksums.crc32.size, 0);
    hr__texts_free(&texts);
}

#define SUM(name) "<Checksum" name ">" name "</Checksum" name ">"

Test(read_multipart, each_of_ten_checksums) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__copied copied;
    struct hr_slice xml =
        hr_slice_of("<CopyObjectResult><ETag>e</ETag>" SUM("CRC32") SUM("CRC32C") SUM("CRC64NVME")
                        SUM("SHA1") SUM("SHA256") SUM("SHA512") SUM("MD5") SUM("XXHASH64")
                            SUM("XXHASH3") SUM("XXHASH128") SUM("Type") "</CopyObjectResult>");
    cr_assert_eq(hr__read_object_copied(xml, &texts, &error, &copied), 0, "%s", error.message);
    const struct hr_s3_checksums *sums = &copied.checksums;
    cr_assert(is(sums->crc32, "CRC32") && is(sums->crc32c, "CRC32C"));
    cr_assert(is(sums->crc64nvme, "CRC64NVME") && is(sums->sha1, "SHA1"));
    cr_assert(is(sums->sha256, "SHA256") && is(sums->sha512, "SHA512") && is(sums->md5, "MD5"));
    cr_assert(is(sums->xxhash64, "XXHASH64") && is(sums->xxhash3, "XXHASH3"));
    cr_assert(is(sums->xxhash128, "XXHASH128") && is(sums->type, "Type"));
    hr__texts_free(&texts);
}

Test(read_multipart, copied_objects_and_parts) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__copied copied;
    struct hr_slice object = hr_slice_of(
        "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>"
        "2009-10-12T17:50:30.000Z</LastModified><ETag>\"9b2cf535f27731c974343645a3985328\"</ETag>"
        "</CopyObjectResult>");
    cr_assert_eq(hr__read_object_copied(object, &texts, &error, &copied), 0, "%s", error.message);
    cr_assert(is(copied.etag, "9b2cf535f27731c974343645a3985328"));
    cr_assert_eq(copied.last_modified_s, 1255369830);
    struct hr_slice part = hr_slice_of("<CopyPartResult><ETag>p</ETag></CopyPartResult>");
    cr_assert_eq(hr__read_part_copied(part, &texts, &error, &copied), 0, "%s", error.message);
    cr_assert(is(copied.etag, "p"));
    cr_assert_eq(copied.last_modified_s, 0);
    cr_assert_eq(hr__read_part_copied(object, &texts, &error, &copied), HR_ERR_S3_RESPONSE);
    hr__texts_free(&texts);
}

Test(read_multipart, nothing_is_touched_on_error) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__upload_created created = {.key = hr_slice_of("before")};
    cr_assert_eq(
        hr__read_upload_created(hr_slice_of("<InitiateMultipartUploadResult><Key>k</Key><UploadId/>"
                                            "</InitiateMultipartUploadResult>"),
                                &texts, &error, &created),
        HR_ERR_S3_RESPONSE);
    cr_assert_str_eq(error.message,
                     "the store's InitiateMultipartUploadResult cannot be understood: "
                     "in InitiateMultipartUploadResult, UploadId is missing");
    cr_assert(is(created.key, "before"));
    hr__texts_free(&texts);
}

static void check_completed(const json_t *one, struct hr_slice body, const json_t *result) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__upload_completed completed;
    const char *name = cases_text(one, "name"), *etag = cases_text(result, "ETag");
    cr_assert_eq(hr__read_upload_completed(body, &texts, &error, &completed), 0, "%s: %s", name,
                 error.message);
    char quoted[200];
    snprintf(quoted, sizeof quoted, "\"%s\"", completed.etag.data);
    cr_assert_str_eq(quoted, etag, "%s", name);
    cr_assert(hr_slice_equal(completed.key, cases_slice(result, "Key")), "%s", name);
    cr_assert(hr_slice_equal(completed.bucket, cases_slice(result, "Bucket")), "%s", name);
    cr_assert(hr_slice_equal(completed.location, cases_slice(result, "Location")), "%s", name);
    hr__texts_free(&texts);
}

static void check_created(const json_t *one, struct hr_slice body, const json_t *result) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__upload_created created;
    cr_assert_eq(hr__read_upload_created(body, &texts, &error, &created), 0, "%s: %s",
                 cases_text(one, "name"), error.message);
    cr_assert(hr_slice_equal(created.upload_id, cases_slice(result, "UploadId")));
    hr__texts_free(&texts);
}

static size_t check_all(const json_t *all) {
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        const json_t *result = json_object_get(json_object_get(one, "expect"), "result");
        struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
        if (!result || body.size == 0) continue;
        bool complete = !strcmp(cases_text(one, "operation"), "CompleteMultipartUpload");
        bool create = !strcmp(cases_text(one, "operation"), "CreateMultipartUpload");
        if (complete) check_completed(one, body, result);
        if (create) check_created(one, body, result);
        counted += complete || create;
    }
    return counted;
}

Test(read_multipart, cases_given) {
    static const char *const files[] = {"s3/response.given.jsonl",
                                        "s3/response-scripted.given.jsonl"};
    size_t counted = 0;
    for (size_t i = 0; i < 2; i++) {
        json_t *all = cases_load(files[i]);
        if (!all) cr_skip_test("no conformance cases: %s", files[i]);
        counted += check_all(all);
        json_decref(all);
    }
    cr_assert_geq(counted, 4);
}
