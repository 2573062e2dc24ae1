/* The lower limit of what a large body can cost an HTTP client: one connection, one request after
 * the other, sent and received by plain calls in pieces as large as pay, and dropped. llhttp finds
 * where a response ends. No pool, no limits, no time-outs: whatever fails ends the run. Prints one
 * JSON object.
 *
 * usage: bare_bulk PORT HEAD SIZE SECONDS     on 127.0.0.1; HEAD is a file, and SIZE the bytes of
 * the body behind it: 0 for a GET */
#include <arpa/inet.h>
#include <errno.h>
#include <llhttp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define HEAD_MAX     8192
#define SEND_SIZE    (1u << 20)
#define RECEIVE_SIZE (256u << 10)

static struct run {
    int fd;
    llhttp_t parser;
    llhttp_settings_t settings;
    char head[HEAD_MAX];
    size_t head_size, body_size;
    bool complete;
    uint64_t requests, bytes;
} run;
static char outgoing[SEND_SIZE], incoming[RECEIVE_SIZE];

static void fail(const char *what, int err) {
    fprintf(stderr, "bare_bulk: %s: %s\n", what, strerror(err));
    exit(1);
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int on_body(llhttp_t *parser, const char *data, size_t size) {
    (void)parser, (void)data;
    run.bytes += size;
    return 0;
}

static int on_complete(llhttp_t *parser) {
    run.complete = true;
    return parser->status_code == 200 ? 0 : HPE_USER;
}

static void send_all(const char *data, size_t size, int flags) {
    while (size > 0) {
        ssize_t sent = send(run.fd, data, size, flags | MSG_NOSIGNAL);
        if (sent < 0) fail("send", errno);
        data += sent;
        size -= (size_t)sent;
    }
}

static void ask(void) {
    send_all(run.head, run.head_size, run.body_size > 0 ? MSG_MORE : 0);
    for (size_t left = run.body_size; left > 0;) {
        size_t size = left < SEND_SIZE ? left : SEND_SIZE;
        send_all(outgoing, size, 0);
        left -= size;
    }
    run.bytes += run.body_size;
    run.complete = false;
    while (!run.complete) {
        ssize_t size = recv(run.fd, incoming, RECEIVE_SIZE, 0);
        if (size <= 0) fail("recv", size ? errno : EPIPE);
        if (llhttp_execute(&run.parser, incoming, (size_t)size) != HPE_OK)
            fail("the response", EBADMSG);
    }
    run.requests++;
}

static void open_connection(uint16_t port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    llhttp_settings_init(&run.settings);
    run.settings.on_body = on_body;
    run.settings.on_message_complete = on_complete;
    llhttp_init(&run.parser, HTTP_RESPONSE, &run.settings);
    run.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (run.fd < 0 || connect(run.fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", errno);
    setsockopt(run.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void read_head(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path, errno);
    run.head_size = fread(run.head, 1, sizeof run.head, file);
    fclose(file);
    if (run.head_size < 4 || memcmp(run.head + run.head_size - 4, "\r\n\r\n", 4) != 0)
        fail(path, EINVAL);
}

int main(int argc, char **argv) {
    bool given = argc == 5;
    long port = given ? strtol(argv[1], NULL, 10) : 0;
    double seconds = given ? strtod(argv[4], NULL) : 0;
    if (port < 1 || port > 65535 || seconds <= 0) {
        fputs("usage: bare_bulk PORT HEAD SIZE SECONDS\n", stderr);
        return 2;
    }
    read_head(argv[2]);
    run.body_size = strtoull(argv[3], NULL, 10);
    open_connection((uint16_t)port);
    double started = now_s();
    do ask();
    while (now_s() - started < seconds);
    printf("{\"requests\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
           (unsigned long long)run.requests, (unsigned long long)run.bytes, now_s() - started);
    return 0;
}
