/* A client as a service has one: a base URL, a token, retries, a breaker that tells of its changes,
 * a time-out of all, and what it counted. The server is busy, then well, then broken. */
#include <stdio.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

static void on_request(void *user, hr_http_exchange *exchange) {
    unsigned *asked = user; /* by one reactor */
    struct hr_http_response response = {.status = ++*asked == 3 ? 200 : 503};
    (void)hr_http_exchange_respond(exchange, &response);
}

static void on_transition(void *user, const char *name, const struct hr_breaker_transition *t) {
    (void)user, (void)name; /* "127.0.0.1:PORT" */
    printf("breaker: %s to %s (%s, status %d)\n", hr_breaker_state_name(t->from),
           hr_breaker_state_name(t->to), hr_breaker_cause_name(t->cause), t->error);
}

static void get(hr_http_client *client, const char *url) {
    struct hr_http_request request = {.url = url, .request = {.timeout_ms = 5000}};
    int err = hr_http_request_start(client, &request);
    if (!err) err = hr_wait(&request.request);
    printf("%s: %s, status %d, attempts %u\n", url, err ? hr_error_name(err) : "answered",
           request.status, request.request.attempts);
}

int main(void) {
    unsigned asked = 0;
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_http_server_options server_options = {.on_request = on_request, .user = &asked};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;
    hr_http_client *client = NULL;
    char base[64] = "";

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &server_options, &error, &server);
    if (!err) snprintf(base, sizeof base, "http://127.0.0.1:%u/v1/", hr_http_server_port(server));
    struct hr_http_client_options options = {.base_url = base,
                                             .auth.bearer = "token",
                                             .retry = {.attempts_max = 3, .backoff_base_ms = 10},
                                             .breaker = {.on_transition = on_transition}};
    if (!err) err = hr_http_client_new(engine, &options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);
    for (int i = 0; i < 4 && !err; i++) get(client, "things");

    struct hr_http_client_metrics metrics = {0};
    if (!err) hr_http_client_metrics_get(client, &metrics);
    printf("%lu requests, %lu attempts, %lu rejected\n", (unsigned long)metrics.requests,
           (unsigned long)metrics.attempts, (unsigned long)metrics.breaker_rejected);
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
