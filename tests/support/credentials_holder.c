/* A service with an S3 client of AWS's chain, which stops at marks so that its memory can be looked
 * at: for tests alone. It prints a mark, and goes on when a line comes in.
 *
 * usage: credentials_holder BUCKET
 *
 * live: requests were made on each reactor. renewed: the store has refused the credentials as
 * expired, and the client has others. closed: the client is gone, the engine runs. gone: the
 * engine is closed. All events of the client are in the file "log". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/log_hooks.h>
#include <headrace/s3.h>

#define REACTORS 2
#define ROUNDS   8 /* of requests, so that each reactor has some */

static void mark(const char *name) {
    char line[16];
    printf("%s\n", name);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) exit(1);
}

static void tell(const char *what, int result, const struct hr_error *error) {
    if (result < 0) printf("error %s: %s\n", what, error->message);
}

static void get(hr_s3_client *client, const char *bucket, const char *key) {
    char body[4096];
    struct hr_s3_get get = {.bucket = bucket, .key = key};
    get.sink = hr_sink_bytes(body, sizeof body);
    int result = hr_s3_get_start(client, &get);
    if (result == 0) result = hr_wait(&get.request);
    tell("get", result, &get.request.error);
}

static void put(hr_s3_client *client, const char *bucket, const char *key) {
    struct hr_s3_put put = {.bucket = bucket, .key = key, .body = hr_source_bytes("body", 4)};
    int result = hr_s3_put_start(client, &put);
    if (result == 0) result = hr_wait(&put.request);
    tell("put", result, &put.request.error);
}

static void work(hr_s3_client *client, const char *bucket, const char *key) {
    for (int i = 0; i < ROUNDS; i++) {
        get(client, bucket, key);
        put(client, bucket, key);
    }
}

static int fail(const struct hr_error *error) {
    printf("error %s\n", error->message);
    return 1;
}

static hr_log *open_log(struct hr_error *error) {
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = "log"};
    struct hr_log_options options = {.level = HR_LOG_DEBUG, .sinks = &sink, .sink_count = 1};
    hr_log *log = NULL;
    return hr_log_new(&options, error, &log) ? NULL : log;
}

int main(int argument_count, char **arguments) {
    struct hr_engine_options engine_options = {.reactors = REACTORS};
    struct hr_s3_client_options options = {.addressing = HR_S3_ADDRESSING_PATH};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_s3_client *client;
    if (argument_count != 2) return 2;
    hr_log *log = open_log(&error);
    if (!log) return fail(&error);
    options.http.on_event = hr_log_on_event;
    options.http.event_user = log;
    if (hr_engine_new(&engine_options, &error, &engine)) return fail(&error);
    if (hr_s3_client_new(engine, &options, &error, &client)) return fail(&error);
    work(client, arguments[1], "plain");
    mark("live");
    work(client, arguments[1], "expired");
    mark("renewed");
    hr_s3_client_close(client, NULL, NULL); /* gone when it returns */
    mark("closed");
    hr_engine_close(engine, NULL, NULL);
    mark("gone");
    return hr_log_close(log) ? 1 : 0;
}
