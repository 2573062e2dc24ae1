/* An authority and a certificate in memory, of elliptic keys (P-256). Nothing is written. */
#include "serve_certificate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAYS        820 /* more than 825 some clients refuse */
#define BEFORE_S    3600
#define HOST_SIZE   64
#define SERIAL_SIZE 16

/* ---- Names. */

static bool add_name(GENERAL_NAMES *names, int kind, const void *data, size_t size) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = kind == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
    if (!name || !value || ASN1_STRING_set(value, data, (int)size) != 1) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, kind, value);
    if (sk_GENERAL_NAME_push(names, name) > 0) return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool add_host(GENERAL_NAMES *names, const char *prefix, const char *host) {
    char text[256];
    int size = snprintf(text, sizeof text, "%s%s", prefix, host);
    return size > 0 && (size_t)size < sizeof text && add_name(names, GEN_DNS, text, (size_t)size);
}

/* A text that is no numeric address is left out: the server itself refuses it. */
static bool add_address(GENERAL_NAMES *names, const char *host) {
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1)
        return add_name(names, GEN_IPADD, address, sizeof(struct in_addr));
    if (inet_pton(AF_INET6, host, address) == 1)
        return add_name(names, GEN_IPADD, address, sizeof(struct in6_addr));
    return true;
}

/* "ADDRESS:PORT", "[V6]:PORT". */
static void host_of(const char *listen, char host[HOST_SIZE]) {
    const char *colon = strrchr(listen, ':');
    size_t size = colon ? (size_t)(colon - listen) : strlen(listen);
    if (size >= 2 && listen[0] == '[' && listen[size - 1] == ']') {
        listen++;
        size -= 2;
    }
    snprintf(host, HOST_SIZE, "%.*s", size < HOST_SIZE ? (int)size : 0, listen);
}

static GENERAL_NAMES *names_of(const char *listen, const char *domain) {
    char host[HOST_SIZE];
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    host_of(listen, host);
    bool is_loopback = strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
    bool ok = names && add_host(names, "", "localhost") && add_host(names, "", domain) &&
              add_host(names, "*.", domain) && add_address(names, "127.0.0.1") &&
              add_address(names, "::1") && (is_loopback || add_address(names, host));
    if (ok) return names;
    GENERAL_NAMES_free(names);
    return NULL;
}

/* ---- Certificates. */

static bool set_serial(X509 *certificate) {
    unsigned char bytes[SERIAL_SIZE];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    bytes[0] &= 0x7f; /* positive */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool set_name(X509 *certificate, const char *text) {
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* All but what tells an authority from a server. `issuer` NULL: itself. */
static X509 *begin(EVP_PKEY *key, X509 *issuer, const char *name) {
    X509 *made = X509_new();
    if (!made) return NULL;
    bool ok = X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
              X509_gmtime_adj(X509_getm_notBefore(made), -BEFORE_S) &&
              X509_gmtime_adj(X509_getm_notAfter(made), 86400L * DAYS) &&
              X509_set_pubkey(made, key) == 1 && set_name(made, name) &&
              X509_set_issuer_name(made, X509_get_subject_name(issuer ? issuer : made)) == 1 &&
              add_extension(made, made, NID_subject_key_identifier, "hash") &&
              (!issuer || add_extension(made, issuer, NID_authority_key_identifier, "keyid"));
    if (ok) return made;
    X509_free(made);
    return NULL;
}

static bool finish_authority(X509 *ca, EVP_PKEY *key) {
    return add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           X509_sign(ca, key, EVP_sha256()) > 0;
}

static bool finish_leaf(X509 *leaf, X509 *ca, EVP_PKEY *ca_key, GENERAL_NAMES *names) {
    return add_extension(leaf, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(leaf, ca, NID_key_usage, "critical,digitalSignature") &&
           add_extension(leaf, ca, NID_ext_key_usage, "serverAuth") &&
           X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
           X509_sign(leaf, ca_key, EVP_sha256()) > 0;
}

/* ---- The three texts. */

/* Copies what `pem` holds, whose own memory is wiped when it is freed. */
static bool copy_text(BIO *pem, struct hr_slice *text) {
    char *data = NULL;
    long size = BIO_get_mem_data(pem, &data);
    char *copy = size > 0 ? malloc((size_t)size) : NULL;
    if (copy) *text = hr_slice_bytes(memcpy(copy, data, (size_t)size), (size_t)size);
    return copy != NULL;
}

static bool write_texts(X509 *ca, X509 *leaf, EVP_PKEY *key, struct serve_certificate *made) {
    BIO *pem[] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
    bool ok = pem[0] && pem[1] && pem[2] && PEM_write_bio_X509(pem[0], ca) == 1 &&
              PEM_write_bio_X509(pem[1], leaf) == 1 &&
              PEM_write_bio_PrivateKey(pem[2], key, NULL, NULL, 0, NULL, NULL) == 1;
    ok = ok && copy_text(pem[0], &made->ca) && copy_text(pem[1], &made->certificate) &&
         copy_text(pem[2], &made->key);
    for (size_t i = 0; i < sizeof pem / sizeof pem[0]; i++) BIO_free(pem[i]);
    return ok;
}

bool serve_certificate_make(const char *listen, const char *domain,
                            struct serve_certificate *made) {
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    GENERAL_NAMES *names = names_of(listen, domain);
    X509 *ca = ca_key ? begin(ca_key, NULL, "headrace serve s3: authority of one run") : NULL;
    bool ok = ca && finish_authority(ca, ca_key);
    X509 *leaf = ok && key ? begin(key, ca, "headrace serve s3") : NULL;
    ok = leaf && names && finish_leaf(leaf, ca, ca_key, names) && write_texts(ca, leaf, key, made);
    X509_free(leaf);
    X509_free(ca);
    GENERAL_NAMES_free(names);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    if (!ok) serve_certificate_free(made);
    return ok;
}

static void free_text(struct hr_slice *text) {
    if (text->data) OPENSSL_cleanse((char *)text->data, text->size);
    free((char *)text->data);
    *text = hr_slice_bytes(NULL, 0);
}

void serve_certificate_free(struct serve_certificate *made) {
    free_text(&made->ca);
    free_text(&made->certificate);
    free_text(&made->key);
}
