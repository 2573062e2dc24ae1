/* Trust anchors: from a file, a directory, memory, the system. All are loaded before the first
 * connection, so that no handshake opens a file; the system's once a process, when they are needed
 * first. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- The system's. */

/* "/a:/b", as SSL_CERT_DIR may say. */
static void load_directories(X509_STORE *store, const char *folders) {
    while (*folders) {
        char folder[1024];
        size_t size = strcspn(folders, ":");
        if (size > 0 && size < sizeof folder) {
            memcpy(folder, folders, size);
            folder[size] = '\0';
            load_directory(store, folder);
        }
        folders += size + (folders[size] == ':');
    }
}

/* The bundle that OpenSSL was built for and, where there is none, the directory; those of the
 * environment both. Where neither is there nothing is trusted, and the first handshake says so. */
static void load_system(X509_STORE *store) {
    const char *file = getenv(X509_get_default_cert_file_env());
    const char *folders = getenv(X509_get_default_cert_dir_env());
    if (!file) file = X509_get_default_cert_file();
    bool loaded = X509_STORE_load_file(store, file) == 1;
    if (folders || !loaded)
        load_directories(store, folders ? folders : X509_get_default_cert_dir());
    ERR_clear_error();
}

static struct {
    pthread_mutex_t mutex;
    X509_STORE *store; /* NULL: not loaded yet */
    struct timespec file_modified;
    char file[1024];
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Whether the store is of the bundle as it now is: a client made after an update sees the update.
 */
static bool is_kept(const char *file, struct timespec modified) {
    return kept.store && strcmp(kept.file, file) == 0 &&
           kept.file_modified.tv_sec == modified.tv_sec &&
           kept.file_modified.tv_nsec == modified.tv_nsec;
}

/* Another thread may have been reading while this process forked: the child, which does not have
 * that thread, begins anew. */
static void forget_in_child(void) {
    kept.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    kept.store = NULL;
}

static void care_for_children(void) {
    (void)pthread_atfork(NULL, NULL, forget_in_child);
}

X509_STORE *hr__tls_trust_system(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, care_for_children);
    const char *file = getenv(X509_get_default_cert_file_env());
    struct stat status;
    if (!file) file = X509_get_default_cert_file();
    if (stat(file, &status) < 0) memset(&status, 0, sizeof status);
    bool keeps = !getenv(X509_get_default_cert_dir_env()) && strlen(file) < sizeof kept.file;
    pthread_mutex_lock(&kept.mutex);
    X509_STORE *store = NULL;
    if (keeps && is_kept(file, status.st_mtim)) {
        store = kept.store;
        X509_STORE_up_ref(store);
    } else if ((store = X509_STORE_new())) {
        load_system(store);
        if (keeps && X509_STORE_up_ref(store)) {
            X509_STORE_free(kept.store);
            kept.store = store;
            kept.file_modified = status.st_mtim;
            memcpy(kept.file, file, strlen(file) + 1);
        }
    }
    pthread_mutex_unlock(&kept.mutex);
    return store;
}

/* ---- A client's own. */

/* Why nothing came from it: the system's reason, or else that it is not what it should be. */
static const char *why_not(const char *path, const char *otherwise) {
    return access(path, R_OK) < 0 ? hr_error_text(-errno) : otherwise;
}

static int load_all(const struct hr_tls_options *options, const char *file_option,
                    struct hr_error *error, X509_STORE *store) {
    if (options->ca_file && X509_STORE_load_file(store, options->ca_file) != 1)
        return hr_error_set(
            error, HR_ERR_TLS_OPTIONS, "tls: %s %s: %s", file_option, options->ca_file,
            why_not(options->ca_file, "no certificate in PEM, or a malformed one among them"));
    if (options->ca_directory && load_directory(store, options->ca_directory) == 0)
        return hr_error_set(
            error, HR_ERR_TLS_OPTIONS, "tls: ca_directory %s: %s", options->ca_directory,
            why_not(options->ca_directory,
                    "no certificate named by its hash, make the links with c_rehash"));
    int err = options->ca_pem.size > 0 ? load_pem(store, options->ca_pem) : 0;
    if (err)
        return hr_error_set(error, err,
                            "tls: ca_pem: no certificate in PEM, or a malformed one among them");
    if (options->ca_system) load_system(store);
    return 0;
}

int hr__tls_trust_read(const struct hr_tls_options *options, const char *file_option,
                       struct hr_error *error, X509_STORE **store) {
    *store = NULL;
    if (!options->ca_file && !options->ca_directory && options->ca_pem.size == 0) return 0;
    X509_STORE *made = X509_STORE_new();
    if (!made) return hr_error_set(error, -ENOMEM, "tls: out of memory");
    ERR_clear_error();
    int err = load_all(options, file_option, error, made);
    ERR_clear_error();
    if (err) {
        X509_STORE_free(made);
        return err;
    }
    *store = made;
    return 0;
}
