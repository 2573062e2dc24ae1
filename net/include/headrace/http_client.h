/* The HTTP/1.1 client (RFC 9110, RFC 9112). */
#ifndef HEADRACE_HTTP_CLIENT_H
#define HEADRACE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/body.h>
#include <headrace/engine.h>
#include <headrace/request.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_http_client_s;
typedef struct hr_http_client_s hr_http_client;

/* A name that is not asked of any resolver: host and port → address, as curl's --resolve. */
struct hr_resolve_entry {
    const char *host; /* compared without case; "*.suffix" matches any labels before the suffix */
    uint16_t port;    /* 0 matches every port */
    const char *address; /* numeric IPv4 or IPv6 (without brackets) */
    uint16_t to_port;    /* 0: the port asked for */
};

#define HR_NO_TIMEOUT                                                                              \
    UINT32_MAX /* for a `…_timeout_ms`: none at all (0 is the default named there) */
#define HR_NO_RETRY UINT32_MAX /* for `attempts_max`: one attempt */

/* Zeroed always works. Copied, strings too. */
struct hr_http_client_options {
    unsigned connections_per_host_max; /* of the client, over all reactors; 0 is 64 */
    unsigned connections_max;          /* in all; 0 is 1024 */
    unsigned queue_max;          /* requests waiting for a connection; 0 is 65536; more: -ENOBUFS */
    uint32_t pool_timeout_ms;    /* waiting for a connection; 0 is 30 s */
    uint32_t connect_timeout_ms; /* 0 is 10 s */
    uint32_t first_byte_timeout_ms; /* request sent until the answer's first byte; 0 is 30 s */
    uint32_t stall_timeout_ms;      /* no byte either way during a body; 0 is 30 s */
    uint32_t expect_timeout_ms;     /* waiting for 100 Continue; 0 is 1 s */
    uint32_t
        idle_timeout_ms; /* an unused connection is closed after it; 0 is 4 s (S3 closes at 5) */
    uint32_t head_bytes_max;  /* of an answer's head; 0 is 64 KiB */
    uint32_t head_fields_max; /* header fields of an answer; 0 is 128 */
    uint32_t attempts_max;  /* for connection failures of idempotent requests; 0 is 1 (no retry) */
    bool no_stale_retry;    /* do not repeat a replayable request that a reused connection lost
                               before one byte came back */
    const char *user_agent; /* NULL: "headrace/VERSION"; "" sends none */
    const struct hr_resolve_entry *resolve;
    size_t resolve_count;
    uint64_t reserved[8];
};

struct hr_http_field {
    struct hr_slice name;
    struct hr_slice value;
};

/* The head of an answer, valid during the call that shows it. */
struct hr_http_head {
    int status;
    unsigned minor_version; /* HTTP/1.x */
    struct hr_slice reason;
    const struct hr_http_field *fields; /* in order, names as sent, values trimmed */
    size_t field_count;
    bool has_content_length;
    uint64_t content_length;
};

/* The value of the first field called `name` (any case), or a slice with data NULL. Any thread. */
HR_API struct hr_slice hr_http_head_find(const struct hr_http_head *head, const char *name);

struct hr_http_hooks;

struct hr_http_request {
    struct hr_request request;

    /* In. */
    const char *method; /* NULL: "GET" */
    const char *url; /* http://host[:port]/path?query; sent as it stands, nothing is re-encoded */
    const struct hr_http_field *fields; /* extra header fields; Host may be given, Content-Length,
                                           Transfer-Encoding and Connection may not (-EINVAL) */
    size_t field_count;
    struct hr_source body;
    struct hr_sink sink;
    bool expect_continue; /* send Expect: 100-continue and wait for it before the body */
    bool idempotent; /* may be repeated although its method is not GET, HEAD, PUT, DELETE, OPTIONS,
                        TRACE */
    bool not_idempotent; /* may not be repeated although its method is one of them */
    bool close;          /* do not keep the connection afterwards */
    /* Called on the reactor for each interim (1xx) head and for the final one, before any of its
     * body. A negative return fails the request with it. May be NULL. */
    int (*on_head)(struct hr_http_request *request, const struct hr_http_head *head);
    /* Called with the trailer fields, where there are any. May be NULL. */
    void (*on_trailers)(struct hr_http_request *request, const struct hr_http_field *fields,
                        size_t count);

    /* Out. A status of 400 and more is not an error of the request: result is 0. */
    int status;
    uint64_t body_bytes; /* of the answer's body, as received */
    uint64_t sent_bytes; /* of the request's body, last attempt */
    bool reused;         /* the last attempt went over a kept connection */

    /* The library's. Zero before the first start. */
    const struct hr_http_hooks *hooks_;
    void *call_;
    uint64_t reserved[4];
};

/* Makes a client on `engine`. The caller owns it; any number share an engine. Errors: -EINVAL
 * (names the option), -ENOMEM, -ESHUTDOWN. Any thread. */
HR_API int hr_http_client_new(hr_engine *engine, const struct hr_http_client_options *options,
                              struct hr_error *error, hr_http_client **client);

/* Refuses new requests, lets the accepted ones end, closes all connections, frees the client.
 * `on_closed(user)` (may be NULL) is the last touch, on a reactor's thread. NULL client: nothing.
 * Any thread. */
HR_API void hr_http_client_close(hr_http_client *client, void (*on_closed)(void *user), void *user);

/* Starts a request. Refused at once: -EINVAL (both callback and nothing to wait for are fine; a
 * NULL url is not), -ESHUTDOWN (closing), -ENOBUFS (more than requests_max). Everything else
 * (malformed URL, method, fields) arrives in the callback. Any thread: on a reactor thread of the
 * engine it stays there. */
HR_API int hr_http_request_start(hr_http_client *client, struct hr_http_request *request);

/* Of this client alone. */
struct hr_http_client_metrics {
    uint64_t connections_opened, connections_open, connections_idle, connections_peak;
    uint64_t connections_reused; /* attempts that went over a kept connection */
    uint64_t stale_retries, retries;
    uint64_t waiting, waiting_peak;
    uint64_t timeouts_pool, timeouts_connect, timeouts_first_byte, timeouts_stall;
    uint64_t reserved[8];
};

/* Any thread. */
HR_API void hr_http_client_metrics_get(const hr_http_client *client,
                                       struct hr_http_client_metrics *metrics);

#ifdef __cplusplus
}
#endif

#endif
