#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "documents.h"

static char shown[1024];

static int on_part(void *user, const struct hr_s3_part_info *part) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%u %llu %s;", part->part_number,
             (unsigned long long)part->size_bytes,
             part->checksums.crc32c.data ? part->checksums.crc32c.data : "-");
    return user ? *(int *)user : 0;
}

static const struct hr__parts_sink sink = {.on_part = on_part};

Test(read_attributes, all_of_them) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__attributes attributes;
    struct hr_slice xml = hr_slice_of(
        "<GetObjectAttributesResponse><ETag>e-2</ETag><Checksum><ChecksumCRC32C>c-2</"
        "ChecksumCRC32C>"
        "<ChecksumType>COMPOSITE</ChecksumType></Checksum><ObjectParts><PartsCount>20</PartsCount>"
        "<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker>"
        "<MaxParts>2</MaxParts><IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber>"
        "<ChecksumCRC32C>c1</ChecksumCRC32C><Size>5242880</Size></Part><Part><PartNumber>2</"
        "PartNumber>"
        "<Size>1</Size></Part></ObjectParts><StorageClass>STANDARD_IA</StorageClass>"
        "<ObjectSize>5242881</ObjectSize></GetObjectAttributesResponse>");
    shown[0] = 0;
    cr_assert_eq(hr__read_attributes(xml, &texts, &sink, &error, &attributes), 0, "%s",
                 error.message);
    cr_assert_str_eq(shown, "1 5242880 c1;2 1 -;");
    cr_assert_str_eq(attributes.etag.data, "e-2");
    cr_assert_str_eq(attributes.checksums.crc32c.data, "c-2");
    cr_assert_str_eq(attributes.checksums.type.data, "COMPOSITE");
    cr_assert_str_eq(attributes.storage_class.data, "STANDARD_IA");
    cr_assert(attributes.has_size && attributes.parts_truncated);
    cr_assert_eq(attributes.size_bytes, 5242881);
    cr_assert_eq(attributes.parts_total, 20);
    cr_assert_eq(attributes.next_part_marker, 2);
    cr_assert_eq(attributes.parts_max, 2);
    hr__texts_free(&texts);
}

Test(read_attributes, those_that_were_not_asked_for_are_absent) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__attributes attributes;
    struct hr__parts_sink none = {NULL, NULL};
    struct hr_slice xml = hr_slice_of("<GetObjectAttributesOutput/>");
    cr_assert_eq(hr__read_attributes(xml, &texts, &none, &error, &attributes), 0, "%s",
                 error.message);
    cr_assert(!attributes.has_size);
    cr_assert_eq(attributes.size_bytes, 0);
    cr_assert_eq(attributes.etag.size, 0);
    xml = hr_slice_of("<GetObjectAttributesOutput><ObjectSize>0</ObjectSize>"
                      "</GetObjectAttributesOutput>");
    cr_assert_eq(hr__read_attributes(xml, &texts, &none, &error, &attributes), 0);
    cr_assert(attributes.has_size);
    hr__texts_free(&texts);
}

Test(read_attributes, the_root_may_be_named_as_minio_does) {
    struct hr__texts texts = {0};
    struct hr_error error = {0};
    struct hr__attributes attributes;
    struct hr__parts_sink none = {NULL, NULL};
    struct hr_slice xml = hr_slice_of("<getObjectAttributesResponse><ObjectSize>10</ObjectSize>"
                                      "</getObjectAttributesResponse>");
    cr_assert_eq(hr__read_attributes(xml, &texts, &none, &error, &attributes), 0, "%s",
                 error.message);
    cr_assert_eq(attributes.size_bytes, 10);
    hr__texts_free(&texts);
}

Test(read_attributes, a_part_without_number_or_size_is_refused) {
    static const char *const bad[] = {
        "<GetObjectAttributesResponse><ObjectParts><Part><Size>1</Size></Part></ObjectParts>"
        "</GetObjectAttributesResponse>",
        "<GetObjectAttributesResponse><ObjectParts><Part><PartNumber>1</PartNumber></Part>"
        "</ObjectParts></GetObjectAttributesResponse>",
        "<GetObjectAttributesResponse><ObjectParts><Part><PartNumber>0</PartNumber><Size>1</Size>"
        "</Part></ObjectParts></GetObjectAttributesResponse>",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__attributes attributes;
        shown[0] = 0;
        cr_assert_eq(hr__read_attributes(hr_slice_of(bad[i]), &texts, &sink, &error, &attributes),
                     HR_ERR_S3_RESPONSE);
        cr_assert(strstr(error.message, "in ObjectParts/Part, "), "%s", error.message);
        cr_assert_str_eq(shown, "");
        hr__texts_free(&texts);
    }
}
