/* Problems are texts in an arena: they outlive what they are about. */
#include "config_problem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/text.h>

#define MESSAGE_SIZE 512
/* Characters of the line that are shown, and how many of them before the caret at most. */
#define LINE_SHOWN  100
#define LINE_BEFORE 60

struct hr__config_problem_entry {
    struct hr__config_problem_entry *next;
    struct hr_config_problem problem;
};

/* ---- The line. */

/* Cuts the first line off, without its end: LF, CR LF or CR. */
static struct hr_slice cut_line(struct hr_slice *text) {
    struct hr_slice line = *text;
    size_t size = 0, past;
    while (size < text->size && text->data[size] != '\n' && text->data[size] != '\r') size++;
    past = size < text->size ? size + 1 : size;
    if (past < text->size && text->data[size] == '\r' && text->data[past] == '\n') past++;
    line.size = size;
    *text = hr_slice_bytes(text->data + past, text->size - past);
    return line;
}

/* The bytes of line `number`, which counts from 1. */
static struct hr_slice line_of(struct hr_slice text, uint32_t number) {
    struct hr_slice line = hr_slice_bytes(NULL, 0);
    while (number-- > 0) {
        if (text.size == 0) return hr_slice_bytes(NULL, 0);
        line = cut_line(&text);
    }
    return line;
}

/* The size of the character at the front; a byte that begins none counts as one. */
static size_t character(struct hr_slice text) {
    size_t size = hr_utf8_next(text.data, text.size);
    return size ? size : 1;
}

static void skip(struct hr_slice *text, uint32_t characters) {
    for (; characters > 0 && text->size > 0; characters--) {
        size_t size = character(*text);
        text->data += size;
        text->size -= size;
    }
}

/* Nothing that a terminal would act upon. */
static char *put_shown(char *at, struct hr_slice one) {
    bool control = (unsigned char)one.data[0] < 0x20 || one.data[0] == 0x7f;
    bool broken = (unsigned char)one.data[0] >= 0x80 && one.size == 1;
    if (one.size > 1 && (unsigned char)one.data[0] == 0xc2 && (unsigned char)one.data[1] < 0xa0)
        control = true;
    if (control || broken) {
        *at++ = one.data[0] == '\t' ? ' ' : '?';
        return at;
    }
    memcpy(at, one.data, one.size);
    return at + one.size;
}

/* `out` has room for all of the text, of which it takes what may be shown, and NUL. */
static const char *put_clean(char *out, const char *text) {
    struct hr_slice rest = hr_slice_of(text);
    char *at = out;
    while (rest.size > 0) {
        at = put_shown(at, hr_slice_bytes(rest.data, character(rest)));
        skip(&rest, 1);
    }
    *at = '\0';
    return out;
}

/* Shows the part of the line around the column, and where that is in it. */
static void show_line(hr_config_problems *problems, const struct hr__config_spot *spot,
                      struct hr_config_problem *problem) {
    struct hr_slice line = line_of(spot->text, spot->line);
    if (!line.data || spot->column == 0) return;
    char shown[LINE_SHOWN * 4 + 8], *at = shown;
    uint32_t before = spot->column - 1, cut = before > LINE_BEFORE ? before - LINE_BEFORE : 0;
    skip(&line, cut);
    if (cut) {
        memcpy(at, "…", 3);
        at += 3;
    }
    uint32_t wanted = spot->width ? before - cut + spot->width : LINE_SHOWN;
    for (unsigned count = 0; line.size > 0 && count < LINE_SHOWN && count < wanted; count++) {
        struct hr_slice one = hr_slice_bytes(line.data, character(line));
        at = put_shown(at, one);
        skip(&line, 1);
    }
    if (line.size > 0) {
        memcpy(at, "…", 3);
        at += 3;
    }
    problem->line =
        hr__config_copy(&problems->arena, hr_slice_bytes(shown, (size_t)(at - shown))).data;
    problem->caret = before - cut + 1 + (cut > 0);
}

/* ---- Reporting. */

static const char *kept(hr_config_problems *problems, const char *text) {
    return text ? hr__config_copy(&problems->arena, hr_slice_of(text)).data : NULL;
}

void hr__config_report(hr_config_problems *problems, enum hr_config_severity severity,
                       const struct hr__config_spot *spot, const char *format, ...) {
    if (hr__config_is_full(problems)) {
        problems->more++;
        problems->incomplete |= severity == HR_CONFIG_ERROR;
        return;
    }
    char message[MESSAGE_SIZE * 2], clean[MESSAGE_SIZE * 2], cut[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    hr_text_shorten(cut, sizeof cut, hr_slice_of(put_clean(clean, message)));
    struct hr__config_problem_entry *entry = hr__config_allocate(&problems->arena, sizeof *entry);
    if (!entry) {
        problems->incomplete = true;
        return;
    }
    *entry = (struct hr__config_problem_entry){.problem = {.severity = severity}};
    struct hr_config_problem *problem = &entry->problem;
    problem->origin = (struct hr_config_origin){.kind = spot->kind,
                                                .name = kept(problems, spot->name),
                                                .line = spot->line,
                                                .column = spot->column};
    problem->path = kept(problems, spot->path ? spot->path : "");
    problem->message = kept(problems, cut);
    if (spot->text.data && spot->line) show_line(problems, spot, problem);
    if (!problem->path || !problem->message) problems->incomplete = true;
    if (problems->last)
        problems->last->next = entry;
    else
        problems->first = entry;
    problems->last = entry;
    if (severity == HR_CONFIG_ERROR)
        problems->errors++;
    else
        problems->warnings++;
}

/* Text NULL: there was no memory for it. */
static bool has_word(const char *text, const char *word) {
    return text && strcasestr(text, word);
}

static void hide(struct hr_config_problem *problem) {
    problem->line = NULL;
    problem->caret = 0;
}

void hr__config_hide(hr_config_problems *problems, const char *name, uint32_t first,
                     uint32_t last) {
    for (struct hr__config_problem_entry *entry = problems->first; entry; entry = entry->next) {
        const struct hr_config_origin *origin = &entry->problem.origin;
        if (entry->problem.line && origin->line >= first && origin->line <= last &&
            strcmp(origin->name, name) == 0)
            hide(&entry->problem);
    }
}

void hr__config_hide_word(hr_config_problems *problems, const char *word) {
    for (struct hr__config_problem_entry *entry = problems->first; entry; entry = entry->next)
        if (has_word(entry->problem.line, word) || has_word(entry->problem.path, word))
            hide(&entry->problem);
}

void hr__config_close(hr_config_problems *problems) {
    if (problems->more == 0) return;
    size_t more = problems->more;
    problems->count_max = SIZE_MAX;
    problems->more = 0;
    struct hr__config_spot nowhere = {.name = NULL};
    hr__config_report(problems, problems->incomplete ? HR_CONFIG_ERROR : HR_CONFIG_WARNING,
                      &nowhere, "%zu more problems are not shown (limits.problems_max)", more);
}

/* ---- Reading. */

size_t hr_config_problems_count(const hr_config_problems *problems) {
    return problems ? problems->errors + problems->warnings : 0;
}

size_t hr_config_problems_of(const hr_config_problems *problems, enum hr_config_severity severity) {
    if (!problems) return 0;
    return severity == HR_CONFIG_ERROR ? problems->errors : problems->warnings;
}

const struct hr_config_problem *hr_config_problems_at(const hr_config_problems *problems,
                                                      size_t index) {
    const struct hr__config_problem_entry *entry = problems ? problems->first : NULL;
    while (entry && index-- > 0) entry = entry->next;
    return entry ? &entry->problem : NULL;
}

void hr_config_problems_free(hr_config_problems *problems) {
    if (!problems) return;
    hr__config_arena_free(&problems->arena);
    free(problems);
}

static void put_text(FILE *out, const char *text) {
    char shown[4];
    for (struct hr_slice rest = hr_slice_of(text); rest.size > 0; skip(&rest, 1)) {
        const char *end = put_shown(shown, hr_slice_bytes(rest.data, character(rest)));
        fwrite(shown, 1, (size_t)(end - shown), out);
    }
}

static void put_origin(FILE *out, const struct hr_config_origin *origin) {
    if (!origin->name) return;
    switch (origin->kind) {
    case HR_CONFIG_FROM_FILE:
    case HR_CONFIG_FROM_ENV_FILE:
        put_text(out, origin->name);
        if (origin->line) fprintf(out, ":%" PRIu32 ":%" PRIu32, origin->line, origin->column);
        break;
    case HR_CONFIG_FROM_VARIABLE:
        fputs("variable ", out);
        put_text(out, origin->name);
        break;
    case HR_CONFIG_FROM_SECRET:
        fputs("secret ", out);
        put_text(out, origin->name);
        break;
    case HR_CONFIG_FROM_SET:
        fputs("--set ", out);
        put_text(out, origin->name);
        break;
    }
    fputs(": ", out);
}

size_t hr_config_problem_text(const struct hr_config_problem *problem, char *out, size_t capacity) {
    char *text = NULL;
    size_t size = 0;
    assert(problem && capacity >= 4);
    FILE *memory = open_memstream(&text, &size);
    *out = '\0';
    if (!memory) return 0;
    put_origin(memory, &problem->origin);
    fputs(problem->severity == HR_CONFIG_ERROR ? "error: " : "warning: ", memory);
    if (problem->path && *problem->path) {
        put_text(memory, problem->path);
        fputs(": ", memory);
    }
    fputs(problem->message ? problem->message : "no memory", memory);
    if (problem->line)
        fprintf(memory, "\n  | %s\n  | %*s", problem->line, (int)problem->caret, "^");
    size_t written = 0;
    if (fclose(memory) == 0) written = hr_text_shorten(out, capacity, hr_slice_bytes(text, size));
    free(text);
    return written;
}
