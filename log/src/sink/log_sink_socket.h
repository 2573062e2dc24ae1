/* Sinks that send messages to a socket: the common part of journald and syslog. A buffer has one
 * message after the other, each behind its size in four bytes. */
#ifndef HR_LOG_SINK_SOCKET_H
#define HR_LOG_SINK_SOCKET_H

#include <netinet/in.h>
#include <sys/un.h>

#include "log_sink.h"

#define HR_LOG_MESSAGE_HEAD 4

struct hr__log_socket {
    int type;     /* SOCK_DGRAM or SOCK_STREAM */
    bool journal; /* a message that is too large is sent as a file in memory */
    bool unix_domain;
    struct sockaddr_un local;
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } remote;
    socklen_t remote_size;
    int fd; /* -1: not connected */
    char identifier[49], host[256];
    unsigned facility, process;
};

/* Takes the path of a unix socket. 0 or -ENAMETOOLONG. */
int hr__log_socket_local(struct hr__log_socket *socket, const char *path);
/* Takes an address, "127.0.0.1:514" or "[::1]:514". 0 or -EINVAL. */
int hr__log_socket_remote(struct hr__log_socket *socket, const char *address);
/* Takes the name of the program, made fit for a message: printable, without spaces. NULL: its own.
 */
void hr__log_socket_identify(struct hr__log_socket *socket, const char *identifier);

/* The severity of syslog, from 2 (critical) to 7 (debug). */
unsigned hr__log_socket_severity(const struct hr__log_record *record);

/* The functions of the sinks' classes. */
void hr__log_socket_write(struct hr__log_sink *sink, struct hr__log_buffer *buffer);
void hr__log_socket_close(struct hr__log_sink *sink);

#endif
