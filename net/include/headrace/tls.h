/* TLS settings of clients and servers (OpenSSL 3; TLS 1.2 and 1.3). Verification is on unless it is
 * switched off by name; host names and IP addresses are looked for in the subject alternative names
 * only (RFC 9110 4.3.4, RFC 9525), never in the common name. Renegotiation is refused. */
#ifndef HEADRACE_TLS_H
#define HEADRACE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_tls_version {
    HR_TLS_DEFAULT, /* from 1.2, up to 1.3 */
    HR_TLS_1_2,
    HR_TLS_1_3,
};

/* Of a client. Zeroed verifies against the system's store. Copied when the client is made, files
 * are read then (the certificate and its key again when they change). */
struct hr_tls_options {
    bool insecure; /* accept any certificate for any name: for tests only */
    /* Trust anchors, PEM. Any of them: only these. None: the system's (SSL_CERT_FILE and
     * SSL_CERT_DIR of the environment count). */
    const char *ca_file;
    const char *ca_directory; /* as c_rehash leaves it */
    struct hr_slice ca_pem;
    bool ca_system; /* the system's as well */
    /* Shown by the client when it is asked (PEM, the chain behind the certificate). Both or
     * neither. Looked at for changes once a second at most, when a connection is made. */
    const char *certificate_file, *key_file;
    /* Of the server's public key one of these, "sha256//BASE64;sha256//BASE64" as curl's
     * --pinnedpubkey: beside the verification, also where `insecure` switches that off. */
    const char *pinned_keys;
    const char *server_name; /* for SNI and verification in place of the URL's host */
    enum hr_tls_version version_min, version_max;
    const char *ciphers;       /* TLS 1.2, OpenSSL's cipher list; NULL is OpenSSL's own default */
    const char *cipher_suites; /* TLS 1.3 */
    const char *groups;        /* of the key exchange, "X25519:P-256" */
    bool no_resumption;
    uint64_t reserved[4];
};

/* Of a server. Zeroed: none. Copied, files are read when the server is made and again when they
 * change. */
struct hr_tls_server_options {
    const char *certificate_file,
        *key_file; /* PEM, the chain behind the certificate; both or none */
    struct hr_slice certificate_pem, key_pem; /* the same in memory, in place of the files */
    const char *client_ca_file; /* a client must show a certificate that these anchors vouch for */
    enum hr_tls_version version_min, version_max;
    const char *ciphers, *cipher_suites;
    bool no_tickets; /* no resumption */
    uint64_t reserved[4];
};

/* Agreed upon by the two ends of a connection. */
struct hr_tls_info {
    const char *version; /* "TLSv1.3"; NULL: no TLS. All of static storage */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
    const char *alpn;    /* "http/1.1"; NULL: none was agreed upon */
    bool resumed;
    uint64_t reserved[2];
};

/* The contents of a peer's certificate as text: names by RFC 2253, times of UTC. Cut where a field
 * is too short; control characters are escaped. */
struct hr_tls_certificate {
    char subject[256], issuer[256];
    char names[512]; /* the subject alternative names: "DNS:example.org, IP:127.0.0.1" */
    char not_before[32], not_after[32];
};

#ifdef __cplusplus
}
#endif

#endif
