/* Certificates made on the spot, for tests of TLS. */
#ifndef TEST_TLS_CERTS_H
#define TEST_TLS_CERTS_H

#include <stdbool.h>

#include <openssl/x509.h>

struct tls_cert {
    X509 *certificate;
    EVP_PKEY *key;
    char *pem, *key_pem; /* NUL-terminated */
};

struct tls_cert_plan {
    const char *common_name;
    const char *alt_names; /* "DNS:good.test,IP:127.0.0.1"; NULL: none */
    bool ca;
    const struct tls_cert *issuer;   /* NULL: self-signed */
    long begins_s, ends_s;           /* from now; both 0: an hour ago until tomorrow */
    const struct tls_cert *same_key; /* NULL: a fresh one */
};

/* A P-256 certificate; aborts where OpenSSL fails. */
struct tls_cert tls_cert_make(const struct tls_cert_plan *plan);
void tls_cert_deinit(struct tls_cert *cert);
/* A folder of this test's own below TMPDIR, made at the first call; removed at exit. */
const char *tls_folder(void);
/* Writes `text` to a file in it and returns its path, which the caller frees. */
char *tls_file(const char *name, const char *text);
/* "sha256//BASE64" of the key; the caller frees. */
char *tls_cert_pin(const struct tls_cert *cert);

#endif
