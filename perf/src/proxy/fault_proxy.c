/* The fault proxy as a handle: its listening socket, its limit, its end. */
#include "fault_proxy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/socket.h>

#include "fault_address.h"
#include "fault_exchange.h"
#include "listener.h"

#define BACKLOG 4096

struct fault_proxy_s {
    hr_engine *engine;
    struct fault_core core;
    struct hr_listener listener;
    struct hr_task start, stop;
    struct fault_outcome *outcome;
    unsigned connections_max;
    uint16_t port;
    bool closing;
    void (*on_closed)(void *user);
    void *user;
};

/* ---- The end. */

static void free_proxy(struct fault_proxy_s *proxy) {
    if (proxy->listener.operation.fd >= 0)
        hr__socket_close(proxy->engine, proxy->listener.operation.fd);
    fault_exchange_core_deinit(&proxy->core);
    free(proxy);
}

/* Ends the proxy when it is closing and nothing of it is left. */
static void check_end(struct fault_proxy_s *proxy) {
    if (!proxy->closing || proxy->core.pairs || proxy->listener.state != HR_LISTENER_STOPPED)
        return;
    hr_engine *engine = proxy->engine;
    memcpy(proxy->outcome->tallies, proxy->core.decider.tallies, sizeof proxy->outcome->tallies);
    if (proxy->on_closed) proxy->on_closed(proxy->user);
    free_proxy(proxy);
    hr__engine_handle_closed(engine);
}

static void on_gone(struct fault_core *core) {
    check_end(hr__container_of(core, struct fault_proxy_s, core));
}

static void on_stopped(struct hr_listener *listener) {
    check_end(hr__container_of(listener, struct fault_proxy_s, listener));
}

static void stop(struct hr_task *task) {
    struct fault_proxy_s *proxy = hr__container_of(task, struct fault_proxy_s, stop);
    assert(!proxy->closing);
    proxy->closing = true;
    fault_exchange_end_all(&proxy->core);
    hr__listener_stop(&proxy->listener);
}

/* ---- Connections. */

static void refuse(struct fault_proxy_s *proxy, int fd) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    proxy->core.counts->connections++;
    proxy->core.counts->over_limit++;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void on_accepted(struct hr_listener *listener, int fd) {
    struct fault_proxy_s *proxy = hr__container_of(listener, struct fault_proxy_s, listener);
    if (proxy->core.pair_count >= proxy->connections_max)
        refuse(proxy, fd);
    else
        fault_exchange_begin(&proxy->core, fd);
}

static void start(struct hr_task *task) {
    struct fault_proxy_s *proxy = hr__container_of(task, struct fault_proxy_s, start);
    fault_exchange_core_init(&proxy->core);
    hr__listener_start(&proxy->listener);
}

/* ---- The handle. */

static void init(struct fault_proxy_s *proxy, const struct fault_proxy_options *options) {
    struct fault_core *core = &proxy->core;
    core->reactor = hr__engine_reactor(proxy->engine, 0);
    core->tcp = options->tcp;
    core->decider.script = options->script;
    core->decider.seed = options->seed;
    core->counts = &proxy->outcome->counts;
    core->on_gone = on_gone;
    proxy->connections_max =
        options->connections_max ? options->connections_max : FAULT_CONNECTIONS_DEFAULT;
    proxy->listener.reactor = core->reactor;
    proxy->listener.operation.fd = -1;
    proxy->listener.on_accepted = on_accepted;
    proxy->listener.on_stopped = on_stopped;
    proxy->start.run = start;
    proxy->stop.run = stop;
}

static int open_listener(struct fault_proxy_s *proxy, const char *listen_on,
                         struct hr_error *error) {
    struct fault_address address;
    int err = fault_address_read(listen_on, true, &address, error);
    if (err) return err;
    int fd =
        hr__socket_listen(proxy->engine, &address.storage, &address.size, BACKLOG, HR_LISTEN_ALONE);
    if (fd < 0)
        return hr_error_set(error, fd, "cannot listen on %.80s: %s", listen_on, hr_error_text(fd));
    proxy->listener.operation.fd = fd;
    proxy->port = fault_address_port(&address);
    return 0;
}

static int open_proxy(struct fault_proxy_s *proxy, const struct fault_proxy_options *options,
                      struct hr_error *error) {
    struct fault_address to;
    int err = options->tcp ? fault_script_check_tcp(options->script, error) : 0;
    if (!err) err = fault_address_read(options->to, false, &to, error);
    if (!err && fault_address_port(&to) == 0)
        err = hr_error_set(error, -EINVAL, "'%.80s' has port 0: give the server's", options->to);
    if (err) return err;
    proxy->core.to = to.storage;
    proxy->core.to_size = to.size;
    return open_listener(proxy, options->listen, error);
}

int fault_proxy_new(hr_engine *engine, const struct fault_proxy_options *options,
                    struct fault_outcome *outcome, struct hr_error *error, fault_proxy **proxy) {
    int err = hr__engine_handle_open(engine);
    if (err) return hr_error_set(error, err, "the engine is closing");
    struct fault_proxy_s *made = calloc(1, sizeof *made);
    if (!made) {
        hr__engine_handle_unopened(engine);
        return hr_error_set(error, -ENOMEM, "out of memory");
    }
    *outcome = (struct fault_outcome){.counts.requests = 0};
    made->engine = engine;
    made->outcome = outcome;
    init(made, options);
    err = open_proxy(made, options, error);
    if (err) {
        free_proxy(made);
        hr__engine_handle_unopened(engine);
        return err;
    }
    hr__reactor_post(made->core.reactor, &made->start);
    *proxy = made;
    return 0;
}

uint16_t fault_proxy_port(const fault_proxy *proxy) {
    return proxy->port;
}

void fault_proxy_close(fault_proxy *proxy, void (*on_closed)(void *user), void *user) {
    if (!proxy || hr__engine_handle_closing(proxy->engine) < 0) return;
    proxy->on_closed = on_closed;
    proxy->user = user;
    hr__reactor_post(proxy->core.reactor, &proxy->stop);
}
