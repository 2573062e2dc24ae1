/* Settings, contexts, certificates and the BIO, as the files of tls share them. No file outside of
 * this folder knows OpenSSL. The filter's own state is in tls_state.h. */
#ifndef HR_NET_TLS_PRIVATE_H
#define HR_NET_TLS_PRIVATE_H

#include <sys/types.h>
#include <time.h>

#include <openssl/ssl.h>

#include <headrace/error.h>
#include <headrace/tls.h>

#include "tls_buffers.h"
#include "tls_stream.h"
#include "tls_ticket_keys.h"

/* ---- tls_identity.c: a certificate, its chain and its key. */

struct hr_tls_file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct hr_tls_identity {
    X509 *certificate; /* NULL: none */
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    struct hr_tls_file_stamp stamps[2]; /* of certificate and key file when they were read */
};

/* HR_ERR_TLS_OPTIONS (names the file), -ENOMEM. Blocks. */
int hr__tls_identity_read(const char *certificate_file, const char *key_file,
                          struct hr_error *error, struct hr_tls_identity *identity);
/* The same of PEM in memory; HR_ERR_TLS_OPTIONS names the option. */
int hr__tls_identity_parse(struct hr_slice certificate_pem, struct hr_slice key_pem,
                           struct hr_error *error, struct hr_tls_identity *identity);
/* Whether a file is another one, or has another content, than when it was read. */
bool hr__tls_identity_changed(const struct hr_tls_identity *identity, const char *certificate_file,
                              const char *key_file);
void hr__tls_identity_copy(const struct hr_tls_identity *from, struct hr_tls_identity *to);
void hr__tls_identity_clear(struct hr_tls_identity *identity);
int hr__tls_identity_use(const struct hr_tls_identity *identity, SSL_CTX *ssl_context);

/* ---- tls_trust.c: trust anchors. */

/* The trust anchors that the options name: NULL where they name none, then the system's count. The
 * message calls `ca_file` by `file_option`. HR_ERR_TLS_OPTIONS, -ENOMEM. Blocks. */
int hr__tls_trust_read(const struct hr_tls_options *options, const char *file_option,
                       struct hr_error *error, X509_STORE **store);
/* The system's, loaded at the first call of the process (20 ms) and shared; the caller's reference.
 * NULL: no memory. Any thread. */
X509_STORE *hr__tls_trust_system(void);

/* ---- tls_pins.c: pinned keys. */

#define HR_TLS_PINS_MAX 16

struct hr_tls_pins {
    unsigned count;
    unsigned char digests[HR_TLS_PINS_MAX][32]; /* SHA-256 of a SubjectPublicKeyInfo */
};

int hr__tls_pins_parse(const char *text, struct hr_error *error, struct hr_tls_pins *pins);
bool hr__tls_pins_match(const struct hr_tls_pins *pins, X509 *certificate);

/* ---- tls_library.c: the OpenSSL library context that connections use. */

/* A library context that reads the keys of certificates quickly; NULL is OpenSSL's own, where the
 * process has set up providers or properties by itself, where OpenSSL needs no help, or where there
 * is no memory. Any thread. */
OSSL_LIB_CTX *hr__tls_library(void);

/* ---- tls_settings.c. */

struct hr_tls_settings {
    unsigned references; /* atomic */
    uint64_t number;     /* of the process, from 1 on; settings never change */
    bool server, insecure, resumption;
    bool verify_client;
    enum hr_tls_version version_min, version_max;
    char *certificate_file, *key_file; /* NULL: the identity came in memory, or there is none */
    char *server_name, *ciphers, *cipher_suites, *groups;
    X509_STORE *store;                     /* NULL: the system's, or none */
    STACK_OF(X509_NAME) * client_ca_names; /* of a server that asks for certificates */
    struct hr_tls_identity identity;
    struct hr_tls_pins pins;
    struct hr_tls_ticket_keys tickets; /* a server's */
    int key_log_fd;                    /* debug builds; -1: none */
};

/* ---- tls_context.c. */

struct hr_tls_context {
    struct hr_tls_settings *settings;
    struct hr_reactor *reactor;
    SSL_CTX *ssl_context;
    struct hr_tls_identity identity; /* the one in use; its files may have changed since */
    uint64_t looked_ns;              /* when they were looked at */
    unsigned generation;             /* of the identity: how often it has changed */
    struct hr_tls_buffers buffers;
    /* Plain bytes for the length of one call: what is lent upwards, what is gathered for a record.
     * Two, because the layer above may write while it is lent bytes. */
    char lent[SSL3_RT_MAX_PLAIN_LENGTH], gathered[SSL3_RT_MAX_PLAIN_LENGTH];
};

/* Before a connection is made: takes a changed certificate into use. Looks once a second at most;
 * blocks for that look. A pair that cannot be used (half written) leaves the old one in place. */
void hr__tls_context_refresh(struct hr_tls_context *context);

/* ---- tls_build.c. */

/* The SSL_CTX that the settings describe, with this identity; `error` names what OpenSSL does not
 * take of them. */
int hr__tls_build(const struct hr_tls_settings *settings, const struct hr_tls_identity *identity,
                  struct hr_error *error, SSL_CTX **out);
/* ---- tls_sessions.c: how long a verification holds for those who resume. */

/* Until the first certificate of the chain ends (NULL: nothing was verified), or as long as tickets
 * may be renewed from `now_s` on. */
int64_t hr__tls_sessions_hold_until(STACK_OF(X509) * chain, int64_t now_s);
/* Keeps the sessions that servers give, for hr__tls_sessions_offer. */
void hr__tls_sessions_keep(SSL_CTX *ssl_context);
/* Gives tickets to clients, each with the end of what was verified. */
void hr__tls_sessions_serve(SSL_CTX *ssl_context);

/* ---- tls_bio.c: what OpenSSL reads from and writes to. */

struct hr_tls_wire {
    const char *in; /* ciphertext from below, not read yet */
    size_t in_size;
    uint64_t in_at;     /* where `in` lies among the bytes received (struct hr_stream_order) */
    uint64_t record_at; /* where the record lies that OpenSSL has begun to read last */
    /* Of that record: how much of its header has been read, and what is still to come. */
    uint8_t header_size;
    uint16_t record_left;
    uint64_t out_total; /* ciphertext written by OpenSSL so far */
    struct hr_tls_buffers *buffers;
    struct hr_tls_buffer *filling; /* ciphertext for below; NULL: none */
    size_t out_hint;               /* bytes to come: which buffer to take first */
};

/* The BIO borrows `wire`. NULL: no memory. */
BIO *hr__tls_bio_new(struct hr_tls_wire *wire);
/* Whether `size` more bytes go into the buffer being filled, or a larger one in its place. */
bool hr__tls_bio_has_room(struct hr_tls_wire *wire, size_t size);

/* ---- tls_name.c. */

/* Verifies a name again that OpenSSL has found not to be the certificate's; a verify callback. */
int hr__tls_name_verify(int good, X509_STORE_CTX *store);
/* Whether the certificate is for this name, with an underscore in either too. */
bool hr__tls_name_matches(X509 *certificate, struct hr_slice name);
/* Writes the names that a certificate is for, where it is not for the one asked for. */
void hr__tls_name_describe(X509_STORE_CTX *store, char *reason, size_t capacity);

/* ---- tls_error.c. */

#define HR_TLS_REASON_MAX 192

/* Classifies OpenSSL's error queue: the code (`otherwise` where nothing else is known) and a
 * sentence for a person. Empties the queue. */
int hr__tls_error_classify(int otherwise, bool server, char reason[HR_TLS_REASON_MAX]);
/* Why a certificate was not accepted. */
void hr__tls_error_certificate(X509_STORE_CTX *store, char reason[HR_TLS_REASON_MAX]);

/* ---- tls_verify.c: callbacks of OpenSSL, whose app data is the stream. */

/* For the peer's certificate: the chain, then the pins. */
int hr__tls_verify_certificate(X509_STORE_CTX *store, void *settings);
/* For whatever happens: notes that a renegotiation has been refused. */
void hr__tls_verify_on_alert(const SSL *ssl, int where, int what);

#endif
