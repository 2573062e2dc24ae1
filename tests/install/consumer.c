/* Uses the installed library as a stranger would: installed headers and link flags, nothing else.
 * A server and a client on one engine exchange one answer. */
#include <stdio.h>
#include <string.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/sigv4.h>

/* SHA-256 of nothing (FIPS 180-4). */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes("installed", 9)};
    (void)hr_http_exchange_respond(exchange, &response);
}

static int get(hr_http_client *client, uint16_t port) {
    char url[64], body[16];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct hr_http_request request = {.request = {.timeout_ms = 10000}, .url = url};
    request.sink = hr_sink_bytes(body, sizeof body);
    int err = hr_http_request_start(client, &request);
    if (!err) err = hr_wait(&request.request);
    if (err) fprintf(stderr, "GET: %s: %s\n", hr_error_name(err), request.request.error.message);
    if (!err && (request.body_bytes != 9 || memcmp(body, "installed", 9) != 0)) err = -1;
    return err;
}

int main(void) {
    char hex[HR_SIGV4_HEX_SIZE + 1];
    if (hr_sigv4_payload_hash("", 0, hex) != 0 || strcmp(hex, EMPTY_SHA256) != 0) return 1;

    struct hr_error error = {0};
    struct hr_engine_options options = {.reactors = 1};
    struct hr_http_server_options serve = {.on_request = on_request};
    struct hr_http_client_options client_options = {0};
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;
    hr_http_client *client = NULL;
    int err = hr_engine_new(&options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &serve, &error, &server);
    if (!err) err = hr_http_client_new(engine, &client_options, &error, &client);
    if (err)
        fprintf(stderr, "%s: %s\n", hr_error_name(err), error.message);
    else
        err = get(client, hr_http_server_port(server));
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    if (hr_engine_close(engine, NULL, NULL) != 0 || err) return 1;
    puts("installed");
    return 0;
}
