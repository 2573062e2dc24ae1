/* Performs S3 operations for tests: a JSON object a line comes in, {"op": NAME, members of its
 * struct …}, and one goes out: what it has told, or its error. Endpoint and keys are the
 * environment's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/engine.h>

#include "s3_driver.h"

static const struct s3_operation *operation_in(const struct s3_operation *table, const char *name) {
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0) return table;
    return NULL;
}

/* NULL: there is none of this name. */
static const struct s3_operation *operation_find(const char *name) {
    const struct s3_operation *found = operation_in(s3_object_operations, name);
    if (!found) found = operation_in(s3_upload_operations, name);
    return found ? found : operation_in(s3_bucket_operations, name);
}

static int refuse(const char *what, const char *name) {
    printf("{\"refused\": \"%s: %s\"}\n", what, name);
    return 0;
}

static void print(json_t *result) {
    char *text = json_dumps(result, JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    free(text);
}

static void write_error(json_t *result, int code, const struct hr_error *error) {
    json_object_set_new(result, "error",
                        json_pack("{s:s, s:s, s:i, s:s, s:s}", "name", hr_error_name(code), "code",
                                  error->service_code, "status", error->http_status, "message",
                                  error->message, "request_id", error->request_id));
}

/* Runs one operation to its end. The request stands first in each of the structs. */
static int perform(hr_s3_client *client, const struct s3_operation *operation, void *memory,
                   json_t *result) {
    struct hr_request *request = memory;
    int code;
    request->user = result;
    request->timeout_ms = 60000;
    if (operation->prepare) operation->prepare(memory);
    code = operation->start(client, memory);
    if (code == 0) code = hr_wait(request);
    s3_members_write(operation->out, memory, result);
    if (operation->finish) operation->finish(memory, result);
    json_object_set_new(result, "attempts", json_integer(request->attempts));
    if (code < 0) write_error(result, code, &request->error);
    return code;
}

static int run(hr_s3_client *client, json_t *line) {
    const char *name = json_string_value(json_object_get(line, "op"));
    const struct s3_operation *operation = name ? operation_find(name) : NULL;
    const char *unknown;
    json_t *result;
    void *memory;
    if (!operation) return refuse("no such operation", name ? name : "");
    memory = calloc(1, operation->size);
    if (!memory) return -1;
    result = json_pack("{s:[], s:[]}", "entries", "fields");
    json_object_del(line, "op"); /* and `name` with it */
    unknown = s3_members_read(operation->in, line, memory);
    if (unknown) {
        refuse("no such member, or of another kind", unknown);
    } else {
        perform(client, operation, memory, result);
        print(result);
    }
    json_decref(result);
    free(memory);
    s3_members_reset();
    return 0;
}

static int serve(hr_s3_client *client) {
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, stdin) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        if (!json_is_object(line))
            refuse("no JSON object", "line");
        else
            run(client, line);
        json_decref(line);
        fflush(stdout);
    }
    free(text);
    return 0;
}

static int fail(const struct hr_error *error) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_client_options options = {.profile = NULL};
    if (!getenv("AWS_MAX_ATTEMPTS")) options.http.retry.attempts_max = HR_NO_RETRY;
    struct hr_error error = {0};
    hr_engine *engine;
    hr_s3_client *client;
    if (hr_engine_new(&engine_options, &error, &engine)) return fail(&error);
    if (hr_s3_client_new(engine, &options, &error, &client)) return fail(&error);
    serve(client);
    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return 0;
}
