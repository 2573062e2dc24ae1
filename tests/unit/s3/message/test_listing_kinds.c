#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "listing.h"

static char shown[8192];

static void put(const char *text) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%s", text);
}

static const char *text_of(struct hr_slice text) {
    return text.data ? text.data : "";
}

static int on_version(void *user, const struct hr_s3_version *one) {
    (void)user;
    char line[512];
    snprintf(line, sizeof line, "%s%s%.*s %s %llu %llu %s %s%s\n", one->is_prefix ? "prefix " : "",
             one->is_delete_marker ? "marker " : "", (int)one->key.size, one->key.data,
             text_of(one->version_id), (unsigned long long)one->size_bytes,
             (unsigned long long)one->last_modified_s, text_of(one->etag),
             text_of(one->storage_class), one->is_latest ? " latest" : "");
    put(line);
    return 0;
}

static int on_upload(void *user, const struct hr_s3_upload_info *one) {
    (void)user;
    char line[512];
    snprintf(line, sizeof line, "%s%.*s %s %llu %s %s %s\n", one->is_prefix ? "prefix " : "",
             (int)one->key.size, one->key.data, text_of(one->upload_id),
             (unsigned long long)one->initiated_s, text_of(one->storage_class),
             text_of(one->checksum_algorithm), text_of(one->checksum_type));
    put(line);
    return 0;
}

static int on_part(void *user, const struct hr_s3_part_info *one) {
    (void)user;
    char line[512];
    snprintf(line, sizeof line, "%u %llu %llu %s %s\n", one->part_number,
             (unsigned long long)one->size_bytes, (unsigned long long)one->last_modified_s,
             text_of(one->etag), text_of(one->checksums.crc64nvme));
    put(line);
    return 0;
}

static int pass(struct hr__listing *listing, bool show, struct hr_slice text, size_t piece,
                struct hr_error *error) {
    int err = hr__listing_begin(listing, show);
    for (size_t at = 0; !err && at < text.size; at += piece) {
        size_t more = text.size - at < piece ? text.size - at : piece;
        err = hr__listing_feed(listing, hr_slice_bytes(text.data + at, more),
                               at + more == text.size, error);
    }
    return err;
}

/* Both passes. NULL: it is refused. */
static struct hr__listing *list(enum hr__listing_kind kind, struct hr_slice text, size_t piece,
                                struct hr_error *error) {
    struct hr__listing_sink sink = {
        .on_version = on_version, .on_upload = on_upload, .on_part = on_part};
    struct hr__listing *listing;
    cr_assert_eq(hr__listing_new(kind, &sink, &listing), 0);
    shown[0] = 0;
    int err = pass(listing, false, text, piece, error);
    cr_assert_str_eq(shown, "");
    if (err) {
        cr_assert_eq(err, HR_ERR_S3_RESPONSE);
        hr__listing_free(listing);
        return NULL;
    }
    cr_assert_eq(pass(listing, true, text, piece, error), 0);
    return listing;
}

static bool is(struct hr_slice text, const char *expected) {
    return hr_slice_equal(text, hr_slice_of(expected));
}

static const char versions[] =
    "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
    "<KeyMarker/><IsTruncated>true</IsTruncated><NextKeyMarker>n%20+%2B</NextKeyMarker>"
    "<NextVersionIdMarker>v+%20</NextVersionIdMarker>"
    "<Version><Key>a%2Fb</Key><VersionId>3%2F</VersionId><IsLatest>true</IsLatest><LastModified>"
    "2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>434234</Size>"
    "<StorageClass>STANDARD</StorageClass><Owner><ID>i</ID></Owner></Version>"
    "<DeleteMarker><Key>a%2Fb</Key><VersionId>m</VersionId><IsLatest>false</IsLatest></"
    "DeleteMarker>"
    "<CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes><EncodingType>url</EncodingType>"
    "</ListVersionsResult>";

Test(listing_kinds, versions_and_delete_markers) {
    for (size_t piece = 1; piece < 2000; piece += 1999 / 2) {
        struct hr_error error = {0};
        struct hr__listing *listing =
            list(HR__LISTING_VERSIONS, hr_slice_of(versions), piece, &error);
        cr_assert(listing, "%s", error.message);
        cr_assert_str_eq(shown, "a/b 3%2F 434234 1255369830 e STANDARD latest\n"
                                "marker a/b m 0 0  \nprefix p/  0 0  \n");
        cr_assert(hr__listing_truncated(listing));
        cr_assert(is(hr__listing_token(listing), "n  +"));
        cr_assert(is(hr__listing_id_marker(listing), "v+%20"));
        cr_assert(hr_slice_equal(hr__listing_cursor(listing), hr_slice_bytes("n  +\0v+%20", 10)));
        cr_assert_eq(hr__listing_page(listing).entries, 3);
        cr_assert_eq(hr__listing_page(listing).objects, 2);
        hr__listing_free(listing);
    }
}

/* A key has many versions: a page of others is another page. */
Test(listing_kinds, pages_differ_by_versions_alone) {
    static const char *const pages[] = {
        "<ListVersionsResult><Version><Key>k</Key><VersionId>1</VersionId></Version>"
        "</ListVersionsResult>",
        "<ListVersionsResult><Version><Key>k</Key><VersionId>2</VersionId></Version>"
        "</ListVersionsResult>"};
    uint64_t digests[2];
    for (size_t i = 0; i < 2; i++) {
        struct hr_error error = {0};
        struct hr__listing *listing =
            list(HR__LISTING_VERSIONS, hr_slice_of(pages[i]), 100, &error);
        digests[i] = hr__listing_page(listing).digest;
        cr_assert_eq(hr__listing_cursor(listing).size, 0);
        hr__listing_free(listing);
    }
    cr_assert_neq(digests[0], digests[1]);
}

Test(listing_kinds, uploads) {
    struct hr_error error = {0};
    struct hr_slice text = hr_slice_of(
        "<ListMultipartUploadsResult><NextKeyMarker>n%20</NextKeyMarker><NextUploadIdMarker>u"
        "</NextUploadIdMarker><IsTruncated>true</IsTruncated><Upload><Key>a%20b</Key><UploadId>u1"
        "</UploadId><StorageClass>STANDARD</StorageClass><Initiated>2010-11-10T20:48:33.000Z"
        "</Initiated><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE"
        "</ChecksumType></Upload><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
        "</ListMultipartUploadsResult>");
    struct hr__listing *listing = list(HR__LISTING_UPLOADS, text, 13, &error);
    cr_assert(listing, "%s", error.message);
    cr_assert_str_eq(shown, "a%20b u1 1289422113 STANDARD CRC32 COMPOSITE\nprefix p/  0   \n");
    cr_assert(is(hr__listing_token(listing), "n%20"));
    cr_assert(is(hr__listing_id_marker(listing), "u"));
    hr__listing_free(listing);
}

Test(listing_kinds, parts) {
    struct hr_error error = {0};
    struct hr_slice text = hr_slice_of(
        "<ListPartsResult><UploadId>u</UploadId><PartNumberMarker>1</PartNumberMarker>"
        "<NextPartNumberMarker>3</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true"
        "</IsTruncated><Part><PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z"
        "</LastModified><ETag>\"7778aef83f66abc1fa1e8477f296d394\"</ETag><Size>10485760</Size>"
        "<ChecksumCRC64NVME>c=</ChecksumCRC64NVME></Part><Part><PartNumber>3</PartNumber><ETag>e"
        "</ETag></Part></ListPartsResult>");
    struct hr__listing *listing = list(HR__LISTING_PARTS, text, 13, &error);
    cr_assert(listing, "%s", error.message);
    cr_assert_str_eq(shown,
                     "2 10485760 1289422114 7778aef83f66abc1fa1e8477f296d394 c=\n3 0 0 e \n");
    cr_assert(is(hr__listing_token(listing), "3"));
    cr_assert(is(hr__listing_cursor(listing), "3"));
    cr_assert_eq(hr__listing_id_marker(listing).size, 0);
    hr__listing_free(listing);
}

static const struct {
    enum hr__listing_kind kind;
    const char *text, *problem;
} refused[] = {
    {HR__LISTING_VERSIONS, "<ListBucketResult/>", "its root is <ListBucketResult>"},
    {HR__LISTING_VERSIONS, "<ListVersionsResult><Version/></ListVersionsResult>",
     "in Version, Key is missing"},
    {HR__LISTING_VERSIONS,
     "<ListVersionsResult><Version><Key>k</Key><Size>x</Size></Version></ListVersionsResult>",
     "in Version, Size is not a number"},
    {HR__LISTING_VERSIONS,
     "<ListVersionsResult><EncodingType>url</EncodingType><NextKeyMarker>%</NextKeyMarker>"
     "</ListVersionsResult>",
     "NextKeyMarker is not encoded"},
    {HR__LISTING_UPLOADS,
     "<ListMultipartUploadsResult><Upload><Key>k</Key></Upload></ListMultipartUploadsResult>",
     "in Upload, UploadId is missing"},
    {HR__LISTING_PARTS, "<ListPartsResult><Part><ETag>e</ETag></Part></ListPartsResult>",
     "in Part, PartNumber is missing"},
    {HR__LISTING_PARTS,
     "<ListPartsResult><Part><PartNumber>10001</PartNumber></Part></ListPartsResult>",
     "in Part, PartNumber is not a number from 1 to 10000"},
    {HR__LISTING_PARTS,
     "<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>",
     "in Part, ETag is missing"},
    {HR__LISTING_PARTS, "<html><body>login</body></html>", "its root is <html>"},
    {HR__LISTING_PARTS, "<ListPartsResult>", "malformed"},
};

Test(listing_kinds, refused_by_name) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct hr_error error = {0};
        cr_assert_null(list(refused[i].kind, hr_slice_of(refused[i].text), 5, &error));
        cr_assert(strstr(error.message, refused[i].problem), "%s", error.message);
    }
}

/* A line of what was shown begins as the case says. */
static void expect_line(const char *name, const char *line) {
    const char *found = strstr(shown, line);
    cr_assert(found && (found == shown || found[-1] == '\n'), "%s: %s in %s", name, line, shown);
}

static void check_versions(const char *name, const json_t *result) {
    size_t index;
    json_t *one;
    char line[512];
    json_array_foreach(json_object_get(result, "Versions"), index, one) {
        snprintf(line, sizeof line, "%s %s %lld ", cases_text(one, "Key"),
                 cases_text(one, "VersionId"), json_integer_value(json_object_get(one, "Size")));
        expect_line(name, line);
    }
    json_array_foreach(json_object_get(result, "DeleteMarkers"), index, one) {
        snprintf(line, sizeof line, "marker %s %s ", cases_text(one, "Key"),
                 cases_text(one, "VersionId"));
        expect_line(name, line);
    }
}

static void check_uploads(const char *name, const json_t *result) {
    size_t index;
    json_t *one;
    char line[512];
    json_array_foreach(json_object_get(result, "Uploads"), index, one) {
        snprintf(line, sizeof line, "%s %s ", cases_text(one, "Key"), cases_text(one, "UploadId"));
        expect_line(name, line);
    }
}

static void check_parts(const char *name, const json_t *result) {
    size_t index;
    json_t *one;
    char line[512];
    json_array_foreach(json_object_get(result, "Parts"), index, one) {
        snprintf(line, sizeof line, "%lld %lld ",
                 json_integer_value(json_object_get(one, "PartNumber")),
                 json_integer_value(json_object_get(one, "Size")));
        expect_line(name, line);
    }
}

static const struct {
    const char *operation;
    enum hr__listing_kind kind;
    void (*check)(const char *name, const json_t *result);
} kinds[] = {
    {"ListObjectVersions", HR__LISTING_VERSIONS, check_versions},
    {"ListMultipartUploads", HR__LISTING_UPLOADS, check_uploads},
    {"ListParts", HR__LISTING_PARTS, check_parts},
};

static bool check_case(const json_t *one) {
    const json_t *result = json_object_get(json_object_get(one, "expect"), "result");
    struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
    if (!result || body.size == 0) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(cases_text(one, "operation"), kinds[i].operation) != 0) continue;
        struct hr_error error = {0};
        const char *name = cases_text(one, "name");
        struct hr__listing *listing = list(kinds[i].kind, body, 50, &error);
        cr_assert(listing, "%s: %s", name, error.message);
        kinds[i].check(name, result);
        const json_t *more = json_object_get(result, "IsTruncated");
        if (more) cr_assert_eq(hr__listing_truncated(listing), json_is_true(more), "%s", name);
        hr__listing_free(listing);
        return true;
    }
    return false;
}

Test(listing_kinds, cases_given) {
    static const char *const files[] = {"s3/response.given.jsonl",
                                        "s3/response-scripted.given.jsonl"};
    size_t counted = 0;
    for (size_t i = 0; i < 2; i++) {
        json_t *all = cases_load(files[i]), *one;
        if (!all) cr_skip_test("no conformance cases: %s", files[i]);
        size_t index;
        json_array_foreach(all, index, one) counted += check_case(one);
        json_decref(all);
    }
    cr_assert_geq(counted, 4);
}
