/* How s3 uses the one loop over attempts. A request with hooks_ is started on the reactor, inside
 * another request: it is not counted, has no timer of its own, and calls on_done inline. */
#ifndef HR_NET_HTTP_HOOKS_H
#define HR_NET_HTTP_HOOKS_H

#include <engine/reactor.h>
#include <headrace/http_client.h>
#include <headrace/url.h>

enum hr_http_verdict {
    HR_HTTP_FINAL,     /* this outcome is the result */
    HR_HTTP_TRANSIENT, /* worth another attempt after backoff */
    HR_HTTP_THROTTLED, /* the same, asked to go slower */
};

struct hr_http_outcome {
    int result; /* 0: a whole response; else the error of the transport or protocol */
    int status;
    bool own_error;          /* of the caller's making, whatever its code: source, sink, on_head */
    bool given_away;         /* bytes of the body are where they cannot be taken back from */
    uint64_t delivered;      /* bytes of the body that the sink has for good: what goes on goes on
                                behind them */
    uint64_t retry_after_ms; /* out of classify: at least this; 0 is none */
    bool goes_on; /* out of classify: the next attempt asks for the rest of this body, into a sink
                     that prepare_attempt sets; so bytes that were handed on are no hindrance */
};

/* An attempt that has failed, and is repeated. */
struct hr_http_retry {
    uint32_t attempt, attempts_max; /* made so far, and of them all */
    int result;                     /* of it; as classify has left it */
    uint64_t wait_ns;
    const char *peer; /* "host:port" */
    bool stale;       /* a kept connection was closed: repeated at once, over another */
};

/* A piece of a body as it goes out: a text before and one behind it. */
struct hr_http_frame {
    struct hr_slice before, behind; /* valid until the next frame */
};

/* A body of known size from a file or a producer that goes out in frames, as aws-chunked has them.
 * Of frames sent_bytes counts the source's bytes alone. */
struct hr_http_framing {
    /* Bytes of the body with its frames: Content-Length. Asked behind prepare_attempt. */
    uint64_t (*size)(struct hr_http_request *request);
    /* Bytes of the source in the next frame, 1 to 131072. */
    size_t (*next)(struct hr_http_request *request);
    /* These are they. Negative ends the request with it. */
    int (*frame)(struct hr_http_request *request, const struct iovec *pieces, unsigned count,
                 struct hr_http_frame *frame);
};

/* Which responses are secrets. What OpenSSL has decrypted before the head of a refusal was read is
 * its own. */
enum hr_http_secret {
    HR_HTTP_SECRET_NONE,
    HR_HTTP_SECRET_REFUSALS, /* 400 to 403, which may quote the request with its token */
    HR_HTTP_SECRET_ALL,
};

struct hr_http_hooks {
    /* Before each attempt (1, 2, …): may set url, fields, method, sink. Negative ends the request
     * with it. */
    int (*prepare_attempt)(struct hr_http_request *request, unsigned attempt);
    /* The parts of request->url, as hr_url_parse would give them; valid until the next attempt.
     * NULL: the client parses it. */
    const struct hr_url *(*parts)(struct hr_http_request *request);
    /* After each attempt, its body read to the end. May turn a good response into an error by
     * setting outcome->result. */
    enum hr_http_verdict (*classify)(struct hr_http_request *request,
                                     struct hr_http_outcome *outcome);
    /* on_head of the request may set request->sink: the body of that response goes there. */
    /* Bytes of the body, as they came (coded where they are), once the sink has them. NULL: nobody
     * wants to see them. */
    void (*on_body)(struct hr_http_request *request, const char *data, size_t size);
    /* Another attempt follows. NULL: nobody wants to know. */
    void (*on_retry)(struct hr_http_request *request, const struct hr_http_retry *retry);
    /* Before an attempt behind a back-off: true holds it back, and hr__http_request_go_on or an
     * abort follows. NULL: none is. */
    bool (*hold)(struct hr_http_request *request);
    /* Whether the attempt that was prepared may have a second one beside it, a hedge: it sends the
     * same URL and fields, so they stay where they are until the next prepare_attempt. on_head,
     * on_body and classify are called for the one of the two alone that has won. NULL: none may. */
    bool (*may_hedge)(struct hr_http_request *request);
    const struct hr_http_framing *framing; /* of the request's body; NULL: it goes out as it is */
    bool past_breaker;                     /* whatever it says, and without telling it */
    bool fields_checked; /* what prepare_attempt sets may stand in a head, names and values */
    enum hr_http_secret secret; /* of it no memory but the sink's keeps a byte */
};

/* On the reactor. Ends in request->request.on_done, which is never called from inside this
 * function. */
void hr__http_request_begin(hr_http_client *client, struct hr_reactor *reactor,
                            struct hr_http_request *request);
/* Early end with `reason`; on_done comes. Reactor, but not from inside a callback of the request.
 */
void hr__http_request_abort(struct hr_http_request *request, int reason);
/* The attempt that `hold` has held back begins; on_done may be called from inside. Reactor. */
void hr__http_request_go_on(struct hr_http_request *request);
/* Producer or consumer go on. Reactor. */
void hr__http_request_resume(struct hr_http_request *request);
/* Which reactor should take a request to this host (its shard has a share of the limit). Any
 * thread. */
struct hr_reactor *hr__http_client_pick(hr_http_client *client, struct hr_slice host,
                                        uint16_t port);
/* How long a request may take that begins now and does not say it; UINT64_MAX: without end. On the
 * reactor. */
uint64_t hr__http_client_timeout_ns(const hr_http_client *client, const struct hr_reactor *reactor);
/* Attempts of a request that begins now. On the reactor. */
uint32_t hr__http_client_attempts_max(const hr_http_client *client,
                                      const struct hr_reactor *reactor);
/* Accepted requests (of s3 too) that the client has to wait for when it closes. Any thread.
 * -ESHUTDOWN when closing. */
int hr__http_client_enter(hr_http_client *client);
void hr__http_client_leave(hr_http_client *client);
/* One more of them, for work that one has begun: while it has not left, also when closing. Any
 * thread. */
void hr__http_client_hold(hr_http_client *client);

#endif
