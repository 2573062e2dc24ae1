/* Which proxy a request goes through, if any: pure. And the tunnel through it (RFC 9110 9.3.6). */
#ifndef HR_NET_PROXY_H
#define HR_NET_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>
#include <headrace/url.h>

#include "http1_parse.h"
#include "stream.h"

struct hr_proxy {
    char *host; /* IPv6 without brackets */
    uint16_t port;
    char *authorization; /* "Basic …", NULL: none; wiped when freed */
};

struct hr_proxy_rules;

/* A proxy's URL and where it was said: "https_proxy", "proxy". */
struct hr_proxy_setting {
    const char *text; /* NULL or "": none */
    const char *name;
};

struct hr_proxy_settings {
    struct hr_proxy_setting http, https, all; /* by the target's scheme */
    struct hr_proxy_setting no_proxy; /* hosts by comma or space: "*", "example.com" (and what is
                                         below), ".example.com", "host:port", addresses,
                                         10.0.0.0/8, fd00::/8, 192.168.* */
};
/* As curl, Go and Python read the environment: lower case wins; HTTP_PROXY in upper case is ignored
 * (a CGI's client can set it). */
void hr__proxy_settings_from_environment(struct hr_proxy_settings *settings);
/* Copies. A proxy is "http://[user:password@]host[:port]", or without the scheme; user and password
 * percent-decoded; port 80 where none is given. What cannot be used as one is refused when a
 * request needs it (hr__proxy_find). -ENOMEM. */
int hr__proxy_rules_new(const struct hr_proxy_settings *settings, struct hr_error *error,
                        struct hr_proxy_rules **rules);
void hr__proxy_rules_free(struct hr_proxy_rules *rules);
/* Why a setting that some request may need is refused, with its name, without the password; NULL:
 * none is. */
const char *hr__proxy_rules_refusal(const struct hr_proxy_rules *rules);
/* Entries of no_proxy that were passed over, in a line for a person; false: none. */
bool hr__proxy_rules_notice(const struct hr_proxy_rules *rules, char *text, size_t size);

/* A request to an origin goes through it. */
struct hr_proxy_choice {
    const struct hr_proxy *proxy; /* NULL: nothing, directly */
    const char *refusal;          /* why the proxy that it needs cannot be used; NULL: it can */
};
/* Loopback addresses and localhost go directly only where no_proxy says so. */
struct hr_proxy_choice hr__proxy_find(const struct hr_proxy_rules *rules, const struct hr_url *url);

/* tunnel.c: asks for a tunnel over a connected stream. Not a filter: once it stands, the stream
 * below is the tunnel. */
struct hr_tunnel {
    /* In; borrowed until on_done. */
    const struct hr_proxy *proxy;
    struct hr_slice host; /* of the target, IPv6 without brackets */
    uint16_t port;
    /* Once, never from inside a call, the last touch: 0 with the stream, whose events and owner are
     * the caller's to set again; HR_ERR_PROXY_AUTH, HR_ERR_PROXY_REFUSED, HR_ERR_HTTP_MALFORMED
     * (bytes behind the response too), an error of the stream: then the stream is closed and gone.
     * `reason` has the status; "" where the code says it all. */
    void (*on_done)(struct hr_tunnel *tunnel, int result, struct hr_stream *stream);
    char reason[128];

    /* Private. */
    struct hr_stream *stream;
    struct hr_http1_parser *parser;
    char *head;
    struct iovec iov;
    struct hr_task task;
    int result;
    bool answered, written, closing;
};
/* -ENOMEM: the stream stays the caller's. */
int hr__tunnel_start(struct hr_tunnel *tunnel, struct hr_stream *stream);
/* Early end: closes the stream; on_done comes with -ECANCELED. */
void hr__tunnel_cancel(struct hr_tunnel *tunnel);

#endif
