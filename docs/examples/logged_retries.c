/* An S3 client whose operations are logged: done at DEBUG, a retry as WARNING with its attempt and
 * its wait, a final failure as ERROR. The store is busy twice. Lines go to standard error. */
#include <stdio.h>

#include <headrace/http_server.h>
#include <headrace/log_hooks.h>
#include <headrace/s3.h>

static void on_request(void *user, hr_http_exchange *exchange) {
    static const struct hr_http_field etag = {{"ETag", 4}, {"\"5d41402a\"", 10}};
    unsigned *asked = user; /* by one reactor */
    struct hr_http_response busy = {.status = 503};
    struct hr_http_response good = {.status = 200, .fields = &etag, .field_count = 1};
    (void)hr_http_exchange_respond(exchange, ++*asked <= 2 ? &busy : &good);
}

static int put(hr_engine *engine, const char *endpoint, hr_log *log, struct hr_error *error) {
    struct hr_s3_client_options options = {
        .endpoint = endpoint,
        .access_key = "AKIDEXAMPLE",
        .secret_key = "never logged",
        .http = {.retry.backoff_base_ms = 10, .on_event = hr_log_on_event, .event_user = log}};
    struct hr_s3_put put = {.bucket = "photos", .key = "cat.jpg"};
    hr_s3_client *client = NULL;
    put.body = hr_source_bytes("a cat", 5);
    int err = hr_s3_client_new(engine, &options, error, &client);
    if (!err) err = hr_s3_put_start(client, &put);
    if (!err) err = hr_wait(&put.request);
    printf("put: %s, attempts %u\n", err ? hr_error_name(err) : "done", put.request.attempts);
    hr_s3_client_close(client, NULL, NULL);
    return err;
}

int main(void) {
    const struct hr_log_service_options log_options = {.name = "photos", .format = "logfmt"};
    unsigned asked = 0;
    struct hr_http_server_options server_options = {.on_request = on_request, .user = &asked};
    struct hr_error error = {0};
    hr_log *log = NULL, *s3_log = NULL;
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;
    char endpoint[64] = "";

    int err = hr_log_service(&log_options, &error, &log);
    if (!err) err = hr_log_start(log);
    if (!err) err = hr_log_child(log, ".s3", &s3_log);
    if (!err) err = hr_log_levels_set(log, "info,s3=debug", &error);
    struct hr_engine_options engine_options = {.on_notice = hr_log_on_notice, .user = log};
    if (!err) err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &server_options, &error, &server);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u",
             err ? 0 : hr_http_server_port(server));
    if (!err) err = put(engine, endpoint, s3_log, &error);
    if (err) fprintf(stderr, "%s\n", error.message);
    hr_http_server_close(server, NULL, NULL);
    hr_engine_close(engine, NULL, NULL); /* nobody writes to the log any more */
    hr_log_free(s3_log);
    return hr_log_close(log) || err ? 1 : 0;
}
