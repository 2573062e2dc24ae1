/* headrace serve s3: the embedded S3-compatible server. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <headrace_server/s3_server.h>

#include "commands.h"
#include "json_put.h"
#include "output.h"
#include "resources.h"
#include "session.h"
#include "shown.h"
#include "signals.h"

#define ACCESS_KEY_SIZE 20
#define SECRET_KEY_SIZE 40

struct values {
    const char *listen;
    const char *access_key;
    const char *secret_key;
    const char *session_token;
    const char *preload, *faults;
    uint64_t fault_seed;
    const char *region;
    const char *domain;
    const char *tls_certificate, *tls_key;
    uint64_t reactors;
    uint64_t limit_bytes;
    const char *store;
    uint64_t limit_objects;
    int scrub;
    bool fsync;
    bool json;
    bool any_credentials, sigv2;
    struct engine_options engine;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"listen", "ADDRESS:PORT", OPTION_STRING, VALUE(listen), .standard = "127.0.0.1:9000",
     .help = "Where to listen; port 0 lets the kernel pick a free one"},
    {"access-key", "KEY", OPTION_STRING, VALUE(access_key),
     .environment = "HEADRACE_SERVE_ACCESS_KEY",
     .help = "The one access key that is accepted; together with --secret-key. Without both they "
             "are made up and printed"},
    {"secret-key", "KEY", OPTION_STRING, VALUE(secret_key),
     .environment = "HEADRACE_SERVE_SECRET_KEY", .secret = true,
     .help = "Its secret; others see a command line in the process list, so prefer the variable"},
    {"session-token", "TOKEN", OPTION_STRING, VALUE(session_token), .check = not_empty_check,
     .environment = "HEADRACE_SERVE_SESSION_TOKEN", .secret = true,
     .help =
         "The token that requests must have, as temporary credentials do (default: any, or none)"},
    {"preload", "FOLDER", OPTION_STRING, VALUE(preload), .check = not_empty_check,
     .help = "Begin with its files: each folder in it is a bucket, each file below an object"},
    {"faults", "KIND=RATE,...", OPTION_STRING, VALUE(faults), .check = not_empty_check,
     .help = "Fail on demand, for tests of clients: SlowDown, InternalError, ServiceUnavailable, "
             "RequestTimeout, ExpiredToken, RequestTimeTooSkewed; lost, truncate, stall"},
    {"fault-seed", "N", OPTION_UINT, VALUE(fault_seed), .max = UINT64_MAX,
     .help = "The nth request of a seed fails in the same way (default 0)"},
    {"any-credentials", NULL, OPTION_FLAG, VALUE(any_credentials),
     .help =
         "Let in any access key and secret: no signature is compared. For tests of clients only, "
         "as whoever reaches the port may do everything"},
    {"sigv2", NULL, OPTION_FLAG, VALUE(sigv2),
     .help =
         "Let in URLs presigned in the older way, too (HMAC-SHA1: boto3's default, version 1 of "
         "the AWS command line)"},
    {"region", "REGION", OPTION_STRING, VALUE(region),
     .help = "Accept signatures for this region only (default any)"},
    {"domain", "NAME", OPTION_STRING, VALUE(domain), .standard = "s3.localhost",
     .help = "Requests to BUCKET.NAME are in virtual-host style"},
    {"tls-cert", "FILE", OPTION_STRING, VALUE(tls_certificate), .check = not_empty_check,
     .help =
         "Serve https with this certificate (PEM, the chain behind it); together with --tls-key; "
         "read again when it changes"},
    {"tls-key", "FILE", OPTION_STRING, VALUE(tls_key), .check = not_empty_check,
     .help = "The private key of --tls-cert (PEM)"},
    {"store", "memory|FOLDER", OPTION_STRING, VALUE(store), .check = not_empty_check,
     .standard = "memory",
     .help = "Where objects are kept: memory, gone when the server ends, or a folder (with a slash "
             "in its name where it is called memory), as files that are there again at the next "
             "start"},
    {"fsync", NULL, OPTION_FLAG, VALUE(fsync),
     .help =
         "With a folder: answer a write when it is on the medium, and not only with the kernel"},
    {"scrub", "KIND", OPTION_CHOICE, VALUE(scrub), .choices = "records|full", .standard = "records",
     .help = "What the start of a folder checks: records, or the bytes of all objects, too"},
    {"limit-objects", "N", OPTION_UINT, VALUE(limit_objects), .standard = "1000000", .min = 1,
     .max = UINT64_MAX,
     .help = "Most files of a folder: each object, version, part and copy is one"},
    {"limit", "SIZE", OPTION_SIZE, VALUE(limit_bytes), .standard = "1GiB", .min = 1,
     .help = "Most bytes that all objects may have together"},
    {"reactors", "N", OPTION_UINT, VALUE(reactors), .max = 1024,
     .help = "Reactors, each a thread (default one per core)"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print the line as one JSON object"},
    {.name = NULL}};

struct credentials {
    char access_key[ACCESS_KEY_SIZE + 1];
    char secret_key[SECRET_KEY_SIZE + 1];
};

/* Letters and digits only, so that they need no quotes anywhere. 32 of them: no bias. */
static int make_up(char *text, size_t size) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[SECRET_KEY_SIZE];
    if (getrandom(bytes, size, 0) != (ssize_t)size) return -1;
    for (size_t i = 0; i < size; i++) text[i] = alphabet[bytes[i] & 31];
    text[size] = '\0';
    return 0;
}

/* The address part of "ADDRESS:PORT", so that the endpoint names what was asked for. */
static void print_endpoint(char *text, size_t size, const struct values *values, uint16_t port) {
    const char *listen = values->listen, *colon = strrchr(listen, ':');
    snprintf(text, size, "%s://%.*s:%u", values->tls_certificate ? "https" : "http",
             colon ? (int)(colon - listen) : (int)strlen(listen), listen, (unsigned)port);
}

/* One line, flushed: whoever reads it knows that the server listens. */
static int announce(const struct values *values, const char *endpoint,
                    const struct credentials *made_up) {
    if (values->json) {
        struct hr_json_writer json;
        char window[OUTPUT_WINDOW];
        output_json_init(&json, window, stdout);
        hr_json_object(&json);
        json_put_text(&json, "endpoint", endpoint);
        json_put_text(&json, "access_key", made_up ? made_up->access_key : values->access_key);
        if (made_up) {
            json_put_text(&json, "secret_key", made_up->secret_key);
        }
        json_put_i64(&json, "pid", getpid());
        hr_json_end(&json);
        output_json_finish(&json, stdout);
    } else {
        printf("listening on %s", endpoint);
        if (made_up)
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

/* On standard error: what a long start is at, and what it has found damaged. */
static void on_found(void *user, const struct s3_server_found *found) {
    const struct values *values = user;
    if (!found->done)
        fprintf(stderr, "store %s: %" PRIu64 " files read\n", values->store, found->files);
    else if (found->damaged > 0)
        fprintf(stderr,
                "store %s: %" PRIu64 " damaged files are not served, they were moved to "
                "%s/damaged\n",
                values->store, found->damaged, values->store);
}

static bool has_folder(const struct values *values) {
    return strcmp(values->store, "memory") != 0;
}

static int serve(const struct values *values, hr_engine *engine, int signal_fd, int closed_fd,
                 const struct credentials *made_up) {
    struct s3_server_options options = {
        .listen = values->listen,
        .access_key = made_up ? made_up->access_key : values->access_key,
        .secret_key = made_up ? made_up->secret_key : values->secret_key,
        .session_token = values->session_token,
        .preload = values->preload,
        .faults = values->faults,
        .fault_seed = values->fault_seed,
        .region = values->region,
        .domain = values->domain,
        .store_bytes_max = values->limit_bytes,
        .any_credentials = values->any_credentials,
        .sigv2 = values->sigv2,
        .store_folder = has_folder(values) ? values->store : NULL,
        .store_files_max = values->limit_objects,
        .store_fsync = values->fsync,
        .store_scrub_full = values->scrub == 1,
        .on_found = on_found,
        .user = (void *)values,
        .http.tls.certificate_file = values->tls_certificate,
        .http.tls.key_file = values->tls_key,
    };
    struct hr_error error = {0};
    s3_server *server;
    int err = s3_server_new(engine, &options, &error, &server);
    if (err) {
        if (!error.code) error.code = err;
        return output_error(&error, values->json, "cannot serve on %s",
                            shown_argument(values->listen));
    }
    char endpoint[128];
    print_endpoint(endpoint, sizeof endpoint, values, s3_server_port(server));
    int code = EXIT_DONE;
    if (announce(values, endpoint, made_up) == 0) {
        struct pollfd ready = {.fd = signal_fd, .events = POLLIN};
        while (poll(&ready, 1, -1) < 0 && errno == EINTR) {}
        int signal = signals_next(signal_fd);
        if (signal != SIGINT && signal != SIGTERM) code = 128 + signal;
    } else {
        code = EXIT_FAILED; /* output_finish says why */
    }
    uint64_t count;
    s3_server_close(server, server_closed, &closed_fd);
    while (read(closed_fd, &count, sizeof count) < 0 && errno == EINTR) {}
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct credentials made_up;
    if (!values->access_key != !values->secret_key)
        return output_usage(call->command->path, "--access-key and --secret-key go together");
    if (!values->tls_certificate != !values->tls_key)
        return output_usage(call->command->path, "--tls-cert and --tls-key go together");
    if (!has_folder(values) && (values->fsync || values->scrub == 1))
        return output_usage(call->command->path,
                            "--fsync and --scrub full need a folder: --store FOLDER");
    if (has_folder(values) && values->preload)
        return output_usage(call->command->path,
                            "--preload fills a store in memory: it does not go together with "
                            "--store FOLDER");
    if (!values->access_key && (make_up(made_up.access_key, ACCESS_KEY_SIZE) != 0 ||
                                make_up(made_up.secret_key, SECRET_KEY_SIZE) != 0)) {
        return output_failed_as(EXIT_ENVIRONMENT, values->json, -EIO,
                                "no random numbers for credentials: give --access-key and "
                                "--secret-key");
    }
    perf_files_raise_all();
    int signal_fd = signals_open(), closed_fd = eventfd(0, EFD_CLOEXEC);
    struct session_engine on = {.engine = NULL};
    int code = EXIT_ENVIRONMENT;
    if (signal_fd < 0 || closed_fd < 0)
        output_failed_as(EXIT_ENVIRONMENT, values->json, -errno,
                         "cannot open an event descriptor: %s", hr_error_text(-errno));
    else
        code = session_engine_open(&values->engine, (unsigned)values->reactors, values->json, &on);
    if (code == EXIT_DONE) {
        code = serve(values, on.engine, signal_fd, closed_fd, values->access_key ? NULL : &made_up);
        hr_engine_close(on.engine, NULL, NULL);
    }
    if (signal_fd >= 0) close(signal_fd);
    if (closed_fd >= 0) close(closed_fd);
    explicit_bzero(&made_up, sizeof made_up);
    return code;
}

const struct command command_serve_s3 = {
    .path = "serve s3",
    .arguments = "",
    .summary = "Run the embedded S3-compatible server until SIGTERM or SIGINT",
    .details = "It keeps objects in memory, or as files in a folder, and verifies every signature. "
               "Once it listens it prints "
               "one line with its endpoint. SIGTERM and SIGINT end it with exit code 0.",
    .examples =
        "headrace serve s3 --listen 127.0.0.1:9000 --access-key demo --secret-key demo-secret\n"
        "headrace serve s3 --listen 127.0.0.1:0 --json\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Engine", engine_table, VALUE(engine)}},
    .run = run,
};
