/* Figures of the last second as lines. */
#include "live_lines.h"

#include <stdio.h>
#include <string.h>

/* "12 s of 30 s", "12 s, 37 %". */
static void put_time(const struct live_figures *figures, char *text, size_t size) {
    if (figures->duration_s > 0)
        snprintf(text, size, "%.0f s of %.0f s", figures->elapsed_s, figures->duration_s);
    else if (figures->operations)
        snprintf(text, size, "%.0f s, %.0f %%", figures->elapsed_s,
                 100 * (double)figures->ended / (double)figures->operations);
    else
        snprintf(text, size, "%.0f s", figures->elapsed_s);
}

static void put_latency(const struct live_figures *figures, char *text, size_t size) {
    if (figures->p50_ms < 0)
        snprintf(text, size, "  last second: no operation has succeeded");
    else
        snprintf(text, size, "  p50 %.3f ms  p99 %.3f ms", figures->p50_ms, figures->p99_ms);
}

void live_lines_make(const struct live_figures *figures, unsigned columns,
                     char lines[LIVE_LINES][LIVE_COLUMNS + 1]) {
    char time[64];
    put_time(figures, time, sizeof time);
    snprintf(lines[0], LIVE_COLUMNS + 1, "%s: %s  %.0f/s  %llu operations, %llu failed",
             figures->what, time, figures->rate, (unsigned long long)figures->ended,
             (unsigned long long)figures->failed);
    put_latency(figures, lines[1], LIVE_COLUMNS + 1);
    snprintf(lines[2], LIVE_COLUMNS + 1, "  CPU %.0f %%  %.1f MiB", figures->cpu_percent,
             (double)figures->rss_bytes / (1u << 20));
    /* A line that fills the last column would wrap on some terminals. */
    for (unsigned i = 0; i < LIVE_LINES; i++)
        if (strlen(lines[i]) >= columns) lines[i][columns > 0 ? columns - 1 : 0] = '\0';
}
