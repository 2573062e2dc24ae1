/* The options of an S3 client. */
#include "options_s3.h"

const struct hr_config_choice hr__s3_addressings[] = {{"auto", HR_S3_ADDRESSING_AUTO},
                                                      {"path", HR_S3_ADDRESSING_PATH},
                                                      {"virtual", HR_S3_ADDRESSING_VIRTUAL},
                                                      {.name = NULL}};
const struct hr_config_choice hr__s3_payloads[] = {
    {"default", HR_S3_PAYLOAD_DEFAULT},
    {"signed", HR_S3_PAYLOAD_SIGNED},
    {"unsigned", HR_S3_PAYLOAD_UNSIGNED},
    {"streaming_signed", HR_S3_PAYLOAD_STREAMING_SIGNED},
    {"streaming_unsigned", HR_S3_PAYLOAD_STREAMING_UNSIGNED},
    {.name = NULL}};
const struct hr_config_choice hr__s3_switches[] = {
    {"default", HR_S3_DEFAULT}, {"on", HR_S3_ON}, {"off", HR_S3_OFF}, {.name = NULL}};
const struct hr_config_choice hr__s3_checksums[] = {
    {"default", HR_S3_CHECKSUM_WHEN_DEFAULT},
    {"when_supported", HR_S3_CHECKSUM_WHEN_SUPPORTED},
    {"when_required", HR_S3_CHECKSUM_WHEN_REQUIRED},
    {.name = NULL}};

const struct hr_config_choice hr__s3_paces[] = {{"default", HR_S3_PACE_DEFAULT},
                                                {"prefix", HR_S3_PACE_PREFIX},
                                                {"client", HR_S3_PACE_CLIENT},
                                                {"none", HR_S3_PACE_NONE},
                                                {.name = NULL}};

/* The bounds of a body that is decoded, and of a budget, mean nothing to S3. */
static const struct hr_config_field response_fields[] = {HR__RESPONSE_ROWS};
const struct hr_config_schema hr__s3_response_schema = {
    HR_FIELDS(response_fields), .size = sizeof(struct hr_http_response_options)};

static const struct hr_config_field retry_fields[] = {HR__RETRY_ROWS};
const struct hr_config_schema hr__s3_retry_schema = {HR_FIELDS(retry_fields),
                                                     .size = sizeof(struct hr_http_retry_options)};

static const struct hr_config_field fields[] = {HR__S3_ROWS(struct hr_s3_client_options, )};

const struct hr_config_schema hr_s3_client_schema = {
    .title = "s3", HR_FIELDS(fields), .size = sizeof(struct hr_s3_client_options)};
