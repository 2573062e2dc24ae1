/* The options, and the system's files. These are read here, on the caller's thread: a reactor must
 * not wait for a disk. */
#include "resolver_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/reserved.h>

#define RESOLV_CONF    "/etc/resolv.conf"
#define HOSTS_FILE     "/etc/hosts"
#define TTL_MIN_S      1
#define TTL_MAX_S      3600
#define NEGATIVE_TTL_S 5
#define TTL_LIMIT_S    (7 * 24 * 3600) /* no option may be longer than a week */

/* The file's bytes, heap memory; -errno. */
static int read_file(const char *path, char **text, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -errno;
    char *bytes = NULL;
    size_t used = 0, capacity = 0;
    int err = 0;
    while (!err) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 4096;
            char *more = used > HR_HOSTS_BYTES_MAX ? NULL : realloc(bytes, capacity);
            if (!more) {
                err = used > HR_HOSTS_BYTES_MAX ? -EFBIG : -ENOMEM;
                break;
            }
            bytes = more;
        }
        ssize_t got = read(fd, bytes + used, capacity - used);
        if (got > 0)
            used += (size_t)got;
        else if (got == 0)
            break;
        else if (errno != EINTR)
            err = -errno;
    }
    close(fd);
    if (err) {
        free(bytes);
        return err;
    }
    *text = bytes;
    *size = used;
    return 0;
}

/* A file that is named must be there; the system's may be missing. */
static int read_hosts(struct hr_resolver_settings *settings, const char *named,
                      struct hr_error *error) {
    char *text = NULL;
    size_t size = 0;
    settings->hosts_path = strdup(named ? named : HOSTS_FILE);
    if (!settings->hosts_path) return hr_error_set(error, -ENOMEM, "no memory for the names");
    if (settings->hosts_path[0]) {
        int err = read_file(settings->hosts_path, &text, &size);
        if (err && named)
            return hr_error_set(error, -EINVAL, "resolver.hosts_file '%s' cannot be read: %s",
                                named, hr_error_text(err));
    }
    int err = hr__hosts_new(hr_slice_bytes(text, size), &settings->hosts);
    free(text);
    return err ? hr_error_set(error, err, "no memory for the names of the hosts file") : 0;
}

static int read_conf(struct hr_resolver_settings *settings,
                     const struct hr_resolver_options *options, struct hr_error *error) {
    char *text = NULL;
    size_t size = 0;
    hr__resolver_conf_init(&settings->conf);
    if (read_file(RESOLV_CONF, &text, &size) == 0)
        hr__resolver_conf_read(&settings->conf, hr_slice_bytes(text, size));
    free(text);
    return hr__resolver_conf_override(&settings->conf, options, error);
}

static int read_numbers(struct hr_resolver_settings *settings,
                        const struct hr_resolver_options *options, struct hr_error *error) {
    settings->ttl_min_s = options->ttl_min_s ? options->ttl_min_s : TTL_MIN_S;
    settings->ttl_max_s = options->ttl_max_s ? options->ttl_max_s : TTL_MAX_S;
    settings->negative_ttl_s = options->negative_ttl_s ? options->negative_ttl_s : NEGATIVE_TTL_S;
    if (options->ttl_max_s == 0 && settings->ttl_max_s < settings->ttl_min_s)
        settings->ttl_max_s = settings->ttl_min_s;
    if (settings->ttl_min_s > settings->ttl_max_s)
        return hr_error_set(error, -EINVAL, "resolver.ttl_min_s %u is more than ttl_max_s %u",
                            settings->ttl_min_s, settings->ttl_max_s);
    if (settings->ttl_max_s > TTL_LIMIT_S || settings->negative_ttl_s > TTL_LIMIT_S)
        return hr_error_set(error, -EINVAL,
                            "resolver.ttl_max_s %u, negative_ttl_s %u: at most %d, a week",
                            settings->ttl_max_s, settings->negative_ttl_s, TTL_LIMIT_S);
    if (options->ipv4_only && options->ipv6_only)
        return hr_error_set(error, -EINVAL,
                            "resolver.ipv4_only and ipv6_only exclude each other: set one");
    settings->family = options->ipv4_only ? AF_INET : options->ipv6_only ? AF_INET6 : AF_UNSPEC;
    return 0;
}

int hr__resolver_settings_new(const struct hr_resolver_options *options, struct hr_error *error,
                              struct hr_resolver_settings **settings) {
    static const struct hr_resolver_options defaults;
    if (!options) options = &defaults;
    const struct hr_reserved reserved = {"hr_resolver_options", options->reserved,
                                         sizeof options->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    if (err) return err;
    struct hr_resolver_settings *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for the resolver");
    err = hr__resolve_table_new(options->entries, options->entry_count, error, &made->table);
    if (!err) err = read_numbers(made, options, error);
    if (!err) err = read_conf(made, options, error);
    if (!err) err = read_hosts(made, options->hosts_file, error);
    if (err) {
        hr__resolver_settings_free(made);
        return err;
    }
    *settings = made;
    return 0;
}

void hr__resolver_settings_free(struct hr_resolver_settings *settings) {
    if (!settings) return;
    hr__resolve_table_free(settings->table);
    hr__hosts_free(settings->hosts);
    free(settings->hosts_path);
    free(settings);
}
