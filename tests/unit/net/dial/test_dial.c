/* What a dial comes to, seen through the client. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"

Test(dial, a_silent_handshake_times_out) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script silent[] = {{{{PEER_DRAIN}}}};
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .timeouts.handshake_timeout_ms = 60};
    struct fixture f;
    open_all(&f, &options, silent, 1);
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", peer_port(f.peer));
    struct hr_http_request request = {.url = url};
    cr_assert_eq(run(&f, &request), HR_ERR_HANDSHAKE_TIMEOUT, "%s", request.request.error.message);
    cr_assert(strstr(request.request.error.message, "handshake_timeout_ms"));
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.timeouts.handshake, 1);
    cr_assert_eq(metrics.handshakes_full, 0);
    /* And it can be cancelled. */
    struct hr_http_request cancelled = {.url = url, .timeouts.handshake_timeout_ms = HR_NO_TIMEOUT};
    cr_assert_eq(hr_http_request_start(f.client, &cancelled), 0);
    while (peer_connections(f.peer) < 2) hr_engine_poll(f.engine, 1000);
    hr_cancel(&cancelled.request);
    cr_assert_eq(hr_wait(&cancelled.request), -ECANCELED);
    close_all(&f);
}

Test(dial, a_server_that_speaks_no_tls) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script plain[] = {
        {{{PEER_SEND, "HTTP/1.1 400 Bad Request\r\n\r\n"}, {PEER_DRAIN}}}};
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY};
    struct fixture f;
    open_all(&f, &options, plain, 1);
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", peer_port(f.peer));
    struct hr_http_request request = {.url = url};
    int result = run(&f, &request);
    cr_assert(result == HR_ERR_TLS_HANDSHAKE || result == HR_ERR_TLS_PROTOCOL, "%s: %s",
              hr_error_name(result), request.request.error.message);
    close_all(&f);
}

Test(dial, a_name_that_is_none) {
    NEEDS_KERNEL("a name server that is none");
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .resolver.nameservers = "127.0.0.1:1"};
    struct fixture f;
    open_all(&f, &options, NULL, 0);
    struct hr_http_request request = {.url = "http://no.where.invalid/"};
    int result = run(&f, &request);
    cr_assert(result == HR_ERR_NAME_UNRESOLVED || result == HR_ERR_NAME_SERVERS, "%s",
              hr_error_name(result));
    cr_assert(strstr(request.request.error.message, "no.where.invalid"), "%s",
              request.request.error.message);
    close_all(&f);
}

/* The path that a client is given, and a descriptor that listens there. */
static int listen_on(char *path, size_t size) {
    static char folder[32];
    snprintf(folder, sizeof folder, "/tmp/hr-dial-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(path, size, "%s/s", folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 8), 0);
    return fd;
}

static void remove_listener(int fd, char *path) {
    close(fd);
    unlink(path);
    *strrchr(path, '/') = 0;
    rmdir(path);
}

Test(dial, a_unix_socket) {
    NEEDS_KERNEL("a raw peer");
    char path[64];
    int listener = listen_on(path, sizeof path);
    struct hr_http_client_options options = {.unix_socket = path,
                                             .retry.attempts_max = HR_NO_RETRY};
    struct fixture f;
    open_all(&f, &options, NULL, 0);
    struct hr_http_request request = {.url = "http://whatever.test:81/path"};
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    int fd;
    while ((fd = accept(listener, NULL, NULL)) < 0) hr_engine_poll(f.engine, 0);
    char head[512];
    ssize_t got = 0;
    while (got < 4 || memcmp(head + got - 4, "\r\n\r\n", 4) != 0) {
        hr_engine_poll(f.engine, 0);
        ssize_t more = recv(fd, head + got, sizeof head - 1 - (size_t)got, MSG_DONTWAIT);
        if (more > 0) got += more;
    }
    head[got] = 0;
    cr_assert_eq(strncmp(head, "GET /path HTTP/1.1\r\nHost: whatever.test:81\r\n", 44), 0, "%s",
                 head);
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    cr_assert_eq(send(fd, answer, sizeof answer - 1, 0), (ssize_t)sizeof answer - 1);
    cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 204);
    cr_assert_eq(request.connection.peer.ss_family, AF_UNSPEC);
    close(fd);
    close(listener);
    while (true) { /* the kept one closes, then nobody listens */
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(f.client, &metrics);
        if (metrics.connections_open == 0) break;
        hr_engine_poll(f.engine, 1000);
    }
    cr_assert_eq(run(&f, &request), -ECONNREFUSED);
    cr_assert(strstr(request.request.error.message, path), "%s", request.request.error.message);
    close_all(&f);
    remove_listener(-1, path);
}

Test(dial, options_that_contradict) {
    static char long_path[200];
    memset(long_path, 'x', sizeof long_path - 1);
    struct hr_http_client_options bad[] = {
        {.unix_socket = long_path},
        {.unix_socket = ""},
        {.unix_socket = "/tmp/x", .proxy.url = "http://proxy.test"},
        {.proxy.url = "ftp://proxy.test"},
        {.tls.ca_file = "/nonexistent/ca.pem"},
    };
    static const char *const words[] = {"unix_socket", "unix_socket", "proxy.url", "proxy.url",
                                        "ca_file"};
    struct fixture f = {0};
    open_engine(&f, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_error error = {0};
        hr_http_client *client = NULL;
        int err = hr_http_client_new(f.engine, &bad[i], &error, &client);
        cr_assert(err < 0 && !client, "%zu", i);
        cr_assert_eq(error.code, err);
        cr_assert(strstr(error.message, words[i]), "%zu: %s", i, error.message);
    }
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}

/* A request is told where it went. */
Test(dial, the_peer_is_told) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script answers[] = {
        {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 204 No\r\n\r\n"}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, answers, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), 0);
        cr_assert_eq(request.connection.reused, i == 1);
        const struct sockaddr_in *peer = (const struct sockaddr_in *)&request.connection.peer;
        cr_assert_eq(peer->sin_family, AF_INET);
        cr_assert_eq(ntohs(peer->sin_port), peer_port(f.peer));
        cr_assert_null(request.connection.tls.version);
    }
    close_all(&f);
}

/* ---- What the kernel is told. */

/* The descriptor of this process that is connected to the port. */
static int connected_to(uint16_t port) {
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            return fd;
    }
    return -1;
}

static int option_of(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    cr_assert_eq(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

Test(dial, keep_alive_and_user_timeout) {
    NEEDS_KERNEL("a real socket");
    static const struct peer_script answer[] = {
        {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, {PEER_DRAIN}}}};
    static const struct {
        struct hr_http_client_options options;
        int on, idle_s, user_timeout_ms;
    } cases[] = {
        {{0}, 1, 60, 0},
        {{.pool.keepalive_s = 20, .pool.tcp_user_timeout_ms = 7000}, 1, 20, 7000},
        {{.pool.keepalive_s = HR_NO_TIMEOUT}, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        open_all(&f, &cases[i].options, answer, 1);
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), 0);
        int fd = connected_to(peer_port(f.peer));
        cr_assert_geq(fd, 0);
        cr_assert_eq(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), cases[i].on);
        if (cases[i].on) cr_assert_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), cases[i].idle_s);
        cr_assert_eq(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), cases[i].user_timeout_ms);
        cr_assert_eq(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
        close_all(&f);
    }
}

/* A peer whose window stays shut: TCP_USER_TIMEOUT ends it, and that is no time-out of ours. */
Test(dial, a_connection_that_the_kernel_gives_up) {
    NEEDS_KERNEL("a real socket");
    static const struct peer_script deaf[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .pool.tcp_user_timeout_ms = 300};
    struct fixture f;
    open_all(&f, &options, deaf, 1);
    size_t size = 32u << 20;
    char *body = calloc(1, size);
    struct hr_http_request request = {
        .url = peer_url(f.peer, "/"), .method = "PUT", .body = hr_source_bytes(body, size)};
    cr_assert_eq(run(&f, &request), -ECONNABORTED, "%d: %s", request.request.result,
                 request.request.error.message);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.timeouts.total, 0);
    close_all(&f);
    free(body);
}
