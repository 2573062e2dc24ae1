#include "dnsmasq.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 80
#define START_MS      10000
#define TRIES         10

struct dnsmasq {
    pid_t pid;
    uint16_t port;
    char folder[32], hosts[64], log[64], address[32];
};

uint16_t dnsmasq_free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

static void write_hosts(const struct dnsmasq *dnsmasq, const char *hosts) {
    FILE *file = fopen(dnsmasq->hosts, "w");
    if (!file || fputs(hosts, file) < 0 || fclose(file)) abort();
}

/* Lines of its log that hold `text`. */
static unsigned count_lines(const struct dnsmasq *dnsmasq, const char *text) {
    char line[512];
    unsigned count = 0;
    FILE *file = fopen(dnsmasq->log, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) count += strstr(line, text) != NULL;
    fclose(file);
    return count;
}

static void run(const struct dnsmasq *dnsmasq, unsigned ttl_s, const char *const *more) {
    char port[32], ttl[32], hosts[96], log[96];
    const char *arguments[ARGUMENTS_MAX] = {"dnsmasq",
                                            "--keep-in-foreground",
                                            "--conf-file=/dev/null",
                                            "--no-resolv",
                                            "--no-hosts",
                                            "--bind-interfaces",
                                            "--user=root",
                                            "--pid-file=",
                                            "--listen-address=127.0.0.1",
                                            "--local=/test/",
                                            "--log-queries",
                                            port,
                                            ttl,
                                            hosts,
                                            log};
    unsigned count = 15;
    snprintf(port, sizeof port, "--port=%u", dnsmasq->port);
    snprintf(ttl, sizeof ttl, "--local-ttl=%u", ttl_s);
    snprintf(hosts, sizeof hosts, "--addn-hosts=%s", dnsmasq->hosts);
    snprintf(log, sizeof log, "--log-facility=%s", dnsmasq->log);
    for (; more && *more && count < ARGUMENTS_MAX - 1; more++) arguments[count++] = *more;
    if (!freopen("/dev/null", "w", stderr)) _exit(126);
    execvp("dnsmasq", (char **)(uintptr_t)arguments);
    execv("/usr/sbin/dnsmasq", (char **)(uintptr_t)arguments);
    _exit(127);
}

static void sleep_ms(unsigned ms) {
    poll(NULL, 0, (int)ms);
}

/* It says so in its log when it has read its hosts file, at its start too. */
static bool await_line(const struct dnsmasq *dnsmasq, const char *text, unsigned before) {
    for (unsigned ms = 0; ms < START_MS; ms += 5) {
        if (count_lines(dnsmasq, text) > before) return true;
        if (waitpid(dnsmasq->pid, NULL, WNOHANG) != 0) return false;
        sleep_ms(5);
    }
    return false;
}

static void remove_files(const struct dnsmasq *dnsmasq) {
    unlink(dnsmasq->hosts);
    unlink(dnsmasq->log);
    rmdir(dnsmasq->folder);
}

struct dnsmasq *dnsmasq_start(const char *hosts, unsigned ttl_s, const char *const *more) {
    struct dnsmasq *made = calloc(1, sizeof *made);
    if (!made) abort();
    snprintf(made->folder, sizeof made->folder, "/tmp/hr-names-XXXXXX");
    if (!mkdtemp(made->folder)) abort();
    snprintf(made->hosts, sizeof made->hosts, "%s/hosts", made->folder);
    snprintf(made->log, sizeof made->log, "%s/log", made->folder);
    write_hosts(made, hosts);
    for (int tries = 0; tries < TRIES; tries++) { /* the port may not be free for TCP */
        made->port = dnsmasq_free_port();
        snprintf(made->address, sizeof made->address, "127.0.0.1:%u", made->port);
        made->pid = fork();
        if (made->pid < 0) abort();
        if (made->pid == 0) run(made, ttl_s, more);
        if (await_line(made, made->hosts, 0)) return made;
    }
    remove_files(made);
    free(made);
    return NULL;
}

void dnsmasq_stop(struct dnsmasq *dnsmasq) {
    if (!dnsmasq) return;
    kill(dnsmasq->pid, SIGTERM);
    waitpid(dnsmasq->pid, NULL, 0);
    remove_files(dnsmasq);
    free(dnsmasq);
}

const char *dnsmasq_address(const struct dnsmasq *dnsmasq) {
    return dnsmasq->address;
}

void dnsmasq_change(struct dnsmasq *dnsmasq, const char *hosts) {
    unsigned before = count_lines(dnsmasq, dnsmasq->hosts);
    write_hosts(dnsmasq, hosts);
    kill(dnsmasq->pid, SIGHUP);
    if (!await_line(dnsmasq, dnsmasq->hosts, before)) abort();
}

unsigned dnsmasq_asked(const struct dnsmasq *dnsmasq, const char *question) {
    char text[128];
    snprintf(text, sizeof text, "%s from", question);
    return count_lines(dnsmasq, text);
}
