/* GetBucketPolicy, GetBucketCors, GetBucketAcl and so on: none of these can be set, so the response
 * is "not configured" or the default. Tools send such requests before they work. Source: the S3 API
 * Reference, the errors and examples of these actions. */
#include "settings.h"

static void write_owner(struct s3_xml *xml, const char *open, const char *close) {
    s3_server__xml_open(xml, open);
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, close);
}

static void write_acl(struct s3_xml *xml) {
    write_owner(xml, "Owner", "Owner");
    s3_server__xml_open(xml, "AccessControlList");
    s3_server__xml_open(xml, "Grant");
    write_owner(xml,
                "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                "xsi:type=\"CanonicalUser\"",
                "Grantee");
    s3_server__xml_string(xml, "Permission", "FULL_CONTROL");
    s3_server__xml_close(xml, "Grant");
    s3_server__xml_close(xml, "AccessControlList");
}

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

static void write_ownership(struct s3_xml *xml) {
    s3_server__xml_open(xml, "Rule");
    s3_server__xml_string(xml, "ObjectOwnership", "BucketOwnerEnforced");
    s3_server__xml_close(xml, "Rule");
}

static const struct s3_setting bucket_settings[] = {
    {"accelerate", S3_OK, "AccelerateConfiguration", NULL},
    {"acl", S3_OK, "AccessControlPolicy", write_acl},
    {"cors", S3_NoSuchCORSConfiguration, NULL, NULL},
    {"encryption", S3_OK, "ServerSideEncryptionConfiguration", write_encryption},
    {"lifecycle", S3_NoSuchLifecycleConfiguration, NULL, NULL},
    {"logging", S3_OK, "BucketLoggingStatus", NULL},
    {"notification", S3_OK, "NotificationConfiguration", NULL},
    {"object-lock", S3_ObjectLockConfigurationNotFoundError, NULL, NULL},
    {"ownershipControls", S3_OK, "OwnershipControls", write_ownership},
    {"policy", S3_NoSuchBucketPolicy, NULL, NULL},
    {"policyStatus", S3_NoSuchBucketPolicy, NULL, NULL},
    {"publicAccessBlock", S3_NoSuchPublicAccessBlockConfiguration, NULL, NULL},
    {"replication", S3_ReplicationConfigurationNotFoundError, NULL, NULL},
    {"requestPayment", S3_OK, "RequestPaymentConfiguration", write_payer},
    {"tagging", S3_NoSuchTagSet, NULL, NULL},
    {"website", S3_NoSuchWebsiteConfiguration, NULL, NULL},
};

static const struct s3_setting object_settings[] = {
    {"acl", S3_OK, "AccessControlPolicy", write_acl},
};

static const struct s3_setting *find(struct hr_slice name, bool of_object) {
    const struct s3_setting *settings = of_object ? object_settings : bucket_settings;
    size_t count = of_object ? sizeof object_settings / sizeof object_settings[0]
                             : sizeof bucket_settings / sizeof bucket_settings[0];
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal(name, hr_slice_of(settings[i].name))) return &settings[i];
    return NULL;
}

const struct s3_setting *s3_server__setting(const struct s3_request *request) {
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct s3_setting *setting = find(request->parameters[i].name, request->key.size > 0);
        if (setting) return setting;
    }
    return NULL;
}
