/* The HTTP/1.1 client (RFC 9110, RFC 9112). */
#ifndef HEADRACE_HTTP_CLIENT_H
#define HEADRACE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <headrace/body.h>
#include <headrace/breaker.h>
#include <headrace/engine.h>
#include <headrace/histogram.h>
#include <headrace/http_message.h>
#include <headrace/http_options.h>
#include <headrace/request.h>
#include <headrace/slice.h>
#include <headrace/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_http_client_s;
typedef struct hr_http_client_s hr_http_client;

/* An attempt whose head is about to go out: for who shows or counts what is sent. Valid during the
 * call that shows it. The head holds credentials. */
struct hr_http_attempt {
    struct hr_slice head;
    const struct hr_tls_certificate *certificate; /* the server's; NULL: none was shown */
    uint64_t reserved[4];
};

struct hr_http_hooks;

/* Whether a request may be sent again after a failure that may pass. */
enum hr_http_repeat {
    HR_HTTP_REPEAT_BY_METHOD, /* GET, HEAD, PUT, DELETE, OPTIONS and TRACE may (RFC 9110 9.2.2) */
    HR_HTTP_REPEAT_ALLOWED,   /* it may, whatever its method */
    HR_HTTP_REPEAT_FORBIDDEN, /* it may not, whatever its method, once a byte of it has left */
    HR_HTTP_REPEAT_NEVER,     /* one attempt, and no hedge (but see retry.extra_stale_retry) */
};

/* Where the redirects of a request may lead, and have led. */
struct hr_http_redirects {
    uint32_t max;    /* in: followed; 0: as the client, HR_NO_REDIRECTS: none */
    char *final_url; /* in: the caller's memory, or NULL. Out: where they have led, NUL-terminated,
                        cut to final_url_size */
    size_t final_url_size;
    uint32_t followed; /* out */
    uint64_t reserved[2];
};

/* The connection that an attempt went over. */
struct hr_http_connection_info {
    bool reused;                  /* it had served a request before */
    struct hr_tls_info tls;       /* version NULL: none */
    struct sockaddr_storage peer; /* family 0: there was no connection */
    uint64_t reserved[2];
};

/* Kept in a request by the library. */
struct hr_http_request_private {
    const struct hr_http_hooks *hooks;
    void *call;
    uint64_t task[4]; /* storage of its way to the end where memory for a call is short */
};

struct hr_http_request {
    struct hr_request request;

    /* In. */
    const char *method; /* NULL: "GET" */
    const char *url; /* http or https; relative where the client has a base_url; sent as it stands,
                        nothing is re-encoded */
    const struct hr_http_field *fields; /* extra header fields; Host may be given, Content-Length,
                                           Transfer-Encoding and Connection may not (-EINVAL) */
    size_t field_count;
    struct hr_source body;
    struct hr_sink sink;
    /* Behind a body of unknown size: sent as trailer section. Names are looked at before the first
     * attempt (Trailer announces them), values when the body has ended. */
    const struct hr_http_field *trailers;
    size_t trailer_count;
    const struct hr_http_auth *auth; /* NULL: the client's */
    struct hr_http_timeouts timeouts;
    struct hr_http_redirects redirects;
    bool expect_continue; /* send Expect: 100-continue and wait for it before the body */
    bool decode;          /* ask for gzip, zstd, br and give the sink what is inside */
    enum hr_http_repeat repeat;
    bool close; /* do not keep the connection afterwards */
    /* Called on the reactor for each interim (1xx) head and for the final one, before any of its
     * body. Responses that lead to another attempt or are a redirect that is followed are not
     * shown. A negative return fails the request with it. May be NULL. */
    int (*on_head)(struct hr_http_request *request, const struct hr_http_head *head);
    /* Called with the trailer fields, where there are any. May be NULL. */
    void (*on_trailers)(struct hr_http_request *request, const struct hr_http_field *fields,
                        size_t count);
    /* Called on the reactor for each attempt that has its connection, hedges excepted, before its
     * head is sent; `connection` tells which. May be NULL. */
    void (*on_attempt)(struct hr_http_request *request, const struct hr_http_attempt *attempt);

    /* The library's. Zero before the first start; not to be touched. */
    struct hr_http_request_private private_;

    /* Out. A status of 400 and more is not an error of the request: result is 0. */
    int status;
    uint64_t body_bytes;     /* of the response's body, as received */
    uint64_t decoded_bytes;  /* that came out of it; body_bytes where nothing was decoded */
    uint64_t sent_bytes;     /* of the request's body, last attempt */
    bool hedged;             /* it was asked a second time */
    uint64_t retry_after_ms; /* with HR_ERR_BREAKER_OPEN */
    struct hr_http_connection_info connection; /* of the last attempt */
    uint64_t reserved[4];
    /* In and out: fields of the final response, to be read in on_done or after hr_wait, without
     * on_head. Its head is zeroed where none has come. */
    struct hr_http_kept kept; /* last, for its memory */
};

/* Makes a client on `engine`. The caller owns it; any number share an engine. `options` NULL: the
 * defaults. Errors: -EINVAL (names the option), HR_ERR_TLS_OPTIONS (names option or file), -ENOMEM,
 * -ESHUTDOWN. Any thread. */
HR_API int hr_http_client_new(hr_engine *engine, const struct hr_http_client_options *options,
                              struct hr_error *error, hr_http_client **client);

/* Changes options of a client that is in use: requests that are started after it has returned
 * follow `options`, those in progress keep what they began with. It takes the struct of
 * hr_http_client_new, so that a service which has read its configuration again hands in what it
 * would make a client with (NULL: the defaults):
 *
 *   followed   timeout_ms, timeouts, pool (but for adaptive_concurrency), response, redirects,
 *              retry, hedge, rate, and of breaker failures_max, open_ms and probes_max
 *   not read   all else: a changed value there needs a new client
 *
 * Limits act at once, on all requests: those of the pool, rate, retry.budget_percent and breaker.
 * Where a limit of connections is lowered none is broken: idle ones are closed now, busy ones when
 * they are idle; where it is raised those that wait go on. Requests that wait for a connection or
 * for their turn in a rate keep their places.
 *
 * Copied. The last of several calls counts, on all reactors. Errors leave everything as it was:
 * -EINVAL (client is NULL; or names the option, as hr_http_client_new does), -ENOMEM, -ESHUTDOWN
 * (the client is closing). Any thread, from callbacks too; as with a start, the caller sees to it
 * that the handle is there: not after on_closed, or after a close that has returned. */
HR_API int hr_http_client_adjust(hr_http_client *client,
                                 const struct hr_http_client_options *options,
                                 struct hr_error *error);

/* Refuses new requests, lets the accepted ones end, closes all connections, frees the client.
 * With `on_closed` it returns at once; `on_closed(user)` is the last call, on a reactor's thread:
 * every start is -ESHUTDOWN until then, and in it, and the handle is gone when it returns. With
 * `on_closed` NULL it blocks until the handle is gone (the thread that owns a caller-driven engine
 * runs its loop), but not on a reactor's thread, where nothing tells the end. NULL client: nothing.
 * Any thread. */
HR_API void hr_http_client_close(hr_http_client *client, void (*on_closed)(void *user), void *user);

/* Starts a request; it ends in on_done or in hr_wait, a malformed URL, method or field as well.
 * Refused at once: -EINVAL (client, request or url is NULL), -ESHUTDOWN (the client is closing),
 * -ENOBUFS (the engine's requests_max are in progress), with the reason in request->request.error;
 * -EBUSY (this request is in progress), which leaves that error alone. Any thread: on a reactor
 * thread of the engine it stays there. */
HR_API int hr_http_request_start(hr_http_client *client, struct hr_http_request *request);

/* Opens up to `count` connections to the URL's origin ahead of need, within the limits; they stand
 * idle. Ends as a request does: result 0 when they are there, else why the first that failed did;
 * HR_ERR_BREAKER_OPEN: the origin's breaker is not closed, and it was left alone. Refused at once
 * as hr_http_request_start. Any thread. */
struct hr_http_warm_up {
    struct hr_request request;
    const char *url;
    unsigned count;
    unsigned opened; /* out */
    void *call_;     /* the library's */
    uint64_t reserved[4];
};
HR_API int hr_http_warm_up_start(hr_http_client *client, struct hr_http_warm_up *warm_up);

/* Time-outs that have passed, by kind. */
struct hr_http_timeout_counts {
    uint64_t total; /* of whole requests */
    uint64_t resolve, connect, handshake, pool, first_byte, stall, throughput; /* of attempts */
    uint64_t reserved[4];
};

/* Of this client alone. submitted = in progress + succeeded + failed + cancelled. */
struct hr_http_client_metrics {
    uint64_t requests, succeeded, failed,
        cancelled; /* succeeded: a response came, whatever status */
    uint64_t
        by_status[6]; /* [1] to [5]: responses of the class; [0]: requests that ended without */
    uint64_t attempts, retries, stale_retries, hedges, hedges_won, redirects;
    uint64_t retries_refused; /* by the budget */
    uint64_t breaker_rejected, breaker_opened;
    uint64_t addresses_ejected; /* how often one was */
    uint64_t rate_delayed,
        rate_refused; /* attempts that the rate limit let wait, or not go at all */
    uint64_t connections_opened, connections_open, connections_idle, connections_peak;
    uint64_t connections_reused; /* attempts that went over a kept connection */
    uint64_t handshakes_full, handshakes_resumed;
    uint64_t waiting, waiting_peak;
    uint64_t bytes_sent, bytes_received; /* of bodies */
    struct hr_http_timeout_counts timeouts;
    uint64_t reserved[5];
};

/* Any thread. */
HR_API void hr_http_client_metrics_get(const hr_http_client *client,
                                       struct hr_http_client_metrics *metrics);

/* Adds the latencies (ns, start to end) of finished requests of one class of status, 0 to 5 as in
 * `by_status`, to `into`, which is the caller's; those of all requests are the six classes merged.
 * -EINVAL: there is no such class, or `into` holds values of another unit than
 * HR_HISTOGRAM_SECONDS. Any thread. */
HR_API int hr_http_client_latency_merge(const hr_http_client *client, unsigned status_class,
                                        struct hr_histogram *into);

/* The breaker of the origin of `url` (relative where the client has a base_url), to look at, to
 * open and to reset: the client's, until it is closed. NULL: no request has gone there yet, or the
 * client keeps none. Any thread. */
HR_API hr_breaker *hr_http_client_breaker(hr_http_client *client, const char *url);

enum hr_health { HR_HEALTHY, HR_DEGRADED, HR_UNHEALTHY };

/* A GET (or `method`) of `url` past breaker and retries. Healthy: a status below 400 within
 * latency_max_ms; degraded: slower than that, or 429; unhealthy: all else. */
struct hr_http_health {
    struct hr_request request; /* ends with result 0 whatever the health; else it was not judged */
    const char *url;           /* "/healthz" where the client has a base_url */
    const char *method;        /* NULL: "GET" */
    uint32_t latency_max_ms;   /* 0 is 1000 */
    enum hr_health health;     /* out, as are all below */
    int status;
    double latency_ms;
    char reason[160];
    struct hr_http_request inner_; /* the library's */
    uint64_t reserved[4];
};
HR_API int hr_http_health_start(hr_http_client *client, struct hr_http_health *health);

#ifdef __cplusplus
}
#endif

#endif
