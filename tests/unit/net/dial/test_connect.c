#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

/* Listens on ::1 alone; the kernel takes the connection, nobody accepts it. */
static int listen_on_v6(uint16_t *port) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&address, &size)) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin6_port);
    return fd;
}

/* A port at which nobody listens, for as long as the socket is open. */
static int take_port(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

Test(connect, the_second_address_is_tried) {
    NEEDS_KERNEL("a raw peer");
    uint16_t port = 0;
    int fd = listen_on_v6(&port);
    if (fd < 0) cr_skip_test("no IPv6 on the loopback");
    struct hr_http_client_options options = {.timeouts.first_byte_timeout_ms = 50,
                                             .retry.attempts_max = HR_NO_RETRY};
    struct fixture f;
    open_all(&f, &options, NULL, 0);
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u/", port);
    struct hr_http_request request = {.url = url};
    cr_assert_eq(run(&f, &request), HR_ERR_FIRST_BYTE_TIMEOUT, "%s", request.request.error.message);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_opened, 1, "%lu", (unsigned long)metrics.connections_opened);
    close(fd);
    /* Nobody on either: the first refusal is told. */
    cr_assert_eq(run(&f, &request), -ECONNREFUSED);
    close_all(&f);
}

Test(connect, a_silent_first_address_leaves_time_for_none_else) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.timeouts.connect_timeout_ms = 80};
    struct fixture f;
    open_all(&f, &options, NULL, 0);
    f.peer = peer_start_deaf();
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u/", peer_port(f.peer));
    struct hr_http_request request = {.url = url};
    cr_assert_eq(run(&f, &request), HR_ERR_CONNECT_TIMEOUT, "%s", request.request.error.message);
    cr_assert_geq(request.request.timings.connect_ns, 35 * 1000000ull);
    cr_assert_leq(request.request.timings.connect_ns, 2000 * 1000000ull);
    close_all(&f);
}

/* Of a request that is used again the connection of its last use is not shown. */
Test(connect, none_is_shown_where_there_was_none) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
          {PEER_REPEAT}}}};
    struct fixture f = {.peer = peer_start(script, 1)};
    struct secure secure;
    secure_open(&secure, f.peer, false);
    open_secure(&f, (struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY});
    struct hr_http_request request = {.url = secure.url};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.connection.peer.ss_family, AF_INET);
    cr_assert_not_null(request.connection.tls.version);
    char url[64];
    uint16_t port;
    int fd = take_port(&port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    request.url = url;
    cr_assert_eq(run(&f, &request), -ECONNREFUSED, "%s", request.request.error.message);
    cr_assert_eq(request.connection.peer.ss_family, AF_UNSPEC);
    cr_assert_null(request.connection.tls.version);
    cr_assert_not(request.connection.reused);
    close(fd);
    close_all(&f);
    secure_close(&secure);
}
