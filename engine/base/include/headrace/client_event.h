/* Events that the parts of headrace tell of their own doings, to whoever wants to log or count it:
 * an `on_event` of a client's options. Logs and clients know nothing of each other; both know this.
 */
#ifndef HEADRACE_CLIENT_EVENT_H
#define HEADRACE_CLIENT_EVENT_H

#include <stdint.h>

#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_client_event_kind {
    HR_CLIENT_EVENT_NOTICE = 1,  /* something was passed over or done otherwise; `text` says what */
    HR_CLIENT_EVENT_RETRY = 2,   /* an attempt failed and another follows */
    HR_CLIENT_EVENT_BREAKER = 3, /* a circuit breaker has changed */
    HR_CLIENT_EVENT_DONE = 4,    /* an operation has ended well */
    HR_CLIENT_EVENT_FAILED = 5,  /* an operation has ended, and no attempt follows */
};

/* How grave it is, in the numbers of a log's levels. */
enum hr_client_event_level {
    HR_CLIENT_EVENT_DEBUG = 10,
    HR_CLIENT_EVENT_INFO = 20,
    HR_CLIENT_EVENT_WARNING = 30,
    HR_CLIENT_EVENT_ERROR = 40,
};

/* Valid during the call. What does not belong to a kind is zero, NULL or empty. Nothing in it is a
 * secret: no URL, header field or query, no credential, no body. */
struct hr_client_event {
    enum hr_client_event_kind kind;
    enum hr_client_event_level level;
    const char *module;       /* "http", "s3" */
    const char *text;         /* one sentence without an end; the same for each event of a kind, but
                                 of a notice */
    const char *operation;    /* "GET", "PutObject" */
    const char *host;         /* "host:port" */
    struct hr_slice bucket;   /* of S3 */
    struct hr_slice key;      /* of S3 */
    int error;                /* of the attempt or the operation; 0: none */
    int http_status;          /* 0: no response came */
    const char *error_text;   /* more of the error */
    const char *service_code; /* the service's own name of the error: of S3 "NoSuchKey" */
    const char *request_id;   /* of the service */
    uint32_t attempt;         /* made so far */
    uint32_t attempts_max;
    uint64_t wait_ns;      /* until the next attempt */
    uint64_t duration_ns;  /* of the whole operation */
    const char *from, *to; /* states of a breaker */
    const char *cause;     /* of its change */
    const char *host_id;   /* of the service: of S3 x-amz-id-2 */
    uint64_t reserved[7];
};

#ifdef __cplusplus
}
#endif

#endif
