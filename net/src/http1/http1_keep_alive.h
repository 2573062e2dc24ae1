/* The field Keep-Alive of a response (RFC 2068 19.7.1.1): how long a server keeps an idle
 * connection, and for how many requests. Pure. */
#ifndef HR_NET_HTTP1_KEEP_ALIVE_H
#define HR_NET_HTTP1_KEEP_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/http_client.h>

struct hr_http1_keep_alive {
    uint64_t timeout_s; /* 0: not told, or longer than a day, which does not matter */
    bool last;          /* the connection serves no further request */
};

struct hr_http1_keep_alive hr__http1_keep_alive_read(const struct hr_http_head *head);

#endif
