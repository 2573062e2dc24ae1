/* headrace bench log: what a call of the logger costs, and how fast its lines are in the file. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "bench.h"
#include "bench_folder.h"
#include "bench_log_beside.h"
#include "commands.h"
#include "log_bench_report.h"
#include "log_task.h"
#include "signals.h"

#define BYTES_A_RECORD 512 /* of disk, in the longest of the forms, generously */
#define BURSTS_MAX     30
#define PACED_MAX      100000

struct values {
    struct beside_values beside;
    uint64_t records, repeat, idle_ms, threads;
    const char *directory, *json;
    int form;
    bool no_peers, as_peer;
};

static const char *const forms[] = {"text", "json"};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"records", "N", OPTION_UINT, VALUE(records), .standard = "1000000", .min = 10000,
     .max = 10000000, .help = "Records of a run for records_per_s; callers are timed over as many"},
    {"repeat", "N", OPTION_UINT, VALUE(repeat), .standard = "6", .min = 1, .max = PERF_ROUNDS_MAX,
     .help = "Rounds: a run of each case, and of spdlog's, of which the median is told; runs that "
             "touch the memory go ahead and are not counted"},
    {"idle", "DURATION", OPTION_DURATION, VALUE(idle_ms), .standard = "3s", .min = 100,
     .max = 3600000, .help = "How long the idle logger is watched"},
    {"directory", "DIR", OPTION_STRING, VALUE(directory), .environment = "TMPDIR",
     .standard = "/tmp", .help = "Where the log files are made, and deleted again"},
    {"no-peers", NULL, OPTION_FLAG, VALUE(no_peers), .help = "Measure this library alone"},
    {"threads", "N", OPTION_UINT, VALUE(threads), .standard = "1", .min = 1,
     .max = PERF_LOG_TASK_THREADS_MAX, .help = "With --beside: threads that log"},
    {"form", "FORM", OPTION_CHOICE, VALUE(form), .choices = "text|json", .standard = "text",
     .help = "With --beside: the form of the lines"},
    {"as-peer", NULL, OPTION_FLAG, VALUE(as_peer), .of_call = true,
     .help = "Do the work that standard input describes, as the programs of --beside do"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

/* ---- A folder for the files, which goes again when a signal ends the run. */

static char folder[PATH_MAX], file[PATH_MAX + 16];

static void tidy_up(void) {
    unlink(file);
    rmdir(folder);
}

static int open_folder(const struct values *values, bool json) {
    const struct bench_folder options = {.directory = values->directory,
                                         .name = "headrace-bench-log",
                                         .needed_bytes = values->records * BYTES_A_RECORD,
                                         .fewer = "--records"};
    int code = bench_folder_make(&options, json, folder);
    snprintf(file, sizeof file, "%s/log", folder);
    return code;
}

/* ---- The run. */

static void fill_plan(const struct values *values, struct perf_log_plan *plan) {
    uint64_t bursts = values->records / PERF_LOG_BURST;
    *plan = (struct perf_log_plan){
        .path = file,
        .records = (uint32_t)(values->records / PERF_LOG_THREADS_MAX * PERF_LOG_THREADS_MAX),
        .repeat = (unsigned)values->repeat,
        .bursts = bursts < BURSTS_MAX ? (unsigned)bursts : BURSTS_MAX,
        .paced = values->records < PACED_MAX ? (uint32_t)values->records : PACED_MAX,
        .idle_ms = values->idle_ms,
    };
}

static int measure(struct perf_log_report *report, const struct values *values, bool json) {
    report->rounds.peers_asked = !values->no_peers;
    int err = perf_log_rounds_run(&report->plan, values->beside.peers, &report->rounds);
    if (err == -EBADMSG)
        return output_failed(json, err, "the file has not as many lines as were logged");
    if (err) return output_failed(json, err, "%s: %s", file, hr_error_text(err));
    return EXIT_DONE;
}

static void put_json(struct hr_json_writer *json, const void *report) {
    perf_log_report_json(json, report);
}

static void print_text(FILE *out, const void *report) {
    perf_log_report_text(out, report);
}

/* ---- Options that exclude each other. */

static bool in_words(const char *name) {
    for (const struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0) return option_in_words(option);
    return false;
}

static int check_values(const struct values *values) {
    static const char *const alone[] = {"no-peers", "repeat", "idle", "as-peer"},
                             *const beside[] = {"threads", "form"};
    for (size_t i = 0; i < sizeof alone / sizeof *alone && values->beside.names; i++) {
        if (!in_words(alone[i])) continue;
        output_complain("bench log: --beside and --%s exclude each other", alone[i]);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        if (values->beside.names || values->as_peer || !in_words(beside[i])) continue;
        output_complain("bench log: --%s needs --beside", beside[i]);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

/* The folder has signals that are read, and goes in any case. */
static int run_beside(const struct values *values, bool json) {
    const struct bench_log_beside task = {
        .values = &values->beside,
        .path = file,
        .form = forms[values->form],
        .records = values->records / values->threads * values->threads,
        .threads = values->threads,
        .signal_fd = signals_open(), /* before there is a folder */
        .json = values->json,
    };
    int code = open_folder(values, json);
    if (!code) {
        code = bench_log_beside(&task);
        tidy_up();
    }
    close(task.signal_fd);
    return code;
}

static int run_alone(const struct values *values, bool json) {
    static struct perf_log_report report;
    const struct bench_document document = {&report, print_text, put_json};
    struct session none = {.signal_fd = -1, .done_fd = -1, .json = json};
    bench_folder_guard(tidy_up);
    int code = open_folder(values, json);
    if (code) return code;
    fill_plan(values, &report.plan);
    report.started_at_ms = hr_clock_wall_ns() / 1000000u;
    code = measure(&report, values, json);
    tidy_up();
    if (!code) code = bench_publish_document(&document, &none, values->json);
    return !code && report.rounds.headrace.dropped > 0 ? EXIT_FAILED : code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = check_values(values);
    if (code) return code;
    if (values->as_peer) return perf_log_serve_headrace() ? EXIT_FAILED : EXIT_DONE;
    return values->beside.names ? run_beside(values, json) : run_alone(values, json);
}

const struct command command_bench_log = {
    .path = "bench log",
    .arguments = "",
    .summary = "Measure the logger: what a call costs, records a second into a file, CPU, memory",
    .details =
        "Callers: one call each 2 us (paced), and bursts of 10000 from one and four threads; "
        "the processor's counter is read around each call, and what the reading costs is "
        "taken off. Records a second: until all bytes are in the file, with rings large "
        "enough for all of a run; the lines in the file are counted. spdlog and Python's "
        "QueueHandler log the same records in the same run, and a copy into a ring and "
        "write(2) of ready lines tell the limits of this machine. Exit code 1 when a record "
        "was dropped or is missing. With --beside each program logs the same records in turn, as "
        "fast as its callers can, and is compared until all lines are in the file.",
    .examples = "headrace bench log # all of it, as a table\n"
                "headrace bench log --no-peers --records 200000 --json -\n"
                "headrace bench log --beside spdlog,python,lines --records 200000\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Peers", beside_table, VALUE(beside)}},
    .run = run,
};
