/* PutObject, GetObject, HeadObject, DeleteObject(s), CopyObject, ListObjects(V2): S3 API Reference.
 */
#include "server_fixture.h"

static void open_bucket(void) {
    server_open();
    cr_assert_eq(server_ask("PUT", "/photos", "", ""), 200);
}

TestSuite(handlers_object, .init = open_bucket, .fini = server_close);

/* MD5 and checksums of "hello": RFC 1321's program, zlib, and the check of the same text in SDKs.
 */
#define HELLO_MD5    "\"5d41402abc4b2a76b9719d911017c592\""
#define HELLO_BASE64 "XUFAKrxLKna5cZ2REBfFkg=="
#define HELLO_CRC32  "NhCmhg=="
#define HELLO_SHA256 "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

Test(handlers_object, put_and_get) {
    EXPECT(200, "", "PUT", "/photos/a/b.txt",
           "Content-Type: text/plain\r\nCache-Control: max-age=1\r\nx-amz-meta-Name: Value\r\n"
           "Content-Encoding: aws-chunked, gzip\r\n",
           "hello");
    cr_expect_str_eq(server_field("ETag"), HELLO_MD5);
    EXPECT(200, "", "GET", "/photos/a/b.txt", "", "");
    cr_expect_str_eq(server_body, "hello");
    static const char *const fields[][2] = {
        {"ETag", HELLO_MD5},          {"Content-Type", "text/plain"},
        {"Content-Length", "5"},      {"Cache-Control", "max-age=1"},
        {"x-amz-meta-name", "Value"}, {"Accept-Ranges", "bytes"},
        {"Content-Encoding", "gzip"}, {"Server", "headrace"}};
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *value = server_field(fields[i][0]);
        cr_expect_str_eq(value ? value : "(none)", fields[i][1], "%s", fields[i][0]);
    }
    EXPECT(200, "", "HEAD", "/photos/a/b.txt", "", "");
    cr_expect_str_eq(server_field("Content-Length"), "5");
    cr_expect_eq(server_body_size, 0);
    EXPECT(404, "NoSuchKey", "GET", "/photos/none", "", "");
    cr_expect_str_eq(server_element("Key"), "none");
    EXPECT(404, "NoSuchBucket", "GET", "/none/key", "", "");
    EXPECT(200, "", "PUT", "/photos/plain", "", "");
    EXPECT(200, "", "GET", "/photos/plain", "", "");
    cr_expect_str_eq(server_field("Content-Type"), "binary/octet-stream", "S3's default");
    cr_expect_eq(server_body_size, 0);
}

Test(handlers_object, what_a_body_claims_is_compared) {
    static const struct {
        const char *fields;
        int status;
        const char *code;
    } rows[] = {
        {"Content-MD5: " HELLO_BASE64 "\r\n", 200, ""},
        {"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n", 400, "BadDigest"},
        {"Content-MD5: short\r\n", 400, "InvalidDigest"},
        {"x-amz-checksum-crc32: " HELLO_CRC32 "\r\n", 200, ""},
        {"x-amz-checksum-sha256: " HELLO_SHA256 "\r\n", 200, ""},
        {"x-amz-checksum-crc32: AAAAAA==\r\n", 400, "BadDigest"},
        {"x-amz-checksum-crc32: AAAA\r\n", 400, "InvalidRequest"},
        {"x-amz-checksum-crc32: " HELLO_CRC32 "\r\nx-amz-checksum-sha256: " HELLO_SHA256 "\r\n",
         400, "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: CRC32\r\nx-amz-checksum-crc32: " HELLO_CRC32 "\r\n", 200,
         ""},
        {"x-amz-sdk-checksum-algorithm: CRC32\r\n", 400, "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: MD4\r\n", 400, "InvalidRequest"},
        {"x-amz-trailer: x-amz-checksum-crc32\r\n", 400, "InvalidRequest"},
        {"x-amz-decoded-content-length: 5\r\n", 200, ""},
        {"x-amz-decoded-content-length: 4\r\n", 400, "InvalidArgument"},
        {"x-amz-storage-class: STANDARD_IA\r\n", 200, ""},
        {"x-amz-storage-class: COLD\r\n", 400, "InvalidStorageClass"},
        {"x-amz-server-side-encryption: AES256\r\n", 200, ""},
        {"x-amz-server-side-encryption: aws:kms\r\n", 200, ""},
        {"x-amz-server-side-encryption: aws:fsx\r\n", 501, "NotImplemented"},
        {"x-amz-acl: private\r\n", 200, ""},
        {"x-amz-acl: public-read\r\n", 200, ""},
        {"x-amz-acl: aws-exec-read\r\n", 501, "NotImplemented"},
        {"x-amz-acl: nonsense\r\n", 400, "InvalidArgument"},
        {"x-amz-object-lock-mode: GOVERNANCE\r\n", 400, "InvalidArgument"},
        {"If-Match: \"x\"\r\n", 404, "NoSuchKey"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char target[32];
        snprintf(target, sizeof target, "/photos/%zu", i);
        EXPECT(rows[i].status, rows[i].code, "PUT", target, rows[i].fields, "hello");
        cr_expect_eq(server_ask("HEAD", target, "", ""), rows[i].status == 200 ? 200 : 404,
                     "%s: what is refused is not kept", rows[i].fields);
    }
}

Test(handlers_object, checksums_are_told_to_who_asks) {
    EXPECT(200, "", "PUT", "/photos/k", "x-amz-checksum-crc32: " HELLO_CRC32 "\r\n", "hello");
    cr_expect_str_eq(server_field("x-amz-checksum-crc32"), HELLO_CRC32);
    cr_expect_str_eq(server_field("x-amz-checksum-type"), "FULL_OBJECT");
    EXPECT(200, "", "GET", "/photos/k", "", "");
    cr_expect_null(server_field("x-amz-checksum-crc32"));
    EXPECT(200, "", "GET", "/photos/k", "x-amz-checksum-mode: ENABLED\r\n", "");
    cr_expect_str_eq(server_field("x-amz-checksum-crc32"), HELLO_CRC32);
    EXPECT(206, "", "GET", "/photos/k", "x-amz-checksum-mode: ENABLED\r\nRange: bytes=0-1\r\n", "");
    cr_expect_null(server_field("x-amz-checksum-crc32"), "a part has not that of the whole");
}

/* "The PUT request header is limited to 8 KB … user-defined metadata is limited to 2 KB" */
Test(handlers_object, metadata_has_a_limit) {
    char fields[2200];
    for (size_t size = 2044; size <= 2045; size++) {
        memset(fields, 'v', sizeof fields);
        memcpy(fields, "x-amz-meta-name: ", 17);
        snprintf(fields + 17 + size, sizeof fields - 17 - size, "\r\n");
        EXPECT(size == 2044 ? 200 : 400, size == 2044 ? "" : "MetadataTooLarge", "PUT", "/photos/k",
               fields, "");
    }
}

/* RFC 9110 14: ranges, and what S3 makes of those that it does not know. */
Test(handlers_object, ranges) {
    static const struct {
        const char *range;
        int status;
        const char *body, *content_range;
    } rows[] = {
        {"bytes=0-4", 206, "01234", "bytes 0-4/10"},
        {"bytes=5-", 206, "56789", "bytes 5-9/10"},
        {"bytes=-3", 206, "789", "bytes 7-9/10"},
        {"bytes=8-100", 206, "89", "bytes 8-9/10"},
        {"bytes=-100", 206, "0123456789", "bytes 0-9/10"},
        {"bytes=9-9", 206, "9", "bytes 9-9/10"},
        {"bytes=5-4", 200, "0123456789", NULL},
        {"bytes=0-1,3-4", 200, "0123456789", NULL},
        {"lines=0-1", 200, "0123456789", NULL},
        {"bytes=x", 200, "0123456789", NULL},
    };
    EXPECT(200, "", "PUT", "/photos/k", "", "0123456789");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char fields[64];
        snprintf(fields, sizeof fields, "Range: %s\r\n", rows[i].range);
        EXPECT(rows[i].status, "", "GET", "/photos/k", fields, "");
        cr_expect_str_eq(server_body, rows[i].body, "%s", rows[i].range);
        const char *range = server_field("Content-Range");
        cr_expect_str_eq(range ? range : "", rows[i].content_range ? rows[i].content_range : "");
    }
    static const char *const beyond[] = {"Range: bytes=10-\r\n", "Range: bytes=-0\r\n"};
    for (size_t i = 0; i < COUNT(beyond); i++) {
        EXPECT(416, "InvalidRange", "GET", "/photos/k", beyond[i], "");
        cr_expect_str_eq(server_field("Content-Range"), "bytes */10");
        cr_expect_str_eq(server_element("ActualObjectSize"), "10");
    }
    EXPECT(206, "", "GET", "/photos/k?partNumber=1", "", "");
    EXPECT(416, "InvalidPartNumber", "GET", "/photos/k?partNumber=2", "", "");
    EXPECT(400, "InvalidArgument", "GET", "/photos/k?partNumber=0", "", "");
    EXPECT(400, "InvalidArgument", "GET", "/photos/k?partNumber=1", "Range: bytes=0-1\r\n", "");
}

Test(handlers_object, a_checksum_of_no_body_is_compared) {
    EXPECT(200, "", "PUT", "/photos/k", "", "hello");
    EXPECT(200, "", "GET", "/photos/k",
           "x-amz-checksum-crc32: AAAAAA==\r\nx-amz-te: append-md5\r\n", "");
    cr_expect_str_eq(server_body, "hello");
    EXPECT(400, "BadDigest", "GET", "/photos/k", "x-amz-checksum-crc32: AAAAAQ==\r\n", "");
    EXPECT(501, "NotImplemented", "DELETE", "/photos/k", "x-amz-checksum-crc32: AAAAAA==\r\n", "");
}

/* RFC 9110 13.2.2, in the order in which they outrank each other. */
Test(handlers_object, conditions_of_reading) {
#define PAST   "Thu, 01 Jan 2015 00:00:00 GMT"
#define FUTURE "Fri, 01 Jan 2100 00:00:00 GMT"
    static const struct {
        const char *fields;
        int status;
    } rows[] = {
        {"If-Match: " HELLO_MD5 "\r\n", 200},
        {"If-Match: *\r\n", 200},
        {"If-Match: \"x\", " HELLO_MD5 "\r\n", 200},
        {"If-Match: \"x\"\r\n", 412},
        {"If-None-Match: " HELLO_MD5 "\r\n", 304},
        {"If-None-Match: W/" HELLO_MD5 "\r\n", 304},
        {"If-None-Match: *\r\n", 304},
        {"If-None-Match: \"x\"\r\n", 200},
        {"If-Modified-Since: " PAST "\r\n", 200},
        {"If-Modified-Since: " FUTURE "\r\n", 304},
        {"If-Unmodified-Since: " PAST "\r\n", 412},
        {"If-Unmodified-Since: " FUTURE "\r\n", 200},
        {"If-Match: " HELLO_MD5 "\r\nIf-Unmodified-Since: " PAST "\r\n", 200},
        {"If-None-Match: \"x\"\r\nIf-Modified-Since: " FUTURE "\r\n", 200},
        {"If-Match: \"x\"\r\nIf-None-Match: " HELLO_MD5 "\r\n", 412},
        {"If-Modified-Since: yesterday\r\n", 200},
    };
    EXPECT(200, "", "PUT", "/photos/k", "", "hello");
    for (size_t i = 0; i < COUNT(rows); i++) {
        EXPECT(rows[i].status, rows[i].status == 412 ? "PreconditionFailed" : "", "GET",
               "/photos/k", rows[i].fields, "");
        if (rows[i].status != 304) continue;
        cr_expect_eq(server_body_size, 0);
        cr_expect_str_eq(server_field("ETag"), HELLO_MD5, "a validator goes with 304");
    }
}

/* "response-content-type" and so on override the answer's. */
Test(handlers_object, overrides) {
    EXPECT(200, "", "PUT", "/photos/k", "Content-Type: text/plain\r\nCache-Control: a\r\n",
           "hello");
    EXPECT(200, "", "GET",
           "/photos/k?response-content-type=image%2Fgif&response-content-disposition=a%C3%A9", "",
           "");
    cr_expect_str_eq(server_field("Content-Type"), "image/gif");
    cr_expect_str_eq(server_field("Content-Disposition"), "a\xe9", "ISO-8859-1");
    cr_expect_str_eq(server_field("Cache-Control"), "a");
    static const char *const wrong[] = {"%E2%82%AC", "%E2%82%ACab", "%0A", "%ff", "a%00b", "%7f"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char target[96];
        snprintf(target, sizeof target, "/photos/k?response-content-language=%s", wrong[i]);
        EXPECT(400, "InvalidArgument", "GET", target, "", "");
    }
}

#define DELETE(objects)                                                                            \
    "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" objects "</Delete>"

Test(handlers_object, delete_many) {
    const char *digest = "x-amz-checksum-crc32: AAAAAA==\r\n";
    EXPECT(200, "", "PUT", "/photos/a", "", "hello");
    EXPECT(200, "", "PUT", "/photos/b&c", "", "hello");
    EXPECT(400, "InvalidRequest", "POST", "/photos?delete", "",
           DELETE("<Object><Key>a</Key></Object>"));
    EXPECT(400, "BadDigest", "POST", "/photos?delete", digest,
           DELETE("<Object><Key>a</Key></Object>"));
    cr_expect_eq(server_ask("HEAD", "/photos/a", "", ""), 200, "nothing was deleted");
}

static int delete_many(const char *document) {
    /* The CRC-32 of the document, in base64, by the plain definition of ISO 3309. */
    uint32_t crc = ~0u;
    for (const char *at = document; *at; at++) {
        crc ^= (unsigned char)*at;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    crc = ~crc;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char field[64];
    snprintf(field, sizeof field, "x-amz-checksum-crc32: %c%c%c%c%c%c==\r\n", digits[crc >> 26],
             digits[crc >> 20 & 63], digits[crc >> 14 & 63], digits[crc >> 8 & 63],
             digits[crc >> 2 & 63], digits[(crc & 3) << 4]);
    return server_ask("POST", "/photos?delete", field, document);
}

Test(handlers_object, each_of_many_is_told) {
    EXPECT(200, "", "PUT", "/photos/a", "", "hello");
    EXPECT(200, "", "PUT", "/photos/b%26c", "", "hello");
    cr_assert_eq(delete_many(DELETE("<Object><Key>a</Key></Object><Object><Key>none</Key></Object>"
                                    "<Object><Key>b&amp;c</Key><ETag>\"x\"</ETag></Object>")),
                 200, "%s", server_body);
    cr_expect_not_null(strstr(server_body, "<Deleted><Key>a</Key></Deleted><Deleted><Key>none</Key>"
                                           "</Deleted><Error><Key>b&amp;c</Key><Code>"
                                           "PreconditionFailed</Code>"),
                       "%s", server_body);
    cr_expect_eq(delete_many(DELETE("<Quiet>true</Quiet><Object><Key>b&amp;c</Key></Object>")),
                 200);
    cr_expect_null(strstr(server_body, "<Deleted>"), "%s", server_body);
    cr_expect_eq(server_ask("HEAD", "/photos/b%26c", "", ""), 404);
    cr_expect_eq(delete_many(DELETE("")), 400);
    cr_expect_str_eq(server_element("Code"), "MalformedXML");
    cr_expect_eq(delete_many(DELETE("<Object><Key>a</Key><Size>1</Size></Object>")), 501);
    cr_expect_str_eq(server_element("Element"), "Object/Size");
}

Test(handlers_object, copies) {
    EXPECT(200, "", "PUT", "/photos/from", "Content-Type: text/plain\r\nx-amz-meta-a: 1\r\n",
           "hello");
    EXPECT(200, "", "PUT", "/photos/to", "x-amz-copy-source: /photos/from\r\n", "");
    cr_expect_not_null(strstr(server_body, "<CopyObjectResult xmlns="), "%s", server_body);
    cr_expect_str_eq(server_element("ETag"), "&quot;5d41402abc4b2a76b9719d911017c592&quot;");
    EXPECT(200, "", "GET", "/photos/to", "", "");
    cr_expect_str_eq(server_body, "hello");
    cr_expect_str_eq(server_field("x-amz-meta-a"), "1");
    EXPECT(
        200, "", "PUT", "/photos/to",
        "x-amz-copy-source: photos/fr%6fm?versionId=null\r\nx-amz-metadata-directive: REPLACE\r\n"
        "Content-Type: a/b\r\nx-amz-meta-b: 2\r\n",
        "");
    EXPECT(200, "", "HEAD", "/photos/to", "", "");
    cr_expect_str_eq(server_field("Content-Type"), "a/b");
    cr_expect_null(server_field("x-amz-meta-a"));
    cr_expect_str_eq(server_field("x-amz-meta-b"), "2");
    static const struct {
        const char *fields;
        int status;
        const char *code;
    } rows[] = {
        {"x-amz-copy-source: photos/none\r\n", 404, "NoSuchKey"},
        {"x-amz-copy-source: none/from\r\n", 404, "NoSuchBucket"},
        {"x-amz-copy-source: photos\r\n", 400, "InvalidArgument"},
        {"x-amz-copy-source: photos/\r\n", 400, "InvalidArgument"},
        {"x-amz-copy-source: photos/%zz\r\n", 400, "InvalidArgument"},
        {"x-amz-copy-source: photos/from?versionId=abc\r\n", 400, "InvalidArgument"},
        {"x-amz-copy-source: photos/from\r\nx-amz-copy-source-if-match: \"x\"\r\n", 412,
         "PreconditionFailed"},
        {"x-amz-copy-source: photos/from\r\nx-amz-copy-source-if-none-match: *\r\n", 412,
         "PreconditionFailed"},
        {"x-amz-copy-source: photos/from\r\nx-amz-metadata-directive: MERGE\r\n", 400,
         "InvalidArgument"},
        {"x-amz-copy-source: photos/from\r\nx-amz-meta-c: 3\r\n", 400, "InvalidRequest"},
        {"x-amz-copy-source: photos/from\r\nIf-None-Match: *\r\n", 412, "PreconditionFailed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        EXPECT(rows[i].status, rows[i].code, "PUT", "/photos/to", rows[i].fields, "");
    EXPECT(400, "InvalidRequest", "PUT", "/photos/from", "x-amz-copy-source: photos/from\r\n", "");
    EXPECT(200, "", "PUT", "/photos/from",
           "x-amz-copy-source: photos/from\r\nx-amz-checksum-algorithm: CRC32\r\n", "");
    cr_expect_str_eq(server_element("ChecksumCRC32"), HELLO_CRC32, "taken of the bytes");
}

Test(handlers_object, a_copy_that_says_so_leaves_its_own_metadata_out) {
    EXPECT(200, "", "PUT", "/photos/from", "x-amz-meta-a: 1\r\n", "hello");
    EXPECT(200, "", "PUT", "/photos/to",
           "x-amz-copy-source: photos/from\r\nx-amz-metadata-directive: COPY\r\n"
           "Content-Type: a/b\r\nx-amz-meta-b: 2\r\n",
           "");
    EXPECT(200, "", "HEAD", "/photos/to", "", "");
    cr_expect_str_eq(server_field("x-amz-meta-a"), "1");
    cr_expect_null(server_field("x-amz-meta-b"));
}

Test(handlers_object, listings) {
    static const char *const keys[] = {"a", "b/1", "b/2", "b/c/3", "c d", "z"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        char target[64];
        snprintf(target, sizeof target, "/photos/%s", strcmp(keys[i], "c d") ? keys[i] : "c%20d");
        EXPECT(200, "", "PUT", target, "", "hello");
    }
    static const struct {
        const char *query, *keys, *prefixes;
    } rows[] = {
        {"list-type=2", "a|b/1|b/2|b/c/3|c d|z|", ""},
        {"list-type=2&delimiter=/", "a|c d|z|", "b/|"},
        {"list-type=2&prefix=b/&delimiter=/", "b/1|b/2|", "b/c/|"},
        {"list-type=2&start-after=b/2", "b/c/3|c d|z|", ""},
        {"list-type=2&encoding-type=url&prefix=c", "c%20d|", ""},
        {"list-type=2&max-keys=0", "", ""},
        {"list-type=2&prefix=none", "", ""},
        {"", "a|b/1|b/2|b/c/3|c d|z|", ""},
        {"marker=c", "c d|z|", ""},
        {"max-keys=5000", "a|b/1|b/2|b/c/3|c d|z|", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char target[128];
        snprintf(target, sizeof target, "/photos?%s", rows[i].query);
        EXPECT(200, "", "GET", target, "", "");
        cr_expect_str_eq(server_elements("Key"), rows[i].keys, "%s: %s", target, server_body);
        const char *common = strstr(server_body, "<CommonPrefixes>");
        cr_expect_eq(common != NULL, *rows[i].prefixes != '\0', "%s", target);
        cr_expect_str_eq(server_element("IsTruncated"), "false");
    }
    EXPECT(200, "", "GET", "/photos?max-keys=5000", "", "");
    cr_expect_str_eq(server_element("MaxKeys"), "1000");
    cr_expect_str_eq(server_element("Size"), "5");
    cr_expect_str_eq(server_element("StorageClass"), "STANDARD");
    static const char *const wrong[] = {"list-type=3",
                                        "max-keys=-1",
                                        "max-keys=x",
                                        "encoding-type=base64",
                                        "list-type=2&fetch-owner=maybe",
                                        "list-type=2&continuation-token=nonsense"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char target[128];
        snprintf(target, sizeof target, "/photos?%s", wrong[i]);
        EXPECT(400, "InvalidArgument", "GET", target, "", "");
    }
}

Test(handlers_object, pages_of_a_listing_are_the_listing) {
    static const char *const kinds[] = {"list-type=2&max-keys=2", "max-keys=2&delimiter=/"};
    for (int i = 0; i < 7; i++) {
        char target[32];
        snprintf(target, sizeof target, "/photos/k%d%s", i, i % 3 ? "" : "/x");
        EXPECT(200, "", "PUT", target, "", "");
    }
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        char target[256], all[512] = "";
        size_t used = 0;
        unsigned pages = 0;
        snprintf(target, sizeof target, "/photos?%s", kinds[kind]);
        for (const char *truncated = "true"; strcmp(truncated, "true") == 0 && pages < 9; pages++) {
            EXPECT(200, "", "GET", target, "", "");
            used += (size_t)snprintf(all + used, sizeof all - used, "%s", server_elements("Key"));
            truncated = server_element("IsTruncated");
            if (kind == 0)
                snprintf(target, sizeof target, "/photos?%s&continuation-token=%s", kinds[kind],
                         server_element("NextContinuationToken"));
            else
                snprintf(target, sizeof target, "/photos?%s&marker=%s", kinds[kind],
                         server_element("NextMarker"));
        }
        cr_expect_str_eq(all, kind == 0 ? "k0/x|k1|k2|k3/x|k4|k5|k6/x|" : "k1|k2|k4|k5|", "%s",
                         all);
        cr_expect_eq(pages, 4);
    }
}

Test(handlers_object, words_that_are_not_understood_are_named) {
    static const struct {
        const char *method, *target, *fields, *element, *word;
        int status;
    } rows[] = {
        {"GET", "/photos/k?torrent", "", "Parameter", "torrent", 501},
        {"PUT", "/photos/k?x=1", "", "Parameter", "x", 501},
        {"GET", "/photos/k?versionId=abc", "", "Code", "InvalidArgument", 400},
        {"PUT", "/photos/k?versionId=null", "", "ArgumentName", "versionId", 400},
        {"PUT", "/photos/k?partNumber=1", "", "ArgumentName", "partNumber", 400},
        {"GET", "/photos?prefix=a&prefix=b", "", "ArgumentName", "prefix", 400},
        {"PUT", "/photos/k", "x-amz-website-redirect-location: /x\r\n", "Header",
         "x-amz-website-redirect-location", 501},
        {"DELETE", "/photos/k", "If-Modified-Since: x\r\n", "Header", "If-Modified-Since", 501},
        {"PUT", "/photos/k", "If-None-Match: \"x\"\r\n", "Header", "If-None-Match", 501},
        {"PUT", "/photos/k", "Content-Range: bytes 0-1/2\r\n", "Header", "Content-Range", 501},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        EXPECT(rows[i].status, "", rows[i].method, rows[i].target, rows[i].fields, "");
        cr_expect_str_eq(server_element(rows[i].element), rows[i].word, "%s: %s", rows[i].target,
                         server_body);
    }
}
