/* headrace suite: checks with values, targets and margins. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"
#include "signals.h"
#include "suite_run.h"

#define SUITES_MAX     32
#define MORE_MAX       24
#define LASTS_QUICK_MS 20000
#define LASTS_FULL_MS  86400000
#define PATH_SIZE      4096

struct values {
    const char *endpoint, *region, *profile, *bucket, *ca_file, *out, *json;
    uint64_t duration_ms;
    int addressing;
    bool full, quick;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"quick", NULL, OPTION_FLAG, VALUE(quick), .help = "The short form of every suite (default)"},
    {"full", NULL, OPTION_FLAG, VALUE(full), .help = "The long form: more rounds, longer loads"},
    {"duration", "DURATION", OPTION_DURATION, VALUE(duration_ms), .min = 10000, .max = 604800000,
     .help = "Of soak, all its processes together (default: 20s, with --full 24h)"},
    {"out", "DIR", OPTION_STRING, VALUE(out), .of_call = true,
     .help = "Write DIR/NAME.json for each suite; the folder is made"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write all suites as one JSON object to FILE; - is standard output, without the "
             "tables"},
    {.name = NULL}};

static const struct option store[] = {
    {"endpoint", "URL", OPTION_STRING, VALUE(endpoint),
     .help = "The store (default: 'serve s3' as a child of each command)"},
    {"region", "NAME", OPTION_STRING, VALUE(region), .help = "Of the store"},
    {"profile", "NAME", OPTION_STRING, VALUE(profile), .help = "Of the shared files"},
    {"addressing", "STYLE", OPTION_CHOICE, VALUE(addressing), .choices = "auto|path|virtual",
     .standard = "auto", .help = "Where the bucket's name stands"},
    {"ca-file", "FILE", OPTION_STRING, VALUE(ca_file), .help = "Certificates that are trusted"},
    {"bucket", "NAME", OPTION_STRING, VALUE(bucket), .standard = "headrace-bench",
     .help = "Made when it is missing"},
    {.name = NULL}};

struct suite_work {
    const struct values *values;
    const struct perf_suite_plan *plans[SUITES_MAX];
    struct perf_suite_run *runs; /* of each */
    size_t count;
    const char *store[MORE_MAX + 1], *common[4]; /* words of the commands */
    const char *lasting[5];
    char duration[32], checkpoint[PATH_SIZE];
    uint64_t lasts_ms;
    struct session session; /* signals alone */
    struct output_progress progress;
    bool json;
};

/* ---- Which suites, and what leads to the store. */

static int refuse_name(const char *name) {
    char known[512] = "";
    size_t size = 0;
    for (const struct perf_suite_plan *plan = perf_suite_plans; plan->name; plan++)
        size += (size_t)snprintf(known + size, sizeof known - size, ", %s", plan->name);
    return output_usage("suite", "'%.60s' is no suite: there are all%s", name, known);
}

static int choose(struct suite_work *work, const struct command_call *call) {
    for (size_t i = 0; i < call->argument_count; i++) {
        const char *name = call->arguments[i];
        const struct perf_suite_plan *plan = perf_suite_find(name);
        bool all = strcmp(name, "all") == 0;
        if (!plan && !all) return refuse_name(name);
        for (const struct perf_suite_plan *each = perf_suite_plans; each->name; each++) {
            bool known = all ? each->steps[0].lasts : each != plan;
            for (size_t j = 0; j < work->count; j++) known = known || work->plans[j] == each;
            if (!known && work->count < SUITES_MAX) work->plans[work->count++] = each;
        }
    }
    return EXIT_DONE;
}

static void add_more(struct suite_work *work, const char *option, const char *value) {
    size_t count = 0;
    while (work->store[count]) count++;
    if (!value || count + 2 > MORE_MAX) return;
    work->store[count] = option;
    work->store[count + 1] = value;
}

static void fill_more(struct suite_work *work, const struct option_common *common) {
    static const char *const styles[] = {NULL, "path", "virtual"};
    const struct values *values = work->values;
    add_more(work, "--endpoint", values->endpoint);
    add_more(work, "--region", values->region);
    add_more(work, "--profile", values->profile);
    add_more(work, "--addressing", styles[values->addressing]);
    add_more(work, "--ca-file", values->ca_file);
    add_more(work, "--bucket", values->bucket);
    size_t count = 0;
    if (common->config) work->common[count++] = "--config", work->common[count++] = common->config;
    if (common->no_config) work->common[count] = "--no-config";
}

/* The words of a step that lasts. The exit code. */
static int fill_lasting(struct suite_work *work) {
    const struct values *values = work->values;
    work->lasts_ms = values->duration_ms ? values->duration_ms
                     : values->full      ? LASTS_FULL_MS
                                         : LASTS_QUICK_MS;
    snprintf(work->duration, sizeof work->duration, "%llums", (unsigned long long)work->lasts_ms);
    int size = snprintf(work->checkpoint, sizeof work->checkpoint, "%s%ssoak.checkpoint",
                        values->out ? values->out : "", values->out ? "/" : "");
    if (size < 0 || (size_t)size >= sizeof work->checkpoint)
        return output_failed(work->json, -ENAMETOOLONG, "--out: the name is too long");
    const char *const words[] = {"--duration", work->duration, "--checkpoint", work->checkpoint};
    memcpy(work->lasting, words, sizeof words);
    return EXIT_DONE;
}

/* ---- Results. */

static void put_one(struct hr_json_writer *json, const void *run) {
    json->pretty = true;
    perf_suite_json(json, run);
}

static void print_one(FILE *out, const void *run) {
    perf_suite_text(out, run);
}

static void print_nothing(FILE *out, const void *run) {
    (void)out, (void)run;
}

static bool all_good(const struct suite_work *work) {
    bool good = true;
    for (size_t i = 0; i < work->count; i++) good = good && perf_suite_is_good(&work->runs[i]);
    return good;
}

static void put_all(struct hr_json_writer *json, const void *user) {
    const struct suite_work *work = user;
    json->pretty = true;
    hr_json_object(json);
    hr_json_key(json, "kind");
    hr_json_text(json, "suites");
    hr_json_key(json, "passed");
    hr_json_bool(json, all_good(work));
    hr_json_key(json, "suites");
    hr_json_array(json);
    for (size_t i = 0; i < work->count; i++) perf_suite_json(json, &work->runs[i]);
    hr_json_end(json);
    hr_json_end(json);
}

static int publish_one(struct suite_work *work, const struct perf_suite_run *run) {
    char path[PATH_SIZE];
    const char *out = work->values->out;
    const struct bench_document document = {run, work->json ? print_nothing : print_one, put_one};
    int size = snprintf(path, sizeof path, "%s/%s.json", out ? out : "", run->plan->name);
    if (size < 0 || (size_t)size >= sizeof path)
        return output_failed(work->json, -ENAMETOOLONG, "--out: the name is too long");
    int code = bench_publish_document(&document, &work->session, out ? path : NULL);
    fflush(stdout);
    return code;
}

/* ---- The run. */

static void show_step(void *user, const char *command) {
    struct suite_work *work = user;
    output_progress_text(&work->progress, command);
}

static int make_folder(const struct suite_work *work) {
    const char *out = work->values->out;
    if (!out || mkdir(out, 0777) == 0 || errno == EEXIST) return EXIT_DONE;
    return output_failed(work->json, -errno, "--out %s: %s", out, hr_error_text(-errno));
}

static int run_all(struct suite_work *work) {
    const struct perf_suite_options options = {.program = "/proc/self/exe",
                                               .store = work->store,
                                               .common = work->common,
                                               .lasting = work->lasting,
                                               .lasts_ms = work->lasts_ms,
                                               .full = work->values->full,
                                               .signal_fd = work->session.signal_fd,
                                               .on_step = show_step,
                                               .user = work};
    int code = EXIT_DONE, stopped = 0;
    for (size_t i = 0; !stopped && i < work->count; i++) {
        stopped = perf_suite_execute(work->plans[i], &options, &work->runs[i]);
        output_progress_end(&work->progress);
        int published = publish_one(work, &work->runs[i]);
        if (!code) code = published;
        if (stopped) work->count = i + 1;
    }
    if (stopped) work->session.signal = signals_next(work->session.signal_fd);
    return code;
}

static int conclude(struct suite_work *work, int code) {
    const struct bench_document all = {work, print_nothing, put_all};
    bool good = all_good(work);
    if (work->values->json) {
        int published = bench_publish_document(&all, &work->session, work->values->json);
        if (!code) code = published;
        if (work->json) output_json_reported();
    }
    if (work->session.signal) return 128 + work->session.signal;
    if (!good && !code) output_complain("suite: not every check passed");
    return code ? code : good ? EXIT_DONE : EXIT_FAILED;
}

static int run_chosen(struct suite_work *work) {
    work->runs = calloc(work->count, sizeof *work->runs);
    if (!work->runs) return output_failed(work->json, -ENOMEM, "out of memory");
    int code = make_folder(work);
    if (!code) code = conclude(work, run_all(work));
    free(work->runs);
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct suite_work work = {.values = values,
                              .session = {.done_fd = -1},
                              .json = values->json && strcmp(values->json, "-") == 0};
    if (values->full && values->quick)
        return output_usage("suite", "--quick and --full exclude each other");
    int code = choose(&work, call);
    if (code) return code;
    fill_more(&work, &call->common);
    code = fill_lasting(&work);
    if (code) return code;
    signal(SIGPIPE, SIG_IGN); /* a step may end without its input */
    work.session.json = work.json;
    work.session.signal_fd = signals_open();
    if (work.session.signal_fd < 0)
        return output_failed_as(EXIT_ENVIRONMENT, work.json, -errno, "no descriptor for signals");
    code = run_chosen(&work);
    close(work.session.signal_fd);
    return code;
}

const struct command command_suite = {
    .path = "suite",
    .arguments = "NAME... | all",
    .arguments_min = 1,
    .arguments_max = SUITES_MAX,
    .summary = "Run suites of checks: logging, stress, pool, memory and more, against a store",
    .details =
        "Each suite runs commands of this program and holds their figures against targets: "
        "logging, stress, sustained, pool, bench, configuration, leak, resilience, recovery, "
        "integration, readiness; and soak, which lasts and is none of all. "
        "A table tells value, target and margin of each check, and of one that did not pass the "
        "command that repeats it. Keys come as for 's3 ls': environment, shared files, roles. "
        "Exit code 1 when a check was missed or not run.",
    .examples = "headrace suite all # on the embedded server\n"
                "headrace suite stress pool --endpoint http://127.0.0.1:9000 --out results\n"
                "headrace suite soak --duration 24h --out results # the same again resumes it\n"
                "headrace suite logging --json -\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Store", store, 0}},
    .run = run,
};
