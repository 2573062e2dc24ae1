/* The resolver against a real dnsmasq on the loopback. Prints "PASS name", "FAIL name: why" or
 * "SKIP name: why" for each case. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/engine.h>

#include "resolver.h"

static hr_engine *engine;
static int failed;

/* A UDP port that is free now. */
static uint16_t free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

static pid_t start_dnsmasq(uint16_t port) {
    char option[32], many[40][48];
    char *arguments[60] = {"dnsmasq",
                           "--no-daemon",
                           "--conf-file=/dev/null",
                           "--no-resolv",
                           "--no-hosts",
                           "--bind-interfaces",
                           "--user=root",
                           "--pid-file=",
                           "--listen-address=127.0.0.1",
                           "--local=/test/",
                           "--host-record=a.test,192.0.2.1,2001:db8::1,7",
                           "--cname=alias.test,a.test,3",
                           "--host-record=svc.in.test,192.0.2.9"};
    int count = 13;
    for (int i = 0; i < 40; i++) {
        snprintf(many[i], sizeof many[i], "--host-record=many.test,198.51.100.%d", i + 1);
        arguments[count++] = many[i];
    }
    snprintf(option, sizeof option, "--port=%u", port);
    arguments[count++] = option;
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(126);
        execvp("dnsmasq", arguments);
        execv("/usr/sbin/dnsmasq", arguments);
        _exit(127);
    }
    return child;
}

struct waiting {
    struct hr_lookup lookup;
    bool done, closed;
    int result;
    char reason[160];
};

static void on_done(struct hr_lookup *lookup, int result, const char *reason) {
    struct waiting *waiting = (struct waiting *)lookup;
    waiting->done = true;
    waiting->result = result;
    snprintf(waiting->reason, sizeof waiting->reason, "%s", reason ? reason : "");
}

static void on_closed(void *user) {
    ((struct waiting *)user)->closed = true;
}

static void look_up(uint16_t port, const char *search, const char *name, struct waiting *waiting) {
    char servers[32];
    snprintf(servers, sizeof servers, "127.0.0.1:%u", port);
    struct hr_resolver_options options = {
        .nameservers = servers, .search = search, .hosts_file = "", .tries = 2};
    struct hr_error error = {0};
    struct hr_resolver_settings *settings;
    struct hr_resolver *resolver;
    memset(waiting, 0, sizeof *waiting);
    waiting->lookup.on_done = on_done;
    if (hr__resolver_settings_new(&options, NULL, 0, &error, &settings) ||
        hr__resolver_new(settings, hr__engine_reactor(engine, 0), &resolver) ||
        hr__resolver_start(resolver, hr_slice_of(name), 80, &waiting->lookup))
        abort();
    while (!waiting->done) hr_engine_poll(engine, 50);
    hr__resolver_close(resolver, on_closed, waiting);
    while (!waiting->closed) hr_engine_poll(engine, 50);
    hr__resolver_settings_free(settings);
}

struct expected {
    const char *what, *search, *name;
    int result;
    unsigned count; /* of addresses */
    const char *v4; /* NULL: not looked at */
};

static void expect(uint16_t port, const struct expected *expected) {
    struct waiting waiting;
    look_up(port, expected->search, expected->name, &waiting);
    const struct hr_addresses *got = &waiting.lookup.addresses;
    bool right = waiting.result == expected->result &&
                 (waiting.result != 0 || got->count == expected->count);
    bool seen = !expected->v4;
    for (unsigned i = 0; !seen && waiting.result == 0 && i < got->count; i++)
        seen = got->list[i].any.sa_family == AF_INET &&
               got->list[i].v4.sin_addr.s_addr == inet_addr(expected->v4);
    if (right && seen) {
        printf("PASS %s\n", expected->what);
        return;
    }
    failed = 1;
    printf("FAIL %s: %s (%s), %u addresses\n", expected->what,
           waiting.result ? hr_error_name(waiting.result) : "0", waiting.reason, got->count);
}

/* A socket that takes questions and never answers. */
static int open_silent(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

int main(void) {
    static const struct expected cases[] = {
        {"both families", "", "a.test", 0, 2, "192.0.2.1"},
        {"an alias", "", "alias.test", 0, 2, "192.0.2.1"},
        {"a name that is not", "", "no.test", HR_ERR_NAME_UNRESOLVED, 0, NULL},
        {"refused elsewhere", "", "a.example", HR_ERR_NAME_SERVERS, 0, NULL},
        {"an answer that was cut comes by TCP", "", "many.test", 0, HR_ADDRESSES_MAX, NULL},
        {"the search list", "no.test,in.test", "svc", 0, 1, "192.0.2.9"},
        {"no search behind a dot", "in.test", "svc.test.", HR_ERR_NAME_UNRESOLVED, 0, NULL},
    };
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &engine)) abort();
    uint16_t port = free_port(), silent_port;
    pid_t child = start_dnsmasq(port);
    struct waiting waiting = {.result = HR_ERR_NAME_SERVERS};
    for (int i = 0; i < 200 && waiting.result; i++) { /* until it listens */
        look_up(port, "", "a.test", &waiting);
        if (waiting.result) hr_engine_poll(engine, 20);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect(port, &cases[i]);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    int fd = open_silent(&silent_port);
    expect(silent_port, &(struct expected){"a server that never answers", "", "a.test",
                                           HR_ERR_NAME_SERVERS, 0, NULL});
    close(fd);
    if (hr_engine_close(engine, NULL, NULL)) failed = 1;
    return failed;
}
