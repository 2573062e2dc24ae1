/* A certificate, the chain behind it and its key, out of PEM files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <headrace/error.h>

#include "tls_private.h"

#define KEY_BYTES_MAX (1 << 16) /* of a key's file; what is behind is not read */

/* An encrypted key would make OpenSSL ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *user) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)user;
    return 0;
}

static int look(const char *file, struct hr_tls_file_stamp *stamp) {
    struct stat status;
    if (stat(file, &status) < 0) return -errno;
    memset(stamp, 0, sizeof *stamp);
    stamp->device = status.st_dev;
    stamp->inode = status.st_ino;
    stamp->size = status.st_size;
    stamp->modified = status.st_mtim;
    return 0;
}

static bool differs(const char *file, const struct hr_tls_file_stamp *known) {
    struct hr_tls_file_stamp now = {.size = 0};
    if (look(file, &now)) return false; /* gone for now: what was read stays in use */
    return now.device != known->device || now.inode != known->inode || now.size != known->size ||
           now.modified.tv_sec != known->modified.tv_sec ||
           now.modified.tv_nsec != known->modified.tv_nsec;
}

/* A file of PEM, and its stamp as of before the reading: what changes meanwhile is seen later. */
static BIO *open_pem(const char *file, struct hr_error *error, struct hr_tls_file_stamp *stamp) {
    int err = look(file, stamp);
    BIO *bio = err ? NULL : BIO_new_file(file, "r");
    if (!bio)
        hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: cannot read %s: %s", file,
                     err ? hr_error_text(err) : "it does not open");
    return bio;
}

/* Ends `bio`. Messages call the text by `name`. */
static int parse_certificates(BIO *bio, const char *name, struct hr_error *error,
                              struct hr_tls_identity *identity) {
    identity->certificate = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL);
    identity->chain = sk_X509_new_null();
    X509 *more;
    while (identity->certificate && identity->chain &&
           (more = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
        if (sk_X509_push(identity->chain, more) > 0) continue;
        X509_free(more);
        break;
    }
    BIO_free(bio);
    /* The reading has to have ended because nothing came any more, not at a broken certificate. */
    unsigned long last = ERR_peek_last_error();
    bool ended = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (identity->certificate && ended) return 0;
    return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: %s: %s", name,
                        identity->certificate ? "a certificate behind the first is malformed"
                                              : "no certificate in PEM");
}

static int read_certificates(const char *file, struct hr_error *error,
                             struct hr_tls_identity *identity) {
    BIO *bio = open_pem(file, error, &identity->stamps[0]);
    return bio ? parse_certificates(bio, file, error, identity) : HR_ERR_TLS_OPTIONS;
}

/* The whole of it, in memory that the caller wipes: stdio's would keep a part. */
static char *read_secret(const char *file, struct hr_tls_file_stamp *stamp, size_t *size,
                         int *err) {
    *err = look(file, stamp);
    int fd = *err ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (!*err) *err = -errno;
        return NULL;
    }
    char *text = malloc(KEY_BYTES_MAX);
    ssize_t got = text ? 1 : -1;
    *size = 0;
    while (got > 0 && *size < KEY_BYTES_MAX) {
        got = read(fd, text + *size, KEY_BYTES_MAX - *size);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            *size += (size_t)got;
    }
    if (got < 0) *err = text ? -errno : -ENOMEM;
    close(fd);
    return text;
}

/* Messages call the text by `name`. */
static int parse_key(struct hr_slice text, const char *name, struct hr_error *error,
                     struct hr_tls_identity *identity) {
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    if (bio) identity->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (identity->key) return 0;
    return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: %s: no private key in PEM, or encrypted",
                        name);
}

static int read_key(const char *file, struct hr_error *error, struct hr_tls_identity *identity) {
    size_t size = 0;
    int err;
    char *text = read_secret(file, &identity->stamps[1], &size, &err);
    if (err)
        hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: cannot read %s: %s", file,
                     hr_error_text(err));
    else
        err = parse_key(hr_slice_bytes(text, size), file, error, identity);
    if (text) OPENSSL_cleanse(text, size);
    free(text);
    return err ? HR_ERR_TLS_OPTIONS : 0;
}

/* Hands over what was read into `made` where `err` is 0 and the two belong together. */
static int finish(int err, const char *certificate_name, const char *key_name,
                  struct hr_tls_identity *made, struct hr_error *error,
                  struct hr_tls_identity *identity) {
    if (!err && X509_check_private_key(made->certificate, made->key) != 1)
        err = hr_error_set(error, HR_ERR_TLS_OPTIONS,
                           "tls: the key in %s is not that of the certificate in %s", key_name,
                           certificate_name);
    ERR_clear_error();
    if (err)
        hr__tls_identity_clear(made);
    else
        *identity = *made;
    return err;
}

int hr__tls_identity_read(const char *certificate_file, const char *key_file,
                          struct hr_error *error, struct hr_tls_identity *identity) {
    struct hr_tls_identity made;
    memset(&made, 0, sizeof made);
    ERR_clear_error();
    int err = read_certificates(certificate_file, error, &made);
    if (!err) err = read_key(key_file, error, &made);
    return finish(err, certificate_file, key_file, &made, error, identity);
}

int hr__tls_identity_parse(struct hr_slice certificate_pem, struct hr_slice key_pem,
                           struct hr_error *error, struct hr_tls_identity *identity) {
    struct hr_tls_identity made;
    memset(&made, 0, sizeof made);
    ERR_clear_error();
    if (certificate_pem.size > INT32_MAX || key_pem.size > KEY_BYTES_MAX)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: certificate_pem or key_pem is too large: a key has at most %d "
                            "bytes",
                            KEY_BYTES_MAX);
    BIO *bio = BIO_new_mem_buf(certificate_pem.data, (int)certificate_pem.size);
    if (!bio) return hr_error_set(error, -ENOMEM, "tls: out of memory");
    int err = parse_certificates(bio, "certificate_pem", error, &made);
    if (!err) err = parse_key(key_pem, "key_pem", error, &made);
    return finish(err, "certificate_pem", "key_pem", &made, error, identity);
}

bool hr__tls_identity_changed(const struct hr_tls_identity *identity, const char *certificate_file,
                              const char *key_file) {
    return differs(certificate_file, &identity->stamps[0]) ||
           differs(key_file, &identity->stamps[1]);
}

void hr__tls_identity_copy(const struct hr_tls_identity *from, struct hr_tls_identity *to) {
    *to = *from;
    if (!from->certificate) return;
    X509_up_ref(to->certificate);
    EVP_PKEY_up_ref(to->key);
    to->chain = X509_chain_up_ref(from->chain); /* NULL without memory: found by _use */
}

void hr__tls_identity_clear(struct hr_tls_identity *identity) {
    X509_free(identity->certificate);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    memset(identity, 0, sizeof *identity);
}

int hr__tls_identity_use(const struct hr_tls_identity *identity, SSL_CTX *ssl_context) {
    if (!identity->certificate) return 0;
    if (!identity->chain) return -ENOMEM;
    int ok = SSL_CTX_use_cert_and_key(ssl_context, identity->certificate, identity->key,
                                      identity->chain, 1);
    return ok == 1 ? 0 : HR_ERR_TLS_OPTIONS;
}
