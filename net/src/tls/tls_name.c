/* Names of certificates: those that OpenSSL does not take for names, and what to say of a
 * certificate that is for another one.
 *
 * OpenSSL refuses a '_' under a wildcard, in the name asked for as in the certificate's. Hosts with
 * one are in use, curl and browsers accept them, and to DNS they are labels as others are (RFC 2181
 * 11). All else is as OpenSSL and RFC 9525 6.3 have it: a wildcard is the whole of the first label,
 * stands for one label, and has two more behind it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include <headrace/text.h>

#include "tls_private.h"

#define NAMES_SIZE 64 /* of all the names of a certificate that are shown */

/* ---- With an underscore. */

static struct hr_slice text_of(const ASN1_STRING *text) {
    return hr_slice_bytes((const char *)ASN1_STRING_get0_data(text),
                          (size_t)ASN1_STRING_length(text));
}

static bool is_name(struct hr_slice name) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (size_t i = 0; i < name.size; i++) {
        bool ends_label = i + 1 == name.size || name.data[i + 1] == '.';
        bool begins_label = i == 0 || name.data[i - 1] == '.';
        if (!name.data[i] || !strchr(allowed, name.data[i])) return false;
        if (begins_label && (name.data[i] == '.' || name.data[i] == '-')) return false;
        if (ends_label && (name.data[i] == '.' || name.data[i] == '-')) return false;
    }
    return name.size > 0;
}

/* The rest of a name behind its first label, with the dot. */
static struct hr_slice parent_of(struct hr_slice name) {
    const char *dot = name.size ? memchr(name.data, '.', name.size) : NULL;
    size_t at = dot ? (size_t)(dot - name.data) : name.size;
    return hr_slice_bytes(name.data + at, name.size - at);
}

static bool is_wildcard(struct hr_slice pattern) {
    if (pattern.size < 3 || memcmp(pattern.data, "*.", 2) != 0) return false;
    struct hr_slice parent = hr_slice_bytes(pattern.data + 2, pattern.size - 2);
    return is_name(parent) && memchr(parent.data, '.', parent.size);
}

static bool covers(struct hr_slice pattern, struct hr_slice name) {
    if (is_wildcard(pattern)) return hr_slice_equal_nocase(parent_of(pattern), parent_of(name));
    return is_name(pattern) && hr_slice_equal_nocase(pattern, name);
}

bool hr__tls_name_matches(X509 *certificate, struct hr_slice name) {
    if (!is_name(name)) return false;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool matches = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !matches; i++) {
        const GENERAL_NAME *each = sk_GENERAL_NAME_value(names, i);
        matches = each->type == GEN_DNS && covers(text_of(each->d.dNSName), name);
    }
    GENERAL_NAMES_free(names);
    return matches;
}

int hr__tls_name_verify(int good, X509_STORE_CTX *store) {
    if (good || X509_STORE_CTX_get_error(store) != X509_V_ERR_HOSTNAME_MISMATCH) return good;
    const char *name = X509_VERIFY_PARAM_get0_host(X509_STORE_CTX_get0_param(store), 0);
    if (!name || !strchr(name, '_') ||
        !hr__tls_name_matches(X509_STORE_CTX_get0_cert(store), hr_slice_of(name)))
        return 0;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* ---- Describing a certificate. */

struct names {
    char text[NAMES_SIZE];
    size_t size;
    unsigned left_out;
    bool usable; /* one is a name that can be asked for */
};

static void add(struct names *names, const char *kind, struct hr_slice name) {
    char text[NAMES_SIZE];
    int size = snprintf(text, sizeof text, "%s%s", names->size ? ", " : "", kind);
    for (size_t i = 0; i < name.size && (size_t)size + 1 < sizeof text; i++)
        text[size++] = name.data[i] > ' ' && name.data[i] <= '~' ? name.data[i] : '?';
    if (names->left_out || names->size + (size_t)size >= sizeof names->text) {
        names->left_out++;
        return;
    }
    memcpy(names->text + names->size, text, (size_t)size);
    names->size += (size_t)size;
    names->text[names->size] = '\0';
}

static void add_name(struct names *names, struct hr_slice name) {
    struct in_addr address;
    char text[INET_ADDRSTRLEN];
    hr_text_copy(text, sizeof text, name);
    bool numeric = name.size < sizeof text && inet_pton(AF_INET, text, &address) == 1;
    names->usable |= is_wildcard(name) || (is_name(name) && !numeric);
    add(names, "DNS:", name);
}

static void collect(X509 *certificate, struct names *names) {
    GENERAL_NAMES *all =
        certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
    memset(names, 0, sizeof *names);
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        char address[INET6_ADDRSTRLEN];
        if (name->type == GEN_DNS) add_name(names, text_of(name->d.dNSName));
        if (name->type != GEN_IPADD) continue;
        struct hr_slice bytes = text_of(name->d.iPAddress);
        if (bytes.size != 4 && bytes.size != 16) continue;
        inet_ntop(bytes.size == 4 ? AF_INET : AF_INET6, bytes.data, address, sizeof address);
        add(names, "IP:", hr_slice_of(address));
    }
    GENERAL_NAMES_free(all);
}

void hr__tls_name_describe(X509_STORE_CTX *store, char *reason, size_t capacity) {
    bool address = X509_STORE_CTX_get_error(store) == X509_V_ERR_IP_ADDRESS_MISMATCH;
    const char *asked = address ? "address" : "name", *remedy = "";
    char others[24] = "";
    struct names names;
    collect(X509_STORE_CTX_get0_cert(store), &names);
    if (names.left_out) snprintf(others, sizeof others, " and %u more", names.left_out);
    if (names.usable)
        remedy = ": use such a name, or set server_name to it";
    else if (address && names.size)
        remedy = ": an address has to be one of its IP: entries";
    snprintf(reason, capacity, "certificate verify failed: it is not for this %s, but for %s%s%s",
             asked, names.size ? names.text : "no name (the common name does not count)", others,
             remedy);
}
