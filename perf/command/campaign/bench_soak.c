/* Runs with checkpoints. */
#include "bench_soak.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "checkpoint_file.h"
#include "resources.h"
#include "soak_state.h"

#define LOOK_NS 1000000000u

#define VALUE(field) offsetof(struct soak_values, field)
const struct option soak_table[] = {
    {"checkpoint", "FILE", OPTION_STRING, VALUE(checkpoint), .of_call = true,
     .help = "Keep the state of a long run in FILE, and go on from it where it is there: the same "
             "command resumes the run. It goes when all of --duration was measured"},
    {"checkpoint-every", "DURATION", OPTION_DURATION, VALUE(every_ms), .standard = "5s", .min = 100,
     .max = 3600000, .help = "How often: so much is lost by a kill at most"},
    {.name = NULL}};

struct bench_soak {
    const char *path;
    int lock_fd;
    uint64_t every_ns;
    uint64_t saved_ns, looked_ns, begun_ns; /* monotonic */
    uint64_t saved_at_ms;                   /* of the checkpoint that was read; 0: there was none */
    struct perf_soak *state;
    struct perf_soak_sums earlier; /* of the processes before */
    struct perf_soak_workload workload;
    struct hr_http_client_metrics before;
    uint64_t cpu_ns; /* before */
    bool complained;
};

int bench_soak_check(const struct soak_values *values, const struct bench *bench,
                     const char *lone) {
    if (!values->checkpoint) return EXIT_DONE;
    if (lone) {
        output_complain("%s: --checkpoint and --%s exclude each other", bench->name, lone);
        return EXIT_USAGE;
    }
    if (bench->options.duration_ns && bench->curve.ramp.from <= 0) return EXIT_DONE;
    output_complain("%s: --checkpoint needs --duration, the time of all of it, and one rate",
                    bench->name);
    return EXIT_USAGE;
}

static void put_workload(struct hr_json_writer *json, const void *user) {
    const struct bench *bench = user;
    perf_report_workload_json(json, &bench->report);
}

/* The state that is there; a run that begins has none. The exit code. */
static int load(struct bench_soak *soak, bool json) {
    struct hr_error error = {0};
    char *text = NULL;
    size_t size = 0;
    int err = perf_checkpoint_read(soak->path, &text, &size, &error);
    if (err == -ENOENT) return EXIT_DONE;
    if (err) return output_failed(json, err, "%s (delete it to begin anew)", error.message);
    err = perf_soak_read(soak->state, &soak->workload, hr_slice_bytes(text, size),
                         &soak->saved_at_ms, &error);
    free(text);
    if (!err) return EXIT_DONE;
    return output_failed_as(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, json, err,
                            "%s: %s (delete it to begin anew)", soak->path, error.message);
}

static int open_state(struct bench *bench) {
    struct bench_soak *soak = bench->soak;
    struct hr_error error = {0};
    bool json = bench->session.json;
    int err = perf_checkpoint_lock(soak->path, &soak->lock_fd, &error);
    if (err) return output_failed_as(EXIT_ENVIRONMENT, json, err, "%s", error.message);
    soak->state = perf_soak_new(bench->options.duration_ns);
    if (!soak->state) return output_failed(json, -ENOMEM, "out of memory");
    int code = load(soak, json);
    if (code) return code;
    soak->earlier = soak->state->sums;
    bench->report.soak = soak->state;
    return EXIT_DONE;
}

void bench_soak_close(struct bench *bench, bool told) {
    struct bench_soak *soak = bench->soak;
    if (!soak) return;
    bool complete = told && soak->state->life_count > 0 &&
                    perf_soak_measured_ns(soak->state) >= soak->state->duration_ns;
    if (complete) unlink(soak->path);
    perf_checkpoint_unlock(soak->path, &soak->lock_fd);
    perf_soak_free(soak->state);
    free(soak);
    bench->soak = NULL;
    bench->report.soak = NULL;
}

/* ---- The run. */

/* Sums of all processes, this one's included. */
static void add_up(struct bench *bench) {
    struct bench_soak *soak = bench->soak;
    const struct perf_soak_sums *earlier = &soak->earlier;
    struct hr_http_client_metrics now;
    bench->count(bench, &now);
    uint64_t rss = perf_rss_peak_bytes(), peak = now.connections_peak;
    soak->state->sums = (struct perf_soak_sums){
        .cpu_ns = earlier->cpu_ns + perf_cpu_ns() - soak->cpu_ns,
        .not_started = earlier->not_started + bench->run.not_started,
        .connections_opened =
            earlier->connections_opened + now.connections_opened - soak->before.connections_opened,
        .handshakes_full =
            earlier->handshakes_full + now.handshakes_full - soak->before.handshakes_full,
        .handshakes_resumed =
            earlier->handshakes_resumed + now.handshakes_resumed - soak->before.handshakes_resumed,
        .connections_peak = peak > earlier->connections_peak ? peak : earlier->connections_peak,
        .rss_peak_bytes = rss > earlier->rss_peak_bytes ? rss : earlier->rss_peak_bytes,
    };
    soak->state->usage = bench->usage;
}

static int save(struct bench_soak *soak, struct hr_error *error) {
    const struct perf_soak_state state = {soak->state, &soak->workload,
                                          hr_clock_wall_ns() / 1000000u};
    const struct perf_checkpoint_text text = {perf_soak_put, &state};
    int err = perf_checkpoint_write(soak->path, &text, error);
    soak->saved_ns = hr_clock_monotonic_ns();
    return err;
}

/* A failure is counted, and told once: the run is worth more. */
static void save_on_the_way(struct bench_soak *soak) {
    struct hr_error error = {0};
    if (save(soak, &error) == 0) return;
    soak->state->saves_failed++;
    if (!soak->complained) output_complain("no checkpoint: %s", error.message);
    soak->complained = true;
}

static void collect(struct bench *bench, perf_loop *loop) {
    struct bench_soak *soak = bench->soak;
    perf_loop_collect(loop, soak->state->all);
    uint64_t now_ns = hr_clock_monotonic_ns();
    bench->run.not_started = perf_loop_not_started(loop, now_ns);
    perf_soak_advance(soak->state, now_ns - soak->begun_ns);
    add_up(bench);
}

/* Nothing is there to collect yet, but the memory that it takes is resident then. */
static void begin(struct bench *bench, perf_loop *loop) {
    struct bench_soak *soak = bench->soak;
    perf_loop_collect(loop, soak->state->all);
    soak->begun_ns = soak->saved_ns = hr_clock_monotonic_ns();
    soak->cpu_ns = perf_cpu_ns();
    bench->count(bench, &soak->before);
    bench->usage = soak->state->usage;
    perf_usage_resume(&bench->usage, soak->begun_ns, bench->options.before_ns);
}

static void look(struct bench_soak *soak, uint64_t now_ns) {
    const struct perf_trend_row row = perf_trend_look((double)(now_ns - soak->begun_ns) / 1e9);
    perf_trend_add(&soak->state->trend, &row);
    soak->looked_ns = now_ns;
}

static void tick(struct bench *bench, perf_loop *loop) {
    struct bench_soak *soak = bench->soak;
    uint64_t now = hr_clock_monotonic_ns();
    if (now - soak->looked_ns >= LOOK_NS) look(soak, now);
    if (now - soak->saved_ns < soak->every_ns) return;
    collect(bench, loop);
    save_on_the_way(soak);
}

static const struct bench_watch watch = {begin, tick, collect};

/* The report is of all processes. */
static void fill_run(struct bench *bench) {
    const struct perf_soak *state = bench->soak->state;
    struct perf_loop_report *run = &bench->run;
    run->result = state->all->result;
    bench_word_errors(&run->result);
    perf_series_reduce(&state->all->series, &run->series);
    run->submitted = perf_soak_operations(state);
    run->not_started = state->sums.not_started;
    run->started_ns = 0;
    run->ended_ns = perf_soak_measured_ns(state);
    bench->usage = state->usage;
}

static void fill_report(struct bench *bench) {
    struct perf_report *report = &bench->report;
    const struct perf_soak *state = bench->soak->state;
    report->started_at_ms = state->lives[0].started_at_ms;
    report->cpu_ns = state->sums.cpu_ns;
    report->rss_peak.bytes = state->sums.rss_peak_bytes;
    report->connections_peak = state->sums.connections_peak;
    report->connections_opened = state->sums.connections_opened;
    report->handshakes_full = state->sums.handshakes_full;
    report->handshakes_resumed = state->sums.handshakes_resumed;
    report->loop = &bench->run;
    report->usage = &bench->usage;
    report->stopped_by = bench->session.signal ? output_signal_name(bench->session.signal) : NULL;
}

/* The rest of the time. The exit code. */
static int run_rest(struct bench *bench) {
    struct bench_soak *soak = bench->soak;
    struct hr_error error = {0};
    bench->options.before_ns = perf_soak_before_ns(soak->state);
    bench->options.before_operations = perf_soak_operations(soak->state);
    bench->options.duration_ns = soak->state->duration_ns - bench->options.before_ns;
    bench->options.collected = true;
    if (save(soak, &error) != 0)
        return output_failed(bench->session.json, error.code, "no checkpoint: %s", error.message);
    int code = bench_measure(bench);
    bench->options.collected = false;
    bench->options.before_operations = bench->options.before_ns = 0;
    if (code) return code;
    add_up(bench); /* not_started is that of the end now */
    save_on_the_way(soak);
    return EXIT_DONE;
}

static int measure(struct bench *bench) {
    struct bench_soak *soak = bench->soak;
    int code = EXIT_DONE;
    bool all = soak->state->life_count > 0 &&
               perf_soak_measured_ns(soak->state) >= soak->state->duration_ns;
    if (!all) {
        if (perf_soak_join(soak->state, hr_clock_wall_ns() / 1000000u, soak->saved_at_ms) != 0)
            return output_failed(bench->session.json, -E2BIG,
                                 "%s: %d processes have taken part, and more cannot be kept",
                                 soak->path, PERF_SOAK_LIVES_MAX);
        code = run_rest(bench);
    }
    if (code) return code;
    fill_run(bench);
    fill_report(bench);
    return EXIT_DONE;
}

int bench_soak_open(const struct soak_values *values, struct bench *bench) {
    if (!values->checkpoint) return EXIT_DONE;
    struct bench_soak *soak = calloc(1, sizeof *soak);
    if (!soak) return output_failed(bench->session.json, -ENOMEM, "out of memory");
    *soak = (struct bench_soak){.path = values->checkpoint,
                                .lock_fd = -1,
                                .every_ns = values->every_ms * 1000000u,
                                .workload = {put_workload, bench}};
    bench->soak = soak;
    bench->watch = &watch;
    bench->measure = measure;
    bench->report.loop = &bench->run; /* the parameters tell of it */
    int code = open_state(bench);
    if (code) bench_soak_close(bench, false);
    return code;
}
