/* Records of a log as text and as JSON. */
#include "cat_print.h"

#include <string.h>

#include <headrace/log_level.h>
#include <headrace/text.h>

static void put(FILE *out, struct hr_slice text) {
    fwrite(text.data, 1, text.size, out);
}

/* A control character of any kind, or a line separator; its code, 0: it is none. */
static unsigned control(struct hr_slice text, size_t size) {
    const unsigned char *byte = (const unsigned char *)text.data;
    if (size == 1) return byte[0] < 0x20 || byte[0] == 0x7f ? byte[0] | 0x10000u : 0;
    if (size == 2 && byte[0] == 0xc2 && byte[1] < 0xa0) return byte[1] | 0x10000u;
    if (size == 3 && byte[0] == 0xe2 && byte[1] == 0x80 && (byte[2] == 0xa8 || byte[2] == 0xa9))
        return (0x2000u + (byte[2] - 0x80u)) | 0x10000u;
    return 0;
}

static void put_control(FILE *out, unsigned code) {
    static const char letters[] = "btn\0fr";
    code &= 0xffff;
    if (code >= 8 && code <= 13 && letters[code - 8])
        fprintf(out, "\\%c", letters[code - 8]);
    else
        fprintf(out, "\\u%04x", code);
}

/* Controls escaped; quotes and backslashes too where it stands in quotes. */
static void put_escaped(FILE *out, struct hr_slice text, bool in_quotes) {
    size_t from = 0, at = 0;
    while (at < text.size) {
        struct hr_slice rest = hr_slice_bytes(text.data + at, text.size - at);
        size_t size = hr_utf8_next(rest.data, rest.size);
        bool mark = in_quotes && (rest.data[0] == '"' || rest.data[0] == '\\');
        unsigned code = size ? control(rest, size) : 0;
        if (size && !mark && !code) {
            at += size;
            continue;
        }
        put(out, hr_slice_bytes(text.data + from, at - from));
        if (mark)
            fprintf(out, "\\%c", rest.data[0]);
        else if (code)
            put_control(out, code);
        else
            fputs("\xef\xbf\xbd", out); /* no UTF-8 */
        at += size ? size : 1;
        from = at;
    }
    put(out, hr_slice_bytes(text.data + from, at - from));
}

static void put_quoted(FILE *out, struct hr_slice text) {
    fputc('"', out);
    put_escaped(out, text, true);
    fputc('"', out);
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
        put_quoted(out, text);
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
        put_escaped(out, hr_slice_bytes(json.data, size), false);
        if (size == json.size) return;
        fputc(' ', out);
        json = hr_slice_bytes(json.data + size + 1, json.size - size - 1);
    }
}

void cat_print_text(FILE *out, const struct cat_line *line, bool colours) {
    put(out, line->time);
    fputs(" - ", out);
    put_escaped(out, line->logger, false);
    fputs(" - ", out);
    put_level(out, line->level, colours);
    fputs(" - ", out);
    put_escaped(out, line->message, false);
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
    put_quoted(out, value);
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
        put_quoted(out, field->key);
        fputc(':', out);
        if (field->string)
            put_quoted(out, field->value);
        else
            put_json(out, field->value);
    }
    fputs("}\n", out);
}
