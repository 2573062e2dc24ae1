/* headrace s3 health: whether a store can be used. */
#include <stddef.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"

static void print_text(const struct hr_s3_health *health) {
    printf("%s  %s  region %s", hr_s3_health_status_name(health->status), health->endpoint,
           health->region);
    if (health->status == HR_S3_HEALTHY) printf("  %.1f ms", health->latency_ms);
    putchar('\n');
}

static void print_json(struct session *session, const struct hr_s3_health *health,
                       const struct hr_error *error) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "status", hr_s3_health_status_name(health->status));
    if (health->status == HR_S3_HEALTHY)
        json_put_double(&json, "latency_ms", health->latency_ms, 3);
    else
        json_put_null(&json, "latency_ms");
    json_put_text(&json, "endpoint", health->endpoint);
    json_put_text(&json, "region", health->region);
    if (!error->code) json_put_null(&json, "error");
    session_report_end(session, &json, error->code, error);
}

static int ask(const struct s3_values *values, struct session *session, const char *bucket) {
    struct hr_s3_health health = {.bucket = bucket};
    struct hr_error error = {0};
    session_prepare(session, &health.request);
    int started = hr_s3_health_start(session->client, &health);
    int result = session_wait(session, &health.request, started, NULL, NULL, &error);
    if (!started && values->json)
        print_json(session, &health, &error);
    else if (!started)
        print_text(&health);
    return session_end(session, result, &error, "s3 health%s%s", bucket ? " s3://" : "",
                       bucket ? bucket : "");
}

static int run(const struct command_call *call) {
    const struct s3_values *values = call->values;
    struct s3_place place = {.bucket = ""};
    struct session session;
    int code = call->argument_count ? s3_place_open(call, S3_PLACE_BUCKET, &place, &session)
                                    : session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = ask(values, &session, place.bucket[0] ? place.bucket : NULL);
    session_close(&session);
    return code;
}

const struct command command_s3_health = {
    .path = "s3 health",
    .arguments = "[s3://BUCKET]",
    .arguments_max = 1,
    .summary = "Say whether a store can be used",
    .details = "It is asked for its buckets; where that is not allowed and BUCKET is given, for "
               "that one. All of it has 5 s, or --timeout. Exit codes: 0 healthy, 1 not.",
    .examples = "headrace s3 health --endpoint http://127.0.0.1:9000\n"
                "headrace s3 health --json --timeout 2s s3://photos\n",
    .values_size = sizeof(struct s3_values),
    .groups = {{"Options", s3_table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
