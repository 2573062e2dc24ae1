/* Numeric addresses as they are written, and the interfaces that their zones name. */
#include "address_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <headrace/text.h>
#include <headrace/url.h>

#include "url_authority.h"

void hr__address_set_port(union hr_address *address, uint16_t port) {
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

/* A zone is the name of an interface or its number. */
static int read_zone(struct hr_slice zone, bool in_url, uint32_t *scope) {
    char name[IF_NAMESIZE], number_name[IF_NAMESIZE];
    size_t size = zone.size;
    if (in_url && hr_percent_decode(zone, name, sizeof name - 1, &size)) return -ENODEV;
    if (size == 0 || size >= sizeof name) return -ENODEV;
    if (!in_url) memcpy(name, zone.data, size);
    if (memchr(name, 0, size)) return -ENODEV;
    name[size] = 0;
    uint64_t number = if_nametoindex(name);
    if (number == 0 && (hr_text_u64(hr_slice_of(name), UINT32_MAX, &number) ||
                        !if_indextoname((unsigned)number, number_name)))
        return -ENODEV;
    *scope = (uint32_t)number;
    return 0;
}

/* The text behind the sign of a zone; data NULL: in a URL the sign is "%25" and this is none. */
static struct hr_slice zone_behind(struct hr_slice text, size_t sign, bool in_url) {
    size_t skip = sign + (in_url ? 3 : 1);
    if (in_url && (text.size < skip || memcmp(text.data + sign, "%25", 3) != 0))
        return hr_slice_bytes(NULL, 0);
    return hr_slice_bytes(text.data + skip, text.size - skip);
}

int hr__address_read(struct hr_slice text, bool in_url, union hr_address *address) {
    char literal[INET6_ADDRSTRLEN];
    union hr_address made;
    struct hr_slice bare = hr__host_without_zone(text);
    if (bare.size == 0 || bare.size >= sizeof literal || memchr(bare.data, 0, bare.size))
        return -EINVAL;
    memcpy(literal, bare.data, bare.size);
    literal[bare.size] = 0;
    memset(&made, 0, sizeof made);
    if (bare.size == text.size && inet_pton(AF_INET, literal, &made.v4.sin_addr) == 1) {
        made.v4.sin_family = AF_INET;
        *address = made;
        return 0;
    }
    memset(&made, 0, sizeof made);
    if (inet_pton(AF_INET6, literal, &made.v6.sin6_addr) != 1) return -EINVAL;
    made.v6.sin6_family = AF_INET6;
    if (bare.size < text.size) {
        struct hr_slice zone = zone_behind(text, bare.size, in_url);
        if (!zone.data) return -EINVAL;
        int err = read_zone(zone, in_url, &made.v6.sin6_scope_id);
        if (err) return err;
    }
    *address = made;
    return 0;
}
