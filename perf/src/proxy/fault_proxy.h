/* A proxy that puts faults between clients and a server. Runs on the first reactor of an engine. */
#ifndef PERF_FAULT_PROXY_H
#define PERF_FAULT_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/error.h>

#include "fault_outcome.h"

#define FAULT_CONNECTIONS_DEFAULT 1024

typedef struct fault_proxy_s fault_proxy;

struct fault_proxy_options {
    const char *listen;                /* "ADDRESS:PORT", numeric */
    const char *to;                    /* "HOST:PORT" */
    const struct fault_script *script; /* borrowed until the proxy has closed */
    uint64_t seed;
    bool tcp;
    unsigned connections_max; /* at one time; 0: FAULT_CONNECTIONS_DEFAULT */
};

/* Listens. `outcome` is borrowed, and the reactor's, until the proxy has closed. 0, -EINVAL,
 * -ENOMEM, -EHOSTUNREACH, -EADDRINUSE, …, with a message. Any thread. */
int fault_proxy_new(hr_engine *engine, const struct fault_proxy_options *options,
                    struct fault_outcome *outcome, struct hr_error *error, fault_proxy **proxy);
uint16_t fault_proxy_port(const fault_proxy *proxy);
/* Ends all connections; `on_closed` is the last touch of the handle, on the reactor. */
void fault_proxy_close(fault_proxy *proxy, void (*on_closed)(void *user), void *user);

#endif
