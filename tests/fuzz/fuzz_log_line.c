/* Lines of logs that somebody else wrote, through `headrace log cat`: what is a record comes out as
 * one line without controls, and its JSON is a record again that says the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "cat_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static struct hr_slice print(const struct cat_line *line, bool json) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    check(out != NULL);
    if (json)
        cat_print_json(out, line);
    else
        cat_print_text(out, line, false);
    check(fclose(out) == 0);
    check(size > 0 && memchr(text, '\n', size) == text + size - 1);
    for (size_t i = 0; i + 1 < size; i++) check((unsigned char)text[i] >= 0x20);
    check(hr_utf8_valid(hr_slice_bytes(text, size)));
    return hr_slice_bytes(text, size - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cat_line line, again;
    if (memchr(data, '\n', size)) return 0;
    cat_line_read(&line, hr_slice_bytes((const char *)data, size));
    check(!line.fields.failed && line.fields.count <= CAT_FIELDS_MAX);
    if (line.form == CAT_NONE) return 0;
    struct hr_slice text = print(&line, false), json = print(&line, true);
    cat_line_read(&again, json);
    check(again.form == CAT_JSON && again.level == line.level && again.time_ns == line.time_ns);
    check(hr_slice_equal(again.message, line.message));
    free((char *)(uintptr_t)text.data);
    free((char *)(uintptr_t)json.data);
    return 0;
}
