/* The hosts that are reached without a proxy. */
#include "no_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "url_authority.h"

/* An address is kept as IPv6, IPv4 as ::ffff:a.b.c.d, so that one comparison serves both. */
struct address {
    unsigned char bytes[16];
};

struct hr_no_proxy_entry {
    struct hr_slice name; /* data NULL: an address or a network */
    struct address address;
    unsigned prefix_bits;
    bool has_port;
    uint16_t port;
};

static bool is_separator(char byte) {
    return byte == ',' || byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* `bits`: what stands before those that are the address's own. */
static bool parse_address(struct hr_slice text, struct address *address, unsigned *bits) {
    char literal[INET6_ADDRSTRLEN];
    if (text.size == 0 || text.size >= sizeof literal) return false;
    memcpy(literal, text.data, text.size);
    literal[text.size] = 0;
    struct address out;
    memcpy(out.bytes, mapped, sizeof mapped);
    *bits = 96;
    if (inet_pton(AF_INET, literal, out.bytes + 12) != 1) {
        if (inet_pton(AF_INET6, literal, out.bytes) != 1) return false;
        *bits = 0;
    }
    *address = out;
    return true;
}

static bool parse_network(struct hr_slice text, size_t slash, struct hr_no_proxy_entry *entry) {
    unsigned before;
    uint64_t bits;
    struct hr_slice length = hr_slice_bytes(text.data + slash + 1, text.size - slash - 1);
    if (!parse_address(hr_slice_bytes(text.data, slash), &entry->address, &before)) return false;
    if (hr_text_u64(length, 128 - before, &bits)) return false;
    entry->prefix_bits = before + (unsigned)bits;
    return true;
}

static struct hr_slice without_last_dot(struct hr_slice name) {
    if (name.size > 0 && name.data[name.size - 1] == '.') name.size--;
    return name;
}

static bool parse_host(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    struct hr_authority parts;
    size_t at;
    /* "*." says what "." says: all that is below. */
    if (text.size > 2 && text.data[0] == '*' && text.data[1] == '.') text.data++, text.size--;
    if (text.size > 1 && text.data[0] == '.') text.data++, text.size--;
    if (hr__authority_parse(text, &parts, &at)) return false;
    entry->has_port = parts.has_port;
    entry->port = parts.port;
    unsigned before;
    if (parse_address(parts.host, &entry->address, &before)) {
        entry->prefix_bits = 128;
        return true;
    }
    entry->name = without_last_dot(parts.host);
    return entry->name.size > 0 && !memchr(entry->name.data, '*', entry->name.size);
}

static bool parse_entry(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    unsigned before;
    const char *slash = memchr(text.data, '/', text.size);
    if (slash) return parse_network(text, (size_t)(slash - text.data), entry);
    /* An IPv6 address may stand there bare. */
    if (parse_address(text, &entry->address, &before)) {
        entry->prefix_bits = 128;
        return true;
    }
    return parse_host(text, entry);
}

static int add(struct hr_no_proxy *list, struct hr_slice text, struct hr_error *error) {
    struct hr_no_proxy_entry entry;
    memset(&entry, 0, sizeof entry);
    if (hr_slice_equal(text, hr_slice_of("*"))) {
        list->all = true;
        return 0;
    }
    if (!parse_entry(text, &entry))
        return hr_error_set(error, -EINVAL,
                            "no_proxy: \"%.*s\" is no host, address or network, with or without a "
                            "port",
                            (int)(text.size < 80 ? text.size : 80), text.data);
    if (list->count == HR_NO_PROXY_ENTRIES_MAX)
        return hr_error_set(error, -EINVAL, "no_proxy: more than %d entries",
                            HR_NO_PROXY_ENTRIES_MAX);
    list->entries[list->count++] = entry;
    return 0;
}

static size_t count_entries(const char *text) {
    size_t count = 0;
    for (const char *at = text; *at; at++)
        if (!is_separator(*at) && (at == text || is_separator(at[-1]))) count++;
    return count < HR_NO_PROXY_ENTRIES_MAX ? count : HR_NO_PROXY_ENTRIES_MAX;
}

int hr__no_proxy_init(struct hr_no_proxy *list, const char *text, struct hr_error *error) {
    memset(list, 0, sizeof *list);
    if (!text || !*text) return 0;
    list->text = strdup(text);
    list->entries = calloc(count_entries(text) + 1, sizeof *list->entries);
    int err =
        list->text && list->entries ? 0 : hr_error_set(error, -ENOMEM, "no memory for no_proxy");
    for (const char *at = list->text; !err && *at;) {
        size_t size = 0;
        while (at[size] && !is_separator(at[size])) size++;
        if (size > 0) err = add(list, hr_slice_bytes(at, size), error);
        at += size > 0 ? size : 1;
    }
    if (err) hr__no_proxy_deinit(list);
    return err;
}

void hr__no_proxy_deinit(struct hr_no_proxy *list) {
    free(list->text);
    free(list->entries);
    memset(list, 0, sizeof *list);
}

static bool in_network(const struct address *address, const struct hr_no_proxy_entry *entry) {
    /* ::/0 is all of IPv6, not of IPv4 too. */
    if (entry->prefix_bits < 96 && memcmp(address->bytes, mapped, sizeof mapped) == 0) return false;
    unsigned whole = entry->prefix_bits / 8, rest = entry->prefix_bits % 8;
    if (memcmp(address->bytes, entry->address.bytes, whole) != 0) return false;
    unsigned difference = rest > 0 ? address->bytes[whole] ^ entry->address.bytes[whole] : 0;
    return difference >> (8 - rest) == 0;
}

static bool is_or_below(struct hr_slice host, struct hr_slice name) {
    if (host.size < name.size) return false;
    size_t offset = host.size - name.size;
    if (offset > 0 && host.data[offset - 1] != '.') return false;
    return hr_slice_equal_nocase(hr_slice_bytes(host.data + offset, name.size), name);
}

bool hr__no_proxy_matches(const struct hr_no_proxy *list, const struct hr_url *url) {
    if (list->all) return true;
    struct hr_slice host = without_last_dot(url->host);
    struct address address;
    unsigned before;
    bool numeric = parse_address(host, &address, &before);
    for (size_t i = 0; i < list->count; i++) {
        const struct hr_no_proxy_entry *entry = &list->entries[i];
        if (entry->has_port && entry->port != url->port) continue;
        if (entry->name.data ? !numeric && is_or_below(host, entry->name)
                             : numeric && in_network(&address, entry))
            return true;
    }
    return false;
}
