/* Simulated sockets: what their two files share. */
#ifndef HR_SIM_KERNEL_SOCKETS_H
#define HR_SIM_KERNEL_SOCKETS_H

#include "kernel_core.h"

enum sim_segment_kind { SIM_SEGMENT_DATA, SIM_SEGMENT_FIN, SIM_SEGMENT_RST };
struct sim_segment {
    enum sim_segment_kind kind;
    uint64_t end; /* all bytes before that have arrived with it */
    uint64_t due_ns;
};

/* One direction. The three counts are of bytes since the beginning. */
struct sim_pipe {
    char *bytes; /* a ring of SIM_WINDOW; NULL: nothing was ever sent */
    uint64_t written, arrived, read;
    uint64_t due_ns;              /* of the latest segment */
    struct sim_segment *segments; /* on the way, in order */
    unsigned count, capacity;
    bool fin_sent, fin_arrived, rst_sent;
};

/* Lives as long as an end or a segment on the way. `pipe[i]` goes from `end[i]` to the other. */
struct sim_connection {
    unsigned pins;
    bool dead;
    unsigned doom; /* segments until it dies; 0: it does not of itself */
    struct sim_pipe pipe[2];
    struct sim_socket *end[2]; /* NULL: gone */
};

enum sim_socket_state { SIM_NEW, SIM_LISTENING, SIM_CONNECTING, SIM_CONNECTED };
struct sim_socket {
    struct sim_object object;
    enum sim_socket_state state;
    int family;
    struct sockaddr_storage local, remote;
    int error; /* pending, positive; 0: none */
    bool reset, read_shut;
    struct sim_connection *connection;
    unsigned end;
    struct sim_queue readers, writers, polls; /* accepts read, connects write */
    /* A listener's. */
    struct sim_socket *next_listener;
    struct sim_socket *accept_first, *accept_last, *accept_next;
    unsigned accept_count, backlog;
    enum hr_listen_share share;
};

/* sockets.c */
/* Its state has changed: whoever waits on it tries again. */
void sim__socket_touch(struct sim_socket *socket);

/* sockets_stream.c */
void sim__connection_make(struct sim_socket *client, struct sim_socket *server);
void sim__connection_leave(struct sim_socket *socket);        /* the last user has closed it */
void sim__connection_kill(struct sim_connection *connection); /* both ends are reset */
void sim__stream_shutdown(struct sim_socket *socket);         /* writing */
/* -EAGAIN: has to wait. */
int32_t sim__stream_send(struct sim_socket *socket, struct sim_record *record);
int32_t sim__stream_receive(struct sim_socket *socket, char *memory, size_t size);
bool sim__stream_readable(const struct sim_socket *socket); /* bytes, an end or an error */
bool sim__stream_writable(const struct sim_socket *socket);
uint64_t sim__stream_waiting(const struct sim_socket *socket);
uint64_t sim__stream_queued(const struct sim_socket *socket);

#endif
