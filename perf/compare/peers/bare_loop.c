/* The lower limit of what an HTTP client on io_uring can cost: one thread, one ring, kept
 * connections that are made before, on each a receive that stands for the whole run. Sends a
 * ready-made request, has llhttp parse what comes, sends it again. A turn waits for EVENTS, but for
 * no more than a quarter of the connections and a millisecond: one, as our reactor does, or more,
 * as few wake-ups are cheaper than many. No pool, no limits, no time-outs: whatever fails ends the
 * run. Prints one JSON object.
 *
 * usage: bare_loop PORT REQUEST CONNECTIONS SECONDS EVENTS     on 127.0.0.1; REQUEST is a file: a
 * head, and its body if there is one */
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <llhttp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX     16384
#define BUFFERS         1024 /* a power of two */
#define BUFFER_SIZE     8192u
#define BUFFER_GROUP    1
#define ENTRIES         4096
#define DATA_OF_SEND    UINT64_MAX
#define CONNECTIONS_MAX 20000
#define WANTED_SHARE    4u      /* of the connections one in four */
#define TURN_NS         1000000 /* longest time of a turn */

struct connection {
    llhttp_t parser;
    int fd;
    bool complete; /* the response in progress has come */
};

static struct loop {
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *memory;
    llhttp_settings_t settings;
    struct connection *connections;
    unsigned count, running;
    unsigned wanted; /* events that a turn waits for */
    char request[REQUEST_MAX];
    size_t request_size;
    uint64_t requests, bytes;
    bool over;
} loop;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what, int err) {
    fprintf(stderr, "bare_loop: %s: %s\n", what, strerror(err));
    exit(1);
}

static int on_body(llhttp_t *parser, const char *data, size_t size) {
    (void)parser, (void)data;
    loop.bytes += size;
    return 0;
}

static int on_complete(llhttp_t *parser) {
    struct connection *connection = parser->data;
    connection->complete = true;
    return parser->status_code == 200 ? 0 : HPE_USER;
}

static struct io_uring_sqe *next_sqe(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&loop.ring);
    if (!sqe) {
        io_uring_submit(&loop.ring);
        sqe = io_uring_get_sqe(&loop.ring);
    }
    if (!sqe) fail("io_uring_get_sqe", EBUSY);
    return sqe;
}

/* Stands until there is no buffer; the first try would find nothing. */
static void receive(unsigned index) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_recv(sqe, loop.connections[index].fd, NULL, 0, 0);
    sqe->ioprio |= IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUFFER_GROUP;
    sqe->user_data = index;
}

static void ask(unsigned index) {
    struct io_uring_sqe *sqe = next_sqe();
    loop.connections[index].complete = false;
    io_uring_prep_send(sqe, loop.connections[index].fd, loop.request, loop.request_size,
                       MSG_WAITALL);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = DATA_OF_SEND;
}

/* Parses what came, and gives its buffer back. */
static void parse(struct connection *connection, unsigned buffer, size_t size) {
    char *data = loop.memory + (size_t)buffer * BUFFER_SIZE;
    if (llhttp_execute(&connection->parser, data, size) != HPE_OK) fail("the response", EBADMSG);
    io_uring_buf_ring_add(loop.buffers, data, BUFFER_SIZE, (unsigned short)buffer,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(loop.buffers, 1);
}

static void received(const struct io_uring_cqe *cqe, unsigned index) {
    struct connection *connection = &loop.connections[index];
    if (cqe->res > 0) {
        parse(connection, cqe->flags >> IORING_CQE_BUFFER_SHIFT, (size_t)cqe->res);
    } else if (cqe->res != -ENOBUFS) {
        fail("receive", cqe->res ? -cqe->res : EPIPE);
    }
    if (!(cqe->flags & IORING_CQE_F_MORE)) receive(index);
    if (!connection->complete) return;
    loop.requests++;
    if (loop.over) {
        connection->complete = false;
        loop.running--;
    } else {
        ask(index);
    }
}

static void wait_for_events(unsigned wanted) {
    struct __kernel_timespec limit = {.tv_nsec = TURN_NS};
    struct io_uring_cqe *cqe;
    int err = wanted > 1 ? io_uring_submit_and_wait_timeout(&loop.ring, &cqe, wanted, &limit, NULL)
                         : io_uring_submit_and_wait(&loop.ring, 1);
    if (err < 0 && err != -EINTR && err != -ETIME) fail("io_uring_enter", -err);
}

static void turn(void) {
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;
    wait_for_events(loop.wanted < loop.running ? loop.wanted : loop.running);
    io_uring_for_each_cqe(&loop.ring, head, cqe) {
        if (cqe->user_data == DATA_OF_SEND) fail("send", -cqe->res);
        received(cqe, (unsigned)cqe->user_data);
        count++;
    }
    io_uring_cq_advance(&loop.ring, count);
}

static void run(uint64_t until_ns) {
    while (loop.running) {
        turn();
        loop.over = now_ns() >= until_ns;
    }
}

static void open_ring(void) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        .cq_entries = 4 * ENTRIES,
    };
    int err = io_uring_queue_init_params(ENTRIES, &loop.ring, &params);
    if (err) fail("io_uring_queue_init", -err);
    size_t size = BUFFERS * sizeof(struct io_uring_buf);
    if (posix_memalign((void **)&loop.buffers, 4096, size) != 0 ||
        posix_memalign((void **)&loop.memory, 4096, (size_t)BUFFERS * BUFFER_SIZE) != 0)
        fail("memory", ENOMEM);
    struct io_uring_buf_reg reg = {
        .ring_addr = (uintptr_t)loop.buffers, .ring_entries = BUFFERS, .bgid = BUFFER_GROUP};
    err = io_uring_register_buf_ring(&loop.ring, &reg, 0);
    if (err) fail("io_uring_register_buf_ring", -err);
    io_uring_buf_ring_init(loop.buffers);
    for (unsigned i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(loop.buffers, loop.memory + (size_t)i * BUFFER_SIZE, BUFFER_SIZE,
                              (unsigned short)i, io_uring_buf_ring_mask(BUFFERS), (int)i);
    io_uring_buf_ring_advance(loop.buffers, BUFFERS);
}

static void connect_all(uint16_t port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    llhttp_settings_init(&loop.settings);
    loop.settings.on_body = on_body;
    loop.settings.on_message_complete = on_complete;
    for (unsigned i = 0; i < loop.count; i++) {
        struct connection *connection = &loop.connections[i];
        connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connection->fd < 0 ||
            connect(connection->fd, (const struct sockaddr *)&address, sizeof address) != 0)
            fail("connect", errno);
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        llhttp_init(&connection->parser, HTTP_RESPONSE, &loop.settings);
        connection->parser.data = connection;
    }
}

static void read_request(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path, errno);
    loop.request_size = fread(loop.request, 1, sizeof loop.request, file);
    fclose(file);
    if (loop.request_size == sizeof loop.request ||
        !memmem(loop.request, loop.request_size, "\r\n\r\n", 4))
        fail(path, EINVAL);
}

int main(int argc, char **argv) {
    bool given = argc == 6;
    long port = given ? strtol(argv[1], NULL, 10) : 0;
    long count = given ? strtol(argv[3], NULL, 10) : 0;
    double seconds = given ? strtod(argv[4], NULL) : 0;
    long events = given ? strtol(argv[5], NULL, 10) : 0;
    if (port < 1 || port > 65535 || count < 1 || count > CONNECTIONS_MAX || seconds <= 0 ||
        events < 1 || events > ENTRIES) {
        fputs("usage: bare_loop PORT REQUEST CONNECTIONS SECONDS EVENTS\n", stderr);
        return 2;
    }
    read_request(argv[2]);
    loop.count = loop.running = (unsigned)count;
    loop.wanted = loop.count / WANTED_SHARE;
    if (loop.wanted > (unsigned)events) loop.wanted = (unsigned)events;
    if (loop.wanted == 0) loop.wanted = 1;
    loop.connections = calloc(loop.count, sizeof *loop.connections);
    if (!loop.connections) fail("memory", ENOMEM);
    open_ring();
    connect_all((uint16_t)port);
    uint64_t started = now_ns();
    for (unsigned i = 0; i < loop.count; i++) {
        ask(i);
        receive(i);
    }
    run(started + (uint64_t)(seconds * 1e9));
    printf("{\"requests\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
           (unsigned long long)loop.requests, (unsigned long long)loop.bytes,
           (double)(now_ns() - started) / 1e9);
    return 0;
}
