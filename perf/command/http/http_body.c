/* The body that `headrace http` sends: data, a form, a file, or what comes through a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_call.h"

static int cannot_read(const struct http_call *call, const char *name, int reason) {
    return output_failed(call->values->report.json, -reason, "cannot read %s: %s", name,
                         strerror(reason));
}

/* A regular file has a size and can be read again; all else is sent as it comes. */
static int open_file(struct http_call *call, const char *path) {
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    struct http_body *body = &call->body;
    /* Not blocking: signals are blocked, and the open of a named pipe waits for its writer. A
     * regular file must not stay so: io_uring may answer -EAGAIN instead of reading the disk. */
    body->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                        : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (body->fd < 0 || (!standard && fcntl(body->fd, F_SETFL, 0) != 0))
        return cannot_read(call, name, errno);
    struct stat info;
    if (fstat(body->fd, &info) != 0) return cannot_read(call, name, errno);
    if (S_ISDIR(info.st_mode)) return cannot_read(call, name, EISDIR);
    off_t at = lseek(body->fd, 0, SEEK_CUR);
    if (S_ISREG(info.st_mode) && at >= 0) {
        uint64_t size = info.st_size > at ? (uint64_t)(info.st_size - at) : 0;
        call->request.body =
            hr_source_fd(body->fd, (struct hr_file_range){.offset = (uint64_t)at, .size = size});
        return EXIT_DONE;
    }
    int err = pipe_source_open(body->fd, &call->request.request, &body->pipe);
    if (err)
        return output_failed(call->values->report.json, err, "cannot start a thread: %s",
                             hr_error_text(err));
    call->request.body = pipe_source_body(body->pipe);
    return EXIT_DONE;
}

int http_body_open(struct http_call *call) {
    const struct http_values *values = call->values;
    const char *upload = http_url_upload(call);
    call->body.fd = -1;
    if (call->data.form)
        call->request.body = http_form_source(call->data.form);
    else if (values->body.text || (values->body.data.count && !values->body.get))
        call->request.body = hr_source_bytes(call->data.text.data, call->data.text.size);
    /* "." is curl's name for standard input that is read as it comes. */
    if (*upload) return open_file(call, strcmp(upload, ".") == 0 ? "-" : upload);
    return values->body.file ? open_file(call, values->body.file) : EXIT_DONE;
}

int http_body_close(struct http_body *body) {
    int err = pipe_source_close(body->pipe);
    if (body->fd >= 0) close(body->fd);
    *body = (struct http_body){.fd = -1};
    return err;
}
