/* The HTTP server as a handle: its options, its listening sockets, a shard for each reactor, its
 * end. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <engine/close_wait.h>
#include <engine/request_core.h>
#include <engine/socket.h>
#include <headrace/url.h>

#include "listener.h"
#include "server_connection.h"
#include "server_receive.h"

#define BACKLOG_DEFAULT         4096
#define CONNECTIONS_MAX_DEFAULT 16384
#define HEAD_BYTES_DEFAULT      (64u * 1024)
#define HEAD_FIELDS_DEFAULT     128
#define BODY_BYTES_DEFAULT      (UINT64_C(5) << 30)
#define BODY_RATE_DEFAULT       256
#define CLOSE_NS_DEFAULT        (UINT64_C(5) * 1000000000)

struct shard {
    struct hr_server_shard core;
    struct hr_http_server_s *server;
    struct hr_listener listener;
    struct hr_task start, stop;
    struct hr_timer hurry; /* closing: exchanges in progress are cut off */
    bool ended;
};

struct hr_http_server_s {
    hr_engine *engine;
    struct hr_http_server_options options; /* defaults filled in */
    uint16_t port;
    unsigned shard_count;
    unsigned shards_open; /* atomic */
    unsigned connections; /* atomic; over all shards, without those over the limit */
    void (*on_closed)(void *user);
    struct hr_close_wait *close_wait; /* who closes it and sleeps; NULL: nobody */
    void *user;
    struct shard shards[];
};

struct listen_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

static uint32_t or_default(uint32_t value, uint32_t otherwise) {
    return value ? value : otherwise;
}

static void fill_defaults(struct hr_http_server_options *options) {
    options->backlog = or_default(options->backlog, BACKLOG_DEFAULT);
    options->connections_max = or_default(options->connections_max, CONNECTIONS_MAX_DEFAULT);
    options->head_bytes_max = or_default(options->head_bytes_max, HEAD_BYTES_DEFAULT);
    options->head_fields_max = or_default(options->head_fields_max, HEAD_FIELDS_DEFAULT);
    if (options->body_bytes_max == 0) options->body_bytes_max = BODY_BYTES_DEFAULT;
    options->body_rate_min = or_default(options->body_rate_min, BODY_RATE_DEFAULT);
}

/* ---- Listening. */

/* "ADDRESS:PORT" or "[V6]:PORT", numeric. */
static int parse_listen(const char *text, struct listen_address *address) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon[1] == '\0' || strlen(colon + 1) > 5) return -EINVAL;
    unsigned port = 0;
    for (const char *digit = colon + 1; *digit; digit++) {
        if (*digit < '0' || *digit > '9') return -EINVAL;
        port = port * 10 + (unsigned)(*digit - '0');
    }
    if (port > UINT16_MAX) return -EINVAL;

    const char *start = text, *end = colon;
    bool ipv6 = end - start >= 2 && start[0] == '[' && end[-1] == ']';
    if (ipv6) {
        start++;
        end--;
    }
    char host[INET6_ADDRSTRLEN];
    size_t size = (size_t)(end - start);
    if (size == 0 || size >= sizeof host) return -EINVAL;
    memcpy(host, start, size);
    host[size] = '\0';

    memset(address, 0, sizeof *address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
    if (ipv6 && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        address->size = sizeof *v6;
        return 0;
    }
    if (!ipv6 && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        address->size = sizeof *v4;
        return 0;
    }
    return -EINVAL;
}

static uint16_t *port_of(struct listen_address *address) {
    if (address->storage.ss_family == AF_INET6)
        return &((struct sockaddr_in6 *)&address->storage)->sin6_port;
    return &((struct sockaddr_in *)&address->storage)->sin_port;
}

static int open_listeners(struct hr_http_server_s *server, struct listen_address *address) {
    for (unsigned i = 0; i < server->shard_count; i++) {
        enum hr_listen_share share = server->shard_count == 1 ? HR_LISTEN_ALONE
                                     : i == 0                 ? HR_LISTEN_FIRST
                                                              : HR_LISTEN_NEXT;
        int fd = hr__socket_listen(server->engine, &address->storage, &address->size,
                                   server->options.backlog, share);
        if (fd < 0) return fd;
        server->shards[i].listener.operation.fd = fd;
    }
    server->port = ntohs(*port_of(address));
    return 0;
}

/* ---- The end. */

static void free_server(struct hr_http_server_s *server) {
    for (unsigned i = 0; i < server->shard_count; i++) {
        struct shard *shard = &server->shards[i];
        int fd = shard->listener.operation.fd;
        if (fd >= 0) hr__socket_close(server->engine, fd);
        hr__blocks_free(&shard->core.blocks);
        hr__tls_context_free(shard->core.tls);
    }
    free(server);
}

/* Ends the shard when it is closing and nothing of it is left. May free the server. */
static void check_end(struct shard *shard) {
    const struct hr_server_shard *core = &shard->core;
    if (!core->closing || shard->ended) return;
    if (core->connections || core->detached > 0) return;
    if (shard->listener.state != HR_LISTENER_STOPPED) return;
    shard->ended = true;
    hr__timer_stop(core->reactor, &shard->hurry);
    struct hr_http_server_s *server = shard->server;
    if (__atomic_sub_fetch(&server->shards_open, 1, __ATOMIC_ACQ_REL) > 0) return;
    hr_engine *engine = server->engine;
    struct hr_close_wait *wait = server->close_wait;
    if (server->on_closed) server->on_closed(server->user);
    free_server(server);
    hr__engine_handle_closed(engine);
    hr__close_wait_end(wait);
}

static void on_gone(struct hr_server_shard *core) {
    check_end(hr__container_of(core, struct shard, core));
}

static void on_stopped(struct hr_listener *listener) {
    check_end(hr__container_of(listener, struct shard, listener));
}

static void on_hurry(struct hr_timer *timer) {
    struct shard *shard = hr__container_of(timer, struct shard, hurry);
    hr__server_connection_cut_all(&shard->core);
}

static void stop_shard(struct hr_task *task) {
    struct shard *shard = hr__container_of(task, struct shard, stop);
    struct hr_reactor *reactor = shard->core.reactor;
    assert(!shard->core.closing);
    shard->core.closing = true;
    uint64_t close_ns = hr__timeout_ns(shard->server->options.close_timeout_ms, CLOSE_NS_DEFAULT);
    if (close_ns != UINT64_MAX)
        hr__timer_start(reactor, &shard->hurry, hr__reactor_now(reactor) + close_ns);
    hr__server_connection_finish_all(&shard->core);
    hr__listener_stop(&shard->listener);
}

static void on_accepted(struct hr_listener *listener, int fd) {
    struct shard *shard = hr__container_of(listener, struct shard, listener);
    hr__server_receive_begin(&shard->core, fd);
}

static void start_shard(struct hr_task *task) {
    struct shard *shard = hr__container_of(task, struct shard, start);
    hr__listener_start(&shard->listener);
}

/* ---- The handle. */

static int check_reserved(const struct hr_http_server_options *options, struct hr_error *error) {
    const struct hr_http_server_options *o = options;
    const struct hr_reserved structs[] = {
        {"hr_http_server_options", o->reserved, sizeof o->reserved},
        {"hr_tls_server_options", o->tls.reserved, sizeof o->tls.reserved},
    };
    return hr__reserved_check(structs, sizeof structs / sizeof *structs, error);
}

/* A context a shard: OpenSSL contends on shared ones. */
static int open_tls(struct hr_http_server_s *server, const struct hr_tls_server_options *options,
                    struct hr_error *error) {
    if (!options->certificate_file && !options->key_file && !options->client_ca_file &&
        options->certificate_pem.size == 0 && options->key_pem.size == 0)
        return 0;
    struct hr_tls_settings *settings;
    int err = hr__tls_settings_new_server(options, error, &settings);
    if (err) return err;
    for (unsigned i = 0; i < server->shard_count && !err; i++)
        err = hr__tls_context_new(settings, server->shards[i].core.reactor,
                                  &server->shards[i].core.tls);
    hr__tls_settings_free(settings);
    if (err) hr_error_set(error, err, "http server: no TLS context");
    return err;
}

static void init_shard(struct hr_http_server_s *server, unsigned index) {
    struct shard *shard = &server->shards[index];
    struct hr_reactor *reactor = hr__engine_reactor(server->engine, index);
    shard->server = server;
    shard->core.reactor = reactor;
    shard->core.options = &server->options;
    shard->core.connection_count = &server->connections;
    shard->core.on_gone = on_gone;
    hr__server_watch_plan(&shard->core.watch_plan, reactor, &server->options,
                          &hr__server_connection_watch_events);
    shard->listener.reactor = reactor;
    shard->listener.operation.fd = -1;
    shard->listener.on_accepted = on_accepted;
    shard->listener.on_stopped = on_stopped;
    shard->start.run = start_shard;
    shard->stop.run = stop_shard;
    shard->hurry.on_fire = on_hurry;
}

static int make_server(hr_engine *engine, const struct hr_http_server_options *options,
                       struct hr_http_server_s **out) {
    unsigned count = hr_engine_reactors(engine);
    struct hr_http_server_s *server = calloc(1, sizeof *server + count * sizeof server->shards[0]);
    if (!server) return -ENOMEM;
    server->engine = engine;
    server->options = *options;
    server->options.listen = NULL;
    memset(&server->options.tls, 0, sizeof server->options.tls);
    fill_defaults(&server->options);
    server->shard_count = server->shards_open = count;
    for (unsigned i = 0; i < count; i++) init_shard(server, i);
    *out = server;
    return 0;
}

int hr_http_server_new(hr_engine *engine, const struct hr_http_server_options *options,
                       struct hr_error *error, hr_http_server **server) {
    if (!engine || !options || !options->on_request)
        return hr_error_set(error, -EINVAL, "http server: an engine and on_request are needed");
    const char *listen_on = options->listen ? options->listen : "127.0.0.1:0";
    struct listen_address address;
    char shown[81];
    int err = check_reserved(options, error);
    if (err) return err;
    err = parse_listen(listen_on, &address);
    if (err)
        return hr_error_set(error, err,
                            "http server: listen \"%s\" is not ADDRESS:PORT or "
                            "[V6]:PORT with a numeric address",
                            hr_url_show(hr_slice_of(listen_on), shown, sizeof shown));
    /* First, so that the engine stays while the server is made. */
    err = hr__engine_handle_open(engine);
    if (err)
        return hr_error_set(error, err,
                            "http server: the engine is closing, or of a parent process");
    struct hr_http_server_s *made;
    err = make_server(engine, options, &made);
    if (err) {
        hr__engine_handle_unopened(engine);
        return hr_error_set(error, err, "http server: out of memory");
    }
    err = open_tls(made, &options->tls, error);
    if (err) goto out;
    err = open_listeners(made, &address);
    if (err) {
        hr_error_set(error, err, "http server: cannot listen on %s: %s", listen_on,
                     hr_error_text(err));
        goto out;
    }
    for (unsigned i = 0; i < made->shard_count; i++)
        hr__reactor_post(made->shards[i].core.reactor, &made->shards[i].start);
    *server = made;
    return 0;
out:
    free_server(made);
    hr__engine_handle_unopened(engine);
    return err;
}

uint16_t hr_http_server_port(const hr_http_server *server) {
    return server->port;
}

void hr_http_server_close(hr_http_server *server, void (*on_closed)(void *user), void *user) {
    if (!server || hr__engine_handle_closing(server->engine) < 0) return;
    server->on_closed = on_closed;
    server->user = user;
    struct hr_close_wait memory;
    struct hr_close_wait *wait = hr__close_wait_begin(&memory, server->engine, on_closed);
    server->close_wait = wait;
    /* The last shard frees the server: nothing of it is touched behind the last post. */
    unsigned count = server->shard_count;
    for (unsigned i = 0; i < count; i++)
        hr__reactor_post(server->shards[i].core.reactor, &server->shards[i].stop);
    hr__close_wait_sleep(wait);
}
