/* Results, complaints and progress. */
#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/s3_client.h>

#include "json_put.h"
#include "wording.h"

#define MESSAGE_SIZE 4608 /* a path and what is wrong with it */
#define WORDING_SIZE 512  /* a message of the library in words of the command */

static bool silent, json_owed;
static char first_complaint[WORDING_SIZE];

void output_expect_json(void) {
    json_owed = true;
}

void output_json_reported(void) {
    json_owed = false;
}

void output_silence(void) {
    silent = true;
}

void output_complain(const char *format, ...) {
    va_list arguments;
    if (!first_complaint[0]) {
        va_start(arguments, format);
        vsnprintf(first_complaint, sizeof first_complaint, format, arguments);
        va_end(arguments);
    }
    if (silent) return;
    va_start(arguments, format);
    fputs("headrace: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int output_usage(const char *command, const char *format, ...) {
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t size = strlen(text);
    bool asks = size > 0 && text[size - 1] == '?';
    output_complain("%s: %s%s See 'headrace %s --help'.", command, text, asks ? "" : ".", command);
    return EXIT_USAGE;
}

void output_notice(void *user, const char *text) {
    char message[WORDING_SIZE];
    (void)user;
    wording_of_command(text, message, sizeof message);
    if (!silent) fprintf(stderr, "headrace: %s\n", message); /* no complaint */
}

enum exit_code output_class(int code) {
    switch (code) {
    case -EINVAL:
    case HR_ERR_METHOD_INVALID:
    case HR_ERR_TARGET_INVALID:
    case HR_ERR_HEADER_INVALID:
    case HR_ERR_URL_MALFORMED:
    case HR_ERR_URL_SCHEME:
    case HR_ERR_TLS_OPTIONS:
    case HR_ERR_S3_URI_SCHEME:
    case HR_ERR_S3_URI_BUCKET:
    case HR_ERR_S3_URI_KEY:
    case HR_ERR_S3_BUCKET_INVALID:
    case HR_ERR_S3_KEY_INVALID:
    case HR_ERR_S3_ENDPOINT_INVALID:
    case HR_ERR_S3_REGION_INVALID:
    case HR_ERR_S3_CREDENTIALS:
    case HR_ERR_S3_PROFILE:
        return EXIT_USAGE;
    default:
        return EXIT_FAILED;
    }
}

static const char *class_name(enum exit_code class) {
    return class == EXIT_USAGE ? "usage" : class == EXIT_ENVIRONMENT ? "environment" : "failed";
}

static void message_of(const struct hr_error *error, char message[WORDING_SIZE]) {
    const char *text = error->message[0] ? error->message : hr_error_text(error->code);
    wording_of_command(text, message, WORDING_SIZE);
}

static const struct hr_refusal *refused; /* NULL: nothing more is known */

void output_refusal(const struct hr_refusal *refusal) {
    refused = refusal;
}

static void put_refusal(struct hr_json_writer *json, const struct hr_refusal *refusal) {
    const struct {
        const char *name, *text;
    } texts[] = {{"host_id", refusal->host_id},
                 {"resource", refusal->resource},
                 {"region", refusal->region},
                 {"endpoint", refusal->endpoint}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text[0]) json_put_text(json, texts[i].name, texts[i].text);
}

static void put_error(struct hr_json_writer *json, const struct hr_error *error,
                      enum exit_code class, const char *message) {
    json_owed = false;
    json_put_text(json, "code", hr_error_name(error->code));
    json_put_text(json, "class", class_name(class));
    json_put_text(json, "message", message);
    if (error->http_status) {
        json_put_i64(json, "http_status", error->http_status);
    }
    if (error->service_code[0]) {
        json_put_text(json, "s3_code", error->service_code);
    }
    if (error->request_id[0]) {
        json_put_text(json, "request_id", error->request_id);
    }
    if (refused) {
        put_refusal(json, refused);
        hr_json_key(json, "retryable");
        hr_json_bool(json, hr_s3_error_retryable(error));
    }
    if (error->attempt) {
        json_put_u64(json, "attempt", error->attempt);
    }
}

void output_error_json(struct hr_json_writer *json, const struct hr_error *error,
                       enum exit_code class) {
    char message[WORDING_SIZE];
    message_of(error, message);
    put_error(json, error, class, message);
}

/* {"error":{…}} on a line of standard output. */
static void print_error(const struct hr_error *error, enum exit_code class, const char *message) {
    struct hr_json_writer writer;
    char window[OUTPUT_WINDOW];
    output_json_init(&writer, window, stdout);
    hr_json_object(&writer);
    json_put_object(&writer, "error");
    put_error(&writer, error, class, message);
    hr_json_end(&writer);
    hr_json_end(&writer);
    output_json_finish(&writer, stdout);
}

static void failed(enum exit_code class, bool json, int code, const char *text) {
    output_complain("%s", text);
    struct hr_error error = {.code = code};
    if (json) print_error(&error, class, text);
}

int output_failed(bool json, int code, const char *format, ...) {
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    failed(EXIT_FAILED, json, code, text);
    return EXIT_FAILED;
}

int output_failed_as(enum exit_code class, bool json, int code, const char *format, ...) {
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    failed(class, json, code, text);
    return (int)class;
}

const char *output_signal_name(int number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
#define NAME(signal) {signal, #signal}
        NAME(SIGHUP),    NAME(SIGINT),  NAME(SIGQUIT), NAME(SIGILL),  NAME(SIGTRAP),
        NAME(SIGABRT),   NAME(SIGBUS),  NAME(SIGFPE),  NAME(SIGUSR1), NAME(SIGSEGV),
        NAME(SIGUSR2),   NAME(SIGALRM), NAME(SIGTERM), NAME(SIGXCPU), NAME(SIGIO),
        NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGPWR),  NAME(SIGSYS),
#undef NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) return names[i].name;
    return number >= SIGRTMIN ? "a real-time signal" : "a signal";
}

const char *output_remedy(const struct hr_error *error) {
    if (error->code == -ECONNREFUSED)
        return " (nothing listens there: start the server, or correct the port)";
    if (error->code == HR_ERR_NAME_UNRESOLVED)
        return "; correct the name, or give its address by --resolve HOST:PORT:ADDRESS";
    if (error->code == HR_ERR_NAME_SERVERS || error->code == HR_ERR_RESOLVE_TIMEOUT)
        return "; --resolve HOST:PORT:ADDRESS does without them";
    return "";
}

/* The line of an error behind what failed. */
static void complain_error(const struct hr_error *error, const char *message) {
    fprintf(stderr, ": %s%s", message, output_remedy(error));
    fprintf(stderr, " [%s",
            error->service_code[0] ? error->service_code : hr_error_name(error->code));
    if (error->http_status) fprintf(stderr, ", HTTP %d", error->http_status);
    if (error->request_id[0]) fprintf(stderr, ", request %s", error->request_id);
    if (refused && refused->host_id[0]) fprintf(stderr, ", host %s", refused->host_id);
    if (error->attempt > 1) fprintf(stderr, ", attempt %u", error->attempt);
    fputs("]\n", stderr);
}

static int report_error(enum exit_code class, const struct hr_error *error, bool json,
                        const char *what) {
    char message[WORDING_SIZE];
    message_of(error, message);
    if (!silent) {
        fprintf(stderr, "headrace: %s", what);
        complain_error(error, message);
    }
    if (json) print_error(error, class, message);
    return (int)class;
}

int output_error(const struct hr_error *error, bool json, const char *what, ...) {
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return report_error(error->http_status ? EXIT_FAILED : output_class(error->code), error, json,
                        text);
}

int output_error_as(enum exit_code class, const struct hr_error *error, bool json, const char *what,
                    ...) {
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return report_error(class, error, json, text);
}

static int flush_to_file(void *user, const char *data, size_t size) {
    errno = 0;
    if (fwrite(data, 1, size, user) == size) return 0;
    return errno ? -errno : -EIO;
}

void output_json_init(struct hr_json_writer *json, char window[OUTPUT_WINDOW], FILE *file) {
    hr_json_init(json, window, OUTPUT_WINDOW, flush_to_file, file);
}

int output_json_finish(struct hr_json_writer *json, FILE *file) {
    int err = hr_json_finish(json);
    if (err) return err;
    return fputc('\n', file) == EOF ? -EIO : 0;
}

static bool stdout_is_terminal(void) {
    static int known = -1;
    if (known < 0) known = isatty(STDOUT_FILENO);
    return known == 1;
}

void output_bytes(struct hr_slice bytes) {
    if (!stdout_is_terminal()) {
        if (bytes.size) fwrite(bytes.data, 1, bytes.size, stdout);
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (byte < 0x20 || byte == 0x7f)
            printf("\\x%02X", byte);
        else
            putchar(byte);
    }
}

const char *output_size(uint64_t bytes, char text[OUTPUT_SIZE_TEXT]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++) value /= 1024;
    snprintf(text, OUTPUT_SIZE_TEXT, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

/* The code of the error object where none is known: that of its class. */
static void print_owed_error(enum exit_code class) {
    struct hr_error error = {.code = class == EXIT_USAGE         ? -EINVAL
                                     : class == EXIT_ENVIRONMENT ? -ENOTSUP
                                                                 : -EIO};
    print_error(&error, class,
                first_complaint[0] ? first_complaint : "standard error says what is wrong");
}

int output_finish(int code) {
    if (json_owed && code >= EXIT_FAILED && code <= EXIT_ENVIRONMENT)
        print_owed_error((enum exit_code)code);
    errno = 0;
    bool lost = fflush(stdout) != 0;
    int reason = errno;
    lost = lost || ferror(stdout);
    if (fclose(stdout) != 0 && !lost) {
        lost = true;
        reason = errno;
    }
    if (!lost) return code;
    output_complain("cannot write to standard output: %s",
                    reason ? hr_error_text(-reason) : "the write failed");
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

void output_progress_text(struct output_progress *progress, const char *text) {
    if (!isatty(STDERR_FILENO)) return;
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
    progress->shown = true;
}

void output_progress_begin(struct output_progress *progress) {
    *progress = (struct output_progress){.started_ns = hr_clock_monotonic_ns()};
}

void output_progress_bytes(struct output_progress *progress, const char *verb, uint64_t bytes,
                           uint64_t total) {
    char text[160], done[OUTPUT_SIZE_TEXT], whole[OUTPUT_SIZE_TEXT], rate[OUTPUT_SIZE_TEXT];
    double seconds = (double)(hr_clock_monotonic_ns() - progress->started_ns) / 1e9;
    output_size(seconds > 0 ? (uint64_t)((double)bytes / seconds) : 0, rate);
    if (total && bytes > total) bytes = total; /* heads count too */
    if (total)
        snprintf(text, sizeof text, "%s %s of %s (%u %%), %s/s", verb, output_size(bytes, done),
                 output_size(total, whole), (unsigned)((double)bytes * 100 / (double)total), rate);
    else
        snprintf(text, sizeof text, "%s %s, %s/s", verb, output_size(bytes, done), rate);
    output_progress_text(progress, text);
}

void output_progress_end(struct output_progress *progress) {
    if (progress->shown) fputs("\r\033[K", stderr);
    progress->shown = false;
}
