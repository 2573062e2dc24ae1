/* The load of a bench: its options, its warm-up, its ramp. */
#include "bench_load.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define RATE_TEXT_MAX       64
#define FACTOR_MAX          100
#define STANDARD_OPERATIONS 10000
#define TOGETHER_FACTOR     2 /* fewer operations a slot, and the first would end before all begin */

#define VALUE(field) offsetof(struct load_values, field)
const struct option load_table[] = {
    {"rate", "N", OPTION_STRING, VALUE(rate), .check = bench_check_rates,
     .help = "Open loop: start so many operations a second, however late the responses come; "
             "latency counts from the intended start (default: closed loop). FROM..TO: in steps, "
             "for the highest rate that keeps --p99"},
    {"step", "STEP", OPTION_STRING, VALUE(step), .standard = "x1.5", .check = bench_check_step,
     .help = "From one rate to the next: operations a second that are added, or x and a factor"},
    {"step-duration", "DURATION", OPTION_DURATION, VALUE(step_duration_ms), .standard = "5s",
     .min = 100, .max = 86400000, .help = "How long each rate is kept"},
    {"p99", "DURATION", OPTION_DURATION, VALUE(p99_ms), .min = 1, .max = 3600000,
     .help = "The latency that 99 % of the operations have to stay under"},
    {"think-time", "DURATION", OPTION_DURATION, VALUE(think_ms), .min = 1, .max = 3600000,
     .help = "Closed loop: wait between the end of an operation and the next one in its place"},
    {"warm-up", "DURATION", OPTION_DURATION, VALUE(warm_up_ms), .min = 1, .max = 86400000,
     .help = "Run so long before, and count nothing of it"},
    {"progress", "MODE", OPTION_CHOICE, VALUE(progress), .choices = BENCH_PROGRESS_CHOICES,
     .standard = "auto",
     .help = "A live view on standard error, each second: auto has one where that is a terminal"},
    {.name = NULL}};

/* "100..5000" into two rates, of a single one `to` is 0. 0 or -1. */
static int read_rates(const char *text, double *from, double *to) {
    char first[RATE_TEXT_MAX];
    const char *dots = strstr(text, "..");
    size_t size = dots ? (size_t)(dots - text) : strlen(text);
    *to = 0;
    if (size >= sizeof first) return -1;
    memcpy(first, text, size);
    first[size] = '\0';
    if (bench_read_rate(first, from) != 0) return -1;
    if (!dots) return 0;
    return bench_read_rate(dots + 2, to) == 0 && *to > *from ? 0 : -1;
}

int bench_check_rates(const char *text, char *why, size_t why_size) {
    double from, to;
    if (read_rates(text, &from, &to) == 0) return 0;
    snprintf(why, why_size,
             "'%.60s' is not a number of operations a second, at most 10000000, nor a range of two "
             "as 100..5000",
             text);
    return -1;
}

static int read_step(const char *text, double *step, bool *factor) {
    *factor = *text == 'x';
    if (bench_read_rate(text + *factor, step) != 0) return -1;
    return !*factor || (*step >= 1.01 && *step <= FACTOR_MAX) ? 0 : -1;
}

int bench_check_step(const char *text, char *why, size_t why_size) {
    double step;
    bool factor;
    if (read_step(text, &step, &factor) == 0) return 0;
    snprintf(why, why_size,
             "'%.60s' is neither a number of operations a second nor x and a factor (1.01 to %d): "
             "100, x1.5",
             text, FACTOR_MAX);
    return -1;
}

/* An option on the command line that goes with a range of rates alone; NULL: none. */
static const char *ramp_option(void) {
    static const char *const names[] = {"step", "step-duration", "p99"};
    for (const struct option *option = load_table; option->name; option++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(option->name, names[i]) == 0 && option_in_words(option)) return names[i];
    return NULL;
}

static int refuse(const struct bench *bench, const char *why) {
    output_complain("%s: %s", bench->name, why);
    return EXIT_USAGE;
}

static int fill_ramp(const struct load_values *values, bool limited, double to,
                     struct bench *bench) {
    struct perf_ramp *ramp = &bench->curve.ramp;
    *ramp = (struct perf_ramp){.from = bench->options.rate,
                               .to = to,
                               .step_ns = values->step_duration_ms * 1000000u,
                               .p99_ns = values->p99_ms * 1000000u};
    read_step(values->step, &ramp->step, &ramp->factor);
    if (!values->p99_ms) return refuse(bench, "--rate with a range needs --p99, the bound");
    if (limited)
        return refuse(bench, "--rate with a range excludes a number of operations and --duration: "
                             "--step-duration says how long each rate is kept");
    if (perf_ramp_count(ramp) > PERF_RAMP_STEPS_MAX)
        return refuse(bench, "--rate has a range of more than 200 steps: give a larger --step");
    bench->options.duration_ns = ramp->step_ns;
    bench->options.operations = 0;
    return EXIT_DONE;
}

int bench_load_fill(const struct load_values *values, bool limited, struct bench *bench) {
    double to = 0;
    const char *lone = ramp_option();
    bench->progress = (enum bench_progress)values->progress;
    bench->warm_up_ns = values->warm_up_ms * 1000000u;
    bench->options.think_ns = values->think_ms * 1000000u;
    if (values->rate) read_rates(values->rate, &bench->options.rate, &to);
    if (values->rate && values->think_ms)
        return refuse(bench, "--think-time is of the closed loop, and --rate makes it an open one");
    if (!limited) bench->options.operations = STANDARD_OPERATIONS;
    if (to > 0) return fill_ramp(values, limited, to, bench);
    if (!lone) return EXIT_DONE;
    output_complain("%s: --%s needs a range of rates: --rate 100..5000", bench->name, lone);
    return EXIT_USAGE;
}

const char *bench_load_lone(const struct load_values *values) {
    return values->rate         ? "rate"
           : values->think_ms   ? "think-time"
           : values->warm_up_ms ? "warm-up"
                                : ramp_option();
}

bool bench_load_is_together(const struct perf_loop_options *options, unsigned pool) {
    return options->rate <= 0 && !options->think_ns && !options->traced &&
           pool >= options->concurrency && options->operations &&
           options->operations / TOGETHER_FACTOR < options->concurrency;
}

/* ---- The run. */

/* The same load for a while; EXIT_DONE, or the exit code of a signal or a failure to start. */
static int warm_up(struct bench *bench) {
    struct perf_loop_options options = bench->options;
    if (bench->warm_up_ns == 0) return EXIT_DONE;
    options.operations = 0;
    options.duration_ns = bench->warm_up_ns;
    options.together = false;
    if (bench_run(bench, &options, "warming up") != 0) return EXIT_FAILED;
    struct perf_totals totals = perf_result_totals(&bench->run.result);
    bench->report.warm_up.lasted_ns = bench->warm_up_ns;
    bench->report.warm_up.operations = totals.succeeded + totals.failed;
    bench->report.warm_up.failed = totals.failed;
    if (!bench->session.signal) return EXIT_DONE;
    output_failed(bench->session.json, -ECANCELED, "warming up: stopped by %s",
                  output_signal_name(bench->session.signal));
    return 128 + bench->session.signal;
}

/* The results of one step, while others run. */
struct kept {
    struct perf_loop_report run;
    struct perf_report report;
    struct perf_usage usage;
    double rate; /* 0: nothing is kept */
};

static void keep(const struct bench *bench, struct kept *kept) {
    kept->run = bench->run;
    kept->report = bench->report;
    kept->usage = bench->usage;
    kept->rate = bench->options.rate;
}

static void restore(struct bench *bench, const struct kept *kept) {
    const char *stopped_by = bench->report.stopped_by;
    bench->run = kept->run;
    bench->report = kept->report;
    bench->usage = kept->usage;
    bench->report.rate = kept->rate;
    bench->report.stopped_by = stopped_by;
}

/* Step after step; the best one is kept, and the first where none is. */
static int climb(struct bench *bench, struct kept *kept) {
    double rate;
    while ((rate = perf_curve_next(&bench->curve)) > 0) {
        bench->options.rate = rate;
        int code = bench_measure(bench);
        if (code) return code;
        if (bench->session.signal && kept->rate > 0) return EXIT_DONE; /* half a step is none */
        const struct perf_ramp_point *point = perf_curve_add(&bench->curve, rate, &bench->run);
        if (point->held || kept->rate <= 0) keep(bench, kept);
        if (bench->session.signal) return EXIT_DONE;
    }
    return EXIT_DONE;
}

static int measure_ramp(struct bench *bench) {
    struct kept *kept = calloc(1, sizeof *kept);
    if (!kept) return output_failed(bench->session.json, -ENOMEM, "out of memory");
    bench->report.curve = &bench->curve;
    int code = climb(bench, kept);
    if (kept->rate > 0) restore(bench, kept);
    free(kept);
    return code;
}

int bench_load_measure(struct bench *bench) {
    int code = warm_up(bench);
    if (code) return code;
    if (bench->before) code = bench->before(bench);
    if (code) return code;
    if (bench->measure) return bench->measure(bench);
    return bench->curve.ramp.from > 0 ? measure_ramp(bench) : bench_measure(bench);
}
