/* Opening and closing sinks: the table of their kinds, and the style of their lines. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log_sink_classes.h"

static const struct hr__log_sink_class *const classes[] = {
    [HR_LOG_SINK_FILE] = &hr__log_sink_file,        [HR_LOG_SINK_STDERR] = &hr__log_sink_stream,
    [HR_LOG_SINK_STDOUT] = &hr__log_sink_stream,    [HR_LOG_SINK_CALLBACK] = &hr__log_sink_callback,
    [HR_LOG_SINK_JOURNALD] = &hr__log_sink_journal, [HR_LOG_SINK_SYSLOG] = &hr__log_sink_syslog,
};

static const struct hr__log_sink_class *class_of(enum hr_log_sink_kind kind) {
    return kind < sizeof classes / sizeof *classes ? classes[kind] : NULL;
}

/* Messages of a protocol are made of plain JSON lines, whose time is RFC 3339's with six digits at
 * most. */
static bool rewritten_style(const struct hr_log_sink *options, struct hr__log_style *style) {
    style->form = HR__LOG_JSON;
    return !options->format && !options->names && !options->time && !options->source &&
           !options->colours && options->time_digits <= 6;
}

static int style_of(const struct hr_log_sink *options, struct hr__log_style *style) {
    if (options->format > HR_LOG_FORMAT_LOGFMT || options->names > HR_LOG_NAMES_OTEL ||
        options->time > HR_LOG_TIME_ESPER)
        return -EINVAL;
    unsigned digits = options->time_digits ? options->time_digits : 3;
    if (digits != 3 && digits != 6 && digits != 9) return -EINVAL;
    *style = (struct hr__log_style){
        .form = (enum hr__log_form)options->format,
        .names = (enum hr__log_names)options->names,
        .time = {options->time == HR_LOG_TIME_ESPER, options->local_time, digits},
        .source = options->source,
        .colours = options->colours,
    };
    return 0;
}

static int open_wish(struct hr__log_sink_wish *wish, const struct hr_log_sink *options) {
    assert(!wish->pattern && !wish->names);
    wish->filter.level = options->level;
    if (!options->logger) return 0;
    wish->pattern = strdup(options->logger);
    if (!wish->pattern) return -ENOMEM;
    wish->filter.pattern = hr_slice_of(wish->pattern);
    return 0;
}

int hr__log_sink_open(struct hr__log_sink *sink, struct hr__log_host *host, unsigned index,
                      const struct hr_log_sink *options, struct hr_error *error) {
    struct hr__log_style style;
    assert(!sink->class_);
    sink->class_ = class_of(options->kind);
    sink->host = host;
    sink->filling = sink->buffers;
    sink->target.fd = sink->target.direct = -1;
    if (!sink->class_) return hr_error_set(error, -EINVAL, "a log's sink without a kind");
    if (style_of(options, &style) != 0 ||
        (sink->class_->rewrite && !rewritten_style(options, &style)))
        return hr_error_set(error, -EINVAL, "a %s sink's format, names, time or time_digits",
                            sink->class_->name);
    int err = open_wish(&sink->wish, options);
    if (err) return hr_error_set(error, err, "no memory for a log's sink");
    err = sink->class_->open(sink, options, error);
    if (err) return err;
    sink->progress.done.offset = sink->target.offset;
    style.colours = style.colours && sink->is_terminal;
    err = hr__log_formatter_open(&sink->formatter, &style, &hr__log_dictionary, &host->ticks);
    if (err) return hr_error_set(error, err, "no memory for a log's sink");
    return sink->class_->commits ? hr__log_sink_commit_open(sink, index, error) : 0;
}

void hr__log_sink_close(struct hr__log_sink *sink) {
    if (sink->class_ && sink->class_->close) sink->class_->close(sink);
    hr__log_formatter_close(&sink->formatter);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        assert(!hr__operation_active(&sink->buffers[i].operation));
        free(sink->buffers[i].covers);
    }
    free(sink->wish.pattern);
    free(sink->wish.names);
    free(sink->lag.read);
    hr__log_progress_close(&sink->progress);
    free(sink->committed.positions);
    free(sink->scratch.memory);
    hr__log_commit_close(&sink->commit);
}
