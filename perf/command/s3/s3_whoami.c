/* headrace s3 whoami: the source of the credentials, and why none of those before it counts. */
#include <stddef.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"

/* Nobody is asked, and no secret is in the report. */
static int explain(const struct connection_options *options, struct hr_error *error,
                   struct hr_s3_credentials_report *report) {
    struct connection_settings settings;
    int code = connection_settings_fill(options, &settings);
    if (code) return code;
    *report = (struct hr_s3_credentials_report){.source = NULL};
    if (options->anonymous) {
        report->source = "none";
        snprintf(report->detail, sizeof report->detail, "--no-sign-request: nothing is signed");
        return EXIT_DONE;
    }
    const struct hr_s3_credentials_options asked = {
        .kind = options->access_key ? HR_S3_CREDENTIALS_STATIC : HR_S3_CREDENTIALS_CHAIN,
        .profile = options->profile,
        .region = options->region,
        .access_key = options->access_key,
        .secret_key = options->secret_key,
    };
    int err = hr_s3_credentials_explain(&asked, error, report);
    if (err) report->source = NULL;
    return err ? (int)output_class(err) : EXIT_DONE;
}

static void print_text(const struct hr_s3_credentials_report *report) {
    printf("source:  %s\n", report->source ? report->source : "none is configured");
    if (report->detail[0]) {
        printf("detail:  ");
        output_bytes(hr_slice_of(report->detail));
        putchar('\n');
    }
    for (size_t i = 0; i < report->before_count; i++) {
        printf("not:     %s: ", report->before[i].name);
        output_bytes(hr_slice_of(report->before[i].reason));
        putchar('\n');
    }
}

static void print_json(const struct hr_s3_credentials_report *report, const struct hr_error *error,
                       int code) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "source", report->source);
    json_put_text(&json, "detail", report->detail[0] ? report->detail : NULL);
    json_put_array(&json, "before");
    for (size_t i = 0; i < report->before_count; i++) {
        hr_json_object(&json);
        json_put_text(&json, "source", report->before[i].name);
        json_put_text(&json, "reason", report->before[i].reason);
        hr_json_end(&json);
    }
    hr_json_end(&json);
    if (code) {
        json_put_object(&json, "error");
        output_error_json(&json, error, (enum exit_code)code);
        hr_json_end(&json);
    } else {
        json_put_null(&json, "error");
    }
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static int run(const struct command_call *call) {
    const struct s3_values *values = call->values;
    static struct hr_s3_credentials_report report;
    struct hr_error error = {0};
    int code = explain(&values->connection, &error, &report);
    if (code && !error.code) return code; /* told: options that contradict each other */
    if (values->json)
        print_json(&report, &error, code);
    else
        print_text(&report);
    if (code) output_error_as((enum exit_code)code, &error, false, "s3 whoami");
    return code;
}

const struct command command_s3_whoami = {
    .path = "s3 whoami",
    .arguments = "",
    .summary = "Say where the credentials come from",
    .details = "The source that counts, and those before it with the reason why each has none, in "
               "the order in which they are looked at. Nobody is asked, and no secret is shown.",
    .examples = "headrace s3 whoami\n"
                "headrace s3 whoami --profile work --json\n",
    .values_size = sizeof(struct s3_values),
    .groups = {{"Options", s3_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
