/* GetBucketPolicy, GetBucketWebsite and so on: none of these can be set, so the response
 * is "not configured" or the default. Tools send such requests before they work. Source: the S3 API
 * Reference, the errors and examples of these actions. */
#include "settings.h"

static void write_encryption(struct s3_xml *xml) {
    s3_server__xml_open(xml, "Rule");
    s3_server__xml_open(xml, "ApplyServerSideEncryptionByDefault");
    s3_server__xml_string(xml, "SSEAlgorithm", "AES256");
    s3_server__xml_close(xml, "ApplyServerSideEncryptionByDefault");
    s3_server__xml_bool(xml, "BucketKeyEnabled", false);
    s3_server__xml_close(xml, "Rule");
}

static void write_payer(struct s3_xml *xml) {
    s3_server__xml_string(xml, "Payer", "BucketOwner");
}

static const struct s3_setting bucket_settings[] = {
    {"accelerate", S3_OK, "AccelerateConfiguration", NULL},
    {"encryption", S3_OK, "ServerSideEncryptionConfiguration", write_encryption},
    {"lifecycle", S3_NoSuchLifecycleConfiguration, NULL, NULL},
    {"logging", S3_OK, "BucketLoggingStatus", NULL},
    {"notification", S3_OK, "NotificationConfiguration", NULL},
    {"policy", S3_NoSuchBucketPolicy, NULL, NULL},
    {"policyStatus", S3_NoSuchBucketPolicy, NULL, NULL},
    {"publicAccessBlock", S3_NoSuchPublicAccessBlockConfiguration, NULL, NULL},
    {"replication", S3_ReplicationConfigurationNotFoundError, NULL, NULL},
    {"requestPayment", S3_OK, "RequestPaymentConfiguration", write_payer},
    {"website", S3_NoSuchWebsiteConfiguration, NULL, NULL},
};

static const struct s3_setting *find(struct hr_slice name) {
    for (size_t i = 0; i < sizeof bucket_settings / sizeof bucket_settings[0]; i++)
        if (hr_slice_equal(name, hr_slice_of(bucket_settings[i].name))) return &bucket_settings[i];
    return NULL;
}

const struct s3_setting *s3_server__setting(const struct s3_request *request) {
    const struct s3_setting *setting = NULL;
    for (size_t i = 0; request->key.size == 0 && i < request->parameter_count && !setting; i++)
        setting = find(request->parameters[i].name);
    return setting;
}
