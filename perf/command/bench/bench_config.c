/* headrace bench config: what loads, look-ups and reloads of a configuration cost. */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "bench.h"
#include "bench_folder.h"
#include "commands.h"
#include "config_bench_report.h"

#define BYTES_NEEDED (8u << 20) /* all documents have less than four MiB */

struct values {
    uint64_t keys, repeat, readers;
    const char *directory, *peers, *python, *json;
    bool no_peers;
};

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
    {"peers", "DIR", OPTION_STRING, VALUE(peers),
     .help = "Where the other loaders' programs are, config_libyaml and config_pydantic.py "
             "(default: the folder peers beside this program)"},
    {"python", "PROGRAM", OPTION_STRING, VALUE(python), .standard = "python3",
     .help = "The Python that has PyYAML and pydantic-settings"},
    {"no-peers", NULL, OPTION_FLAG, VALUE(no_peers), .help = "Measure this library alone"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

static struct perf_config_files files;

static void tidy_up(void) {
    perf_config_files_remove(&files);
}

static int measure(struct perf_config_report *report, const struct values *values, bool json) {
    const struct perf_config_peers_at at = {.directory = values->peers, .python = values->python};
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

static int run(const struct command_call *call) {
    static struct perf_config_report report;
    const struct values *values = call->values;
    bool json = values->json && strcmp(values->json, "-") == 0;
    const struct bench_document document = {&report, print_text, put_json};
    const struct bench_folder folder = {.directory = values->directory,
                                        .name = "headrace-bench-config",
                                        .needed_bytes = BYTES_NEEDED};
    struct session none = {.signal_fd = -1, .done_fd = -1, .json = json};
    bench_folder_guard(tidy_up);
    int code = bench_folder_make(&folder, json, files.folder);
    if (code) return code;
    report.plan = (struct perf_config_plan){.files = &files,
                                            .keys = (uint32_t)values->keys,
                                            .repeat = (unsigned)values->repeat,
                                            .readers = (unsigned)values->readers};
    report.started_at_s = hr_clock_wall_ns() / 1000000000u;
    code = measure(&report, values, json);
    tidy_up();
    return code ? code : bench_publish_document(&document, &none, values->json);
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
        "of a configuration.",
    .examples = "headrace bench config # all of it, as a table\n"
                "headrace bench config --no-peers --repeat 1 --json -\n"
                "headrace bench config --python venv/bin/python3\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
