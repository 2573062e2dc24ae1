/* Opening and closing what is tortured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_core.h"
#include "faulty_backend.h"
#include "torture_scenario.h"
#include "torture_store.h"

static int open_server(struct subject *subject, struct hr_error *error) {
    const struct s3_server_options options = {.access_key = STORE_ACCESS_KEY,
                                              .secret_key = STORE_SECRET_KEY};
    return s3_server_new(subject->engine, &options, error, &subject->server);
}

static int open_clients(struct subject *subject, const char *endpoint, struct hr_error *error) {
    const struct hr_s3_client_options options = {
        .endpoint = endpoint,
        .access_key = STORE_ACCESS_KEY,
        .secret_key = STORE_SECRET_KEY,
        .addressing = HR_S3_ADDRESSING_PATH,
        .http.pool.connections_max = CONNECTIONS_MAX / 2,
        .http.retry.attempts_max = 2,
        .http.retry.backoff_base_ms = 1,
        .http.retry.backoff_max_ms = 1,
    };
    const struct hr_http_client_options http = {.pool.connections_max = CONNECTIONS_MAX / 2};
    int result = hr_s3_client_new(subject->engine, &options, error, &subject->s3);
    return result < 0 ? result : hr_http_client_new(subject->engine, &http, error, &subject->http);
}

int subject_open(struct subject *subject, const struct scenario *scenario,
                 const struct hr_backend_vtable *inner, uint16_t port, struct hr_error *error) {
    const struct hr_engine_options options = {
        .mode = scenario->mode,
        .reactors = scenario->mode == HR_ENGINE_THREADS ? 2 : 1,
        .ring_entries = 64,
        .buffer_count = 16,
        .requests_max = 16,
        .budget_bytes = 12 << 20,
    };
    const struct hr_engine_tuning tuning = {
        .backend = faulty_backend(inner), .sockets = &faulty_sockets, .seed = 1};
    *subject = (struct subject){.file = subject->file};
    int result = hr__engine_new(&options, &tuning, error, &subject->engine);
    if (result == 0 && scenario->own_server) result = open_server(subject, error);
    if (result == 0 && scenario->handles) {
        char endpoint[64];
        if (subject->server) port = s3_server_port(subject->server);
        snprintf(endpoint, sizeof endpoint, "http://%s:%u", scenario->host, port);
        result = open_clients(subject, endpoint, error);
    }
    if (result == 0 && scenario->secure) result = secure_open(subject, error);
    if (result < 0) subject_close(subject);
    return result;
}

void subject_close(struct subject *subject) {
    hr_s3_client_close(subject->s3, NULL, NULL);
    hr_http_client_close(subject->http, NULL, NULL);
    s3_server_close(subject->server, NULL, NULL);
    hr_http_server_close(subject->secure_server, NULL, NULL);
    int result = hr_engine_close(subject->engine, NULL, NULL);
    if (result < 0) torture_failed("the engine does not close: %s", hr_error_name(result));
    subject->engine = NULL;
}
