/* headrace s3 exists: whether a store has an object. */
#include <stddef.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"
#include "s3_read.h"

/* Of a question that has no answer: 1 is a no. */
#define EXIT_NO_ANSWER 4

struct values {
    struct s3_values common;
    struct s3_object_values object;
};

static void print_json(struct session *session, const struct s3_place *place,
                       const struct hr_s3_exists *exists, const struct hr_error *error) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "bucket", place->bucket);
    json_put_text(&json, "key", place->key);
    if (error->code) {
        json_put_null(&json, "exists");
    } else {
        json_put_bool(&json, "exists", exists->exists);
        json_put_null(&json, "error");
        output_json_reported(); /* a no is an answer */
    }
    session_report_end(session, &json, error->code, error);
}

static int ask(const struct values *values, struct session *session, const struct s3_place *place,
               const char *uri) {
    struct s3_read read;
    int code = s3_read_fill(&values->object, &read);
    if (code) return code;
    struct hr_s3_exists exists = {.bucket = place->bucket,
                                  .key = place->key,
                                  .version_id = read.options.version_id,
                                  .customer_key = read.options.customer_key,
                                  .request_payer = read.options.request_payer,
                                  .expected_owner = read.options.expected_owner};
    struct hr_error error = {0};
    session_prepare(session, &exists.request);
    int started = hr_s3_exists_start(session->client, &exists);
    int result = session_wait(session, &exists.request, started, NULL, NULL, &error);
    s3_read_wipe(&read);
    if (values->common.json)
        print_json(session, place, &exists, &error);
    else if (!result)
        puts(exists.exists ? "yes" : "no");
    if (!result) return exists.exists ? EXIT_DONE : EXIT_FAILED;
    code = session_end(session, result, &error, "s3 exists %s", uri);
    return code == EXIT_FAILED ? EXIT_NO_ANSWER : code;
}

static int run(const struct command_call *call) {
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_OBJECT, &place, &session);
    if (code) return code == EXIT_FAILED ? EXIT_NO_ANSWER : code;
    code = ask(call->values, &session, &place, call->arguments[0]);
    session_close(&session);
    return code;
}

const struct command command_s3_exists = {
    .path = "s3 exists",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Say whether there is an object",
    .details = "Exit codes: 0 yes, 1 no, 2 wrong usage, 4 where neither is known: the bucket is "
               "missing, the store refuses, or it cannot be reached.",
    .examples = "headrace s3 exists s3://photos/cat.jpg && echo there\n"
                "headrace s3 exists --json --version-id ID s3://photos/cat.jpg\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", s3_table, 0},
               {"Object", s3_existence_table, offsetof(struct values, object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
