/* The certificate of a store with TLS, as OpenSSL's own checks see it. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "service_certificate.h"

static char folder[] = "/tmp/hr-certificate-XXXXXX";
static char certificate_path[PATH_MAX], key_path[PATH_MAX];

static void make_folder(void) {
    cr_assert_not_null(mkdtemp(folder));
    snprintf(certificate_path, sizeof certificate_path, "%s/c.pem", folder);
    snprintf(key_path, sizeof key_path, "%s/k.pem", folder);
}

static void remove_folder(void) {
    unlink(certificate_path);
    unlink(key_path);
    rmdir(folder);
}
TestSuite(service_certificate, .init = make_folder, .fini = remove_folder);

static const struct perf_service_certificate files = {certificate_path, key_path};

Test(service_certificate, it_is_for_the_loopback_and_signed_by_its_own_key) {
    struct hr_error error = {0};
    cr_assert_eq(perf_service_certificate_make(&files, &error), 0, "%s", error.message);
    FILE *file = fopen(certificate_path, "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = fopen(key_path, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    cr_expect_eq(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    cr_expect_neq(X509_check_ip_asc(certificate, "127.0.0.2", 0), 1);
    cr_expect_neq(X509_check_host(certificate, "elsewhere.test", 0, 0, NULL), 1);
    cr_expect_eq(X509_verify(certificate, key), 1);
    cr_expect_eq(X509_check_private_key(certificate, key), 1);
    cr_expect_lt(X509_cmp_current_time(X509_get0_notBefore(certificate)), 0);
    cr_expect_gt(X509_cmp_current_time(X509_get0_notAfter(certificate)), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

Test(service_certificate, nobody_else_reads_the_key_and_an_old_one_goes) {
    struct hr_error error = {0};
    struct stat status;
    cr_assert_eq(perf_service_certificate_make(&files, &error), 0, "%s", error.message);
    cr_assert_eq(chmod(key_path, 0644), 0);
    cr_assert_eq(perf_service_certificate_make(&files, &error), 0, "%s", error.message);
    cr_assert_eq(stat(key_path, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
}

Test(service_certificate, a_folder_that_is_not_there_is_named) {
    const struct perf_service_certificate nowhere = {"/nowhere/c.pem", "/nowhere/k.pem"};
    struct hr_error error = {0};
    cr_expect_lt(perf_service_certificate_make(&nowhere, &error), 0);
    cr_expect_str_eq(error.message, "/nowhere/c.pem cannot be written");
}
