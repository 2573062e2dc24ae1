#include <criterion/criterion.h>
#include <string.h>

#include "cases.h"
#include "documents.h"

static bool is(struct hr_slice text, const char *expected) {
    return hr_slice_equal(text, hr_slice_of(expected));
}

Test(read_error, everything_that_an_error_says) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__error_document document;
    struct hr_slice xml = hr_slice_of(
        "\n<?xml version=\"1.0\"?><Error><Code>PermanentRedirect</Code><Message>m</Message>"
        "<Bucket>b</Bucket><Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint><Region>eu-west-1"
        "</Region><Resource>/b/k</Resource><RequestId>r</RequestId><HostId>h=</HostId>"
        "<ServerTime>2023-06-26T17:33:30Z</ServerTime></Error>");
    cr_assert_eq(hr__read_error(xml, &texts, &error, &document), 0, "%s", error.message);
    cr_assert(is(document.code, "PermanentRedirect") && is(document.message, "m"));
    cr_assert(is(document.bucket_name, "b") && is(document.region, "eu-west-1"));
    cr_assert(is(document.endpoint, "b.s3.eu-west-1.amazonaws.com"));
    cr_assert(is(document.resource, "/b/k") && is(document.host_id, "h="));
    cr_assert(is(document.request_id, "r"));
    cr_assert_eq(document.server_time_s, 1687800810);
    hr__texts_free(&texts);
}

Test(read_error, of_sts) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__error_document document;
    struct hr_slice xml =
        hr_slice_of("<ErrorResponse "
                    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
                    "<Code>ExpiredTokenException</Code><Message>Token expired</Message></Error>"
                    "<RequestId>4f4cb8f0</RequestId></ErrorResponse>");
    cr_assert_eq(hr__read_error(xml, &texts, &error, &document), 0, "%s", error.message);
    cr_assert(is(document.code, "ExpiredTokenException") && is(document.message, "Token expired"));
    cr_assert(is(document.request_id, "4f4cb8f0"));
    hr__texts_free(&texts);
}

Test(read_error, of_another_shape_is_none) {
    static const char *const bad[] = {"<html><Code>c</Code></html>", "<Errors/>", "<Error>", "",
                                      "x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__error_document document;
        cr_assert_eq(hr__read_error(hr_slice_of(bad[i]), &texts, &error, &document),
                     HR_ERR_S3_RESPONSE, "%s", bad[i]);
        hr__texts_free(&texts);
    }
}

static void check_case(const json_t *one, struct hr_slice body, const json_t *expected) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__error_document document;
    const char *name = cases_text(one, "name");
    cr_assert_eq(hr__read_error(body, &texts, &error, &document), 0, "%s: %s", name, error.message);
    cr_assert(hr_slice_equal(document.code, cases_slice(expected, "code")), "%s", name);
    if (cases_text(expected, "message"))
        cr_assert(hr_slice_equal(document.message, cases_slice(expected, "message")), "%s", name);
    if (cases_text(expected, "host_id"))
        cr_assert(hr_slice_equal(document.host_id, cases_slice(expected, "host_id")), "%s", name);
    hr__texts_free(&texts);
}

/* A body without XML, and one whose code may be anything, are for the operations. */
static size_t check_all(const json_t *all) {
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        const json_t *expected = json_object_get(json_object_get(one, "expect"), "error");
        struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
        if (!expected || !cases_text(expected, "code") || !memchr(body.data, '<', body.size))
            continue;
        check_case(one, body, expected);
        counted++;
    }
    return counted;
}

Test(read_error, cases_given) {
    static const char *const files[] = {"s3/response.given.jsonl",
                                        "s3/response-scripted.given.jsonl"};
    size_t counted = 0;
    for (size_t i = 0; i < 2; i++) {
        json_t *all = cases_load(files[i]);
        if (!all) cr_skip_test("no conformance cases: %s", files[i]);
        counted += check_all(all);
        json_decref(all);
    }
    cr_assert_geq(counted, 9);
}
