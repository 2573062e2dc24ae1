/* .env files: lines of NAME=value. They often hold secrets: no line of theirs is quoted. */
#include <headrace/text.h>

#include "config_sources.h"

#define ENV_VARIABLES_MAX 10000 /* of all .env files */

struct reader {
    struct hr__config_load *load;
    uint32_t source;
    const char *at, *end;
    const char *line_begin;
    uint32_t line;
    bool stop; /* further lines mean nothing */
};

/* ---- Places. */

static struct hr__config_place place_of(const struct reader *reader, const char *at) {
    struct hr__config_place place = {reader->source, reader->line, 1};
    for (const char *byte = reader->line_begin; byte < at; byte++)
        place.column += ((unsigned char)*byte & 0xc0) != 0x80; /* the first byte of a character */
    return place;
}

static void refuse(struct reader *reader, const char *at, const char *why) {
    hr__config_refuse(reader->load, place_of(reader, at), NULL, hr_slice_bytes(NULL, 0), "%s", why);
}

static void begin_line(struct reader *reader, const char *at) {
    reader->at = reader->line_begin = at;
    reader->line++;
}

/* ---- Characters. */

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_name(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.';
}

static void skip_blanks(struct reader *reader) {
    while (reader->at < reader->end && is_blank(*reader->at)) reader->at++;
}

static bool line_ends_at(const struct reader *reader, const char *at) {
    if (at < reader->end && *at == '\r') at++;
    return at == reader->end || *at == '\n';
}

/* Nothing is left of the line but blanks and a comment. */
static bool expect_end(struct reader *reader) {
    skip_blanks(reader);
    if (line_ends_at(reader, reader->at) || *reader->at == '#') return true;
    refuse(reader, reader->at, "something stands behind the closing quote");
    return false;
}

/* ---- Values. */

/* The byte that an escape stands for; 0: it is none. */
static char escaped(char byte) {
    static const char escapes[][2] = {
        {'n', '\n'}, {'t', '\t'}, {'"', '"'}, {'\\', '\\'}, {'$', '$'}};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (escapes[i][0] == byte) return escapes[i][1];
    return 0;
}

/* The quote that ends a value; NULL: there is none. */
static const char *closing(const struct reader *reader) {
    char quote = *reader->at;
    for (const char *at = reader->at + 1; at < reader->end; at++) {
        if (*at == quote) return at;
        if (quote == '"' && *at == '\\') at++;
    }
    return NULL;
}

/* One byte of a quoted value, or an escape. False: it is none. */
static bool take_byte(struct reader *reader, bool escapes, char **out) {
    char byte = *reader->at;
    if (byte == '\n') {
        begin_line(reader, reader->at + 1);
    } else if (byte == '\r' && reader->at[1] == '\n') {
        reader->at++; /* a line ends with a line feed in the value */
        return true;
    } else if (byte == '\\' && escapes) {
        byte = escaped(reader->at[1]);
        reader->at += byte ? 2 : 1;
    } else {
        reader->at++;
    }
    if (!byte) {
        refuse(reader, reader->at - 1,
               "no escape: \\n, \\t, \\\", \\\\ and \\$ are, and single quotes take all as it is");
        return false;
    }
    *(*out)++ = byte;
    return true;
}
static bool read_quoted(struct reader *reader, struct hr_slice *text) {
    const char *end = closing(reader);
    bool escapes = *reader->at == '"';
    if (!end) {
        refuse(reader, reader->at, "this quote is not closed");
        reader->stop = true;
        return false;
    }
    char *value = hr__config_allocate(&reader->load->scratch, (size_t)(end - reader->at)), *out;
    if (!value) {
        reader->load->no_memory = reader->stop = true;
        return false;
    }
    bool good = true;
    out = value;
    for (reader->at++; reader->at < end;) good &= take_byte(reader, escapes, &out);
    *out = '\0';
    *text = hr_slice_bytes(value, (size_t)(out - value));
    reader->at = end + 1;
    return expect_end(reader) && good;
}

/* Up to a comment, which a blank stands before. */
static bool read_plain(struct reader *reader, struct hr_slice *text) {
    const char *begin = reader->at, *at = begin;
    while (!line_ends_at(reader, at) && !(*at == '#' && is_blank(at[-1]))) at++;
    *text = hr__config_copy(&reader->load->scratch,
                            hr_slice_trim(hr_slice_bytes(begin, (size_t)(at - begin))));
    reader->at = at;
    if (!text->data) reader->load->no_memory = reader->stop = true;
    return text->data;
}

/* ---- Lines. */

static void skip_export(struct reader *reader) {
    static const char word[] = "export";
    size_t size = sizeof word - 1;
    if ((size_t)(reader->end - reader->at) <= size || memcmp(reader->at, word, size) != 0 ||
        !is_blank(reader->at[size]))
        return;
    reader->at += size;
    skip_blanks(reader);
}

/* A name and the equals sign. */
static bool read_name(struct reader *reader, struct hr__config_variable *variable) {
    const char *begin = reader->at;
    while (reader->at < reader->end && is_name(*reader->at)) reader->at++;
    struct hr_slice name = hr_slice_bytes(begin, (size_t)(reader->at - begin));
    variable->place = place_of(reader, begin);
    skip_blanks(reader);
    bool good = name.size > 0 && !(*begin >= '0' && *begin <= '9') && reader->at < reader->end &&
                *reader->at == '=';
    if (!good) {
        refuse(reader, reader->at,
               "no NAME=value: a name has letters, digits and _, and = behind it");
        return false;
    }
    reader->at++;
    variable->name = hr__config_copy(&reader->load->scratch, name);
    if (!variable->name.data) reader->load->no_memory = reader->stop = true;
    return variable->name.data;
}

static bool read_value(struct reader *reader, struct hr_slice *text) {
    skip_blanks(reader);
    bool quoted = reader->at < reader->end && (*reader->at == '"' || *reader->at == '\'');
    return quoted ? read_quoted(reader, text) : read_plain(reader, text);
}

static void read_line(struct reader *reader) {
    struct hr__config_variables *all = &reader->load->env_files;
    struct hr__config_variable variable = {.is_path = false};
    skip_blanks(reader);
    if (line_ends_at(reader, reader->at) || *reader->at == '#') return;
    skip_export(reader);
    if (!read_name(reader, &variable) || !read_value(reader, &variable.text)) return;
    if (all->count < ENV_VARIABLES_MAX) {
        hr__config_variable_add(reader->load, all, &variable);
        return;
    }
    hr__config_refuse(reader->load, variable.place, NULL, hr_slice_bytes(NULL, 0),
                      "more than %d variables in the .env files", ENV_VARIABLES_MAX);
    reader->stop = true;
}

static void read_lines(struct reader *reader) {
    const char *next = reader->at;
    while (next && !reader->stop && !reader->load->no_memory) {
        begin_line(reader, next);
        read_line(reader);
        next = reader->at < reader->end
                   ? memchr(reader->at, '\n', (size_t)(reader->end - reader->at))
                   : NULL;
        if (next) next++;
    }
}

/* ---- The file. */

/* Whether all of it is text; says where it is not. */
static bool check_text(struct reader *reader) {
    const char *begin = reader->at;
    size_t size;
    begin_line(reader, begin);
    for (const char *at = begin; at < reader->end; at += size) {
        size = hr_utf8_next(at, (size_t)(reader->end - at));
        if (size == 0 || *at == '\0') {
            refuse(reader, at, size ? "a NUL" : "no UTF-8");
            return false;
        }
        if (*at == '\n') begin_line(reader, at + 1);
    }
    reader->at = begin;
    reader->line = 0;
    return true;
}

static void read_text(struct hr__config_load *load, uint32_t source, struct hr_slice text) {
    bool marked = text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0;
    struct reader reader = {.load = load,
                            .source = source,
                            .at = text.data + (marked ? 3 : 0),
                            .end = text.data + text.size};
    if (check_text(&reader)) read_lines(&reader);
}

void hr__config_env_file_read(struct hr__config_load *load, const char *path) {
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_ENV_FILE, hr_slice_of(path));
    const struct hr__config_reading reading = {load->limits.file_bytes_max, "limits.file_bytes_max",
                                               load->limits.pipe_wait_ms};
    struct hr__config_file file;
    struct hr_error error;
    if (load->no_memory) return;
    hr__config_prints_add(load->seen, path);
    if (hr__config_file_read(path, &reading, &file, &error)) {
        hr__config_refuse(load, hr__config_all_of(source), NULL, hr_slice_bytes(NULL, 0), "%s",
                          error.message);
        return;
    }
    load->sources[source].mode = file.mode;
    load->sources[source].owner = file.owner;
    read_text(load, source, hr_slice_bytes(file.data, file.size));
    hr__config_file_free(&file);
}
