/* tls: the filter that stands on tcp (or on a proxy's tunnel). OpenSSL never owns a socket: it
 * reads what the layer below lends and writes into slab memory. Reactor thread only, unless said
 * otherwise.
 *
 * An orderly end (close_notify) is on_end with 0; the end of the stream below without it is
 * HR_ERR_TLS_TRUNCATED; a broken record or an alert HR_ERR_TLS_PROTOCOL. shutdown sends
 * close_notify, close does too where it can without waiting. */
#ifndef HR_NET_TLS_H
#define HR_NET_TLS_H

#include <engine/reactor.h>
#include <headrace/error.h>
#include <headrace/tls.h>

#include "stream.h"

#define HR_TLS_NAME_MAX 255

/* Shared by the contexts of one client or server, over all reactors: options, trust anchors,
 * certificate, counted references. */
struct hr_tls_settings;
/* One SSL_CTX: OpenSSL 3.0 contends on shared ones, so each reactor has its own. */
struct hr_tls_context;

/* Reads the files. `error` names file or option: HR_ERR_TLS_OPTIONS, -ENOMEM. Blocks. Any thread.
 */
int hr__tls_settings_new_client(const struct hr_tls_options *options, struct hr_error *error,
                                struct hr_tls_settings **settings);
int hr__tls_settings_new_server(const struct hr_tls_server_options *options, struct hr_error *error,
                                struct hr_tls_settings **settings);
void hr__tls_settings_free(struct hr_tls_settings *settings); /* NULL: nothing */

int hr__tls_context_new(struct hr_tls_settings *settings, struct hr_reactor *reactor,
                        struct hr_tls_context **context);
/* When no stream of it is left. NULL: nothing. */
void hr__tls_context_free(struct hr_tls_context *context);

/* Sessions of one host, kept by its owner (the pool's host); zeroed is empty. A TLS 1.3 ticket is
 * used once. They hold for what they were made under: the settings, the name that was verified, the
 * certificate that the client showed. Where one of these is another, they are dropped. */
#define HR_TLS_SESSIONS_MAX 32
struct hr_tls_sessions {
    void *list[HR_TLS_SESSIONS_MAX];      /* SSL_SESSION, the newest last */
    int64_t until_s[HR_TLS_SESSIONS_MAX]; /* Unix time: the end of what was verified for each */
    unsigned count;
    unsigned generation; /* of the certificate that the client showed */
    uint64_t settings;   /* their number */
    unsigned made_under; /* how often one of these has been another */
    char name[HR_TLS_NAME_MAX + 1];
};
void hr__tls_sessions_clear(struct hr_tls_sessions *sessions);

/* A client's filter over `below`, which is connected and whose events and owner it takes over.
 * `host`: the name or address (IPv6 without brackets) to send and to verify; copied. `sessions`
 * (NULL: no resumption) outlives the stream. The handshake begins with vtable->connect(stream,
 * NULL, 0) and ends in on_connected: 0, or HR_ERR_TLS_CERTIFICATE, HR_ERR_TLS_PIN,
 * HR_ERR_TLS_HANDSHAKE, HR_ERR_TLS_TRUNCATED, an error of below. Not one byte of the layer above
 * goes out before. -ENOMEM, -EINVAL (`host` is no name): `below` stays the caller's. */
int hr__tls_connect(struct hr_tls_context *context, struct hr_stream *below, struct hr_slice host,
                    struct hr_tls_sessions *sessions, const struct hr_stream_events *events,
                    void *owner, struct hr_stream **stream);
/* A server's filter over an adopted stream; the same. */
int hr__tls_accept(struct hr_tls_context *context, struct hr_stream *below,
                   const struct hr_stream_events *events, void *owner, struct hr_stream **stream);

/* Why the handshake or the connection failed, for a person: "certificate verify failed: self-signed
 * certificate (depth 0, CN=…)". Valid until the stream is closed; "" when nothing has. */
const char *hr__tls_reason(const struct hr_stream *stream);

/* Of the stream or, where it is a tls one, what was agreed upon; cheap. */
void hr__tls_info(const struct hr_stream *stream, struct hr_tls_info *info);

/* The text of the peer's certificate; false: the stream is none of TLS, or none was shown. */
bool hr__tls_certificate(const struct hr_stream *stream, struct hr_tls_certificate *certificate);

#endif
