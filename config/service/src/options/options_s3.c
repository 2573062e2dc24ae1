/* The options of an S3 client. */
#include "options_s3.h"

const struct hr_config_choice hr__s3_addressings[] = {{"auto", HR_S3_ADDRESSING_AUTO},
                                                      {"path", HR_S3_ADDRESSING_PATH},
                                                      {"virtual", HR_S3_ADDRESSING_VIRTUAL},
                                                      {.name = NULL}};
const struct hr_config_choice hr__s3_payloads[] = {{"default", HR_S3_PAYLOAD_DEFAULT},
                                                   {"signed", HR_S3_PAYLOAD_SIGNED},
                                                   {"unsigned", HR_S3_PAYLOAD_UNSIGNED},
                                                   {.name = NULL}};

/* The bounds of a body that is decoded, and of a budget, mean nothing to S3. */
static const struct hr_config_field response_fields[] = {
    HR__BYTES("head_size_max", struct hr_http_response_options, head_bytes_max, UINT32_MAX,
              .doc = "Of a head; 64KiB."),
    HR__COUNT("head_fields_max", struct hr_http_response_options, head_fields_max, UINT32_MAX,
              .doc = "Header fields; 128."),
    HR_FIELD(struct hr_http_response_options, lenient, HR_BOOL,
             .doc = "What careless servers send is taken."),
};
const struct hr_config_schema hr__s3_response_schema = {
    HR_FIELDS(response_fields), .size = sizeof(struct hr_http_response_options)};

static const struct hr_config_field retry_fields[] = {
    HR__COUNT("attempts_max", struct hr_http_retry_options, attempts_max, UINT32_MAX - 1,
              .doc = "Attempts of a request, the first one counted; 4."),
    HR__PERIOD("backoff_base", struct hr_http_retry_options, backoff_base_ms,
               .doc = "Full jitter below base times 2 to the power of n - 1; 100ms."),
    HR__PERIOD("backoff_max", struct hr_http_retry_options, backoff_max_ms,
               .doc = "And below this; 20s."),
    HR__FLAG(struct hr_http_retry_options, no_stale_retry,
             .doc = "A request that a kept connection lost is not repeated."),
    HR__FLAG(struct hr_http_retry_options, extra_stale_retry,
             .doc = "That repetition does not count against attempts_max."),
};
const struct hr_config_schema hr__s3_retry_schema = {HR_FIELDS(retry_fields),
                                                     .size = sizeof(struct hr_http_retry_options)};

static const struct hr_config_field fields[] = {HR__S3_ROWS(struct hr_s3_client_options, )};

const struct hr_config_schema hr_s3_client_schema = {
    .title = "s3", HR_FIELDS(fields), .size = sizeof(struct hr_s3_client_options)};
