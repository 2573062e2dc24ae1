#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "log_lines.h"

/* The short way through a record, against plain models of what a line should be. */

/* What stands behind ` [v=` in text, ` v=` in logfmt, `"v":` in JSON. */
static char *value_of(struct log_lines *lines) {
    static const char *const marks[] = {" [v=", " v=", ",\"v\":"};
    char *line = log_lines_take(lines), *found = NULL;
    for (unsigned i = 0; i < 3 && !found; i++) {
        found = strstr(line, marks[i]);
        if (found) found += strlen(marks[i]);
    }
    cr_assert_not_null(found, "%s", line);
    size_t size = strlen(found);
    cr_assert_eq(found[size - 1], '\n');
    found[size - 1] = 0;
    if (found[size - 2] == '}' || (found[size - 2] == ']' && strstr(line, " [v=")))
        found[size - 2] = 0;
    char *copy = strdup(found);
    free(line);
    return copy;
}

/* ASCII in quotes, or bare. */
static void model(FILE *out, const char *text, size_t size, bool json) {
    bool quoted = json || size == 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] == 0x7f || strchr("\"\\=[]", text[i])) quoted = true;
    if (quoted) fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        static const char letters[] = "\b\t\n\f\r", shown[] = "btnfr";
        const char *letter = text[i] ? strchr(letters, text[i]) : NULL;
        if (letter)
            fprintf(out, "\\%c", shown[letter - letters]);
        else if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else if (text[i] < ' ' || text[i] == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)text[i]);
        else
            fputc(text[i], out);
    }
    if (quoted) fputc('"', out);
}

static void try_strings(enum hr_log_format format) {
    static const char odd[] = {'"', '\\', ' ',  '=',  '[',  ']', '^', 'Z',
                               0,   7,    '\n', 0x1f, 0x7f, '!', '~'};
    struct log_lines lines;
    struct hr_log_sink sink = {.format = format};
    struct hr_log_options options = {.name = "test"};
    char text[300];
    log_lines_open(&lines, &sink, &options);
    static const size_t sizes[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 256, 257, 300};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t size = sizes[k];
        for (size_t at = 0; at <= size; at += 1 + at / 18 * 50) {
            for (size_t i = 0; i < sizeof odd; i++) {
                memset(text, 'a', sizeof text);
                if (at < size) text[at] = odd[i];
                HR_INFO(lines.log, "m", "v", hr_slice_bytes(text, size));
                char *value = value_of(&lines);
                char *expected = NULL;
                size_t expected_size;
                FILE *out = open_memstream(&expected, &expected_size);
                model(out, text, size, format == HR_LOG_FORMAT_JSON);
                fclose(out);
                cr_assert_str_eq(value, expected, "%zu bytes, %02x at %zu", size, (unsigned)odd[i],
                                 at);
                free(value);
                free(expected);
            }
        }
    }
    log_lines_close(&lines);
}

Test(log_quick, strings_of_every_size_in_json) {
    try_strings(HR_LOG_FORMAT_JSON);
}
Test(log_quick, strings_of_every_size_in_logfmt) {
    try_strings(HR_LOG_FORMAT_LOGFMT);
}
Test(log_quick, strings_of_every_size_in_text) {
    try_strings(HR_LOG_FORMAT_TEXT);
}

static void try_integers(struct log_lines *lines, uint64_t number) {
    char expected[32], *value;
    HR_INFO(lines->log, "m", "v", number);
    snprintf(expected, sizeof expected, "%" PRIu64, number);
    cr_assert_str_eq(value = value_of(lines), expected);
    free(value);
    HR_INFO(lines->log, "m", "v", (int64_t)(0 - number));
    snprintf(expected, sizeof expected, "%" PRId64, (int64_t)(0 - number));
    cr_assert_str_eq(value = value_of(lines), expected);
    free(value);
}

Test(log_quick, integers_around_powers) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.name = "test"};
    log_lines_open(&lines, &sink, &options);
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10)
        for (uint64_t beside = 0; beside < 3; beside++) try_integers(&lines, power + beside - 1);
    for (unsigned bit = 0; bit < 64; bit++) try_integers(&lines, UINT64_C(1) << bit);
    try_integers(&lines, UINT64_MAX);
    log_lines_close(&lines);
}

Test(log_quick, thousandths) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.name = "test"};
    log_lines_open(&lines, &sink, &options);
    for (uint64_t i = 0; i < 4000; i++) {
        uint64_t thousandths = i < 2000 ? i : i * 7919 * 104729;
        char expected[40];
        int size = snprintf(expected, sizeof expected, "%" PRIu64 ".%03u", thousandths / 1000,
                            (unsigned)(thousandths % 1000));
        while (expected[size - 1] == '0' && expected[size - 2] != '.') expected[--size] = 0;
        HR_INFO(lines.log, "m", "v", (double)thousandths / 1000);
        char *value = value_of(&lines);
        cr_assert_str_eq(value, expected);
        free(value);
    }
    log_lines_close(&lines);
}

/* One call site, used by logs with different names in turn. */
static void say(hr_log *log) {
    HR_WARN(log, "turn", "v", 1);
}

Test(log_quick, one_call_site_for_logs_of_several_names) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_TEXT};
    struct hr_log_options options = {.name = "test"};
    hr_log *logs[3];
    static const char *const names[] = {" - test - WARNING - turn [v=1]\n",
                                        " - test.a-longer-name - WARNING - turn [v=1]\n",
                                        " - other\\n - WARNING - turn [v=1]\n"};
    log_lines_open(&lines, &sink, &options);
    logs[0] = lines.log;
    cr_assert_eq(hr_log_child(lines.log, ".a-longer-name", &logs[1]), 0);
    cr_assert_eq(hr_log_child(lines.log, "other\n", &logs[2]), 0);
    for (unsigned i = 0; i < 60; i++) {
        unsigned which = (i * i + i / 7) % 3;
        say(logs[which]);
        char *line = log_lines_take(&lines);
        cr_assert_str_eq(line + strlen("2026-11-22T10:00:00.123Z"), names[which]);
        free(line);
    }
    hr_log_free(logs[1]);
    hr_log_free(logs[2]);
    log_lines_close(&lines);
}

/* What the short way cannot put is put behind what it could. */
Test(log_quick, a_field_in_the_middle_that_is_not_simple) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.name = "test"};
    int numbers[] = {1, 2};
    log_lines_open(&lines, &sink, &options);
    HR_INFO(lines.log, "m", "v", 1, "a", HR_ARRAY(numbers, 2), "v", "x", "n", HR_NULL, "d", 1.5);
    char *value = value_of(&lines);
    cr_assert_str_eq(value, "1,\"a\":[1,2],\"v_2\":\"x\",\"n\":null,\"d\":1.5");
    free(value);
    log_lines_close(&lines);
}
