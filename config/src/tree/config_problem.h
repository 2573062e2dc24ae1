/* The problems of a load: all of them, each with its place and its line. */
#ifndef HR_CONFIG_PROBLEM_H
#define HR_CONFIG_PROBLEM_H

#include <headrace/config.h>

#include "config_arena.h"

struct hr__config_problem_entry;

struct hr_config_problems_s {
    struct hr__config_arena arena;
    struct hr__config_problem_entry *first, *last;
    size_t errors, warnings; /* those that are kept */
    size_t more;             /* beyond count_max */
    size_t count_max;
    bool incomplete; /* there was no memory for one */
};

/* Whether further problems are only counted. */
static inline bool hr__config_is_full(const hr_config_problems *problems) {
    return problems->errors + problems->warnings >= problems->count_max;
}

/* Where something is: name, place and, of a file that has been read, all of its text. */
struct hr__config_spot {
    enum hr_config_origin_kind kind;
    const char *name;
    uint32_t line, column;
    struct hr_slice text; /* data NULL: there is none to be quoted */
    uint32_t width;       /* characters of it that are shown from the column on; 0: all */
    const char *path;
};

void hr__config_report(hr_config_problems *problems, enum hr_config_severity severity,
                       const struct hr__config_spot *spot, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The lines of a file that hold a secret are shown with no problem. */
void hr__config_hide(hr_config_problems *problems, const char *name, uint32_t first, uint32_t last);
/* Nor is any line with that word in it or in its path, in any letter case. */
void hr__config_hide_word(hr_config_problems *problems, const char *word);
/* Says how many there were beyond count_max. At the end of a load. */
void hr__config_close(hr_config_problems *problems);

#endif
