/* "HOST:PORT" and "[V6]:PORT" as an address. */
#include "fault_address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include <headrace/text.h>

#define HOST_MAX 256

struct parts {
    char host[HOST_MAX];
    const char *port;
};

static int split(const char *text, struct parts *parts) {
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (!colon || hr_text_u64(hr_slice_of(colon + 1), UINT16_MAX, &port) != 0) return -EINVAL;
    struct hr_slice host = hr_slice_bytes(text, (size_t)(colon - text));
    if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        host = hr_slice_bytes(host.data + 1, host.size - 2);
    else if (memchr(host.data, ':', host.size))
        return -EINVAL;
    if (host.size == 0 || host.size >= HOST_MAX) return -EINVAL;
    memcpy(parts->host, host.data, host.size);
    parts->host[host.size] = '\0';
    parts->port = colon + 1;
    return 0;
}

int fault_address_read(const char *text, bool numeric, struct fault_address *address,
                       struct hr_error *error) {
    struct parts parts;
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0)};
    struct addrinfo *found;
    if (split(text, &parts) != 0)
        return hr_error_set(error, -EINVAL, "'%.80s' is not HOST:PORT or [V6]:PORT", text);
    int err = getaddrinfo(parts.host, parts.port, &wanted, &found);
    if (err && numeric)
        return hr_error_set(error, -EINVAL, "'%.80s' is not ADDRESS:PORT or [V6]:PORT", text);
    if (err)
        return hr_error_set(error, -EHOSTUNREACH, "no address of '%.80s' was found: %s", text,
                            gai_strerror(err));
    memset(address, 0, sizeof *address);
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

uint16_t fault_address_port(const struct fault_address *address) {
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}
