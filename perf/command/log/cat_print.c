/* Records of a log as text and as JSON. */
#include "cat_print.h"

#include <string.h>

#include <headrace/log_level.h>

#include "quoted.h"

static void put(FILE *out, struct hr_slice text) {
    fwrite(text.data, 1, text.size, out);
}

static bool is_bare(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= 0x20 || byte >= 0x7f || memchr("\"\\=[]", byte, 5)) return false;
    }
    return text.size > 0;
}

static void put_word(FILE *out, struct hr_slice text) {
    if (is_bare(text))
        put(out, text);
    else
        quoted_put(out, text);
}

static void put_level(FILE *out, int level, bool colours) {
    static const char *const colour_of[] = {"\x1b[2m",  "\x1b[2m",  "\x1b[32m",
                                            "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
    char name[HR_LOG_LEVEL_BYTES];
    hr_log_level_name(level, name);
    fprintf(out, "%s%s%s", colours ? colour_of[level >= 50 ? 5 : level / 10] : "", name,
            colours ? "\x1b[0m" : "");
}

/* JSON, a whole line or a value, as it was. Tabs and carriage returns can only stand between its
 * tokens: they become blanks. Other controls can only stand in its strings. */
static void put_json(FILE *out, struct hr_slice json) {
    while (json.size > 0) {
        size_t size = 0;
        while (size < json.size && json.data[size] != '\t' && json.data[size] != '\r') size++;
        quoted_escape(out, hr_slice_bytes(json.data, size), false);
        if (size == json.size) return;
        fputc(' ', out);
        json = hr_slice_bytes(json.data + size + 1, json.size - size - 1);
    }
}

void cat_print_text(FILE *out, const struct cat_line *line, bool colours) {
    put(out, line->time);
    fputs(" - ", out);
    quoted_escape(out, line->logger, false);
    fputs(" - ", out);
    put_level(out, line->level, colours);
    fputs(" - ", out);
    quoted_escape(out, line->message, false);
    for (size_t i = 0; i < line->fields.count; i++) {
        const struct cat_field *field = &line->fields.list[i];
        fputs(i == 0 ? " [" : " ", out);
        put_word(out, field->key);
        fputc('=', out);
        if (field->string)
            put_word(out, field->value);
        else
            put_json(out, field->value);
    }
    fputs(line->fields.count ? "]\n" : "\n", out);
}

static void put_member(FILE *out, const char *before, const char *key, struct hr_slice value) {
    fprintf(out, "%s\"%s\":", before, key);
    quoted_put(out, value);
}

void cat_print_json(FILE *out, const struct cat_line *line) {
    if (line->form == CAT_JSON) {
        struct hr_slice raw = line->raw;
        if (raw.data[raw.size - 1] == '\r') raw.size--;
        put_json(out, raw);
        fputc('\n', out);
        return;
    }
    char level[HR_LOG_LEVEL_BYTES];
    hr_log_level_name(line->level, level);
    put_member(out, "{", "timestamp", line->time);
    put_member(out, ",", "level", hr_slice_of(level));
    put_member(out, ",", "logger", line->logger);
    put_member(out, ",", "message", line->message);
    for (size_t i = 0; i < line->fields.count; i++) {
        const struct cat_field *field = &line->fields.list[i];
        fputc(',', out);
        quoted_put(out, field->key);
        fputc(':', out);
        if (field->string)
            quoted_put(out, field->value);
        else
            put_json(out, field->value);
    }
    fputs("}\n", out);
}
