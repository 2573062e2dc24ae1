/* Connections: bytes in order, once, in segments that take their time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_sockets.h"

static struct sim_kernel *const kernel = &sim__kernel;

/* Life. */

void sim__connection_make(struct sim_socket *client, struct sim_socket *server) {
    struct sim_connection *connection = sim__allocate(sizeof *connection);
    struct sim_socket *ends[] = {client, server};
    const struct sim_faults *faults = &kernel->options.faults;
    if (sim_chance(faults->doom))
        connection->doom = 1 + (unsigned)sim__below(faults->doom_segments_max);
    for (unsigned i = 0; i < 2; i++) {
        connection->end[i] = ends[i];
        connection->pins++;
        ends[i]->connection = connection;
        ends[i]->end = i;
        ends[i]->state = SIM_CONNECTED;
    }
}

static void unpin(struct sim_connection *connection) {
    if (--connection->pins > 0) return;
    for (unsigned i = 0; i < 2; i++) {
        free(connection->pipe[i].bytes);
        free(connection->pipe[i].segments);
    }
    free(connection);
}

static struct sim_pipe *in_of(const struct sim_socket *socket) {
    return &socket->connection->pipe[1 - socket->end];
}

static struct sim_pipe *out_of(const struct sim_socket *socket) {
    return &socket->connection->pipe[socket->end];
}

/* Segments. */

static void expect_arrival(struct sim_connection *connection, unsigned from) {
    uint64_t now_ns = sim_now_ns(), due_ns = connection->pipe[from].segments[0].due_ns;
    struct sim_event *event =
        sim__event_add(SIM_EVENT_ARRIVE, due_ns > now_ns ? due_ns - now_ns : 0);
    event->of.connection = connection;
    event->end = from;
    connection->pins++;
}

static void stall(struct sim_pipe *pipe) {
    const struct sim_faults *faults = &kernel->options.faults;
    if (!sim_chance(faults->stall)) return;
    uint64_t for_ns = sim__below(faults->stall_ms_max * UINT64_C(1000000) + 1);
    pipe->due_ns = (pipe->due_ns > sim_now_ns() ? pipe->due_ns : sim_now_ns()) + for_ns;
    sim_trace("a connection stalls for %llu us", (unsigned long long)for_ns / 1000);
}

static void add_segment(struct sim_connection *connection, unsigned from,
                        enum sim_segment_kind kind, uint64_t end) {
    struct sim_pipe *pipe = &connection->pipe[from];
    struct sim_segment *last = pipe->count ? &pipe->segments[pipe->count - 1] : NULL;
    if (last && last->kind == SIM_SEGMENT_DATA && kind == SIM_SEGMENT_DATA &&
        sim_chance(kernel->options.faults.merge)) {
        last->end = end;
        return;
    }
    if (pipe->count == pipe->capacity) {
        pipe->capacity = pipe->capacity ? pipe->capacity * 2 : 4;
        pipe->segments = sim__grow(pipe->segments, pipe->capacity * sizeof *pipe->segments);
    }
    stall(pipe);
    uint64_t due_ns = sim_now_ns() + sim__latency();
    if (due_ns > pipe->due_ns) pipe->due_ns = due_ns;
    pipe->segments[pipe->count++] =
        (struct sim_segment){.kind = kind, .end = end, .due_ns = pipe->due_ns};
    if (pipe->count == 1) expect_arrival(connection, from);
}

/* From an end that may be gone: nothing after it is of interest. */
static void send_reset(struct sim_connection *connection, unsigned from) {
    struct sim_pipe *pipe = &connection->pipe[from];
    if (pipe->rst_sent || connection->dead) return;
    pipe->rst_sent = true;
    add_segment(connection, from, SIM_SEGMENT_RST, pipe->written);
}

/* What was read before can still be read; what it has sent is of interest to nobody. */
static void be_reset(struct sim_socket *socket) {
    struct sim_pipe *out = out_of(socket);
    if (socket->reset) return;
    socket->reset = true;
    socket->error = ECONNRESET;
    out->read = out->arrived = out->written;
    sim__socket_touch(socket);
}

void sim__connection_kill(struct sim_connection *connection) {
    if (connection->dead) return;
    connection->dead = true;
    sim_trace("a connection dies");
    for (unsigned i = 0; i < 2; i++)
        if (connection->end[i]) be_reset(connection->end[i]);
}

static void data_arrives(struct sim_connection *connection, unsigned from, uint64_t end) {
    struct sim_pipe *pipe = &connection->pipe[from];
    struct sim_socket *to = connection->end[1 - from], *sender = connection->end[from];
    if (end > pipe->arrived) pipe->arrived = end;
    if (to && !to->reset) {
        sim__socket_touch(to);
        return;
    }
    pipe->read = pipe->arrived;
    if (!to) send_reset(connection, 1 - from);
    if (sender) sim__socket_touch(sender);
}

static bool is_doomed(struct sim_connection *connection) {
    return connection->doom > 0 && --connection->doom == 0;
}

static void segment_arrives(struct sim_connection *connection, unsigned from) {
    struct sim_pipe *pipe = &connection->pipe[from];
    const struct sim_segment segment = pipe->segments[0];
    memmove(pipe->segments, pipe->segments + 1, --pipe->count * sizeof *pipe->segments);
    if (pipe->count) expect_arrival(connection, from);
    struct sim_socket *to = connection->end[1 - from];
    switch (segment.kind) {
    case SIM_SEGMENT_DATA:
        if (sim_chance(kernel->options.faults.reset) || is_doomed(connection))
            sim__connection_kill(connection);
        else
            data_arrives(connection, from, segment.end);
        break;
    case SIM_SEGMENT_FIN:
        pipe->fin_arrived = true;
        if (to) sim__socket_touch(to);
        break;
    case SIM_SEGMENT_RST:
        if (to) be_reset(to);
        break;
    }
}

void sim__segment_arrives(const struct sim_event *event) {
    if (!event->of.connection->dead) segment_arrives(event->of.connection, event->end);
    unpin(event->of.connection);
}

/* Ending. */

static void send_fin(struct sim_connection *connection, unsigned from) {
    struct sim_pipe *pipe = &connection->pipe[from];
    if (pipe->fin_sent || pipe->rst_sent || connection->dead) return;
    pipe->fin_sent = true;
    add_segment(connection, from, SIM_SEGMENT_FIN, pipe->written);
}

void sim__stream_shutdown(struct sim_socket *socket) {
    if (!socket->reset) send_fin(socket->connection, socket->end);
}

/* As Linux: with bytes unread it is a reset. */
void sim__connection_leave(struct sim_socket *socket) {
    struct sim_connection *connection = socket->connection;
    struct sim_pipe *in = in_of(socket);
    bool unread = in->arrived > in->read;
    connection->end[socket->end] = NULL;
    in->read = in->arrived;
    if (socket->reset || connection->dead) {
    } else if (unread) {
        send_reset(connection, socket->end);
    } else {
        send_fin(connection, socket->end);
    }
    socket->connection = NULL;
    unpin(connection);
}

/* Sending. */

/* For a send of `size`. Less than a quarter of the window is no room, unless it is all that is
 * wanted: else a window that once was full moves byte by byte for ever (RFC 9293 3.8.6.2.1). */
static uint64_t room_in(const struct sim_pipe *pipe, size_t size) {
    unsigned window = kernel->options.faults.window_bytes;
    if (window == 0 || window > SIM_WINDOW) window = SIM_WINDOW;
    uint64_t under_way = pipe->written - pipe->read;
    uint64_t room = under_way < window ? window - under_way : 0;
    return room >= size || room >= window / 4 ? room : 0;
}

bool sim__stream_writable(const struct sim_socket *socket) {
    return socket->reset || out_of(socket)->fin_sent || room_in(out_of(socket), SIM_WINDOW) > 0;
}

static void write_bytes(struct sim_pipe *pipe, const char *bytes, size_t size) {
    if (!pipe->bytes) pipe->bytes = sim__allocate(SIM_WINDOW);
    while (size) {
        size_t at = pipe->written % SIM_WINDOW;
        size_t piece = size < SIM_WINDOW - at ? size : SIM_WINDOW - at;
        memcpy(pipe->bytes + at, bytes, piece);
        pipe->written += piece;
        bytes += piece;
        size -= piece;
    }
}

/* At most `most` bytes. */
static void write_vector(struct sim_pipe *pipe, const struct iovec *iov, unsigned count,
                         size_t most) {
    for (unsigned i = 0; i < count && most; i++) {
        size_t piece = iov[i].iov_len < most ? iov[i].iov_len : most;
        write_bytes(pipe, iov[i].iov_base, piece);
        most -= piece;
    }
}

static int32_t take_error(struct sim_socket *socket, int otherwise) {
    int error = socket->error ? socket->error : otherwise;
    socket->error = 0;
    return -error;
}

int32_t sim__stream_send(struct sim_socket *socket, struct sim_record *record) {
    const struct hr_operation *operation = record->operation;
    struct iovec one = {.iov_base = operation->u.buffer.data, .iov_len = operation->u.buffer.size};
    bool vector = operation->kind == HR_OP_SENDV;
    const struct iovec *iov = vector ? operation->u.vector.iov : &one;
    unsigned count = vector ? operation->u.vector.count : 1;
    struct sim_pipe *pipe = out_of(socket);
    if (socket->error || socket->reset || pipe->fin_sent) return take_error(socket, EPIPE);
    size_t total = 0;
    for (unsigned i = 0; i < count; i++) total += iov[i].iov_len;
    if (total == 0) return 0;
    size_t most = room_in(pipe, total);
    if (most == 0) return -EAGAIN;
    if (most > total) most = total;
    if (most > 1 && sim_chance(kernel->options.faults.short_write)) most = 1 + sim__below(most - 1);
    sim__sum_check(record);
    uint64_t before = pipe->written;
    write_vector(pipe, iov, count, most);
    if (most > 1 && sim_chance(kernel->options.faults.split))
        add_segment(socket->connection, socket->end, SIM_SEGMENT_DATA,
                    before + 1 + sim__below(most - 1));
    add_segment(socket->connection, socket->end, SIM_SEGMENT_DATA, pipe->written);
    return (int32_t)most;
}

/* Receiving. */

uint64_t sim__stream_waiting(const struct sim_socket *socket) {
    return in_of(socket)->arrived - in_of(socket)->read;
}

uint64_t sim__stream_queued(const struct sim_socket *socket) {
    return out_of(socket)->written - out_of(socket)->arrived;
}

bool sim__stream_readable(const struct sim_socket *socket) {
    return sim__stream_waiting(socket) > 0 || socket->error || socket->reset || socket->read_shut ||
           in_of(socket)->fin_arrived;
}

/* What arrived before a reset is read before its error, as in Linux. */
int32_t sim__stream_receive(struct sim_socket *socket, char *memory, size_t size) {
    struct sim_pipe *pipe = in_of(socket);
    uint64_t there = sim__stream_waiting(socket);
    if (there == 0 && socket->error) return take_error(socket, 0);
    if (there == 0) return sim__stream_readable(socket) ? 0 : -EAGAIN;
    size_t most = there < size ? there : size;
    if (most > 1 && sim_chance(kernel->options.faults.short_read)) most = 1 + sim__below(most - 1);
    for (size_t done = 0; done < most;) {
        size_t at = pipe->read % SIM_WINDOW, piece = most - done;
        if (piece > SIM_WINDOW - at) piece = SIM_WINDOW - at;
        memcpy(memory + done, pipe->bytes + at, piece);
        pipe->read += piece;
        done += piece;
    }
    struct sim_socket *peer = socket->connection->end[1 - socket->end];
    if (peer) sim__socket_touch(peer); /* there is room again */
    return (int32_t)most;
}
