/* This program and its peers, run in turn. */
#include "bench_beside.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "beside_report.h"
#include "calibration.h"
#include "json_put.h"
#include "own_words.h"
#include "peer_places.h"
#include "rounds_head.h"
#include "signals.h"

#define RUN_LIMIT_MS   600000 /* of a run that ends by itself */
#define RUN_SPARE_MS   120000 /* of one with a duration: its start, and what is in progress */
#define WORKLOAD_MAX   16384
#define PEER_WORDS_MAX 3

struct beside_run {
    const struct beside_task *task;
    struct perf_rules rules;
    struct perf_calibrations calibrations;
    struct perf_beside beside;
    struct perf_beside_entry *entries;
    struct peer_places places;
    const char *peer_words[PERF_BESIDE_MAX][PEER_WORDS_MAX];
    struct own_words own;
    char workload[WORKLOAD_MAX];
    size_t workload_size;
    struct output_progress progress;
    uint64_t started_at_ms;
};

static int write_workload(struct beside_run *run) {
    struct hr_json_writer json;
    hr_json_init(&json, run->workload, sizeof run->workload, NULL, NULL);
    hr_json_object(&json);
    hr_json_key(&json, "protocol");
    hr_json_u64(&json, PERF_BESIDE_PROTOCOL);
    hr_json_key(&json, "kind");
    hr_json_text(&json, run->task->kind);
    run->task->put_workload(&json, run->task->user);
    hr_json_end(&json);
    int err = hr_json_finish(&json);
    run->workload_size = json.size;
    return err;
}

static void add_peer(struct beside_run *run, const struct peer_place *place) {
    const char **words = run->peer_words[run->beside.count];
    struct perf_beside_entry *entry = &run->entries[run->beside.count++];
    const struct beside_task *task = run->task;
    size_t count = 0;
    if (place->python) words[count++] = task->values->python;
    words[count++] = place->path;
    words[count] = NULL;
    entry->name = place->name;
    entry->program = (struct perf_beside_program){
        .arguments = words,
        .input = hr_slice_bytes(run->workload, run->workload_size),
        .limit_ms = task->duration_ms ? task->duration_ms + RUN_SPARE_MS : RUN_LIMIT_MS,
        .signal_fd = task->session->signal_fd,
    };
}

static void add_own(struct beside_run *run) {
    struct perf_beside_entry *entry = &run->entries[run->beside.count++];
    const struct beside_task *task = run->task;
    entry->name = "headrace";
    snprintf(entry->settings, sizeof entry->settings, "%s", task->own_settings);
    entry->program = (struct perf_beside_program){
        .arguments = run->own.words,
        .input = hr_slice_bytes(run->workload, run->workload_size),
        .limit_ms = task->duration_ms ? task->duration_ms + RUN_SPARE_MS : RUN_LIMIT_MS,
        .signal_fd = task->session->signal_fd,
    };
}

static int check_run(void *user, const struct perf_beside_result *result, struct hr_error *error) {
    const struct beside_task *task = ((struct beside_run *)user)->task;
    return task->check ? task->check(task->user, result, error) : 0;
}

static void begin_run(void *user, unsigned round, const char *name) {
    struct beside_run *run = user;
    char text[160];
    if (run->task->prepare) run->task->prepare(run->task->user);
    if (round < run->beside.rounds)
        snprintf(text, sizeof text, "round %u of %u: %.80s", round + 1, run->beside.rounds, name);
    else
        snprintf(text, sizeof text, "round %u of at most %u: %.80s", round + 1,
                 run->beside.rounds_max, name);
    output_progress_text(&run->progress, text);
}

static const struct perf_calibrations *calibrations_of(const struct beside_run *run) {
    return run->task->values->no_calibration ? NULL : &run->calibrations;
}

static void put_json(struct hr_json_writer *json, const void *user) {
    const struct beside_run *run = user;
    json->pretty = true;
    hr_json_object(json);
    perf_rounds_head(json, run->task->kind, run->started_at_ms);
    run->task->put_parameters(json, run->task->user);
    perf_beside_json(json, &run->beside, &run->rules);
    perf_calibration_json(json, calibrations_of(run));
    json_put_u64(json, "shared_cores", run->task->shared_cores);
    hr_json_end(json);
}

static void print_text(FILE *out, const void *user) {
    const struct beside_run *run = user;
    perf_beside_text(out, &run->beside, &run->rules);
    if (calibrations_of(run)) perf_calibration_text(out, calibrations_of(run));
    if (run->task->shared_cores)
        fprintf(out, "client and server share %u core%s\n", run->task->shared_cores,
                run->task->shared_cores == 1 ? "" : "s");
}

/* The file that it writes stands where this program was called. */
static void calibrate(struct beside_run *run, struct perf_calibration *made) {
    if (run->task->values->no_calibration) return;
    output_progress_text(&run->progress, "measuring the machine");
    perf_calibrate(".", made);
}

static int measure(struct beside_run *run) {
    struct session *session = run->task->session;
    struct hr_error error = {0};
    calibrate(run, &run->calibrations.before);
    int err = perf_beside_measure(&run->beside, &error);
    if (!err) calibrate(run, &run->calibrations.after);
    output_progress_end(&run->progress);
    if (err == -ECANCELED) {
        session->signal = signals_next(session->signal_fd);
        output_failed(session->json, err, "stopped by %s", output_signal_name(session->signal));
        return 128 + session->signal;
    }
    return err ? output_failed(session->json, err, "%s", error.message) : EXIT_DONE;
}

/* A script of the user's own finds the module `peer`, too. */
static void lend_modules(const char *folder) {
    char path[2 * PATH_MAX];
    const char *given = getenv("PYTHONPATH");
    snprintf(path, sizeof path, "%s%s%s", folder, given && *given ? ":" : "", given ? given : "");
    setenv("PYTHONPATH", path, 1);
}

static int run_all(struct beside_run *run) {
    const struct bench_document document = {run, print_text, put_json};
    int err = write_workload(run);
    if (!err) err = own_words_make(&run->own, run->task->own_more);
    if (err) return output_failed(run->task->session->json, err, "%s", hr_error_text(err));
    int code = peer_places_find(run->task->values, run->task->kind, &run->places);
    if (code) return code;
    lend_modules(run->places.folder);
    add_own(run);
    for (size_t i = 0; i < run->places.count; i++) add_peer(run, &run->places.list[i]);
    code = measure(run);
    if (!code) code = bench_publish_document(&document, run->task->session, run->task->json);
    run->task->session->json = false; /* the one object is out */
    if (!code && run->entries[0].failed) code = EXIT_FAILED;
    return code;
}

/* Operations or seconds: the other one is null. */
void beside_put_end(struct hr_json_writer *json, const struct perf_loop_options *options) {
    if (options->operations)
        json_put_u64(json, "operations", options->operations);
    else
        json_put_null(json, "operations");
    if (options->duration_ns)
        json_put_double(json, "duration_s", (double)options->duration_ns / 1e9, 3);
    else
        json_put_null(json, "duration_s");
}

int bench_beside_run(const struct beside_task *task) {
    struct beside_run *run = calloc(1, sizeof *run);
    struct perf_beside_entry *entries = calloc(PERF_BESIDE_MAX, sizeof *entries);
    int code = EXIT_FAILED;
    if (run && entries) {
        run->task = task;
        run->entries = entries;
        run->rules = beside_rules(task->values);
        run->beside = (struct perf_beside){.entries = entries,
                                           .rounds = (unsigned)task->values->rounds,
                                           .rounds_max = beside_rounds_max(task->values),
                                           .work = task->work,
                                           .on_run = begin_run,
                                           .check = check_run,
                                           .user = run,
                                           .texts = task->texts};
        run->started_at_ms = hr_clock_wall_ns() / 1000000u;
        code = run_all(run);
        own_words_free(&run->own);
        explicit_bzero(run->workload, sizeof run->workload); /* keys are in it */
    } else {
        output_failed(task->session->json, -ENOMEM, "out of memory");
    }
    free(run);
    free(entries);
    return code;
}
