/* A web server that answers nothing until COUNT requests stand on as many connections, then all of
 * them, and so on; with two numbers the first one is for the first time. It keeps the connections,
 * so a client that sends COUNT requests has COUNT of them. Prints its port; ends with its standard
 * input.
 *
 * usage: hold_server COUNT [COUNT] */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define COUNT_MAX  100000
#define RESPONSE   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static int epoll_fd;
static int *waiting;
static size_t count, later_count, waiting_count;

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void respond(int fd) {
    if (write(fd, RESPONSE, sizeof RESPONSE - 1) < 0) close(fd);
}

/* A request is one small packet here: what can be read is all of it. */
static void serve(int fd) {
    char data[4096];
    ssize_t size = read(fd, data, sizeof data);
    if (size <= 0) {
        close(fd);
    } else {
        waiting[waiting_count++] = fd;
        if (waiting_count < count) return;
        for (size_t i = 0; i < waiting_count; i++) respond(waiting[i]);
        waiting_count = 0;
        count = later_count;
    }
}

int main(int argc, char **argv) {
    count = argc >= 2 ? strtoul(argv[1], NULL, 10) : 0;
    later_count = argc >= 3 ? strtoul(argv[2], NULL, 10) : count;
    if (!count || !later_count || count > COUNT_MAX || later_count > COUNT_MAX) {
        fputs("usage: hold_server COUNT [COUNT]\n", stderr);
        return 2;
    }
    waiting = calloc(COUNT_MAX, sizeof *waiting);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (!waiting || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 65535) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    watch(listener);
    watch(STDIN_FILENO);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd, accepted;
            if (fd == STDIN_FILENO) return 0;
            if (fd != listener) {
                serve(fd);
                continue;
            }
            while ((accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) watch(accepted);
        }
    }
}
