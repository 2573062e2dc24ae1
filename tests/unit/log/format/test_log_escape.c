#include <criterion/criterion.h>
#include <jansson.h>

#include <headrace/encode.h>
#include <headrace/text.h>

#include "cases.h"
#include "log_lines.h"

/* The published strings as message, value and key of a record in each format. */
struct escaping {
    struct log_lines lines;
    enum hr_log_format format;
};

static char *decoded(const json_t *one, size_t *size) {
    struct hr_slice base64 = cases_slice(one, "bytes_b64");
    char *bytes = malloc(base64.size + 1);
    cr_assert_eq(hr_base64_decode(base64, bytes, base64.size, size), 0);
    return bytes;
}

static char *line_of(struct escaping *to, struct hr_slice message, struct hr_slice key,
                     struct hr_slice value) {
    const struct hr_log_field field = {key, hr_log_of_slice(value)};
    hr_log_write(to->lines.log, HR_LOG_INFO, message, &field, 1);
    return log_lines_take(&to->lines);
}

static void one_line(const char *line, const char *name) {
    size_t size = strlen(line);
    cr_assert(size > 0 && line[size - 1] == '\n', "%s", name);
    for (size_t i = 0; i + 1 < size; i++)
        cr_assert((unsigned char)line[i] >= 0x20 && line[i] != 0x7f, "%s: byte %02x", name,
                  (unsigned char)line[i]);
    cr_assert(hr_utf8_valid(hr_slice_bytes(line, size)), "%s", name);
}

static void json_has(const char *line, const char *key, struct hr_slice text, const char *name) {
    json_error_t error;
    json_t *root = json_loads(line, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s: %s in %s", name, error.text, line);
    json_t *value = json_object_get(root, key);
    cr_assert(json_is_string(value), "%s: no %s in %s", name, key, line);
    cr_assert_eq(json_string_length(value), text.size, "%s: %s", name, line);
    cr_assert_arr_eq(json_string_value(value), text.data, text.size, "%s: %s", name, line);
    json_decref(root);
}

static void try_string(struct escaping *to, const json_t *one) {
    size_t size;
    char *bytes = decoded(one, &size), *line;
    struct hr_slice in = hr_slice_bytes(bytes, size), plain = hr_slice_of("x");
    struct hr_slice text = cases_slice(one, "text");
    const char *name = cases_text(one, "name");
    bool json = to->format == HR_LOG_FORMAT_JSON;

    line = line_of(to, in, plain, plain);
    one_line(line, name);
    if (json) json_has(line, "message", text, name);
    free(line);
    line = line_of(to, plain, plain, in);
    one_line(line, name);
    if (json) json_has(line, "x", text, name);
    free(line);
    line = line_of(to, plain, in, plain);
    one_line(line, name);
    /* jansson has no keys with NUL. */
    if (json && !memchr(text.data, 0, text.size)) {
        char *key = strndup(text.data, text.size);
        json_has(line, key, plain, name);
        free(key);
    }
    free(line);
    free(bytes);
}

static void try_all(enum hr_log_format format) {
    json_t *cases = cases_load("text-escaping/strings.given.jsonl");
    if (!cases) cr_skip_test("no conformance cases");
    struct escaping to = {.format = format};
    struct hr_log_sink sink = {.format = format};
    struct hr_log_options options = {.string_bytes_max = 65536};
    log_lines_open(&to.lines, &sink, &options);
    size_t index;
    json_t *one;
    json_array_foreach(cases, index, one) try_string(&to, one);
    cr_assert(index > 100);
    log_lines_close(&to.lines);
    json_decref(cases);
}

Test(log_escape, json_gives_every_published_string_back) {
    try_all(HR_LOG_FORMAT_JSON);
}
Test(log_escape, logfmt_keeps_every_published_string_on_its_line) {
    try_all(HR_LOG_FORMAT_LOGFMT);
}
Test(log_escape, text_keeps_every_published_string_on_its_line) {
    try_all(HR_LOG_FORMAT_TEXT);
}
