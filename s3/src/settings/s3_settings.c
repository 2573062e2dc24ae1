/* Makes options of a client out of AWS's variables and profiles, where the options are open. */
#include "s3_settings.h"

#include <assert.h>
#include <errno.h>

#include <headrace/version.h>

#include "environment.h"

#define REGION_DEFAULT "us-east-1"

/* Settings that neither options nor variables give, so that a profile would have to. */
struct needs {
    bool credentials, endpoint, region;
};

/* A profile that a variable names and that is missing matters where something would come from it.
 */
static int check(const struct hr__s3_settings *settings, const struct needs *needs,
                 struct hr_error *error) {
    bool needed = needs->credentials || (needs->endpoint && needs->region);
    return settings->profile_missing && needed ? hr__s3_settings_refuse(settings, error) : 0;
}

/* Keys from neither options nor variables, where they are wanted. */
static bool lacks_keys(const struct hr_s3_client_options *options) {
    return !options->anonymous && !options->credentials && !options->access_key &&
           !options->secret_key && !hr__environment("AWS_ACCESS_KEY_ID") &&
           !hr__environment("AWS_SECRET_ACCESS_KEY");
}

static int addressing_of(const struct hr__s3_settings *settings,
                         const struct hr_s3_client_options *options, struct hr_error *error,
                         enum hr_s3_addressing *addressing) {
    unsigned word = options->addressing;
    int err = 0;
    if (options->addressing == HR_S3_ADDRESSING_AUTO)
        err = hr__s3_setting_word(settings, HR__S3_ADDRESSING_STYLE, error, &word);
    *addressing = (enum hr_s3_addressing)word;
    return err;
}

int hr__s3_settings_place(const struct hr__s3_settings *settings,
                          const struct hr_s3_client_options *options, struct hr_error *error,
                          struct hr__endpoint *endpoint) {
    struct hr__s3_value url = {options->endpoint, "endpoint", NULL, 0};
    struct hr__s3_value region = {options->region, "region", NULL, 0};
    struct hr__endpoint_settings made = {.url = NULL};
    char source[HR__S3_SOURCE_MAX];
    int err = 0;
    if (!url.text) err = hr__s3_settings_endpoint(settings, HR__S3_SERVICE_S3, error, &url);
    if (!region.text) region = hr__s3_setting(settings, HR__S3_REGION);
    struct needs needs = {lacks_keys(options), !url.text, !region.text};
    if (!err) err = check(settings, &needs, error);
    if (!err) err = addressing_of(settings, options, error, &made.addressing);
    if (!err) err = hr__s3_settings_kind(settings, options, error, &made);
    if (err) return err;
    made.url = url.text;
    made.source = url.text ? hr__s3_value_source(&url, source) : NULL;
    made.region = region.text ? region.text : REGION_DEFAULT;
    err = hr__endpoint_make(&made, error, endpoint);
    if (err == HR_ERR_S3_REGION_INVALID && region.text)
        hr_error_set(error, err, "%s \"%.63s\" is not a DNS label (letters, digits, hyphens)",
                     hr__s3_value_source(&region, source), region.text);
    return err;
}

int hr__s3_settings_payload(const struct hr__s3_settings *settings,
                            const struct hr_s3_client_options *options, struct hr_error *error,
                            enum hr_s3_payload *payload) {
    bool wanted = false;
    int err = 0;
    if (options->payload == HR_S3_PAYLOAD_DEFAULT)
        err = hr__s3_setting_flag(settings, HR__S3_PAYLOAD_SIGNING, error, &wanted);
    *payload = wanted ? HR_S3_PAYLOAD_SIGNED : options->payload;
    return err;
}

static bool is_token(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", byte)) return false;
    }
    return true;
}

/* The application's name behind the library's: a token (RFC 9110), as the SDKs send it. */
static int user_agent_of(const struct hr__s3_settings *settings, struct hr_error *error,
                         char *user_agent, size_t capacity) {
    struct hr__s3_value value = hr__s3_setting(settings, HR__S3_APPLICATION_ID);
    struct hr_slice name = hr_slice_of(value.text);
    char source[HR__S3_SOURCE_MAX];
    struct hr__writer out = hr__writer(user_agent, capacity - 1);
    if (name.size > HR__S3_APPLICATION_MAX || !is_token(name))
        return hr_error_set(error, HR_ERR_S3_PROFILE,
                            "%s has more than %d bytes, or one that no token of HTTP has",
                            hr__s3_value_source(&value, source), HR__S3_APPLICATION_MAX);
    if (name.size > 0) {
        hr__put_text(&out, "headrace/" HR_VERSION_STRING " app/");
        hr__put_slice(&out, name);
    }
    *out.at = 0;
    assert(!out.full);
    return 0;
}

struct when {
    const char *name;
    enum hr_s3_checksum_when option;
    enum hr__s3_setting setting;
};

/* Whether it is so wherever it is supported. */
static int choose_when(const struct hr__s3_settings *settings, const struct when *when,
                       struct hr_error *error, bool *supported) {
    unsigned word = HR__S3_WHEN_SUPPORTED;
    if ((unsigned)when->option > HR_S3_CHECKSUM_WHEN_REQUIRED)
        return hr_error_set(error, -EINVAL,
                            "%s %d is none of default, when_supported and when_required",
                            when->name, (int)when->option);
    *supported = when->option == HR_S3_CHECKSUM_WHEN_SUPPORTED;
    if (when->option != HR_S3_CHECKSUM_WHEN_DEFAULT) return 0;
    int err = hr__s3_setting_word(settings, when->setting, error, &word);
    *supported = word == HR__S3_WHEN_SUPPORTED;
    return err;
}

int hr__s3_settings_checksums(const struct hr__s3_settings *settings,
                              const struct hr_s3_client_options *options, struct hr_error *error,
                              bool *validates, bool *sums) {
    const struct when response = {"response_checksums", options->response_checksums,
                                  HR__S3_RESPONSE_CHECKSUM};
    const struct when request = {"request_checksums", options->request_checksums,
                                 HR__S3_REQUEST_CHECKSUM};
    int err = choose_when(settings, &response, error, validates);
    return err ? err : choose_when(settings, &request, error, sums);
}

/* In legacy mode too a request has the attempts that are said, and the standard mode's pauses. */
int hr__s3_settings_http(const struct hr__s3_settings *settings,
                         const struct hr_http_client_options *http, struct hr_error *error,
                         struct hr__s3_http_settings *made) {
    unsigned attempts = 0, mode = HR__S3_RETRY_STANDARD;
    bool keepalive = true;
    int err = 0;
    if (!http->retry.attempts_max)
        err = hr__s3_setting_count(settings, HR__S3_MAX_ATTEMPTS, error, &attempts);
    if (!err) err = hr__s3_setting_word(settings, HR__S3_RETRY_MODE, error, &mode);
    if (!err && !http->pool.keepalive_s)
        err = hr__s3_setting_flag(settings, HR__S3_TCP_KEEPALIVE, error, &keepalive);
    *made = (struct hr__s3_http_settings){
        .attempts_max = attempts == 1 ? HR_NO_RETRY : attempts,
        .keepalive_s = keepalive ? 0 : HR_NO_TIMEOUT,
        .adaptive = mode == HR__S3_RETRY_ADAPTIVE,
    };
    if (!err && !http->user_agent)
        err = user_agent_of(settings, error, made->user_agent, sizeof made->user_agent);
    return err;
}
