/* Origins in this process that lead from one to the next: what programs under stress ask. */
#ifndef HR_CHAINED_ORIGINS_H
#define HR_CHAINED_ORIGINS_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/http_server.h>

struct origin {
    hr_http_server *server;
    char next[64]; /* where it leads; empty: it answers */
    char url[64];
};

static uint32_t servers_closed;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    const struct origin *origin = user;
    const struct hr_http_field location = {hr_slice_of("Location"), hr_slice_of(origin->next)};
    const struct hr_http_response response = {
        .status = origin->next[0] ? 307 : 200,
        .fields = &location,
        .field_count = origin->next[0] ? 1 : 0,
        .body = hr_source_bytes("here", 4),
    };
    if (hr_http_exchange_respond(exchange, &response)) fail("a response was refused");
}

static hr_engine *open_engine(enum hr_engine_backend backend, unsigned reactors) {
    const struct hr_engine_options options = {.reactors = reactors, .backend = backend};
    struct hr_error error = {0};
    hr_engine *engine;
    if (hr_engine_new(&options, &error, &engine) < 0) fail("engine: %s", error.message);
    return engine;
}

static void open_origins(hr_engine *engine, struct origin *origins, int count) {
    for (int i = count - 1; i >= 0; i--) {
        struct origin *origin = &origins[i];
        const struct hr_http_server_options options = {.on_request = on_request, .user = origin};
        struct hr_error error = {0};
        if (i + 1 < count) memcpy(origin->next, origins[i + 1].url, sizeof origin->next);
        if (hr_http_server_new(engine, &options, &error, &origin->server) < 0)
            fail("server: %s", error.message);
        snprintf(origin->url, sizeof origin->url, "http://127.0.0.1:%u/",
                 hr_http_server_port(origin->server));
    }
}

static void on_closed(void *user) {
    (void)user;
    __atomic_fetch_add(&servers_closed, 1, __ATOMIC_RELEASE);
}

/* And their engine. */
static void close_origins(hr_engine *engine, struct origin *origins, unsigned count) {
    servers_closed = 0;
    for (unsigned i = 0; i < count; i++) hr_http_server_close(origins[i].server, on_closed, NULL);
    while (__atomic_load_n(&servers_closed, __ATOMIC_ACQUIRE) != count) usleep(200);
    if (hr_engine_close(engine, NULL, NULL)) fail("the servers' engine does not close");
}

#endif
