/* A self-signed P-256 certificate of an hour. */
#include "service_certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define LIFE_S    3600
#define ALT_NAMES "IP:127.0.0.1"
#define OWNER     0600

static bool extend(X509 *certificate, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static bool fill(X509 *certificate, EVP_PKEY *key) {
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, 2) &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)getpid()) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -LIFE_S) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), LIFE_S) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"headrace",
                                      -1, -1, 0) &&
           X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
           extend(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           extend(certificate, NID_subject_alt_name, ALT_NAMES) &&
           X509_sign(certificate, key, EVP_sha256());
}

/* A new file that nobody else reads; NULL with errno. */
static FILE *create(const char *path) {
    unlink(path); /* of a run before */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file) close(fd);
    return file;
}

static int end(FILE *file, bool written, const char *path, struct hr_error *error) {
    bool whole = file && fclose(file) == 0 && written;
    return whole ? 0 : hr_error_set(error, -EIO, "%s cannot be written", path);
}

static int write_both(const struct perf_service_certificate *paths, X509 *certificate,
                      EVP_PKEY *key, struct hr_error *error) {
    FILE *file = create(paths->certificate_path);
    bool written = file && PEM_write_X509(file, certificate);
    int err = end(file, written, paths->certificate_path, error);
    if (err) return err;
    file = create(paths->key_path);
    written = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    return end(file, written, paths->key_path, error);
}

int perf_service_certificate_make(const struct perf_service_certificate *paths,
                                  struct hr_error *error) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int err = key && certificate && fill(certificate, key)
                  ? write_both(paths, certificate, key, error)
                  : hr_error_set(error, -ENOMEM, "OpenSSL made no certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    return err;
}
