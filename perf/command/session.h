/* What every command that talks to a store shares: the connection's options, one engine, one
 * client, and waiting for a request in a way that a signal can end. */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/s3_client.h>

#include "options.h"
#include "output.h"

struct connection_options {
    const char *endpoint;
    const char *region;
    const char *access_key;
    const char *secret_key;
    int addressing;
    struct option_list resolve;
    uint64_t timeout_ms;
    uint64_t attempts;
};

/* The tables over struct connection_options: where the store is, and how to talk to it. `bench`
 * does not take its endpoint from the environment. */
extern const struct option store_table[];
extern const struct option store_table_bench[];
extern const struct option connection_table[];

/* The two groups of a command whose values begin with struct connection_options. */
#define CONNECTION_GROUPS                                                                          \
    {"Store", store_table, 0}, {                                                                   \
        "Connection", connection_table, 0                                                          \
    }

/* The client options that `options` describe, and the memory behind them. */
struct connection_settings {
    struct hr_s3_client_options client;
    struct hr_resolve_entry resolve[OPTION_LIST_MAX];
    char text[OPTION_LIST_MAX][320];
};
/* 0, or EXIT_USAGE after a complaint. */
int connection_settings_fill(const struct connection_options *options,
                             struct connection_settings *settings);

/* Blocks SIGINT and SIGTERM for this process's threads and returns a signalfd for them. Before the
 * first thread. */
int session_signals_open(void);

/* Makes an engine; EXIT_DONE, or the exit code after a complaint: EXIT_ENVIRONMENT where the kernel
 * or a limit refuses. */
int session_engine_open(unsigned reactors, bool json, hr_engine **engine);

struct session {
    hr_engine *engine;
    hr_s3_client *client;
    int signal_fd;
    int done_fd;
    int signal; /* the one that ended it; 0 none */
    bool json;
    uint32_t timeout_ms;
};

/* EXIT_DONE, or the exit code after a complaint. */
int session_open(struct session *session, const struct connection_options *options, bool json);
/* The same with client options of the caller's, and its number of reactors. */
int session_open_client(struct session *session, const struct hr_s3_client_options *options,
                        unsigned reactors, bool json);
/* Closes what session_open opened. */
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

/* A bucket and a key as strings out of s3://bucket/key. */
struct s3_place {
    char bucket[256];
    char key[1028];
};
/* Whether `text` is an S3 URI at all. */
bool s3_place_is(const char *text);
enum s3_place_need { S3_PLACE_BUCKET, S3_PLACE_ANY, S3_PLACE_OBJECT };
/* 0, or EXIT_USAGE after a complaint that names what is wrong. */
int s3_place_read(const char *text, enum s3_place_need need, struct s3_place *place);

#endif
