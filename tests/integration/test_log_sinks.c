/* Sinks in the situations that a service meets: nobody reads its console, its disk is full, its
 * files are rotated by itself and by logrotate while four threads log. Each case is a process of
 * its own; a line that was accepted stands in the files once, whole and in order. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <headrace/log.h>

enum { SKIPPED = 77, THREADS = 4 };

static int report_fd;
static char folder[64], path[96];
static bool waits = true; /* a call that finds its ring full */

__attribute__((format(printf, 1, 2), noreturn)) static void end(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vdprintf(report_fd, format, arguments);
    va_end(arguments);
    _exit(format[0] == 's' ? SKIPPED : 1);
}

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) end("# " __VA_ARGS__);                                                   \
    } while (0)

static double clock_s(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static hr_log *open_log(struct hr_log_sink sink) {
    struct hr_error error = {0};
    sink.format = HR_LOG_FORMAT_LOGFMT;
    struct hr_log_options options = {.name = "test", .sinks = &sink, .sink_count = 1};
    options.full = sink.kind == HR_LOG_SINK_FILE && waits ? HR_LOG_FULL_WAIT : HR_LOG_FULL_DROP;
    options.full_timeout_ms = 60000;
    hr_log *log = NULL;
    int err = hr_log_new(&options, &error, &log);
    CHECK(!err, "hr_log_new: %s\n", error.message);
    return log;
}

/* ---- Lines. */

struct seen {
    int64_t next[THREADS]; /* the least number that may come */
    uint64_t lines, dropped;
};

static int64_t number_of(const char *line, const char *line_end, const char *key) {
    const char *at = memmem(line, (size_t)(line_end - line), key, strlen(key));
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void look_at(struct seen *seen, const char *line, const char *line_end) {
    int64_t thread = number_of(line, line_end, " thread="), n = number_of(line, line_end, " n=");
    int64_t dropped = number_of(line, line_end, " dropped=");
    CHECK(memcmp(line, "ts=", 3) == 0, "torn: %.80s\n", line);
    if (dropped >= 0) {
        seen->dropped += (uint64_t)dropped;
        return;
    }
    CHECK(thread >= 0 && thread < THREADS && n >= 0, "torn: %.80s\n", line);
    CHECK(n >= seen->next[thread], "thread %" PRId64 ": %" PRId64 " twice or late\n", thread, n);
    seen->next[thread] = n + 1;
    seen->lines++;
}

static void read_lines(struct seen *seen, const char *name) {
    FILE *file = fopen(name, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    CHECK(file, "%s: %s\n", name, strerror(errno));
    while ((size = getline(&line, &room, file)) > 0) {
        CHECK(line[size - 1] == '\n', "%s ends in half a line\n", name);
        look_at(seen, line, line + size);
    }
    free(line);
    fclose(file);
}

/* path.N to path.1, then path. */
static void read_numbered(struct seen *seen) {
    char name[128];
    int last = 1;
    for (;; last++) {
        snprintf(name, sizeof name, "%s.%d", path, last);
        if (access(name, F_OK) != 0) break;
    }
    while (--last > 0) {
        snprintf(name, sizeof name, "%s.%d", path, last);
        read_lines(seen, name);
    }
    read_lines(seen, path);
}

struct writer {
    pthread_t thread;
    hr_log *log;
    unsigned id;
    int records;
};

static void *write_records(void *user) {
    struct writer *writer = user;
    for (int n = 0; n < writer->records; n++)
        HR_INFO(writer->log, "counted", "thread", writer->id, "n", n, "text", "some more text");
    return NULL;
}

static void start_writers(struct writer *writers, hr_log *log, int records) {
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.log = log, .id = i, .records = records};
        CHECK(pthread_create(&writers[i].thread, NULL, write_records, &writers[i]) == 0,
              "no thread\n");
    }
}

static void join_writers(struct writer *writers) {
    for (unsigned i = 0; i < THREADS; i++) pthread_join(writers[i].thread, NULL);
}

/* All that was accepted: what is missing was dropped, and a line said so. */
static void check_all(const struct seen *seen, uint64_t records) {
    CHECK(seen->lines + seen->dropped == records,
          "%" PRIu64 " lines, %" PRIu64 " dropped, of %" PRIu64 "\n", seen->lines, seen->dropped,
          records);
    CHECK(seen->lines > 0, "no line\n");
}

/* ---- Consoles. */

static int pipe_to(int fd, int flags) {
    int ends[2];
    CHECK(pipe2(ends, flags) == 0 && dup2(ends[1], fd) >= 0, "no pipe\n");
    close(ends[1]);
    return ends[0];
}

enum { CONSOLE_RECORDS = 40000 }; /* more than a pipe and two buffers have room for */

static void nobody_reads(int flags) {
    int reader = pipe_to(STDOUT_FILENO, flags);
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_STDOUT});
    for (int n = 0; n < CONSOLE_RECORDS; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    double cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    int err = hr_log_flush(log, 700);
    cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    CHECK(err == -ETIMEDOUT, "a flush ended with %d\n", err);
    CHECK(cpu < 0.5, "%f s of CPU while nothing can be written\n", cpu);
    double start = clock_s(CLOCK_MONOTONIC);
    int left = hr_log_close(log);
    double took = clock_s(CLOCK_MONOTONIC) - start;
    CHECK(left > CONSOLE_RECORDS / 4, "hr_log_close says %d\n", left);
    CHECK(took < 8, "hr_log_close took %f s\n", took);
    static char text[1 << 20];
    ssize_t size = read(reader, text, sizeof text - 1);
    CHECK(size > 1000, "nothing was written\n");
    struct seen seen = {0};
    const char *at = text, *line_end;
    while ((line_end = memchr(at, '\n', (size_t)(text + size - at)))) {
        look_at(&seen, at, line_end);
        at = line_end + 1;
    }
    CHECK(seen.next[0] == (int64_t)seen.lines, "lines are missing before others\n");
}

static void a_pipe_that_nobody_reads(void) {
    nobody_reads(0);
}

static void a_non_blocking_pipe_that_nobody_reads(void) {
    nobody_reads(O_NONBLOCK);
}

/* SIGPIPE's default would end the process. */
static void a_reader_that_was_killed(void) {
    int fd = pipe_to(STDOUT_FILENO, 0);
    pid_t reader = fork();
    if (reader == 0) {
        for (;;) pause();
    }
    close(fd);
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_STDOUT});
    HR_INFO(log, "first");
    CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
    for (int n = 0; n < 10; n++) {
        HR_INFO(log, "later", "n", n);
        CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    }
    int left = hr_log_close(log);
    CHECK(left == 10, "hr_log_close says %d\n", left);
}

static void block_rotation(void) {
    char name[128];
    snprintf(name, sizeof name, "%s.new", path);
    CHECK(mkdir(name, 0700) == 0, "mkdir\n");
    snprintf(name, sizeof name, "%s.new/x", path);
    CHECK(mkdir(name, 0700) == 0, "mkdir\n");
}

/* A file that cannot be rotated, and nobody who reads that. */
static void stderr_that_nobody_reads(void) {
    char bytes[4096] = {0};
    block_rotation();
    pipe_to(STDERR_FILENO, O_NONBLOCK);
    while (write(STDERR_FILENO, bytes, sizeof bytes) > 0) continue;
    fcntl(STDERR_FILENO, F_SETFL, 0);
    hr_log *log =
        open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path, .rotate_bytes = 100});
    for (int n = 0; n < 100; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    struct seen seen = {0};
    read_lines(&seen, path);
    check_all(&seen, 100);
}

/* What is told about a file on a stderr whose reader has gone: on the caller's own thread, too. */
static void stderr_whose_reader_has_gone(void) {
    block_rotation();
    close(pipe_to(STDERR_FILENO, 0));
    hr_log *log = open_log((struct hr_log_sink){
        .kind = HR_LOG_SINK_FILE, .path = path, .rotate_bytes = 100, .durable_ms = 1});
    for (int n = 0; n < 100; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    struct seen seen = {0};
    read_lines(&seen, path);
    check_all(&seen, 100);
}

/* ---- Rotation. */

enum { RECORDS = 100000 }; /* of each thread */

static void rotate_under_load(struct hr_log_sink sink) {
    struct writer writers[THREADS];
    struct seen seen = {0};
    sink.kind = HR_LOG_SINK_FILE;
    sink.path = path;
    hr_log *log = open_log(sink);
    start_writers(writers, log, RECORDS);
    join_writers(writers);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, (uint64_t)THREADS * RECORDS);
    char name[128];
    snprintf(name, sizeof name, "%s.1", path);
    CHECK(access(name, F_OK) == 0, "nothing was rotated\n");
}

static void rotation_by_size_under_load(void) {
    rotate_under_load((struct hr_log_sink){.rotate_bytes = 500000});
}

static void durable_rotation_under_load(void) {
    rotate_under_load((struct hr_log_sink){.rotate_bytes = 500000, .durable_ms = 5});
}

static void rotation_each_second_under_load(void) {
    rotate_under_load((struct hr_log_sink){.rotate_bytes = 3000000, .rotate_s = 1});
}

static void a_folder_without_permission(void) {
    struct seen seen = {0};
    struct writer writers[THREADS];
    hr_log *log = open_log(
        (struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path, .rotate_bytes = 100000});
    CHECK(chmod(folder, 0500) == 0, "chmod\n");
    if (geteuid() == 0) block_rotation(); /* whom no permission stops */
    start_writers(writers, log, 5000);
    join_writers(writers);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    chmod(folder, 0700);
    read_lines(&seen, path);
    check_all(&seen, THREADS * 5000);
}

/* Moved away by somebody, again and again, with hr_log_reopen and without. */
static void moved_under_load(bool reopens) {
    struct writer writers[THREADS];
    struct seen seen = {0};
    char name[128];
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path});
    start_writers(writers, log, RECORDS);
    enum { MOVES = 6 };
    for (int i = MOVES; i > 0; i--) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        CHECK(rename(path, name) == 0, "rename: %s\n", strerror(errno));
        if (reopens) hr_log_reopen(log);
        while (access(path, F_OK) != 0) pause_ms(5);
    }
    join_writers(writers);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, (uint64_t)THREADS * RECORDS);
}

static void moved_and_reopened_under_load(void) {
    moved_under_load(true);
}

static void moved_and_noticed_under_load(void) {
    moved_under_load(false);
}

static void write_file(const char *name, const char *format, ...) {
    va_list arguments;
    FILE *file = fopen(name, "w");
    CHECK(file, "%s\n", name);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

/* Whether this process has the file at the path open. */
static bool is_open(void) {
    struct stat there, facts;
    if (stat(path, &there) != 0) return false;
    for (int fd = 3; fd < 64; fd++)
        if (fstat(fd, &facts) == 0 && facts.st_dev == there.st_dev && facts.st_ino == there.st_ino)
            return true;
    return false;
}

static void logrotate(hr_log *log, const char *how, int times) {
    char configuration[128], command[512];
    if (system("logrotate --version >/dev/null 2>&1") != 0) end("skip: no logrotate\n");
    snprintf(configuration, sizeof configuration, "%s/rotate.conf", folder);
    write_file(configuration, "%s {\n rotate 1000\n %s\n}\n", path, how);
    snprintf(command, sizeof command, "logrotate -f -s %s/state %s >&2", folder, configuration);
    for (int i = 0; i < times; i++) {
        CHECK(system(command) == 0, "logrotate failed\n");
        if (!log) continue;
        hr_log_reopen(log);
        while (!is_open()) pause_ms(1);
    }
}

static void logrotate_with_create_loses_nothing(void) {
    struct writer writers[THREADS];
    struct seen seen = {0};
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path});
    start_writers(writers, log, RECORDS);
    logrotate(log, "create 0640", 5);
    join_writers(writers);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, (uint64_t)THREADS * RECORDS);
}

/* Between logrotate's rename and its new file lies a moment, in which a check may come. */
static void moved_and_made_by_its_mover(void) {
    char moved[128], made[128];
    struct seen seen = {0};
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path});
    snprintf(moved, sizeof moved, "%s.1", path);
    snprintf(made, sizeof made, "%s/new", folder);
    for (int n = 0; n < 100; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    CHECK(rename(path, moved) == 0, "rename\n");
    double start = clock_s(CLOCK_MONOTONIC);
    while (clock_s(CLOCK_MONOTONIC) - start < 1.2) {
        CHECK(access(path, F_OK) != 0, "made before its mover has made it\n");
        pause_ms(1);
    }
    write_file(made, "%s", "");
    CHECK(renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) == 0, "%s\n",
          strerror(errno));
    while (!is_open()) pause_ms(1);
    for (int n = 100; n < 200; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_lines(&seen, moved);
    CHECK(seen.lines == 100, "%" PRIu64 " lines are in the old file\n", seen.lines);
    read_lines(&seen, path);
    check_all(&seen, 200);
}

/* What it loses is gone, but no line is torn by a hole, and those after the last one are all there.
 */
static void logrotate_with_copytruncate_leaves_no_hole(void) {
    struct seen seen = {0};
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path});
    for (int n = 0; n < 1000; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    logrotate(NULL, "copytruncate", 1);
    for (int n = 1000; n < 2000; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, 2000);
    memset(&seen, 0, sizeof seen);
    seen.next[0] = 1000;
    read_lines(&seen, path);
    check_all(&seen, 1000);
}

/* ---- A full disk. */

static void mount_small(void) {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        end("skip: no namespace for a small disk\n");
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) end("skip: no small disk\n");
}

static void fill_disk(const char *name) {
    static char bytes[65536];
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    while (write(fd, bytes, sizeof bytes) > 0) continue;
    close(fd);
    struct stat facts;
    CHECK(stat(name, &facts) == 0, "stat\n");
    CHECK(truncate(name, facts.st_size - 65536) == 0, "truncate\n"); /* room for some lines */
}

/* With room again once `ballast` is removed. */
static void mount_full(char ballast[128]) {
    mount_small();
    snprintf(ballast, 128, "%s/ballast", folder);
    fill_disk(ballast);
}

/* It fills up while four threads log, and there is room again. */
static void full_disk(uint64_t rotate_bytes, uint32_t durable_ms) {
    struct writer writers[THREADS];
    struct seen seen = {0};
    struct hr_log_statistics statistics;
    char ballast[128];
    mount_full(ballast);
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE,
                                                .path = path,
                                                .rotate_bytes = rotate_bytes,
                                                .durable_ms = durable_ms});
    start_writers(writers, log, 2000);
    join_writers(writers);
    do {
        pause_ms(5);
        hr_log_statistics_get(log, &statistics);
    } while (statistics.write_errors == 0);
    CHECK(unlink(ballast) == 0, "unlink\n");
    CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    HR_INFO(log, "counted", "thread", 0, "n", 2000);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, THREADS * 2000 + 1);
}

static void a_full_disk_loses_nothing(void) {
    full_disk(0, 0);
}

static void a_full_disk_with_rotation_loses_nothing(void) {
    full_disk(20000, 0);
}

static void a_full_disk_with_a_durable_file(void) {
    full_disk(0, 5);
}

/* The half line that the full disk took is taken back when the file is opened again elsewhere. */
static void a_full_disk_and_a_new_file(void) {
    struct seen seen = {0};
    struct hr_log_statistics statistics;
    char ballast[128], old[128];
    mount_full(ballast);
    snprintf(old, sizeof old, "%s.1", path);
    hr_log *log = open_log((struct hr_log_sink){.kind = HR_LOG_SINK_FILE, .path = path});
    for (int n = 0; n < 3000; n++) HR_INFO(log, "counted", "thread", 0, "n", n);
    do {
        pause_ms(5);
        hr_log_statistics_get(log, &statistics);
    } while (statistics.write_errors == 0);
    CHECK(rename(path, old) == 0, "rename\n");
    CHECK(unlink(ballast) == 0, "unlink\n");
    hr_log_reopen(log);
    while (access(path, F_OK) != 0) pause_ms(5);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    read_numbered(&seen);
    check_all(&seen, 3000);
}

/* ---- Two files, one of which is on a full disk. */

enum {
    BEHIND_RECORDS = 40000, /* more than two buffers have room for, less than a ring */
    BEHIND_S = 60
};

static uint64_t lines_of(const char *name) {
    struct seen seen = {0};
    read_lines(&seen, name);
    return seen.lines;
}

/* Until the file on the other disk has all, while this one has not. */
static hr_log *log_on_two_disks(const char *other, const char *rings) {
    const struct hr_log_sink sinks[] = {
        {.kind = HR_LOG_SINK_FILE, .format = HR_LOG_FORMAT_LOGFMT, .path = path},
        {.kind = HR_LOG_SINK_FILE, .format = HR_LOG_FORMAT_LOGFMT, .path = other}};
    const struct hr_log_options options = {.name = "test",
                                           .sinks = sinks,
                                           .sink_count = 2,
                                           .ring_bytes = 8 << 20,
                                           .rings_directory = rings};
    struct hr_error error = {0};
    hr_log *log = NULL;
    CHECK(hr_log_new(&options, &error, &log) == 0, "hr_log_new: %s\n", error.message);
    for (int n = 0; n < BEHIND_RECORDS; n++)
        HR_INFO(log, "counted", "thread", 0, "n", n, "text", "some more text");
    struct hr_log_statistics statistics;
    double end_s = clock_s(CLOCK_MONOTONIC) + BEHIND_S;
    do {
        pause_ms(5);
        hr_log_statistics_get(log, &statistics);
        CHECK(clock_s(CLOCK_MONOTONIC) < end_s, "the other file has only %" PRIu64 " lines\n",
              statistics.sinks[1].lines);
    } while (statistics.sinks[1].lines < BEHIND_RECORDS);
    struct stat facts;
    CHECK(stat(path, &facts) == 0 && facts.st_size < 1 << 20, "the disk was not full\n");
    return log;
}

static void make_room(void) {
    CHECK(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=64m") == 0, "remount\n");
}

static void open_two_disks(char other[128]) {
    char ballast[128];
    mount_full(ballast);
    snprintf(other, 128, "%s.other", folder);
}

static void check_two_disks(const char *other) {
    CHECK(lines_of(path) == BEHIND_RECORDS, "lines are missing behind a full disk\n");
    CHECK(lines_of(other) == BEHIND_RECORDS, "lines are missing\n");
    unlink(other);
}

static void a_full_disk_does_not_hold_up_another(void) {
    char other[128];
    open_two_disks(other);
    hr_log *log = log_on_two_disks(other, NULL);
    make_room();
    CHECK(hr_log_flush(log, -1) == 0, "flush\n");
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    check_two_disks(other);
}

static void killed_behind_a_full_disk(void) {
    char other[128], rings[128];
    int status = 0;
    open_two_disks(other);
    snprintf(rings, sizeof rings, "%s.rings", folder);
    pid_t child = fork();
    if (child == 0) {
        log_on_two_disks(other, rings);
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "it ended with %d\n", status);
    make_room();
    struct hr_error error = {0};
    CHECK(hr_log_recover(rings, NULL, &error, NULL) == 0, "recover: %s\n", error.message);
    check_two_disks(other);
    snprintf(other, sizeof other, "%.100s/lock", rings);
    CHECK(unlink(other) == 0 && rmdir(rings) == 0, "something is left in %s\n", rings);
}

/* ---- Running them. */

static void clean_up(const char *name) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", name);
    if (system(command) != 0) fprintf(stderr, "%s is left\n", name);
}

static bool run(const char *name, void (*test)(void)) {
    snprintf(folder, sizeof folder, "/tmp/headrace-sinks-XXXXXX");
    if (!mkdtemp(folder)) return false;
    snprintf(path, sizeof path, "%s/service.log", folder);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        test();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED;
    bool good = status == 0 || skipped;
    if (WIFSIGNALED(status))
        printf("fail: %s: signal %d\n", name, WTERMSIG(status));
    else if (skipped)
        printf("skip: %s: what it needs is not here\n", name);
    else
        printf(good ? "ok: %s\n" : "fail: %s: see above\n", name);
    clean_up(folder);
    return good;
}

int main(int count, char **arguments) {
#define TEST(function)                                                                             \
    { #function, function }
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {TEST(a_pipe_that_nobody_reads),
                 TEST(a_non_blocking_pipe_that_nobody_reads),
                 TEST(a_reader_that_was_killed),
                 TEST(stderr_that_nobody_reads),
                 TEST(stderr_whose_reader_has_gone),
                 TEST(rotation_by_size_under_load),
                 TEST(durable_rotation_under_load),
                 TEST(rotation_each_second_under_load),
                 TEST(a_folder_without_permission),
                 TEST(moved_and_reopened_under_load),
                 TEST(moved_and_noticed_under_load),
                 TEST(moved_and_made_by_its_mover),
                 TEST(logrotate_with_create_loses_nothing),
                 TEST(logrotate_with_copytruncate_leaves_no_hole),
                 TEST(a_full_disk_loses_nothing),
                 TEST(a_full_disk_with_rotation_loses_nothing),
                 TEST(a_full_disk_with_a_durable_file),
                 TEST(a_full_disk_and_a_new_file),
                 TEST(a_full_disk_does_not_hold_up_another),
                 TEST(killed_behind_a_full_disk)};
    bool good = true;
    report_fd = dup(STDOUT_FILENO);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (count < 2 || strcmp(arguments[1], tests[i].name) == 0)
            good &= run(tests[i].name, tests[i].run);
    return good ? 0 : 1;
}
