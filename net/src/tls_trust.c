/* Trust anchors: from a file, a directory, memory, the system. All are loaded before the first
 * connection, so that no handshake opens a file. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls_private.h"

/* "1a2b3c4d.0", as c_rehash names a link to a certificate. */
static bool is_hash_name(const char *name) {
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] != '\0' &&
           strspn(name + 9, "0123456789") == strlen(name + 9);
}

static unsigned load_directory(X509_STORE *store, const char *folder) {
    DIR *directory = opendir(folder);
    if (!directory) return 0;
    unsigned loaded = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        char path[4096];
        if (!is_hash_name(entry->d_name)) continue;
        int size = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (size > 0 && (size_t)size < sizeof path && X509_STORE_load_file(store, path) == 1)
            loaded++;
    }
    closedir(directory);
    ERR_clear_error();
    return loaded;
}

static int load_pem(X509_STORE *store, struct hr_slice pem) {
    if (pem.size > INT32_MAX) return HR_ERR_TLS_OPTIONS;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (!bio) return -ENOMEM;
    unsigned count = 0;
    X509 *certificate;
    int ok = 1;
    while (ok && (certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL))) {
        ok = X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    unsigned long last = ERR_peek_last_error();
    bool ended = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return ok && count > 0 && ended ? 0 : HR_ERR_TLS_OPTIONS;
}

/* The bundle and the directory that OpenSSL was built for, or those of the environment. Where
 * neither is there nothing is trusted, and the first handshake says so. */
static int load_system(X509_STORE *store) {
    int ok = X509_STORE_set_default_paths(store);
    ERR_clear_error();
    return ok == 1 ? 0 : -ENOMEM;
}

static int load_all(const struct hr_tls_options *options, struct hr_error *error,
                    X509_STORE *store) {
    if (options->ca_file && X509_STORE_load_file(store, options->ca_file) != 1)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: ca_file %s: it cannot be read, or holds no certificate in PEM",
                            options->ca_file);
    if (options->ca_directory && load_directory(store, options->ca_directory) == 0)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: ca_directory %s: no certificate named by its hash, make the "
                            "links with c_rehash",
                            options->ca_directory);
    int err = options->ca_pem.size > 0 ? load_pem(store, options->ca_pem) : 0;
    if (err)
        return hr_error_set(error, err,
                            "tls: ca_pem: no certificate in PEM, or a malformed one among them");
    bool own = options->ca_file || options->ca_directory || options->ca_pem.size > 0;
    if (own && !options->ca_system) return 0;
    err = load_system(store);
    if (err) return hr_error_set(error, err, "tls: out of memory");
    return 0;
}

int hr__tls_trust_read(const struct hr_tls_options *options, struct hr_error *error,
                       X509_STORE **store) {
    X509_STORE *made = X509_STORE_new();
    if (!made) return hr_error_set(error, -ENOMEM, "tls: out of memory");
    ERR_clear_error();
    int err = load_all(options, error, made);
    ERR_clear_error();
    if (err) {
        X509_STORE_free(made);
        return err;
    }
    *store = made;
    return 0;
}
