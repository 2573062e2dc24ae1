#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/log_hooks.h>
#include <headrace/s3.h>

#include "log_lines.h"

/* A server that answers what the test says, and a log of DEBUG in logfmt. */
struct world {
    struct log_lines lines;
    hr_engine *engine;
    hr_http_server *server;
    char url[64];
    unsigned asked, bad; /* the first `bad` are answered with `status` */
    int status;
    const char *body;
};

static void on_request(void *user, hr_http_exchange *exchange) {
    struct world *world = user;
    bool bad = __atomic_fetch_add(&world->asked, 1, __ATOMIC_RELAXED) < world->bad;
    static const struct hr_http_field genuine = {{"ETag", 4}, {"\"0123\"", 6}};
    struct hr_http_response response = {
        .status = bad ? world->status : 200, .fields = &genuine, .field_count = bad ? 0 : 1};
    if (bad && world->body) response.body = hr_source_bytes(world->body, strlen(world->body));
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static void open_world(struct world *world) {
    struct hr_error error = {0};
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_LOGFMT};
    struct hr_log_options options = {.level = HR_LOG_DEBUG};
    struct hr_engine_options engine = {.reactors = 1};
    struct hr_http_server_options server = {.on_request = on_request, .user = world};
    log_lines_open(&world->lines, &sink, &options);
    cr_assert_eq(hr_engine_new(&engine, &error, &world->engine), 0, "%s", error.message);
    cr_assert_eq(hr_http_server_new(world->engine, &server, &error, &world->server), 0, "%s",
                 error.message);
    snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u",
             hr_http_server_port(world->server));
}

/* What was logged, when all that could log is over. */
static char *end_world(struct world *world) {
    hr_http_server_close(world->server, NULL, NULL);
    cr_assert_eq(hr_engine_close(world->engine, NULL, NULL), 0);
    return log_lines_take(&world->lines);
}

static void has(const char *text, const char *part) {
    cr_assert_not_null(strstr(text, part), "no \"%s\" in:\n%s", part, text);
}

static hr_s3_client *new_s3(struct world *world) {
    struct hr_error error = {0};
    struct hr_s3_client_options options = {.endpoint = world->url,
                                           .access_key = "AKIDPUBLIC",
                                           .secret_key = "verysecretkey",
                                           .session_token = "verysecrettoken",
                                           .http.retry.attempts_max = 3,
                                           .http.retry.backoff_base_ms = 1,
                                           .http.retry.backoff_max_ms = 2,
                                           .http.on_event = hr_log_on_event,
                                           .http.event_user = world->lines.log};
    hr_s3_client *client;
    cr_assert_eq(hr_s3_client_new(world->engine, &options, &error, &client), 0, "%s",
                 error.message);
    return client;
}

static int put(hr_s3_client *client) {
    struct hr_s3_put put = {.bucket = "photos", .key = "cat.jpg"};
    put.body = hr_source_bytes("bodybytes", 9);
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    return hr_wait(&put.request);
}

Test(log_hooks, an_s3_operation_is_retried_and_done) {
    struct world world = {.bad = 2, .status = 503};
    world.body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>wait</Message>"
                 "<RequestId>R1</RequestId><HostId>H1</HostId></Error>";
    open_world(&world);
    hr_s3_client *client = new_s3(&world);
    cr_assert_eq(put(client), 0);
    hr_s3_client_close(client, NULL, NULL);
    char *text = end_world(&world);
    has(text, "level=WARNING logger=test msg=\"the attempt failed, another follows\" module=s3 "
              "operation=PutObject host=127.0.0.1:");
    has(text, " bucket=photos key=cat.jpg status=503 error=HR_ERR_S3_SERVICE reason=");
    has(text, " s3_code=SlowDown request_id=R1 host_id=H1 attempt=1 attempts_max=3 wait_ms=");
    has(text, " attempt=2 attempts_max=3 wait_ms=");
    has(text, "level=DEBUG logger=test msg=\"the operation is done\" module=s3 "
              "operation=PutObject bucket=photos key=cat.jpg status=200 attempt=3 duration_ms=");
    cr_assert_null(strstr(text, "ERROR logger"));
    cr_assert_null(strstr(text, "verysecret"), "%s", text);
    cr_assert_null(strstr(text, "bodybytes"), "%s", text);
    cr_assert_null(strstr(text, "ignature"), "%s", text);
    free(text);
    log_lines_close(&world.lines);
}

Test(log_hooks, an_s3_operation_that_fails_for_good_is_an_error) {
    struct world world = {.bad = 99, .status = 403};
    world.body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    open_world(&world);
    hr_s3_client *client = new_s3(&world);
    cr_assert_lt(put(client), 0);
    hr_s3_client_close(client, NULL, NULL);
    char *text = end_world(&world);
    has(text, "level=ERROR logger=test msg=\"the operation failed\" module=s3 operation=PutObject "
              "bucket=photos key=cat.jpg status=403 error=HR_ERR_S3_SERVICE reason=");
    has(text, " s3_code=AccessDenied ");
    cr_assert_null(strstr(text, "WARNING"));
    cr_assert_null(strstr(text, "verysecret"), "%s", text);
    free(text);
    log_lines_close(&world.lines);
}

Test(log_hooks, an_http_clients_retries_and_breaker) {
    struct world world = {.bad = 4, .status = 503};
    open_world(&world);
    struct hr_error error = {0};
    struct hr_http_client_options options = {.retry.attempts_max = 2,
                                             .retry.backoff_base_ms = 1,
                                             .retry.budget_percent = 1000,
                                             .auth.bearer = "verysecretbearer",
                                             .breaker.failures_max = 4,
                                             .on_event = hr_log_on_event,
                                             .event_user = world.lines.log};
    hr_http_client *client;
    cr_assert_eq(hr_http_client_new(world.engine, &options, &error, &client), 0, "%s",
                 error.message);
    char url[128];
    snprintf(url, sizeof url, "%s/path?token=verysecretquery", world.url);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.url = url};
        cr_assert_eq(hr_http_request_start(client, &request), 0);
        cr_assert_eq(hr_wait(&request.request), 0);
    }
    hr_breaker_reset(hr_http_client_breaker(client, url));
    hr_http_client_close(client, NULL, NULL);
    char *text = end_world(&world);
    has(text, "level=WARNING logger=test msg=\"the attempt failed, another follows\" module=http "
              "operation=GET host=127.0.0.1:");
    has(text, " status=503 attempt=1 attempts_max=2 wait_ms=");
    has(text, "level=WARNING logger=test msg=\"the circuit breaker changed\" module=http host=");
    has(text, " from=closed to=open cause=failures status=503\n");
    has(text, "level=INFO logger=test msg=\"the circuit breaker changed\" module=http host=");
    has(text, " from=open to=closed cause=manual\n");
    cr_assert_null(strstr(text, "verysecret"), "%s", text);
    free(text);
    log_lines_close(&world.lines);
}

static void on_transition(void *user, const char *name,
                          const struct hr_breaker_transition *transition) {
    (void)name;
    *(enum hr_breaker_state *)user = transition->to;
}

Test(log_hooks, the_breakers_own_hook_is_still_called_and_notices_come) {
    struct world world = {0};
    enum hr_breaker_state seen = HR_BREAKER_CLOSED;
    open_world(&world);
    struct hr_error error = {0};
    struct hr_http_client_options options = {
        .breaker = {.on_transition = on_transition, .user = &seen},
        .proxy.url = "http://127.0.0.1:1",
        .proxy.no_proxy = "127.0.0.1,[",
        .on_event = hr_log_on_event,
        .event_user = world.lines.log};
    hr_http_client *client;
    cr_assert_eq(hr_http_client_new(world.engine, &options, &error, &client), 0, "%s",
                 error.message);
    struct hr_http_request request = {.url = world.url};
    cr_assert_eq(hr_http_request_start(client, &request), 0);
    cr_assert_eq(hr_wait(&request.request), 0);
    hr_breaker_open(hr_http_client_breaker(client, world.url));
    cr_assert_eq(seen, HR_BREAKER_OPEN);
    hr_http_client_close(client, NULL, NULL);
    char *text = end_world(&world);
    has(text, " from=closed to=open cause=manual\n");
    has(text, "level=WARNING logger=test msg=\"");
    has(text, "proxy.no_proxy");
    free(text);
    log_lines_close(&world.lines);
}

Test(log_hooks, health_structs_are_logged_with_one_macro) {
    struct world world = {0};
    open_world(&world);
    struct hr_error error = {0};
    struct hr_http_client_options options = {.base_url = world.url};
    hr_http_client *client;
    cr_assert_eq(hr_http_client_new(world.engine, &options, &error, &client), 0, "%s",
                 error.message);
    struct hr_http_health health = {.url = "/health", .latency_max_ms = 60000};
    cr_assert_eq(hr_http_health_start(client, &health), 0);
    cr_assert_eq(hr_wait(&health.request), 0);
    health.url = "http://user:verysecret@store:9000/health?k=verysecret#verysecret";
    HR_LOG_HEALTH(world.lines.log, &health);
    health.health = HR_DEGRADED;
    HR_LOG_HEALTH(world.lines.log, &health);
    health.health = HR_UNHEALTHY;
    HR_LOG_HEALTH(world.lines.log, &health);
    struct hr_breaker_status status = {.state = HR_BREAKER_OPEN, .rejected = 7};
    HR_LOG_BREAKER(world.lines.log, "store", &status);
    hr_http_client_close(client, NULL, NULL);
    char *text = end_world(&world);
    has(text, "level=INFO logger=test msg=healthy url=store:9000/health status=200 latency_ms=");
    has(text, "level=WARNING logger=test msg=degraded url=");
    has(text, "level=ERROR logger=test msg=unhealthy url=");
    has(text, "level=WARNING logger=test msg=breaker name=store state=open failures=0 rejected=7 ");
    cr_assert_null(strstr(text, "verysecret"), "%s", text);
    free(text);
    log_lines_close(&world.lines);
}

Test(log_hooks, below_the_level_nothing_is_written) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {0};
    log_lines_open(&lines, &sink, &options);
    struct hr_client_event event = {
        .kind = HR_CLIENT_EVENT_DONE, .level = HR_CLIENT_EVENT_DEBUG, .text = "done"};
    hr_log_on_event(lines.log, &event);
    hr_log_on_event(NULL, &event);
    hr_log_on_notice(NULL, "nobody");
    hr_log_on_notice(lines.log, "a smaller ring");
    char *text = log_lines_take(&lines);
    has(text, " - test - WARNING - a smaller ring\n");
    cr_assert_null(strstr(text, "done"));
    free(text);
    log_lines_close(&lines);
}
