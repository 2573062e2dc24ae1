/* A server whose handler leaves the work to another thread, which responds from there. */
#include <pthread.h>
#include <stdio.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

struct job {
    hr_http_exchange *exchange;
    pthread_t thread;
    char text[64];
};

/* On the reactor: the last touch of the exchange, and so of the response's body. */
static void on_end(void *user, int result) {
    (void)user;
    if (result) fprintf(stderr, "not sent: %s\n", hr_error_text(result));
}

/* It may take as long as it likes; the client may go meanwhile. */
static void *work(void *user) {
    struct job *job = user;
    struct hr_slice target = hr_http_exchange_target(job->exchange);
    int size =
        snprintf(job->text, sizeof job->text, "worked on %.*s", (int)target.size, target.data);
    struct hr_http_response response = {
        .status = 200, .body = hr_source_bytes(job->text, (size_t)size), .on_end = on_end};
    (void)hr_http_exchange_respond(job->exchange, &response);
    hr_http_exchange_release(job->exchange); /* the last touch of this thread */
    return NULL;
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct job *job = user; /* one is enough here: a program has a queue */
    job->exchange = exchange;
    hr_http_exchange_hold(exchange);
    pthread_create(&job->thread, NULL, work, job);
}

int main(void) {
    struct job job;
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_http_server_options options = {.on_request = on_request, .user = &job};
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;
    hr_http_client *client = NULL;
    char url[64], body[64] = "";
    int err = hr_engine_new(&engine_options, NULL, &engine);
    if (!err) err = hr_http_server_new(engine, &options, NULL, &server);
    if (!err) err = hr_http_client_new(engine, NULL, NULL, &client);
    if (!err) snprintf(url, sizeof url, "http://127.0.0.1:%u/grain", hr_http_server_port(server));
    struct hr_http_request request = {.url = url, .sink = hr_sink_bytes(body, sizeof body - 1)};
    if (!err) err = hr_http_request_start(client, &request);
    if (!err) err = hr_wait(&request.request);
    if (!err) pthread_join(job.thread, NULL);
    printf("%d %s\n", request.status, err ? hr_error_text(err) : body);
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    return hr_engine_close(engine, NULL, NULL) || err;
}
