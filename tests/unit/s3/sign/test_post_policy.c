/* Compared with what boto3's generate_presigned_post (botocore 1.44) gives at the same second. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <headrace/encode.h>

#include "post_policy.h"

static const struct hr_sigv4_credentials keys = {
    .access_key = {"AKIDEXAMPLE", 11},
    .secret_key = {"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40},
    .session_token = {"TOKEN/+=", 8},
};
static const struct hr__post_signing signing = {
    .credentials = &keys,
    .region = {"eu-west-2", 9},
    .time_s = 1796000523, /* 2026-11-30T01:02:03Z */
};

/* Of generate_presigned_post("bucket", "user/${filename}", ExpiresIn=600), with the fields acl and
 * Content-Type and the conditions below. */
static const char botos[] =
    "eyJleHBpcmF0aW9uIjogIjIwMjYtMTEtMzBUMDE6MTI6MDNaIiwgImNvbmRpdGlvbnMiOiBbeyJhY2wiOiAicHVibGljL"
    "XJlYWQifSwgWyJzdGFydHMtd2l0aCIsICIkQ29udGVudC1UeXBlIiwgImltYWdlLyJdLCBbImNvbnRlbnQtbGVuZ3RoLX"
    "JhbmdlIiwgMSwgMTA0ODU3Nl0sIHsiYnVja2V0IjogImJ1Y2tldCJ9LCBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXN"
    "lci8iXSwgeyJ4LWFtei1hbGdvcml0aG0iOiAiQVdTNC1ITUFDLVNIQTI1NiJ9LCB7IngtYW16LWNyZWRlbnRpYWwiOiAi"
    "QUtJREVYQU1QTEUvMjAyNjExMzAvZXUtd2VzdC0yL3MzL2F3czRfcmVxdWVzdCJ9LCB7IngtYW16LWRhdGUiOiAiMjAyN"
    "jExMzBUMDEwMjAzWiJ9LCB7IngtYW16LXNlY3VyaXR5LXRva2VuIjogIlRPS0VOLys9In1dfQ==";

static const struct hr_s3_metadata fields[] = {
    {"acl", "public-read"}, {"Content-Type", "image/\"png\""}, {"x-ignore-this", "1"}};
static const struct hr_s3_post_condition conditions[] = {{"content-type", "image/", true}};
static const struct hr_s3_post_options options = {
    .bucket = "bucket",
    .key = "user/${filename}",
    .expires_s = 600,
    .size_min_bytes = 1,
    .size_max_bytes = 1048576,
    .fields = fields,
    .field_count = 3,
    .conditions = conditions,
    .condition_count = 1,
};

static char memory[65536];
static struct hr_s3_metadata out[HR_S3_POST_FIELDS_MAX + HR__POST_OWN_FIELDS];

static int fill(const struct hr_s3_post_options *wanted, struct hr__post_form *form) {
    *form = (struct hr__post_form){.fields = out, .text = hr__writer(memory, sizeof memory)};
    int err = hr__post_check(wanted);
    return err ? err : hr__post_fill(wanted, &signing, form);
}

static const char *value_of(const struct hr__post_form *form, const char *name) {
    for (size_t i = 0; i < form->field_count; i++)
        if (strcmp(form->fields[i].name, name) == 0) return form->fields[i].value;
    return "absent";
}

static json_t *policy_of(const char *base64) {
    char text[HR_S3_POST_POLICY_MAX];
    size_t size;
    cr_assert_eq(hr_base64_decode(hr_slice_of(base64), text, sizeof text, &size), 0);
    json_t *policy = json_loadb(text, size, 0, NULL);
    cr_assert(policy);
    return policy;
}

/* The conditions as a set: each as text, "$Field" without regard to letters. */
static bool has_condition(const json_t *policy, const json_t *wanted) {
    size_t index;
    json_t *one;
    char *text = json_dumps(wanted, JSON_SORT_KEYS);
    bool found = false;
    json_array_foreach(json_object_get(policy, "conditions"), index, one) {
        char *other = json_dumps(one, JSON_SORT_KEYS);
        found |= strcasecmp(text, other) == 0;
        free(other);
    }
    free(text);
    return found;
}

Test(post_policy, says_what_boto3s_says) {
    struct hr__post_form form;
    cr_assert_eq(fill(&options, &form), 0);
    json_t *ours = policy_of(value_of(&form, "policy")), *theirs = policy_of(botos);
    cr_assert_str_eq(json_string_value(json_object_get(ours, "expiration")),
                     json_string_value(json_object_get(theirs, "expiration")));
    cr_assert_eq(json_array_size(json_object_get(ours, "conditions")),
                 json_array_size(json_object_get(theirs, "conditions")));
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(theirs, "conditions"), index, one)
        cr_assert(has_condition(ours, one), "%s", json_dumps(one, 0));
    json_decref(ours);
    json_decref(theirs);
}

Test(post_policy, boto3s_policy_has_boto3s_signature) {
    char signature[HR_SIGV4_HEX_SIZE + 1];
    cr_assert_eq(hr__post_sign(&signing, hr_slice_of(botos), signature), 0);
    cr_assert_str_eq(signature, "1b030d2f4ad3a2833a46f51976dd522fb99a2ee9b47660aae1d771dc1576e56e");
}

Test(post_policy, the_form_has_boto3s_fields_in_their_order) {
    static const char *const names[] = {"acl",
                                        "Content-Type",
                                        "x-ignore-this",
                                        "key",
                                        "x-amz-algorithm",
                                        "x-amz-credential",
                                        "x-amz-date",
                                        "x-amz-security-token",
                                        "policy",
                                        "x-amz-signature"};
    struct hr__post_form form;
    char signature[HR_SIGV4_HEX_SIZE + 1];
    cr_assert_eq(fill(&options, &form), 0);
    cr_assert_eq(form.field_count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < form.field_count; i++) cr_assert_str_eq(form.fields[i].name, names[i]);
    cr_assert_str_eq(value_of(&form, "key"), "user/${filename}");
    cr_assert_str_eq(value_of(&form, "Content-Type"), "image/\"png\"");
    cr_assert_str_eq(value_of(&form, "x-amz-credential"),
                     "AKIDEXAMPLE/20261130/eu-west-2/s3/aws4_request");
    cr_assert_str_eq(value_of(&form, "x-amz-date"), "20261130T010203Z");
    cr_assert_str_eq(value_of(&form, "x-amz-security-token"), "TOKEN/+=");
    hr__post_sign(&signing, hr_slice_of(value_of(&form, "policy")), signature);
    cr_assert_str_eq(value_of(&form, "x-amz-signature"), signature);
}

Test(post_policy, a_whole_key_is_demanded_as_it_is) {
    struct hr_s3_post_options plain = {
        .bucket = "b", .key = "a/\xc3\xa9 \"k\"${filename}.png", .expires_s = 1};
    struct hr__post_form form;
    cr_assert_eq(fill(&plain, &form), 0);
    json_t *policy = policy_of(value_of(&form, "policy"));
    json_t *wanted = json_pack("{s:s}", "key", plain.key);
    cr_assert(has_condition(policy, wanted));
    json_decref(wanted);
    json_decref(policy);
}

static int check(struct hr_s3_post_options wanted) {
    return hr__post_check(&wanted);
}

static struct hr_s3_post_options with_field(const char *name, const char *value) {
    static struct hr_s3_metadata field;
    field = (struct hr_s3_metadata){name, value};
    return (struct hr_s3_post_options){
        .bucket = "b", .key = "k", .expires_s = 1, .fields = &field, .field_count = 1};
}

Test(post_policy, others_are_refused) {
    cr_assert_eq(check((struct hr_s3_post_options){.bucket = "b", .key = "k", .expires_s = 1}), 0);
    cr_assert_eq(check((struct hr_s3_post_options){.key = "k", .expires_s = 1}), -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){.bucket = "b", .expires_s = 1}), -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){.bucket = "b", .key = "k"}), -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){.bucket = "b", .key = "k", .expires_s = 604801}),
                 -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){
                     .bucket = "b", .key = "k", .expires_s = 1, .size_min_bytes = 1}),
                 -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){
                     .bucket = "b", .key = "k", .expires_s = 1, .reserved = {1}}),
                 -EINVAL);
    cr_assert_eq(check((struct hr_s3_post_options){.bucket = "b", .key = "\xff", .expires_s = 1}),
                 -EINVAL);
    cr_assert_eq(check(with_field("acl", "private")), 0);
    static const char *const names[] = {"", "Policy", "key", "bucket", "X-Amz-Signature", "\xff"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(check(with_field(names[i], "v")), -EINVAL, "%s", names[i]);
    cr_assert_eq(check(with_field("acl", NULL)), -EINVAL);
    cr_assert_eq(check(with_field("acl", "\xff")), -EINVAL);
}

Test(post_policy, a_policy_is_as_long_as_the_limit_says) {
    static char value[HR_S3_POST_POLICY_MAX + 1];
    struct hr__post_form form;
    memset(value, 'v', sizeof value - 1);
    struct hr_s3_post_options wanted = with_field("acl", value);
    cr_assert_eq(fill(&wanted, &form), -ENOBUFS);
    value[HR_S3_POST_POLICY_MAX - 1000] = 0;
    cr_assert_eq(fill(&wanted, &form), 0);
}

Test(post_policy, small_memory_is_never_passed) {
    for (size_t size = 0; size < 3000; size += 7) {
        char *small = malloc(size + 1);
        struct hr__post_form form = {.fields = out, .text = hr__writer(small, size)};
        int err = hr__post_fill(&options, &signing, &form);
        cr_assert(err == 0 || err == -ENOBUFS, "%zu: %d", size, err);
        free(small);
    }
}
