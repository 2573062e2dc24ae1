/* Errors of OpenSSL in words: what happened and what to do about it. What a peer wrote is shown in
 * printable ASCII alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "tls_private.h"

/* ---- Alerts and the protocol. */

static const char *remedy_of_alert(int alert) {
    switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        return ": it may want another version, other ciphers or a certificate";
    case SSL_AD_PROTOCOL_VERSION:
        return ": no TLS version in common, see version_min and version_max";
    case SSL_AD_UNRECOGNIZED_NAME:
        return ": it does not serve this name, see server_name";
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return ": give certificate_file and key_file";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
        return ": it does not accept our certificate";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        return ": no protocol (ALPN) in common";
    default:
        return "";
    }
}

static const char *text_of_reason(int reason) {
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_RECORD_LENGTH_MISMATCH:
        return "the peer does not speak TLS on this port";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return "no TLS version in common, see version_min and version_max";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
        return "no cipher in common";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the client showed no certificate";
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return "the client offers no protocol (ALPN) that is spoken here";
    case SSL_R_NO_RENEGOTIATION:
        return "the peer wants to renegotiate, which is refused";
    default:
        return NULL;
    }
}

/* OpenSSL 3.0 has no names for what TLS 1.3 has added. */
static const char *name_of_alert(int alert) {
    switch (alert) {
    case TLS13_AD_MISSING_EXTENSION:
        return "missing extension";
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return "certificate required";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        return "no application protocol";
    default:
        return SSL_alert_desc_string_long(alert);
    }
}

int hr__tls_error_classify(int otherwise, bool server, char reason[HR_TLS_REASON_MAX]) {
    unsigned long error = ERR_peek_error();
    int number = ERR_GET_REASON(error);
    int code = otherwise;
    reason[0] = '\0';
    if (error == 0) {
        snprintf(reason, HR_TLS_REASON_MAX, "OpenSSL gives no reason");
    } else if (number == ERR_R_MALLOC_FAILURE) {
        snprintf(reason, HR_TLS_REASON_MAX, "out of memory");
        code = -ENOMEM;
    } else if (ERR_GET_LIB(error) == ERR_LIB_SSL && number >= SSL_AD_REASON_OFFSET &&
               number <= SSL_AD_REASON_OFFSET + 255) {
        int alert = number - SSL_AD_REASON_OFFSET;
        snprintf(reason, HR_TLS_REASON_MAX, "the %s sent the alert \"%s\"%s",
                 server ? "client" : "server", name_of_alert(alert),
                 server ? "" : remedy_of_alert(alert));
    } else {
        const char *known = ERR_GET_LIB(error) == ERR_LIB_SSL ? text_of_reason(number) : NULL;
        const char *text = known ? known : ERR_reason_error_string(error);
        snprintf(reason, HR_TLS_REASON_MAX, "%s", text ? text : "unknown error of OpenSSL");
    }
    ERR_clear_error();
    return code;
}

/* ---- Certificates. */

static size_t append(char *out, size_t capacity, size_t at, const char *text, size_t size) {
    for (size_t i = 0; i < size && at + 1 < capacity; i++)
        out[at++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    out[at] = '\0';
    return at;
}

static void subject_of(X509 *certificate, char *out, size_t capacity) {
    out[0] = '\0';
    BIO *bio = certificate ? BIO_new(BIO_s_mem()) : NULL;
    if (!bio) return;
    char *data;
    if (X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        long size = BIO_get_mem_data(bio, &data);
        if (size > 0) append(out, capacity, 0, data, (size_t)size);
    }
    BIO_free(bio);
}

static const char *remedy_of(int error) {
    switch (error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return ": trust its CA with ca_file, if it is to be trusted";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return ": it has to be renewed, or the clock here is wrong";
    default:
        return "";
    }
}

void hr__tls_error_certificate(X509_STORE_CTX *store, char reason[HR_TLS_REASON_MAX]) {
    int error = X509_STORE_CTX_get_error(store);
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    char name[80];
    if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        hr__tls_name_describe(store, reason, HR_TLS_REASON_MAX);
    } else {
        subject_of(certificate, name, sizeof name);
        snprintf(reason, HR_TLS_REASON_MAX, "certificate verify failed: %s (depth %d, %s)%s",
                 X509_verify_cert_error_string(error), X509_STORE_CTX_get_error_depth(store), name,
                 remedy_of(error));
    }
    ERR_clear_error();
}
