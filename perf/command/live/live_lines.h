/* The lines of a bench's live view, as they stand on a terminal. */
#ifndef COMMAND_LIVE_LINES_H
#define COMMAND_LIVE_LINES_H

#include <stdint.h>

#define LIVE_LINES   3
#define LIVE_COLUMNS 160 /* at most */

struct live_figures {
    const char *what;             /* "running" */
    double elapsed_s, duration_s; /* duration 0: it ends by operations */
    uint64_t operations;          /* after which it ends; 0: it ends by time */
    uint64_t ended, failed;       /* so far */
    double rate;                  /* that ended a second, of the last second */
    double p50_ms, p99_ms;        /* of the last second; negative: none succeeded */
    uint64_t rss_bytes;
    double cpu_percent; /* of one core, in the last second */
};

/* Fills the lines, each shorter than `columns`, so that none wraps. */
void live_lines_make(const struct live_figures *figures, unsigned columns,
                     char lines[LIVE_LINES][LIVE_COLUMNS + 1]);

#endif
