/* Layouts: the text around time, name and values in a line, made once for a call site. */
#include <assert.h>
#include <stdlib.h>

#include "log_format.h"
#include "log_out.h"

#define LITERAL(out, text) hr__log_copy(out, text, sizeof(text) - 1)

enum { HEADING_BYTES = 256 };

static const char *level_name(int level) {
    switch (level) {
    case 10:
        return "DEBUG";
    case 20:
        return "INFO";
    case 30:
        return "WARNING";
    case 40:
        return "ERROR";
    case 50:
        return "CRITICAL";
    default:
        return NULL;
    }
}

static char *put_level(char *out, int level) {
    const char *name = level_name(level);
    if (name) return hr__log_copy_slice(out, hr_slice_of(name));
    out = LITERAL(out, "LEVEL_");
    return hr__log_put_i64(out, level);
}

static char *put_coloured_level(char *out, int level) {
    static const char *const colours[] = {"\x1b[2m",  "\x1b[2m",  "\x1b[32m",
                                          "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
    int index = level < 0 ? 0 : level >= 50 ? 5 : level / 10;
    out = hr__log_copy_slice(out, hr_slice_of(colours[index]));
    out = put_level(out, level);
    return LITERAL(out, "\x1b[0m");
}

/* OpenTelemetry's severity number (logs data model): DEBUG 5, INFO 9, WARN 13, ERROR 17, and
 * CRITICAL the next of ERROR's range. */
static unsigned severity(int level) {
    if (level >= 50) return 18;
    if (level >= 40) return 17;
    if (level >= 30) return 13;
    if (level >= 20) return 9;
    return level >= 10 ? 5 : 1;
}

static char *put_json_text(char *out, struct hr_slice text) {
    *out++ = '"';
    out = hr__log_put_escaped(out, text);
    *out++ = '"';
    return out;
}

static char *put_message(char *out, enum hr__log_form form, const struct hr__log_heading *heading) {
    bool quoted = form == HR__LOG_JSON || (form == HR__LOG_LOGFMT && heading->cut);
    if (form == HR__LOG_LOGFMT && !quoted) return hr__log_put_quoted(out, heading->message);
    if (quoted) *out++ = '"';
    out = quoted ? hr__log_put_escaped(out, heading->message)
                 : hr__log_put_line(out, heading->message);
    if (heading->cut) out = LITERAL(out, HR_LOG_CUT_MARK);
    if (quoted) *out++ = '"';
    return out;
}

char *hr__log_put_before_time(char *out, const struct hr__log_style *style) {
    if (style->form == HR__LOG_TEXT) return out;
    if (style->form == HR__LOG_JSON)
        return style->names == HR__LOG_NAMES_ECS ? LITERAL(out, "{\"@timestamp\":\"")
                                                 : LITERAL(out, "{\"timestamp\":\"");
    out = style->names == HR__LOG_NAMES_ECS    ? LITERAL(out, "@timestamp=")
          : style->names == HR__LOG_NAMES_OTEL ? LITERAL(out, "timestamp=")
                                               : LITERAL(out, "ts=");
    if (style->time.esper) *out++ = '"'; /* the time has a blank in it */
    return out;
}

static char *put_json_before_name(char *out, const struct hr__log_style *style,
                                  const struct hr__log_heading *heading) {
    out = LITERAL(out, "\",\"");
    switch (style->names) {
    case HR__LOG_NAMES_ECS:
        out = LITERAL(out, "log.level\":\"");
        out = put_level(out, heading->level);
        out = LITERAL(out, "\",\"message\":");
        out = put_message(out, HR__LOG_JSON, heading);
        return LITERAL(out, ",\"ecs.version\":\"1.2.0\",\"log.logger\":\"");
    case HR__LOG_NAMES_OTEL:
        out = LITERAL(out, "severity_text\":\"");
        out = put_level(out, heading->level);
        out = LITERAL(out, "\",\"severity_number\":");
        out = hr__log_put_u64(out, severity(heading->level));
        return LITERAL(out, ",\"scope\":\"");
    default:
        out = LITERAL(out, "level\":\"");
        out = put_level(out, heading->level);
        return LITERAL(out, "\",\"logger\":\"");
    }
}

static char *put_logfmt_before_name(char *out, const struct hr__log_style *style,
                                    const struct hr__log_heading *heading) {
    if (style->time.esper) *out++ = '"';
    out = style->names == HR__LOG_NAMES_ECS    ? LITERAL(out, " log.level=")
          : style->names == HR__LOG_NAMES_OTEL ? LITERAL(out, " severity_text=")
                                               : LITERAL(out, " level=");
    out = put_level(out, heading->level);
    return style->names == HR__LOG_NAMES_ECS    ? LITERAL(out, " log.logger=")
           : style->names == HR__LOG_NAMES_OTEL ? LITERAL(out, " scope=")
                                                : LITERAL(out, " logger=");
}

char *hr__log_put_before_name(char *out, const struct hr__log_style *style,
                              const struct hr__log_heading *heading) {
    if (style->form == HR__LOG_JSON) return put_json_before_name(out, style, heading);
    if (style->form == HR__LOG_LOGFMT) return put_logfmt_before_name(out, style, heading);
    return LITERAL(out, " - ");
}

/* The name of a file without its folders. */
static struct hr_slice base_name(struct hr_slice path) {
    size_t at = path.size;
    while (at > 0 && path.data[at - 1] != '/') at--;
    return hr_slice_bytes(path.data + at, path.size - at);
}

static char *put_place(char *out, const struct hr__log_heading *heading) {
    out = hr__log_put_escaped(out, base_name(heading->file));
    *out++ = ':';
    return hr__log_put_u64(out, heading->line);
}

static char *put_json_after_name(char *out, const struct hr__log_style *style,
                                 const struct hr__log_heading *heading) {
    *out++ = '"';
    if (style->names != HR__LOG_NAMES_ECS) {
        out = style->names == HR__LOG_NAMES_OTEL ? LITERAL(out, ",\"body\":")
                                                 : LITERAL(out, ",\"message\":");
        out = put_message(out, HR__LOG_JSON, heading);
    }
    if (!heading->file.size) return out;
    if (style->names == HR__LOG_NAMES_ESPER) {
        out = LITERAL(out, ",\"source\":\"");
        out = put_place(out, heading);
        return LITERAL(out, "\"");
    }
    bool ecs = style->names == HR__LOG_NAMES_ECS;
    out = ecs ? LITERAL(out, ",\"log.origin.file.name\":") : LITERAL(out, ",\"code.file.path\":");
    out = put_json_text(out, base_name(heading->file));
    out = ecs ? LITERAL(out, ",\"log.origin.file.line\":") : LITERAL(out, ",\"code.line.number\":");
    return hr__log_put_u64(out, heading->line);
}

char *hr__log_put_after_name(char *out, const struct hr__log_style *style,
                             const struct hr__log_heading *heading) {
    if (style->form == HR__LOG_JSON) return put_json_after_name(out, style, heading);
    if (style->form == HR__LOG_LOGFMT) {
        out = style->names == HR__LOG_NAMES_ECS    ? LITERAL(out, " message=")
              : style->names == HR__LOG_NAMES_OTEL ? LITERAL(out, " body=")
                                                   : LITERAL(out, " msg=");
        out = put_message(out, HR__LOG_LOGFMT, heading);
        if (!heading->file.size) return out;
        out = LITERAL(out, " source=");
        return put_place(out, heading);
    }
    out = LITERAL(out, " - ");
    out = style->colours ? put_coloured_level(out, heading->level) : put_level(out, heading->level);
    out = LITERAL(out, " - ");
    if (heading->file.size) {
        *out++ = '[';
        out = put_place(out, heading);
        out = LITERAL(out, "] ");
    }
    return put_message(out, HR__LOG_TEXT, heading);
}

size_t hr__log_heading_bound(const struct hr__log_heading *heading) {
    return HEADING_BYTES + HR_LOG_ESCAPE_GROWTH * (heading->message.size + heading->file.size);
}

/* ---- Keys. */

enum { TRIES = 100 }; /* numbers tried one by one; then some are skipped, to come to an end */

static struct hr_slice since(const char *from, const char *to) {
    return hr_slice_bytes(from, (size_t)(to - from));
}

/* The names that lines of a style begin with. */
enum { RESERVED_MAX = 8 };
static const char *const reserved[][RESERVED_MAX] = {
    {"timestamp", "level", "logger", "message", "ts", "msg", "source"},
    {"@timestamp", "log.level", "message", "ecs.version", "log.logger", "log.origin.file.name",
     "log.origin.file.line", "source"},
    {"timestamp", "severity_text", "severity_number", "body", "scope", "code.file.path",
     "code.line.number", "source"},
};

static bool is_reserved(const struct hr__log_style *style, struct hr_slice key) {
    const char *const *names = reserved[style->names];
    for (unsigned i = 0; i < RESERVED_MAX && names[i]; i++)
        if (hr_slice_equal(hr_slice_of(names[i]), key)) return true;
    return false;
}

void hr__log_line_begin(const struct hr__log_line *line) {
    hr__log_keys_begin(line->keys);
    if (line->style->form != HR__LOG_LOGFMT) return;
    const char *const *names = reserved[line->style->names];
    for (unsigned i = 0; i < RESERVED_MAX && names[i]; i++)
        hr__log_keys_add(line->keys, 0, hr_slice_of(names[i]));
}

char *hr__log_put_number_behind(char *out, struct hr__log_keys *keys, uint32_t object,
                                struct hr__log_shown *shown) {
    char *end = out;
    unsigned number = 1;
    while (!hr__log_keys_add(keys, object, since(shown->text.data, end))) {
        number = number < TRIES ? number + 1 : number + 1 + keys->used;
        end = out;
        *end++ = '_';
        end = hr__log_put_u64(end, number);
    }
    shown->text = since(shown->text.data, end);
    shown->number = number > 1 ? number : 0;
    return end;
}

char *hr__log_put_key(char *out, struct hr__log_line *line, struct hr_slice key,
                      struct hr__log_shown *shown) {
    enum hr__log_form form = line->style->form;
    bool json = form == HR__LOG_JSON, quoted = json || !hr__log_is_bare(key);
    *out++ = json ? ',' : ' ';
    if (form == HR__LOG_TEXT && !line->any) *out++ = '[';
    line->any = true;
    if (quoted) *out++ = '"';
    shown->text = hr_slice_bytes(out, 0);
    if (form != HR__LOG_TEXT && is_reserved(line->style, key)) out = LITERAL(out, "fields.");
    out = quoted ? hr__log_put_escaped(out, key) : hr__log_copy_slice(out, key);
    out = hr__log_put_number_behind(out, line->keys, 0, shown);
    if (quoted) *out++ = '"';
    *out++ = json ? ':' : '=';
    return out;
}

/* ---- A call site's layout. */

static struct hr__log_heading heading_of(const struct hr__log_style *style,
                                         const struct hr__log_site *site) {
    struct hr__log_heading heading = {.level = site->level, .message = site->message};
    if (style->source) {
        heading.file = site->file;
        heading.line = site->line;
    }
    return heading;
}

/* Writes a key of the site in all its forms. */
static char *put_site_key(char *out, struct hr__log_layout *layout, struct hr__log_line *line,
                          const struct hr__log_site *site, uint32_t index) {
    struct hr__log_shown shown;
    char *at = out;
    out = hr__log_put_key(out, line, site->keys[index], &shown);
    layout->keys[index] = since(at, out);
    layout->shown_keys[index] = shown.text;
    out = hr__log_copy_slice(at = out, site->keys[index]);
    if (shown.number) {
        *out++ = '_';
        out = hr__log_put_u64(out, shown.number);
    }
    layout->plain_keys[index] = since(at, out);
    return out;
}

void *hr__log_arena_take(struct hr__log_arena *arena, size_t size) {
    if (!arena) return calloc(1, size);
    assert(arena->at <= arena->end);
    size = (size + 15) & ~(size_t)15;
    if (size > (size_t)(arena->end - arena->at)) return NULL;
    void *taken = arena->at; /* of pages that nobody has written to yet */
    arena->at += size;
    return taken;
}

struct hr__log_layout *hr__log_layout_new(const struct hr__log_style *style,
                                          const struct hr__log_site *site,
                                          struct hr__log_keys *keys, struct hr__log_arena *arena) {
    struct hr__log_heading heading = heading_of(style, site);
    struct hr__log_line line = {.style = style, .keys = keys};
    size_t bound = hr__log_heading_bound(&heading), longest = 0;
    for (uint32_t i = 0; i < site->count; i++)
        bound += 2 * HR_LOG_ESCAPE_GROWTH * site->keys[i].size + 64;
    struct hr__log_layout *layout =
        hr__log_arena_take(arena, sizeof *layout + bound + HR_LOG_AHEAD);
    if (!layout) return NULL;
    layout->site = site;
    layout->named_id = UINT32_MAX;
    char *at = (char *)(layout + 1), *out = hr__log_put_before_time(at, style);
    layout->before_time = since(at, out);
    out = hr__log_put_before_name(at = out, style, &heading);
    layout->before_name = since(at, out);
    out = hr__log_put_after_name(at = out, style, &heading);
    layout->after_name = since(at, out);
    hr__log_line_begin(&line);
    for (uint32_t i = 0; i < site->count; i++) {
        out = put_site_key(out, layout, &line, site, i);
        if (layout->plain_keys[i].size > longest) longest = layout->plain_keys[i].size;
    }
    layout->bytes = (uint32_t)bound;
    layout->quick_bytes = layout->bytes + HR_LOG_TIME_BYTES + HR_LOG_AHEAD;
    layout->quick_part_bytes = (uint32_t)(HR_LOG_PART_BYTES + HR_LOG_ESCAPE_GROWTH * (8 + longest));
    return layout;
}

void hr__log_layout_free(struct hr__log_layout *layout) {
    if (layout) free(layout->named_memory);
    free(layout);
}

char *hr__log_put_name(char *out, const struct hr__log_style *style, struct hr_slice name) {
    switch (style->form) {
    case HR__LOG_JSON:
        return hr__log_put_escaped(out, name);
    case HR__LOG_LOGFMT:
        return hr__log_put_quoted(out, name);
    default:
        return hr__log_put_line(out, name);
    }
}

bool hr__log_layout_name(struct hr__log_layout *layout, const struct hr__log_style *style,
                         uint16_t id, struct hr_slice name) {
    size_t needed = layout->before_name.size + HR_LOG_ESCAPE_GROWTH * name.size + 2 +
                    layout->after_name.size + HR_LOG_AHEAD;
    if (needed > layout->named_capacity) {
        char *grown = realloc(layout->named_memory, needed);
        if (!grown) return false;
        layout->named_memory = grown;
        layout->named_capacity = needed;
    }
    char *out = hr__log_copy_slice(layout->named_memory, layout->before_name);
    out = hr__log_put_name(out, style, name);
    out = hr__log_copy_slice(out, layout->after_name);
    layout->named = since(layout->named_memory, out);
    layout->named_id = id;
    return true;
}
