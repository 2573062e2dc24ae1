/* The bodies of CreateBucket and PutBucketVersioning. */
#include "write_document.h"

static int check(const struct hr__bucket_configuration *configuration, struct hr_error *error) {
    struct hr_slice region = configuration->region, zone = configuration->zone;
    if (region.size == 0 && zone.size == 0)
        return hr_error_set(error, -EINVAL, "a bucket's configuration has neither region nor zone");
    if (hr_slice_equal(region, hr_slice_of("us-east-1")))
        return hr_error_set(error, -EINVAL,
                            "us-east-1 is no LocationConstraint: S3 wants no configuration there");
    if (!hr__xml_can_hold(region) || !hr__xml_can_hold(zone))
        return hr_error_set(error, -EINVAL,
                            "the region or zone of a bucket has control characters");
    return 0;
}

static void put_zone(struct hr__xml_writer *writer, struct hr_slice zone, bool local) {
    hr__xml_open(writer, "Location");
    hr__xml_text(writer, "Type", hr_slice_of(local ? "LocalZone" : "AvailabilityZone"));
    hr__xml_text(writer, "Name", zone);
    hr__xml_close(writer, "Location");
    hr__xml_open(writer, "Bucket");
    hr__xml_text(writer, "DataRedundancy",
                 hr_slice_of(local ? "SingleLocalZone" : "SingleAvailabilityZone"));
    hr__xml_text(writer, "Type", hr_slice_of("Directory"));
    hr__xml_close(writer, "Bucket");
}

int hr__write_bucket_configuration(const struct hr__bucket_configuration *configuration,
                                   struct hr__memory memory, struct hr_error *error, size_t *size) {
    int err = check(configuration, error);
    if (err) return err;
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "CreateBucketConfiguration");
    if (configuration->region.size > 0)
        hr__xml_text(&writer, "LocationConstraint", configuration->region);
    if (configuration->zone.size > 0)
        put_zone(&writer, configuration->zone, configuration->local_zone);
    hr__xml_close(&writer, "CreateBucketConfiguration");
    return hr__xml_done(&writer, size);
}

int hr__write_versioning(enum hr_s3_versioning status, struct hr__memory memory,
                         struct hr_error *error, size_t *size) {
    if (status != HR_S3_VERSIONING_ENABLED && status != HR_S3_VERSIONING_SUSPENDED)
        return hr_error_set(error, -EINVAL,
                            "versioning can be enabled and suspended, not switched off");
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "VersioningConfiguration");
    hr__xml_text(&writer, "Status",
                 hr_slice_of(status == HR_S3_VERSIONING_ENABLED ? "Enabled" : "Suspended"));
    hr__xml_close(&writer, "VersioningConfiguration");
    return hr__xml_done(&writer, size);
}
