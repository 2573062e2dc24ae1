/* The server of `serve s3`: started, announced, drained. */
#include "serve_run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <headrace_server/s3_server.h>

#include "json_put.h"
#include "output.h"
#include "serve_log.h"
#include "shown.h"
#include "signals.h"

#define LAST_FLUSH_MS 1000

/* The address part of "ADDRESS:PORT", so that the endpoint names what was asked for. */
static void print_endpoint(char *text, size_t size, const struct serve_values *values,
                           uint16_t port) {
    const char *listen = values->listen, *colon = strrchr(listen, ':');
    snprintf(text, size, "%s://%.*s:%u",
             values->tls_certificate || values->tls_self_signed ? "https" : "http",
             colon ? (int)(colon - listen) : (int)strlen(listen), listen, (unsigned)port);
}

static const char *access_key_of(const struct serving *serving) {
    return serving->made_up.access_key[0] ? serving->made_up.access_key
                                          : serving->values->access_key;
}

static void announce_json(const struct serving *serving, const char *endpoint) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "endpoint", endpoint);
    if (access_key_of(serving)) json_put_text(&json, "access_key", access_key_of(serving));
    if (serving->made_up.secret_key[0])
        json_put_text(&json, "secret_key", serving->made_up.secret_key);
    if (serving->certificate.ca.size > 0) json_put_string(&json, "ca", serving->certificate.ca);
    json_put_i64(&json, "pid", getpid());
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

/* One line, flushed: whoever reads it knows that the server listens. */
static int announce(const struct serving *serving, const char *endpoint) {
    const struct serve_credentials *made_up = &serving->made_up;
    if (serving->values->json) {
        announce_json(serving, endpoint);
    } else {
        printf("listening on %s", endpoint);
        if (made_up->access_key[0])
            printf(" AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s", made_up->access_key,
                   made_up->secret_key);
        putchar('\n');
    }
    return fflush(stdout);
}

static void server_closed(void *user) {
    uint64_t one = 1;
    (void)!write(*(int *)user, &one, sizeof one);
}

/* ---- The end. */

static int code_of(int signal) {
    return signal == SIGINT || signal == SIGTERM ? EXIT_DONE : 128 + signal;
}

/* The signal that ends the server. With a log SIGHUP is logrotate's. */
static int wait_for_end(const struct serving *serving) {
    struct pollfd ready = {.fd = serving->signal_fd, .events = POLLIN};
    for (;;) {
        while (poll(&ready, 1, -1) < 0 && errno == EINTR) {}
        int signal = signals_next(serving->signal_fd);
        if (signal == SIGHUP && serving->log)
            hr_log_reopen(serving->log);
        else
            return signal;
    }
}

/* Ends the process where another signal comes before the server is closed: that one is in no mood
 * to wait, and requests in progress break off. */
static void drain(const struct serving *serving) {
    struct pollfd ready[] = {{.fd = serving->closed_fd, .events = POLLIN},
                             {.fd = serving->signal_fd, .events = POLLIN}};
    while (!(ready[0].revents & POLLIN)) {
        if (poll(ready, 2, -1) < 0) continue;
        int signal = ready[1].revents ? signals_next(serving->signal_fd) : 0;
        if (signal == 0 || (signal == SIGHUP && serving->log)) continue;
        if (serving->log) hr_log_flush(serving->log, LAST_FLUSH_MS);
        _exit(code_of(signal));
    }
}

/* ---- The server. */

bool serve_has_folder(const struct serve_values *values) {
    return strcmp(values->store, "memory") != 0;
}

/* On standard error: what a long start is at, and what it has found damaged. */
static void on_found(void *user, const struct s3_server_found *found) {
    const struct serve_values *values = user;
    if (!found->done)
        fprintf(stderr, "store %s: %" PRIu64 " files read\n", values->store, found->files);
    else if (found->damaged > 0)
        fprintf(stderr,
                "store %s: %" PRIu64 " damaged files are not served, they were moved to "
                "%s/damaged\n",
                values->store, found->damaged, values->store);
}

static void fill_options(const struct serving *serving, struct s3_server_options *options) {
    const struct serve_values *values = serving->values;
    bool is_made_up = serving->made_up.access_key[0] != '\0';
    *options = (struct s3_server_options){
        .listen = values->listen,
        .access_key = access_key_of(serving),
        .secret_key = is_made_up ? serving->made_up.secret_key : values->secret_key,
        .keys = serving->keys.keys,
        .key_count = serving->keys.count,
        .anonymous_read = values->anonymous_read.items,
        .anonymous_read_count = values->anonymous_read.count,
        .session_token = values->session_token,
        .preload = values->preload,
        .faults = values->faults,
        .fault_seed = values->fault_seed,
        .region = values->region,
        .domain = values->domain,
        .store_bytes_max = values->limit_bytes,
        .any_credentials = values->any_credentials,
        .sigv2 = values->sigv2,
        .store_folder = serve_has_folder(values) ? values->store : NULL,
        .store_files_max = values->limit_objects,
        .store_fsync = values->fsync,
        .store_scrub_full = values->scrub == 1,
        .on_found = on_found,
        .user = (void *)values,
        .on_record = serving->log ? serve_log_record : NULL,
        .record_user = serving->log,
        .http.close_timeout_ms = (uint32_t)values->drain_ms,
        .http.tls.certificate_file = values->tls_certificate,
        .http.tls.key_file = values->tls_key,
        .http.tls.certificate_pem = serving->certificate.certificate,
        .http.tls.key_pem = serving->certificate.key,
    };
}

/* The authority may be read by anybody. */
static int write_ca(const struct serving *serving) {
    const char *path = serving->values->tls_ca_out;
    struct hr_slice text = serving->certificate.ca;
    FILE *file = path ? fopen(path, "we") : NULL;
    bool ok = file && fwrite(text.data, 1, text.size, file) == text.size;
    int err = -errno;
    if (file && fclose(file) != 0) ok = false, err = -errno;
    if (ok || !path) return EXIT_DONE;
    return output_failed(serving->values->json, err, "cannot write %s: %s", shown_argument(path),
                         hr_error_text(err));
}

int serve_run(struct serving *serving, hr_engine *engine) {
    const struct serve_values *values = serving->values;
    struct s3_server_options options;
    struct hr_error error = {0};
    s3_server *server;
    fill_options(serving, &options);
    int err = s3_server_new(engine, &options, &error, &server);
    if (err) {
        if (!error.code) error.code = err;
        return output_error(&error, values->json, "cannot serve on %s",
                            shown_argument(values->listen));
    }
    serve_keys_free(&serving->keys);
    char endpoint[128];
    print_endpoint(endpoint, sizeof endpoint, values, s3_server_port(server));
    int code = write_ca(serving);
    if (code == EXIT_DONE && announce(serving, endpoint) == 0)
        code = code_of(wait_for_end(serving));
    else
        code = EXIT_FAILED; /* write_ca has said why, or output_finish does */
    s3_server_close(server, server_closed, &serving->closed_fd);
    drain(serving);
    return code;
}
