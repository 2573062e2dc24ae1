/* HTTPS with a certificate of one's own: a server that shows it, a client that trusts it alone and
 * one that does not. It is made as it would be for a test:
 *
 *   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=example \
 *     -addext subjectAltName=DNS:localhost -keyout server.key -out server.pem */
#include <stdio.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes("wheel", 5)};
    (void)hr_http_exchange_respond(exchange, &response);
}

/* With `ca_file`, or with the system's certificates where that is NULL. */
static int get(hr_engine *engine, uint16_t port, const char *ca_file) {
    struct hr_http_client_options options = {.tls.ca_file = ca_file};
    struct hr_error error = {0};
    hr_http_client *client = NULL;
    char url[64], body[16];
    snprintf(url, sizeof url, "https://localhost:%u/", port);
    int err = hr_http_client_new(engine, &options, &error, &client); /* reads the file */
    if (err) return fprintf(stderr, "%s\n", error.message), err;
    for (int i = 0; i < 2 && !err; i++) {
        struct hr_http_request request = {.url = url, .sink = hr_sink_bytes(body, sizeof body)};
        request.close = true; /* so the second resumes */
        const struct hr_tls_info *tls = &request.connection.tls;
        err = hr_http_request_start(client, &request);
        if (!err) err = hr_wait(&request.request);
        if (err)
            printf("%s\n", hr_error_name(err)); /* request.request.error.message has it all */
        else
            printf("%d %.*s, %s%s\n", request.status, (int)request.body_bytes, body, tls->version,
                   tls->resumed ? ", resumed" : "");
    }
    hr_http_client_close(client, NULL, NULL);
    return err;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_http_server_options server_options = {
        .on_request = on_request,
        .tls = {.certificate_file = "server.pem", .key_file = "server.key"}};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_http_server *server = NULL;

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &server_options, &error, &server);
    if (err) fprintf(stderr, "%s\n", error.message);
    if (!err) err = get(engine, hr_http_server_port(server), "server.pem");
    if (!err && get(engine, hr_http_server_port(server), NULL) != HR_ERR_TLS_CERTIFICATE) err = -1;

    hr_http_server_close(server, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
