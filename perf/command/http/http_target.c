/* The file that a body of `headrace http` goes to: its folders are made, or it is continued. */
#include <errno.h>
#include <unistd.h>

#include "http_call.h"

/* Written at once, so that a transfer which breaks off leaves all that came. An attempt that is
 * repeated begins where the first one did: http_response.c puts `position` back at its head. */
static ssize_t write_continued(void *user, const void *data, size_t size) {
    struct http_response *response = user;
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(response->target.fd, (const char *)data + done, size - done,
                               (off_t)(response->part.position + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        done += (size_t)count;
    }
    response->part.position += size;
    return (ssize_t)size;
}

int http_target_open(struct http_call *call, const char *name) {
    struct http_response *response = &call->response;
    const struct target_options options = {.path = response->output.path,
                                           .name = name,
                                           .make_folders = call->values->output.make_folders,
                                           .resume = call->values->output.continue_at != NULL};
    int code = target_open(&options, &call->session, &response->target);
    if (code) return code;
    response->output.standard = response->target.is_standard;
    if (response->output.standard && call->values->report.json) {
        output_complain("http: --json and --output %s would both write to standard output",
                        response->output.path);
        return EXIT_USAGE;
    }
    response->part.begin = response->target.offset;
    if (options.resume) call->request.sink = hr_sink_consumer(write_continued, response);
    return EXIT_DONE;
}
