/* The state of a filter, in one part for each file that works on it, and the notes that any of them
 * may make. Nothing here moves bytes or calls upwards.
 *
 * tls_stream.c holds the stream together; tls_handshake.c begins it; tls_read.c and tls_write.c
 * move its bytes and own the parts `read`, and `write` and `send`. */
#ifndef HR_NET_TLS_STATE_H
#define HR_NET_TLS_STATE_H

#include <stdbool.h>

#include <net/iov_cursor.h>

#include "spill.h"
#include "tls_private.h"

enum hr_tls_read_mode { HR_TLS_PAUSED, HR_TLS_LENT, HR_TLS_DIRECT };

enum hr_tls_state {
    HR_TLS_NEW,
    HR_TLS_HANDSHAKE,
    HR_TLS_OPEN,
    HR_TLS_FAILED, /* in the handshake; only close is left */
};

/* How far a close has come. Only forwards. */
enum hr_tls_closing {
    HR_TLS_NOT_CLOSING,
    HR_TLS_CLOSING,       /* the last record is waited for */
    HR_TLS_CLOSING_BELOW, /* the layer below is closing */
    HR_TLS_CLOSED,        /* the layer below is closed: the memory goes */
};

/* The session that the connection resumes, and the sessions that it leaves. */
struct hr_tls_resumption {
    struct hr_tls_sessions *sessions; /* NULL: no resumption */
    unsigned generation;              /* of the context when the filter began */
    unsigned made_under;              /* of the sessions when the filter began */
    int64_t until_s; /* Unix time: the end of what was verified, now or when what it resumes began
                      */
};

/* tls_read.c's. */
struct hr_tls_reading {
    struct hr_spill spill;      /* decrypted, and not taken yet: less than one record */
    struct hr_tls_buffer *bulk; /* ciphertext of a large body, read directly */
    struct {
        char *data;
        size_t size;
    } direct;
    uint64_t plain_at; /* where the record lies that what is lent, or spilled, begins with */
    uint8_t mode;
    uint8_t below_mode; /* what the layer below was asked for last */
    bool over;          /* OpenSSL gives no more bytes */
    bool wipes;         /* what was lent is wiped */
};

/* tls_write.c's: a write of the layer above. */
struct hr_tls_writing {
    struct hr_iov_cursor vector; /* what is not encrypted yet; `at` NULL: no write in progress */
    size_t left;                 /* of the whole vector */
    int result;
    bool due; /* on_written is to be called by the task */
};

/* tls_write.c's: ciphertext on its way below. */
struct hr_tls_sending {
    struct hr_tls_buffer *buffer; /* with the layer below; NULL: nothing */
    struct iovec iov;
    uint64_t flushed; /* ciphertext handed to the layer below so far */
    /* Of the last write of the layer above: its first byte of ciphertext, as counted by
     * wire.out_total, and what the layer below said of it when that had been sent. */
    struct {
        uint64_t begins, before;
        bool waits; /* `before` is not known yet */
    } mark;
    bool cut;             /* the layer below takes no more bytes */
    bool notified;        /* close_notify was sent, or is to be no more */
    bool shutdown_wanted; /* close_notify goes out behind the write in progress */
};

struct hr_tls_stream {
    struct hr_stream stream;
    struct hr_stream *below;
    struct hr_tls_context *context;
    SSL *ssl;
    struct hr_tls_resumption resumption;
    struct hr_tls_wire wire;
    struct hr_tls_reading read;
    struct hr_tls_writing write;
    struct hr_tls_sending send;
    struct {
        int result;
        bool due; /* on_connected is to be called by the task */
    } connect;
    struct {
        int result;
        bool known;    /* `result` is the end of the receiving side */
        bool reported; /* by on_end */
    } end;
    struct hr_task task;
    struct hr_timer linger; /* closing: how long the last record may take */
    char *reason;           /* NULL: nothing has failed */
    int failure;            /* why the certificate was not accepted */
    uint8_t state, closing;
    bool calling; /* inside a call upwards: calls from there only note what is wanted */
    bool task_queued;
    bool blocked; /* OpenSSL goes on when something has been sent */
    bool fatal;   /* the connection broke: no close_notify */
};

static inline struct hr_tls_stream *hr__tls_state_of(const struct hr_stream *stream) {
    return (struct hr_tls_stream *)stream;
}

static inline int64_t hr__tls_state_now_s(const struct hr_tls_stream *tls) {
    return (int64_t)(hr__reactor_wall_ns(tls->stream.reactor) / 1000000000u);
}

/* tls_state.c. Queues the task, once. */
void hr__tls_state_defer(struct hr_tls_stream *tls);
/* The receiving side has ended; the first end counts. */
void hr__tls_state_end(struct hr_tls_stream *tls, int result);
/* Keeps the first reason. */
void hr__tls_state_set_reason(struct hr_tls_stream *tls, const char *text);
/* A later stage of closing. */
void hr__tls_state_close(struct hr_tls_stream *tls, enum hr_tls_closing stage);

/* tls_verify.c. The name or address that the server has to be; `name` gets it as it is verified.
 * -EINVAL (`host` is none), -ENOMEM. */
int hr__tls_verify_expect(struct hr_tls_stream *tls, struct hr_slice host,
                          char name[HR_TLS_NAME_MAX + 1]);

/* tls_sessions.c. Offers the newest session that was made under the same as this connection. */
void hr__tls_sessions_offer(struct hr_tls_stream *tls, struct hr_tls_sessions *sessions,
                            const char *name);

/* tls_handshake.c. Goes on with what has arrived; reports where `report`, else the task will. */
void hr__tls_handshake_step(struct hr_tls_stream *tls, bool report);
void hr__tls_handshake_report(struct hr_tls_stream *tls);
void hr__tls_handshake_end(struct hr_tls_stream *tls, int result, bool report);

/* tls_read.c. Decrypts and delivers for as long as somebody wants bytes. */
void hr__tls_read_deliver(struct hr_tls_stream *tls);
/* Whether there are bytes that need nothing from below. */
bool hr__tls_read_has_bytes(const struct hr_tls_stream *tls);
/* Asks the layer below for what is wanted now. */
void hr__tls_read_ask_below(struct hr_tls_stream *tls);

/* tls_write.c. Encrypts as much as there is room for. */
void hr__tls_write_encrypt(struct hr_tls_stream *tls);
/* Hands what has been encrypted to the layer below, unless it is busy. */
void hr__tls_write_flush(struct hr_tls_stream *tls);
/* The layer below has taken the last buffer. */
void hr__tls_write_sent(struct hr_tls_stream *tls, int result);
void hr__tls_write_report(struct hr_tls_stream *tls);
/* hr_stream_order's `before`. */
uint64_t hr__tls_write_before(const struct hr_tls_stream *tls);
/* Encrypts close_notify, where that may be sent. */
void hr__tls_write_notify(struct hr_tls_stream *tls);

/* tls_stream.c. The vtable by which a stream is known to be one of TLS. */
extern const struct hr_stream_vtable hr__tls_vtable;

#endif
