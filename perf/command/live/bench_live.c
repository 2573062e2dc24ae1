/* The live view: looks, writes, takes away. */
#include "bench_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "live_lines.h"
#include "resources.h"
#include "window.h"

#define SECOND_NS     1000000000u
#define FIRST_NS      200000000u /* the first look comes so early */
#define COLUMNS_GUESS 80         /* of a terminal that does not say */

static bool is_terminal(void) {
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void bench_live_begin(struct bench_live *live, enum bench_progress progress, uint64_t now_ns) {
    const char *no_colour = getenv("NO_COLOR");
    live->wanted =
        progress == BENCH_PROGRESS_LIVE || (progress == BENCH_PROGRESS_AUTO && is_terminal());
    live->colours = !(no_colour && *no_colour); /* no-color.org */
    live->shown = 0;
    live->started_ns = now_ns;
    live->last_ns = now_ns;
    live->last_cpu_ns = perf_cpu_ns();
    live->last_ended = 0;
    live->collects = 0;
    hr_histogram_init(&live->before, HR_HISTOGRAM_SECONDS);
}

static unsigned columns_of_terminal(void) {
    struct winsize size = {.ws_col = 0};
    unsigned columns =
        ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : COLUMNS_GUESS;
    return columns < LIVE_COLUMNS ? columns : LIVE_COLUMNS;
}

/* Back to the first line of those that are there. */
static void go_back(const struct bench_live *live) {
    fputc('\r', stderr);
    if (live->shown > 1) fprintf(stderr, "\033[%uA", live->shown - 1);
}

static void write_lines(struct bench_live *live, const struct live_figures *figures) {
    char lines[LIVE_LINES][LIVE_COLUMNS + 1];
    live_lines_make(figures, columns_of_terminal(), lines);
    go_back(live);
    for (unsigned i = 0; i < LIVE_LINES; i++) {
        const char *colour = i > 0 ? "2" : figures->failed ? "31" : "1";
        if (live->colours)
            fprintf(stderr, "%s\033[%sm%s\033[0m\033[K", i ? "\n" : "", colour, lines[i]);
        else
            fprintf(stderr, "%s%s\033[K", i ? "\n" : "", lines[i]);
    }
    fflush(stderr);
    live->shown = LIVE_LINES;
}

static double quantile_ms(const struct bench_live *live, double quantile) {
    if (live->now.count == live->before.count) return -1;
    return (double)perf_window_quantile(&live->before, &live->now, quantile) / 1e6;
}

static void look(struct bench_live *live, const perf_loop *loop, uint64_t now_ns,
                 struct live_figures *figures) {
    struct perf_totals totals = perf_loop_live(loop);
    double seconds = (double)(now_ns - live->last_ns) / 1e9;
    uint64_t cpu_ns = perf_cpu_ns();
    perf_loop_latency(loop, &live->now);
    if (perf_loop_collects(loop) != live->collects) /* a checkpoint has taken those before */
        hr_histogram_init(&live->before, HR_HISTOGRAM_SECONDS);
    live->collects = perf_loop_collects(loop);
    figures->ended = totals.succeeded + totals.failed + totals.cancelled;
    figures->failed = totals.failed;
    figures->elapsed_s = (double)(now_ns - live->started_ns) / 1e9;
    figures->rate = (double)(figures->ended - live->last_ended) / seconds;
    figures->p50_ms = quantile_ms(live, 0.5);
    figures->p99_ms = quantile_ms(live, 0.99);
    figures->rss_bytes = perf_rss_bytes();
    figures->cpu_percent = (double)(cpu_ns - live->last_cpu_ns) / 1e7 / seconds;
    live->before = live->now;
    live->last_ns = now_ns;
    live->last_cpu_ns = cpu_ns;
    live->last_ended = figures->ended;
}

void bench_live_show(struct bench_live *live, const perf_loop *loop,
                     const struct perf_loop_options *options, const char *what, uint64_t now_ns) {
    uint64_t wait_ns = live->shown ? SECOND_NS : FIRST_NS;
    if (!live->wanted || now_ns < live->last_ns + wait_ns) return;
    struct live_figures figures = {.what = what,
                                   .duration_s = (double)options->duration_ns / 1e9,
                                   .operations = options->operations};
    look(live, loop, now_ns, &figures);
    write_lines(live, &figures);
}

void bench_live_end(struct bench_live *live) {
    if (!live->shown) return;
    go_back(live);
    fputs("\033[J", stderr);
    fflush(stderr);
    live->shown = 0;
}
