#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "document_events.h"
#include "documents.h"

static char memory[1024];
static const struct hr__memory into = {memory, sizeof memory};

static const struct {
    const char *region, *zone;
    bool local;
    const char *document;
} configurations[] = {
    {"eu-west-2", "", false, "<LocationConstraint>eu-west-2</LocationConstraint>"},
    {"", "usw2-az1", false,
     "<Location><Type>AvailabilityZone</Type><Name>usw2-az1</Name></Location><Bucket>"
     "<DataRedundancy>SingleAvailabilityZone</DataRedundancy><Type>Directory</Type></Bucket>"},
    {"", "use1-dfw2-az1", true,
     "<Location><Type>LocalZone</Type><Name>use1-dfw2-az1</Name></Location><Bucket>"
     "<DataRedundancy>SingleLocalZone</DataRedundancy><Type>Directory</Type></Bucket>"},
};

/* As botocore 1.44 writes it. */
Test(write_bucket, says_the_same_as_botocore) {
    for (size_t i = 0; i < sizeof configurations / sizeof configurations[0]; i++) {
        struct hr__bucket_configuration one = {hr_slice_of(configurations[i].region),
                                               hr_slice_of(configurations[i].zone),
                                               configurations[i].local};
        struct hr_error error = {0};
        char expected[512];
        size_t size;
        snprintf(expected, sizeof expected,
                 "<CreateBucketConfiguration>%s</CreateBucketConfiguration>",
                 configurations[i].document);
        cr_assert_eq(hr__write_bucket_configuration(&one, into, &error, &size), 0);
        document_equal(hr_slice_bytes(memory, size), expected);
    }
}

Test(write_bucket, no_configuration_is_written_where_s3_wants_none) {
    static const char *const regions[] = {"", "us-east-1", "eu\x01"};
    for (size_t i = 0; i < 3; i++) {
        struct hr__bucket_configuration one = {.region = hr_slice_of(regions[i])};
        struct hr_error error = {0};
        size_t size;
        cr_assert_eq(hr__write_bucket_configuration(&one, into, &error, &size), -EINVAL);
        cr_assert(error.message[0]);
    }
}

Test(write_bucket, versioning) {
    struct hr_error error = {0};
    size_t size;
    cr_assert_eq(hr__write_versioning(HR_S3_VERSIONING_SUSPENDED, into, &error, &size), 0);
    document_equal(hr_slice_bytes(memory, size),
                   "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>");
    cr_assert_eq(hr__write_versioning(HR_S3_VERSIONING_ENABLED, into, &error, &size), 0);
    document_equal(hr_slice_bytes(memory, size),
                   "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    cr_assert_eq(hr__write_versioning(HR_S3_VERSIONING_OFF, into, &error, &size), -EINVAL);
    struct hr__versioning read;
    hr__write_versioning(HR_S3_VERSIONING_ENABLED, into, &error, &size);
    cr_assert_eq(hr__read_versioning(hr_slice_bytes(memory, size), &error, &read), 0);
    cr_assert_eq(read.status, HR_S3_VERSIONING_ENABLED);
}
