#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "store.h"
#include "xml_in.h"
#include "xml_out.h"

static struct s3_arena arena;
static struct hr_slice unknown;

static void setup(void) {
    s3_server__arena_init(&arena);
}
static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(xml, .init = setup, .fini = teardown);

static bool is(struct hr_slice text, const char *wanted) {
    return hr_slice_equal(text, hr_slice_of(wanted));
}

Test(xml, delete) {
    static const char text[] =
        "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<Quiet>true</Quiet><Object><Key>a&amp;b&#x20;</Key></Object>\n"
        "<Object><Key>c</Key><VersionId>null</VersionId><ETag>\"x\"</ETag></Object></Delete>";
    struct s3_delete_request request;
    cr_assert_eq(s3_server__xml_read_delete(hr_slice_of(text), &arena, &request, &unknown), S3_OK);
    cr_assert(request.quiet && request.count == 2);
    cr_assert(is(request.entries[0].key, "a&b ") && !request.entries[0].etag.data);
    cr_assert(is(request.entries[1].key, "c") && is(request.entries[1].version_id, "null"));
    cr_assert(is(request.entries[1].etag, "\"x\""));
}

Test(xml, complete) {
    static const char text[] =
        "<CompleteMultipartUpload><Part><ETag>\"1\"</ETag><PartNumber>1</PartNumber></Part>"
        "<Part><PartNumber>10000</PartNumber><ETag>2</ETag>"
        "<ChecksumCRC32C>sOO8/Q==</ChecksumCRC32C></Part></CompleteMultipartUpload>";
    struct s3_complete_request request;
    cr_assert_eq(s3_server__xml_read_complete(hr_slice_of(text), &arena, &request, &unknown),
                 S3_OK);
    cr_assert(request.count == 2 && request.parts[0].number == 1 &&
              request.parts[1].number == 10000);
    cr_assert(is(request.parts[0].etag, "\"1\"") &&
              request.parts[0].checksum_kind == HR_S3_CHECKSUM_NONE);
    cr_assert(request.parts[1].checksum_kind == HR_S3_CHECKSUM_CRC32C &&
              is(request.parts[1].checksum, "sOO8/Q=="));
}

Test(xml, create_bucket) {
    struct hr_slice location;
    cr_assert_eq(s3_server__xml_read_create_bucket(
                     hr_slice_of("<CreateBucketConfiguration><LocationConstraint>eu-west-1"
                                 "</LocationConstraint></CreateBucketConfiguration>"),
                     &arena, &location, &unknown),
                 S3_OK);
    cr_assert(is(location, "eu-west-1"));
    cr_assert_eq(s3_server__xml_read_create_bucket(hr_slice_of("<CreateBucketConfiguration/>"),
                                                   &arena, &location, &unknown),
                 S3_OK);
    cr_assert_eq(location.size, 0);
}

Test(xml, malformed_or_hostile) {
    static const char *const rows[] = {
        "",
        " ",
        "<",
        "<Delete>",
        "<Delete/>",
        "<Other/>",
        "<a",
        "\xff\xfe",
        "<Delete></Delete><Delete/>",
        "<Delete><Object/></Delete>",
        "<Delete><Object><Key></Key></Object></Delete>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><Delete><Object><Key>&a;</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Delete><Quiet>true</Quiet><Quiet>false</Quiet><Object><Key>a</Key></Object></Delete>",
        "<Delete><Quiet>yes</Quiet><Object><Key>a</Key></Object></Delete>",
        "<Delete><Object><Key>\x01</Key></Object></Delete>",
        "<Delete><Object><Key>&#0;</Key></Object></Delete>",
        "<Delete><"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/></Delete>",
    };
    struct s3_delete_request request;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(s3_server__xml_read_delete(hr_slice_of(rows[i]), &arena, &request, &unknown),
                     S3_MalformedXML, "%s", rows[i]);
    static const char *const parts[] = {
        "<CompleteMultipartUpload/>",
        "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part></"
        "CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>10001</PartNumber><ETag>x</ETag></Part></"
        "CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></"
        "CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><PartNumber>2</PartNumber>"
        "<ETag>x</ETag></Part></CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag>"
        "<ChecksumCRC32>AAAAAA==</ChecksumCRC32><ChecksumSHA1>AAAA</ChecksumSHA1></Part></"
        "CompleteMultipartUpload>"};
    struct s3_complete_request complete;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_assert_eq(
            s3_server__xml_read_complete(hr_slice_of(parts[i]), &arena, &complete, &unknown),
            S3_MalformedXML, "%s", parts[i]);
}

/* Whatever it is: it may be a condition. */
Test(xml, what_is_not_understood) {
    static const struct {
        const char *document, *path;
    } rows[] = {
        {"<Delete><Object><Key>a</Key><Size>9</Size></Object></Delete>", "Object/Size"},
        {"<Delete><Object><Key>a</Key><LastModifiedTime/></Object></Delete>",
         "Object/LastModifiedTime"},
        {"<Delete><Object><Key>a<b/></Key></Object></Delete>", "Object/Key/b"},
        {"<Delete><Other/><Object><Key>a</Key></Object></Delete>", "Other"},
        {"<Delete xmlns='urn:a'><Key>a</Key></Delete>", "Key"},
        {"<Delete><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></Delete>", "a"},
    };
    struct s3_delete_request request;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unknown = hr_slice_bytes(NULL, 0);
        cr_assert_eq(
            s3_server__xml_read_delete(hr_slice_of(rows[i].document), &arena, &request, &unknown),
            S3_NotImplemented, "%s", rows[i].document);
        cr_assert(is(unknown, rows[i].path), "%s", rows[i].document);
    }
    struct s3_complete_request complete;
    cr_assert_eq(s3_server__xml_read_complete(
                     hr_slice_of("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x"
                                 "</ETag><ChecksumCRC16>AAAA</ChecksumCRC16></Part>"
                                 "</CompleteMultipartUpload>"),
                     &arena, &complete, &unknown),
                 S3_NotImplemented);
    cr_assert(is(unknown, "Part/ChecksumCRC16"));
    struct hr_slice location;
    cr_assert_eq(s3_server__xml_read_create_bucket(
                     hr_slice_of("<CreateBucketConfiguration><Tags><Tag/></Tags>"
                                 "</CreateBucketConfiguration>"),
                     &arena, &location, &unknown),
                 S3_NotImplemented);
    cr_assert(is(unknown, "Tags"));
}

Test(xml, limits) {
    struct s3_delete_request request;
    size_t capacity = 128 * 1024, size = 0;
    char *text = malloc(capacity);
    for (unsigned count = S3_DELETE_OBJECTS_MAX; count <= S3_DELETE_OBJECTS_MAX + 1; count++) {
        size = (size_t)snprintf(text, capacity, "<Delete>");
        for (unsigned i = 0; i < count; i++)
            size +=
                (size_t)snprintf(text + size, capacity - size, "<Object><Key>%u</Key></Object>", i);
        size += (size_t)snprintf(text + size, capacity - size, "</Delete>");
        cr_assert_eq(
            s3_server__xml_read_delete(hr_slice_bytes(text, size), &arena, &request, &unknown),
            count > S3_DELETE_OBJECTS_MAX ? S3_MalformedXML : S3_OK);
    }
    size =
        (size_t)snprintf(text, capacity, "<Delete><Object><Key>%01025d</Key></Object></Delete>", 1);
    cr_assert_eq(s3_server__xml_read_delete(hr_slice_bytes(text, size), &arena, &request, &unknown),
                 S3_KeyTooLongError);
    size =
        (size_t)snprintf(text, capacity, "<Delete><Object><Key>%05000d</Key></Object></Delete>", 1);
    cr_assert_eq(s3_server__xml_read_delete(hr_slice_bytes(text, size), &arena, &request, &unknown),
                 S3_MalformedXML);
    free(text);
}

Test(xml, what_is_written_is_escaped) {
    struct s3_xml xml = {0};
    s3_server__xml_begin(&xml, "R");
    s3_server__xml_text(&xml, "K", hr_slice_bytes("<&>\"'\r\n\t\x01\0\x7f\xc3\xbc\xff", 14));
    s3_server__xml_key(&xml, "U", hr_slice_of("a b/+\x01\xff~"), true);
    s3_server__xml_date(&xml, "D", 784111777123);
    s3_server__xml_close(&xml, "R");
    static const char wanted[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<K>&lt;&amp;&gt;&quot;'&#xd;&#xa;&#x9;&#x1;&#x0;\x7f\xc3\xbc\xef\xbf\xbd</K>"
        "<U>a%20b/%2B%01%FF~</U><D>1994-11-06T08:49:37.123Z</D></R>";
    cr_assert_not(xml.failed);
    cr_assert_eq(xml.size, sizeof wanted - 1);
    cr_assert_arr_eq(xml.data, wanted, xml.size, "%.*s", (int)xml.size, xml.data);
    s3_server__xml_deinit(&xml);
}
