/* headrace log recover: completes the log files of a process that was killed. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/log.h>

#include "commands.h"
#include "json_put.h"
#include "output.h"

struct values {
    bool json;
};

static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct values, json), .help = "Print one JSON object"},
    {.name = NULL}};

/* Told one after the other while the files are completed: files and problems, each in its array. */
struct report {
    bool json;
    struct hr_json_writer files, problems; /* in memory of their own */
    char files_text[64 * 1024], problems_text[64 * 1024];
};

static void on_file(void *user, const struct hr_log_recovered *file) {
    struct report *report = user;
    struct hr_json_writer *json = &report->files;
    if (!report->json) {
        printf("%s: %llu lines (%llu bytes) added behind byte %llu\n", file->path,
               (unsigned long long)file->lines, (unsigned long long)file->bytes,
               (unsigned long long)file->offset);
        return;
    }
    hr_json_object(json);
    json_put_text(json, "path", file->path);
    json_put_u64(json, "offset", file->offset);
    json_put_u64(json, "lines", file->lines);
    json_put_u64(json, "bytes", file->bytes);
    hr_json_end(json);
}

static void on_problem(void *user, const char *text) {
    struct report *report = user;
    output_complain("log recover: %s; it was left alone", text);
    if (report->json) hr_json_text(&report->problems, text);
}

/* Arrays of their own, because both grow at the same time. */
static void begin(struct report *report) {
    hr_json_init(&report->files, report->files_text, sizeof report->files_text, NULL, NULL);
    hr_json_init(&report->problems, report->problems_text, sizeof report->problems_text, NULL,
                 NULL);
    hr_json_array(&report->files);
    hr_json_array(&report->problems);
}

static void put_array(const char *key, struct hr_json_writer *array) {
    hr_json_end(array);
    /* More problems than fit are counted all the same. */
    bool whole = hr_json_finish(array) == 0;
    printf("\"%s\":%.*s,", key, whole ? (int)array->size : 2, whole ? array->data : "[]");
}

static void print_json(struct report *report, const struct hr_log_recovery *recovery,
                       const struct hr_error *error) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    putchar('{');
    put_array("files", &report->files);
    put_array("problems", &report->problems);
    printf("\"rings\":%llu,\"lines\":%llu,\"bytes\":%llu,\"error\":",
           (unsigned long long)recovery->rings, (unsigned long long)recovery->lines,
           (unsigned long long)recovery->bytes);
    if (error) {
        output_json_init(&json, window, stdout);
        hr_json_object(&json);
        output_error_json(&json, error, output_class(error->code));
        hr_json_end(&json);
        hr_json_finish(&json);
    } else {
        fputs("null", stdout);
    }
    puts("}");
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct hr_log_recovery recovery = {0};
    struct hr_error error = {0};
    struct report *report = calloc(1, sizeof *report);
    if (!report) return output_failed(values->json, -ENOMEM, "log recover: no memory");
    report->json = values->json;
    begin(report);
    const struct hr_log_recover_options options = {
        .on_file = on_file, .on_problem = on_problem, .user = report};
    int err = hr_log_recover(call->arguments[0], &options, &error, &recovery);
    if (values->json)
        print_json(report, &recovery, err ? &error : NULL);
    else if (!recovery.files && !err)
        printf("%s: nothing to recover\n", call->arguments[0]);
    free(report);
    if (!err) return EXIT_DONE;
    if (!recovery.problems) output_complain("log recover: %s", error.message);
    return EXIT_FAILED;
}

const struct command command_log_recover = {
    .path = "log recover",
    .arguments = "DIRECTORY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Complete the log files of a process that was killed",
    .details =
        "DIRECTORY is the log's rings_directory. Each file is cut to where it was whole; what was\n"
        "accepted behind that is written out of the rings, each record once, in order. Being\n"
        "killed in it does no harm, nor does running it again. Run it as the service's user. Ends\n"
        "with 1 where the process lives, or where something was left alone.",
    .examples = "headrace log recover /dev/shm/service\n"
                "headrace log recover --json /dev/shm/service | jq .lines\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
