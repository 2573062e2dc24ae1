/* The text of a peer's certificate, for people. */
#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <headrace/text.h>

#include "tls_state.h"
#include "tls_stream.h"

/* Moves what was written to `bio` into a text, which it may be too long for. */
static void take(BIO *bio, char *text, size_t size) {
    const char *data = NULL;
    long length = BIO_get_mem_data(bio, &data);
    hr_text_copy(text, size, hr_slice_bytes(data, length > 0 ? (size_t)length : 0));
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    (void)BIO_reset(bio);
}

static void take_name(BIO *bio, const X509_NAME *name, char *text, size_t size) {
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    take(bio, text, size);
}

static void take_time(BIO *bio, const ASN1_TIME *time, char *text, size_t size) {
    ASN1_TIME_print(bio, time);
    take(bio, text, size);
}

static void take_names(BIO *bio, const X509 *shown, char *text, size_t size) {
    GENERAL_NAMES *names = X509_get_ext_d2i(shown, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (i) BIO_puts(bio, ", ");
        GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    take(bio, text, size);
}

bool hr__tls_certificate(const struct hr_stream *stream, struct hr_tls_certificate *certificate) {
    if (stream->vtable != &hr__tls_vtable) return false;
    const struct hr_tls_stream *tls = hr__tls_state_of(stream);
    const X509 *shown = tls->state == HR_TLS_OPEN ? SSL_get0_peer_certificate(tls->ssl) : NULL;
    BIO *bio = shown ? BIO_new(BIO_s_mem()) : NULL;
    if (!bio) return false;
    take_name(bio, X509_get_subject_name(shown), certificate->subject, sizeof certificate->subject);
    take_name(bio, X509_get_issuer_name(shown), certificate->issuer, sizeof certificate->issuer);
    take_names(bio, shown, certificate->names, sizeof certificate->names);
    take_time(bio, X509_get0_notBefore(shown), certificate->not_before,
              sizeof certificate->not_before);
    take_time(bio, X509_get0_notAfter(shown), certificate->not_after,
              sizeof certificate->not_after);
    BIO_free(bio);
    return true;
}
