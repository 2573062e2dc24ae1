/* Reads and applies the policy of a browser's form. Its JSON has one shape, so that no general
 * reader is needed: an object with a date and a list of objects and lists of texts and numbers. */
#include "form_policy.h"

#include <headrace/clock.h>
#include <headrace/text.h>

#include "route.h"

/* ---- JSON. */

struct json {
    struct hr_slice rest;
    struct s3_arena *arena;
    bool failed;
};

static void skip_blanks(struct json *json) {
    while (json->rest.size > 0 && memchr(" \t\r\n", json->rest.data[0], 4))
        json->rest = hr_slice_bytes(json->rest.data + 1, json->rest.size - 1);
}

/* Takes the character where it is next. */
static bool take(struct json *json, char c) {
    skip_blanks(json);
    if (json->failed || json->rest.size == 0 || json->rest.data[0] != c) return false;
    json->rest = hr_slice_bytes(json->rest.data + 1, json->rest.size - 1);
    return true;
}

static void need(struct json *json, char c) {
    if (!take(json, c)) json->failed = true;
}

static size_t put_utf8(uint32_t c, char *out) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(leads[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++) out[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

static bool read_hex4(const char *text, size_t size, uint32_t *value) {
    *value = 0;
    if (size < 4) return false;
    for (size_t i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        const char *at =
            memchr(digits, text[i] | (text[i] >= 'A' && text[i] <= 'F' ? 0x20 : 0), 16);
        if (!at) return false;
        *value = *value << 4 | (uint32_t)(at - digits);
    }
    return true;
}

/* Behind a backslash at `text`: the bytes that it stands for, and how much of the text it takes; 0:
 * there is no such escape. */
static size_t read_escape(const char *text, size_t size, char *out, size_t *out_size) {
    static const char from[] = "\"\\/bfnrt$", to[] = "\"\\/\b\f\n\r\t$"; /* "\$" is S3's own */
    uint32_t c, low;
    if (size == 0) return 0;
    const char *at = memchr(from, text[0], sizeof from - 1);
    if (at) {
        out[0] = to[at - from];
        *out_size = 1;
        return 1;
    }
    if (text[0] != 'u' || !read_hex4(text + 1, size - 1, &c)) return 0;
    bool is_high = c >= 0xd800 && c < 0xdc00;
    if (!is_high && c >= 0xdc00 && c < 0xe000) return 0;
    if (!is_high) {
        *out_size = put_utf8(c, out);
        return 5;
    }
    if (size < 11 || text[5] != '\\' || text[6] != 'u' || !read_hex4(text + 7, 4, &low) ||
        low < 0xdc00 || low >= 0xe000)
        return 0;
    *out_size = put_utf8(0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff)), out);
    return 11;
}

static struct hr_slice read_string(struct json *json) {
    need(json, '"');
    char *out = s3_server__arena_allocate(json->arena, json->rest.size + 1);
    if (!out) json->failed = true;
    const char *text = json->rest.data;
    size_t size = 0, at = 0, more;
    while (!json->failed && at < json->rest.size && text[at] != '"') {
        size_t taken = 1;
        more = 1;
        if (text[at] != '\\')
            out[size] = text[at];
        else if ((taken = read_escape(text + at + 1, json->rest.size - at - 1, out + size, &more)))
            taken++;
        if (taken == 0) json->failed = true;
        size += more;
        at += taken;
    }
    json->rest = hr_slice_bytes(text + at, json->rest.size - at);
    need(json, '"');
    return hr_slice_bytes(out, json->failed ? 0 : size);
}

/* A number, or a text that is one. */
static uint64_t read_number(struct json *json) {
    uint64_t value = 0;
    skip_blanks(json);
    struct hr_slice text = json->rest;
    if (text.size > 0 && text.data[0] == '"') {
        text = read_string(json);
    } else {
        size_t size = 0;
        while (size < text.size && text.data[size] >= '0' && text.data[size] <= '9') size++;
        text = hr_slice_bytes(text.data, size);
        json->rest = hr_slice_bytes(json->rest.data + size, json->rest.size - size);
    }
    if (hr_text_u64(text, INT64_MAX, &value) < 0) json->failed = true;
    return value;
}

/* ---- The policy. */

static void add(struct json *json, struct s3_policy *policy,
                const struct s3_policy_condition *condition) {
    if (policy->count == S3_POLICY_CONDITIONS_MAX)
        json->failed = true;
    else
        policy->conditions[policy->count++] = *condition;
}

/* {"name": "value", …} */
static void read_pairs(struct json *json, struct s3_policy *policy) {
    do {
        struct s3_policy_condition condition = {.kind = S3_POLICY_EQ, .name = read_string(json)};
        need(json, ':');
        condition.value = read_string(json);
        add(json, policy, &condition);
    } while (!json->failed && take(json, ','));
    need(json, '}');
}

/* ["eq", "$name", "value"], ["content-length-range", 1, 2] */
static void read_operator(struct json *json, struct s3_policy *policy) {
    struct s3_policy_condition condition = {.kind = S3_POLICY_EQ};
    struct hr_slice name = read_string(json);
    need(json, ',');
    if (hr_slice_equal_nocase(name, hr_slice_of("content-length-range"))) {
        condition.kind = S3_POLICY_SIZE;
        condition.size_min = read_number(json);
        need(json, ',');
        condition.size_max = read_number(json);
    } else {
        if (hr_slice_equal_nocase(name, hr_slice_of("starts-with")))
            condition.kind = S3_POLICY_STARTS_WITH;
        else if (!hr_slice_equal_nocase(name, hr_slice_of("eq")))
            json->failed = true;
        struct hr_slice field = read_string(json);
        if (field.size < 2 || field.data[0] != '$') json->failed = true;
        if (!json->failed) condition.name = hr_slice_bytes(field.data + 1, field.size - 1);
        need(json, ',');
        condition.value = read_string(json);
    }
    need(json, ']');
    add(json, policy, &condition);
}

static void read_conditions(struct json *json, struct s3_policy *policy) {
    need(json, '[');
    do {
        if (take(json, '{'))
            read_pairs(json, policy);
        else if (take(json, '['))
            read_operator(json, policy);
        else
            json->failed = true;
    } while (!json->failed && take(json, ','));
    need(json, ']');
}

static void read_member(struct json *json, struct s3_policy *policy) {
    struct hr_slice name = read_string(json);
    need(json, ':');
    if (hr_slice_equal(name, hr_slice_of("expiration")) && policy->expires_s == 0) {
        struct hr_slice date = read_string(json);
        if (json->failed || hr_date_parse(date, &policy->expires_s) < 0) json->failed = true;
    } else if (hr_slice_equal(name, hr_slice_of("conditions")) && policy->count == 0) {
        read_conditions(json, policy);
    } else {
        json->failed = true;
    }
}

enum s3_error s3_server__policy_read(struct hr_slice text, struct s3_arena *arena,
                                     struct s3_policy *policy) {
    struct json json = {.rest = text, .arena = arena};
    *policy = (struct s3_policy){.count = 0};
    policy->conditions =
        s3_server__arena_allocate(arena, S3_POLICY_CONDITIONS_MAX * sizeof *policy->conditions);
    if (!policy->conditions) return S3_InternalError;
    need(&json, '{');
    do read_member(&json, policy);
    while (!json.failed && take(&json, ','));
    need(&json, '}');
    skip_blanks(&json);
    bool is_whole = !json.failed && json.rest.size == 0 && policy->expires_s > 0;
    return is_whole ? S3_OK : S3_InvalidPolicyDocument;
}

/* ---- Its application. */

static bool starts_with(struct hr_slice text, struct hr_slice prefix) {
    return text.size >= prefix.size &&
           hr_slice_equal(hr_slice_bytes(text.data, prefix.size), prefix);
}

static struct hr_slice value_of(const struct s3_form *form, struct hr_slice bucket,
                                struct hr_slice name) {
    if (hr_slice_equal_nocase(name, hr_slice_of("bucket"))) return bucket;
    for (size_t i = 0; i < form->field_count; i++)
        if (hr_slice_equal_nocase(form->fields[i].name, name)) return form->fields[i].value;
    return hr_slice_bytes(NULL, 0);
}

static enum s3_error check_one(const struct s3_policy_condition *condition,
                               const struct s3_form *form, struct hr_slice bucket) {
    if (condition->kind == S3_POLICY_SIZE) {
        if (form->file.size < condition->size_min) return S3_EntityTooSmall;
        return form->file.size > condition->size_max ? S3_EntityTooLarge : S3_OK;
    }
    struct hr_slice value = value_of(form, bucket, condition->name);
    bool holds =
        value.data && (condition->kind == S3_POLICY_EQ ? hr_slice_equal(value, condition->value)
                                                       : starts_with(value, condition->value));
    return holds ? S3_OK : S3_AccessDenied;
}

/* Fields that need no condition. */
static bool is_free(struct hr_slice name) {
    return hr_slice_equal_nocase(name, hr_slice_of("policy")) ||
           hr_slice_equal_nocase(name, hr_slice_of("x-amz-signature")) ||
           s3_server__has_prefix_nocase(name, "x-ignore-");
}

static bool is_covered(const struct s3_policy *policy, struct hr_slice name) {
    for (size_t i = 0; i < policy->count; i++)
        if (hr_slice_equal_nocase(policy->conditions[i].name, name)) return true;
    return is_free(name);
}

enum s3_error s3_server__policy_check(const struct s3_policy *policy, const struct s3_form *form,
                                      struct hr_slice bucket, uint64_t now_s,
                                      struct hr_slice *why) {
    *why = hr_slice_of("expiration");
    if (policy->expires_s <= now_s) return S3_AccessDenied;
    for (size_t i = 0; i < policy->count; i++) {
        *why = policy->conditions[i].name;
        enum s3_error error = check_one(&policy->conditions[i], form, bucket);
        if (error) return error;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        *why = form->fields[i].name;
        if (!is_covered(policy, *why)) return S3_AccessDenied;
    }
    return S3_OK;
}
