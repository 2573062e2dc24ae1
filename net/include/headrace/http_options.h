/* The options of an HTTP client, in groups. Zero is the default of each field, so that zeroed
 * structs always work. */
#ifndef HEADRACE_HTTP_OPTIONS_H
#define HEADRACE_HTTP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/breaker.h>
#include <headrace/client_event.h>
#include <headrace/http_message.h>
#include <headrace/request.h>
#include <headrace/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_NO_RETRY UINT32_MAX /* for `attempts_max`: one attempt */
#define HR_NO_REDIRECTS                                                                            \
    UINT32_MAX /* for a request's `redirects.max`: none, whatever the client                       \
                */

/* Connections: how many, how long, and who waits for one. */
struct hr_http_pool_options {
    unsigned connections_per_origin_max; /* of the client, over all reactors; 0 is 100 */
    unsigned connections_max;            /* in all; 0 is 100 */
    unsigned queue_max;       /* requests waiting for a connection; 0 is 65536; more: -ENOBUFS */
    uint32_t idle_timeout_ms; /* an unused connection is closed after it; 0 is 4 s (S3 closes at 5);
                                 shorter for an origin that was seen to close earlier */
    uint32_t lifetime_ms;     /* a connection is not used again after it, less up to a fifth by
                                 chance; 0 is 5 min, HR_NO_TIMEOUT never; so a service that moved is
                                 found again */
    uint32_t keepalive_s;     /* TCP keep-alive probes from so long idle; 0 is 60; HR_NO_TIMEOUT */
    uint32_t tcp_user_timeout_ms; /* TCP_USER_TIMEOUT; 0: the system's */
    bool adaptive_concurrency;    /* an origin's requests under way follow its latency (gradient),
                                     below connections_per_origin_max */
    uint64_t reserved[4];
};

/* Where 0 stands in a request, the client's counts; where it stands in the client, the default.
 * HR_NO_TIMEOUT: none at all; as throughput_window_ms, no minimum in this request. */
struct hr_http_timeouts {
    uint32_t resolve_timeout_ms;    /* name to address; 5 s */
    uint32_t connect_timeout_ms;    /* TCP, over all addresses; 10 s */
    uint32_t handshake_timeout_ms;  /* TLS; 10 s */
    uint32_t pool_timeout_ms;       /* waiting for a connection; 30 s */
    uint32_t expect_timeout_ms;     /* waiting for 100 Continue; 1 s */
    uint32_t first_byte_timeout_ms; /* request sent until the response's first byte; 30 s */
    uint32_t stall_timeout_ms;      /* no byte either way during a body; 30 s */
    /* A body, either way, moves at least so many bytes a second, over each window; 0: no minimum.
     * Time spent waiting for the caller's own side does not count. */
    uint32_t throughput_min;
    uint32_t throughput_window_ms; /* 30 s */
    uint32_t reserved[7];
};

/* One of them, or neither. Sent to the origin of the request's URL only, not where a redirect leads
 * elsewhere. */
struct hr_http_auth {
    const char *user, *password; /* Basic (RFC 7617, UTF-8) */
    const char *bearer;          /* Bearer (RFC 6750) */
    uint64_t reserved[2];
};

/* A name that is not asked of any resolver: host and port → address, as curl's --resolve. */
struct hr_resolve_entry {
    const char *host; /* compared without case; "*.suffix" matches any labels before the suffix */
    uint16_t port;    /* 0 matches every port */
    const char *address; /* numeric IPv4 or IPv6 (without brackets) */
    uint16_t to_port;    /* 0: the port asked for */
    uint64_t reserved[1];
};

/* Names to addresses. */
struct hr_resolver_options {
    const struct hr_resolve_entry *entries; /* looked at first, in their order */
    size_t entry_count;
    const char *nameservers; /* "1.2.3.4,[::1]:5353"; NULL: the system's (resolv.conf) */
    const char *search;      /* domains, by comma; NULL: the system's; "": none */
    const char *hosts_file;  /* NULL is /etc/hosts; "": none */
    uint32_t ttl_min_s;      /* floor of what a name's addresses are kept; 0 is 1 s */
    uint32_t ttl_max_s;      /* ceiling; 0 is 1 h */
    uint32_t negative_ttl_s; /* of a name that does not exist; 0 is 5 s */
    unsigned tries;          /* of a query, over all name servers; 0 is 3 */
    bool ipv4_only, ipv6_only;
    uint64_t reserved[4];
};

/* Attempts that follow one that has failed. */
struct hr_http_retry_options {
    uint32_t attempts_max; /* of a request that may be repeated; 0 is 4, HR_NO_RETRY 1. Each one
                              counts, over a lost kept connection too */
    uint32_t backoff_base_ms, backoff_max_ms; /* full jitter below base · 2^(n−1); 100 ms, 20 s */
    uint32_t budget_percent; /* retries and hedges together, of an origin's requests; 0 is 20 */
    bool no_stale_retry; /* do not repeat a replayable request that a reused connection lost before
                            one byte came back */
    bool extra_stale_retry; /* that repetition does not count against attempts_max: even with
                               HR_NO_RETRY a request survives a kept connection that was closed */
    uint64_t reserved[3];
};

/* A second attempt beside one that takes long. */
struct hr_http_hedge_options {
    uint32_t quantile_percent; /* a request that takes longer than so many of an origin's is asked a
                                  second time; 0: never */
    uint32_t delay_min_ms;     /* but not before; 0 is 1 */
    uint64_t reserved[2];
};

/* Addresses of a name that fail time after time are left for a while. Not through a proxy. */
struct hr_http_ejection_options {
    uint32_t failures_max; /* in a row at one address, connecting too; 0: none is ejected */
    uint32_t time_ms;      /* for the first time; n times as long the n-th time; 0 is 30 s */
    uint32_t time_max_ms;  /* 0 is 300 s, or time_ms where that is more */
    uint64_t reserved[2];
};

/* Attempts a second at one origin, and bytes a second of the client. */
struct hr_http_rate_options {
    uint32_t attempts_per_second_max; /* at most 1,000,000; 0: no limit. Those beyond wait, in turn;
                                         HR_ERR_RATE_LIMIT where that is too long */
    uint32_t burst; /* so many of them may come at once; 0: a tenth of attempts_per_second_max, at
                       least 1 */
    /* Of bodies, both ways together, over all requests and reactors; at most 10^12; 0: no limit.
     * Connections are not read from or written to meanwhile, and no time-out but the request's own
     * counts that. */
    uint64_t bytes_per_second_max;
    uint64_t reserved[1];
};

/* A proxy on the way. */
struct hr_http_proxy_options {
    const char *url;       /* "http://[user:password@]host[:port]" for http and https; NULL: none;
                              "": none, whatever the environment says */
    const char *no_proxy;  /* hosts reached directly, as NO_PROXY */
    bool from_environment; /* http_proxy, https_proxy, all_proxy, no_proxy, where `url` is NULL;
                              HTTPS_PROXY, ALL_PROXY and NO_PROXY too. One that cannot be used fails
                              the requests that need it: -EINVAL */
    uint64_t reserved[3];
};

/* Responses that lead elsewhere. */
struct hr_http_redirect_options {
    uint32_t max;   /* followed; 0: none, a 3xx is a response like others */
    bool downgrade; /* also from https to http */
    uint64_t reserved[2];
};

/* How large a response may be, and how well-formed it has to be. */
struct hr_http_response_options {
    uint32_t head_bytes_max;    /* of a head; 0 is 64 KiB */
    uint32_t head_fields_max;   /* header fields; 0 is 128 */
    uint64_t decoded_bytes_max; /* of a body that is decoded; 0 is 1 GiB */
    /* Take what careless servers send: a bare LF in a head, blanks behind a chunk's size, a
     * Content-Length that says its number twice, and over TLS a body that ends with the connection
     * and without close_notify (docs/http1.md says what each costs). */
    bool lenient;
    uint64_t reserved[3];
};

/* Copied, strings too. `reserved` is zero here and in each group. */
struct hr_http_client_options {
    /* Every request begins with these. */
    const char *base_url;               /* a request's URL is resolved against it (RFC 3986 5.2) */
    const struct hr_http_field *fields; /* a field of the request replaces those of its name */
    size_t field_count;
    const char *user_agent; /* NULL: "headrace/VERSION"; "" sends none */
    struct hr_http_auth auth;
    const char *deadline_field; /* a field that tells the server how many ms the request has left;
                                   NULL: none */
    uint32_t timeout_ms;        /* of a request whose own is 0: all of it; 0 is 30 s */
    struct hr_http_timeouts timeouts;

    /* Where connections go. */
    struct hr_http_pool_options pool;
    struct hr_resolver_options resolver;
    struct hr_tls_options tls;
    struct hr_http_proxy_options proxy;
    const char *unix_socket; /* a path: all connections go there, whatever the URL's host */

    /* Which responses are taken. */
    struct hr_http_response_options response;
    struct hr_http_redirect_options redirects;

    /* Resilience. */
    struct hr_http_retry_options retry;
    struct hr_http_hedge_options hedge;
    struct hr_http_ejection_options ejection; /* of addresses */
    struct hr_http_rate_options rate;
    bool no_breaker;
    struct hr_breaker_options breaker; /* one per origin, named after it */

    /* Told what is passed over (entries of no_proxy that cannot be read), one line each, during
     * hr_http_client_new, on its thread. NULL: stderr. */
    void (*on_notice)(void *user, const char *text);
    void *notice_user;
    /* Told of retries and breakers, on a reactor's thread (of a breaker opened by hand, the
     * caller's), and of notices where on_notice is NULL: hr_log_on_event of log_hooks.h writes them
     * into a log. May not block. NULL: nobody. */
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    uint64_t reserved[8];
};

#ifdef __cplusplus
}
#endif

#endif
