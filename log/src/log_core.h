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
    uint32_t letters; /* without `*`: of rules that fit, the one with the most counts */
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
    int level;                   /* the lowest that is written; read by any thread */
    struct hr__log_block *bound; /* fields of its records; NULL: none */
};

struct hr__log_control;

/* The core of a log and its children. */
struct hr_log_core {
    struct hr__log_rings rings; /* first: producers know a core by it */
    struct hr__log_drain drain;
    struct hr__log_shared shared;
    struct hr__log_guard *guard;   /* NULL: none */
    struct hr_log_core *next_open; /* of the list in log_exit.c */
    hr_engine *engine;
    bool own_engine; /* the engine is nobody else's */
    uint32_t string_limit, close_timeout_ms;
    struct hr__log_control *control; /* NULL: none */
    pthread_mutex_t lock;            /* of the tree of logs */
    struct hr__log_levels *levels;   /* under lock; NULL: none by name */
};

/* ---- log_levels.c */
/* Sets the level of one log; under the core's lock. */
void hr__log_level_put(hr_log *log, int level);
/* Reads "info,s3=debug". 0, -EINVAL or -ENOSPC, and `error` (NULL allowed). */
int hr__log_levels_read(const char *text, struct hr_error *error, struct hr__log_levels *levels);
/* Reads HEADRACE_LOG, which counts as not set where it is empty. */
int hr__log_levels_from_environment(struct hr_error *error, struct hr__log_levels *levels);
/* Sets levels by name from now on; `first` is the log that hr_log_new made. 0 or -ENOMEM. */
int hr__log_levels_use(hr_log *first, const struct hr__log_levels *levels);
/* Gives a child, which has its parent, its first level; under the core's lock. */
void hr__log_levels_join(hr_log *child);

/* ---- log_exit.c: logs that exit and quick_exit flush. */
void hr__log_exit_add(struct hr_log_core *core);
void hr__log_exit_remove(struct hr_log_core *core);

#endif
