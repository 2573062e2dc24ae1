/* Shared by every command with an engine: its options and the options of a connection, one
 * engine, one client, and waiting for a request in a way that a signal can end. */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/s3.h>

#include "network_options.h"
#include "options.h"
#include "output.h"

struct engine_options {
    int backend; /* enum hr_engine_backend */
    uint64_t spin_us;
};

/* The tables over struct engine_options: for commands that do one thing, and for those that
 * measure. */
extern const struct option engine_table[];
extern const struct option engine_table_bench[];

struct connection_options {
    struct engine_options engine;
    const char *endpoint;
    const char *profile;
    const char *region;
    const char *access_key;
    const char *secret_key;
    int addressing;
    struct client_values client;
    struct tls_values tls;
    uint64_t timeout_ms;
    uint64_t attempts;
    bool literal;   /* no byte of a key is a wildcard */
    bool anonymous; /* nothing is signed */
};

/* The tables over struct connection_options: where the store is, and how to talk to it. `bench`
 * does not take its endpoint from the environment. */
extern const struct option store_table[];
extern const struct option store_table_bench[];
extern const struct option connection_table[];

/* The groups of a command whose values begin with struct connection_options. */
#define CONNECTION_GROUPS                                                                          \
    {"Store", store_table, 0}, {"Connection", connection_table, 0},                                \
        {"Network", client_table, offsetof(struct connection_options, client)},                    \
        {"TLS", tls_table, offsetof(struct connection_options, tls)}, {                            \
        "Engine", engine_table, offsetof(struct connection_options, engine)                        \
    }

/* The client options that `options` describe, and the memory behind them. */
struct connection_settings {
    struct hr_s3_client_options client;
    struct resolve_settings resolve;
};
/* 0, or EXIT_USAGE after a complaint. */
int connection_settings_fill(const struct connection_options *options,
                             struct connection_settings *settings);

/* Makes an engine; EXIT_DONE, or the exit code after a complaint: EXIT_ENVIRONMENT where the kernel
 * or a limit refuses. */
struct session_engine {
    hr_engine *engine;
    char backend_cause[256]; /* why it went on with epoll, or "" */
};
int session_engine_open(const struct engine_options *options, unsigned reactors, bool json,
                        struct session_engine *engine);

struct session {
    struct session_engine on;
    hr_s3_client *client; /* NULL: none */
    int signal_fd;
    int done_fd;
    int signal; /* the one that ended it; 0 none */
    bool json;
    uint32_t timeout_ms;
    struct hr_refusal refusal; /* of the last request that session_prepare has prepared */
};

/* EXIT_DONE, or the exit code after a complaint. */
int session_open(struct session *session, const struct connection_options *options, bool json);
/* Opens a session without a client: the caller closes its own before session_close. */
int session_open_engine(struct session *session, const struct engine_options *options,
                        unsigned reactors, bool json);
/* Adds a client with options of the caller's to session_open_engine's; closes the session where
 * that fails. */
int session_open_client(struct session *session, const struct hr_s3_client_options *options);
/* An on_closed for a client that this session's thread closes; `user` is the session. */
void session_client_closed(void *user);
/* Waits until session_client_closed was called. */
void session_wait_closed(struct session *session);
/* Closes what was opened. */
void session_close(struct session *session);

/* The callback for a request that session_wait waits for; its `user` is the session. */
void session_on_done(struct hr_request *request);

/* Prepares the common part of a request. */
void session_prepare(struct session *session, struct hr_request *request);

/* Waits until `request`, prepared and started with result `started`, is done. A signal cancels it.
 * `tick` (may be NULL) runs every 200 ms meanwhile. Returns the result; `error` holds why. */
int session_wait(struct session *session, struct hr_request *request, int started,
                 void (*tick)(void *user), void *user, struct hr_error *error);

/* The exit code of a request that ended with `result`: says why, names a signal. */
int session_end(struct session *session, int result, const struct hr_error *error, const char *what,
                ...) __attribute__((format(printf, 4, 5)));
/* Ends the JSON object of a report that was begun while its request ran; an error stands in it,
 * and session_end prints none of its own. */
void session_report_end(struct session *session, struct hr_json_writer *json, int result,
                        const struct hr_error *error);

#endif
