/* The credentials of `headrace http`: from the command line, the environment, a file or the
 * terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <headrace/text.h>

#include "http_call.h"
#include "signals.h"

#define PASSWORD_VARIABLE "HEADRACE_HTTP_PASSWORD"

/* ---- The password prompt. */

/* The terminal while a password is typed. */
struct prompt {
    int fd, signal_fd;
    bool known; /* `shown` is how it was */
    struct termios shown;
    sigset_t mask; /* of signals, before */
};

static void hide(const struct prompt *prompt) {
    struct termios hidden = prompt->shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ECHONL;
    if (prompt->known) tcsetattr(prompt->fd, TCSAFLUSH, &hidden);
}

static void show(const struct prompt *prompt) {
    if (prompt->known) tcsetattr(prompt->fd, TCSAFLUSH, &prompt->shown);
}

/* The signals that would end the command or stop it are read, so that the terminal is as it was
 * before they do. False: there is no terminal. */
static bool open_prompt(struct prompt *prompt) {
    sigset_t set;
    struct sigaction stop;
    *prompt = (struct prompt){.signal_fd = -1};
    prompt->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (prompt->fd < 0) return false;
    signals_ending(&set);
    if (sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler == SIG_DFL)
        sigaddset(&set, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &set, &prompt->mask);
    prompt->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    prompt->known = tcgetattr(prompt->fd, &prompt->shown) == 0;
    hide(prompt);
    return true;
}

static void close_prompt(struct prompt *prompt) {
    show(prompt);
    close(prompt->fd);
    if (prompt->signal_fd >= 0) close(prompt->signal_fd);
    pthread_sigmask(SIG_SETMASK, &prompt->mask, NULL);
}

/* Stops as if the signal had never been blocked; goes on when the process is continued. */
static void stop_here(const struct prompt *prompt) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    show(prompt);
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    hide(prompt);
}

/* The next byte: 1, 0 at the end, or the number of the signal that ends it, negated. */
static int read_byte(const struct prompt *prompt, const char *user, char *byte) {
    struct pollfd ready[2] = {{.fd = prompt->fd, .events = POLLIN},
                              {.fd = prompt->signal_fd, .events = POLLIN}};
    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) return 0;
        int signal = signals_next(prompt->signal_fd);
        if (signal == SIGTSTP) {
            stop_here(prompt);
            dprintf(prompt->fd, "Password of %s: ", user);
        } else if (signal) {
            return -signal;
        } else if (ready[0].revents) {
            return read(prompt->fd, byte, 1) == 1;
        }
    }
}

/* A line from the terminal, which does not show it. EXIT_DONE, or the exit code after a complaint:
 * there is no terminal, no line, or a signal came. */
static int ask_terminal(const char *user, char *secret, size_t size) {
    struct prompt prompt;
    size_t used = 0;
    char byte = 0;
    int got = 0;
    if (open_prompt(&prompt)) {
        dprintf(prompt.fd, "Password of %s: ", user);
        while (used + 1 < size && (got = read_byte(&prompt, user, &byte)) > 0 && byte != '\n')
            secret[used++] = byte;
        close_prompt(&prompt);
    }
    secret[used] = '\0';
    if (got < 0) {
        output_complain("stopped by %s at the password", output_signal_name(-got));
        return 128 - got;
    }
    if (byte == '\n') return EXIT_DONE;
    return output_usage("http", "--user has no password: give USER:PASSWORD or " PASSWORD_VARIABLE
                                ", there is no terminal to ask at");
}

static int read_user(const char *text, struct http_credentials *credentials) {
    const char *colon = strchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    if (size >= sizeof credentials->user)
        return output_usage("http", "--user: the name is too long");
    hr_text_copy(credentials->user, sizeof credentials->user, hr_slice_bytes(text, size));
    const char *password = colon ? colon + 1 : getenv(PASSWORD_VARIABLE);
    if (password) {
        if (strlen(password) >= sizeof credentials->secret)
            return output_usage("http", "--user: the password is too long");
        memcpy(credentials->secret, password, strlen(password) + 1);
    } else {
        int code = ask_terminal(credentials->user, credentials->secret, sizeof credentials->secret);
        if (code) return code;
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
    if (used == size) return output_usage("http", "--bearer: the token is too long");
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
        if (!value) return output_usage("http", "--bearer: the environment has no %s", text + 4);
        if (strlen(value) >= sizeof credentials->secret)
            return output_usage("http", "--bearer: the token is too long");
        memcpy(token, value, strlen(value) + 1);
    } else {
        return output_usage("http",
                            "--bearer takes file:PATH or env:NAME, so that no token stands in the "
                            "process list");
    }
    if (!*token) return output_usage("http", "--bearer: the token is empty");
    credentials->auth.bearer = token;
    return EXIT_DONE;
}

int http_credentials_read(const struct http_values *values, struct http_credentials *credentials) {
    if (values->request.user && values->request.bearer)
        return output_usage("http", "--user and --bearer exclude each other");
    if (values->request.user) return read_user(values->request.user, credentials);
    return values->request.bearer ? read_bearer(values->request.bearer, credentials) : EXIT_DONE;
}

void http_credentials_wipe(struct http_credentials *credentials) {
    explicit_bzero(credentials, sizeof *credentials);
}
