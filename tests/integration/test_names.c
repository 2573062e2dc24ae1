/* The resolver against a real dnsmasq on the loopback. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/engine.h>

#include "dnsmasq.h"
#include "resolver.h"

static hr_engine *engine;
static int failed;

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

static void look_up(const char *servers, const char *search, const char *name,
                    struct waiting *waiting) {
    struct hr_resolver_options options = {
        .nameservers = servers, .search = search, .hosts_file = "", .tries = 2};
    struct hr_error error = {0};
    struct hr_resolver_settings *settings;
    struct hr_resolver *resolver;
    memset(waiting, 0, sizeof *waiting);
    waiting->lookup.on_done = on_done;
    if (hr__resolver_settings_new(&options, &error, &settings) ||
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

static void expect(const char *servers, const struct expected *expected) {
    struct waiting waiting;
    look_up(servers, expected->search, expected->name, &waiting);
    const struct hr_addresses *got = &waiting.lookup.addresses;
    bool right = waiting.result == expected->result &&
                 (waiting.result != 0 || got->count == expected->count);
    bool seen = !expected->v4;
    for (unsigned i = 0; !seen && waiting.result == 0 && i < got->count; i++)
        seen = got->list[i].any.sa_family == AF_INET &&
               got->list[i].v4.sin_addr.s_addr == inet_addr(expected->v4);
    if (right && seen) {
        printf("ok: %s\n", expected->what);
        return;
    }
    failed = 1;
    printf("fail: %s: %s (%s), %u addresses\n", expected->what,
           waiting.result ? hr_error_name(waiting.result) : "0", waiting.reason, got->count);
}

/* A socket that takes questions and never answers. */
static int open_silent(char servers[32]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    snprintf(servers, 32, "127.0.0.1:%u", ntohs(address.sin_port));
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
    const char *more[44] = {"--host-record=a.test,192.0.2.1,2001:db8::1,7",
                            "--cname=alias.test,a.test,3", "--host-record=svc.in.test,192.0.2.9"};
    char many[40][48];
    for (int i = 0; i < 40; i++) {
        snprintf(many[i], sizeof many[i], "--host-record=many.test,198.51.100.%d", i + 1);
        more[3 + i] = many[i];
    }
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, &engine)) abort();
    struct dnsmasq *dnsmasq = dnsmasq_start("", 0, more);
    if (!dnsmasq) {
        printf("dnsmasq is not installed, or does not start\n");
        return 77;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(dnsmasq_address(dnsmasq), &cases[i]);
    dnsmasq_stop(dnsmasq);
    char silent[32];
    int fd = open_silent(silent);
    expect(silent, &(struct expected){"a server that never answers", "", "a.test",
                                      HR_ERR_NAME_SERVERS, 0, NULL});
    close(fd);
    if (hr_engine_close(engine, NULL, NULL)) failed = 1;
    return failed;
}
