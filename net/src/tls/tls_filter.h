/* The filter's insides: its state, and what its files do for one another. tls.c holds the stream
 * together, tls_handshake.c begins it, tls_read.c and tls_write.c move its bytes. */
#ifndef HR_NET_TLS_FILTER_H
#define HR_NET_TLS_FILTER_H

#include <stdbool.h>

#include "spill.h"
#include "tls_private.h"

enum hr_tls_read_mode { HR_TLS_PAUSED, HR_TLS_LENT, HR_TLS_DIRECT };

enum hr_tls_state {
    HR_TLS_NEW,
    HR_TLS_HANDSHAKE,
    HR_TLS_OPEN,
    HR_TLS_FAILED, /* in the handshake; only close is left */
};

struct hr_tls_stream {
    struct hr_stream stream;
    struct hr_stream *below;
    struct hr_tls_context *context;
    SSL *ssl;
    struct hr_tls_sessions *sessions; /* NULL: no resumption */
    unsigned generation;              /* of the context when it began */
    unsigned made_under;              /* of the sessions when it began */
    int64_t
        until_s; /* Unix time: the end of what was verified, now or when what it resumes began */
    struct hr_tls_wire wire;
    struct hr_tls_buffer *sending; /* with the layer below; NULL: nothing */
    struct iovec sending_iov;
    struct hr_tls_buffer *bulk; /* ciphertext of a large body, read directly */
    struct hr_spill spill;      /* decrypted, and not taken yet: less than one record */
    struct {
        char *data;
        size_t size;
    } direct;
    struct {
        const struct iovec *iov; /* NULL: no write in progress */
        unsigned count, index;
        size_t offset; /* of iov[index] already encrypted */
        size_t left;   /* of the whole vector */
    } write;
    /* Of the last write of the layer above: its first byte of ciphertext, as counted by
     * wire.out_total, and what the layer below said of it when that had been sent. */
    struct {
        uint64_t begins, before;
        bool waits; /* `before` is not known yet */
    } mark;
    uint64_t flushed;  /* ciphertext handed to the layer below so far */
    uint64_t plain_at; /* where the record lies that what is lent, or spilled, begins with */
    struct hr_task task;
    struct hr_timer linger; /* closing: how long the last record may take */
    char *reason;           /* NULL: nothing has failed */
    int failure;            /* why the certificate was not accepted */
    int end_result, connect_result, write_result;
    uint8_t state, mode;
    uint8_t below_mode; /* what the layer below was asked for last */
    bool calling;       /* inside a call upwards: calls from there only note what is wanted */
    bool task_queued;
    bool over;  /* OpenSSL gives no more bytes */
    bool ended; /* end_result is the end of the receiving side */
    bool end_reported;
    bool blocked;  /* OpenSSL goes on when something has been sent */
    bool fatal;    /* the connection broke: no close_notify */
    bool cut;      /* the layer below takes no more bytes */
    bool notified; /* close_notify was sent, or is to be no more */
    bool connected_due, written_due, shutdown_wanted;
    bool closing, below_closing, below_closed;
};

static inline struct hr_tls_stream *hr__tls_of_stream(const struct hr_stream *stream) {
    return (struct hr_tls_stream *)stream;
}

static inline int64_t hr__tls_now_s(const struct hr_tls_stream *tls) {
    return (int64_t)(hr__reactor_wall_ns(tls->stream.reactor) / 1000000000u);
}

/* tls.c. */
extern const struct hr_stream_vtable hr__tls_vtable;
extern const struct hr_stream_events hr__tls_below_events;
void hr__tls_stream_init(struct hr_tls_stream *tls);
void hr__tls_defer(struct hr_tls_stream *tls);
void hr__tls_end_with(struct hr_tls_stream *tls, int result);
/* Keeps the first reason. NULL text: nothing. */
void hr__tls_set_reason(struct hr_tls_stream *tls, const char *text);

/* tls_handshake.c: goes on with what has arrived; reports where `report`, else the task will. */
void hr__tls_handshake_step(struct hr_tls_stream *tls, bool report);
void hr__tls_report_connected(struct hr_tls_stream *tls);
void hr__tls_handshake_end(struct hr_tls_stream *tls, int result, bool report);

/* tls_read.c: decrypts and delivers for as long as somebody wants bytes. */
void hr__tls_deliver(struct hr_tls_stream *tls);
/* Whether there are bytes that need nothing from below. */
bool hr__tls_has_bytes(const struct hr_tls_stream *tls);
/* Asks the layer below for what is wanted now. */
void hr__tls_ask_below(struct hr_tls_stream *tls);

/* tls_write.c: encrypts as much as there is room for. */
void hr__tls_encrypt(struct hr_tls_stream *tls);
/* Hands what has been encrypted to the layer below, unless it is busy. */
void hr__tls_flush(struct hr_tls_stream *tls);
/* The layer below has taken the last buffer. */
void hr__tls_sent(struct hr_tls_stream *tls, int result);
void hr__tls_report_written(struct hr_tls_stream *tls);
/* hr_stream_order's `before`. */
uint64_t hr__tls_before(const struct hr_tls_stream *tls);
/* Encrypts close_notify, where that may be sent. */
void hr__tls_notify(struct hr_tls_stream *tls);

#endif
