/* tcp streams against raw sockets of the kernel as peers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/engine.h>

#include "needs_kernel.h"
#include "stream.h"

#define PATIENCE_TURNS 2000 /* of at most 5 ms each */

struct seen {
    struct hr_stream *stream;
    char *data;
    const char *lent; /* memory that was lent last */
    size_t size, capacity;
    size_t take_max;  /* of each on_lent; 0: no limit */
    size_t direct_at; /* after so many bytes: go on directly */
    size_t direct_total;
    bool direct_again, close_on_lent, pause_on_lent;
    int connects, connect_result, ends, end_result, writes, write_result, closes, directs, lents;
};

static hr_engine *engine;
static struct hr_reactor *reactor;

static void open_engine(const struct hr_engine_options *given) {
    struct hr_engine_options options = given ? *given : (struct hr_engine_options){0};
    options.mode = HR_ENGINE_CALLER;
    struct hr_error error = {0};
    int err = hr_engine_new(&options, &error, &engine);
    cr_assert_eq(err, 0, "%s", error.message);
    reactor = hr__engine_reactor(engine, 0);
}

static void close_engine(void) {
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int turned = 0;                                                                            \
        while (!(condition)) {                                                                     \
            cr_assert_lt(turned++, PATIENCE_TURNS, "never happened: %s", #condition);              \
            hr_engine_poll(engine, 5);                                                             \
        }                                                                                          \
    } while (0)

/* Nothing that the engine has to do is left undone. */
static void turn_until_quiet(void) {
    for (int quiet = 0; quiet < 3;) quiet = hr_engine_poll(engine, 5) > 0 ? 0 : quiet + 1;
}

static char pattern(size_t at) {
    return (char)(at * 31 + at / 251);
}

static char *pattern_new(size_t size) {
    char *data = malloc(size);
    for (size_t i = 0; i < size; i++) data[i] = pattern(i);
    return data;
}

static void expect_pattern(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) cr_assert_eq(data[i], pattern(i), "byte %zu differs", i);
}

/* ---- What the streams tell. */

static void saw_connected(struct hr_stream *stream, int result) {
    struct seen *seen = stream->owner;
    seen->connects++;
    seen->connect_result = result;
}

static size_t saw_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct seen *seen = stream->owner;
    cr_assert_eq(seen->closes, 0);
    cr_assert_eq(seen->ends, 0, "bytes after the end");
    seen->lents++;
    seen->lent = data;
    if (seen->take_max && size > seen->take_max) size = seen->take_max;
    if (seen->direct_at && size > seen->direct_at - seen->size) size = seen->direct_at - seen->size;
    cr_assert_leq(seen->size + size, seen->capacity);
    memcpy(seen->data + seen->size, data, size);
    seen->size += size;
    if (seen->direct_at && seen->size == seen->direct_at)
        stream->vtable->read_direct(stream, seen->data + seen->size,
                                    seen->direct_total - seen->size);
    if (seen->pause_on_lent) stream->vtable->pause(stream);
    if (seen->close_on_lent) stream->vtable->close(stream);
    return size;
}

static void saw_direct(struct hr_stream *stream, size_t size) {
    struct seen *seen = stream->owner;
    seen->directs++;
    seen->size += size;
    if (seen->direct_again && seen->size < seen->direct_total)
        stream->vtable->read_direct(stream, seen->data + seen->size,
                                    seen->direct_total - seen->size);
}

static void saw_end(struct hr_stream *stream, int result) {
    struct seen *seen = stream->owner;
    seen->ends++;
    seen->end_result = result;
}

static void saw_written(struct hr_stream *stream, int result) {
    struct seen *seen = stream->owner;
    seen->writes++;
    seen->write_result = result;
}

static void saw_closed(struct hr_stream *stream) {
    struct seen *seen = stream->owner;
    seen->closes++;
    seen->stream = NULL;
}

static const struct hr_stream_events events = {saw_connected, saw_lent,    saw_direct,
                                               saw_end,       saw_written, saw_closed};

static void seen_init(struct seen *seen, size_t capacity) {
    memset(seen, 0, sizeof *seen);
    seen->capacity = capacity;
    seen->data = malloc(capacity ? capacity : 1);
}

/* A stream over one end of a pair; the other end is returned. */
static int open_pair(struct seen *seen, size_t capacity) {
    int fds[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    seen_init(seen, capacity);
    cr_assert_eq(hr__tcp_adopt(reactor, fds[0], &events, seen, &seen->stream), 0);
    return fds[1];
}

/* The same over loopback TCP. */
static int listen_loopback(struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof *address;
    cr_assert_eq(bind(fd, (struct sockaddr *)address, size), 0);
    cr_assert_eq(listen(fd, 16), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)address, &size), 0);
    return fd;
}

static int open_loopback(struct seen *seen, size_t capacity) {
    struct sockaddr_in address;
    int listener = listen_loopback(&address);
    seen_init(seen, capacity);
    cr_assert_eq(hr__tcp_new(reactor, &events, seen, &seen->stream), 0);
    seen->stream->vtable->connect(seen->stream, (struct sockaddr *)&address, sizeof address);
    cr_assert_eq(seen->connects, 0, "called back from inside the call");
    TURN_UNTIL(seen->connects == 1);
    cr_assert_eq(seen->connect_result, 0);
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    cr_assert_geq(peer, 0);
    close(listener);
    return peer;
}

static void close_stream(struct seen *seen) {
    seen->stream->vtable->close(seen->stream);
    cr_assert_eq(seen->closes, 0, "called back from inside the call");
    TURN_UNTIL(seen->closes == 1);
    free(seen->data);
}

static void send_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        cr_assert_gt(sent, 0);
        data += sent;
        size -= (size_t)sent;
    }
}

/* Reads what the stream sends, turning the engine meanwhile. */
static void expect_sent(int fd, size_t size) {
    size_t at = 0;
    char part[3000];
    for (int turns = 0; at < size;) {
        ssize_t got = recv(fd, part, sizeof part, MSG_DONTWAIT);
        if (got < 0) {
            cr_assert_eq(errno, EAGAIN);
            cr_assert_lt(turns++, PATIENCE_TURNS);
            hr_engine_poll(engine, 5);
            continue;
        }
        cr_assert_gt(got, 0, "end after %zu of %zu bytes", at, size);
        for (ssize_t i = 0; i < got; i++) cr_assert_eq(part[i], pattern(at + (size_t)i));
        at += (size_t)got;
    }
}

static uint64_t budget_used(void) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    return metrics.budget_used_bytes;
}

/* ---- Connecting and closing. */

Test(tcp, connects_exchanges_and_ends) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_loopback(&seen, 100);
    struct iovec iov = {pattern_new(5), 5};
    seen.stream->vtable->read_lent(seen.stream);
    seen.stream->vtable->write(seen.stream, &iov, 1);
    expect_sent(peer, 5);
    TURN_UNTIL(seen.writes == 1);
    cr_assert_eq(seen.write_result, 0);
    send_all(peer, iov.iov_base, 5);
    TURN_UNTIL(seen.size == 5);
    expect_pattern(seen.data, 5);

    struct hr_stream_info info;
    seen.stream->vtable->info(seen.stream, &info);
    cr_assert_eq(info.bytes_sent, 5);
    cr_assert_eq(info.bytes_received, 5);
    cr_assert_eq(info.peer.ss_family, AF_INET);

    shutdown(peer, SHUT_WR);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.end_result, 0);
    close_stream(&seen);
    char byte;
    cr_assert_eq(recv(peer, &byte, 1, 0), 0, "the peer sees the end");
    close(peer);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.connections_opened, 1);
    cr_assert_eq(metrics.connections_open, 0);
    free(iov.iov_base);
    close_engine();
}

Test(tcp, refused_connect_is_told_once) {
    struct sockaddr_in address;
    struct seen seen;
    open_engine(NULL);
    close(listen_loopback(&address)); /* nobody listens there now */
    seen_init(&seen, 1);
    cr_assert_eq(hr__tcp_new(reactor, &events, &seen, &seen.stream), 0);
    seen.stream->vtable->connect(seen.stream, (struct sockaddr *)&address, sizeof address);
    TURN_UNTIL(seen.connects == 1);
    cr_assert_eq(seen.connect_result, -ECONNREFUSED);
    close_stream(&seen);
    cr_assert_eq(seen.ends + seen.writes, 0);
    close_engine();
}

Test(tcp, close_is_possible_at_every_step_of_connecting) {
    struct sockaddr_in address;
    open_engine(NULL);
    int listener = listen_loopback(&address);
    for (int turns = -1; turns < 4; turns++) {
        struct seen seen;
        seen_init(&seen, 1);
        cr_assert_eq(hr__tcp_new(reactor, &events, &seen, &seen.stream), 0);
        if (turns >= 0)
            seen.stream->vtable->connect(seen.stream, (struct sockaddr *)&address, sizeof address);
        for (int i = 0; i < turns; i++) hr_engine_poll(engine, 0);
        int connects = seen.connects;
        close_stream(&seen);
        cr_assert_eq(seen.connects, connects, "called back after close");
    }
    close(listener);
    close_engine();
}

Test(tcp, close_with_everything_armed_really_closes) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_loopback(&seen, 1);
    size_t size = 64 << 20; /* more than the socket buffers hold */
    struct iovec iov = {calloc(1, size), size};
    seen.stream->vtable->read_lent(seen.stream);
    seen.stream->vtable->write(seen.stream, &iov, 1);
    turn_until_quiet();
    cr_assert_eq(seen.writes, 0);
    close_stream(&seen);
    cr_assert_eq(seen.ends + seen.writes + seen.lents, 0);
    static char sink[1 << 16];
    ssize_t got;
    while ((got = recv(peer, sink, sizeof sink, 0)) > 0) {}
    cr_assert(got == 0 || errno == ECONNRESET, "the peer sees the end");
    close(peer);
    free(iov.iov_base);
    close_engine();
}

Test(tcp, close_from_inside_a_call_is_the_last_but_one_event) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 100);
    seen.close_on_lent = true;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "hello", 5);
    shutdown(peer, SHUT_WR);
    TURN_UNTIL(seen.closes == 1);
    turn_until_quiet();
    cr_assert_eq(seen.lents, 1);
    cr_assert_eq(seen.ends, 0);
    free(seen.data);
    close(peer);
    close_engine();
}

Test(tcp, close_gives_back_what_was_spilled) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 100);
    seen.take_max = 1;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "spilled", 7);
    TURN_UNTIL(seen.lents == 1);
    cr_assert_gt(budget_used(), 0);
    close_stream(&seen);
    close(peer);
    cr_assert_eq(budget_used(), 0);
    close_engine();
}

/* ---- Receiving. */

Test(tcp, what_is_not_taken_is_offered_again_in_order) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    size_t size = 100000;
    char *sent = pattern_new(size);
    open_engine(NULL);
    int peer = open_pair(&seen, size);
    seen.take_max = 777;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, sent, size);
    int turns = 0;
    while (seen.size < size) {
        cr_assert_lt(turns++, PATIENCE_TURNS);
        hr_engine_poll(engine, 5);
        seen.stream->vtable->read_lent(seen.stream);
    }
    expect_pattern(seen.data, size);
    TURN_UNTIL(budget_used() == 0);
    close_stream(&seen);
    close(peer);
    free(sent);
    close_engine();
}

Test(tcp, memory_that_a_secret_was_lent_in_is_wiped) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    size_t size = 100;
    char *sent = pattern_new(size);
    open_engine(NULL);
    int peer = open_pair(&seen, size);
    seen.take_max = 60; /* the rest is spilled */
    seen.stream->vtable->wipe(seen.stream);
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, sent, size);
    TURN_UNTIL(seen.size == 60);
    for (size_t i = 0; i < size; i++) cr_assert_eq(seen.lent[i], 0, "byte %zu is there", i);
    seen.stream->vtable->read_lent(seen.stream);
    TURN_UNTIL(seen.size == size);
    expect_pattern(seen.data, size);
    close_stream(&seen);
    close(peer);
    free(sent);
    close_engine();
}

Test(tcp, paused_stream_is_silent_and_loses_nothing) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 1000);
    seen.pause_on_lent = true;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "a", 1);
    TURN_UNTIL(seen.size == 1);
    send_all(peer, "bc", 2);
    turn_until_quiet();
    send_all(peer, "d", 1);
    turn_until_quiet();
    cr_assert_eq(seen.lents, 1);
    cr_assert_gt(budget_used(), 0, "what came is in the spill buffer");
    seen.pause_on_lent = false;
    seen.stream->vtable->read_lent(seen.stream);
    cr_assert_eq(seen.lents, 1, "called back from inside the call");
    TURN_UNTIL(seen.size == 4);
    cr_assert_arr_eq(seen.data, "abcd", 4);
    cr_assert_eq(budget_used(), 0);
    close_stream(&seen);
    close(peer);
    close_engine();
}

Test(tcp, pausing_and_going_on_at_once_changes_nothing) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 1000);
    seen.stream->vtable->read_lent(seen.stream);
    hr_engine_poll(engine, 0);
    for (int i = 0; i < 20; i++) {
        seen.stream->vtable->pause(seen.stream);
        if (i % 3 == 0) hr_engine_poll(engine, 0);
        seen.stream->vtable->read_lent(seen.stream);
        send_all(peer, "x", 1);
        if (i % 2 == 0) hr_engine_poll(engine, 0);
    }
    TURN_UNTIL(seen.size == 20);
    close_stream(&seen);
    close(peer);
    close_engine();
}

Test(tcp, end_waits_behind_spilled_bytes) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 100);
    seen.take_max = 2;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "12345", 5);
    close(peer);
    turn_until_quiet();
    cr_assert_eq(seen.size, 2);
    cr_assert_eq(seen.ends, 0);
    seen.take_max = 0;
    seen.stream->vtable->read_lent(seen.stream);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.end_result, 0);
    cr_assert_arr_eq(seen.data, "12345", 5);
    turn_until_quiet();
    cr_assert_eq(seen.ends, 1);
    close_stream(&seen);
    close_engine();
}

Test(tcp, reset_is_told_once) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_loopback(&seen, 100);
    seen.stream->vtable->read_lent(seen.stream);
    hr_engine_poll(engine, 0);
    struct linger abort_at_close = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    close(peer);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.end_result, -ECONNRESET);
    seen.stream->vtable->read_lent(seen.stream);
    turn_until_quiet();
    cr_assert_eq(seen.ends, 1);
    close_stream(&seen);
    close_engine();
}

/* The reset is there before the bytes before it have been received: the kernel tells of it nothing
 * more than these. */
Test(tcp, reset_right_behind_bytes_is_told_too) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_loopback(&seen, 100);
    seen.stream->vtable->read_lent(seen.stream);
    hr_engine_poll(engine, 0);
    struct linger abort_at_close = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    send_all(peer, "abc", 3);
    close(peer);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.size, 3);
    cr_assert_eq(seen.end_result, -ECONNRESET);
    close_stream(&seen);
    close_engine();
}

/* The change-over in the middle of a body, with bytes in flight in every stage. */
static void change_over(size_t lent, size_t total, size_t piece, bool turn_between) {
    struct seen seen;
    char *sent = pattern_new(total + 10);
    open_engine(NULL);
    int peer = open_pair(&seen, total);
    int small = 1 << 20;
    setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    seen.direct_at = lent;
    seen.direct_total = total;
    seen.direct_again = true;
    seen.stream->vtable->read_lent(seen.stream);
    for (size_t at = 0; at < total; at += piece) {
        send_all(peer, sent + at, piece < total - at ? piece : total - at);
        if (turn_between) hr_engine_poll(engine, 0);
    }
    TURN_UNTIL(seen.size == total);
    cr_assert_gt(seen.directs, 0);
    expect_pattern(seen.data, total);
    /* And back again. */
    seen.direct_at = 0;
    free(seen.data);
    seen.data = malloc(100);
    seen.size = 0;
    seen.capacity = 100;
    send_all(peer, sent, 10);
    seen.stream->vtable->read_lent(seen.stream);
    TURN_UNTIL(seen.size == 10);
    expect_pattern(seen.data, 10);
    close_stream(&seen);
    close(peer);
    free(sent);
    close_engine();
}

Test(tcp, change_over_all_in_flight) {
    NEEDS_KERNEL("a raw peer");
    change_over(100, 150000, 150000, false);
}
Test(tcp, change_over_small_pieces) {
    NEEDS_KERNEL("a raw peer");
    change_over(100, 20000, 97, true);
}
Test(tcp, change_over_large_pieces) {
    NEEDS_KERNEL("a raw peer");
    change_over(8192, 300000, 30000, true);
}
Test(tcp, change_over_one_byte) {
    NEEDS_KERNEL("a raw peer");
    change_over(1, 2, 1, true);
}

Test(tcp, direct_read_of_spilled_bytes) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 100);
    seen.take_max = 3;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "0123456789", 10);
    TURN_UNTIL(seen.size == 3);
    char into[4];
    seen.stream->vtable->read_direct(seen.stream, into, sizeof into);
    cr_assert_eq(seen.directs, 0, "called back from inside the call");
    TURN_UNTIL(seen.directs == 1);
    cr_assert_arr_eq(into, "3456", 4);
    turn_until_quiet();
    cr_assert_eq(seen.directs + seen.lents, 2, "then it is paused");
    close_stream(&seen);
    close(peer);
    close_engine();
}

Test(tcp, direct_read_ends_with_the_stream) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    open_engine(NULL);
    int peer = open_pair(&seen, 100);
    char into[4];
    seen.stream->vtable->read_direct(seen.stream, into, sizeof into);
    hr_engine_poll(engine, 0);
    seen.stream->vtable->pause(seen.stream); /* does not take it back */
    close(peer);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.end_result, 0);
    cr_assert_eq(seen.directs, 0);
    close_stream(&seen);
    close_engine();
}

Test(tcp, no_budget_for_the_spill_ends_by_name) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    struct hr_engine_options options = {.budget_bytes = 4096};
    open_engine(&options);
    int peer = open_pair(&seen, 100);
    seen.take_max = 1;
    seen.stream->vtable->read_lent(seen.stream);
    send_all(peer, "xy", 2);
    TURN_UNTIL(seen.lents == 1);
    seen.stream->vtable->read_lent(seen.stream);
    TURN_UNTIL(seen.ends == 1);
    cr_assert_eq(seen.end_result, -ENOBUFS);
    close_stream(&seen);
    close(peer);
    close_engine();
}

Test(tcp, starved_ring_delays_and_loses_nothing) {
    NEEDS_KERNEL("a raw peer");
    enum { STREAMS = 48, BYTES = 40000 };
    static struct seen seen[STREAMS];
    int peers[STREAMS];
    struct hr_engine_options options = {.buffer_count = 2, .buffer_size_bytes = 512};
    char *sent = pattern_new(BYTES);
    open_engine(&options);
    for (int i = 0; i < STREAMS; i++) {
        peers[i] = open_pair(&seen[i], BYTES);
        send_all(peers[i], sent, BYTES);
        seen[i].stream->vtable->read_lent(seen[i].stream);
    }
    for (int i = 0; i < STREAMS; i++) {
        TURN_UNTIL(seen[i].size == BYTES);
        expect_pattern(seen[i].data, BYTES);
        close_stream(&seen[i]);
        close(peers[i]);
    }
    free(sent);
    close_engine();
}

/* ---- Sending. */

Test(tcp, large_vector_is_written_whole_through_short_writes) {
    NEEDS_KERNEL("a raw peer");
    enum { PIECES = 3000 };
    struct seen seen;
    struct iovec iov[PIECES];
    size_t size = 0;
    char *data = pattern_new(4 << 20);
    open_engine(NULL);
    int peer = open_pair(&seen, 1);
    for (int i = 0; i < PIECES; i++) {
        size_t length = i % 7 == 3 ? 0 : i % 500 == 250 ? 200000 : (size_t)(i % 97);
        iov[i] = (struct iovec){data + size, length};
        size += length;
    }
    seen.stream->vtable->write(seen.stream, iov, PIECES);
    expect_sent(peer, size);
    TURN_UNTIL(seen.writes == 1);
    cr_assert_eq(seen.write_result, 0);
    close_stream(&seen);
    close(peer);
    free(data);
    close_engine();
}

/* MSG_MORE would hold the last bytes back for the kernel's 200 ms: nothing follows them. */
Test(tcp, empty_elements_at_the_end_hold_nothing_back) {
    NEEDS_KERNEL("a raw peer");
    enum { PIECES = 2200 };
    static const int full[] = {1, 1024, 1100, 2048};
    char data[PIECES] = "x";
    struct iovec iov[PIECES];
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        struct seen seen;
        open_engine(NULL);
        int peer = open_pair(&seen, 1);
        for (int k = 0; k < PIECES; k++) iov[k] = (struct iovec){data + k, k < full[i]};
        seen.stream->vtable->write(seen.stream, iov, PIECES);
        TURN_UNTIL(seen.writes == 1);
        size_t got = 0;
        struct pollfd ready = {.fd = peer, .events = POLLIN};
        while (got < (size_t)full[i] && poll(&ready, 1, 100) == 1) {
            ssize_t count = recv(peer, data, sizeof data, 0);
            cr_assert_gt(count, 0);
            got += (size_t)count;
        }
        cr_assert_eq(got, (size_t)full[i], "%zu of %d bytes came at once", got, full[i]);
        close_stream(&seen);
        close(peer);
        close_engine();
    }
}

Test(tcp, empty_vector_is_reported_later) {
    struct seen seen;
    struct iovec iov[2] = {{NULL, 0}, {NULL, 0}};
    open_engine(NULL);
    int peer = open_pair(&seen, 1);
    seen.stream->vtable->write(seen.stream, iov, 2);
    cr_assert_eq(seen.writes, 0);
    TURN_UNTIL(seen.writes == 1);
    cr_assert_eq(seen.write_result, 0);
    close_stream(&seen);
    close(peer);
    close_engine();
}

Test(tcp, write_to_a_peer_that_has_gone_fails_once) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    struct iovec iov = {"x", 1};
    open_engine(NULL);
    int peer = open_pair(&seen, 1);
    close(peer);
    seen.stream->vtable->write(seen.stream, &iov, 1);
    TURN_UNTIL(seen.writes == 1);
    cr_assert_eq(seen.write_result, -EPIPE);
    close_stream(&seen);
    close_engine();
}

Test(tcp, shutdown_goes_behind_the_write_and_leaves_reading) {
    NEEDS_KERNEL("a raw peer");
    struct seen seen;
    size_t size = 3 << 20;
    struct iovec iov = {pattern_new(size), size};
    open_engine(NULL);
    int peer = open_loopback(&seen, 10);
    seen.stream->vtable->read_lent(seen.stream);
    seen.stream->vtable->write(seen.stream, &iov, 1);
    seen.stream->vtable->shutdown(seen.stream);
    expect_sent(peer, size);
    turn_until_quiet();
    char byte;
    cr_assert_eq(recv(peer, &byte, 1, 0), 0);
    send_all(peer, "ok", 2);
    TURN_UNTIL(seen.size == 2);
    close_stream(&seen);
    close(peer);
    free(iov.iov_base);
    close_engine();
}
