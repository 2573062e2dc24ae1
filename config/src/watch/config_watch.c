/* A watch: what is in force, and what takes its place. */
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>

#include "config_snapshot.h"
#include "config_watch_state.h"

/* ---- Readers. */

void hr_config_reader_open(hr_config_watch *watch, struct hr_config_reader *reader) {
    *reader = (struct hr_config_reader){.watch = watch, .now = &watch->generation};
}

/* The lock is held for two words; so a reader never waits for a load. */
const hr_config *hr_config_reader_update(struct hr_config_reader *reader) {
    hr_config_watch *watch = reader->watch;
    const hr_config *before = reader->config;
    pthread_mutex_lock(&watch->lock);
    reader->config = hr_config_hold(watch->current);
    reader->seen = __atomic_load_n(&watch->generation, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&watch->lock);
    hr_config_free((hr_config *)(uintptr_t)before);
    return reader->config;
}

void hr_config_reader_close(struct hr_config_reader *reader) {
    hr_config_free((hr_config *)(uintptr_t)reader->config);
    *reader = (struct hr_config_reader){.watch = NULL};
}

/* ---- Reloading. */

/* Returns the one that was in force, whose owner the caller is now. */
static hr_config *exchange(hr_config_watch *watch, hr_config *fresh) {
    pthread_mutex_lock(&watch->lock);
    hr_config *before = watch->current;
    watch->current = fresh;
    __atomic_store_n(&watch->generation, watch->generation + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&watch->lock);
    return before;
}

/* First all that may fail; so who is told finds the new one in force. */
static int take_effect(hr_config_watch *watch, hr_config *fresh) {
    const struct hr_config_watch_options *options = &watch->options;
    struct hr__config_changes changes = {.items = NULL};
    int err = 0;
    if (watch->current && options->on_change)
        err = hr__config_changes_collect(watch->current, fresh, &changes);
    if (err) return err;
    hr_config *before = exchange(watch, fresh);
    if (changes.count > 0) options->on_change(options->user, changes.items, changes.count);
    hr__config_changes_free(&changes);
    hr_config_free(before);
    return 0;
}

/* The load has looked at each file before it read it, so a change while it reads is seen by the
 * next look. */
static int load(hr_config_watch *watch, hr_config_problems **problems, struct hr_error *error,
                hr_config **fresh) {
    struct hr__config_prints seen = {.items = NULL};
    int err = hr__config_load_seen(watch->options.load, problems, error, fresh, &seen);
    if (!err && seen.incomplete) {
        hr_config_free(*fresh);
        err = hr_error_set(error, -ENOMEM, "no memory to watch the files");
    }
    if (err && err != HR_ERR_CONFIG) { /* those of before make the next look load again */
        hr__config_prints_free(&seen);
        return err;
    }
    hr__config_prints_free(&watch->prints);
    watch->prints = seen;
    return err;
}

static int reload(hr_config_watch *watch, hr_config_problems **problems, struct hr_error *error) {
    hr_config *fresh = NULL;
    int err = load(watch, problems, error, &fresh);
    if (err) return err;
    err = take_effect(watch, fresh);
    if (!err) return 0;
    hr_config_free(fresh);
    return hr_error_set(error, err, "no memory for a reload");
}

int hr_config_watch_reload(hr_config_watch *watch, hr_config_problems **problems,
                           struct hr_error *error) {
    int err = reload(watch, problems, error);
    hr__config_notify_folders(watch); /* one may be another than it was */
    return err;
}

int hr_config_watch_poll(hr_config_watch *watch) {
    hr_config_problems *problems = NULL;
    struct hr_error error;
    hr__config_notify_drain(watch);
    if (!hr__config_prints_differ(&watch->prints, watch->ticks)) return 0;
    int err = reload(watch, &problems, &error);
    hr__config_notify_folders(watch);
    const struct hr_config_watch_options *options = &watch->options;
    if (err && options->on_refused) options->on_refused(options->user, problems, &error);
    if (!err && problems && options->on_warned) options->on_warned(options->user, problems);
    hr_config_problems_free(problems);
    return err ? err : 1;
}

int hr_config_watch_fd(const hr_config_watch *watch) {
    return watch->ready_fd;
}

/* ---- Beginning and end. */

static int open_watch(hr_config_watch *watch, hr_config_problems **problems,
                      struct hr_error *error) {
    int err = reload(watch, problems, error);
    if (err) return err;
    err = hr__config_notify_open(watch);
    if (err) return hr_error_set(error, err, "the files cannot be watched: %s", hr_error_text(err));
    hr__config_notify_folders(watch);
    return 0;
}

int hr_config_watch_new(const struct hr_config_watch_options *options,
                        hr_config_problems **problems, struct hr_error *error,
                        hr_config_watch **watch) {
    if (problems) *problems = NULL;
    if (!options || !options->load || !hr__is_zero(options->reserved, sizeof options->reserved))
        return hr_error_set(error, -EINVAL, "load is NULL, or reserved is not zero");
    hr_config_watch *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for a watch");
    made->options = *options;
    made->ready_fd = made->notify_fd = made->timer_fd = -1;
    pthread_mutex_init(&made->lock, NULL);
    int err = open_watch(made, problems, error);
    if (err)
        hr_config_watch_close(made);
    else
        *watch = made;
    return err;
}

void hr_config_watch_close(hr_config_watch *watch) {
    if (!watch) return;
    hr__config_notify_close(watch);
    hr__config_prints_free(&watch->prints);
    hr_config_free(watch->current);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}
