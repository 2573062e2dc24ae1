/* The file that a body of `headrace http` goes to: its folders are made, or it is continued. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_call.h"

#define FOLDER_MODE 0777 /* less the umask */

static int failed(const struct http_call *call, const char *path, int reason) {
    return output_failed(call->values->json, -reason, "cannot write %s: %s", path,
                         strerror(reason));
}

static int make_folders(const struct http_call *call, const char *path) {
    char folder[LOCAL_PATH_SIZE];
    size_t size = strlen(path);
    if (size >= sizeof folder) return failed(call, path, ENAMETOOLONG);
    memcpy(folder, path, size + 1);
    for (size_t i = 1; i < size; i++) {
        if (folder[i] != '/') continue;
        folder[i] = '\0';
        if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) return failed(call, folder, errno);
        folder[i] = '/';
    }
    return EXIT_DONE;
}

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

/* What has come is kept whatever happens, so it is written where it belongs. */
static int open_continued(struct http_call *call) {
    struct http_answer *answer = &call->answer;
    struct stat info;
    answer->target = (struct local_target){.fd = -1};
    if (stat(answer->path, &info) == 0 && !S_ISREG(info.st_mode)) {
        output_complain("http: --continue-at: %s is no plain file. See 'headrace http --help'.",
                        answer->path);
        return EXIT_USAGE;
    }
    size_t size = strlen(answer->path);
    if (size >= sizeof answer->target.path) return failed(call, answer->path, ENAMETOOLONG);
    memcpy(answer->target.path, answer->path, size + 1);
    answer->target.fd = open(answer->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (answer->target.fd < 0 || fstat(answer->target.fd, &info) != 0)
        return failed(call, answer->path, errno);
    answer->begin = (uint64_t)info.st_size;
    call->request.sink = hr_sink_consumer(write_continued, answer);
    return EXIT_DONE;
}

int http_target_open(struct http_call *call, const char *name) {
    struct http_answer *answer = &call->answer;
    int code = call->values->create_dirs ? make_folders(call, answer->path) : EXIT_DONE;
    if (code) return code;
    if (call->values->continue_at) return open_continued(call);
    return local_target_open(answer->path, name, call->values->json, &answer->target);
}
