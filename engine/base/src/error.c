/* Names and texts of error codes; the error detail. */
#include <base/error_list.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <headrace/error.h>
#include <headrace/text.h>

struct error_entry {
    int code;
    const char *name;
    const char *text;
};

static const struct error_entry error_table[] = {
#define ERROR_ENTRY(name, value, text) {value, #name, text},
    HR_ERROR_TABLE(ERROR_ENTRY)
#undef ERROR_ENTRY
};

static const struct error_entry *find(int code) {
    int wanted = code > 0 ? -code : code;
    for (size_t i = 0; i < sizeof error_table / sizeof error_table[0]; i++)
        if (error_table[i].code == wanted) return &error_table[i];
    return NULL;
}

static int to_errno(int code) {
    return code < 0 && code > -4096 ? -code : code;
}

const char *hr_error_name(int code) {
    const struct error_entry *entry = find(code);
    if (entry) return entry->name;
    if (code == 0) return "OK";
    const char *name = code > -4096 && code < 4096 ? strerrorname_np(to_errno(code)) : NULL;
    return name ? name : "UNKNOWN";
}

const char *hr_error_text(int code) {
    const struct error_entry *entry = find(code);
    if (entry) return entry->text;
    if (code == 0) return "no error";
    const char *text = code > -4096 && code < 4096 ? strerrordesc_np(to_errno(code)) : NULL;
    return text ? text : "unknown error";
}

int hr__error_set_list(struct hr_error *error, int code, const char *format, va_list arguments) {
    if (!error) return code;
    /* Formatted with room to spare, so that the cut is at a character's boundary; and first, as an
     * argument may be the message of before. */
    char text[sizeof error->message * 2];
    int size = vsnprintf(text, sizeof text, format, arguments);
    memset(error, 0, sizeof *error);
    error->code = code;
    if (size < 0) return code;
    hr_text_shorten(error->message, sizeof error->message, hr_slice_of(text));
    return code;
}

int hr_error_set(struct hr_error *error, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    hr__error_set_list(error, code, format, arguments);
    va_end(arguments);
    return code;
}
