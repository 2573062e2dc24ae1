#include "http_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 16

struct http_script {
    const json_t *script;
    int listener, stop_pipe[2];
    uint16_t port;
    pthread_t acceptor, threads[CONNECTIONS_MAX];
    unsigned connections;
    pthread_mutex_t lock; /* of what follows */
    char *heads, *bodies;
    size_t heads_size, bodies_size;
};

struct connection {
    struct http_script *server;
    const json_t *replies;
    int fd;
    char input[65536]; /* received and not used */
    size_t input_size;
    uint64_t body_left; /* of the request being read */
};

static void keep(struct http_script *server, char **text, size_t *size, const char *data,
                 size_t added) {
    pthread_mutex_lock(&server->lock);
    char *grown = realloc(*text, *size + added + 1);
    if (!grown) abort();
    if (added > 0) memcpy(grown + *size, data, added);
    *text = grown;
    *size += added;
    grown[*size] = 0;
    pthread_mutex_unlock(&server->lock);
}

/* False when the peer has ended, or the server is to stop. */
static bool receive(struct connection *connection) {
    struct pollfd fds[2] = {{.fd = connection->fd, .events = POLLIN},
                            {.fd = connection->server->stop_pipe[0], .events = POLLIN}};
    if (poll(fds, 2, -1) < 0 || fds[1].revents) return false;
    ssize_t got = recv(connection->fd, connection->input + connection->input_size,
                       sizeof connection->input - connection->input_size, 0);
    if (got <= 0) return false;
    connection->input_size += (size_t)got;
    return true;
}

static void use(struct connection *connection, size_t size) {
    connection->input_size -= size;
    memmove(connection->input, connection->input + size, connection->input_size);
}

static bool read_head(struct connection *connection) {
    struct http_script *server = connection->server;
    char *end;
    while (!(end = memmem(connection->input, connection->input_size, "\r\n\r\n", 4)))
        if (connection->input_size == sizeof connection->input || !receive(connection))
            return false;
    size_t size = (size_t)(end - connection->input) + 4;
    keep(server, &server->heads, &server->heads_size, connection->input, size);
    connection->body_left = 0;
    for (char *line = connection->input; line < end; line = memchr(line, '\n', size) + 1)
        if (strncasecmp(line, "content-length:", 15) == 0)
            connection->body_left = strtoull(line + 15, NULL, 10);
    use(connection, size);
    return true;
}

static bool read_body(struct connection *connection, uint64_t wanted) {
    struct http_script *server = connection->server;
    if (wanted > connection->body_left) wanted = connection->body_left;
    while (wanted > 0) {
        if (connection->input_size == 0 && !receive(connection)) return false;
        size_t size = connection->input_size < wanted ? connection->input_size : (size_t)wanted;
        keep(server, &server->bodies, &server->bodies_size, connection->input, size);
        use(connection, size);
        wanted -= size;
        connection->body_left -= size;
    }
    return true;
}

static bool send_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static void send_zeros(int fd, uint64_t count) {
    static const char zeros[65536];
    while (count > 0) {
        size_t size = count < sizeof zeros ? (size_t)count : sizeof zeros;
        if (!send_all(fd, zeros, size)) return;
        count -= size;
    }
}

/* The number behind "name:" among the directives, or -1. */
static long number_of(const char *directives, const char *name) {
    const char *at = directives ? strstr(directives, name) : NULL;
    if (!at) return -1;
    at += strlen(name);
    return *at == ':' ? strtol(at + 1, NULL, 10) : 0;
}

/* False when the connection is not to go on. */
static bool act(struct connection *connection, const char *reply) {
    const char *directives = strchr(reply, '#');
    size_t size = directives ? (size_t)(directives - reply) : strlen(reply);
    long drip = number_of(directives, "#drip"), pause = number_of(directives, "#sleep");
    if (pause > 0) poll(NULL, 0, (int)pause);
    for (size_t i = 0; drip > 0 && i < size; i++) {
        if (!send_all(connection->fd, reply + i, 1)) return false;
        poll(NULL, 0, (int)drip);
    }
    if (drip <= 0 && !send_all(connection->fd, reply, size)) return false;
    if (number_of(directives, "#zeros") > 0)
        send_zeros(connection->fd, (uint64_t)number_of(directives, "#zeros"));
    if (number_of(directives, "#hang") >= 0)
        while (receive(connection)) connection->input_size = 0;
    if (number_of(directives, "#rst") >= 0) {
        struct linger abort_it = {.l_onoff = 1};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    }
    return number_of(directives, "#close") < 0 && number_of(directives, "#hang") < 0 &&
           number_of(directives, "#rst") < 0;
}

/* One reply; an "expect" one is followed by the reply to the same request. */
static bool answer(struct connection *connection, const char *reply, bool *head_read) {
    static const char interim[] = "#expect-continue:";
    if (!*head_read && !read_head(connection)) return false;
    *head_read = false;
    if (strcmp(reply, "#close-on-request") == 0) return false;
    if (strncmp(reply, interim, sizeof interim - 1) == 0) {
        *head_read = true;
        const char *text = reply + sizeof interim - 1;
        return send_all(connection->fd, text, strlen(text));
    }
    if (strcmp(reply, "#no-continue") == 0) {
        *head_read = true;
        return true;
    }
    long part = number_of(strchr(reply, '#'), "#read");
    if (!read_body(connection, part >= 0 ? (uint64_t)part : UINT64_MAX)) return false;
    return act(connection, reply);
}

static void *serve(void *user) {
    struct connection *connection = user;
    const json_t *reply;
    size_t i;
    bool head_read = false, goes_on = true;
    json_array_foreach(connection->replies, i, reply) {
        goes_on = goes_on && answer(connection, json_string_value(reply), &head_read);
    }
    /* Nothing more to say: whatever else is asked here stays without an answer. */
    if (goes_on && read_head(connection)) shutdown(connection->fd, SHUT_RDWR);
    close(connection->fd);
    free(connection);
    return NULL;
}

static void *accept_all(void *user) {
    struct http_script *server = user;
    while (server->connections < CONNECTIONS_MAX) {
        struct pollfd fds[2] = {{.fd = server->listener, .events = POLLIN},
                                {.fd = server->stop_pipe[0], .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents) break;
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) abort();
        int one = 1;
        connection->server = server;
        connection->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        connection->replies = json_array_get(server->script, server->connections);
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&server->threads[server->connections], NULL, serve, connection)) abort();
        server->connections++;
    }
    return NULL;
}

struct http_script *http_script_start(const json_t *script) {
    struct http_script *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (!server) abort();
    server->script = script;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&server->lock, NULL);
    keep(server, &server->heads, &server->heads_size, "", 0);
    keep(server, &server->bodies, &server->bodies_size, "", 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) ||
        listen(server->listener, CONNECTIONS_MAX) ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) ||
        pipe(server->stop_pipe) || pthread_create(&server->acceptor, NULL, accept_all, server))
        abort();
    server->port = ntohs(address.sin_port);
    return server;
}

uint16_t http_script_port(const struct http_script *server) {
    return server->port;
}

void http_script_stop(struct http_script *server) {
    close(server->stop_pipe[1]);
    pthread_join(server->acceptor, NULL);
    for (unsigned i = 0; i < server->connections; i++) pthread_join(server->threads[i], NULL);
    close(server->stop_pipe[0]);
    close(server->listener);
}

unsigned http_script_connections(const struct http_script *server) {
    return server->connections;
}

const char *http_script_heads(const struct http_script *server) {
    return server->heads;
}

const char *http_script_bodies(const struct http_script *server, size_t *size) {
    *size = server->bodies_size;
    return server->bodies;
}

void http_script_free(struct http_script *server) {
    pthread_mutex_destroy(&server->lock);
    free(server->heads);
    free(server->bodies);
    free(server);
}
