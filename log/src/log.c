/* Logs as handles: options, opening and closing, children. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>

#include "log_block.h"
#include "log_control.h"
#include "log_core.h"
#include "log_redact.h"

#define RING_BYTES       (UINT64_C(1) << 20)
#define RING_BYTES_MIN   (UINT64_C(16) << 10)
#define RING_BYTES_MAX   (UINT64_C(1) << 30)
#define RINGS_BYTES_MAX  (UINT64_C(256) << 20)
#define STRING_BYTES     1024
#define STRING_BYTES_MAX 65536
#define NAME_BYTES_MAX   255
#define BACKTRACE_MAX    4096
#define FULL_TIMEOUT_MS  200
#define CLOSE_TIMEOUT_MS 10000

static struct hr_log_core *core_of(const hr_log *log) {
    return log->view.core;
}

static struct hr__log_drain *drain_of_rings(struct hr__log_rings *rings) {
    return &((struct hr_log_core *)(void *)rings)->drain;
}

static void wake(struct hr__log_rings *rings, bool now) {
    (void)now;
    hr__log_drain_wake(drain_of_rings(rings));
}

static const uint64_t *turn_ticks(void) {
    return hr__reactor_stamp(hr__log_counter);
}

/* Whether this thread may wait for the drain at all. */
static bool may_wait(const struct hr__log_drain *drain) {
    return !hr__reactor_current() && hr__log_drain_is_started(drain);
}

static int wait_tail(struct hr__log_rings *rings, const struct hr__log_ring *ring, uint64_t tail) {
    struct hr__log_drain *drain = drain_of_rings(rings);
    if (!may_wait(drain)) return -EDEADLK;
    return hr__log_drain_wait_tail(drain, ring, tail, (int)rings->waits.timeout_ms);
}

static int wait_written(struct hr__log_rings *rings) {
    struct hr__log_drain *drain = drain_of_rings(rings);
    if (!may_wait(drain)) return -EDEADLK;
    return hr__log_drain_flush(drain, (int)rings->waits.timeout_ms, true) == 0;
}

/* ---- Making one. */

static int check_reserved(const struct hr_log_options *options, struct hr_error *error) {
    const struct hr_reserved own = {"hr_log_options", options->reserved, sizeof options->reserved};
    int err = hr__reserved_check(&own, 1, error);
    for (unsigned i = 0; !err && i < options->sink_count; i++) {
        const struct hr_log_sink *sink = &options->sinks[i];
        const struct hr_reserved of = {"hr_log_sink", sink->reserved, sizeof sink->reserved};
        err = hr__reserved_check(&of, 1, error);
    }
    return err;
}

static int check(const struct hr_log_options *options, struct hr_error *error) {
    uint64_t ring = options->ring_bytes;
    if (ring && (ring < RING_BYTES_MIN || ring > RING_BYTES_MAX || (ring & (ring - 1))))
        return hr_error_set(error, -EINVAL, "ring_bytes is no power of two from 16 KiB to 1 GiB");
    if (options->string_bytes_max > STRING_BYTES_MAX)
        return hr_error_set(error, -EINVAL, "string_bytes_max is above %d", STRING_BYTES_MAX);
    if (options->sink_count > HR_LOG_SINKS_MAX || (options->sink_count && !options->sinks))
        return hr_error_set(error, -EINVAL, "sinks: at most %d, and not NULL", HR_LOG_SINKS_MAX);
    if (options->level < 0 || options->level > HR_LOG_OFF)
        return hr_error_set(error, -EINVAL, "level is not from 0 to 255");
    if (options->close_timeout_ms > INT32_MAX)
        return hr_error_set(error, -EINVAL, "close_timeout_ms is above %d", INT32_MAX);
    if (options->sync_level < 0 || options->sync_level > HR_LOG_OFF)
        return hr_error_set(error, -EINVAL, "sync_level is not from 0 to 255");
    if (options->backtrace > BACKTRACE_MAX)
        return hr_error_set(error, -EINVAL, "backtrace is above %d", BACKTRACE_MAX);
    if (options->backtrace_level < 0 || options->backtrace_level > HR_LOG_OFF)
        return hr_error_set(error, -EINVAL, "backtrace_level is not from 0 to 255");
    if (options->full != HR_LOG_FULL_DROP && options->full != HR_LOG_FULL_WAIT)
        return hr_error_set(error, -EINVAL, "full is neither HR_LOG_FULL_DROP nor _WAIT");
    if (options->full_timeout_ms > INT32_MAX)
        return hr_error_set(error, -EINVAL, "full_timeout_ms is above %d", INT32_MAX);
    if (options->name && strlen(options->name) > NAME_BYTES_MAX)
        return hr_error_set(error, -EINVAL, "the log's name is longer than %d bytes",
                            NAME_BYTES_MAX);
    if (options->redacted_count && !options->redacted)
        return hr_error_set(error, -EINVAL, "redacted is NULL");
    return check_reserved(options, error);
}

/* For the whole process, and for good: after all that can be refused. */
static int redact(const struct hr_log_options *options, struct hr_error *error) {
    for (unsigned i = 0; i < options->redacted_count; i++) {
        int err = hr__log_redact(hr_slice_of(options->redacted[i]));
        if (err)
            return hr_error_set(error, err,
                                "redacted: a pattern has 1 to 63 bytes, and there are "
                                "at most 64 of them");
    }
    return 0;
}

/* Opens the drain's engine: the one that is given, or an own one with one reactor. */
static int open_engine(struct hr_log_core *core, hr_engine *given, struct hr_error *error) {
    assert(!core->engine);
    const struct hr_engine_options options = {.reactors = 1, .buffer_count = 1, .ring_entries = 64};
    int err = 0;
    core->engine = given;
    if (!given) {
        core->own_engine = true;
        err = hr_engine_new(&options, error, &core->engine);
    }
    if (err) return err;
    err = hr__engine_handle_open(core->engine);
    if (err) hr_error_set(error, err, "the engine is closing");
    core->drain.host.reactor = hr__engine_reactor(core->engine, 0);
    return err;
}

static void close_engine(struct hr_log_core *core) {
    (void)hr__engine_handle_closing(core->engine);
    hr__engine_handle_closed(core->engine);
    if (core->own_engine) hr_engine_close(core->engine, NULL, NULL);
}

static int open_core(struct hr_log_core *core, const struct hr_log_options *options,
                     struct hr_error *error) {
    core->close_timeout_ms =
        options->close_timeout_ms ? options->close_timeout_ms : CLOSE_TIMEOUT_MS;
    core->string_limit = options->string_bytes_max ? options->string_bytes_max : STRING_BYTES;
    core->rings.ring_bytes = options->ring_bytes ? options->ring_bytes : RING_BYTES;
    core->rings.bytes_max = options->rings_bytes_max ? options->rings_bytes_max : RINGS_BYTES_MAX;
    core->rings.slow_ticks = !hr__log_counter_is_invariant();
    core->rings.directory = -1;
    core->rings.wake = wake;
    core->rings.turn_ticks = core->rings.slow_ticks ? NULL : turn_ticks;
    core->rings.backtrace = options->backtrace;
    core->rings.backtrace_level =
        options->backtrace_level ? options->backtrace_level : HR_LOG_DEBUG;
    core->rings.waits = (struct hr__log_waits){
        .full = options->full == HR_LOG_FULL_WAIT,
        .errors = !options->errors_drop,
        .sync_level = options->sync_level,
        .timeout_ms = options->full_timeout_ms ? options->full_timeout_ms : FULL_TIMEOUT_MS,
        .tail = wait_tail,
        .written = wait_written,
    };
    core->drain.host.rings = &core->rings;
    pthread_mutex_init(&core->lock, NULL);
    int err = hr__log_rings_open(&core->rings);
    if (err) return hr_error_set(error, err, "no thread-specific data for a log");
    err = hr__log_shared_open(&core->shared, &core->rings, options->rings_directory, error);
    if (!err) err = hr__log_shared_reserve(&core->shared, &core->rings, error);
    if (!err) err = open_engine(core, options->engine, error);
    if (!err) {
        err = hr__log_drain_init(&core->drain, options, error);
        if (err)
            close_engine(core);
        else
            hr__log_drain_wait_opened(&core->drain);
    } else if (core->own_engine && core->engine) {
        hr_engine_close(core->engine, NULL, NULL);
    }
    if (err) {
        hr__log_rings_close(&core->rings);
        hr__log_shared_close(&core->shared, true);
    }
    return err;
}

/* 0; -ETIMEDOUT: something hangs, and drain and core stay for as long as the process. */
static int close_core(struct hr_log_core *core, uint64_t *left) {
    assert(!core->control && !core->next_open);
    hr__log_guard_close(core->guard);
    core->guard = NULL;
    int err = hr__log_drain_close(&core->drain, core->close_timeout_ms, left);
    if (err) return err;
    close_engine(core);
    hr__log_rings_close(&core->rings);
    hr__log_shared_close(&core->shared, core->drain.life.complete);
    pthread_mutex_destroy(&core->lock);
    free(core->levels);
    free(core);
    return 0;
}

static hr_log *new_log(struct hr_log_core *core, struct hr_slice name, int *err) {
    assert(core->rings.serial > 0);
    hr_log *log = calloc(1, sizeof *log);
    *err = log ? hr__log_name_add(name, &log->view.id) : -ENOMEM;
    if (*err) {
        free(log);
        return NULL;
    }
    log->view.core = core;
    log->view.serial = core->rings.serial;
    log->view.string_limit = core->string_limit;
    return log;
}

/* Makes a log with all behind it but its control socket. */
static int open_log(const struct hr_log_options *options, const struct hr__log_levels *levels,
                    struct hr_error *error, hr_log **log) {
    struct hr_log_core *core = calloc(1, sizeof *core);
    if (!core) return hr_error_set(error, -ENOMEM, "no memory for a log");
    int err = open_core(core, options, error);
    if (err) {
        free(core);
        return err;
    }
    const char *name = options->name && options->name[0] ? options->name : "headrace";
    hr_log *made = new_log(core, hr_slice_of(name), &err);
    if (!made) {
        uint64_t left;
        close_core(core, &left);
        return hr_error_set(error, err, "no memory for a log's name");
    }
    made->level_from = HR_LOG_LEVEL_SET;
    core->rings.name = made->view.id;
    hr__log_level_put(made, options->level ? options->level : HR_LOG_INFO);
    if (levels->level || levels->count) err = hr__log_levels_use(made, levels);
    if (err) {
        hr_log_close(made);
        return hr_error_set(error, err, "no memory for a log's levels");
    }
    *log = made;
    return 0;
}

int hr_log_new(const struct hr_log_options *options, struct hr_error *error, hr_log **log) {
    static const struct hr_log_options zero;
    if (!log) return hr_error_set(error, -EINVAL, "log is NULL");
    if (!options) options = &zero;
    if (hr__reactor_current())
        return hr_error_set(error, -EDEADLK, "a log cannot be made on a reactor's thread");
    struct hr__log_levels levels;
    struct hr__log_control *control = NULL;
    hr_log *made = NULL;
    int err = check(options, error);
    if (!err) err = hr__log_levels_from_environment(error, &levels);
    if (!err) err = redact(options, error);
    if (!err && options->control_path)
        err = hr__log_control_open(options->control_path, error, &control);
    if (err) return err;
    err = open_log(options, &levels, error, &made);
    if (err) {
        (void)hr__log_control_close(control, 0);
        return err;
    }
    core_of(made)->control = control;
    if (control) hr__log_control_start(control, made);
    hr__log_exit_add(core_of(made));
    *log = made;
    return 0;
}

int hr_log_close(hr_log *log) {
    if (!log) return 0;
    if (hr__reactor_current()) return -EDEADLK;
    struct hr_log_core *core = core_of(log);
    if (hr__log_rings_are_parents(&core->rings)) return 0; /* only its memory is here */
    hr__log_exit_remove(core);
    uint64_t left;
    int err = hr__log_control_close(core->control, core->close_timeout_ms);
    if (err) return err;
    core->control = NULL;
    err = close_core(core, &left);
    free(log);
    if (err) return err;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

int hr_log_flush(hr_log *log, int timeout_ms) {
    if (!log) return 0;
    if (hr__reactor_current()) return -EDEADLK;
    if (hr__log_rings_are_parents(&core_of(log)->rings)) return -ESHUTDOWN;
    struct hr__log_drain *drain = &core_of(log)->drain;
    if (!hr__log_drain_is_started(drain)) return -EAGAIN;
    return hr__log_drain_flush(drain, timeout_ms, true);
}

int hr_log_reopen(hr_log *log) {
    if (!log) return 0;
    if (hr__log_rings_are_parents(&core_of(log)->rings)) return -ESHUTDOWN;
    hr__log_drain_reopen(&core_of(log)->drain);
    return 0;
}

/* ---- Children. */

static void join(hr_log *parent, hr_log *child) {
    assert(!child->parent && !child->next);
    struct hr_log_core *core = core_of(parent);
    pthread_mutex_lock(&core->lock);
    child->parent = parent;
    child->next = parent->children;
    parent->children = child;
    hr__log_levels_join(child);
    pthread_mutex_unlock(&core->lock);
}

/* Binds the fields of the parent and these, which replace those with equal keys. */
static int bind_fields(hr_log *child, const hr_log *parent, const struct hr_log_field *fields,
                       unsigned count) {
    const struct hr__log_block_limits limits = {child->view.string_limit, HR_LOG_RECORD_MAX / 4};
    int err = hr__log_block_new(parent->bound, fields, count, &limits, &child->bound);
    if (err) return err;
    child->view.bound = child->bound->bytes;
    child->view.bound_size = child->bound->size;
    return 0;
}

static int make_child(hr_log *parent, struct hr_slice name, const struct hr_log_field *fields,
                      unsigned count, hr_log **child) {
    int err;
    hr_log *made = new_log(core_of(parent), name, &err);
    if (!made) return err;
    err = bind_fields(made, parent, fields, count);
    if (err) {
        free(made);
        return err;
    }
    join(parent, made);
    *child = made;
    return 0;
}

int hr_log_child(hr_log *parent, const char *name, hr_log **child) {
    char joined[2 * NAME_BYTES_MAX + 1];
    if (!parent || !name || !child || !name[0] || strlen(name) > NAME_BYTES_MAX) return -EINVAL;
    struct hr_slice whole = hr_slice_of(name);
    if (name[0] == '.') {
        struct hr_slice front = hr__log_name_find(&hr__log_dictionary, parent->view.id);
        if (front.size + whole.size > NAME_BYTES_MAX) return -EINVAL;
        memcpy(joined, front.data, front.size);
        memcpy(joined + front.size, whole.data, whole.size);
        whole = hr_slice_bytes(joined, front.size + whole.size);
    }
    return make_child(parent, whole, NULL, 0, child);
}

int hr_log_with(hr_log *parent, const struct hr_log_field *fields, unsigned count, hr_log **child) {
    if (!parent || !child || (count && !fields)) return -EINVAL;
    struct hr_slice name = hr__log_name_find(&hr__log_dictionary, parent->view.id);
    return make_child(parent, name, fields, count, child);
}

void hr_log_free(hr_log *child) {
    if (!child || !child->parent) return;
    struct hr_log_core *core = core_of(child);
    pthread_mutex_lock(&core->lock);
    hr_log **link = &child->parent->children;
    while (*link != child) link = &(*link)->next;
    assert(*link);
    *link = child->next;
    pthread_mutex_unlock(&core->lock);
    free(child->bound);
    free(child);
}

/* ---- Writing. */

void hr_log_write(hr_log *log, int level, struct hr_slice message,
                  const struct hr_log_field *fields, unsigned count) {
    if (!log || !hr_log_enabled_(&log->view, level)) return;
    const struct hr__log_free record = {level, message, fields, fields ? count : 0};
    hr__log_write_free(&log->view, &record);
}
