/* Names with an underscore, and what is said of a certificate for another name. */
#include <criterion/criterion.h>
#include <string.h>

#include "tls_certs.h"
#include "tls_private.h"

static bool matches(const char *alt_names, const char *name) {
    struct tls_cert cert =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "a_b.c.test", .alt_names = alt_names});
    bool answer = hr__tls_name_matches(cert.certificate, hr_slice_of(name));
    tls_cert_deinit(&cert);
    return answer;
}

Test(tls_name, underscores) {
    cr_assert(matches("DNS:*.c.test", "a_b.c.test"));
    cr_assert(matches("DNS:*.C.test", "A_b.c.TEST"));
    cr_assert(matches("DNS:*.c.test", "_a.c.test"));
    cr_assert(matches("DNS:*.a_b.c.test", "x.a_b.c.test"));
    cr_assert(matches("DNS:other.test,DNS:*.a_b.c.test", "x_y.a_b.c.test"));
    cr_assert(matches("DNS:a_b.c.test", "a_b.c.test"));
    cr_assert(!matches(NULL, "a_b.c.test"), "the common name does not count");
    cr_assert(!matches("DNS:*.c.test", "a_b.d.c.test"), "a wildcard is one label");
    cr_assert(!matches("DNS:*.c.test", "c.test"));
    cr_assert(!matches("DNS:*.c.test", ".c.test"));
    cr_assert(!matches("DNS:*.test", "a_b.test"), "two labels behind it");
    cr_assert(!matches("DNS:*", "a_b"));
    cr_assert(!matches("DNS:a*.c.test", "a_b.c.test"), "the whole label");
    cr_assert(!matches("DNS:*_b.c.test", "a_b.c.test"));
    cr_assert(!matches("DNS:x.*.test", "x.a_b.test"), "the first label");
    cr_assert(!matches("DNS:*.*.test", "a_b.c.test"));
    cr_assert(!matches("DNS:a-b.c.test", "a_b.c.test"));
    cr_assert(!matches("DNS:.c.test", "a_b.c.test"));
    cr_assert(!matches("DNS:*..c.test", "a_b.c.test"));
    cr_assert(!matches("IP:127.0.0.1", "a_b.c.test"));
    cr_assert(!matches("email:a_b@c.test", "a_b.c.test"));
}

static const char *said(const char *alt_names, bool address) {
    static char reason[HR_TLS_REASON_MAX];
    struct tls_cert cert =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "cn.test", .alt_names = alt_names});
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, cert.certificate, NULL);
    X509_STORE_CTX_set_error(context, address ? X509_V_ERR_IP_ADDRESS_MISMATCH
                                              : X509_V_ERR_HOSTNAME_MISMATCH);
    hr__tls_error_certificate(context, reason);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    tls_cert_deinit(&cert);
    return reason;
}

#define FAILED "certificate verify failed: it is not for this "

Test(tls_name, what_it_is_for) {
    cr_assert_str_eq(said("DNS:127.0.0.1", true),
                     FAILED "address, but for DNS:127.0.0.1: an address "
                            "has to be one of its IP: entries");
    cr_assert_str_eq(said("DNS:127.0.0.1,IP:10.0.0.1,IP:::1", true), FAILED
                     "address, but for DNS:127.0.0.1, IP:10.0.0.1, IP:::1: an address has to "
                     "be one of its IP: entries");
    cr_assert_str_eq(said("DNS:good.test,IP:10.0.0.1", true),
                     FAILED "address, but for DNS:good.test, IP:10.0.0.1: use such a name, or set "
                            "server_name to it");
    cr_assert_str_eq(said("DNS:*", false), FAILED "name, but for DNS:*");
    cr_assert_str_eq(said("DNS:*.good.test", false),
                     FAILED "name, but for DNS:*.good.test: use such "
                            "a name, or set server_name to it");
    cr_assert_str_eq(said("IP:127.0.0.1", false), FAILED "name, but for IP:127.0.0.1");
    cr_assert_str_eq(said(NULL, false),
                     FAILED "name, but for no name (the common name does not count)");
    const char *many = said("DNS:a.long.name.of.somebody.test,DNS:b.long.name.of.somebody.test,"
                            "DNS:c.test,IP:127.0.0.1",
                            false);
    cr_assert(strstr(many, "DNS:a.long.name.of.somebody.test and 3 more: use such"), "%s", many);
}
