/* Logs, and the core behind a log and its children. */
#ifndef HR_LOG_CORE_H
#define HR_LOG_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/log.h>
#include <headrace/text.h>

#include "log_drain.h"
#include "log_guard.h"
#include "log_producer.h"
#include "log_shared.h"

/* Levels by name: what HEADRACE_LOG and hr_log_levels_set say. */
#define HR_LOG_PATTERN_BYTES_MAX 255
struct hr__log_level_rule {
    char pattern[HR_LOG_PATTERN_BYTES_MAX + 1];
    uint32_t letters; /* that are no `*`: the more, the sooner it counts */
    int level;
};
struct hr__log_levels {
    int level; /* of the first log; 0: none is given */
    unsigned count;
    struct hr__log_level_rule rules[HR_LOG_LEVEL_RULES_MAX];
};
enum hr__log_level_from { HR_LOG_LEVEL_OF_PARENT, HR_LOG_LEVEL_OF_RULE, HR_LOG_LEVEL_SET };

struct hr_log_s {
    struct hr_log_view view; /* first: what the macros see */
    hr_log *parent;          /* NULL: made by hr_log_new */
    hr_log *children, *next; /* under the core's lock */
    enum hr__log_level_from level_from;
    int level; /* what is below it is not written; read by any thread */
    struct hr__log_block *bound;
};

struct hr__log_control;

struct hr_log_core {
    struct hr__log_rings rings; /* first: view.core is taken for it */
    struct hr__log_drain drain;
    struct hr__log_shared shared;
    struct hr__log_guard *guard; /* NULL: none */
    struct hr_log_core *next_open;
    hr_engine *engine;
    bool own_engine;
    uint32_t string_limit, close_timeout_ms;
    struct hr__log_control *control; /* NULL: none */
    pthread_mutex_t lock;            /* of the tree of logs */
    struct hr__log_levels *levels;   /* under lock; NULL: none by name */
};

/* ---- log_levels.c */
/* Of one log; under the core's lock. */
void hr__log_level_put(hr_log *log, int level);
int hr__log_levels_read(const char *text, struct hr_error *error, struct hr__log_levels *levels);
/* HEADRACE_LOG, which counts as not set where it is empty. */
int hr__log_levels_from_environment(struct hr_error *error, struct hr__log_levels *levels);
/* `first` is the log that hr_log_new made. 0 or -ENOMEM. */
int hr__log_levels_use(hr_log *first, const struct hr__log_levels *levels);
/* A child that has its parent; under the core's lock. */
void hr__log_levels_join(hr_log *child);

/* ---- log_exit.c: logs that exit and quick_exit flush. */
void hr__log_exit_add(struct hr_log_core *core);
void hr__log_exit_remove(struct hr_log_core *core);

#endif
