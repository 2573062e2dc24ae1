/* The file that a body of `headrace http` goes to: its folders are made, or it is continued. */
#include <errno.h>
#include <unistd.h>

#include "http_call.h"

/* Written at once, so that a transfer which breaks off leaves all that came. An attempt that is
 * repeated begins where the first one did: http_answer.c puts `position` back at its head. */
static ssize_t write_continued(void *user, const void *data, size_t size) {
    struct http_answer *answer = user;
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(answer->target.fd, (const char *)data + done, size - done,
                               (off_t)(answer->position + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        done += (size_t)count;
    }
    answer->position += size;
    return (ssize_t)size;
}

int http_target_open(struct http_call *call, const char *name) {
    struct http_answer *answer = &call->answer;
    const struct target_options options = {.path = answer->path,
                                           .name = name,
                                           .make_folders = call->values->create_dirs,
                                           .resume = call->values->continue_at != NULL};
    int code = target_open(&options, &call->session, &answer->target);
    if (code) return code;
    answer->standard = answer->target.is_standard;
    if (answer->standard && call->values->json) {
        output_complain("http: --json and --output %s would both write to standard output",
                        answer->path);
        return EXIT_USAGE;
    }
    answer->begin = answer->target.offset;
    if (options.resume) call->request.sink = hr_sink_consumer(write_continued, answer);
    return EXIT_DONE;
}
