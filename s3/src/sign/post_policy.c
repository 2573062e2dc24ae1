/* The form of a presigned POST. */
#include "post_policy.h"

#include <assert.h>
#include <errno.h>

#include <openssl/crypto.h>

#include <headrace/clock.h>
#include <headrace/encode.h>
#include <headrace/json_write.h>
#include <headrace/text.h>

#include "digest.h"
#include "sigv4_scope.h"

#define FILENAME "${filename}"

/* The values of the fields that a signature adds. */
struct stamp {
    struct hr__scope scope;
    const char *credential;
    const char *token; /* NULL: none */
};

static bool is_given(const struct hr_s3_post_options *options, const char *field) {
    for (size_t i = 0; i < options->condition_count; i++)
        if (hr_slice_equal_nocase(hr_slice_of(options->conditions[i].field), hr_slice_of(field)))
            return true;
    return false;
}

static bool is_ignored(const char *field) {
    static const struct hr_slice prefix = {"x-ignore-", 9};
    struct hr_slice name = hr_slice_of(field);
    return name.size >= prefix.size &&
           hr_slice_equal_nocase(hr_slice_bytes(name.data, prefix.size), prefix);
}

static void put_equal(struct hr_json_writer *json, const char *field, const char *value) {
    hr_json_object(json);
    hr_json_key(json, field);
    hr_json_text(json, value);
    hr_json_end(json);
}

static void put_starts_with(struct hr_json_writer *json, const char *field, struct hr_slice value) {
    char name[256] = "$";
    hr_text_copy(name + 1, sizeof name - 1, hr_slice_of(field));
    hr_json_array(json);
    hr_json_text(json, "starts-with");
    hr_json_text(json, name);
    hr_json_string(json, value);
    hr_json_end(json);
}

static void put_given(struct hr_json_writer *json, const struct hr_s3_post_options *options) {
    for (size_t i = 0; i < options->field_count; i++) {
        const struct hr_s3_metadata *field = &options->fields[i];
        if (!is_given(options, field->name) && !is_ignored(field->name))
            put_equal(json, field->name, field->value);
    }
    for (size_t i = 0; i < options->condition_count; i++) {
        const struct hr_s3_post_condition *one = &options->conditions[i];
        if (one->starts_with)
            put_starts_with(json, one->field, hr_slice_of(one->value));
        else
            put_equal(json, one->field, one->value);
    }
    if (options->size_max_bytes == 0) return;
    hr_json_array(json);
    hr_json_text(json, "content-length-range");
    hr_json_u64(json, options->size_min_bytes);
    hr_json_u64(json, options->size_max_bytes);
    hr_json_end(json);
}

/* The store puts the name of the file that is chosen in the place of ${filename}. */
static void put_key(struct hr_json_writer *json, struct hr_slice key) {
    size_t size = sizeof FILENAME - 1;
    bool is_prefix = key.size >= size && !memcmp(key.data + key.size - size, FILENAME, size);
    if (is_prefix)
        put_starts_with(json, "key", hr_slice_bytes(key.data, key.size - size));
    else
        put_equal(json, "key", key.data);
}

static void put_stamp(struct hr_json_writer *json, const struct stamp *stamp) {
    put_equal(json, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    put_equal(json, "x-amz-credential", stamp->credential);
    put_equal(json, "x-amz-date", stamp->scope.date);
    if (stamp->token) put_equal(json, "x-amz-security-token", stamp->token);
}

/* "2026-11-30T01:12:03Z": a policy's date has no fraction. */
static void put_expiration(struct hr_json_writer *json, uint64_t time_s) {
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(time_s * 1000, date);
    memcpy(date + 19, "Z", 2);
    hr_json_key(json, "expiration");
    hr_json_text(json, date);
}

/* -ENOBUFS. */
static int write_policy(const struct hr_s3_post_options *options, const struct stamp *stamp,
                        uint64_t expires_s, struct hr_json_writer *json) {
    hr_json_object(json);
    put_expiration(json, expires_s);
    hr_json_key(json, "conditions");
    hr_json_array(json);
    put_given(json, options);
    put_equal(json, "bucket", options->bucket);
    put_key(json, hr_slice_of(options->key));
    put_stamp(json, stamp);
    hr_json_end(json);
    hr_json_end(json);
    return hr_json_finish(json);
}

int hr__post_sign(const struct hr__post_signing *signing, struct hr_slice policy,
                  char signature[HR_SIGV4_HEX_SIZE + 1]) {
    char date[17];
    hr_date_basic(signing->time_s, date);
    struct hr_sigv4_scope scope = {hr_slice_bytes(date, 8), signing->region, hr_slice_of("s3")};
    uint8_t key[HR__SHA256_SIZE], mac[HR__SHA256_SIZE];
    int err = hr_sigv4_key(signing->credentials->secret_key, &scope, key);
    if (err) return err;
    struct hr__hmac hmac;
    hr__hmac_set_key(&hmac, hr_slice_bytes((const char *)key, sizeof key));
    hr__hmac_sign(&hmac, policy, mac);
    hr__hmac_deinit(&hmac);
    OPENSSL_cleanse(key, sizeof key);
    hr_hex_encode(mac, sizeof mac, signature);
    signature[HR_SIGV4_HEX_SIZE] = 0;
    return 0;
}

static void add(struct hr__post_form *form, const char *name, const char *value) {
    form->fields[form->field_count++] = (struct hr_s3_metadata){name, value};
}

/* A NUL-terminated copy. What does not fit sets `full`, and the copy is not used. */
static const char *copy(struct hr__writer *text, struct hr_slice value) {
    const char *begin = text->at;
    hr__put_slice(text, value);
    hr__put_byte(text, 0);
    return begin;
}

/* The fields stay valid when the caller's are gone. */
static void copy_given(const struct hr_s3_post_options *options, struct hr__post_form *form) {
    for (size_t i = 0; i < options->field_count; i++) {
        const char *name = copy(&form->text, hr_slice_of(options->fields[i].name));
        add(form, name, copy(&form->text, hr_slice_of(options->fields[i].value)));
    }
    add(form, "key", copy(&form->text, hr_slice_of(options->key)));
}

static int make_stamp(const struct hr__post_signing *signing, struct hr__writer *text,
                      struct stamp *stamp) {
    struct hr_sigv4_options options = {.region = signing->region, .time_s = signing->time_s};
    int err = hr__scope_make(&options, &stamp->scope);
    if (err) return err;
    stamp->credential = text->at;
    hr__put_slice(text, signing->credentials->access_key);
    hr__put_byte(text, '/');
    copy(text, hr_slice_bytes(stamp->scope.text, stamp->scope.size));
    struct hr_slice token = signing->credentials->session_token;
    stamp->token = token.size > 0 ? copy(text, token) : NULL;
    return text->full ? -ENOBUFS : 0;
}

static void add_stamp(const struct stamp *stamp, struct hr__post_form *form) {
    add(form, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    add(form, "x-amz-credential", stamp->credential);
    add(form, "x-amz-date", copy(&form->text, hr_slice_bytes(stamp->scope.date, 16)));
    if (stamp->token) add(form, "x-amz-security-token", stamp->token);
}

/* Base64 behind the JSON that it is made of. */
static int add_policy(struct hr_slice json, const struct hr__post_signing *signing,
                      struct hr__post_form *form) {
    struct hr__writer *text = &form->text;
    size_t size = hr_base64_size(json.size);
    if ((size_t)(text->end - text->at) < size + 1) return -ENOBUFS;
    char *policy = text->at, signature[HR_SIGV4_HEX_SIZE + 1];
    hr_base64_encode(json.data, json.size, policy);
    text->at += size;
    hr__put_byte(text, 0);
    int err = hr__post_sign(signing, hr_slice_bytes(policy, size), signature);
    if (err) return err;
    add(form, "policy", policy);
    add(form, "x-amz-signature", copy(text, hr_slice_of(signature)));
    return text->full ? -ENOBUFS : 0;
}

int hr__post_fill(const struct hr_s3_post_options *options, const struct hr__post_signing *signing,
                  struct hr__post_form *form) {
    struct stamp stamp;
    copy_given(options, form);
    int err = make_stamp(signing, &form->text, &stamp);
    if (err) return err;
    add_stamp(&stamp, form);
    size_t room = (size_t)(form->text.end - form->text.at);
    struct hr_json_writer json;
    hr_json_init(&json, form->text.at, room < HR_S3_POST_POLICY_MAX ? room : HR_S3_POST_POLICY_MAX,
                 NULL, NULL);
    err = write_policy(options, &stamp, signing->time_s + options->expires_s, &json);
    if (err) return err;
    form->text.at += json.size;
    err = add_policy(hr_slice_bytes(json.data, json.size), signing, form);
    assert(form->field_count <= options->field_count + HR__POST_OWN_FIELDS);
    return err;
}
