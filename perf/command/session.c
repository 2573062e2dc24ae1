/* Connection options, engine, client, waiting. */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <headrace/text.h>

#define TICK_MS 200

int session_signals_open(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void notice(void *user, const char *text) {
    (void)user;
    output_complain("%s", text);
}

int session_engine_open(unsigned reactors, bool json, hr_engine **engine) {
    struct hr_engine_options options = {.reactors = reactors, .on_notice = notice};
    struct hr_error error = {0};
    int err = hr_engine_new(&options, &error, engine);
    if (!err) return EXIT_DONE;
    if (!error.code) hr_error_set(&error, err, "%s", hr_error_text(err));
    output_error(&error, json, "cannot start the engine");
    switch (err) {
    case -EPERM:
    case -EACCES:
    case -ENOSYS:
    case -ENOMEM:
    case -EMFILE:
    case -ENFILE:
        output_complain("'headrace doctor' shows the whole picture");
        return EXIT_ENVIRONMENT;
    default:
        return EXIT_FAILED;
    }
}

/* The client and then the engine; whoever waits sleeps until the client's last touch. */
static void client_closed(void *user) {
    uint64_t one = 1;
    (void)!write(*(int *)user, &one, sizeof one);
}

int session_open(struct session *session, const struct connection_options *options, bool json) {
    struct connection_settings settings;
    int code = connection_settings_fill(options, &settings);
    if (!code) code = session_open_client(session, &settings.client, 1, json);
    session->timeout_ms = (uint32_t)options->timeout_ms;
    return code;
}

int session_open_client(struct session *session, const struct hr_s3_client_options *options,
                        unsigned reactors, bool json) {
    *session = (struct session){.signal_fd = -1, .done_fd = -1, .json = json};
    session->signal_fd = session_signals_open();
    session->done_fd = eventfd(0, EFD_CLOEXEC);
    if (session->signal_fd < 0 || session->done_fd < 0) {
        output_failed(json, -errno, "cannot open an event descriptor: %s", hr_error_text(-errno));
        session_close(session);
        return EXIT_ENVIRONMENT;
    }
    int code = session_engine_open(reactors, json, &session->engine);
    if (code) {
        session_close(session);
        return code;
    }
    struct hr_error error = {0};
    int err = hr_s3_client_new(session->engine, options, &error, &session->client);
    if (!err) return EXIT_DONE;
    output_error(&error, json, "cannot use this store");
    session_close(session);
    /* What the options or the environment say is wrong, not the store. */
    return err == -ENOMEM || err == -ESHUTDOWN ? EXIT_FAILED : EXIT_USAGE;
}

void session_close(struct session *session) {
    if (session->client) {
        uint64_t count;
        hr_s3_client_close(session->client, client_closed, &session->done_fd);
        while (read(session->done_fd, &count, sizeof count) < 0 && errno == EINTR) {}
    }
    hr_engine_close(session->engine, NULL, NULL);
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
}

int session_wait(struct session *session, struct hr_request *request, int started,
                 void (*tick)(void *user), void *user, struct hr_error *error) {
    if (started) {
        hr_error_set(error, started, "the request was refused: %s", hr_error_text(started));
        return started;
    }
    struct pollfd ready[2] = {{.fd = session->done_fd, .events = POLLIN},
                              {.fd = session->signal_fd, .events = POLLIN}};
    for (;;) {
        int count = poll(ready, 2, tick ? TICK_MS : -1);
        struct signalfd_siginfo info;
        if (count > 0 && ready[1].revents &&
            read(session->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
            session->signal = (int)info.ssi_signo;
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
        output_error(&stopped, session->json, "%s", text);
        return 128 + session->signal;
    }
    output_error(error, session->json, "%s", text);
    return EXIT_FAILED;
}

bool s3_place_is(const char *text) {
    return strncmp(text, "s3://", 5) == 0;
}

int s3_place_read(const char *text, enum s3_place_need need, struct s3_place *place) {
    struct hr_slice bucket = {0}, key = {0};
    int err = hr_s3_parse_uri(hr_slice_of(text), &bucket, &key);
    if (err && !(err == HR_ERR_S3_URI_KEY && need != S3_PLACE_OBJECT)) {
        output_complain("'%s': %s", text, hr_error_text(err));
        return EXIT_USAGE;
    }
    if (err) key = hr_slice_bytes(NULL, 0);
    if (need == S3_PLACE_BUCKET && key.size) {
        output_complain("'%s': a bucket is wanted (s3://BUCKET), this has a key", text);
        return EXIT_USAGE;
    }
    if (bucket.size >= sizeof place->bucket) {
        output_complain("'%s': %s", text, hr_error_text(HR_ERR_S3_BUCKET_INVALID));
        return EXIT_USAGE;
    }
    if (key.size >= sizeof place->key) {
        output_complain("the key of %zu bytes is longer than S3's 1024", key.size);
        return EXIT_USAGE;
    }
    hr_text_copy(place->bucket, sizeof place->bucket, bucket);
    memcpy(place->key, key.size ? key.data : "", key.size);
    place->key[key.size] = '\0';
    return EXIT_DONE;
}
