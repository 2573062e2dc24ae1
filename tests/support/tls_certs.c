#include "tls_certs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void *checked(void *made) {
    if (!made) abort();
    return made;
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = checked(X509V3_EXT_conf_nid(NULL, &context, nid, value));
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static char *pem_of(BIO *bio) {
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = checked(malloc((size_t)size + 1));
    memcpy(text, data, (size_t)size); /* OpenSSL's has no end */
    text[size] = 0;
    BIO_free(bio);
    return text;
}

struct tls_cert tls_cert_make(const struct tls_cert_plan *plan) {
    static long serial = 1;
    struct tls_cert made = {.certificate = checked(X509_new())};
    if (plan->same_key) {
        made.key = plan->same_key->key;
        EVP_PKEY_up_ref(made.key);
    } else {
        made.key = checked(EVP_EC_gen("P-256"));
    }
    X509 *certificate = made.certificate;
    X509 *issuer = plan->issuer ? plan->issuer->certificate : certificate;
    bool timed = plan->begins_s || plan->ends_s;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)getpid() * 1000 + serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), timed ? plan->begins_s : -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), timed ? plan->ends_s : 86400);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)plan->common_name,
                               -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    X509_set_pubkey(certificate, made.key);
    extend(certificate, issuer, NID_basic_constraints,
           plan->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, issuer, NID_subject_key_identifier, "hash");
    if (plan->issuer) extend(certificate, issuer, NID_authority_key_identifier, "keyid");
    if (plan->alt_names) extend(certificate, issuer, NID_subject_alt_name, plan->alt_names);
    if (!X509_sign(certificate, plan->issuer ? plan->issuer->key : made.key, EVP_sha256())) abort();

    BIO *bio = checked(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio, certificate);
    made.pem = pem_of(bio);
    bio = checked(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio, made.key, NULL, NULL, 0, NULL, NULL);
    made.key_pem = pem_of(bio);
    return made;
}

void tls_cert_deinit(struct tls_cert *cert) {
    X509_free(cert->certificate);
    EVP_PKEY_free(cert->key);
    free(cert->pem);
    free(cert->key_pem);
    memset(cert, 0, sizeof *cert);
}

/* ---- Files. */

static char folder[256];

static void remove_folder(void) {
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') unlink(path);
    }
    if (directory) closedir(directory);
    rmdir(folder);
}

const char *tls_folder(void) {
    if (*folder) return folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/headrace-tls-XXXXXX", base ? base : "/tmp");
    checked(mkdtemp(folder));
    atexit(remove_folder);
    return folder;
}

char *tls_file(const char *name, const char *text) {
    char *path;
    if (asprintf(&path, "%s/%s", tls_folder(), name) < 0) abort();
    FILE *file = checked(fopen(path, "we"));
    fputs(text, file);
    fclose(file);
    return path;
}

char *tls_cert_pin(const struct tls_cert *cert) {
    unsigned char *encoded = NULL, digest[32], text[64];
    int size = i2d_PUBKEY(cert->key, &encoded);
    if (size <= 0 || !EVP_Digest(encoded, (size_t)size, digest, NULL, EVP_sha256(), NULL)) abort();
    OPENSSL_free(encoded);
    EVP_EncodeBlock(text, digest, sizeof digest);
    char *pin;
    if (asprintf(&pin, "sha256//%s", (char *)text) < 0) abort();
    return pin;
}
