/* GetObjectAttributes of uploads in parts: the checksum of the whole and those of the parts. */
#include <headrace/s3_checksum.h>

#include "server_fixture.h"

#define PART_SIZE (5u << 20) /* the least of all but the last */
#define WHOLE     "x-amz-object-attributes: Checksum, ObjectParts\r\n"

static char first[PART_SIZE];
static const char last[] = "the end";

static void open_bucket(void) {
    server_open();
    cr_assert_eq(server_ask("PUT", "/photos", "", ""), 200);
    memset(first, 'p', sizeof first);
}

TestSuite(handlers_attributes, .init = open_bucket, .fini = server_close);

struct upload {
    const struct hr_s3_checksum_traits *traits;
    char id[64], texts[2][HR_S3_CHECKSUM_TEXT_MAX], etags[2][64];
    struct hr_s3_checksum_part parts[2];
};

static void put(struct upload *upload, unsigned at, const char *data, size_t size) {
    char target[160], field[256];
    struct hr_s3_checksum_part *part = &upload->parts[at];
    part->size = size;
    cr_assert_eq(hr_s3_checksum_compute(part->value.algorithm, data, size, &part->value), 0);
    hr_s3_checksum_format(&part->value, upload->texts[at]);
    snprintf(target, sizeof target, "/photos/key?uploadId=%s&partNumber=%u", upload->id, at + 1);
    snprintf(field, sizeof field, "%s: %s\r\n", upload->traits->header, upload->texts[at]);
    cr_assert_eq(server_ask_bytes("PUT", target, field, data, size), 200, "%s", server_body);
    cr_expect_str_eq(server_field(upload->traits->header), upload->texts[at]);
    snprintf(upload->etags[at], sizeof upload->etags[at], "%s", server_field("ETag"));
}

static void complete(const struct upload *upload) {
    char target[160], document[1024];
    const char *element = upload->traits->element;
    size_t size = (size_t)snprintf(document, sizeof document, "<CompleteMultipartUpload>");
    for (unsigned i = 0; i < 2; i++)
        size +=
            (size_t)snprintf(document + size, sizeof document - size,
                             "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag><%s>%s</%s></Part>",
                             i + 1, upload->etags[i], element, upload->texts[i], element);
    snprintf(document + size, sizeof document - size, "</CompleteMultipartUpload>");
    snprintf(target, sizeof target, "/photos/key?uploadId=%s", upload->id);
    cr_assert_eq(server_ask("POST", target, "", document), 200, "%s: %s", element, server_body);
}

static void make(struct upload *upload, enum hr_s3_checksum_algorithm algorithm,
                 enum hr_s3_checksum_type type) {
    char fields[256];
    memset(upload, 0, sizeof *upload);
    upload->traits = hr_s3_checksum_traits_of(algorithm);
    upload->parts[0].value.algorithm = upload->parts[1].value.algorithm = algorithm;
    snprintf(fields, sizeof fields, "x-amz-checksum-algorithm: %s\r\nx-amz-checksum-type: %s\r\n",
             upload->traits->name, hr_s3_checksum_type_name(type));
    cr_assert_eq(server_ask("POST", "/photos/key?uploads", fields, ""), 200, "%s", server_body);
    snprintf(upload->id, sizeof upload->id, "%s", server_element("UploadId"));
    put(upload, 0, first, sizeof first);
    put(upload, 1, last, sizeof last - 1);
    complete(upload);
}

/* The object `path` says `whole` of itself in its attributes and its head. */
static void expect_checksums(const struct upload *upload, const char *path, const char *whole,
                             enum hr_s3_checksum_type type) {
    char target[64], wanted[4 * HR_S3_CHECKSUM_TEXT_MAX];
    snprintf(target, sizeof target, "%s?attributes", path);
    cr_assert_eq(server_ask("GET", target, WHOLE, ""), 200, "%s", server_body);
    snprintf(wanted, sizeof wanted, "%s|%s|%s|", whole, upload->texts[0], upload->texts[1]);
    cr_expect_str_eq(server_elements(upload->traits->element), wanted, "%s", server_body);
    cr_expect_str_eq(server_element("ChecksumType"), hr_s3_checksum_type_name(type));
    cr_expect_str_eq(server_element("PartsCount"), "2");
    cr_expect_str_eq(server_elements("Size"), "5242880|7|");
    cr_assert_eq(server_ask("HEAD", path, "x-amz-checksum-mode: ENABLED\r\n", ""), 200);
    const char *field = server_field(upload->traits->header);
    cr_expect_str_eq(field ? field : "", whole, "%s", server_head);
}

static void check(enum hr_s3_checksum_algorithm algorithm, enum hr_s3_checksum_type type) {
    struct upload upload;
    struct hr_s3_checksum value;
    char whole[HR_S3_CHECKSUM_TEXT_MAX];
    make(&upload, algorithm, type);
    cr_assert_eq(type == HR_S3_CHECKSUM_COMPOSITE
                     ? hr_s3_checksum_composite(upload.parts, 2, &value)
                     : hr_s3_checksum_full_object(upload.parts, 2, &value),
                 0);
    hr_s3_checksum_format(&value, whole);
    cr_expect_eq(strstr(whole, "-2") != NULL, type == HR_S3_CHECKSUM_COMPOSITE, "%s", whole);
    expect_checksums(&upload, "/photos/key", whole, type);
    EXPECT(200, "", "PUT", "/photos/copy", "x-amz-copy-source: photos/key\r\n", "");
    cr_expect_str_eq(server_element(upload.traits->element), whole);
    expect_checksums(&upload, "/photos/copy", whole, type);
}

Test(handlers_attributes, all_algorithms_of_an_upload_in_parts) {
    unsigned checked = 0;
    for (int i = HR_S3_CHECKSUM_NONE + 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        enum hr_s3_checksum_algorithm algorithm = (enum hr_s3_checksum_algorithm)i;
        for (int j = HR_S3_CHECKSUM_COMPOSITE; j <= HR_S3_CHECKSUM_FULL_OBJECT; j++) {
            enum hr_s3_checksum_type type = (enum hr_s3_checksum_type)j;
            if (!hr_s3_checksum_allows(algorithm, type)) continue;
            check(algorithm, type);
            checked++;
        }
    }
    cr_expect_eq(checked, 12, "three CRCs of the whole, nine algorithms of their parts: %u",
                 checked);
}

Test(handlers_attributes, a_copy_with_another_checksum_has_none_of_its_parts) {
    struct upload upload;
    make(&upload, HR_S3_CHECKSUM_SHA256, HR_S3_CHECKSUM_COMPOSITE);
    EXPECT(200, "", "PUT", "/photos/copy",
           "x-amz-copy-source: photos/key\r\nx-amz-checksum-algorithm: CRC32\r\n", "");
    EXPECT(200, "", "GET", "/photos/copy?attributes", WHOLE, "");
    cr_expect_str_eq(server_element("ChecksumType"), "FULL_OBJECT");
    cr_expect_str_eq(server_elements("Size"), "", "%s", server_body);
    cr_expect_str_eq(server_element("PartsCount"), "2");
}
