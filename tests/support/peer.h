/* A raw-socket peer that follows a script, to see what a client does with servers of every kind,
 * broken ones too. Independent of the library: blocking sockets and threads. */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_kind {
    PEER_END = 0,  /* of the script: shuts down, reads to the end, closes */
    PEER_HEAD,     /* reads up to the blank line */
    PEER_BODY,     /* reads `count` more bytes */
    PEER_DRAIN,    /* reads until the client closes */
    PEER_SEND,     /* sends `text` (`count` bytes of it, 0: all) */
    PEER_BYTES,    /* sends `text` one byte at a time */
    PEER_SPLIT,    /* sends `text` in two, `count` bytes first */
    PEER_ZEROS,    /* sends `count` zero bytes */
    PEER_STALL,    /* does nothing until peer_release or peer_stop */
    PEER_RESET,    /* closes with RST */
    PEER_CLOSE,    /* closes; with unread bytes the kernel makes it an RST */
    PEER_SHUTDOWN, /* sends FIN, goes on reading */
    PEER_REPEAT,   /* back to the first step */
};

struct peer_step {
    enum peer_kind kind;
    const char *text;
    uint64_t count;
};

#define PEER_STEPS_MAX 16

/* One connection's script; the last one serves all further connections too. */
struct peer_script {
    struct peer_step steps[PEER_STEPS_MAX];
};

struct peer;

/* Listens on 127.0.0.1, a port from the kernel. `scripts` is copied, what the steps
 * point to is borrowed. */
struct peer *peer_start(const struct peer_script *scripts, size_t count);
/* A peer whose connections are accepted by nobody: the backlog is full. */
struct peer *peer_start_deaf(void);
uint16_t peer_port(const struct peer *peer);
/* "http://127.0.0.1:PORT" and `path`; static buffer of the calling thread, eight in turn. */
const char *peer_url(const struct peer *peer, const char *path);
/* Accepted so far. */
unsigned peer_connections(struct peer *peer);
/* Lets all present and future stalls go on. */
void peer_release(struct peer *peer);
/* Heads read so far. */
unsigned peer_heads(struct peer *peer);
/* Waits until `count` heads have been read, at most 5 s. An engine that the calling thread runs
 * stands still meanwhile: poll it and ask peer_heads. */
bool peer_wait_heads(struct peer *peer, unsigned count);
/* Ends all threads and frees. */
void peer_stop(struct peer *peer);
/* What was received by PEER_HEAD and PEER_BODY, all connections, in order; valid until peer_stop,
 * after the client is done. NUL-terminated. */
const char *peer_received(struct peer *peer, size_t *size);
/* Times `needle` stands in it. */
unsigned peer_received_times(struct peer *peer, const char *needle);

#endif
