/* nginx closes connections that were idle for a second. Ten thousand requests that come about a
 * second after the one before, over 500 connections: none fails, whoever is quicker. */
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <headrace/http_client.h>

#define CALLERS     500
#define ROUNDS      20
#define PAUSE_MIN   900 /* ms; up to so many more */
#define PAUSE_RANGE 200
#define START_MS    10000
#define NS_PER_MS   UINT64_C(1000000)

extern char **environ;

static const char config[] =
    "daemon off; worker_processes 1; pid %1$s/pid; error_log %1$s/error;\n"
    "events { worker_connections 2048; }\n"
    "http { access_log off; keepalive_timeout 1s; keepalive_requests 1000000;\n"
    "  client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;\n"
    "  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;\n"
    "  server { listen 127.0.0.1:%2$u; location / { return 200 here; } } }\n";

static hr_engine *engine;
static hr_http_client *client;
static char url[64];
static unsigned left = CALLERS, failed;

struct caller {
    struct hr_http_request http;
    struct hr_timer timer;
    unsigned rounds;
};

/* ---- nginx. */

static bool answers(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool yes = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return yes;
}

static uint16_t free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

static pid_t start_nginx(const char *folder, uint16_t port) {
    char path[64];
    snprintf(path, sizeof path, "%s/nginx.conf", folder);
    FILE *file = fopen(path, "w");
    if (!file) abort();
    fprintf(file, config, folder, port);
    fclose(file);
    char *words[] = {(char *)"nginx", (char *)"-p", (char *)(uintptr_t)folder,
                     (char *)"-c",    path,         NULL};
    pid_t pid;
    if (posix_spawn(&pid, "/usr/sbin/nginx", NULL, NULL, words, environ) != 0) {
        printf("skip: nginx that closes after a second: /usr/sbin/nginx cannot be started\n");
        exit(0);
    }
    for (unsigned ms = 0; !answers(port); ms += 10) {
        if (ms > START_MS || waitpid(pid, NULL, WNOHANG) != 0) {
            printf("fail: nginx that closes after a second: it does not listen\n");
            exit(1);
        }
        usleep(10000); /* it gives no sign of its own */
    }
    return pid;
}

/* ---- The callers. */

static void again(struct hr_timer *timer) {
    struct caller *caller = (struct caller *)((char *)timer - offsetof(struct caller, timer));
    if (hr_http_request_start(client, &caller->http) < 0) abort();
}

static void on_done(struct hr_request *request) {
    struct caller *caller = request->user;
    if (request->result != 0 || caller->http.status != 200) {
        if (failed++ < 10)
            printf("  request failed: %d, status %d: %s\n", request->result, caller->http.status,
                   request->error.message);
    }
    if (--caller->rounds == 0) {
        __atomic_sub_fetch(&left, 1, __ATOMIC_RELEASE);
        return;
    }
    struct hr_reactor *reactor = hr__reactor_current();
    uint64_t pause_ms = PAUSE_MIN + hr__reactor_random(reactor) % PAUSE_RANGE;
    hr__timer_start(reactor, &caller->timer, hr__reactor_now(reactor) + pause_ms * NS_PER_MS);
}

static void call_all(struct caller *callers) {
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.rounds = ROUNDS};
        callers[i].timer.on_fire = again;
        callers[i].http.url = url;
        callers[i].http.sink = hr_sink_discard();
        callers[i].http.repeat = HR_HTTP_REPEAT_NEVER; /* what the pool does by itself has to do */
        callers[i].http.request.on_done = on_done;
        callers[i].http.request.user = &callers[i];
        if (hr_http_request_start(client, &callers[i].http) < 0) abort();
    }
    while (__atomic_load_n(&left, __ATOMIC_ACQUIRE) > 0) usleep(10000);
}

static int call_nginx(void) {
    struct hr_error error;
    const struct hr_engine_options engine_options = {.reactors = 2};
    const struct hr_http_client_options options = {.pool.connections_max = CALLERS,
                                                   .pool.connections_per_origin_max = CALLERS,
                                                   .pool.idle_timeout_ms = 60000,
                                                   .retry.extra_stale_retry = true};
    struct caller *callers = calloc(CALLERS, sizeof *callers);
    if (!callers || hr_engine_new(&engine_options, &error, &engine) < 0 ||
        hr_http_client_new(engine, &options, &error, &client) < 0)
        abort();
    call_all(callers);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    printf("  %u requests, %u failed, %llu over kept connections, %llu repeated over another, %llu "
           "connections\n",
           CALLERS * ROUNDS, failed, (unsigned long long)metrics.connections_reused,
           (unsigned long long)metrics.stale_retries,
           (unsigned long long)metrics.connections_opened);
    hr_http_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    free(callers);
    return failed ? 1 : 0;
}

int main(void) {
    char folder[] = "/tmp/headrace-nginx-XXXXXX";
    if (!mkdtemp(folder) || chmod(folder, 0755) < 0) abort();
    uint16_t port = free_port();
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    pid_t pid = start_nginx(folder, port);
    int status = call_nginx();
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    printf("%s: 10,000 requests to a server that closes after a second: %u failed\n",
           status ? "fail" : "ok", failed);
    return status;
}
