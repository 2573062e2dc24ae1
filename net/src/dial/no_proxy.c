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
    struct hr_slice zone; /* of an address; empty: any */
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
    if (text.size == 0 || text.size >= sizeof literal || memchr(text.data, 0, text.size))
        return false;
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

/* Takes the zone off an IPv6 address, "%eth0" or, as in a URL, "%25eth0"; false: it is empty. */
static bool cut_zone(struct hr_slice *text, struct hr_slice *zone) {
    struct hr_slice bare = hr__host_without_zone(*text);
    *zone = hr_slice_bytes(text->data + bare.size, text->size - bare.size);
    *text = bare;
    if (zone->size == 0) return true;
    size_t skip = zone->size > 3 && memcmp(zone->data, "%25", 3) == 0 ? 3 : 1;
    *zone = hr_slice_bytes(zone->data + skip, zone->size - skip);
    return zone->size > 0;
}

static bool parse_zoned(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    unsigned before;
    struct hr_slice zone;
    if (!cut_zone(&text, &zone) || !parse_address(text, &entry->address, &before)) return false;
    if (zone.size > 0 && before != 0) return false;
    entry->zone = zone;
    entry->prefix_bits = 128;
    return true;
}

/* "192.168.*", "10.*.*.*": the first numbers of an IPv4 address. */
static bool parse_numbers(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    unsigned numbers = 0, stars = 0;
    memcpy(entry->address.bytes, mapped, sizeof mapped);
    memset(entry->address.bytes + 12, 0, 4);
    for (size_t at = 0, end; at <= text.size; at = end + 1) {
        end = at;
        while (end < text.size && text.data[end] != '.') end++;
        struct hr_slice part = hr_slice_bytes(text.data + at, end - at);
        uint64_t value;
        if (numbers + stars == 4) return false;
        if (hr_slice_equal(part, hr_slice_of("*")))
            stars++;
        else if (stars > 0 || part.size > 3 || hr_text_u64(part, 255, &value))
            return false;
        else
            entry->address.bytes[12 + numbers++] = (unsigned char)value;
    }
    entry->prefix_bits = 96 + 8 * numbers;
    return numbers > 0 && stars > 0;
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

/* Labels of letters, digits, '-' and '_' as they are in use, the last of them no number: that would
 * be a part of an address. */
static bool is_name(struct hr_slice name) {
    size_t label = 0;
    bool number = true;
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        if (byte == '.') {
            if (label == 0) return false;
            label = 0;
            number = true;
            continue;
        }
        bool digit = byte >= '0' && byte <= '9',
             letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!digit && !letter && byte != '-' && byte != '_') return false;
        number = number && digit;
        label++;
    }
    return label > 0 && !number;
}

static bool parse_host(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    struct hr_slice port = hr_slice_bytes(NULL, 0);
    const char *colon = memrchr(text.data, ':', text.size);
    bool brackets = text.data[0] == '[', ends = text.data[text.size - 1] == ']';
    if (colon && !(brackets && ends)) {
        size_t size = (size_t)(colon - text.data);
        uint64_t number;
        port = hr_slice_bytes(colon + 1, text.size - size - 1);
        if (port.size > 0 && hr_text_u64(port, UINT16_MAX, &number)) return false;
        entry->has_port = port.size > 0;
        if (entry->has_port) entry->port = (uint16_t)number;
        text.size = size;
    }
    if (brackets)
        return text.size > 2 && text.data[text.size - 1] == ']' &&
               memchr(text.data, ':', text.size) &&
               parse_zoned(hr_slice_bytes(text.data + 1, text.size - 2), entry);
    if (parse_zoned(text, entry) || parse_numbers(text, entry)) return true;
    /* "*." says what "." says: all that is below. */
    if (text.size > 2 && text.data[0] == '*' && text.data[1] == '.') text.data++, text.size--;
    if (text.size > 1 && text.data[0] == '.') text.data++, text.size--;
    entry->name = without_last_dot(text);
    return is_name(entry->name);
}

static bool parse_entry(struct hr_slice text, struct hr_no_proxy_entry *entry) {
    const char *slash = memchr(text.data, '/', text.size);
    if (slash) return parse_network(text, (size_t)(slash - text.data), entry);
    /* An IPv6 address may stand there bare. */
    return parse_zoned(text, entry) || parse_host(text, entry);
}

static void add(struct hr_no_proxy *list, struct hr_slice text) {
    struct hr_no_proxy_entry entry;
    memset(&entry, 0, sizeof entry);
    if (hr_slice_equal(text, hr_slice_of("*")))
        list->all = true;
    else if (list->count < HR_NO_PROXY_ENTRIES_MAX && parse_entry(text, &entry))
        list->entries[list->count++] = entry;
    else if (list->unread_count++ == 0)
        list->unread = text;
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
    if (err) {
        hr__no_proxy_deinit(list);
        return err;
    }
    for (const char *at = list->text; *at;) {
        size_t size = 0;
        while (at[size] && !is_separator(at[size])) size++;
        if (size > 0) add(list, hr_slice_bytes(at, size));
        at += size > 0 ? size : 1;
    }
    return 0;
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
    struct hr_slice zone;
    struct address address;
    unsigned before;
    bool numeric = cut_zone(&host, &zone) && parse_address(host, &address, &before);
    for (size_t i = 0; i < list->count; i++) {
        const struct hr_no_proxy_entry *entry = &list->entries[i];
        if (entry->has_port && entry->port != url->port) continue;
        if (entry->zone.size > 0 && !hr_slice_equal(entry->zone, zone)) continue;
        if (entry->name.data ? !numeric && is_or_below(host, entry->name)
                             : numeric && in_network(&address, entry))
            return true;
    }
    return false;
}
