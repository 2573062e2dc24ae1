/* A call of `headrace http` as its command line makes it, up to where something is sent. */
#ifndef TESTS_COMMAND_HTTP_FIXTURE_H
#define TESTS_COMMAND_HTTP_FIXTURE_H

#include "command_fixture.h"

#include "commands.h"
#include "http_call.h"

static struct http_values http_values;
static struct command_call http_arguments;
static struct http_call *http;

/* A new call of these words; a command line that is not understood fails the test. */
__attribute__((unused)) static void http_begin_words(const char *const *words) {
    char why[OPTION_WHY_SIZE];
    enum option_result result =
        fixture_parse(&command_http, &http_values, &http_arguments, words, why);
    cr_assert_eq(result, OPTION_PARSED, "%s", why);
    http = calloc(1, sizeof *http);
    http->values = &http_values;
}

#define HTTP_BEGIN(...) http_begin_words((const char *const[]){__VA_ARGS__, NULL})

__attribute__((unused)) static void http_end(void) {
    http_form_close(http);
    byte_buffer_free(&http->urls.made);
    byte_buffer_free(&http->data.text);
    byte_buffer_free(&http->fields.cookies);
    byte_buffer_free(&http->fields.text);
    byte_buffer_free(&http->format);
    http_heads_close(&http->response.heads);
    free(http);
    http = NULL;
}

/* The value of the field that would be sent; NULL: none. Of a ring of four. */
__attribute__((unused)) static const char *http_sent(const char *name) {
    static char ring[4][512];
    static unsigned next;
    for (size_t i = 0; i < http->fields.count; i++) {
        const struct hr_http_field *field = &http->fields.list[i];
        if (!hr_slice_equal_nocase(field->name, hr_slice_of(name))) continue;
        char *text = ring[next++ % 4];
        snprintf(text, sizeof ring[0], "%.*s", (int)field->value.size, field->value.data);
        return text;
    }
    return NULL;
}

#endif
