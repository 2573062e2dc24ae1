/* Calls on a socket that are made at once and not as an operation. Any thread. */
#ifndef HR_ENGINE_SOCKET_H
#define HR_ENGINE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <headrace/engine.h>

enum hr_listen_share {
    HR_LISTEN_ALONE, /* the only socket of its port */
    HR_LISTEN_FIRST, /* binds alone, then lets HR_LISTEN_NEXT in */
    HR_LISTEN_NEXT,
};

struct hr_socket_info {
    struct sockaddr_storage peer; /* family 0: not connected */
    uint64_t queued, waiting;     /* bytes sent and not acknowledged, received and not read */
};

/* A listening socket, TCP or unix, non-blocking and close-on-exec; TCP's connections inherit
 * TCP_NODELAY.
 * `*address` gets the port that was picked. The descriptor or -errno. */
int hr__socket_listen(const hr_engine *engine, struct sockaddr_storage *address, socklen_t *size,
                      unsigned backlog, enum hr_listen_share share);
/* Only of descriptors with no operation in flight. */
void hr__socket_close(const hr_engine *engine, int fd);
/* Takes the pending error: 0 or -errno (SO_ERROR). */
int hr__socket_error(const hr_engine *engine, int fd);
/* Of a TCP connection. What is zero or false stays as the system has it; a refusal (a socket that
 * is not TCP) changes nothing. */
struct hr_socket_options {
    bool no_delay;            /* TCP_NODELAY */
    uint32_t keepalive_s;     /* probes after so long idle, then four a quarter of it apart */
    uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT */
};
void hr__socket_set(const hr_engine *engine, int fd, const struct hr_socket_options *options);
void hr__socket_info(const hr_engine *engine, int fd, struct hr_socket_info *info);

#endif
