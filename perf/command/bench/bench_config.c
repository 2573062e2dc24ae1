/* headrace bench config: what loads, look-ups and reloads of a configuration cost. */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "bench.h"
#include "bench_config_beside.h"
#include "bench_folder.h"
#include "commands.h"
#include "config_bench_report.h"
#include "config_task.h"
#include "signals.h"

#define BYTES_NEEDED (8u << 20) /* all documents have less than four MiB */

struct values {
    struct beside_values beside;
    uint64_t keys, repeat, readers;
    const char *directory, *json;
    int file, load;
    bool no_peers, as_peer;
};

static const char *const loads[] = {"tree", "schema"};
static const struct {
    const char *name;
    enum perf_config_document document;
} documents[] = {
    {"small", PERF_CONFIG_SMALL}, {"medium", PERF_CONFIG_MEDIUM}, {"large", PERF_CONFIG_LARGE}};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"keys", "N", OPTION_UINT, VALUE(keys), .standard = "50000", .min = 1000, .max = 10000000,
     .help = "Keys that the loads of a case have together in a round: as many loads as that takes, "
             "3 at least and 1000 at most"},
    {"repeat", "N", OPTION_UINT, VALUE(repeat), .standard = "6", .min = 1, .max = PERF_ROUNDS_MAX,
     .help = "Rounds: in each everything is measured once, of this library and of the others"},
    {"readers", "N", OPTION_UINT, VALUE(readers), .standard = "4", .min = 1,
     .max = PERF_CONFIG_READERS_MAX, .help = "Threads that read snapshots, and during reloads"},
    {"directory", "DIR", OPTION_STRING, VALUE(directory), .environment = "TMPDIR",
     .standard = "/tmp", .help = "Where the YAML files are made, and deleted again"},
    {"no-peers", NULL, OPTION_FLAG, VALUE(no_peers), .help = "Measure this library alone"},
    {"file", "FILE", OPTION_CHOICE, VALUE(file), .choices = "small|medium|large",
     .standard = "medium",
     .help = "With --beside: the file that is loaded, of 50, 1000 or 10000 keys"},
    {"load", "KIND", OPTION_CHOICE, VALUE(load), .choices = "tree|schema", .standard = "tree",
     .help =
         "With --beside: into a tree of values, or checked by a schema and filled into a struct"},
    {"as-peer", NULL, OPTION_FLAG, VALUE(as_peer), .of_call = true,
     .help = "Do the work that standard input describes, as the programs of --beside do"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

static struct perf_config_files files;

static void tidy_up(void) {
    perf_config_files_remove(&files);
}

static int measure(struct perf_config_report *report, const struct values *values, bool json) {
    const struct perf_config_peers_at at = {.directory = values->beside.peers,
                                            .python = values->beside.python};
    struct hr_error error;
    int err = perf_config_files_write(&files);
    if (err)
        return output_failed(json, err, "no files can be written in %s: %s", files.folder,
                             hr_error_text(err));
    report->rounds.peers_asked = !values->no_peers;
    err = perf_config_rounds_run(&report->plan, &at, &report->rounds, &error);
    return err ? output_failed(json, err, "%s", error.message) : EXIT_DONE;
}

static void put_json(struct hr_json_writer *json, const void *report) {
    perf_config_report_json(json, report);
}

static void print_text(FILE *out, const void *report) {
    perf_config_report_text(out, report);
}

/* ---- Options that exclude each other. */

static bool in_words(const char *name) {
    for (const struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0) return option_in_words(option);
    return false;
}

static int check_values(const struct values *values) {
    static const char *const alone[] = {"no-peers", "repeat", "readers", "as-peer"},
                             *const beside[] = {"file", "load"};
    for (size_t i = 0; i < sizeof alone / sizeof *alone && values->beside.names; i++) {
        if (!in_words(alone[i])) continue;
        output_complain("bench config: --beside and --%s exclude each other", alone[i]);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        if (values->beside.names || values->as_peer || !in_words(beside[i])) continue;
        output_complain("bench config: --%s needs --beside", beside[i]);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int open_folder(const struct values *values, bool json) {
    const struct bench_folder folder = {.directory = values->directory,
                                        .name = "headrace-bench-config",
                                        .needed_bytes = BYTES_NEEDED};
    return bench_folder_make(&folder, json, files.folder);
}

static int run_in_folder(const struct values *values, int signal_fd, bool json) {
    enum perf_config_document document = documents[values->file].document;
    const struct perf_config_plan plan = {.keys = (uint32_t)values->keys};
    uint32_t keys = perf_config_document_keys(document);
    int err = perf_config_files_write(&files);
    if (err)
        return output_failed(json, err, "no files can be written in %s: %s", files.folder,
                             hr_error_text(err));
    const struct bench_config_beside task = {
        .values = &values->beside,
        .path = files.paths[document],
        .document = documents[values->file].name,
        .load = loads[values->load],
        .loads = perf_config_loads(&plan, keys),
        .file_keys = keys,
        .signal_fd = signal_fd,
        .json = values->json,
    };
    return bench_config_beside(&task);
}

/* The folder has signals that are read, and goes in any case. */
static int run_beside(const struct values *values, bool json) {
    int signal_fd = signals_open(), code = open_folder(values, json);
    if (!code) {
        code = run_in_folder(values, signal_fd, json);
        tidy_up();
    }
    close(signal_fd);
    return code;
}

static int run_alone(const struct values *values, bool json) {
    static struct perf_config_report report;
    const struct bench_document document = {&report, print_text, put_json};
    struct session none = {.signal_fd = -1, .done_fd = -1, .json = json};
    bench_folder_guard(tidy_up);
    int code = open_folder(values, json);
    if (code) return code;
    report.plan = (struct perf_config_plan){.files = &files,
                                            .keys = (uint32_t)values->keys,
                                            .repeat = (unsigned)values->repeat,
                                            .readers = (unsigned)values->readers};
    report.started_at_ms = hr_clock_wall_ns() / 1000000u;
    code = measure(&report, values, json);
    tidy_up();
    return code ? code : bench_publish_document(&document, &none, values->json);
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = check_values(values);
    if (code) return code;
    if (values->as_peer) return perf_config_serve_headrace() ? EXIT_FAILED : EXIT_DONE;
    return values->beside.names ? run_beside(values, json) : run_alone(values, json);
}

const struct command command_bench_config = {
    .path = "bench config",
    .arguments = "",
    .summary = "Measure the configuration: loads, variables, checks, look-ups, reloads",
    .details =
        "Loads of YAML files of 50, 1000 and 10000 keys with a schema and without one, 100 "
        "variables above a file, 500 nested entries checked, look-ups by path, a bound field, "
        "snapshots and reloads under readers. The files are in the page cache. libyaml's events "
        "alone tell the lower limit, and PyYAML's C loader with pydantic-settings loads the same "
        "files by the same schema, both in the same rounds: figures are medians of the rounds, "
        "ratios of figures of one round each. Limits and goals are told as met or missed and "
        "change no exit code. Exit code 1 when a file could not be loaded, or a reader saw half "
        "of a configuration. With --beside one file is loaded by each program in turn.",
    .examples = "headrace bench config # all of it, as a table\n"
                "headrace bench config --no-peers --repeat 1 --json -\n"
                "headrace bench config --python venv/bin/python3\n"
                "headrace bench config --beside libyaml,pyyaml --file large\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Peers", beside_table, VALUE(beside)}},
    .run = run,
};
