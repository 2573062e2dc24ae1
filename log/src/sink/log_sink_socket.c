/* Sending messages to a socket, one at a time. Nothing here waits: messages that the peer does not
 * take stay in the sink's buffers, and where both are full, lines are dropped and counted. */
#include "log_sink_socket.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/socket.h>

#define KEEPALIVE_S     30
#define USER_TIMEOUT_MS 30000

/* ---- Addresses. */

int hr__log_socket_local(struct hr__log_socket *socket, const char *path) {
    size_t size = strlen(path);
    if (size >= sizeof socket->local.sun_path) return -ENAMETOOLONG;
    socket->unix_domain = true;
    socket->local.sun_family = AF_UNIX;
    memcpy(socket->local.sun_path, path, size + 1);
    return 0;
}

static int port_of(const char *text) {
    char *end;
    if (*text < '1' || *text > '9') return -EINVAL;
    long port = strtol(text, &end, 10);
    return *end || port > 65535 ? -EINVAL : (int)port;
}

int hr__log_socket_remote(struct hr__log_socket *socket, const char *address) {
    char host[INET6_ADDRSTRLEN];
    bool six = address[0] == '[';
    const char *from = address + six, *end = six ? strchr(from, ']') : strchr(from, ':');
    if (!end || (size_t)(end - from) >= sizeof host || end[six] != ':') return -EINVAL;
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = 0;
    int port = port_of(end + six + 1);
    if (port < 0) return port;
    if (six) {
        socket->remote.ipv6.sin6_family = AF_INET6;
        socket->remote.ipv6.sin6_port = htons((uint16_t)port);
        socket->remote_size = sizeof socket->remote.ipv6;
        return inet_pton(AF_INET6, host, &socket->remote.ipv6.sin6_addr) == 1 ? 0 : -EINVAL;
    }
    socket->remote.ipv4.sin_family = AF_INET;
    socket->remote.ipv4.sin_port = htons((uint16_t)port);
    socket->remote_size = sizeof socket->remote.ipv4;
    return inet_pton(AF_INET, host, &socket->remote.ipv4.sin_addr) == 1 ? 0 : -EINVAL;
}

void hr__log_socket_identify(struct hr__log_socket *socket, const char *identifier) {
    if (!identifier || !identifier[0]) identifier = program_invocation_short_name;
    size_t size = 0;
    for (; identifier[size] && size < sizeof socket->identifier - 1; size++) {
        char byte = identifier[size];
        socket->identifier[size] = byte > ' ' && byte < 0x7f ? byte : '_';
    }
    if (size == 0) socket->identifier[size++] = '-';
    socket->identifier[size] = 0;
}

unsigned hr__log_socket_severity(const struct hr__log_record *record) {
    int level = hr__log_record_site(record) == HR_LOG_SITE_DROPPED ? HR_LOG_WARNING : record->level;
    if (level >= HR_LOG_CRITICAL) return 2;
    if (level >= HR_LOG_ERROR) return 3;
    if (level >= HR_LOG_WARNING) return 4;
    if (level > HR_LOG_INFO) return 5;
    return level == HR_LOG_INFO ? 6 : 7;
}

/* ---- Connecting. */

static void disconnect(struct hr__log_sink *sink) {
    struct hr__log_socket *self = sink->socket;
    if (self->fd >= 0) hr__socket_close(hr__reactor_engine(sink->host->reactor), self->fd);
    self->fd = -1;
}

void hr__log_socket_close(struct hr__log_sink *sink) {
    if (!sink->socket) return;
    disconnect(sink);
    free(sink->path);
    free(sink->socket);
    sink->path = NULL;
    sink->socket = NULL;
}

/* Whether a stream's peer has closed: looked at before messages go to it, which would be lost. */
static bool is_gone(const struct hr__log_socket *self) {
    char byte;
    if (self->type != SOCK_STREAM) return false;
    ssize_t size = recv(self->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

static void on_event(struct hr_operation *operation, const struct hr_completion *completion);

/* Connects a unix socket at once, TCP by an operation. 0; 1: it is under way; or a negative code.
 */
static int begin_connect(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    struct hr__log_socket *self = sink->socket;
    assert(self->fd < 0);
    const struct sockaddr *address =
        self->unix_domain ? (const struct sockaddr *)&self->local : &self->remote.any;
    socklen_t size = self->unix_domain ? sizeof self->local : self->remote_size;
    int fd = socket(address->sa_family, self->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    self->fd = fd;
    if (self->type == SOCK_DGRAM) return connect(fd, address, size) == 0 ? 0 : -errno;
    const struct hr_socket_options options = {
        .no_delay = true, .keepalive_s = KEEPALIVE_S, .user_timeout_ms = USER_TIMEOUT_MS};
    hr__socket_set(hr__reactor_engine(sink->host->reactor), fd, &options);
    struct hr_operation *operation = &buffer->operation;
    operation->kind = HR_OP_CONNECT;
    operation->fd = fd;
    operation->on_event = on_event;
    memset(&operation->u, 0, sizeof operation->u);
    memcpy(&operation->u.connect.address, &self->remote, sizeof operation->u.connect.address);
    operation->u.connect.size = size;
    hr__operation_start(sink->host->reactor, operation);
    return 1;
}

/* ---- Sending. */

static uint32_t size_at(const struct hr__log_buffer *buffer) {
    uint32_t size;
    memcpy(&size, buffer->data + buffer->begin, sizeof size);
    return size;
}

static void send_rest(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    assert(sink->socket->fd >= 0 && buffer->written < buffer->end);
    struct hr_operation *operation = &buffer->operation;
    operation->kind = HR_OP_SEND;
    operation->fd = sink->socket->fd;
    operation->on_event = on_event;
    memset(&operation->u, 0, sizeof operation->u);
    operation->u.buffer.data = buffer->data + buffer->written;
    operation->u.buffer.size = buffer->end - buffer->written;
    hr__operation_start(sink->host->reactor, operation);
}

/* Sends the message at `begin` from its first byte, also where a peer that was lost has a part of
 * it.
 */
static void send_message(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    if (buffer->begin == buffer->size) {
        hr__log_sink_written(sink, buffer, 0);
        return;
    }
    buffer->written = buffer->begin + HR_LOG_MESSAGE_HEAD;
    buffer->end = buffer->written + size_at(buffer);
    assert(buffer->end <= buffer->size);
    send_rest(sink, buffer);
}

static void next_message(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    assert(buffer->end > buffer->begin && buffer->end <= buffer->size);
    buffer->begin = buffer->end;
    send_message(sink, buffer);
}

static int fill_sealed(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written <= 0) return written < 0 ? -errno : -EIO;
        data += written;
        size -= (size_t)written;
    }
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    return fcntl(fd, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

/* Sends journald a message that is too large for its socket, as a sealed file in memory. */
static int send_sealed(const struct hr__log_socket *self, const char *data, size_t size) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    int fd = memfd_create("headrace-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    int err = fill_sealed(fd, data, size);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    if (!err && sendmsg(self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) err = -errno;
    close(fd);
    return err;
}

static void lose_message(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int err) {
    hr__count(&sink->counts.dropped, 1);
    if (buffer->records) buffer->records--;
    hr__log_sink_complain(sink, "that message is lost", err);
    next_message(sink, buffer);
}

static void too_large(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    int err = -EMSGSIZE;
    if (sink->socket->journal)
        err = send_sealed(sink->socket, buffer->data + buffer->written,
                          buffer->end - buffer->written);
    if (!err)
        next_message(sink, buffer);
    else if (err == -EAGAIN)
        hr__log_sink_written(sink, buffer, err);
    else
        lose_message(sink, buffer, err);
}

static void sent(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    if (result >= 0) {
        buffer->written += (size_t)result;
        if (buffer->written < buffer->end)
            send_rest(sink, buffer);
        else
            next_message(sink, buffer);
    } else if (result == -EMSGSIZE) {
        too_large(sink, buffer);
    } else {
        if (result != -EAGAIN && result != -ENOBUFS) disconnect(sink);
        hr__log_sink_written(sink, buffer, result == -ENOBUFS ? -EAGAIN : result);
    }
}

static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_buffer *buffer = hr__container_of(operation, struct hr__log_buffer, operation);
    struct hr__log_sink *sink = buffer->sink;
    if (operation->kind == HR_OP_SEND) {
        sent(sink, buffer, completion->result);
    } else if (completion->result < 0) {
        disconnect(sink);
        hr__log_sink_written(sink, buffer, completion->result);
    } else {
        send_message(sink, buffer);
    }
}

void hr__log_socket_write(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    struct hr__log_socket *self = sink->socket;
    if (self->fd >= 0 && is_gone(self)) disconnect(sink);
    int err = self->fd < 0 ? begin_connect(sink, buffer) : 0;
    if (err < 0) {
        disconnect(sink);
        hr__log_sink_written(sink, buffer, err);
    } else if (err == 0) {
        send_message(sink, buffer);
    }
}
