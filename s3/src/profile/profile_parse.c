/* The syntax of AWS's files: sections, properties, continuations, sub-properties, comments. */
#include "profile_parse.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct parser {
    struct hr__profile_file *file;
    struct hr_error *error;
    struct hr_slice rest; /* behind the current line */
    uint32_t line;
    struct hr__profile_property *open; /* continued by indented lines; NULL: none */
    bool nesting;                      /* those are sub-properties */
};

static int refuse(const struct parser *parser, const char *why) {
    return hr_error_set(parser->error, HR_ERR_S3_PROFILE, "%.120s:%u: %s", parser->file->path,
                        parser->line, why);
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_comment(char byte) {
    return byte == '#' || byte == ';';
}

/* Letters, digits and _-/.%@:+ as names of profiles and properties have them. */
static bool is_name(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i], small = byte | 0x20;
        bool alnum = (small >= 'a' && small <= 'z') || (byte >= '0' && byte <= '9');
        if (!alnum && (byte == 0 || !strchr("_-/.%@:+", byte))) return false;
    }
    return text.size > 0;
}

/* Without the comment at its end, which in a property begins behind a blank. */
static struct hr_slice without_comment(struct hr_slice line, bool behind_blank) {
    line = hr_slice_trim(line);
    for (size_t i = 0; i < line.size; i++)
        if (is_comment(line.data[i]) && (!behind_blank || (i > 0 && is_blank(line.data[i - 1]))))
            line.size = i;
    return hr_slice_trim(line);
}

/* The text is the file's own: a byte behind a slice of it may be written. */
static char *own(const struct parser *parser, const char *at) {
    struct hr__profile_file *file = parser->file;
    assert(at >= file->text && at <= file->text + file->capacity);
    return file->text + (at - file->text);
}

static void lower(const struct parser *parser, struct hr_slice name) {
    char *at = own(parser, name.data);
    for (size_t i = 0; i < name.size; i++)
        if (at[i] >= 'A' && at[i] <= 'Z') at[i] = (char)(at[i] | 0x20);
}

/* ---- Sections. */

/* A name in quotes may have blanks, as AWS's command line writes it. */
static bool unquote(struct hr_slice *name) {
    if (name->size < 3 || (name->data[0] != '"' && name->data[0] != '\'')) return false;
    if (name->data[name->size - 1] != name->data[0]) return false;
    *name = hr_slice_bytes(name->data + 1, name->size - 2);
    return !memchr(name->data, name->data[-1], name->size);
}

static int kind_of(struct hr_slice prefix) {
    static const char *const prefixes[] = {
        [HR__PROFILE_PROFILE] = "profile",
        [HR__PROFILE_SSO_SESSION] = "sso-session",
        [HR__PROFILE_SERVICES] = "services",
    };
    for (int i = 0; i < 3; i++)
        if (hr_slice_equal(prefix, hr_slice_of(prefixes[i]))) return i;
    return HR__PROFILE_IGNORED;
}

/* A section by its heading: "profile NAME" and the like in the config file, where [default] alone
 * stands without a prefix; NAME in the credentials file, which has nothing but profiles. */
static struct hr__profile_section section_of(enum hr__profile_origin origin,
                                             struct hr_slice heading) {
    size_t size = 0;
    while (size < heading.size && !is_blank(heading.data[size])) size++;
    struct hr_slice prefix = hr_slice_bytes(heading.data, size);
    struct hr_slice name = hr_slice_trim(hr_slice_bytes(heading.data + size, heading.size - size));
    struct hr__profile_section section = {.kind = HR__PROFILE_IGNORED, .name = name};
    bool config = origin == HR__PROFILE_CONFIG;
    if (name.size > 0) {
        bool good = unquote(&section.name) || is_name(name);
        if (config && good) section.kind = kind_of(prefix);
        return section;
    }
    section.name = prefix;
    section.bare = hr_slice_equal(prefix, hr_slice_of("default"));
    if (section.bare || (!config && is_name(prefix))) section.kind = HR__PROFILE_PROFILE;
    return section;
}

static int read_section(struct parser *parser, struct hr_slice line) {
    line = without_comment(line, false);
    if (line.size < 2 || line.data[line.size - 1] != ']')
        return refuse(parser, "the heading of a section does not end with ]");
    struct hr_slice heading = hr_slice_trim(hr_slice_bytes(line.data + 1, line.size - 2));
    struct hr__profile_file *file = parser->file;
    struct hr__profile_section section = section_of(file->origin, heading);
    *own(parser, section.name.data + section.name.size) = 0;
    file->sections[file->section_count++] = section;
    parser->open = NULL;
    return 0;
}

/* ---- Properties. */

/* A line in two at its first '='. */
struct pair {
    struct hr_slice name, value;
};

static bool split(struct hr_slice line, struct pair *pair) {
    const char *sign = line.size > 0 ? memchr(line.data, '=', line.size) : NULL;
    if (!sign) return false;
    size_t size = (size_t)(sign - line.data);
    pair->name = hr_slice_trim(hr_slice_bytes(line.data, size));
    pair->value = hr_slice_trim(hr_slice_bytes(sign + 1, line.size - size - 1));
    return pair->name.size > 0;
}

static struct hr__profile_property *add(struct parser *parser) {
    struct hr__profile_file *file = parser->file;
    struct hr__profile_property *property = &file->properties[file->property_count++];
    property->section = (uint32_t)(file->section_count - 1);
    property->line = parser->line;
    return property;
}

static int read_property(struct parser *parser, struct hr_slice line) {
    struct pair pair;
    if (parser->file->section_count == 0)
        return refuse(parser,
                      "a property stands before the first section ([default], for example)");
    if (!split(without_comment(line, true), &pair))
        return refuse(parser, "neither a section, nor NAME = VALUE, nor a comment");
    struct hr__profile_property *property = add(parser);
    property->name = is_name(pair.name) ? pair.name : hr_slice_bytes(pair.name.data, 0);
    property->text = pair.value;
    lower(parser, pair.name);
    *own(parser, pair.name.data + pair.name.size) = 0;
    *own(parser, pair.value.data + pair.value.size) = 0;
    parser->open = property;
    parser->nesting = pair.value.size == 0;
    return 0;
}

/* A copy with a NUL: where it lies, the line becomes part of its property's text. */
static struct hr_slice keep(struct hr__profile_file *file, struct hr_slice text) {
    assert(file->nested_size + text.size + 1 <= file->capacity + 1);
    char *copy = file->nested + file->nested_size;
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    file->nested_size += text.size + 1;
    return hr_slice_bytes(copy, text.size);
}

static int read_nested(struct parser *parser, struct hr_slice line) {
    struct pair pair;
    if (!split(without_comment(line, true), &pair))
        return refuse(parser, "an indented line below \"NAME =\" is no NAME = VALUE");
    struct hr__profile_property *property = add(parser);
    property->nested = true;
    property->name = keep(parser->file, pair.name);
    property->text = keep(parser->file, pair.value);
    return 0;
}

/* Moves the line up to the value that it continues, behind a line feed: there is room, as the
 * value ends before its line does. */
static void append(const struct parser *parser, struct hr_slice line) {
    struct hr_slice *text = &parser->open->text;
    char *end = own(parser, text->data + text->size);
    assert(end < line.data);
    *end = '\n';
    memmove(end + 1, line.data, line.size);
    end[1 + line.size] = 0;
    text->size += 1 + line.size;
}

static int read_continuation(struct parser *parser, struct hr_slice line) {
    if (!parser->open) {
        bool outside = parser->file->section_count == 0;
        return refuse(parser, outside ? "an indented line stands before the first section"
                                      : "an indented line continues no property of its section");
    }
    line = hr_slice_trim(line);
    if (parser->open->text.size + 1 + line.size > HR__PROFILE_VALUE_MAX)
        return refuse(parser, "the value is longer than 65536 bytes");
    int err = parser->nesting ? read_nested(parser, line) : 0;
    if (!err) append(parser, line);
    return err;
}

/* ---- Lines. */

/* Comments may be indented, as botocore and so AWS's command line read them. */
static bool says_nothing(struct hr_slice line) {
    line = hr_slice_trim(line);
    return line.size == 0 || is_comment(line.data[0]);
}

static int read_line(struct parser *parser, struct hr_slice line) {
    if (line.size > 0 && line.data[line.size - 1] == '\r') line.size--;
    if (says_nothing(line)) return 0;
    if (line.size > HR__PROFILE_VALUE_MAX)
        return refuse(parser, "the line is longer than 65536 bytes");
    if (line.data[0] == '[') return read_section(parser, line);
    if (is_blank(line.data[0])) return read_continuation(parser, line);
    return read_property(parser, line);
}

static size_t count_lines(struct hr_slice text) {
    size_t count = 1;
    for (size_t i = 0; i < text.size; i++) count += text.data[i] == '\n';
    return count;
}

static int make_room(struct parser *parser, size_t lines) {
    struct hr__profile_file *file = parser->file;
    if (lines > HR__PROFILE_LINES_MAX)
        return hr_error_set(parser->error, HR_ERR_S3_PROFILE, "%.120s has more than %zu lines",
                            file->path, HR__PROFILE_LINES_MAX);
    file->sections = calloc(lines, sizeof *file->sections);
    file->properties = calloc(lines, sizeof *file->properties);
    if (file->sections && file->properties) return 0;
    return hr_error_set(parser->error, -ENOMEM, "no memory for %.120s", file->path);
}

/* [profile default] replaces [default] in the config file. */
static void drop_bare_default(struct hr__profile_file *file) {
    bool prefixed = false;
    for (size_t i = 0; i < file->section_count; i++) {
        const struct hr__profile_section *section = &file->sections[i];
        prefixed |= section->kind == HR__PROFILE_PROFILE && !section->bare &&
                    hr_slice_equal(section->name, hr_slice_of("default"));
    }
    for (size_t i = 0; prefixed && i < file->section_count; i++)
        if (file->sections[i].bare) file->sections[i].kind = HR__PROFILE_IGNORED;
}

int hr__profile_parse(struct hr__profile_file *file, struct hr_error *error) {
    struct parser parser = {.file = file, .error = error};
    parser.rest = hr_slice_bytes(file->text, file->size);
    if (file->size >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0)
        parser.rest = hr_slice_bytes(file->text + 3, file->size - 3);
    if (memchr(file->text, 0, file->size))
        return hr_error_set(error, HR_ERR_S3_PROFILE, "%.120s has a NUL byte", file->path);
    int err = make_room(&parser, count_lines(parser.rest));
    struct hr_slice line;
    while (!err && hr_slice_cut(&parser.rest, '\n', &line)) {
        parser.line++;
        err = read_line(&parser, line);
    }
    if (!err) drop_bare_default(file);
    return err;
}
