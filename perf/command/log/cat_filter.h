/* Which lines of a log are shown. */
#ifndef COMMAND_CAT_FILTER_H
#define COMMAND_CAT_FILTER_H

#include "cat_line.h"
#include "options.h"

struct cat_filter {
    int level; /* at least */
    uint64_t since_ns, until_ns;
    struct option_list where; /* all of them hold */
    bool any;                 /* something was asked for */
};

/* Checks of options --level, --where, and --since and --until. */
int cat_filter_check_level(const char *text, char *why, size_t why_size);
int cat_filter_check_where(const char *text, char *why, size_t why_size);
int cat_filter_check_time(const char *text, char *why, size_t why_size);

bool cat_filter_fits(const struct cat_filter *filter, const struct cat_line *line);

#endif
