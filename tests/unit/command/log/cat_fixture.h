/* Lines of a log and what is read out of them. */
#ifndef TESTS_COMMAND_CAT_FIXTURE_H
#define TESTS_COMMAND_CAT_FIXTURE_H

#include "command_fixture.h"

#include "cat_line.h"

static struct cat_line line;

__attribute__((unused)) static void close_line(void) {
    cat_line_close(&line);
}

__attribute__((unused)) static enum cat_form read_text(const char *text) {
    cat_line_read(&line, hr_slice_of(text));
    return line.form;
}

__attribute__((unused)) static bool is(struct hr_slice text, const char *wanted) {
    return hr_slice_equal(text, hr_slice_of(wanted));
}

/* "key=value" of all fields, a value that is no string in parentheses. */
__attribute__((unused)) static const char *fields(void) {
    static char text[8192];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < line.fields.count && used < sizeof text - 1; i++) {
        const struct cat_field *field = &line.fields.list[i];
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 field->string ? "%s%.*s=%.*s" : "%s%.*s=(%.*s)", i ? " " : "",
                                 (int)field->key.size, field->key.data, (int)field->value.size,
                                 field->value.data);
    }
    return text;
}

#endif
