/* headrace s3 probe: what a store is capable of. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"
#include "session.h"
#include "signals.h"

struct probe_values {
    struct s3_values common;
    const char *output;
};

struct run {
    struct hr_s3_probe probe;
    struct session session;
    struct hr_json_writer json; /* of --json, begun at the first finding */
    char window[OUTPUT_WINDOW];
    bool in_json, begun;
};

static const char *word_of(enum hr_s3_probe_verdict verdict) {
    return verdict == HR_S3_PROBE_YES ? "yes" : verdict == HR_S3_PROBE_NO ? "no" : "not tried";
}

static void print_line(const struct hr_s3_probe_finding *finding) {
    printf("%-20s %s", finding->name, word_of(finding->verdict));
    if (finding->detail[0]) {
        fputs(": ", stdout);
        output_bytes(hr_slice_of(finding->detail));
    }
    putchar('\n');
    fflush(stdout);
}

static void put_finding(struct run *run, const struct hr_s3_probe_finding *finding) {
    if (!run->begun) {
        output_json_init(&run->json, run->window, stdout);
        hr_json_object(&run->json);
        hr_json_key(&run->json, "findings");
        hr_json_array(&run->json);
        run->begun = true;
    }
    hr_json_object(&run->json);
    json_put_text(&run->json, "name", finding->name);
    json_put_text(&run->json, "verdict", word_of(finding->verdict));
    json_put_text(&run->json, "detail", finding->detail);
    hr_json_end(&run->json);
}

/* A signal ends the probe, which then removes its objects. */
static int on_finding(struct hr_s3_probe *probe, const struct hr_s3_probe_finding *finding) {
    struct run *run = probe->user;
    struct pollfd ready = {.fd = run->session.signal_fd, .events = POLLIN};
    if (run->in_json)
        put_finding(run, finding);
    else
        print_line(finding);
    if (poll(&ready, 1, 0) <= 0) return 0;
    run->session.signal = signals_next(run->session.signal_fd);
    return run->session.signal ? -ECANCELED : 0;
}

/* A configuration that the loader of services reads. */
static int write_profile(const char *path, const char *uri, const char *provider) {
    FILE *file = fopen(path, "we");
    if (!file) return -errno;
    fprintf(file, "# Found out by: headrace s3 probe %s\nstorage:\n  provider: %s\n", uri,
            provider);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? -EIO : 0;
}

static void end_report(struct run *run, int result, const struct hr_error *error) {
    if (!run->in_json) {
        if (!result) printf("%-20s %s\n", "provider", run->probe.provider);
        return;
    }
    if (!run->begun) return;
    hr_json_end(&run->json);
    if (result) {
        hr_json_key(&run->json, "error");
        hr_json_object(&run->json);
        output_error_json(&run->json, error, EXIT_FAILED);
        hr_json_end(&run->json);
        output_json_reported();
    } else {
        json_put_text(&run->json, "provider", run->probe.provider);
    }
    hr_json_end(&run->json);
    output_json_finish(&run->json, stdout);
}

static int end(struct run *run, int result, const char *uri) {
    struct hr_error error = run->probe.error;
    if (result && !error.code) hr_error_set(&error, result, "%s", hr_error_text(result));
    end_report(run, result, &error);
    if (!result) return EXIT_DONE;
    run->session.json = run->in_json && !run->begun;
    return session_end(&run->session, result, &error, "s3 probe %s", uri);
}

static int run_probe(const struct command_call *call) {
    const struct probe_values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct run *run = calloc(1, sizeof *run);
    if (!run) return output_failed(values->common.json, -ENOMEM, "no memory");
    int code = s3_place_open(call, S3_PLACE_BUCKET, &place, &run->session);
    if (!code) {
        run->in_json = values->common.json;
        run->probe.bucket = place.bucket;
        run->probe.on_finding = on_finding;
        run->probe.user = run;
        run->probe.timeout_ms = run->session.timeout_ms;
        code = end(run, hr_s3_probe_run(run->session.client, &run->probe), uri);
        session_close(&run->session);
    }
    int err = !code && values->output ? write_profile(values->output, uri, run->probe.provider) : 0;
    free(run);
    if (err)
        return output_failed_as(EXIT_ENVIRONMENT, false, err, "%s: %s", values->output,
                                hr_error_text(err));
    return code;
}

static const struct option probe_table[] = {
    {"output", "FILE", OPTION_STRING, offsetof(struct probe_values, output), .short_name = 'o',
     .help = "Write a configuration with the provider that was found: YAML"},
    {"json", NULL, OPTION_FLAG, offsetof(struct probe_values, common.json),
     .help = "Print one JSON object"},
    {.name = NULL}};

const struct command command_s3_probe = {
    .path = "s3 probe",
    .arguments = "s3://BUCKET",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Find out what a store is capable of",
    .details = "Writes small objects below headrace-probe-…, and removes them. A feature that "
               "the store lacks is a line, and no failure.",
    .examples = "headrace s3 probe --endpoint http://127.0.0.1:9000 s3://photos\n"
                "headrace s3 probe --output store.yaml s3://photos\n",
    .values_size = sizeof(struct probe_values),
    .groups = {{"Options", probe_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_probe,
};
