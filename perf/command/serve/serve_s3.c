/* headrace serve s3: the embedded S3-compatible server. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"
#include "resources.h"
#include "serve_log.h"
#include "serve_run.h"
#include "signals.h"

#define DRAIN_MS_MAX (UINT64_C(24) * 3600 * 1000)

#define VALUE(field) offsetof(struct serve_values, field)
static const struct option table[] = {
    {"listen", "ADDRESS:PORT", OPTION_STRING, VALUE(listen), .standard = "127.0.0.1:9000",
     .help = "Where to listen; port 0 lets the kernel pick a free one"},
    {"access-key", "KEY", OPTION_STRING, VALUE(access_key),
     .environment = "HEADRACE_SERVE_ACCESS_KEY",
     .help =
         "An access key that is accepted; together with --secret-key. Without both, and without "
         "--keys, they are made up and printed"},
    {"secret-key", "KEY", OPTION_STRING, VALUE(secret_key),
     .environment = "HEADRACE_SERVE_SECRET_KEY", .secret = true,
     .help = "Its secret; others see a command line in the process list, so prefer the variable"},
    {"keys", "FILE", OPTION_STRING, VALUE(keys), .check = not_empty_check,
     .help = "Further keys, ACCESS SECRET a line, or ACCESS SECRET read-only; only its owner may "
             "read the file. With it nothing is made up"},
    {"anonymous-read", "BUCKET", OPTION_LIST, VALUE(anonymous_read), .check = not_empty_check,
     .help = "Everybody may read and list this bucket without a signature; may be given again"},
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
    {"tls-self-signed", NULL, OPTION_FLAG, VALUE(tls_self_signed),
     .help = "Serve https with a certificate made for this run, for localhost, the address and "
             "--domain; no key touches a disk. Clients trust the authority of --tls-ca-out, or "
             "\"ca\" of --json"},
    {"tls-ca-out", "FILE", OPTION_STRING, VALUE(tls_ca_out), .check = not_empty_check,
     .help = "Write the authority of --tls-self-signed here (PEM)"},
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
    {"drain-timeout", "TIME", OPTION_DURATION, VALUE(drain_ms), .standard = "30s", .min = 1,
     .max = DRAIN_MS_MAX,
     .help = "How long requests in progress may take behind SIGTERM or SIGINT; a second signal "
             "ends at once"},
    {"access-log", "FILE", OPTION_STRING, VALUE(access_log), .check = not_empty_check,
     .help = "Write a line of JSON for each request; - is standard output. SIGHUP opens the file "
             "again"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print the line as one JSON object"},
    {.name = NULL}};

/* Letters and digits only, so that they need no quotes anywhere. 32 of them: no bias. */
static int make_up(char *text, size_t size) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[SERVE_SECRET_KEY_SIZE];
    if (getrandom(bytes, size, 0) != (ssize_t)size) return -1;
    for (size_t i = 0; i < size; i++) text[i] = alphabet[bytes[i] & 31];
    text[size] = '\0';
    return 0;
}

static int open_log(struct serving *serving, hr_engine *engine) {
    const struct serve_values *values = serving->values;
    struct hr_error error = {0};
    if (!values->access_log) return EXIT_DONE;
    int err = serve_log_open(values->access_log, engine, &error, &serving->log);
    if (!err) return EXIT_DONE;
    if (!error.code) error.code = err;
    return output_error(&error, values->json, "cannot write the access log");
}

static int check(const struct command_call *call) {
    const struct serve_values *values = call->values;
    const char *path = call->command->path;
    if (!values->access_key != !values->secret_key)
        return output_usage(path, "--access-key and --secret-key go together");
    if (!values->tls_certificate != !values->tls_key)
        return output_usage(path, "--tls-cert and --tls-key go together");
    if (values->tls_certificate && values->tls_self_signed)
        return output_usage(path, "--tls-cert and --tls-self-signed exclude each other");
    if (values->tls_ca_out && !values->tls_self_signed)
        return output_usage(path, "--tls-ca-out goes together with --tls-self-signed");
    if (values->tls_self_signed && !values->tls_ca_out && !values->json)
        return output_usage(path, "--tls-self-signed needs --tls-ca-out FILE or --json: without "
                                  "its authority no client trusts the certificate");
    if (!serve_has_folder(values) && (values->fsync || values->scrub == 1))
        return output_usage(path, "--fsync and --scrub full need a folder: --store FOLDER");
    if (serve_has_folder(values) && values->preload)
        return output_usage(path, "--preload fills a store in memory: it does not go together with "
                                  "--store FOLDER");
    if (values->any_credentials && values->keys)
        return output_usage(path, "--any-credentials lets everybody in: leave --keys out");
    return EXIT_DONE;
}

static int make_up_credentials(struct serving *serving) {
    struct serve_credentials *made_up = &serving->made_up;
    if (serving->values->access_key || serving->values->keys) return EXIT_DONE;
    if (make_up(made_up->access_key, SERVE_ACCESS_KEY_SIZE) == 0 &&
        make_up(made_up->secret_key, SERVE_SECRET_KEY_SIZE) == 0)
        return EXIT_DONE;
    return output_failed_as(EXIT_ENVIRONMENT, serving->values->json, -EIO,
                            "no random numbers for credentials: give --access-key and "
                            "--secret-key");
}

static int prepare(struct serving *serving) {
    const struct serve_values *values = serving->values;
    int code = make_up_credentials(serving);
    if (code != EXIT_DONE) return code;
    if (values->keys && !serve_keys_read(values->keys, values->json, &serving->keys))
        return EXIT_USAGE;
    if (values->tls_self_signed &&
        !serve_certificate_make(values->listen, values->domain, &serving->certificate))
        return output_failed_as(EXIT_ENVIRONMENT, values->json, -EIO,
                                "cannot make a certificate: give --tls-cert and --tls-key");
    perf_files_raise_all();
    serving->signal_fd = signals_open();
    serving->closed_fd = eventfd(0, EFD_CLOEXEC);
    if (serving->signal_fd >= 0 && serving->closed_fd >= 0) return EXIT_DONE;
    return output_failed_as(EXIT_ENVIRONMENT, values->json, -errno,
                            "cannot open an event descriptor: %s", hr_error_text(-errno));
}

static void clean_up(struct serving *serving) {
    if (serving->signal_fd >= 0) close(serving->signal_fd);
    if (serving->closed_fd >= 0) close(serving->closed_fd);
    serve_keys_free(&serving->keys);
    serve_certificate_free(&serving->certificate);
    explicit_bzero(&serving->made_up, sizeof serving->made_up);
}

static int run(const struct command_call *call) {
    const struct serve_values *values = call->values;
    struct serving serving = {.values = values, .signal_fd = -1, .closed_fd = -1};
    struct session_engine on = {.engine = NULL};
    int code = check(call);
    if (code == EXIT_DONE) code = prepare(&serving);
    if (code == EXIT_DONE)
        code = session_engine_open(&values->engine, (unsigned)values->reactors, values->json, &on);
    if (code == EXIT_DONE) code = open_log(&serving, on.engine);
    if (code == EXIT_DONE) code = serve_run(&serving, on.engine);
    hr_log_close(serving.log);
    hr_engine_close(on.engine, NULL, NULL);
    clean_up(&serving);
    return code;
}

const struct command command_serve_s3 = {
    .path = "serve s3",
    .arguments = "",
    .summary = "Run the embedded S3-compatible server until SIGTERM or SIGINT",
    .details = "It keeps objects in memory, or as files in a folder, and verifies every signature. "
               "Once it listens it prints "
               "one line with its endpoint. SIGTERM and SIGINT end it with exit code 0 once the "
               "requests in progress are answered, at most for --drain-timeout.",
    .examples =
        "headrace serve s3 --listen 127.0.0.1:9000 --access-key demo --secret-key demo-secret\n"
        "headrace serve s3 --listen 127.0.0.1:0 --json\n",
    .values_size = sizeof(struct serve_values),
    .groups = {{"Options", table, 0}, {"Engine", engine_table, VALUE(engine)}},
    .run = run,
};
