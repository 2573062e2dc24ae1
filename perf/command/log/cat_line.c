/* Lines of logs: which form they have, and what is in them. */
#include "cat_line.h"

#include <headrace/log_level.h>

#include "cat_forms.h"
#include "cat_time.h"

/* ---- The heading of JSON and logfmt: the names of the logger's three presets. */

enum { TIME, LEVEL, LOGGER, MESSAGE, HEADINGS, ORNAMENT, FIELD };

static int heading_of(struct hr_slice key, enum cat_form form) {
    static const struct {
        const char *key;
        int heading;
        enum cat_form form; /* CAT_NONE: of both */
    } names[] = {
        {"timestamp", TIME, CAT_NONE},
        {"@timestamp", TIME, CAT_NONE},
        {"ts", TIME, CAT_LOGFMT},
        {"level", LEVEL, CAT_NONE},
        {"log.level", LEVEL, CAT_NONE},
        {"severity_text", LEVEL, CAT_NONE},
        {"logger", LOGGER, CAT_NONE},
        {"log.logger", LOGGER, CAT_NONE},
        {"scope", LOGGER, CAT_NONE},
        {"message", MESSAGE, CAT_NONE},
        {"body", MESSAGE, CAT_NONE},
        {"msg", MESSAGE, CAT_LOGFMT},
        {"ecs.version", ORNAMENT, CAT_NONE},
        {"severity_number", ORNAMENT, CAT_NONE},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((names[i].form == CAT_NONE || names[i].form == form) &&
            hr_slice_equal(hr_slice_of(names[i].key), key))
            return names[i].heading;
    return FIELD;
}

/* Takes the heading out of the fields, the first of each. */
static bool extract_heading(struct cat_line *line, enum cat_form form) {
    bool has[HEADINGS] = {false};
    struct hr_slice level = {0}, *into[] = {&line->time, &level, &line->logger, &line->message};
    size_t kept = 0;
    struct cat_fields *fields = &line->fields;
    for (size_t i = 0; i < fields->count; i++) {
        int heading = heading_of(fields->list[i].key, form);
        if (heading < HEADINGS && !has[heading]) {
            has[heading] = true;
            *into[heading] = fields->list[i].value;
        } else if (heading != ORNAMENT) {
            fields->list[kept++] = fields->list[i];
        }
    }
    fields->count = kept;
    return has[TIME] && has[LEVEL] && cat_time_parse(line->time, &line->time_ns) == 0 &&
           hr_log_level_parse(level, NULL, &line->level) == 0;
}

/* ---- All. */

static void clear(struct cat_line *line) {
    cat_fields_clear(&line->fields);
    line->form = CAT_NONE;
    line->time = line->logger = line->message = hr_slice_bytes("", 0);
}

void cat_line_read(struct cat_line *line, struct hr_slice raw) {
    clear(line);
    line->raw = raw;
    if (raw.size && raw.data[raw.size - 1] == '\r') raw.size--;
    enum cat_form form = CAT_NONE;
    if (raw.size == 0) return;
    if (raw.data[0] == '{')
        form = cat_json_read(&line->fields, raw) ? CAT_JSON : CAT_NONE;
    else if (raw.data[0] >= '0' && raw.data[0] <= '9')
        form = cat_text_read(line, raw) ? CAT_TEXT : CAT_NONE;
    else
        form = cat_logfmt_read(&line->fields, raw) ? CAT_LOGFMT : CAT_NONE;
    if (form != CAT_NONE && (form == CAT_TEXT || extract_heading(line, form)) &&
        !line->fields.failed)
        line->form = form;
}

void cat_line_close(struct cat_line *line) {
    cat_fields_free(&line->fields);
    *line = (struct cat_line){.form = CAT_NONE};
}

const struct cat_field *cat_line_find(const struct cat_line *line, struct hr_slice key,
                                      struct cat_field *made) {
    static char level[HR_LOG_LEVEL_BYTES];
    for (size_t i = 0; i < line->fields.count; i++)
        if (hr_slice_equal(line->fields.list[i].key, key)) return &line->fields.list[i];
    *made = (struct cat_field){.key = key, .string = true};
    hr_log_level_name(line->level, level);
    switch (heading_of(key, line->form)) {
    case TIME:
        made->value = line->time;
        return made;
    case LEVEL:
        made->value = hr_slice_of(level);
        return made;
    case LOGGER:
        made->value = line->logger;
        return made;
    case MESSAGE:
        made->value = line->message;
        return made;
    default:
        return NULL;
    }
}
