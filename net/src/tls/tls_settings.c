/* The options, read once: names copied, files loaded, pins decoded. Shared by the contexts
 * of all reactors. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/reserved.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_private.h"

static int out_of_memory(struct hr_error *error) {
    return hr_error_set(error, -ENOMEM, "tls: out of memory");
}

/* NULL gives NULL. False: no memory. */
static bool copy(const char *text, char **out) {
    *out = text ? strdup(text) : NULL;
    return *out || !text;
}

static int new_settings(struct hr_error *error, struct hr_tls_settings **settings) {
    struct hr_tls_settings *made = calloc(1, sizeof *made);
    if (!made) return out_of_memory(error);
    static uint64_t numbers;
    made->references = 1;
    made->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
    made->key_log_fd = -1;
    hr__tls_ticket_keys_init(&made->tickets);
    *settings = made;
    return 0;
}

static int check_versions(enum hr_tls_version min, enum hr_tls_version max,
                          struct hr_error *error) {
    if ((unsigned)min > HR_TLS_1_3 || (unsigned)max > HR_TLS_1_3)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: version_min or version_max is none");
    if (min != HR_TLS_DEFAULT && max != HR_TLS_DEFAULT && min > max)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: version_min is above version_max");
    return 0;
}

static int read_identity(const char *certificate_file, const char *key_file, struct hr_error *error,
                         struct hr_tls_settings *settings) {
    if (!certificate_file && !key_file) return 0;
    if (!certificate_file || !key_file)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: certificate_file and key_file: one without the other");
    if (!copy(certificate_file, &settings->certificate_file) ||
        !copy(key_file, &settings->key_file))
        return out_of_memory(error);
    return hr__tls_identity_read(certificate_file, key_file, error, &settings->identity);
}

static int parse_identity(const struct hr_tls_server_options *options, struct hr_error *error,
                          struct hr_tls_settings *settings) {
    if (options->certificate_pem.size == 0 || options->key_pem.size == 0)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: certificate_pem and key_pem: one without the other");
    return hr__tls_identity_parse(options->certificate_pem, options->key_pem, error,
                                  &settings->identity);
}

/* Decrypts captured traffic: for debug builds alone. */
static void open_key_log(struct hr_tls_settings *settings) {
#ifndef NDEBUG
    const char *file = getenv("SSLKEYLOGFILE");
    if (file && *file)
        settings->key_log_fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
#else
    (void)settings;
#endif
}

/* An option that OpenSSL would not take is found now, not at the first connection. */
static int try_out(const struct hr_tls_settings *settings, struct hr_error *error) {
    SSL_CTX *ssl_context;
    int err = hr__tls_build(settings, &settings->identity, error, &ssl_context);
    if (!err) SSL_CTX_free(ssl_context);
    return err;
}

static int fill_client(const struct hr_tls_options *options, struct hr_error *error,
                       struct hr_tls_settings *settings) {
    settings->insecure = options->insecure;
    settings->resumption = !options->no_resumption;
    settings->version_min = options->version_min;
    settings->version_max = options->version_max;
    if (!copy(options->server_name, &settings->server_name) ||
        !copy(options->ciphers, &settings->ciphers) ||
        !copy(options->cipher_suites, &settings->cipher_suites) ||
        !copy(options->groups, &settings->groups))
        return out_of_memory(error);
    const char *name = options->server_name;
    if (name && (name[0] == '\0' || name[0] == '.'))
        return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: server_name \"%s\" is no host name",
                            name);
    int err = check_versions(options->version_min, options->version_max, error);
    if (!err) err = hr__tls_pins_parse(options->pinned_keys, error, &settings->pins);
    if (!err) err = read_identity(options->certificate_file, options->key_file, error, settings);
    if (!err && !options->insecure)
        err = hr__tls_trust_read(options, "ca_file", error, &settings->store);
    bool tuned = settings->identity.certificate || settings->ciphers || settings->cipher_suites ||
                 settings->groups;
    if (!err && tuned) err = try_out(settings, error);
    if (!err) open_key_log(settings);
    return err;
}

int hr__tls_settings_new_client(const struct hr_tls_options *options, struct hr_error *error,
                                struct hr_tls_settings **settings) {
    struct hr_tls_settings *made = NULL;
    const struct hr_reserved reserved = {"hr_tls_options", options->reserved,
                                         sizeof options->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    if (!err) err = new_settings(error, &made);
    if (err) return err;
    err = fill_client(options, error, made);
    if (err) {
        hr__tls_settings_free(made);
        return err;
    }
    *settings = made;
    return 0;
}

static int read_client_ca(const char *file, struct hr_error *error,
                          struct hr_tls_settings *settings) {
    if (!file) return 0;
    struct hr_tls_options trust = {.ca_file = file};
    int err = hr__tls_trust_read(&trust, "client_ca_file", error, &settings->store);
    if (err) return err;
    settings->verify_client = true;
    settings->client_ca_names = SSL_load_client_CA_file(file);
    ERR_clear_error();
    return settings->client_ca_names ? 0 : out_of_memory(error);
}

static int fill_server(const struct hr_tls_server_options *options, struct hr_error *error,
                       struct hr_tls_settings *settings) {
    settings->server = true;
    settings->resumption = !options->no_tickets;
    settings->version_min = options->version_min;
    settings->version_max = options->version_max;
    bool in_memory = options->certificate_pem.size > 0 || options->key_pem.size > 0;
    if (!options->certificate_file && !in_memory)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: a server needs certificate_file");
    if (in_memory && (options->certificate_file || options->key_file))
        return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                            "tls: certificate_file or key_file, and certificate_pem or key_pem: "
                            "one of the two ways");
    if (!copy(options->ciphers, &settings->ciphers) ||
        !copy(options->cipher_suites, &settings->cipher_suites))
        return out_of_memory(error);
    int err = check_versions(options->version_min, options->version_max, error);
    if (!err && in_memory)
        err = parse_identity(options, error, settings);
    else if (!err)
        err = read_identity(options->certificate_file, options->key_file, error, settings);
    if (!err) err = read_client_ca(options->client_ca_file, error, settings);
    if (!err) err = try_out(settings, error);
    if (!err) open_key_log(settings);
    return err;
}

int hr__tls_settings_new_server(const struct hr_tls_server_options *options, struct hr_error *error,
                                struct hr_tls_settings **settings) {
    struct hr_tls_settings *made = NULL;
    int err = new_settings(error, &made);
    if (err) return err;
    err = fill_server(options, error, made);
    if (err) {
        hr__tls_settings_free(made);
        return err;
    }
    *settings = made;
    return 0;
}

void hr__tls_settings_free(struct hr_tls_settings *settings) {
    if (!settings || __atomic_sub_fetch(&settings->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    free(settings->certificate_file);
    free(settings->key_file);
    free(settings->server_name);
    free(settings->ciphers);
    free(settings->cipher_suites);
    free(settings->groups);
    X509_STORE_free(settings->store);
    sk_X509_NAME_pop_free(settings->client_ca_names, X509_NAME_free);
    hr__tls_identity_clear(&settings->identity);
    if (settings->key_log_fd >= 0) close(settings->key_log_fd);
    hr__tls_ticket_keys_deinit(&settings->tickets);
    free(settings);
}
