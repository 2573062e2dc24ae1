/* Names through the HTTP client: services that move, and name servers that are of no help; a real
 * dnsmasq, and HTTP servers on the loopback that say who they are. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <headrace/http_client.h>

#include "dnsmasq.h"

#define CONNECTIONS_MAX 64
#define SLACK_MS        1500 /* of a busy machine */

static int failed;

static bool check(bool holds, const char *what, const char *why) {
    printf(holds ? "ok: %s\n" : "fail: %s: %s\n", what, why);
    if (!holds) failed = 1;
    return holds;
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- HTTP servers, each a process. */

static int listen_at(const char *host, uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    address.sin_addr.s_addr = inet_addr(host);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

/* Answers whatever comes, a request a read: the client does not pipeline. */
static void serve(int listener, const char *name) {
    struct pollfd fds[CONNECTIONS_MAX] = {{.fd = listener, .events = POLLIN}};
    char answer[128], buffer[4096];
    nfds_t count = 1;
    int size = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                        strlen(name), name);
    for (;;) {
        if (poll(fds, count, -1) < 0) _exit(1);
        for (nfds_t i = 1; i < count; i++) {
            if (!fds[i].revents) continue;
            if (recv(fds[i].fd, buffer, sizeof buffer, 0) > 0 &&
                send(fds[i].fd, answer, (size_t)size, MSG_NOSIGNAL) == size)
                continue;
            close(fds[i].fd);
            fds[i--] = fds[--count];
        }
        if (fds[0].revents && count < CONNECTIONS_MAX)
            fds[count++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
    }
}

static pid_t start_server(int listener, const char *name) {
    pid_t pid = fork();
    if (pid < 0) abort();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        serve(listener, name);
    }
    close(listener);
    return pid;
}

static void stop_server(pid_t *pid) {
    if (*pid <= 0) return;
    kill(*pid, SIGTERM);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

/* The same port of 127.0.0.1 and of 127.0.0.2: "one" and "two". */
struct services {
    pid_t one, two;
    uint16_t port;
};

static void start_services(struct services *services) {
    int first = -1, second = -1;
    for (int tries = 0; tries < 50 && second < 0; tries++) {
        if (first >= 0) close(first);
        services->port = 0;
        first = listen_at("127.0.0.1", &services->port);
        second = listen_at("127.0.0.2", &services->port);
    }
    if (first < 0 || second < 0) abort();
    services->one = start_server(first, "one");
    services->two = start_server(second, "two");
}

static void stop_services(struct services *services) {
    stop_server(&services->one);
    stop_server(&services->two);
}

/* ---- The client. */

struct world {
    hr_engine *engine;
    hr_http_client *client;
    struct hr_http_request request;
    char url[96], answer[16], why[256];
    uint64_t took_ms;
    bool closed;
};

static void on_closed(void *user) {
    ((struct world *)user)->closed = true;
}

static void open_world(struct world *world, const struct hr_http_client_options *options,
                       const char *host, uint16_t port) {
    struct hr_engine_options engine_options = {.mode = HR_ENGINE_CALLER};
    struct hr_http_client_options given = *options;
    struct hr_error error = {0};
    memset(world, 0, sizeof *world);
    if (!given.resolver.hosts_file) given.resolver.hosts_file = "";
    given.resolver.search = "";
    if (hr_engine_new(&engine_options, &error, &world->engine) ||
        hr_http_client_new(world->engine, &given, &error, &world->client)) {
        printf("fail: a client: %s\n", error.message);
        exit(1);
    }
    snprintf(world->url, sizeof world->url, "http://%s:%u/", host, port);
}

static void close_world(struct world *world) {
    hr_http_client_close(world->client, on_closed, world);
    while (!world->closed) hr_engine_poll(world->engine, 50);
    if (hr_engine_close(world->engine, NULL, NULL)) failed = 1;
}

/* A request's result; `answer` is who has answered. */
static int ask(struct world *world, bool close) {
    uint64_t begin = now_ms();
    world->request = (struct hr_http_request){.url = world->url, .close = close};
    world->request.sink = hr_sink_bytes(world->answer, sizeof world->answer - 1);
    memset(world->answer, 0, sizeof world->answer);
    int err = hr_http_request_start(world->client, &world->request);
    if (err) return err;
    err = hr_wait(&world->request.request);
    world->took_ms = now_ms() - begin;
    snprintf(world->why, sizeof world->why, "%s after %lu ms: %s", err ? hr_error_name(err) : "0",
             (unsigned long)world->took_ms, world->request.request.error.message);
    return err;
}

/* Asks until `answer` comes; how long that took, UINT64_MAX for never. Counts what failed. */
static uint64_t ask_until(struct world *world, const char *answer, bool close, unsigned *errors) {
    uint64_t begin = now_ms();
    while (now_ms() - begin < 20000) {
        if (ask(world, close))
            ++*errors;
        else if (strcmp(world->answer, answer) == 0)
            return now_ms() - begin;
        hr_engine_poll(world->engine, 5);
    }
    return UINT64_MAX;
}

static bool lies(uint64_t ms, uint64_t min, uint64_t max, char why[256]) {
    snprintf(why, 256, "after %ld ms, expected %lu to %lu", (long)ms, (unsigned long)min,
             (unsigned long)max);
    return ms >= min && ms <= max;
}

static struct dnsmasq *name_server(const char *hosts, unsigned ttl_s, const char *const *more) {
    struct dnsmasq *made = dnsmasq_start(hosts, ttl_s, more);
    if (made) return made;
    printf("dnsmasq is not installed, or does not start\n");
    exit(77);
}

/* ---- A service that moves. */

/* The old server goes on: connections end by their lifetime, the name by its TTL. */
static void follows_within_ttl(const struct services *services) {
    struct dnsmasq *names = name_server("127.0.0.1 svc.test\n", 2, NULL);
    struct hr_http_client_options options = {.pool.lifetime_ms = 500,
                                             .resolver.nameservers = dnsmasq_address(names)};
    struct world world;
    unsigned errors = 0, strays = 0;
    open_world(&world, &options, "svc.test", services->port);
    uint64_t ms = ask_until(&world, "one", false, &errors);
    check(ms != UINT64_MAX, "a name of dnsmasq is reached", world.why);
    dnsmasq_change(names, "127.0.0.2 svc.test\n");
    ms = ask_until(&world, "two", false, &errors);
    check(lies(ms, 0, 2000 + 500 + SLACK_MS, world.why),
          "a name whose address changes is followed within its TTL and the lifetime", world.why);
    check(errors == 0, "no request fails while a service moves", world.why);
    for (int i = 0; i < 50; i++) strays += ask(&world, false) || strcmp(world.answer, "two") != 0;
    check(strays == 0, "nothing goes back to the old address", world.why);
    close_world(&world);
    dnsmasq_stop(names);
}

/* The old server goes away: neither the TTL nor the lifetime is waited for. */
static void follows_when_the_old_one_dies(void) {
    struct services services;
    struct world world;
    unsigned errors = 0;
    start_services(&services);
    struct dnsmasq *names = name_server("127.0.0.1 svc.test\n", 600, NULL);
    struct hr_http_client_options options = {.resolver.nameservers = dnsmasq_address(names)};
    open_world(&world, &options, "svc.test", services.port);
    ask_until(&world, "one", false, &errors);
    dnsmasq_change(names, "127.0.0.2 svc.test\n");
    stop_server(&services.one);
    uint64_t ms = ask_until(&world, "two", false, &errors);
    check(lies(ms, 0, 2000 + SLACK_MS, world.why),
          "a service whose old server goes away is followed at once, whatever its TTL", world.why);
    unsigned before = dnsmasq_asked(names, "query[A] svc.test");
    dnsmasq_change(names, "127.0.0.1 svc.test\n");
    for (int i = 0; i < 50; i++) errors += ask(&world, true) || strcmp(world.answer, "two") != 0;
    check(dnsmasq_asked(names, "query[A] svc.test") == before, "a TTL of 600 s is kept",
          "the name was asked for again");
    check(errors <= 10, "few requests fail while a service moves from a dead server", world.why);
    close_world(&world);
    dnsmasq_stop(names);
    stop_services(&services);
}

/* Each request on a connection of its own, so that each looks the name up. */
static void keeps_floor_and_ceiling(const struct services *services) {
    struct dnsmasq *names = name_server("127.0.0.1 svc.test\n", 0, NULL);
    struct hr_http_client_options options = {.resolver = {.ttl_min_s = 2}};
    struct world world;
    unsigned errors = 0;
    options.resolver.nameservers = dnsmasq_address(names);
    open_world(&world, &options, "svc.test", services->port);
    ask_until(&world, "one", true, &errors);
    dnsmasq_change(names, "127.0.0.2 svc.test\n");
    uint64_t ms = ask_until(&world, "two", true, &errors);
    check(lies(ms, 1000, 2000 + SLACK_MS, world.why), "a TTL of 0 counts as ttl_min_s", world.why);
    check(dnsmasq_asked(names, "query[A] svc.test") == 2, "it is asked for when that is over",
          "not twice");
    close_world(&world);
    dnsmasq_stop(names);

    names = name_server("127.0.0.1 svc.test\n", 86400, NULL);
    options.resolver = (struct hr_resolver_options){.ttl_max_s = 2};
    options.resolver.nameservers = dnsmasq_address(names);
    open_world(&world, &options, "svc.test", services->port);
    ask_until(&world, "one", true, &errors);
    dnsmasq_change(names, "127.0.0.2 svc.test\n");
    ms = ask_until(&world, "two", true, &errors);
    check(lies(ms, 1000, 2000 + SLACK_MS, world.why), "a TTL of a day counts as ttl_max_s",
          world.why);
    check(errors == 0, "no request fails at either end", world.why);
    close_world(&world);
    dnsmasq_stop(names);
}

static void remembers_what_is_not(const struct services *services) {
    struct dnsmasq *names = name_server("127.0.0.1 svc.test\n", 60, NULL);
    struct hr_http_client_options options = {.resolver.nameservers = dnsmasq_address(names),
                                             .no_breaker = true};
    struct world world;
    unsigned errors = 0;
    open_world(&world, &options, "new.test", services->port);
    check(ask(&world, false) == HR_ERR_NAME_UNRESOLVED, "a name that is not", world.why);
    check(strstr(world.why, "NXDOMAIN") && strstr(world.why, "new.test"), "the message says which",
          world.why);
    dnsmasq_change(names, "127.0.0.1 svc.test new.test\n");
    uint64_t ms = ask_until(&world, "one", false, &errors);
    check(lies(ms, 4000, 5000 + SLACK_MS, world.why), "it is not asked for again for 5 s",
          world.why);
    check(errors > 10 && dnsmasq_asked(names, "query[A] new.test") == 2,
          "requests meanwhile ask nobody", world.why);
    close_world(&world);
    dnsmasq_stop(names);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) abort();
}

/* The hosts file is looked at again every 5 s, by the requests that need it. */
static void rereads_hosts(const struct services *services) {
    char path[] = "/tmp/hr-hosts-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) abort();
    close(fd);
    write_file(path, "127.0.0.1 svc.test # the first\r\n");
    struct hr_http_client_options options = {.resolver.hosts_file = path};
    struct world world;
    unsigned errors = 0;
    open_world(&world, &options, "svc.test", services->port);
    check(ask_until(&world, "one", true, &errors) < SLACK_MS, "a name of the hosts file",
          world.why);
    write_file(path, "127.0.0.2 svc.test\n");
    uint64_t ms = ask_until(&world, "two", true, &errors);
    check(lies(ms, 0, 5000 + SLACK_MS, world.why), "a hosts file that changes is read again",
          world.why);
    check(errors == 0, "no request fails over it", world.why);
    close_world(&world);
    unlink(path);
}

/* An answer of 40 addresses does not fit into a datagram of 512 bytes. */
static void takes_long_answers(void) {
    char hosts[2048];
    size_t size = 0;
    uint16_t port = 0;
    int listener = listen_at("0.0.0.0", &port); /* all of 127.0.0.0/8 */
    if (listener < 0) abort();
    pid_t server = start_server(listener, "many");
    for (unsigned i = 1; i <= 40; i++)
        size += (size_t)snprintf(hosts + size, sizeof hosts - size, "127.0.1.%u many.test\n", i);
    struct dnsmasq *names = name_server(hosts, 60, NULL);
    struct hr_http_client_options options = {.resolver.nameservers = dnsmasq_address(names)};
    struct world world;
    open_world(&world, &options, "many.test", port);
    check(ask(&world, false) == 0 && strcmp(world.answer, "many") == 0,
          "an answer that was cut comes by TCP", world.why);
    check(dnsmasq_asked(names, "query[A] many.test") == 2, "it was asked for twice: UDP, TCP",
          "not so");
    close_world(&world);
    dnsmasq_stop(names);
    stop_server(&server);
}

/* ---- Name servers that are of no help. */

/* A name server of its own process: answers with the code, or not at all where it is negative. */
static pid_t start_unhelpful(int code, char address[32]) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, size) ||
        getsockname(fd, (struct sockaddr *)&own, &size))
        abort();
    snprintf(address, 32, "127.0.0.1:%u", ntohs(own.sin_port));
    pid_t pid = fork();
    if (pid < 0) abort();
    if (pid > 0) {
        close(fd);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (;;) {
        unsigned char message[512];
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t got =
            recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&from, &from_size);
        if (got < 12 || code < 0) continue;
        message[2] = 0x81; /* an answer, recursion desired */
        message[3] = (unsigned char)(0x80 | code);
        sendto(fd, message, (size_t)got, 0, (struct sockaddr *)&from, from_size);
    }
}

static void names_the_failure(void) {
    static const struct {
        int code;
        const char *what, *word;
    } cases[] = {
        {2, "SERVFAIL is told", "SERVFAIL"},
        {5, "REFUSED is told", "REFUSED"},
        {4, "NOTIMP is told", "NOTIMP"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char address[32];
        struct world world;
        pid_t server = start_unhelpful(cases[i].code, address);
        struct hr_http_client_options options = {.resolver.nameservers = address,
                                                 .retry.attempts_max = HR_NO_RETRY};
        open_world(&world, &options, "svc.test", 80);
        check(ask(&world, false) == HR_ERR_NAME_SERVERS && strstr(world.why, cases[i].word),
              cases[i].what, world.why);
        close_world(&world);
        stop_server(&server);
    }
}

static void times_out(void) {
    char address[32];
    struct world world;
    struct hr_http_client_metrics metrics;
    pid_t server = start_unhelpful(-1, address);
    struct hr_http_client_options options = {.resolver.nameservers = address,
                                             .retry.attempts_max = HR_NO_RETRY,
                                             .timeouts.resolve_timeout_ms = 300};
    open_world(&world, &options, "svc.test", 80);
    int result = ask(&world, false);
    check(result == HR_ERR_RESOLVE_TIMEOUT && strstr(world.why, "resolve_timeout_ms"),
          "a name server that never answers: the option is named", world.why);
    check(lies(world.took_ms, 299, 300 + SLACK_MS, world.why), "at resolve_timeout_ms", world.why);
    hr_http_client_metrics_get(world.client, &metrics);
    check(metrics.timeouts.resolve == 1, "it is counted", "timeouts.resolve is not 1");
    close_world(&world); /* with the query in flight */
    stop_server(&server);
}

/* The first one is silent, or nobody is there: the second answers. */
static void asks_the_next_server(const struct services *services) {
    struct dnsmasq *names = name_server("127.0.0.1 svc.test\n", 60, NULL);
    char silent[32], both[80];
    struct world world;
    pid_t server = start_unhelpful(-1, silent);
    struct hr_http_client_options options = {.resolver.nameservers = both,
                                             .retry.attempts_max = HR_NO_RETRY};
    snprintf(both, sizeof both, "%s,%s", silent, dnsmasq_address(names));
    open_world(&world, &options, "svc.test", services->port);
    check(ask(&world, false) == 0, "a silent name server, then one that answers", world.why);
    check(lies(world.took_ms, 900, 1100 + SLACK_MS, world.why), "after its second", world.why);
    close_world(&world);
    stop_server(&server);
    snprintf(both, sizeof both, "127.0.0.1:%u,%s", dnsmasq_free_port(), dnsmasq_address(names));
    open_world(&world, &options, "svc.test", services->port);
    check(ask(&world, false) == 0 && world.took_ms < 900,
          "a name server that is not there is passed over at once", world.why);
    close_world(&world);
    dnsmasq_stop(names);
}

int main(void) {
    struct services services;
    setvbuf(stdout, NULL, _IOLBF, 0);
    start_services(&services);
    follows_within_ttl(&services);
    follows_when_the_old_one_dies();
    keeps_floor_and_ceiling(&services);
    remembers_what_is_not(&services);
    rereads_hosts(&services);
    takes_long_answers();
    names_the_failure();
    times_out();
    asks_the_next_server(&services);
    stop_services(&services);
    return failed;
}
