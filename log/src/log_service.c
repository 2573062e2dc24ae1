/* Logs of services: set-up in one call, starting and stopping. */
#include <errno.h>
#include <string.h>

#include <base/reserved.h>

#include "log_core.h"

int hr_log_start(hr_log *log) {
    if (!log) return 0;
    struct hr_log_core *core = log->view.core;
    if (hr__log_rings_are_parents(&core->rings)) return -ESHUTDOWN;
    if (!hr__log_drain_is_started(&core->drain)) hr__log_drain_resume(&core->drain);
    return 0;
}

int hr_log_stop(hr_log *log, int timeout_ms) {
    if (!log) return 0;
    if (hr__reactor_current()) return -EDEADLK;
    struct hr_log_core *core = log->view.core;
    struct hr__log_drain *drain = &core->drain;
    if (hr__log_rings_are_parents(&core->rings)) return -ESHUTDOWN;
    if (!hr__log_drain_is_started(drain)) return 0;
    int err = hr__log_drain_flush(drain, timeout_ms, true);
    if (err && err != -ETIMEDOUT && err != -EAGAIN) return err;
    int paused = hr__log_drain_pause(drain);
    if (paused) return paused;
    if (err != -ETIMEDOUT) return 0;
    uint64_t left = hr__log_drain_queued(drain);
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* ---- Set-up. */

static int format_of(const char *text, struct hr_error *error, enum hr_log_format *format) {
    static const struct {
        const char *name;
        enum hr_log_format format;
    } formats[] = {{"structured", HR_LOG_FORMAT_TEXT},
                   {"text", HR_LOG_FORMAT_TEXT},
                   {"json", HR_LOG_FORMAT_JSON},
                   {"logfmt", HR_LOG_FORMAT_LOGFMT}};
    if (!text) return 0; /* zero is structured text */
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!hr_slice_equal_nocase(hr_slice_of(formats[i].name), hr_slice_of(text))) continue;
        *format = formats[i].format;
        return 0;
    }
    return hr_error_set(error, -EINVAL, "format: '%.30s' is none of structured, json, logfmt",
                        text);
}

static int check(const struct hr_log_service_options *options, struct hr_error *error) {
    const struct hr_log_options *log = options->log;
    const struct hr_reserved own = {"hr_log_service_options", options->reserved,
                                    sizeof options->reserved};
    int err = hr__reserved_check(&own, 1, error);
    if (err) return err;
    if (!options->name || !options->name[0])
        return hr_error_set(error, -EINVAL, "name: a service's log needs one");
    if (options->no_console && !options->file)
        return hr_error_set(error, -EINVAL, "no_console: without a file nothing would be written");
    if (options->file && !options->file[0])
        return hr_error_set(error, -EINVAL, "file: an empty path");
    if (log && (log->name || log->level || log->sinks || log->sink_count || log->control_path))
        return hr_error_set(error, -EINVAL,
                            "log: its name, level, sinks and control_path are those of the "
                            "service's options");
    return 0;
}

/* A single level is told of by its own words. */
static int read_levels(const char *text, struct hr_error *error, struct hr__log_levels *levels) {
    struct hr_error why = {0};
    bool single = !strpbrk(text, ",=");
    int err = single ? hr_log_level_parse(hr_slice_of(text), &why, &levels->level)
                     : hr__log_levels_read(text, &why, levels);
    return err ? hr_error_set(error, err, single ? "level: %s" : "%s", why.message) : 0;
}

/* HEADRACE_LOG goes before them. */
static int use_levels(const struct hr__log_levels *levels, struct hr_error *error, hr_log **log) {
    struct hr__log_levels given;
    int err = hr__log_levels_from_environment(error, &given);
    if (!err && !given.level && !given.count) err = hr__log_levels_use(*log, levels);
    if (!err) return 0;
    hr_log_close(*log);
    *log = NULL;
    return hr_error_set(error, err, "no memory for a log's levels");
}

int hr_log_service(const struct hr_log_service_options *options, struct hr_error *error,
                   hr_log **log) {
    if (!options || !log) return hr_error_set(error, -EINVAL, "options or log is NULL");
    struct hr_log_options whole = options->log ? *options->log : (struct hr_log_options){0};
    struct hr_log_sink sinks[2] = {
        {.kind = options->to_stdout ? HR_LOG_SINK_STDOUT : HR_LOG_SINK_STDERR, .colours = true},
        {.kind = HR_LOG_SINK_FILE, .path = options->file}};
    enum hr_log_format format = HR_LOG_FORMAT_TEXT;
    struct hr__log_levels levels = {.level = 0};
    int err = check(options, error);
    if (!err && options->level) err = read_levels(options->level, error, &levels);
    if (!err) err = format_of(options->format, error, &format);
    if (err) return err;
    for (unsigned i = 0; i < 2; i++) {
        sinks[i].format = format;
        sinks[i].time = options->iso_time ? HR_LOG_TIME_ISO : HR_LOG_TIME_ESPER;
        sinks[i].local_time = options->local_time;
        sinks[i].source = options->source;
    }
    whole.name = options->name;
    whole.control_path = options->control_path;
    whole.level = levels.level;
    whole.sinks = options->no_console ? sinks + 1 : sinks;
    whole.sink_count = options->file && !options->no_console ? 2 : 1;
    whole.unstarted = !options->synchronous;
    if (options->synchronous) whole.sync_level = 1;
    err = hr_log_new(&whole, error, log);
    return err || !levels.count ? err : use_levels(&levels, error, log);
}
