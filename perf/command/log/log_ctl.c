/* headrace log ctl: asks a running logger through its control socket. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <headrace/text.h>

#include "commands.h"
#include "output.h"

#define RESPONSE_BYTES_MAX (1u << 20)
#define REQUEST_BYTES      4096

struct values {
    bool json;
    uint64_t timeout_ms;
};

static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct values, json), .help = "Print one JSON object"},
    {"timeout", "TIME", OPTION_DURATION, offsetof(struct values, timeout_ms), .standard = "15s",
     .min = 1, .max = 3600000, .help = "Wait no longer for the response"},
    {.name = NULL}};

/* The socket of the log, or a negative code. */
static int connect_to(const char *path, uint64_t timeout_ms) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {(time_t)(timeout_ms / 1000),
                                  (suseconds_t)(timeout_ms % 1000 * 1000)};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    int err = errno == EAGAIN ? -ETIMEDOUT : -errno;
    close(fd);
    return err;
}

/* Sends the line and reads all of the response; its size, or a negative code. */
static ssize_t ask(int fd, struct hr_slice line, char *response) {
    size_t size = 0;
    ssize_t got = send(fd, line.data, line.size, MSG_NOSIGNAL);
    if (got < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    while ((got = recv(fd, response + size, RESPONSE_BYTES_MAX - size, 0)) > 0) size += (size_t)got;
    if (got < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return (ssize_t)size;
}

/* The meaning of an error in reaching the log. */
static int unreachable(const struct values *values, const char *path, int err) {
    const char *hint = err == -ENOENT         ? "; no log has its control_path there"
                       : err == -ECONNREFUSED ? "; its process has ended"
                       : err == -EACCES       ? "; only its owner may ask"
                                              : "";
    return output_failed(values->json, err, "log ctl: %s: %s%s", path, hr_error_text(err), hint);
}

/* The response's first line is "ok", or "error CODE TEXT"; its body goes to standard output. */
static int show(const struct values *values, struct hr_slice response) {
    const char *end = response.size ? memchr(response.data, '\n', response.size) : NULL;
    size_t first = end ? (size_t)(end - response.data) : 0;
    uint64_t number = 0;
    if (end && first == 2 && memcmp(response.data, "ok", 2) == 0) {
        struct hr_slice body = hr_slice_bytes(end + 1, response.size - first - 1);
        if (values->json)
            fwrite(body.data, 1, body.size, stdout);
        else
            output_bytes(body);
        return EXIT_DONE;
    }
    if (end && first > 6 && memcmp(response.data, "error ", 6) == 0) {
        struct hr_slice rest = hr_slice_bytes(response.data + 6, first - 6);
        const char *space = memchr(rest.data, ' ', rest.size);
        size_t digits = space ? (size_t)(space - rest.data) : 0;
        if (space && hr_text_u64(hr_slice_bytes(rest.data, digits), 65535, &number) == 0 && number)
            return output_failed_as(output_class(-(int)number), values->json, -(int)number,
                                    "log ctl: %.*s", (int)(rest.size - digits - 1), space + 1);
    }
    return output_failed(values->json, -EBADMSG, "log ctl: the response is none of a log's");
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    const char *path = call->arguments[0], *verb = call->arguments[1];
    const char *levels = call->argument_count > 2 ? call->arguments[2] : NULL;
    static const char *const verbs[] = {"status", "level", "reopen", "flush"};
    bool known = false;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        known = known || strcmp(verb, verbs[i]) == 0;
    if (!known)
        return output_failed_as(EXIT_USAGE, values->json, -EINVAL,
                                "log ctl: '%.30s' is none of status, level, reopen, flush", verb);
    if (levels && strcmp(verb, "level") != 0)
        return output_failed_as(EXIT_USAGE, values->json, -EINVAL, "log ctl: %s takes no argument",
                                verb);
    char line[REQUEST_BYTES];
    int size = snprintf(line, sizeof line, "%s%s%s%s\n", values->json ? "json " : "", verb,
                        levels ? " " : "", levels ? levels : "");
    if (size >= REQUEST_BYTES || (levels && strchr(levels, '\n')))
        return output_failed_as(EXIT_USAGE, values->json, -EINVAL,
                                "log ctl: the levels are no line of at most 4000 bytes");
    int fd = connect_to(path, values->timeout_ms);
    if (fd < 0) return unreachable(values, path, fd);
    char *response = malloc(RESPONSE_BYTES_MAX);
    ssize_t got = response ? ask(fd, hr_slice_bytes(line, (size_t)size), response) : -ENOMEM;
    close(fd);
    int code = got < 0 ? unreachable(values, path, (int)got)
                       : show(values, hr_slice_bytes(response, (size_t)got));
    free(response);
    return code;
}

const struct command command_log_ctl = {
    .path = "log ctl",
    .arguments = "SOCKET status|level|reopen|flush [LEVELS]",
    .arguments_min = 2,
    .arguments_max = 3,
    .summary = "Ask a running logger: status, levels, reopen, flush",
    .details = "SOCKET is the log's control_path. `level` shows the levels, or sets them: `level "
               "info,s3=debug`, as HEADRACE_LOG does.",
    .examples = "headrace log ctl /run/service/log.sock status\n"
                "headrace log ctl /run/service/log.sock level info,s3=debug\n"
                "headrace log ctl /run/service/log.sock reopen  # after moving the file\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
