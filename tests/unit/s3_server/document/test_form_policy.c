/* Policies of forms: S3 API Reference, "POST policy"; JSON: RFC 8259. */
#include <criterion/criterion.h>

#include "form_policy.h"

static struct s3_arena arena;
static struct s3_policy policy;

static void setup(void) {
    s3_server__arena_init(&arena);
}

static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(form_policy, .init = setup, .fini = teardown);

static enum s3_error read_policy(const char *text) {
    return s3_server__policy_read(hr_slice_of(text), &arena, &policy);
}

static bool is(struct hr_slice slice, const char *text) {
    return hr_slice_equal(slice, hr_slice_of(text));
}

#define WITH(conditions)                                                                           \
    "{\"expiration\": \"2030-01-01T00:00:00Z\", \"conditions\": [" conditions "]}"

Test(form_policy, all_forms_of_conditions) {
    cr_assert_eq(read_policy(" {\"conditions\":[{\"bucket\":\"b\",\"acl\":\"private\"},\n"
                             "[\"starts-with\",\"$key\",\"up/\"], [\"EQ\", \"$x\", "
                             "\"\\u00fc\\ud83d\\ude00\\n\\\"\\$\"],"
                             "[\"content-length-range\", 1, \"20\"]],"
                             "\"expiration\":\"2030-01-01T12:00:00.000Z\"} "),
                 S3_OK);
    cr_assert_eq(policy.count, 5);
    cr_expect_eq(policy.expires_s, 1893499200, "date -u -d 2030-01-01T12:00Z +%%s");
    cr_expect(is(policy.conditions[1].name, "acl") && is(policy.conditions[1].value, "private"));
    cr_expect_eq(policy.conditions[2].kind, S3_POLICY_STARTS_WITH);
    cr_expect(is(policy.conditions[2].name, "key") && is(policy.conditions[2].value, "up/"));
    cr_expect(is(policy.conditions[3].value, "\xc3\xbc\xf0\x9f\x98\x80\n\"$"));
    cr_expect_eq(policy.conditions[4].kind, S3_POLICY_SIZE);
    cr_expect(policy.conditions[4].size_min == 1 && policy.conditions[4].size_max == 20);
}

Test(form_policy, texts_that_are_none) {
    static const char *const rows[] = {
        "",
        "{",
        "{}",
        "[]",
        "null",
        WITH("{}"),
        WITH("[]"),
        WITH(""),
        WITH("\"a\""),
        WITH("[\"eq\", \"key\", \"x\"]"),
        WITH("[\"eq\", \"$key\"]"),
        WITH("[\"ends-with\", \"$key\", \"x\"]"),
        WITH("[\"content-length-range\", -1, 2]"),
        WITH("[\"content-length-range\", 1]"),
        WITH("{\"a\": 1}"),
        WITH("{\"a\": \"\\x\"}"),
        WITH("{\"a\": \"\\ud800\"}"),
        WITH("{\"a\": \"\\u12\"}"),
        WITH("{\"a\": \"b"),
        WITH("{\"a\": \"b\"},"),
        WITH("{\"a\": \"b\"}") "x",
        "{\"expiration\": \"soon\", \"conditions\": [{\"a\": \"b\"}]}",
        "{\"conditions\": [{\"a\": \"b\"}]}",
        "{\"expiration\": \"2030-01-01T00:00:00Z\", \"other\": \"x\"}",
    };
    cr_assert_eq(read_policy(WITH("{\"a\": \"b\"}")), S3_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(read_policy(rows[i]), S3_InvalidPolicyDocument, "%s", rows[i]);
}

static enum s3_error check(uint64_t now_s, struct s3_form *form, const char *blamed) {
    struct hr_slice why = {NULL, 0};
    enum s3_error error = s3_server__policy_check(&policy, form, hr_slice_of("b"), now_s, &why);
    if (error) cr_expect(is(why, blamed), "%.*s", (int)why.size, why.data);
    return error;
}

Test(form_policy, applied_to_a_form) {
    struct hr_http_field fields[] = {{hr_slice_of("KEY"), hr_slice_of("up/x")},
                                     {hr_slice_of("policy"), hr_slice_of("…")},
                                     {hr_slice_of("x-ignore-a"), hr_slice_of("…")},
                                     {hr_slice_of("acl"), hr_slice_of("private")}};
    struct s3_form form = {.fields = fields, .field_count = 3, .has_file = true};
    cr_assert_eq(read_policy(WITH("{\"bucket\": \"b\"}, [\"starts-with\", \"$key\", \"up/\"],"
                                  "[\"content-length-range\", 2, 3]")),
                 S3_OK);
    form.file = hr_slice_of("xy");
    cr_expect_eq(check(1000, &form, ""), S3_OK);
    cr_expect_eq(check(1893456000, &form, "expiration"), S3_AccessDenied);
    form.field_count = 4;
    cr_expect_eq(check(1000, &form, "acl"), S3_AccessDenied, "no condition covers it");
    form.field_count = 3;
    form.file = hr_slice_of("x");
    cr_expect_eq(check(1000, &form, ""), S3_EntityTooSmall);
    form.file = hr_slice_of("wxyz");
    cr_expect_eq(check(1000, &form, ""), S3_EntityTooLarge);
    form.file = hr_slice_of("xyz");
    fields[0].value = hr_slice_of("down/x");
    cr_expect_eq(check(1000, &form, "key"), S3_AccessDenied);
}
