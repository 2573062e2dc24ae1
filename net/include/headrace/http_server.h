/* The HTTP/1.1 server: small, for embedded stores, metrics and tests. Keep-alive, pipelining
 * answered in order, Expect, chunked bodies, limits on everything a client could hold it with. */
#ifndef HEADRACE_HTTP_SERVER_H
#define HEADRACE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/body.h>
#include <headrace/error.h>
#include <headrace/export.h>
#include <headrace/http_message.h>
#include <headrace/slice.h>
#include <headrace/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr_storage; /* <sys/socket.h> */
struct hr_engine_s;      /* engine.h */
typedef struct hr_engine_s hr_engine;

struct hr_http_server_s;
typedef struct hr_http_server_s hr_http_server;

/* One request being responded to. Opaque; the server's, valid from on_request until on_end returns,
 * and for as long as it is held (hr_http_exchange_hold). Calls on it are made on its reactor's
 * thread; those that say "any thread" also by others while they hold it. */
struct hr_http_exchange_s;
typedef struct hr_http_exchange_s hr_http_exchange;

struct hr_http_server_options {
    const char
        *listen; /* "ADDRESS:PORT", "[V6]:PORT"; port 0 lets the kernel pick; NULL is 127.0.0.1:0 */
    unsigned backlog;         /* 0 is 4096 */
    unsigned connections_max; /* more are accepted and answered 503 with close; 0 is 16384 */
    uint32_t head_bytes_max;  /* 0 is 64 KiB; more: 431 (414 when it is the request line) */
    uint32_t head_fields_max; /* 0 is 128; more: 431 */
    uint64_t body_bytes_max;  /* 0 is 5 GiB; more: 413 */
    /* Of each time-out 0 is the default named there, and HR_NO_TIMEOUT (request.h) none at all.
     */
    uint32_t head_timeout_ms;  /* first byte of a head until its end; 10 s; then 408 and close */
    uint32_t stall_timeout_ms; /* no byte either way during a body; 30 s; then close */
    uint32_t idle_timeout_ms;  /* between requests; 60 s */
    uint32_t body_rate_min;    /* bytes a second that a body, of a request or a response, must reach
                                  after body_grace_ms; 0 is 256; then close */
    uint32_t body_grace_ms;    /* 10 s; HR_NO_TIMEOUT: no rate is asked for */
    struct hr_tls_server_options tls; /* with a certificate all connections are TLS */
    uint32_t handshake_timeout_ms;    /* 10 s; then close */
    uint32_t close_timeout_ms;        /* exchanges in progress at hr_http_server_close; 5 s; then
                                         they are cut off */
    /* A head has arrived. The handler must, now or later, respond; it may first take the body. */
    void (*on_request)(void *user, hr_http_exchange *exchange);
    void *user;
    uint64_t reserved[8];
};

/* Starts listening on all reactors of `engine` (which share its port with nobody else). The caller
 * owns the server. Errors: -EINVAL (names the option), HR_ERR_TLS_OPTIONS (names option or file),
 * -EADDRINUSE, -EACCES, -ENOMEM. Blocks until
 * it listens. Any thread but a reactor's. */
HR_API int hr_http_server_new(hr_engine *engine, const struct hr_http_server_options *options,
                              struct hr_error *error, hr_http_server **server);

/* The port it listens on. Any thread. */
HR_API uint16_t hr_http_server_port(const hr_http_server *server);

/* Stops accepting, lets exchanges in progress end (close_timeout_ms), closes all connections, frees
 * the server. With `on_closed` it returns at once, and that is the last call, on a reactor's
 * thread: the handle is gone when it returns. With `on_closed` NULL it blocks as
 * hr_http_client_close. NULL server: nothing. Any thread. */
HR_API void hr_http_server_close(hr_http_server *server, void (*on_closed)(void *user), void *user);

/* The request's head; valid as long as the exchange. Any thread. */
HR_API struct hr_slice hr_http_exchange_method(const hr_http_exchange *exchange);
HR_API struct hr_slice hr_http_exchange_target(const hr_http_exchange *exchange); /* as sent */
HR_API const struct hr_http_field *hr_http_exchange_fields(const hr_http_exchange *exchange,
                                                           size_t *count);
HR_API struct hr_slice hr_http_exchange_find(const hr_http_exchange *exchange, const char *name);
/* HR_SIZE_UNKNOWN when chunked, 0 when there is no body. */
HR_API uint64_t hr_http_exchange_body_size(const hr_http_exchange *exchange);
HR_API bool hr_http_exchange_has_body(const hr_http_exchange *exchange);
/* The client's address, asked of the kernel. ss_family AF_UNSPEC: the connection is gone, or the
 * kernel does not tell. The reactor's thread. */
HR_API void hr_http_exchange_peer(const hr_http_exchange *exchange, struct sockaddr_storage *peer);

/* Takes the body: `consume` gets it as it arrives (push-back as for a sink's consumer, go on with
 * hr_http_exchange_resume), then `on_body(user, exchange, result)` (NULL allowed) once: 0, or why
 * it ended early (the connection is then gone and a response is dropped). Neither is called from
 * inside this call. Sends 100 Continue first where the client expects it. Once per exchange, before
 * responding: 0, or -EALREADY where it was called before or a response was given. A response ends
 * it, and neither is called any more. Without it a body is read and dropped up to 256 KiB after the
 * response, else the connection closes. The reactor's thread. */
HR_API int hr_http_exchange_read(hr_http_exchange *exchange, hr_consume_fn *consume,
                                 void (*on_body)(void *user, hr_http_exchange *exchange,
                                                 int result),
                                 void *user);
/* Goes on after the consumer, or the producer of the response, has pushed back. Sticky: one that
 * comes before, from inside any of the callbacks too, is kept for the next push-back of either.
 * After on_end: nothing. Any thread. */
HR_API void hr_http_exchange_resume(hr_http_exchange *exchange);

/* Keeps the exchange in memory until hr_http_exchange_release, so that a handler can hand it to
 * another thread, which reads the head, responds and resumes there. Holds are counted. The first is
 * taken on the reactor's thread before on_end has returned; a thread that holds it may take more.
 *
 * Nothing else is held up: the connection ends when it ends, and on_end is called, on the reactor's
 * thread, as without a hold. A call that comes after that does nothing (respond returns -EALREADY).
 * The server's end waits for the last release: its on_closed comes behind it. */
HR_API void hr_http_exchange_hold(hr_http_exchange *exchange);
/* Ends one hold, as the last touch of the thread that had it. NULL: nothing. Any thread. */
HR_API void hr_http_exchange_release(hr_http_exchange *exchange);

struct hr_http_response {
    int status;
    const struct hr_http_field
        *fields; /* copied; the server adds Date, Content-Length or Transfer-Encoding, Connection */
    size_t field_count;
    struct hr_source body; /* memory borrowed until on_end; of a HEAD only its size is used */
    bool close;            /* close the connection afterwards */
    /* The last touch of this exchange, unless it is held: 0 when all of it was handed to the
     * kernel, else why not. On the reactor's thread. May be NULL. Also called (with the reason)
     * when the connection dies before hr_http_exchange_respond: set it early by
     * hr_http_exchange_on_end. */
    void (*on_end)(void *user, int result);
    void *user;
    uint64_t reserved[4];
};

/* Responds. Once per exchange. Returns 0; -EALREADY: it has been responded to, or on_end has been
 * called; or -EINVAL (a status not 200 to 599, a bad or framing field, a malformed source),
 * -ENOMEM, -ENOBUFS: then nothing was sent. -ENOMEM for a response with `close` also closes the
 * connection, and on_end follows.
 *
 * Any thread. From outside of the reactor's calls the response is copied, and written when the
 * reactor comes to it; the body stays borrowed until on_end, and until then `consume` may still be
 * called. A lack of memory or budget (-ENOBUFS) that is found there sends the client a 503 with
 * close, and on_end has the code. */
HR_API int hr_http_exchange_respond(hr_http_exchange *exchange,
                                    const struct hr_http_response *response);

/* Sets what is called as the last touch, before a response is there. */
HR_API void hr_http_exchange_on_end(hr_http_exchange *exchange,
                                    void (*on_end)(void *user, int result), void *user);

#ifdef __cplusplus
}
#endif

#endif
