/* The requests to STS, and its answers. */
#include "sts.h"

#include <errno.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "xml.h"

static const char *action_of(const struct hr__sts_request *request) {
    return request->token.size > 0 ? "AssumeRoleWithWebIdentity" : "AssumeRole";
}

static void put_field(struct hr__writer *out, const char *name, struct hr_slice value) {
    if (value.size == 0) return;
    hr__put_byte(out, '&');
    hr__put_text(out, name);
    hr__put_byte(out, '=');
    hr__put_percent(out, value, HR_PERCENT_STRICT);
}

void hr__sts_write(const struct hr__sts_request *request, struct hr__writer *out) {
    hr__put_text(out, "Action=");
    hr__put_text(out, action_of(request));
    hr__put_text(out, "&Version=2011-06-15");
    put_field(out, "RoleArn", request->role_arn);
    put_field(out, "RoleSessionName", request->session_name);
    put_field(out, "ExternalId", request->external_id);
    put_field(out, "DurationSeconds", request->duration_s);
    put_field(out, "WebIdentityToken", request->token);
}

/* ---- Reading. */

struct reading {
    const char *action; /* NULL: an error is read */
    struct hr__writer *out;
    struct hr_s3_credentials credentials;
    struct hr_slice expiration, arn;
    char code[64];
};

static bool cut_prefix(struct hr_slice *text, const char *prefix) {
    size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->data, prefix, size) != 0) return false;
    *text = hr_slice_bytes(text->data + size, text->size - size);
    return true;
}

/* "ACTIONResponse/ACTIONResult/" */
static bool cut_result(struct hr_slice *path, const char *action) {
    return cut_prefix(path, action) && cut_prefix(path, "Response/") && cut_prefix(path, action) &&
           cut_prefix(path, "Result/");
}

static struct hr_slice keep(struct hr__writer *out, struct hr_slice text) {
    const char *begin = out->at;
    hr__put_slice(out, text);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct reading *reading = user;
    struct hr_s3_credentials *found = &reading->credentials;
    if (!cut_result(&path, reading->action)) return 0;
    const struct {
        const char *name;
        struct hr_slice *value;
    } rows[] = {{"Credentials/AccessKeyId", &found->access_key},
                {"Credentials/SecretAccessKey", &found->secret_key},
                {"Credentials/SessionToken", &found->session_token},
                {"Credentials/Expiration", &reading->expiration},
                {"AssumedRoleUser/Arn", &reading->arn}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (hr_slice_equal(path, hr_slice_of(rows[i].name)))
            *rows[i].value = keep(reading->out, text);
    return 0;
}

static int parse(struct hr_slice document, struct reading *reading,
                 int (*end)(void *user, struct hr_slice path, struct hr_slice text)) {
    struct hr__xml_events events = {.end = end};
    struct hr__xml *xml;
    int err = hr__xml_new_wiped(&events, reading, &xml);
    if (err) return err;
    err = hr__xml_feed(xml, document.data, document.size, true);
    hr__xml_free(xml);
    return err;
}

/* arn:PARTITION:sts::ACCOUNT:assumed-role/… */
static struct hr_slice account_of(struct hr_slice arn) {
    struct hr_slice part = {NULL, 0};
    for (int i = 0; i < 5; i++)
        if (!hr_slice_cut(&arn, ':', &part)) return hr_slice_bytes(NULL, 0);
    return part;
}

static int refuse(struct hr_error *error, const char *why) {
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "the answer of STS %s", why);
}

int hr__sts_read(const struct hr__sts_request *request, struct hr_slice document,
                 struct hr__writer *out, struct hr_error *error,
                 struct hr_s3_credentials *credentials) {
    struct reading reading = {.action = action_of(request), .out = out};
    struct hr_s3_credentials *found = &reading.credentials;
    int err = parse(document, &reading, on_end);
    if (err == -ENOMEM) return hr_error_set(error, err, "no memory for the answer of STS");
    if (err) return refuse(error, "is no well-formed XML");
    if (found->access_key.size == 0 || found->secret_key.size == 0 ||
        found->session_token.size == 0)
        return refuse(error, "has no credentials");
    if (out->full) return refuse(error, "is too long");
    if (hr_date_parse(reading.expiration, &found->expires_s))
        return refuse(error, "has no time of expiration");
    found->account_id = account_of(reading.arn);
    if (found->account_id.size > 64) found->account_id.size = 0;
    *credentials = *found;
    return 0;
}

static bool is_name(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char lower = (char)(text.data[i] | 0x20);
        if ((lower < 'a' || lower > 'z') && text.data[i] != '.') return false;
    }
    return true;
}

static int on_error_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct reading *reading = user;
    cut_prefix(&path, "ErrorResponse/");
    if (hr_slice_equal(path, hr_slice_of("Error/Code")) && text.size < sizeof reading->code &&
        is_name(text))
        hr_text_copy(reading->code, sizeof reading->code, text);
    return 0;
}

void hr__sts_error_code(struct hr_slice document, char *code, size_t capacity) {
    struct reading reading = {.action = NULL};
    parse(document, &reading, on_error_end); /* what was read before it broke off counts */
    hr_text_copy(code, capacity, hr_slice_of(reading.code));
}
