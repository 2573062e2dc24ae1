/* Threads that come, log and go while others change levels, flush and make children, and logs that
 * are made and closed one after the other. Every line comes once, each thread's in order, and what
 * was dropped was counted. stress_log [--seconds N] */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <headrace/log.h>

enum { WRITERS = 4, GENERATIONS = 6, RECORDS = 2000 };

struct world {
    hr_log *log;
    bool all_kinds; /* writers make records of the kinds that are not counted as well */
    char control[64];
    uint32_t stop;       /* of those who do not write */
    uint32_t generation; /* of writers, over all */
    /* The drain's: */
    uint64_t lines, dropped;
    int64_t next[WRITERS * GENERATIONS]; /* the least number that may come */
};

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_log: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static int64_t number_behind(const char *line, const char *end, const char *key) {
    size_t size = strlen(key);
    for (const char *at = line; at + size < end; at++)
        if (memcmp(at, key, size) == 0) return strtoll(at + size, NULL, 10);
    return -1;
}

static void look_at(struct world *world, const char *line, const char *end) {
    int64_t dropped = number_behind(line, end, " dropped=");
    if (dropped >= 0) {
        world->dropped += (uint64_t)dropped;
        return;
    }
    if (number_behind(line, end, " uncounted=") >= 0 || number_behind(line, end, " records=") >= 0)
        return;
    int64_t thread = number_behind(line, end, " thread="), n = number_behind(line, end, " n=");
    if (thread < 0 || thread >= WRITERS * GENERATIONS) fail("%.*s", (int)(end - line), line);
    if (n < world->next[thread])
        fail("thread %" PRId64 ": %" PRId64 " came late or twice", thread, n);
    world->next[thread] = n + 1;
    world->lines++;
}

static void on_lines(void *user, const char *lines, size_t size) {
    const char *end = lines + size;
    while (lines < end) {
        const char *line_end = memchr(lines, '\n', (size_t)(end - lines));
        if (!line_end) fail("half a line");
        look_at(user, lines, line_end);
        lines = line_end + 1;
    }
}

/* Kept for a backtrace, bound to the thread for a while, left out at the call site. */
static void write_other_kinds(hr_log *log, int n) {
    const struct hr_log_field field = {hr_slice_of("bound"), hr_log_of_i64(n)};
    int depth = hr_log_context_push(&field, 1);
    HR_DEBUG(log, "kept", "uncounted", n);
    HR_EVERY_N(7, HR_LOG_CRITICAL, log, "some", "uncounted", n);
    HR_AT_MOST(1000, HR_LOG_CRITICAL, log, "some", "uncounted", n);
    HR_ONCE(HR_LOG_CRITICAL, log, "once", "uncounted", n);
    hr_log_context_pop(depth);
}

static void *write_records(void *user) {
    struct world *world = user;
    unsigned id = __atomic_fetch_add(&world->generation, 1, __ATOMIC_RELAXED);
    for (int n = 0; n < RECORDS; n++) {
        if (n % 3)
            HR_ERROR(world->log, "counted", "thread", id, "n", n, "text", "some text");
        else
            HR_CRITICAL(world->log, "counted", "thread", id, "n", n);
        if (world->all_kinds && n % 5 == 0) write_other_kinds(world->log, n);
    }
    return NULL;
}

/* Asks through the control socket, as another process would. */
static void ask(const struct world *world, const char *question) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[4096];
    memcpy(address.sun_path, world->control, sizeof world->control);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address)) fail("no socket");
    if (send(fd, question, strlen(question), MSG_NOSIGNAL) < 0) fail("no question");
    if (recv(fd, answer, sizeof answer, MSG_WAITALL) < 3 || memcmp(answer, "ok\n", 3) != 0)
        fail("no answer to %s", question);
    close(fd);
}

/* INFO and above are always on; the level moves below that. */
static void *disturb(void *user) {
    struct world *world = user;
    const struct hr_log_field field = {hr_slice_of("id"), hr_log_of_i64(7)};
    for (int i = 0; !__atomic_load_n(&world->stop, __ATOMIC_ACQUIRE); i++) {
        hr_log *child = NULL;
        struct hr_log_statistics statistics;
        hr_log_level_set(world->log, i % 2 ? HR_LOG_INFO : HR_LOG_ERROR);
        if (hr_log_with(world->log, &field, 1, &child)) fail("no child");
        HR_DEBUG(child, "never");
        hr_log_free(child);
        hr_log_statistics_get(world->log, &statistics);
        if (hr_log_flush(world->log, 60000)) fail("a flush did not end");
        if (hr_log_levels_set(world->log, i % 2 ? "info,*=debug" : "error,x.*=info", NULL))
            fail("no levels");
        ask(world, i % 2 ? "json status\n" : "level error\n");
        if (i % 8 == 0 && hr_log_stop(world->log, -1)) fail("a stop left something");
        if (hr_log_start(world->log)) fail("no start");
    }
    return NULL;
}

/* Rings that drop, that wait, and with all that closes the short way. */
static struct hr_log_options options_of(unsigned round) {
    struct hr_log_options options = {.ring_bytes = 65536, .sink_count = 1};
    if (round % 3 == 1) options.full = HR_LOG_FULL_WAIT;
    if (round % 3 == 2) {
        options.backtrace = 4;
        options.sync_level = HR_LOG_CRITICAL;
        options.full_timeout_ms = 5;
    }
    return options;
}

static void run_world(unsigned round) {
    static struct world world;
    memset(&world, 0, sizeof world);
    struct hr_error error;
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_CALLBACK,
                               .format = HR_LOG_FORMAT_LOGFMT,
                               .write = on_lines,
                               .user = &world};
    struct hr_log_options options = options_of(round);
    options.sinks = &sink;
    options.control_path = world.control;
    world.all_kinds = options.backtrace > 0;
    snprintf(world.control, sizeof world.control, "/tmp/headrace-stress-log-%d", (int)getpid());
    if (hr_log_new(&options, &error, &world.log)) fail("%s", error.message);
    pthread_t disturber, writers[WRITERS];
    if (pthread_create(&disturber, NULL, disturb, &world)) fail("no thread");
    for (int generation = 0; generation < GENERATIONS; generation++) {
        for (int i = 0; i < WRITERS; i++)
            if (pthread_create(&writers[i], NULL, write_records, &world)) fail("no thread");
        for (int i = 0; i < WRITERS; i++) pthread_join(writers[i], NULL);
    }
    __atomic_store_n(&world.stop, 1, __ATOMIC_RELEASE);
    pthread_join(disturber, NULL);
    struct hr_log_statistics statistics;
    if (hr_log_flush(world.log, -1)) fail("a flush did not end");
    hr_log_statistics_get(world.log, &statistics);
    if (hr_log_close(world.log)) fail("lines were lost");
    uint64_t all = (uint64_t)WRITERS * GENERATIONS * RECORDS;
    bool adds_up = world.lines + statistics.messages_dropped == all;
    if (world.all_kinds)
        adds_up = world.lines <= all && world.lines + statistics.messages_dropped >= all;
    if (!adds_up)
        fail("%" PRIu64 " lines and %" PRIu64 " dropped of %" PRIu64, world.lines,
             statistics.messages_dropped, all);
    if (world.dropped > statistics.messages_dropped) fail("more told than dropped");
    if (statistics.rings > WRITERS + 2) fail("%" PRIu64 " rings", statistics.rings);
}

int main(int argc, char **argv) {
    long seconds = argc == 3 && strcmp(argv[1], "--seconds") == 0 ? strtol(argv[2], NULL, 10) : 0;
    time_t end = time(NULL) + (seconds > 0 ? seconds : 3);
    unsigned worlds = 0;
    do {
        run_world(worlds);
        worlds++;
    } while (time(NULL) < end);
    printf("%u logs, each with %d threads\n", worlds, WRITERS * GENERATIONS + 1);
    return 0;
}
