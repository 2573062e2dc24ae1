/* The credentials of `headrace http`: from the command line, the environment, a file or the
 * terminal. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <headrace/text.h>

#include "http_call.h"

#define PASSWORD_VARIABLE "HEADRACE_HTTP_PASSWORD"

static int wrong(const char *what, const char *why) {
    output_complain("http: %s %s. See 'headrace http --help'.", what, why);
    return EXIT_USAGE;
}

/* A line from the terminal, which does not show it. False: there is no terminal, or no line. */
static bool ask_terminal(const char *user, char *secret, size_t size) {
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return false;
    struct termios shown, hidden;
    bool known = tcgetattr(fd, &shown) == 0;
    if (known) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        hidden.c_lflag |= ECHONL;
        tcsetattr(fd, TCSAFLUSH, &hidden);
    }
    dprintf(fd, "Password of %s: ", user);
    size_t used = 0;
    char byte = 0;
    while (used + 1 < size && read(fd, &byte, 1) == 1 && byte != '\n') secret[used++] = byte;
    secret[used] = '\0';
    if (known) tcsetattr(fd, TCSAFLUSH, &shown);
    close(fd);
    return byte == '\n';
}

static int read_user(const char *text, struct http_credentials *credentials) {
    const char *colon = strchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    if (size >= sizeof credentials->user) return wrong("--user:", "the name is too long");
    hr_text_copy(credentials->user, sizeof credentials->user, hr_slice_bytes(text, size));
    const char *password = colon ? colon + 1 : getenv(PASSWORD_VARIABLE);
    if (password) {
        if (strlen(password) >= sizeof credentials->secret)
            return wrong("--user:", "the password is too long");
        memcpy(credentials->secret, password, strlen(password) + 1);
    } else if (!ask_terminal(credentials->user, credentials->secret, sizeof credentials->secret)) {
        return wrong("--user has no password:",
                     "give USER:PASSWORD or " PASSWORD_VARIABLE ", there is no terminal to ask at");
    }
    credentials->auth.user = credentials->user;
    credentials->auth.password = credentials->secret;
    return EXIT_DONE;
}

/* The first line of a file. */
static int read_line(const char *path, char *line, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t count = fd < 0 ? -1 : 1;
    while (count > 0 && used < size) {
        count = read(fd, line + used, size - used);
        if (count < 0 && errno == EINTR)
            count = 1;
        else if (count > 0)
            used += (size_t)count;
    }
    int err = count < 0 ? -errno : 0;
    if (fd >= 0) close(fd);
    if (err) {
        output_complain("http: --bearer: cannot read %s: %s", path, hr_error_text(err));
        return EXIT_FAILED;
    }
    if (used == size) return wrong("--bearer:", "the token is too long");
    line[used] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return EXIT_DONE;
}

static int read_bearer(const char *text, struct http_credentials *credentials) {
    char *token = credentials->secret;
    if (strncmp(text, "file:", 5) == 0) {
        int code = read_line(text + 5, token, sizeof credentials->secret);
        if (code) return code;
    } else if (strncmp(text, "env:", 4) == 0) {
        const char *value = getenv(text + 4);
        if (!value) return wrong("--bearer: the environment has no", text + 4);
        if (strlen(value) >= sizeof credentials->secret)
            return wrong("--bearer:", "the token is too long");
        memcpy(token, value, strlen(value) + 1);
    } else {
        return wrong("--bearer", "takes file:PATH or env:NAME, so that no token stands in the "
                                 "process list");
    }
    if (!*token) return wrong("--bearer:", "the token is empty");
    credentials->auth.bearer = token;
    return EXIT_DONE;
}

int http_credentials_read(const struct http_values *values, struct http_credentials *credentials) {
    if (values->user && values->bearer) return wrong("--user and --bearer", "exclude each other");
    if (values->user) return read_user(values->user, credentials);
    return values->bearer ? read_bearer(values->bearer, credentials) : EXIT_DONE;
}

void http_credentials_wipe(struct http_credentials *credentials) {
    explicit_bzero(credentials, sizeof *credentials);
}
