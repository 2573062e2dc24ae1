/* An HTTP server and a client on one engine. */
#include <stdio.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_slice target = hr_http_exchange_target(exchange);
    bool known = hr_slice_equal(target, hr_slice_of("/water"));
    struct hr_http_field type = {hr_slice_of("Content-Type"), hr_slice_of("text/plain")};
    struct hr_http_response response = {.status = known ? 200 : 404};
    response.fields = &type;
    response.field_count = 1;
    response.body = hr_source_bytes(known ? "wheel" : "dry", known ? 5 : 3);
    (void)hr_http_exchange_respond(exchange, &response);
}

static int get(hr_http_client *client, uint16_t port, const char *path) {
    char url[128];
    struct hr_buffer body = {0};
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    struct hr_http_request request = {.url = url, .request = {.timeout_ms = 5000}};
    request.sink = hr_sink_buffer(&body, 0); /* grows within the engine's budget */
    int err = hr_http_request_start(client, &request);
    if (!err) err = hr_wait(&request.request);
    if (!err) printf("%s %d %.*s\n", path, request.status, (int)body.size, body.data);
    hr_buffer_deinit(&body);
    return err;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_http_server_options server_options = {.on_request = on_request};
    struct hr_http_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;
    hr_http_client *client = NULL;

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &server_options, &error, &server);
    if (!err) err = hr_http_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);
    if (!err) err = get(client, hr_http_server_port(server), "/water");
    if (!err) err = get(client, hr_http_server_port(server), "/sand");

    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
