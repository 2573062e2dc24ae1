/* Prints the settings of an S3 client that variables and profile give, as one JSON object; null
 * where nobody says. Exit code 1: {"error": message}.
 *
 * usage: s3_settings_show [PROFILE] */
#include <jansson.h>
#include <stdio.h>

#include "aws_settings.h"

enum kind { TEXT, FLAG, NUMBER, WORD };

static const struct {
    const char *name;
    enum hr__s3_setting setting;
    enum kind kind;
    const char *words[3];
} rows[] = {
    {"region", HR__S3_REGION, TEXT, {NULL}},
    {"ca_bundle", HR__S3_CA_BUNDLE, TEXT, {NULL}},
    {"user_agent_appid", HR__S3_APPLICATION_ID, TEXT, {NULL}},
    {"max_attempts", HR__S3_MAX_ATTEMPTS, NUMBER, {NULL}},
    {"retry_mode", HR__S3_RETRY_MODE, WORD, {"standard", "adaptive", "legacy"}},
    {"addressing_style", HR__S3_ADDRESSING_STYLE, WORD, {"auto", "path", "virtual"}},
    {"payload_signing_enabled", HR__S3_PAYLOAD_SIGNING, FLAG, {NULL}},
    {"use_dualstack_endpoint", HR__S3_USE_DUALSTACK, FLAG, {NULL}},
    {"use_fips_endpoint", HR__S3_USE_FIPS, FLAG, {NULL}},
    {"use_arn_region", HR__S3_USE_ARN_REGION, FLAG, {NULL}},
    {"tcp_keepalive", HR__S3_TCP_KEEPALIVE, FLAG, {NULL}},
    {"ignore_configured_endpoint_urls", HR__S3_IGNORE_ENDPOINT_URLS, FLAG, {NULL}},
    {"us_east_1_regional_endpoint", HR__S3_US_EAST_1, WORD, {"regional", "legacy"}},
    {"request_checksum_calculation",
     HR__S3_REQUEST_CHECKSUM,
     WORD,
     {"when_supported", "when_required"}},
    {"response_checksum_validation",
     HR__S3_RESPONSE_CHECKSUM,
     WORD,
     {"when_supported", "when_required"}},
    {"metadata_service_timeout", HR__S3_METADATA_TIMEOUT, NUMBER, {NULL}},
    {"metadata_service_num_attempts", HR__S3_METADATA_ATTEMPTS, NUMBER, {NULL}},
    {"ec2_metadata_v1_disabled", HR__S3_METADATA_V1_DISABLED, FLAG, {NULL}},
    {"ec2_metadata_service_endpoint", HR__S3_METADATA_ENDPOINT, TEXT, {NULL}},
};

static json_t *text_of(const struct hr__s3_value *value) {
    return value->text ? json_string(value->text) : json_null();
}

static int add(json_t *shown, size_t i, const struct hr__s3_settings *settings,
               struct hr_error *error) {
    struct hr__s3_value value = hr__s3_setting(settings, rows[i].setting);
    unsigned number = 0;
    bool flag = false;
    json_t *made = NULL;
    int err = 0;
    if (rows[i].kind == FLAG) err = hr__s3_setting_flag(settings, rows[i].setting, error, &flag);
    if (rows[i].kind == NUMBER)
        err = hr__s3_setting_count(settings, rows[i].setting, error, &number);
    if (rows[i].kind == WORD) err = hr__s3_setting_word(settings, rows[i].setting, error, &number);
    if (err) return err;
    switch (rows[i].kind) {
    case TEXT:
        made = text_of(&value);
        break;
    case FLAG:
        made = json_boolean(flag);
        break;
    case NUMBER:
        made = json_integer(number);
        break;
    case WORD:
        made = json_string(rows[i].words[number]);
        break;
    }
    return json_object_set_new(shown, rows[i].name, made);
}

static int add_endpoint(json_t *shown, const char *name, enum hr__s3_service service,
                        const struct hr__s3_settings *settings, struct hr_error *error) {
    struct hr__s3_value value;
    int err = hr__s3_settings_endpoint(settings, service, error, &value);
    return err ? err : json_object_set_new(shown, name, text_of(&value));
}

int main(int argc, char **argv) {
    struct hr__s3_settings settings;
    struct hr_error error = {0};
    json_t *shown = json_object();
    int err = hr__s3_settings_init(argc > 1 ? argv[1] : NULL, &error, &settings);
    if (!err) {
        for (size_t i = 0; !err && i < sizeof rows / sizeof rows[0]; i++)
            err = add(shown, i, &settings, &error);
        if (!err) err = add_endpoint(shown, "s3", HR__S3_SERVICE_S3, &settings, &error);
        if (!err) err = add_endpoint(shown, "sts", HR__S3_SERVICE_STS, &settings, &error);
        hr__s3_settings_deinit(&settings);
    }
    if (err) {
        json_object_clear(shown);
        json_object_set_new(shown, "error", json_string(error.message));
    }
    json_dumpf(shown, stdout, JSON_SORT_KEYS);
    json_decref(shown);
    return err ? 1 : 0;
}
