/* A log on the tortured engine: whatever fails, each record is in the file, or counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <headrace/log.h>

#include "torture_scenario.h"

#define RECORDS 300

static unsigned lines_of(int fd) {
    char bytes[65536];
    ssize_t size = pread(fd, bytes, sizeof bytes, 0);
    unsigned count = 0;
    for (ssize_t i = 0; i < size; i++) count += bytes[i] == '\n';
    if (size > 0 && bytes[size - 1] != '\n') torture_failed("a line has no end");
    return count;
}

/* Other call sites, names and bound fields than before: what they need is asked for again. */
static void log_all(hr_log *log) {
    static unsigned names;
    char name[32];
    hr_log *child = NULL;
    const struct hr_log_field bound = {hr_slice_of("bound"), hr_log_of_i64(1)};
    snprintf(name, sizeof name, ".part%u", names++ % 8);
    for (int i = 0; i < RECORDS / 3; i++) HR_INFO(log, "tortured", "n", i, "text", "some text");
    if (hr_log_child(log, name, &child) < 0) child = NULL;
    for (int i = 0; i < RECORDS / 3; i++) HR_WARN(child ? child : log, "of a part", "n", i);
    hr_log_free(child);
    if (hr_log_with(log, &bound, 1, &child) < 0) child = NULL;
    for (int i = 0; i < RECORDS / 3; i++)
        hr_log_write(child ? child : log, HR_LOG_ERROR, hr_slice_of("written"), &bound, 1);
    hr_log_free(child);
}

/* Its control socket answers, or ends the talk; it never leaves who asks without either. */
static void ask(const char *path, const char *question) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 60};
    char answer[4096];
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t got = 0;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        torture_failed("nobody listens at a log's control_path");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(fd, question, strlen(question), MSG_NOSIGNAL) > 0)
        while ((got = recv(fd, answer, sizeof answer, 0)) > 0) {}
    if (got < 0 && errno == EAGAIN) torture_failed("no answer, and no end of a talk");
    close(fd);
}

int write_log(struct subject *subject, struct hr_error *error) {
    char path[] = "/tmp/torture-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) torture_failed("no file for a log");
    const struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_FILE, .path = path, .format = HR_LOG_FORMAT_LOGFMT};
    char control[sizeof path + 4];
    snprintf(control, sizeof control, "%s.ctl", path);
    const struct hr_log_options options = {.engine = subject->engine,
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .ring_bytes = 65536,
                                           .unstarted = true,
                                           .control_path = control};
    hr_log *log = NULL;
    int result = hr_log_new(&options, error, &log);
    if (result == 0) {
        (void)hr_log_levels_set(log, "info,part*=debug", NULL);
        log_all(log);
        ask(control, "json status\n");
        if (hr_log_start(log) != 0) torture_failed("no start");
        ask(control, "flush\n");
        struct hr_log_statistics statistics;
        hr_log_statistics_get(log, &statistics);
        int left = hr_log_close(log);
        unsigned lines = lines_of(fd);
        if (left < 0 || lines + (unsigned)left + statistics.messages_dropped < RECORDS)
            torture_failed("%u lines, %d left, %llu dropped of %d", lines, left,
                           (unsigned long long)statistics.messages_dropped, RECORDS);
    }
    if (access(control, F_OK) == 0) torture_failed("a control_path is left behind");
    unlink(path);
    close(fd);
    return result;
}
