/* Threads against the HTTP server on two reactors: whole requests, broken ones, vanishing clients,
 * and a close in the middle of it. A plain program, for TSan. */
#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/engine.h>
#include <headrace/http_server.h>

#define CLIENTS 6
#define ROUNDS  300

static uint16_t port;
static unsigned answered, begun, ended; /* atomic */
static sem_t closed;

static void on_end(void *user, int result) {
    (void)user, (void)result;
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)user, (void)data;
    return (ssize_t)size;
}

static void respond(void *user, hr_http_exchange *exchange, int result) {
    (void)user;
    if (result < 0) return;
    struct hr_http_response response = {
        .status = 200, .body = hr_source_bytes("fine", 4), .on_end = on_end};
    hr_http_exchange_respond(exchange, &response);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    __atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
    hr_http_exchange_on_end(exchange, on_end, NULL);
    hr_http_exchange_read(exchange, consume, respond, NULL);
}

static void on_closed(void *user) {
    (void)user;
    sem_post(&closed);
}

static int dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static void talk(unsigned *seed) {
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody", /* and no more */
    };
    int fd = dial();
    if (fd < 0) return;
    unsigned kind = (unsigned)rand_r(seed) % 6;
    send(fd, requests[kind], strlen(requests[kind]), MSG_NOSIGNAL);
    char text[512];
    bool reads = kind < 5 && rand_r(seed) % 4;
    if (reads && recv(fd, text, sizeof text, 0) > 12 && memcmp(text + 9, "200", 3) == 0)
        __atomic_add_fetch(&answered, 1, __ATOMIC_RELAXED);
    struct linger abort_at_close = {rand_r(seed) % 3 == 0, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    close(fd);
}

static void *client(void *user) {
    unsigned seed = (unsigned)(size_t)user;
    for (int i = 0; i < ROUNDS; i++) talk(&seed);
    return NULL;
}

int main(void) {
    hr_engine *engine;
    hr_http_server *server;
    struct hr_error error = {0};
    struct hr_engine_options engine_options = {.reactors = 2};
    if (hr_engine_new(&engine_options, &error, &engine) < 0) {
        fprintf(stderr, "engine: %s\n", error.message);
        return 1;
    }
    struct hr_http_server_options options = {.on_request = on_request};
    sem_init(&closed, 0, 0);
    for (int life = 0; life < 4; life++) {
        unsigned before = __atomic_load_n(&begun, __ATOMIC_RELAXED);
        if (hr_http_server_new(engine, &options, &error, &server) < 0) {
            fprintf(stderr, "server: %s\n", error.message);
            return 1;
        }
        port = hr_http_server_port(server);
        pthread_t threads[CLIENTS];
        for (size_t i = 0; i < CLIENTS; i++)
            pthread_create(&threads[i], NULL, client, (void *)(i + 10 * (size_t)life + 1));
        /* The last lives end under load. */
        if (life < 2)
            for (int i = 0; i < CLIENTS; i++) pthread_join(threads[i], NULL);
        else
            while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < before + 300) usleep(100);
        hr_http_server_close(server, on_closed, NULL);
        while (sem_wait(&closed) < 0) {}
        if (life >= 2)
            for (int i = 0; i < CLIENTS; i++) pthread_join(threads[i], NULL);
    }
    if (hr_engine_close(engine, NULL, NULL) < 0) return 1;
    printf("%u requests begun, %u ended, %u answers read\n", begun, ended, answered);
    return begun == ended && answered > 0 ? 0 : 1;
}
