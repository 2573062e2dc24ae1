/* Credentials out of the JSON documents of services, processes and the command line's cache. */
#include "credentials_document.h"

#include <headrace/clock.h>
#include <headrace/text.h>

#include "flat_json.h"

#define NAME_MAX_SHOWN 64 /* bytes of an error's name */

/* A document that is being read. */
struct reading {
    struct hr_slice object;
    const char *what; /* of it, in messages */
    struct hr__writer *out;
    struct hr_error *error;
};

static int refuse(const struct reading *reading, const char *why) {
    return hr_error_set(reading->error, HR_ERR_S3_CREDENTIALS, "%s %s", reading->what, why);
}

static int refuse_member(const struct reading *reading, const char *name, const char *why) {
    return hr_error_set(reading->error, HR_ERR_S3_CREDENTIALS, "%s: \"%s\" %s", reading->what, name,
                        why);
}

static int check(const struct reading *reading) {
    return hr__json_check(reading->object) ? refuse(reading, "is no JSON object") : 0;
}

/* A member that may be missing: then `text` is left as it is. */
static int read_optional(const struct reading *reading, const char *name, struct hr_slice *text) {
    struct hr__json_value value = hr__json_member(reading->object, name);
    if (value.kind == HR__JSON_NONE) return 0;
    if (value.kind != HR__JSON_STRING) return refuse_member(reading, name, "is no string");
    if (hr__json_text(value.text, reading->out, text))
        return refuse_member(reading, name, "is no UTF-8 text");
    return reading->out->full ? refuse_member(reading, name, "is too long") : 0;
}

static int read_required(const struct reading *reading, const char *name, struct hr_slice *text) {
    *text = hr_slice_bytes(NULL, 0);
    int err = read_optional(reading, name, text);
    if (!err && text->size == 0) err = refuse_member(reading, name, "is missing");
    return err;
}

static int read_time(const struct reading *reading, const char *name, uint64_t *unix_s) {
    struct hr_slice text = {NULL, 0};
    int err = read_optional(reading, name, &text);
    if (err || text.size == 0) return err;
    return hr_date_parse(text, unix_s) ? refuse_member(reading, name, "is no time") : 0;
}

void hr__credentials_error_code(struct hr_slice document, char *code, size_t capacity) {
    static const char *const names[] = {"code", "__type", "error"};
    *code = 0;
    if (hr__json_check(document)) return;
    struct hr__json_value value = {HR__JSON_NONE, {NULL, 0}};
    for (size_t i = 0; i < 3 && value.kind != HR__JSON_STRING; i++)
        value = hr__json_member(document, names[i]);
    if (value.kind != HR__JSON_STRING || value.text.size > NAME_MAX_SHOWN) return;
    for (size_t i = 0; i < value.text.size; i++) {
        char byte = value.text.data[i], lower = (char)(byte | 0x20);
        if ((lower < 'a' || lower > 'z') && !strchr(".#:_-", byte)) return;
    }
    hr_text_copy(code, capacity, value.text);
}

/* A metadata service says 200 to errors, too. */
static int check_code(const struct reading *reading) {
    struct hr__json_value value = hr__json_member(reading->object, "Code");
    if (value.kind == HR__JSON_NONE ||
        (value.kind == HR__JSON_STRING && hr_slice_equal(value.text, hr_slice_of("Success"))))
        return 0;
    char code[NAME_MAX_SHOWN + 1];
    hr__credentials_error_code(reading->object, code, sizeof code);
    return hr_error_set(reading->error, HR_ERR_S3_CREDENTIALS, "%s is an error: %s", reading->what,
                        code[0] ? code : "with a code that is no name");
}

static int read_keys(const struct reading *reading, struct hr_s3_credentials *credentials) {
    int err = read_required(reading, "AccessKeyId", &credentials->access_key);
    if (!err) err = read_required(reading, "SecretAccessKey", &credentials->secret_key);
    return err;
}

int hr__credentials_read_metadata(struct hr_slice document, struct hr__writer *out,
                                  struct hr_error *error, struct hr_s3_credentials *credentials) {
    const struct reading reading = {document, "the answer", out, error};
    struct hr_s3_credentials found = {.expires_s = 0};
    int err = check(&reading);
    if (!err) err = check_code(&reading);
    if (!err) err = read_keys(&reading, &found);
    if (!err) err = read_required(&reading, "Token", &found.session_token);
    if (!err) err = read_time(&reading, "Expiration", &found.expires_s);
    if (!err && !found.expires_s) err = refuse_member(&reading, "Expiration", "is missing");
    if (!err) err = read_optional(&reading, "AccountId", &found.account_id);
    if (!err) *credentials = found;
    return err;
}

int hr__credentials_read_process(struct hr_slice document, struct hr__writer *out,
                                 struct hr_error *error, struct hr_s3_credentials *credentials) {
    const struct reading reading = {document, "its output", out, error};
    struct hr_s3_credentials found = {.expires_s = 0};
    int err = check(&reading);
    if (err) return err;
    struct hr__json_value version = hr__json_member(document, "Version");
    if (version.kind != HR__JSON_NUMBER || !hr_slice_equal(version.text, hr_slice_of("1")))
        return refuse_member(&reading, "Version", "is not 1");
    err = read_keys(&reading, &found);
    if (!err) err = read_optional(&reading, "SessionToken", &found.session_token);
    if (!err) err = read_time(&reading, "Expiration", &found.expires_s);
    if (!err) err = read_optional(&reading, "AccountId", &found.account_id);
    if (!err) *credentials = found;
    return err;
}

/* Milliseconds since 1970. */
static int read_milliseconds(const struct reading *reading, uint64_t *unix_s) {
    struct hr__json_value value = hr__json_member(reading->object, "expiration");
    uint64_t ms = 0;
    if (value.kind != HR__JSON_NUMBER || hr_text_u64(value.text, UINT64_MAX, &ms))
        return refuse_member(reading, "expiration", "is no time");
    *unix_s = ms / 1000;
    return 0;
}

int hr__credentials_read_sso(struct hr_slice document, struct hr__writer *out,
                             struct hr_error *error, struct hr_s3_credentials *credentials) {
    struct reading reading = {document, "the answer", out, error};
    struct hr_s3_credentials found = {.expires_s = 0};
    int err = check(&reading);
    if (err) return err;
    struct hr__json_value inner = hr__json_member(document, "roleCredentials");
    if (inner.kind != HR__JSON_OBJECT)
        return refuse_member(&reading, "roleCredentials", "is missing");
    reading.object = inner.text;
    err = read_keys(&reading, &found);
    if (!err) err = read_required(&reading, "sessionToken", &found.session_token);
    if (!err) err = read_milliseconds(&reading, &found.expires_s);
    if (!err) *credentials = found;
    return err;
}

int hr__credentials_read_sso_token(struct hr_slice document, struct hr__writer *out,
                                   struct hr_error *error, struct hr__sso_token *token) {
    const struct reading reading = {document, "the cached token", out, error};
    struct hr__sso_token found = {.expires_s = 0};
    int err = check(&reading);
    if (!err) err = read_required(&reading, "accessToken", &found.token);
    if (!err) err = read_time(&reading, "expiresAt", &found.expires_s);
    if (!err && !found.expires_s) err = refuse_member(&reading, "expiresAt", "is missing");
    if (!err) *token = found;
    return err;
}
