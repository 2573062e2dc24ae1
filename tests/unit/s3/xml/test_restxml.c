/* The restXml protocol's cases: values of documents as a reader has to hand them on. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "cases.h"
#include "xml.h"

/* Cases with a body that say nothing about the documents of S3. */
static const struct {
    const char *name, *why;
} others[] = {
    {"restxml-output/RestXmlStringPayloadResponse", "the body is no XML"},
    {"restxml-output/XmlAttributesOnPayload", "S3 has a value in an attribute in xsi:type alone"},
    {"restxml-output/XmlTimestampsWithEpochSecondsOnTargetFormat", "S3's dates are ISO 8601"},
};

#define TEXTS_MAX 64

/* The texts of a document's elements. */
struct found {
    char texts[TEXTS_MAX][256];
    bool used[TEXTS_MAX];
    size_t count;
};

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    (void)path;
    struct found *found = user;
    cr_assert_lt(found->count, (size_t)TEXTS_MAX);
    cr_assert_lt(text.size, sizeof found->texts[0]);
    memcpy(found->texts[found->count++], text.data, text.size + 1);
    return 0;
}

static void find_texts(struct hr_slice body, size_t piece, struct found *found) {
    static const struct hr__xml_events events = {.end = on_end};
    struct hr__xml *xml;
    memset(found, 0, sizeof *found);
    cr_assert_eq(hr__xml_new(&events, found, &xml), 0);
    for (size_t at = 0; at < body.size; at += piece) {
        size_t more = body.size - at < piece ? body.size - at : piece;
        int err = hr__xml_feed(xml, body.data + at, more, at + more == body.size);
        cr_assert_eq(err, 0, "%s", hr__xml_problem(xml));
    }
    hr__xml_free(xml);
}

static bool is_number(const json_t *value, struct hr_slice text) {
    uint64_t number, time_s;
    double expected = json_number_value(value);
    if (hr_text_u64(text, UINT64_MAX, &number) == 0) return (double)number == expected;
    if (hr_date_parse(text, &time_s) == 0) return time_s == (uint64_t)expected;
    char *end;
    double real = strtod(text.data, &end); /* S3 has none */
    return *end == 0 && text.size > 0 && real == expected;
}

static bool is_value(const json_t *value, struct hr_slice text) {
    if (json_is_string(value)) return hr_slice_equal(text, hr_slice_of(json_string_value(value)));
    if (json_is_boolean(value))
        return hr_slice_equal(text, hr_slice_of(json_is_true(value) ? "true" : "false"));
    return is_number(value, text);
}

static void take(const char *name, const json_t *value, struct found *found) {
    for (size_t i = 0; i < found->count; i++) {
        if (found->used[i] || !is_value(value, hr_slice_of(found->texts[i]))) continue;
        found->used[i] = true;
        return;
    }
    cr_assert_fail("%s: a value was not read", name);
}

/* The values below `top`: each stands in the document. Cases nest four deep at most. */
static void take_all(const char *name, const json_t *top, struct found *found) {
    const json_t *stack[256];
    size_t depth = 0;
    stack[depth++] = top;
    while (depth > 0) {
        const json_t *value = stack[--depth];
        if (!json_is_object(value) && !json_is_array(value)) {
            take(name, value, found);
            continue;
        }
        for (size_t i = 0; i < json_array_size(value); i++)
            stack[depth++] = json_array_get(value, i);
        const char *key;
        json_t *inner;
        json_object_foreach((json_t *)value, key, inner) stack[depth++] = inner;
        cr_assert_lt(depth, (size_t)128);
    }
}

static bool applies(const json_t *one, struct hr_slice body) {
    if (body.size == 0) return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i].name, cases_text(one, "name")) == 0) return false;
    return true;
}

/* A value of a header field stands in a case's result as well. */
static json_t *result_of(const json_t *one) {
    json_t *result = json_object_get(one, "result");
    if (!result) result = json_object_get(one, "error");
    json_t *copy = json_copy(result);
    if (json_object_get(json_object_get(json_object_get(one, "response"), "headers"), "X-Foo"))
        json_object_del(copy, "foo");
    return copy;
}

Test(restxml, cases_given) {
    json_t *all = cases_load("s3/restxml.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/restxml");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
        if (!applies(one, body)) continue;
        json_t *result = result_of(one);
        for (size_t piece = 1; piece <= 1000; piece += 999) {
            struct found found;
            find_texts(body, piece, &found);
            take_all(cases_text(one, "name"), result, &found);
        }
        json_decref(result);
        counted++;
    }
    cr_assert_geq(counted, 20);
    json_decref(all);
}
