/* Records through the journald and syslog sinks, read back from programs that are not ours:
 * Debian's systemd-journal-remote with journalctl, and rsyslog, by unix socket, by TCP and by UDP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <headrace/log.h>

static char folder[] = "/tmp/headrace-daemons-XXXXXX";
static const char *test_name;

__attribute__((format(printf, 1, 2), noreturn)) static void end(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("fail: %s: ", test_name);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
    _exit(1);
}

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) end(__VA_ARGS__);                                                        \
    } while (0)

static hr_log *open_log(struct hr_log_sink sink) {
    struct hr_error error = {0};
    struct hr_log_options options = {.name = "daemons", .sinks = &sink, .sink_count = 1};
    hr_log *log = NULL;
    int err = hr_log_new(&options, &error, &log);
    CHECK(!err, "%s\n", error.message);
    return log;
}

static const char hard[] = "quote \" backslash \\ bracket ] equals = \xc3\xa4 \xe2\x82\xac end";

static void write_records(hr_log *log) {
    HR_INFO(log, "plain", "status", 200, "text", hard);
    HR_ERROR(log, "first line\nsecond line", "lines", "one\n\ttwo\n", "none", HR_NULL);
    HR_CRITICAL(log, "last", "half", 0.5);
}

static int listen_unix(const char *path, int type) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, type, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind\n");
    return fd;
}

/* ---- journald: its datagrams are the entries of its export format, without the end of each. */

static void check_field(const json_t *entry, const char *key, const char *wanted) {
    const char *value = json_string_value(json_object_get(entry, key));
    CHECK(value && strcmp(value, wanted) == 0, "%s is %s, not %s\n", key, value ? value : "none",
          wanted);
}

static void read_journal(const char *path) {
    char line[65536], name[128];
    snprintf(name, sizeof name, "journalctl --file %s/out.journal -o json --all", folder);
    (void)path;
    FILE *journal = popen(name, "r");
    json_t *entries[3] = {0};
    unsigned count = 0;
    while (count < 3 && fgets(line, sizeof line, journal))
        if ((entries[count] = json_loads(line, 0, NULL))) count++;
    pclose(journal);
    CHECK(count == 3, "journalctl knows of %u entries\n", count);
    check_field(entries[0], "MESSAGE", "plain");
    check_field(entries[0], "PRIORITY", "6");
    check_field(entries[0], "SYSLOG_IDENTIFIER", "daemons-test");
    check_field(entries[0], "STATUS", "200");
    check_field(entries[0], "TEXT", hard);
    check_field(entries[0], "CODE_FUNC", "write_records");
    check_field(entries[1], "MESSAGE", "first line\nsecond line");
    check_field(entries[1], "PRIORITY", "3");
    check_field(entries[1], "LINES", "one\n\ttwo\n");
    check_field(entries[1], "NONE", "null");
    check_field(entries[2], "MESSAGE", "last");
    check_field(entries[2], "PRIORITY", "2");
    check_field(entries[2], "HALF", "0.5");
    for (unsigned i = 0; i < 3; i++) json_decref(entries[i]);
}

static const char journal_remote[] = "/lib/systemd/systemd-journal-remote";

static bool journald(void) {
    char path[96], name[128], command[384], datagram[65536];
    if (access(journal_remote, X_OK) != 0) return false;
    snprintf(path, sizeof path, "%s/journal", folder);
    snprintf(name, sizeof name, "%s/export", folder);
    int fd = listen_unix(path, SOCK_DGRAM);
    hr_log *log = open_log((struct hr_log_sink){
        .kind = HR_LOG_SINK_JOURNALD, .path = path, .identifier = "daemons-test"});
    write_records(log);
    FILE *file = fopen(name, "w");
    for (unsigned i = 0; i < 3; i++) {
        ssize_t size = recv(fd, datagram, sizeof datagram, 0);
        CHECK(size > 0, "no datagram\n");
        fprintf(file,
                "__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%u\n"
                "_BOOT_ID=0123456789abcdef0123456789abcdef\n",
                (long long)time(NULL) * 1000000 + i, 1000 + i);
        fwrite(datagram, 1, (size_t)size, file);
        fputc('\n', file);
    }
    fclose(file);
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    close(fd);
    snprintf(command, sizeof command, "%s -o %s/out.journal --split-mode=none - <%s >&2",
             journal_remote, folder, name);
    CHECK(system(command) == 0, "systemd-journal-remote failed\n");
    read_journal(path);
    return true;
}

/* ---- rsyslog. */

/* The port of a new socket that is bound to it, 0: any; 0: somebody else is. */
static unsigned bind_port(int type, unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type, 0);
    bool bound = bind(fd, (struct sockaddr *)&address, size) == 0;
    CHECK(bound || errno == EADDRINUSE, "bind: %s\n", strerror(errno));
    getsockname(fd, (struct sockaddr *)&address, &size);
    close(fd);
    return bound ? ntohs(address.sin_port) : 0;
}

/* Of TCP and of UDP. */
static unsigned free_port(void) {
    unsigned port;
    do {
        port = bind_port(SOCK_STREAM, 0);
    } while (bind_port(SOCK_DGRAM, port) == 0);
    return port;
}

static pid_t start_rsyslog(unsigned port) {
    char name[128], pid[128];
    snprintf(name, sizeof name, "%s/rsyslog.conf", folder);
    snprintf(pid, sizeof pid, "%s/pid", folder);
    FILE *file = fopen(name, "w");
    fprintf(file,
            "global(workDirectory=\"%1$s\" parser.escapeControlCharactersOnReceive=\"off\")\n"
            "module(load=\"imuxsock\" SysSock.Use=\"off\")\nmodule(load=\"imtcp\")\n"
            "module(load=\"imudp\")\ninput(type=\"imudp\" address=\"127.0.0.1\" port=\"%2$u\")\n"
            "input(type=\"imuxsock\" Socket=\"%1$s/dev-log\" UseSpecialParser=\"off\" "
            "ParseHostname=\"on\" RateLimit.Interval=\"0\")\n"
            "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$u\")\n"
            "template(name=\"all\" type=\"string\" string=\"%%pri%%|%%app-name%%|%%procid%%|"
            "%%structured-data%%|%%msg%%\\n--\\n\")\n"
            "*.* action(type=\"omfile\" file=\"%1$s/out\" template=\"all\")\n",
            folder, port);
    fclose(file);
    pid_t child = fork();
    if (child == 0) {
        execl("/usr/sbin/rsyslogd", "rsyslogd", "-n", "-f", name, "-i", pid, NULL);
        _exit(127);
    }
    return child;
}

static void stop_rsyslog(pid_t child) {
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
}

static char *read_out(void) {
    static char text[65536];
    char name[96];
    snprintf(name, sizeof name, "%s/out", folder);
    FILE *file = fopen(name, "r");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[size] = 0;
    if (file) fclose(file);
    return text;
}

static void check_part(const char *text, const char *part) {
    CHECK(strstr(text, part), "no %s in what rsyslog has written: %s\n", part, text);
}

static void pause_a_little(void) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void rsyslog_through(const char *address) {
    struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_SYSLOG, .path = address, .identifier = "daemons-test", .facility = 20};
    char name[96], head[96];
    snprintf(name, sizeof name, "%s/out", folder);
    hr_log *log = open_log(sink);
    write_records(log);
    char *text;
    do {
        pause_a_little();
        text = read_out();
    } while (!strstr(text, "last\n--\n"));
    CHECK(hr_log_close(log) == 0, "lines are left\n");
    snprintf(head, sizeof head, "166|daemons-test|%d|[fields@32473 logger=\"daemons\"",
             (int)getpid());
    check_part(text, head);
    check_part(text, " status=\"200\"");
    check_part(
        text,
        " text=\"quote \\\" backslash \\\\ bracket \\] equals = \xc3\xa4 \xe2\x82\xac end\"]");
    check_part(text, " lines=\"one\n\ttwo\n\" none=\"null\"]|first line\nsecond line\n--\n");
    check_part(text, "162|daemons-test|");
    check_part(text, " half=\"0.5\"]|last\n--\n");
    unlink(name);
}

static bool rsyslog(void) {
    char address[96];
    if (access("/usr/sbin/rsyslogd", X_OK) != 0) return false;
    unsigned port = free_port();
    pid_t child = start_rsyslog(port);
    /* The sinks of streams connect when it listens, and keep their lines until then. */
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", port);
    rsyslog_through(address);
    stop_rsyslog(child);
    port = free_port();
    child = start_rsyslog(port);
    /* A datagram that nobody listens for is lost. */
    while (bind_port(SOCK_DGRAM, port) != 0) pause_a_little();
    snprintf(address, sizeof address, "udp://127.0.0.1:%u", port);
    rsyslog_through(address);
    stop_rsyslog(child);
    child = start_rsyslog(free_port());
    snprintf(address, sizeof address, "%s/dev-log", folder);
    rsyslog_through(address);
    stop_rsyslog(child);
    return true;
}

static void run(const char *name, bool (*test)(void)) {
    test_name = name;
    bool ran = test();
    printf(ran ? "ok: %s\n" : "skip: %s: its program is not here\n", name);
    fflush(stdout);
}

int main(void) {
    char command[96];
    if (!mkdtemp(folder)) return 1;
    run("journald's entries are read by systemd-journal-remote", journald);
    run("RFC 5424 is read by rsyslog", rsyslog);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
