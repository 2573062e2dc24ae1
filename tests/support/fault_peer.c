/* A store that fails by chance and counts: see its header. */
#include "fault_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX        16384
#define CONNECTIONS_MAX 4096 /* at a time */
#define REGION          "eu-west-3"
#define SKEW_MAX_S      900

enum fault {
    NO_FAULT,
    RESET, /* before the effect; and the next three */
    STATUS_500,
    STATUS_503,
    SILENT,
    RESET_BEHIND, /* behind the effect; and the next */
    TRUNCATED,
    FAULTS,
};

struct fault_peer {
    struct fault_peer_options options;
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    int open[CONNECTIONS_MAX]; /* descriptors; -1: free */
    unsigned open_count;
    uint64_t requests, with_signature, connections, faults;
    unsigned effects[FAULT_PEER_KEYS];
};

struct connection {
    struct fault_peer *peer;
    int fd;
    unsigned slot, seed;
    size_t used;
    char head[HEAD_MAX];
};

/* One request. */
struct received {
    char method[8], date[20];
    unsigned key;
    size_t body, range_first;
    bool ranged, only_new, fresh_token, in_region, has_signature;
};

unsigned fault_peer_size(unsigned key) {
    return 1 + key * 2654435761u % FAULT_PEER_SIZE;
}

char fault_peer_byte(unsigned key, unsigned place) {
    return (char)('a' + (key * 7 + place + place / 26) % 26);
}

/* ---- Receiving. */

/* The value behind a field's name in a head; NULL: there is no such field. */
static const char *field(const char *head, const char *name) {
    char begin[64];
    snprintf(begin, sizeof begin, "\r\n%s:", name);
    const char *at = strcasestr(head, begin);
    if (!at) return NULL;
    at += strlen(begin);
    return at + strspn(at, " ");
}

static void read_fields(const char *head, struct received *got) {
    const char *length = field(head, "content-length"), *range = field(head, "range");
    const char *date = field(head, "x-amz-date"), *signature = field(head, "authorization");
    const char *token = field(head, "x-amz-security-token");
    if (length) got->body = strtoull(length, NULL, 10);
    got->ranged = range && strncmp(range, "bytes=", 6) == 0;
    if (got->ranged) got->range_first = strtoull(range + 6, NULL, 10);
    if (date) snprintf(got->date, sizeof got->date, "%.16s", date);
    got->only_new = field(head, "if-none-match") != NULL;
    got->fresh_token = token && strncmp(token, "new", 3) == 0;
    got->has_signature = signature != NULL;
    const char *scope = signature ? strstr(signature, "/" REGION "/s3/") : NULL;
    got->in_region = scope && scope < signature + strcspn(signature, ",");
}

static void read_head(const char *head, struct received *got) {
    memset(got, 0, sizeof *got);
    snprintf(got->method, sizeof got->method, "%.*s", (int)strcspn(head, " "), head);
    const char *path = strstr(head, "/bucket/");
    if (path) got->key = (unsigned)strtoul(path + 8, NULL, 10) % FAULT_PEER_KEYS;
    read_fields(head, got);
}

/* One whole request, its body dropped. False: the connection has ended. */
static bool receive(struct connection *connection, struct received *got) {
    char *head = connection->head, *end;
    while (head[connection->used] = '\0', !(end = strstr(head, "\r\n\r\n"))) {
        if (connection->used + 1 == sizeof connection->head) return false;
        ssize_t size = recv(connection->fd, head + connection->used,
                            sizeof connection->head - 1 - connection->used, 0);
        if (size <= 0) return false;
        connection->used += (size_t)size;
    }
    end[2] = '\0';
    read_head(head, got);
    size_t whole = (size_t)(end + 4 - head), here = connection->used - whole;
    if (strcasestr(head, "100-continue") &&
        send(connection->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) != 25)
        return false;
    size_t taken = here < got->body ? here : got->body;
    memmove(head, head + whole + taken, here - taken);
    connection->used = here - taken;
    for (size_t left = got->body - taken; left > 0;) {
        char dropped[4096];
        ssize_t size =
            recv(connection->fd, dropped, left < sizeof dropped ? left : sizeof dropped, 0);
        if (size <= 0) return false;
        left -= (size_t)size;
    }
    return true;
}

/* ---- Answering. */

static bool send_all(int fd, const char *bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t sent = send(fd, bytes + at, size - at, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        at += (size_t)sent;
    }
    return true;
}

static void reset(int fd) {
    const struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static time_t clock_of(const struct fault_peer *peer) {
    return time(NULL) + peer->options.clock_offset_s;
}

/* Date and what every answer has. */
static size_t begin_head(const struct fault_peer *peer, const char *status, char *out,
                         size_t capacity) {
    time_t now = clock_of(peer);
    struct tm parts;
    char date[40];
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    return (size_t)snprintf(
        out, capacity, "HTTP/1.1 %s\r\nDate: %s\r\nx-amz-request-id: fault-peer\r\n", status, date);
}

static bool refuse(const struct connection *connection, const char *status, const char *code) {
    const struct fault_peer *peer = connection->peer;
    char text[1200], body[300];
    int size = snprintf(body, sizeof body,
                        "<Error><Code>%s</Code><Message>as the test wants it</Message>%s</Error>",
                        code, strstr(code, "Malformed") ? "<Region>" REGION "</Region>" : "");
    size_t used = begin_head(peer, status, text, sizeof text);
    if (peer->options.refusal == FAULT_PEER_REDIRECTS)
        used += (size_t)snprintf(text + used, sizeof text - used, "Location: %s\r\n",
                                 peer->options.location);
    used += (size_t)snprintf(text + used, sizeof text - used, "Content-Length: %d\r\n\r\n%s", size,
                             body);
    return send_all(connection->fd, text, used);
}

/* `part` of 2: so much of the body is sent. */
static bool show(const struct connection *connection, const struct received *got, unsigned part) {
    char text[1200 + FAULT_PEER_SIZE];
    unsigned size = fault_peer_size(got->key);
    if (got->ranged && got->range_first >= size)
        return refuse(connection, "416 Range Not Satisfiable", "InvalidRange");
    unsigned first = got->ranged ? (unsigned)got->range_first : 0;
    size_t used = begin_head(connection->peer, got->ranged ? "206 Partial Content" : "200 OK", text,
                             sizeof text);
    if (got->ranged)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "Content-Range: bytes %u-%u/%u\r\n", first, size - 1, size);
    used +=
        (size_t)snprintf(text + used, sizeof text - used,
                         "ETag: \"of-%u\"\r\nContent-Length: %u\r\n\r\n", got->key, size - first);
    unsigned last = first + (size - first) * part / 2;
    for (unsigned at = first; at < last; at++) text[used++] = fault_peer_byte(got->key, at);
    return send_all(connection->fd, text, used);
}

static bool show_written(const struct connection *connection, const struct received *got,
                         unsigned part) {
    char text[1200];
    size_t used = begin_head(connection->peer, "200 OK", text, sizeof text);
    used += (size_t)snprintf(text + used, sizeof text - used,
                             "ETag: \"of-%u\"\r\nContent-Length: 0\r\n\r\n", got->key);
    return send_all(connection->fd, text, used * part / 2);
}

/* ---- Judging. */

/* 0; or it is refused, and has been answered: 1 goes on, -1 ends the connection. */
static int judge(const struct connection *connection, const struct received *got) {
    const struct fault_peer *peer = connection->peer;
    struct tm parts = {0};
    bool good = true;
    switch (peer->options.refusal) {
    case FAULT_PEER_SLOW_DOWN:
        good = refuse(connection, "503 Slow Down", "SlowDown");
        return good ? 1 : -1;
    case FAULT_PEER_CLOCK:
        strptime(got->date, "%Y%m%dT%H%M%SZ", &parts);
        if (llabs((long long)(timegm(&parts) - clock_of(peer))) <= SKEW_MAX_S) return 0;
        good = refuse(connection, "403 Forbidden", "RequestTimeTooSkewed");
        return good ? 1 : -1;
    case FAULT_PEER_REGION:
        if (got->in_region) return 0;
        good = refuse(connection, "400 Bad Request", "AuthorizationHeaderMalformed");
        return good ? 1 : -1;
    case FAULT_PEER_TOKEN:
        if (got->fresh_token) return 0;
        good = refuse(connection, "400 Bad Request", "ExpiredToken");
        return good ? 1 : -1;
    case FAULT_PEER_REDIRECTS:
        good = refuse(connection, "307 Temporary Redirect", "TemporaryRedirect");
        return good ? 1 : -1;
    default:
        return 0;
    }
}

static enum fault draw(struct connection *connection) {
    struct fault_peer *peer = connection->peer;
    unsigned dice = (unsigned)rand_r(&connection->seed) % 10000;
    if (dice >= peer->options.faults_percent * 100) return NO_FAULT;
    __atomic_add_fetch(&peer->faults, 1, __ATOMIC_RELAXED);
    enum fault fault = 1 + (enum fault)((unsigned)rand_r(&connection->seed) % (FAULTS - 1));
    bool waits = fault == SILENT && rand_r(&connection->seed) % 16 == 0; /* it takes its time */
    return fault == SILENT && !waits ? RESET : fault;
}

/* Writes; false: the condition is not met. */
static bool apply(struct fault_peer *peer, const struct received *got) {
    pthread_mutex_lock(&peer->lock);
    bool met = !got->only_new || peer->effects[got->key] == 0;
    if (met) peer->effects[got->key]++;
    pthread_mutex_unlock(&peer->lock);
    return met;
}

/* The answer of what was done. False: the connection ends. */
static bool answer(struct connection *connection, const struct received *got, unsigned part) {
    if (strcmp(got->method, "GET") == 0) return show(connection, got, part) && part == 2;
    if (!apply(connection->peer, got))
        return refuse(connection, "412 Precondition Failed", "PreconditionFailed");
    return part == 0 || (show_written(connection, got, part) && part == 2);
}

static bool serve(struct connection *connection, const struct received *got) {
    enum fault fault = draw(connection);
    char byte;
    switch (fault) {
    case RESET:
        reset(connection->fd);
        return false;
    case STATUS_500:
        return refuse(connection, "500 Internal Server Error", "InternalError");
    case STATUS_503:
        return refuse(connection, "503 Slow Down", "SlowDown");
    case SILENT: /* until the client has had enough */
        return recv(connection->fd, &byte, 1, 0) > 0 && false;
    case RESET_BEHIND:
        if (strcmp(got->method, "GET") != 0) answer(connection, got, 0);
        reset(connection->fd);
        return false;
    case TRUNCATED:
        return answer(connection, got, 1);
    default:
        return answer(connection, got, 2);
    }
}

/* ---- Threads. */

static void *run_connection(void *argument) {
    struct connection *connection = argument;
    struct fault_peer *peer = connection->peer;
    struct received got;
    for (bool open = true; open && receive(connection, &got);) {
        __atomic_add_fetch(&peer->requests, 1, __ATOMIC_RELAXED);
        if (got.has_signature) __atomic_add_fetch(&peer->with_signature, 1, __ATOMIC_RELAXED);
        int refused = judge(connection, &got);
        open = refused > 0 || (refused == 0 && serve(connection, &got));
    }
    pthread_mutex_lock(&peer->lock);
    close(connection->fd);
    peer->open[connection->slot] = -1;
    peer->open_count--;
    pthread_cond_signal(&peer->idle);
    pthread_mutex_unlock(&peer->lock);
    free(connection);
    return NULL;
}

static void begin_connection(struct fault_peer *peer, int fd) {
    struct connection *connection = calloc(1, sizeof *connection);
    pthread_t thread;
    int yes = 1;
    if (!connection) abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    pthread_mutex_lock(&peer->lock);
    unsigned slot = 0;
    while (peer->open[slot] >= 0) slot++;
    peer->open[slot] = fd;
    peer->open_count++;
    unsigned number = (unsigned)__atomic_add_fetch(&peer->connections, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&peer->lock);
    connection->peer = peer;
    connection->fd = fd;
    connection->slot = slot;
    connection->seed = number * 7919;
    if (pthread_create(&thread, NULL, run_connection, connection) != 0) abort();
    pthread_detach(thread);
}

static void *run_listener(void *argument) {
    struct fault_peer *peer = argument;
    for (int fd; (fd = accept(peer->listener, NULL, NULL)) >= 0;) begin_connection(peer, fd);
    return NULL;
}

struct fault_peer *fault_peer_start(const struct fault_peer_options *options) {
    struct fault_peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (!peer) abort();
    peer->options = *options;
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->idle, NULL);
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) peer->open[i] = -1;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 || bind(peer->listener, (struct sockaddr *)&address, size) < 0 ||
        listen(peer->listener, 256) < 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) < 0)
        abort();
    peer->port = ntohs(address.sin_port);
    if (pthread_create(&peer->thread, NULL, run_listener, peer) != 0) abort();
    return peer;
}

void fault_peer_stop(struct fault_peer *peer) {
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    pthread_mutex_lock(&peer->lock);
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        if (peer->open[i] >= 0) shutdown(peer->open[i], SHUT_RDWR);
    while (peer->open_count > 0) pthread_cond_wait(&peer->idle, &peer->lock);
    pthread_mutex_unlock(&peer->lock);
    pthread_mutex_destroy(&peer->lock);
    pthread_cond_destroy(&peer->idle);
    free(peer);
}

/* ---- Figures. */

uint16_t fault_peer_port(const struct fault_peer *peer) {
    return peer->port;
}

uint64_t fault_peer_requests(const struct fault_peer *peer) {
    return __atomic_load_n(&peer->requests, __ATOMIC_RELAXED);
}

uint64_t fault_peer_signed(const struct fault_peer *peer) {
    return __atomic_load_n(&peer->with_signature, __ATOMIC_RELAXED);
}

uint64_t fault_peer_connections(const struct fault_peer *peer) {
    return __atomic_load_n(&peer->connections, __ATOMIC_RELAXED);
}

uint64_t fault_peer_faults(const struct fault_peer *peer) {
    return __atomic_load_n(&peer->faults, __ATOMIC_RELAXED);
}

unsigned fault_peer_effects(const struct fault_peer *peer, unsigned key) {
    struct fault_peer *locked = (struct fault_peer *)(uintptr_t)peer;
    pthread_mutex_lock(&locked->lock);
    unsigned effects = peer->effects[key];
    pthread_mutex_unlock(&locked->lock);
    return effects;
}
