/* A byte to another thread and back, over TCP on the loopback interface. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "calibration_samples.h"

#define TRIPS      50 /* of a sample */
#define PATIENCE_S 1  /* for a byte */

static void prepare(int fd) {
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/* Two ends of one connection; 0 or -1. */
static int connect_both(int listener, int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0)
        return -1;
    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0) return -1;
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (ends[0] < 0) return -1;
    prepare(ends[0]);
    if (connect(ends[0], (struct sockaddr *)&address, size) != 0) return -1;
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (ends[1] < 0) return -1;
    prepare(ends[1]);
    return 0;
}

/* Until the other end closes. */
static void *echo(void *user) {
    int fd = *(const int *)user;
    char byte;
    while (recv(fd, &byte, 1, 0) == 1)
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1) break;
    return NULL;
}

static int trip(void *user) {
    int fd = *(const int *)user;
    char byte = 1;
    for (unsigned i = 0; i < TRIPS; i++)
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1) return -1;
    return 0;
}

static double measure(int ends[2]) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, echo, &ends[1]) != 0) return -1;
    double rate = perf_calibration_rate(trip, &ends[0], TRIPS);
    shutdown(ends[0], SHUT_RDWR);
    pthread_join(thread, NULL);
    return rate;
}

double perf_calibrate_loopback(void) {
    int ends[2] = {-1, -1}, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    double rate = connect_both(listener, ends) == 0 ? measure(ends) : -1;
    close(listener);
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    return rate;
}
