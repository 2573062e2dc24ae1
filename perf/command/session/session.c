/* Engine, client, waiting. */
#include "session.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <headrace/text.h>

#include "json_put.h"
#include "signals.h"

#define TICK_MS 200

/* The names are in the order of enum hr_engine_backend. */
#define BACKEND_OPTION                                                                             \
    {                                                                                              \
        "backend", "NAME", OPTION_CHOICE, offsetof(struct engine_options, backend),                \
            .choices = "auto|io_uring|epoll", .standard = "auto",                                  \
            .environment = "HEADRACE_BACKEND", .environment_elsewhere = true,                      \
            .help = "auto (io_uring, and epoll where that is refused), io_uring or epoll"          \
    }

#define BACKEND_NOTICE "going on with epoll: "

const struct option engine_table[] = {BACKEND_OPTION, {.name = NULL}};

const struct option engine_table_bench[] = {
    BACKEND_OPTION,
    {"spin-us", "N", OPTION_UINT, offsetof(struct engine_options, spin_us), .standard = "0",
     .max = 1000,
     .help = "Look for events this long before a reactor sleeps: lower latency for a busy core"},
    {.name = NULL}};

static void notice(void *user, const char *text) {
    struct session_engine *opened = user;
    output_complain("%s", text);
    if (strncmp(text, BACKEND_NOTICE, strlen(BACKEND_NOTICE)) == 0)
        hr_text_copy(opened->backend_cause, sizeof opened->backend_cause,
                     hr_slice_of(text + strlen(BACKEND_NOTICE)));
}

int session_engine_open(const struct engine_options *options, unsigned reactors, bool json,
                        struct session_engine *opened) {
    struct hr_engine_options engine = {
        .backend = (enum hr_engine_backend)options->backend,
        .reactors = reactors,
        .spin_us = (unsigned)options->spin_us,
        .on_notice = notice,
        .user = opened,
    };
    struct hr_error error = {0};
    *opened = (struct session_engine){.engine = NULL};
    int err = hr_engine_new(&engine, &error, &opened->engine);
    if (!err) return EXIT_DONE;
    if (!error.code) hr_error_set(&error, err, "%s", hr_error_text(err));
    enum exit_code class = EXIT_FAILED;
    switch (err) {
    case -EINVAL: /* HEADRACE_BACKEND, a number of reactors */
        class = EXIT_USAGE;
        break;
    case -EPERM:
    case -EACCES:
    case -ENOSYS:
    case -ENOMEM:
    case -EMFILE:
    case -ENFILE:
        class = EXIT_ENVIRONMENT;
        break;
    default:
        break;
    }
    output_error_as(class, &error, json, "cannot start the engine");
    if (class == EXIT_ENVIRONMENT) output_complain("'headrace doctor' shows the whole picture");
    return (int)class;
}

void session_client_closed(void *user) {
    uint64_t one = 1;
    (void)!write(((struct session *)user)->done_fd, &one, sizeof one);
}

void session_wait_closed(struct session *session) {
    uint64_t count;
    while (read(session->done_fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

int session_open(struct session *session, const struct connection_options *options, bool json) {
    struct connection_settings settings;
    int code = connection_settings_fill(options, &settings);
    if (!code) code = session_open_engine(session, &options->engine, 1, json);
    if (!code) code = session_open_client(session, &settings.client);
    session->timeout_ms = (uint32_t)options->timeout_ms;
    return code;
}

int session_open_engine(struct session *session, const struct engine_options *options,
                        unsigned reactors, bool json) {
    *session = (struct session){.signal_fd = -1, .done_fd = -1, .json = json};
    session->signal_fd = signals_open();
    session->done_fd = eventfd(0, EFD_CLOEXEC);
    if (session->signal_fd < 0 || session->done_fd < 0) {
        int err = -errno;
        session_close(session);
        return output_failed_as(EXIT_ENVIRONMENT, json, err, "cannot open an event descriptor: %s",
                                hr_error_text(err));
    }
    int code = session_engine_open(options, reactors, json, &session->on);
    if (code) session_close(session);
    return code;
}

int session_open_client(struct session *session, const struct hr_s3_client_options *options) {
    struct hr_error error = {0};
    assert(session->on.engine && !session->client);
    int err = hr_s3_client_new(session->on.engine, options, &error, &session->client);
    if (!err) return EXIT_DONE;
    /* The options or the environment are wrong, not the store. */
    enum exit_code class = err == -ENOMEM || err == -ESHUTDOWN ? EXIT_FAILED : EXIT_USAGE;
    output_error_as(class, &error, session->json, "cannot use this store");
    session_close(session);
    return (int)class;
}

/* The client and then the engine; whoever waits sleeps until the client's last touch. */
void session_close(struct session *session) {
    if (session->client) {
        hr_s3_client_close(session->client, session_client_closed, session);
        session_wait_closed(session);
    }
    hr_engine_close(session->on.engine, NULL, NULL);
    if (session->signal_fd >= 0) close(session->signal_fd);
    if (session->done_fd >= 0) close(session->done_fd);
}

void session_on_done(struct hr_request *request) {
    struct session *session = request->user;
    uint64_t one = 1;
    (void)!write(session->done_fd, &one, sizeof one);
}

void session_prepare(struct session *session, struct hr_request *request) {
    request->on_done = session_on_done;
    request->user = session;
    request->timeout_ms = session->timeout_ms;
    if (session->client) request->refusal = &session->refusal;
}

/* An error of the store's has more than the request's own says. */
static const struct hr_refusal *refusal_of(const struct session *session,
                                           const struct hr_error *error) {
    return session->client && error->http_status ? &session->refusal : NULL;
}

int session_wait(struct session *session, struct hr_request *request, int started,
                 void (*tick)(void *user), void *user, struct hr_error *error) {
    if (started) {
        *error = request->error; /* a start that is refused says why */
        return started;
    }
    assert(request->user == session && session->done_fd >= 0);
    struct pollfd ready[2] = {{.fd = session->done_fd, .events = POLLIN},
                              {.fd = session->signal_fd, .events = POLLIN}};
    for (;;) {
        int count = poll(ready, 2, tick ? TICK_MS : -1);
        int signal = count > 0 && ready[1].revents ? signals_next(session->signal_fd) : 0;
        if (signal) {
            session->signal = signal;
            hr_cancel(request);
        }
        uint64_t number;
        if (count > 0 && ready[0].revents &&
            read(session->done_fd, &number, sizeof number) == (ssize_t)sizeof number)
            break;
        if (tick) tick(user);
    }
    *error = request->error;
    if (request->result && !error->code) error->code = request->result;
    return request->result;
}

int session_end(struct session *session, int result, const struct hr_error *error, const char *what,
                ...) {
    if (!result) return EXIT_DONE;
    char text[1400];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    if (session->signal && result == -ECANCELED) {
        struct hr_error stopped = {0};
        hr_error_set(&stopped, -ECANCELED, "stopped by %s", output_signal_name(session->signal));
        output_error_as(EXIT_FAILED, &stopped, session->json, "%s", text);
        return 128 + session->signal;
    }
    output_refusal(refusal_of(session, error));
    int code = output_error(error, session->json, "%s", text);
    output_refusal(NULL);
    return code;
}

void session_report_end(struct session *session, struct hr_json_writer *json, int result,
                        const struct hr_error *error) {
    if (result) {
        json_put_object(json, "error");
        output_refusal(refusal_of(session, error));
        output_error_json(json, error,
                          error->http_status ? EXIT_FAILED : output_class(error->code));
        output_refusal(NULL);
        hr_json_end(json);
    }
    hr_json_end(json);
    output_json_finish(json, stdout);
    session->json = false;
}
