/* headrace proxy faults: a proxy that puts faults between clients and a server. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"
#include "fault_proxy.h"
#include "fault_report.h"
#include "output.h"
#include "resources.h"
#include "session.h"
#include "shown.h"
#include "signals.h"

#define CONNECTIONS_MAX 65536

struct values {
    const char *to, *listen, *script, *json;
    struct option_list faults;
    uint64_t seed, connections;
    bool tcp;
    struct engine_options engine;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"to", "HOST:PORT", OPTION_STRING, VALUE(to), .check = not_empty_check,
     .help = "The server behind the proxy; required"},
    {"listen", "ADDRESS:PORT", OPTION_STRING, VALUE(listen), .standard = "127.0.0.1:0",
     .help = "Where to listen; port 0 lets the kernel pick a free one"},
    {"script", "FILE", OPTION_STRING, VALUE(script), .check = not_empty_check,
     .help = "Rules, one a line: conditions (10%, GET, /prefix, first 3, every 7th, after 10s, for "
             "5s) and a fault (reset, reset-behind, status 503 SlowDown, truncate 50%, corrupt 1, "
             "trickle 1KiB/s, silent 5s, refuse, delay 300ms, latency 5ms +-2ms, rate 10MiB/s)"},
    {"fault", "RULE", OPTION_LIST, VALUE(faults), .check = not_empty_check,
     .help = "One rule, behind those of the script; may be repeated"},
    {"seed", "N", OPTION_UINT, VALUE(seed), .standard = "1", .max = UINT64_MAX,
     .help = "The nth request of a seed and a script meets the same faults each time"},
    {"tcp", NULL, OPTION_FLAG, VALUE(tcp),
     .help = "Faults are of connections and bytes, which are not looked at: TLS passes through"},
    {"connections", "N", OPTION_UINT, VALUE(connections), .standard = "1024", .min = 1,
     .max = CONNECTIONS_MAX, .help = "Most connections of clients at one time; one more is reset"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

/* The command's thread, which waits while the engine's works. */
struct run {
    const struct values *values;
    bool json;
    struct session signals; /* of which the descriptor alone is open */
    int closed_fd;
    struct fault_script script;
    struct fault_report report;
};

/* ---- The script. */

/* All of a file, up to one byte more than a script may have. */
static int read_file(const char *path, char *text, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t got = 1;
    *size = 0;
    while (*size <= FAULT_SCRIPT_MAX && got > 0) {
        got = read(fd, text + *size, FAULT_SCRIPT_MAX + 1 - *size);
        if (got > 0) *size += (size_t)got;
    }
    int err = got < 0 ? -errno : 0;
    close(fd);
    return err;
}

static int read_script(struct run *run, struct hr_error *error) {
    const char *path = run->values->script;
    char *text = malloc(FAULT_SCRIPT_MAX + 1);
    size_t size = 0;
    if (!text) return hr_error_set(error, -ENOMEM, "out of memory");
    int err = read_file(path, text, &size);
    if (err)
        hr_error_set(error, err, "%s", hr_error_text(err));
    else
        err = fault_script_read(&run->script, hr_slice_bytes(text, size), error);
    free(text);
    if (!err) return EXIT_DONE;
    return output_failed_as(EXIT_USAGE, run->json, err, "--script %s: %s", shown_argument(path),
                            error->message);
}

static int read_rules(struct run *run) {
    const struct option_list *faults = &run->values->faults;
    struct hr_error error = {0};
    int code = run->values->script ? read_script(run, &error) : EXIT_DONE;
    for (size_t i = 0; i < faults->count && !code; i++)
        if (fault_script_add(&run->script, hr_slice_of(faults->items[i]), 0, &error) != 0)
            code = output_failed_as(EXIT_USAGE, run->json, error.code, "--fault %s", error.message);
    return code;
}

/* ---- The run. */

/* One line, flushed: whoever reads it knows that the proxy listens. */
static int announce(const struct run *run, uint16_t port) {
    const char *listen = run->values->listen, *colon = strrchr(listen, ':');
    FILE *out = run->json ? stderr : stdout;
    fprintf(out, "listening on %.*s:%u\n", (int)(colon - listen), listen, (unsigned)port);
    return fflush(out);
}

static int wait_signal(struct run *run) {
    struct pollfd ready = {.fd = run->signals.signal_fd, .events = POLLIN};
    while (poll(&ready, 1, -1) < 0 && errno == EINTR) {}
    int signal = signals_next(run->signals.signal_fd);
    return signal == SIGINT || signal == SIGTERM ? EXIT_DONE : 128 + signal;
}

static void proxy_closed(void *user) {
    uint64_t one = 1;
    (void)!write(*(int *)user, &one, sizeof one);
}

static void close_proxy(struct run *run, fault_proxy *proxy) {
    uint64_t count;
    fault_proxy_close(proxy, proxy_closed, &run->closed_fd);
    while (read(run->closed_fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

static void put_json(struct hr_json_writer *json, const void *report) {
    fault_report_json(json, report);
}

static void print_text(FILE *out, const void *report) {
    fault_report_text(out, report);
}

static int publish(struct run *run) {
    const struct bench_document document = {&run->report, print_text, put_json};
    return bench_publish_document(&document, &run->signals, run->values->json);
}

static int serve(struct run *run, hr_engine *engine) {
    const struct values *values = run->values;
    const struct fault_proxy_options options = {
        .listen = values->listen,
        .to = values->to,
        .script = &run->script,
        .seed = values->seed,
        .tcp = values->tcp,
        .connections_max = (unsigned)values->connections,
    };
    struct hr_error error = {0};
    fault_proxy *proxy;
    int err = fault_proxy_new(engine, &options, &run->report.outcome, &error, &proxy);
    if (err)
        return output_failed_as(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, run->json, err, "%s",
                                error.message);
    int code = announce(run, fault_proxy_port(proxy)) == 0 ? wait_signal(run) : EXIT_FAILED;
    close_proxy(run, proxy);
    int published = publish(run);
    return code ? code : published;
}

/* Descriptors and an engine around serve. */
static int run_proxy(struct run *run) {
    struct session_engine on = {.engine = NULL};
    run->signals.signal_fd = signals_open();
    run->closed_fd = eventfd(0, EFD_CLOEXEC);
    int code = EXIT_ENVIRONMENT;
    if (run->signals.signal_fd < 0 || run->closed_fd < 0)
        output_failed_as(EXIT_ENVIRONMENT, run->json, -errno, "cannot open an event descriptor: %s",
                         hr_error_text(-errno));
    else
        code = session_engine_open(&run->values->engine, 1, run->json, &on);
    if (code == EXIT_DONE) {
        code = serve(run, on.engine);
        hr_engine_close(on.engine, NULL, NULL);
    }
    if (run->signals.signal_fd >= 0) close(run->signals.signal_fd);
    if (run->closed_fd >= 0) close(run->closed_fd);
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    bool json = values->json && strcmp(values->json, "-") == 0;
    if (!values->to)
        return output_usage(call->command->path, "--to is missing: the server behind the proxy");
    struct run *run = calloc(1, sizeof *run);
    if (!run) return output_failed_as(EXIT_ENVIRONMENT, json, -ENOMEM, "out of memory");
    run->values = values;
    run->json = run->signals.json = json;
    run->signals.done_fd = -1;
    run->report.script = &run->script;
    run->report.seed = values->seed;
    run->report.tcp = values->tcp;
    perf_files_raise_all();
    int code = read_rules(run);
    if (code == EXIT_DONE) code = run_proxy(run);
    free(run);
    return code;
}

const struct command command_proxy_faults = {
    .path = "proxy faults",
    .arguments = "",
    .summary = "Put faults between clients and a server, by a script, until SIGTERM or SIGINT",
    .details =
        "Resets, errors, lost answers, cut and damaged bodies, slow lines, outages: each request "
        "meets at most one of them, by chance of a seed or by number, and all are counted. Once it "
        "listens it prints one line with its address (with --json - to standard error). SIGTERM "
        "and "
        "SIGINT end it with the report and exit code 0.",
    .examples =
        "headrace proxy faults --to 127.0.0.1:9000 --fault '5% reset' --fault '5% status 503'\n"
        "headrace proxy faults --to 127.0.0.1:9000 --script faults.txt --json counts.json\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Engine", engine_table, VALUE(engine)}},
    .run = run,
};
