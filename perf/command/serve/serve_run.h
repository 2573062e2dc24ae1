/* A run of `headrace serve s3`: its options, what it has made, and its server until the end. */
#ifndef COMMAND_SERVE_RUN_H
#define COMMAND_SERVE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/log.h>

#include "options.h"
#include "serve_certificate.h"
#include "serve_keys.h"
#include "session.h"

#define SERVE_ACCESS_KEY_SIZE 20
#define SERVE_SECRET_KEY_SIZE 40

struct serve_values {
    const char *listen;
    const char *access_key;
    const char *secret_key;
    const char *session_token;
    const char *preload, *faults;
    uint64_t fault_seed;
    const char *region;
    const char *domain;
    const char *tls_certificate, *tls_key, *tls_ca_out;
    const char *keys, *access_log;
    struct option_list anonymous_read;
    uint64_t reactors;
    uint64_t limit_bytes, drain_ms;
    const char *store;
    uint64_t limit_objects;
    int scrub;
    bool fsync;
    bool json, tls_self_signed;
    bool any_credentials, sigv2;
    struct engine_options engine;
};

struct serve_credentials {
    char access_key[SERVE_ACCESS_KEY_SIZE + 1]; /* empty: none were made up */
    char secret_key[SERVE_SECRET_KEY_SIZE + 1];
};

/* A run: its options, and the means that it has besides. */
struct serving {
    const struct serve_values *values;
    struct serve_credentials made_up;
    struct serve_keys keys;
    struct serve_certificate certificate;
    int signal_fd, closed_fd;
    hr_log *log;
};

/* Whether objects are kept as files, and not in memory. */
bool serve_has_folder(const struct serve_values *values);

/* Serves until a signal ends it and what was in progress is answered. The exit code. */
int serve_run(struct serving *serving, hr_engine *engine);

#endif
