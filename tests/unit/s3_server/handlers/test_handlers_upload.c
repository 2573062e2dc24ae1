/* Uploads in parts: CreateMultipartUpload to CompleteMultipartUpload, S3 API Reference and
 * "Multipart upload limits". */
#include "server_fixture.h"

#define MIB     (1u << 20)
#define PART    (5 * MIB)
#define A_CRC32 "6Le+Qw==" /* of "a": zlib.crc32 */

static char id[64], part[PART];

static void open_bucket(void) {
    server_open();
    cr_assert_eq(server_ask("PUT", "/photos", "", ""), 200);
    memset(part, 'p', sizeof part);
}

TestSuite(handlers_upload, .init = open_bucket, .fini = server_close);

static int create(const char *fields) {
    int status = server_ask("POST", "/photos/key?uploads", fields, "");
    snprintf(id, sizeof id, "%s", server_element("UploadId"));
    return status;
}

/* "/photos/key?uploadId=ID" and what follows. Of a ring of four. */
static const char *upload(const char *more) {
    static char ring[4][160];
    static unsigned next;
    char *target = ring[next++ % 4];
    snprintf(target, sizeof ring[0], "/photos/key?uploadId=%s%s", id, more);
    return target;
}

static const char *put(const char *number, const char *data, size_t size) {
    static char ring[4][64];
    static unsigned next;
    char more[32];
    snprintf(more, sizeof more, "&partNumber=%s", number);
    cr_assert_eq(server_ask_bytes("PUT", upload(more), "", data, size), 200, "%s", server_body);
    char *etag = ring[next++ % 4];
    snprintf(etag, sizeof ring[0], "%s", server_field("ETag"));
    return etag;
}

#define LINE "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"

static int complete(const char *fields, int first, const char *one, int second, const char *two) {
    char document[1024];
    size_t size =
        (size_t)snprintf(document, sizeof document, "<CompleteMultipartUpload>" LINE, first, one);
    if (two) size += (size_t)snprintf(document + size, sizeof document - size, LINE, second, two);
    snprintf(document + size, sizeof document - size, "</CompleteMultipartUpload>");
    return server_ask("POST", upload(""), fields, document);
}

Test(handlers_upload, from_create_to_the_object) {
    cr_assert_eq(create("Content-Type: a/b\r\nx-amz-meta-a: 1\r\n"), 200, "%s", server_body);
    cr_expect_str_eq(server_element("Bucket"), "photos");
    cr_expect_str_eq(server_element("Key"), "key");
    cr_expect_eq(strlen(id), 32);
    const char *two = put("7", "end", 3), *one = put("1", part, sizeof part);
    cr_expect_eq(server_ask("GET", "/photos/key", "", ""), 404, "not before it is complete");
    cr_assert_eq(complete("", 1, one, 7, two), 200, "%s", server_body);
    const char *etag = server_element("ETag");
    cr_expect_eq(strcmp(etag + strlen(etag) - 8, "-2&quot;"), 0, "%s", etag);
    cr_expect_str_eq(server_element("Location"), "http://127.0.0.1/photos/key");
    EXPECT(206, "", "GET", "/photos/key?partNumber=2", "", "");
    cr_expect_str_eq(server_body, "end");
    cr_expect_str_eq(server_field("x-amz-mp-parts-count"), "2");
    cr_expect_str_eq(server_field("Content-Range"), "bytes 5242880-5242882/5242883");
    cr_expect_str_eq(server_field("x-amz-meta-a"), "1");
    EXPECT(206, "", "GET", "/photos/key", "Range: bytes=5242878-5242881\r\n", "");
    cr_expect_str_eq(server_body, "ppen", "over the border of two parts");
    EXPECT(404, "NoSuchUpload", "GET", upload(""), "", "");
    cr_expect_eq(complete("", 1, one, 7, two), 200, "once more: its answer may have been lost");
    EXPECT(200, "", "PUT", "/photos/key", "", "other");
    cr_expect_eq(complete("", 1, one, 7, two), 404, "another object is there now");
}

/* The tag of an upload in parts: MD5 of the parts' MD5s, here of one part "a", by md5sum(1). */
Test(handlers_upload, tag_of_the_whole) {
    cr_assert_eq(create(""), 200);
    const char *one = put("1", "a", 1);
    cr_expect_str_eq(one, "\"0cc175b9c0f1b6a831c399e269772661\"");
    cr_assert_eq(complete("", 1, one, 0, NULL), 200);
    cr_expect_str_eq(server_element("ETag"), "&quot;b6ff9a06b7e20bcb2858c5b8ff744aea-1&quot;", "%s",
                     server_element("ETag"));
}

Test(handlers_upload, what_cannot_be_completed) {
    cr_assert_eq(create(""), 200);
    const char *one = put("1", "small", 5), *two = put("2", "end", 3);
    const struct {
        int first;
        const char *one;
        int second;
        const char *two;
        int status;
        const char *code;
    } rows[] = {
        {1, one, 2, two, 400, "EntityTooSmall"},    {2, two, 1, one, 400, "InvalidPartOrder"},
        {1, one, 1, one, 400, "InvalidPartOrder"},  {1, "\"0\"", 0, NULL, 400, "InvalidPart"},
        {3, one, 0, NULL, 400, "InvalidPart"},      {0, one, 0, NULL, 400, "MalformedXML"},
        {10001, one, 0, NULL, 400, "MalformedXML"}, {1, "", 0, NULL, 400, "MalformedXML"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(complete("", rows[i].first, rows[i].one, rows[i].second, rows[i].two),
                     rows[i].status, "%zu: %s", i, server_body);
        cr_expect_str_eq(server_element("Code"), rows[i].code, "%zu", i);
    }
    cr_expect_eq(complete("x-amz-mp-object-size: 4\r\n", 2, two, 0, NULL), 400);
    cr_expect_str_eq(server_element("Code"), "InvalidRequest");
    cr_expect_eq(complete("If-Match: \"x\"\r\n", 2, two, 0, NULL), 404);
    cr_expect_eq(complete("x-amz-checksum-crc32: AAAAAA==\r\n", 2, two, 0, NULL), 400);
    cr_expect_eq(complete("x-amz-mp-object-size: 3\r\nIf-None-Match: *\r\n", 2, two, 0, NULL), 200,
                 "%s", server_body);
}

Test(handlers_upload, part_numbers) {
    static const struct {
        const char *more;
        int status;
        const char *code;
    } rows[] = {{"&partNumber=0", 400, "InvalidArgument"},
                {"&partNumber=10001", 400, "InvalidArgument"},
                {"&partNumber=x", 400, "InvalidArgument"},
                {"", 400, "InvalidArgument"},
                {"&partNumber=10000", 200, ""}};
    cr_assert_eq(create(""), 200);
    for (size_t i = 0; i < COUNT(rows); i++)
        EXPECT(rows[i].status, rows[i].code, "PUT", upload(rows[i].more), "", "x");
    EXPECT(404, "NoSuchUpload", "PUT", "/photos/key?uploadId=none&partNumber=1", "", "x");
    EXPECT(404, "NoSuchUpload", "PUT", "/photos/key?uploadId=&partNumber=1", "", "x");
}

Test(handlers_upload, parts_are_listed) {
    cr_assert_eq(create("x-amz-storage-class: GLACIER\r\n"), 200);
    put("3", "ccc", 3);
    put("1", "a", 1);
    put("2", "bb", 2);
    put("2", "BB!!", 4);
    EXPECT(200, "", "GET", upload(""), "", "");
    cr_expect_str_eq(server_elements("PartNumber"), "1|2|3|");
    cr_expect_str_eq(server_elements("Size"), "1|4|3|",
                     "the second of a number replaces the first");
    cr_expect_str_eq(server_element("StorageClass"), "GLACIER");
    cr_expect_str_eq(server_element("IsTruncated"), "false");
    EXPECT(200, "", "GET", upload("&max-parts=1&part-number-marker=1"), "", "");
    cr_expect_str_eq(server_elements("PartNumber"), "2|");
    cr_expect_str_eq(server_element("NextPartNumberMarker"), "2");
    cr_expect_str_eq(server_element("IsTruncated"), "true");
    EXPECT(400, "InvalidArgument", "GET", upload("&max-parts=x"), "", "");
    EXPECT(204, "", "DELETE", upload(""), "", "");
    EXPECT(404, "NoSuchUpload", "DELETE", upload(""), "", "");
    EXPECT(404, "NoSuchUpload", "GET", upload(""), "", "");
}

Test(handlers_upload, uploads_are_listed) {
    static const char *const keys[] = {"b/1", "a", "b/2", "c"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        char target[64];
        snprintf(target, sizeof target, "/photos/%s?uploads", keys[i]);
        EXPECT(200, "", "POST", target, "", "");
    }
    EXPECT(200, "", "GET", "/photos?uploads", "", "");
    cr_expect_str_eq(server_elements("Key"), "a|b/1|b/2|c|");
    EXPECT(200, "", "GET", "/photos?uploads&delimiter=/", "", "");
    cr_expect_str_eq(server_elements("Key"), "a|c|");
    cr_expect_not_null(strstr(server_body, "<CommonPrefixes><Prefix>b/</Prefix>"), "%s",
                       server_body);
    EXPECT(200, "", "GET", "/photos?uploads&prefix=b/&max-uploads=1", "", "");
    cr_expect_str_eq(server_elements("Key"), "b/1|");
    cr_expect_str_eq(server_element("NextKeyMarker"), "b/1");
    EXPECT(200, "", "GET", "/photos?uploads&key-marker=b/1", "", "");
    cr_expect_str_eq(server_elements("Key"), "b/2|c|");
    EXPECT(204, "", "DELETE", "/photos", "", "");
    EXPECT(404, "NoSuchBucket", "GET", "/photos?uploads", "", "");
}

/* "Checking object integrity": which types go with which algorithms. */
Test(handlers_upload, checksums_of_uploads) {
    static const struct {
        const char *fields;
        int status;
        const char *type;
    } rows[] = {
        {"x-amz-checksum-algorithm: CRC32\r\n", 200, "COMPOSITE"},
        {"x-amz-checksum-algorithm: CRC64NVME\r\n", 200, "FULL_OBJECT"},
        {"x-amz-checksum-algorithm: CRC32C\r\nx-amz-checksum-type: FULL_OBJECT\r\n", 200,
         "FULL_OBJECT"},
        {"x-amz-checksum-algorithm: SHA256\r\nx-amz-checksum-type: COMPOSITE\r\n", 200,
         "COMPOSITE"},
        {"x-amz-checksum-algorithm: SHA256\r\nx-amz-checksum-type: FULL_OBJECT\r\n", 400, NULL},
        {"x-amz-checksum-algorithm: CRC64NVME\r\nx-amz-checksum-type: COMPOSITE\r\n", 400, NULL},
        {"x-amz-checksum-algorithm: MD4\r\n", 400, NULL},
        {"x-amz-checksum-type: COMPOSITE\r\n", 400, NULL},
        {"x-amz-checksum-algorithm: CRC32\r\nx-amz-checksum-type: HALF\r\n", 400, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(create(rows[i].fields), rows[i].status, "%s: %s", rows[i].fields, server_body);
        const char *type = server_field("x-amz-checksum-type");
        cr_expect_str_eq(type ? type : "", rows[i].type ? rows[i].type : "", "%s", rows[i].fields);
    }
}

Test(handlers_upload, parts_of_an_upload_with_a_checksum) {
    cr_assert_eq(create("x-amz-checksum-algorithm: CRC32\r\n"), 200);
    EXPECT(400, "InvalidRequest", "PUT", upload("&partNumber=1"), "", "a");
    EXPECT(400, "BadDigest", "PUT", upload("&partNumber=1"), "x-amz-checksum-crc32: AAAAAA==\r\n",
           "a");
    EXPECT(400, "InvalidRequest", "PUT", upload("&partNumber=1"),
           "x-amz-checksum-crc32c: wdBDMA==\r\n", "a");
    EXPECT(200, "", "PUT", upload("&partNumber=1"), "x-amz-checksum-crc32: " A_CRC32 "\r\n", "a");
    const char *etag = "\"0cc175b9c0f1b6a831c399e269772661\"";
    cr_expect_eq(complete("", 1, etag, 0, NULL), 400, "each part's is wanted");
    char document[512];
    snprintf(document, sizeof document,
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag>"
             "<ChecksumCRC32>" A_CRC32 "</ChecksumCRC32></Part></CompleteMultipartUpload>",
             etag);
    EXPECT(200, "", "POST", upload(""), "", document);
    const char *text = server_element("ChecksumCRC32");
    cr_expect_eq(strcmp(text + strlen(text) - 2, "-1"), 0, "%s", text);
    cr_expect_str_eq(server_element("ChecksumType"), "COMPOSITE");
}

Test(handlers_upload, a_crc_of_the_whole_is_that_of_the_data) {
    cr_assert_eq(create("x-amz-checksum-algorithm: CRC32\r\nx-amz-checksum-type: FULL_OBJECT\r\n"),
                 200);
    const char *one = put("1", "a", 1);
    cr_assert_eq(complete("x-amz-checksum-crc32: AAAAAA==\r\n", 1, one, 0, NULL), 400);
    cr_expect_str_eq(server_element("Code"), "BadDigest");
    cr_assert_eq(complete("x-amz-checksum-crc32: " A_CRC32 "\r\n", 1, one, 0, NULL), 200, "%s",
                 server_body);
    cr_expect_str_eq(server_element("ChecksumCRC32"), A_CRC32);
}

Test(handlers_upload, parts_that_are_copied) {
    EXPECT(200, "", "PUT", "/photos/from", "", "0123456789");
    cr_assert_eq(create(""), 200);
    static const struct {
        const char *range;
        int status;
    } rows[] = {{"bytes=2-5", 200}, {"bytes=0-9", 200}, {"bytes=5-10", 400},
                {"bytes=5-", 400},  {"bytes=-5", 400},  {"bytes=5-4", 400},
                {"2-5", 400},       {"bytes=x-y", 400}, {"bytes=0-99999999999999999999", 400}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char fields[128];
        snprintf(fields, sizeof fields,
                 "x-amz-copy-source: photos/from\r\nx-amz-copy-source-range: %s\r\n",
                 rows[i].range);
        EXPECT(rows[i].status, rows[i].status == 400 ? "InvalidArgument" : "", "PUT",
               upload("&partNumber=2"), fields, "");
    }
    EXPECT(200, "", "PUT", upload("&partNumber=1"),
           "x-amz-copy-source: photos/from\r\nx-amz-copy-source-range: bytes=2-5\r\n", "");
    cr_expect_not_null(strstr(server_body, "<CopyPartResult xmlns="), "%s", server_body);
    char etag[64];
    const char *quoted = server_element("ETag"); /* &quot;HEX&quot; */
    snprintf(etag, sizeof etag, "%.32s", quoted + 6);
    cr_assert_eq(complete("", 1, etag, 0, NULL), 200, "%s", server_body);
    EXPECT(200, "", "GET", "/photos/key", "", "");
    cr_expect_str_eq(server_body, "2345");
}
