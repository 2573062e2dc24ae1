/* headrace log cat: reads logs back, filters them, follows them. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/log_level.h>

#include "cat_filter.h"
#include "cat_print.h"
#include "cat_source.h"
#include "cat_time.h"
#include "commands.h"
#include "output.h"

#define LOOK_MS 100 /* how often a followed file is looked at */

struct values {
    const char *level, *since, *until;
    struct option_list where;
    int colour;
    bool json, follow;
};

enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"level", "LEVEL", OPTION_STRING, VALUE(level), .check = cat_filter_check_level,
     .help = "Records of this level and above"},
    {"since", "TIME", OPTION_STRING, VALUE(since), .check = cat_filter_check_time,
     .help = "Records of this time and later: 2026-11-22T10:00:00Z, or how long ago, 10m"},
    {"until", "TIME", OPTION_STRING, VALUE(until), .check = cat_filter_check_time,
     .help = "Records of this time and earlier"},
    {"where", "CONDITION", OPTION_LIST, VALUE(where), .check = cat_filter_check_where,
     .help = "KEY=VALUE, KEY!=VALUE, or KEY~PART where the value has a part; all must hold; "
             "members of objects are OUTER.INNER; also timestamp, level, logger, message"},
    {"follow", NULL, OPTION_FLAG, VALUE(follow), .short_name = 'f',
     .help = "Go on with what is added, also when the file is moved, cut or made anew"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print one JSON object a record"},
    {"color", "WHEN", OPTION_CHOICE, VALUE(colour), .choices = "auto|always|never",
     .standard = "auto", .help = "Colours of levels in text; auto: on a terminal"},
    {.name = NULL}};

struct cat {
    const struct values *values;
    struct cat_filter filter;
    struct cat_line line;
    bool colours;
    uint64_t left_out; /* lines that are no records */
    bool failed;
};

/* ---- Lines. */

/* A line that is no record passes as it is, where neither a filter nor JSON is asked for. */
static void show_other(struct cat *cat, struct hr_slice raw) {
    if (raw.size == 0 && (cat->values->json || cat->filter.any)) return;
    if (cat->values->json || cat->filter.any) {
        cat->left_out++;
        return;
    }
    output_bytes(raw);
    fputc('\n', stdout);
}

static void show(struct cat *cat, struct hr_slice raw) {
    cat_line_read(&cat->line, raw);
    if (cat->line.form == CAT_NONE)
        show_other(cat, raw);
    else if (!cat_filter_fits(&cat->filter, &cat->line))
        return;
    else if (cat->values->json)
        cat_print_json(stdout, &cat->line);
    else
        cat_print_text(stdout, &cat->line, cat->colours);
}

static void show_lines(struct cat *cat, struct cat_source *source, bool rest) {
    struct hr_slice raw;
    while (!ferror(stdout) && cat_source_line(source, rest, &raw)) show(cat, raw);
}

static void complain(struct cat *cat, const struct cat_source *source, int err) {
    const char *name = strcmp(source->path, "-") == 0 ? "standard input" : source->path;
    cat->failed = true;
    if (err == -EBADMSG)
        output_complain("%s: the compressed data is damaged", name);
    else if (err == -ENODATA)
        output_complain("%s: the compressed data ends early", name);
    else
        output_complain("%s: %s", name, hr_error_text(err));
}

/* To the end; what stands there without a newline stays. 0 or a negative code. */
static int show_all(struct cat *cat, struct cat_source *source) {
    int more;
    while (!ferror(stdout) && (more = cat_source_read(source)) != 0) {
        if (more == -ENODATA || more == -EBADMSG) show_lines(cat, source, true);
        if (more < 0) return more;
        show_lines(cat, source, false);
    }
    return 0;
}

static void show_file(struct cat *cat, const char *path) {
    struct cat_source source;
    int err = cat_source_open(&source, path);
    if (!err) err = show_all(cat, &source);
    show_lines(cat, &source, true);
    if (err) complain(cat, &source, err);
    cat_source_close(&source);
}

/* ---- Following. */

/* The added lines, then the file that has taken its place. */
static void follow_one(struct cat *cat, struct cat_source *source) {
    bool replaced =
        cat_source_was_replaced(source); /* before the last read: nothing comes behind */
    int err = show_all(cat, source);
    if (!err && !replaced && cat_source_was_replaced(source)) return; /* once more */
    int changed = err ? err : cat_source_follow(source);
    if (changed > 0) {
        show_lines(cat, source, true);
        changed = show_all(cat, source);
    }
    if (changed == 0) return;
    complain(cat, source, changed);
    source->ended = true;
}

/* A pipe or a compressed file ends; others are looked at until the reader has gone. */
static bool has_end(const struct cat_source *source) {
    return source->ended || (source->fd >= 0 && (!source->regular || source->inflater));
}

static void follow(struct cat *cat, struct cat_source *sources, size_t count) {
    struct pollfd reader = {.fd = STDOUT_FILENO};
    bool any = true;
    while (any && !ferror(stdout)) {
        any = false;
        for (size_t i = 0; i < count; i++) {
            if (!sources[i].ended) follow_one(cat, &sources[i]);
            if (!sources[i].ended && has_end(&sources[i])) {
                show_lines(cat, &sources[i], true);
                sources[i].ended = true;
            }
            any |= !sources[i].ended;
        }
        fflush(stdout);
        if (any && poll(&reader, 1, LOOK_MS) > 0 && (reader.revents & (POLLERR | POLLNVAL))) break;
    }
}

static void report_waiting(const char *path) {
    char text[400];
    snprintf(text, sizeof text, "%.300s is not there yet: it is waited for", path);
    output_notice(NULL, text);
}

static void follow_files(struct cat *cat, const char *const *paths, size_t count) {
    struct cat_source *sources = calloc(count, sizeof *sources);
    if (!sources) {
        output_complain("out of memory");
        cat->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int err = cat_source_open(&sources[i], paths[i]);
        if (err == -ENOENT)
            report_waiting(paths[i]);
        else if (err)
            complain(cat, &sources[i], err);
        sources[i].ended = err && err != -ENOENT;
    }
    follow(cat, sources, count);
    for (size_t i = 0; i < count; i++) cat_source_close(&sources[i]);
    free(sources);
}

/* ---- The command. */

static void fill_filter(struct cat *cat) {
    const struct values *values = cat->values;
    uint64_t now = hr_clock_wall_ns();
    cat->filter = (struct cat_filter){.until_ns = UINT64_MAX, .where = values->where};
    cat->filter.any = values->level || values->since || values->until || values->where.count;
    if (values->level) hr_log_level_parse(hr_slice_of(values->level), NULL, &cat->filter.level);
    if (values->since) cat_time_parse_option(values->since, now, &cat->filter.since_ns);
    if (values->until) cat_time_parse_option(values->until, now, &cat->filter.until_ns);
}

static int run(const struct command_call *call) {
    static const char *const input[] = {"-"};
    struct cat cat = {.values = call->values};
    const char *const *paths = call->argument_count ? call->arguments : input;
    size_t count = call->argument_count ? call->argument_count : 1;
    int colour = cat.values->colour;
    cat.colours = colour == COLOUR_ALWAYS || (colour == COLOUR_AUTO && isatty(STDOUT_FILENO));
    fill_filter(&cat);
    if (cat.values->follow)
        follow_files(&cat, paths, count);
    else
        for (size_t i = 0; i < count && !ferror(stdout); i++) show_file(&cat, paths[i]);
    cat_line_close(&cat.line);
    if (cat.left_out) {
        char text[80];
        snprintf(text, sizeof text, "%llu line%s no record%s and left out",
                 (unsigned long long)cat.left_out, cat.left_out == 1 ? " is" : "s are",
                 cat.left_out == 1 ? "" : "s");
        output_notice(NULL, text);
    }
    return cat.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_log_cat = {
    .path = "log cat",
    .arguments = "[FILE...]",
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Show logs in JSON, logfmt or text, filtered, as text or JSON",
    .details =
        "Each line may have another form. FILE may be compressed with gzip or zstd; - and none "
        "are standard input. A line that is no record passes as it is; with a filter or --json "
        "it is left out and counted. With -f a compressed file and a pipe end at their end. "
        "Exit code 1 when a file could not be read.",
    .examples = "headrace log cat --level warning --since 10m service.log\n"
                "headrace log cat -f --where logger=service.part --where status!=200 service.log\n"
                "headrace log cat --json service.log.2.gz service.log.1.zst service.log\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
