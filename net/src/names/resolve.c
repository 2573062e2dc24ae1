/* Names to addresses without a resolver: a static table, numeric addresses, localhost. */
#include "resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <headrace/url.h>

#include "address_text.h"

/* RFC 1035: no name is longer. */
#define NAME_SIZE_MAX 255

struct entry {
    char *host; /* without "*" when it is a suffix: ".s3.test" */
    size_t host_size;
    bool suffix;
    uint16_t port, to_port;
    union hr_address address;
};

struct hr_resolve_table {
    size_t count;
    struct entry entries[];
};

static int copy_entry(const struct hr_resolve_entry *from, size_t index, struct hr_error *error,
                      struct entry *to) {
    const struct hr_reserved reserved = {"hr_resolve_entry", from->reserved, sizeof from->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    if (err) return err;
    size_t size = from->host ? strlen(from->host) : 0;
    if (size == 0 || size > NAME_SIZE_MAX)
        return hr_error_set(error, -EINVAL,
                            "resolver.entries[%zu].host is empty or longer than %d bytes", index,
                            NAME_SIZE_MAX);
    bool suffix = from->host[0] == '*';
    char shown[81];
    if (suffix && (size < 3 || from->host[1] != '.'))
        return hr_error_set(error, -EINVAL,
                            "resolver.entries[%zu].host '%s': a wildcard is \"*.suffix\"", index,
                            hr_url_show(hr_slice_of(from->host), shown, sizeof shown));
    err = hr__address_read(hr_slice_of(from->address), false, &to->address);
    if (err)
        return hr_error_set(error, -EINVAL, "resolver.entries[%zu].address '%s' %s", index,
                            hr_url_show(hr_slice_of(from->address), shown, sizeof shown),
                            err == -ENODEV ? "has a zone that is no interface of this host"
                                           : "is not a numeric IPv4 or IPv6 address");
    to->host = strdup(from->host + (suffix ? 1 : 0));
    if (!to->host) return hr_error_set(error, -ENOMEM, "no memory for the table of names");
    to->host_size = size - (suffix ? 1 : 0);
    to->suffix = suffix;
    to->port = from->port;
    to->to_port = from->to_port;
    return 0;
}

int hr__resolve_table_new(const struct hr_resolve_entry *entries, size_t count,
                          struct hr_error *error, struct hr_resolve_table **table) {
    if (count > 0 && !entries)
        return hr_error_set(error, -EINVAL,
                            "resolver.entries is NULL, and resolver.entry_count is %zu", count);
    struct hr_resolve_table *made = calloc(1, sizeof *made + count * sizeof made->entries[0]);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for the table of names");
    for (size_t i = 0; i < count; i++) {
        int err = copy_entry(&entries[i], i, error, &made->entries[i]);
        if (err) {
            hr__resolve_table_free(made);
            return err;
        }
        made->count = i + 1;
    }
    *table = made;
    return 0;
}

void hr__resolve_table_free(struct hr_resolve_table *table) {
    if (!table) return;
    for (size_t i = 0; i < table->count; i++) free(table->entries[i].host);
    free(table);
}

static bool ends_with(struct hr_slice host, struct hr_slice suffix) {
    return host.size > suffix.size &&
           hr_slice_equal_nocase(hr_slice_bytes(host.data + (host.size - suffix.size), suffix.size),
                                 suffix);
}

static bool matches(const struct entry *entry, struct hr_slice host, uint16_t port) {
    if (entry->port != 0 && entry->port != port) return false;
    struct hr_slice name = hr_slice_bytes(entry->host, entry->host_size);
    return entry->suffix ? ends_with(host, name) : hr_slice_equal_nocase(host, name);
}

int hr__resolve(const struct hr_resolve_table *table, struct hr_slice host, uint16_t port,
                struct hr_addresses *addresses) {
    for (size_t i = 0; table && i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (!matches(entry, host, port)) continue;
        addresses->count = 1;
        addresses->list[0] = entry->address;
        hr__address_set_port(&addresses->list[0], entry->to_port ? entry->to_port : port);
        return 0;
    }
    union hr_address numeric;
    if (hr__address_read(host, true, &numeric) == 0) {
        addresses->count = 1;
        addresses->list[0] = numeric;
        hr__address_set_port(&addresses->list[0], port);
        return 0;
    }
    if (!hr_slice_equal_nocase(host, hr_slice_of("localhost")) &&
        !ends_with(host, hr_slice_of(".localhost")))
        return HR_ERR_NAME_UNRESOLVED;
    addresses->count = 2;
    hr__address_read(hr_slice_of("127.0.0.1"), false, &addresses->list[0]);
    hr__address_read(hr_slice_of("::1"), false, &addresses->list[1]);
    hr__address_set_port(&addresses->list[0], port);
    hr__address_set_port(&addresses->list[1], port);
    return 0;
}
