/* Shared by the files of the S3 client: the client and a call, one request under way. */
#ifndef HR_S3_CALL_H
#define HR_S3_CALL_H

#include <engine/reactor.h>
#include <engine/request_core.h>
#include <headrace/s3.h>
#include <net/http_hooks.h>

#include "documents.h"
#include "endpoint.h"
#include "genuine.h"
#include "invocation.h"
#include "listing.h"
#include "operations.h"
#include "part_memory.h"
#include "payload.h"
#include "provider.h"
#include "s3_body.h"
#include "s3_counters.h"
#include "s3_credentials_wait.h"
#include "s3_pace.h"
#include "s3_places.h"
#include "s3_response.h"
#include "s3_resume.h"
#include "s3_row.h"
#include "s3_session.h"
#include "s3_settings.h"
#include "s3_validate.h"

#define HR__S3_MESSAGE_FIRST 1536  /* URL and fields of a request with a short key */
#define HR__S3_MESSAGE_NEXT  16384 /* … of most others */
#define HR__S3_MESSAGE_MAX   65536
#define HR__S3_ERROR_MAX     65536            /* of an error document; a larger one is not read */
#define HR__S3_PAGE_MAX      33554432         /* of one page of a listing */
#define HR__S3_DOCUMENT_MAX  HR__DOCUMENT_MAX /* of another document */
#define HR__S3_PARSE_SLICE   16384            /* of a listing, in one turn */
#define HR__S3_CALLS_KEPT    1024             /* free calls that a reactor keeps */

struct hr__s3_call;
struct hr__s3_detour;

/* One per reactor. */
struct hr__s3_shard {
    hr_sigv4_signer *signer;
    struct hr__s3_call *calls_free;
    unsigned calls_kept; /* in calls_free */
    struct hr__s3_statistics statistics;
    struct hr__s3_lanes pace;
    struct hr__part_memory parts;     /* of uploads */
    struct hr__invocation_date until; /* of the last request */
} __attribute__((aligned(64)));

struct hr_s3_client_s {
    hr_engine *engine;
    hr_http_client *http;
    struct hr__endpoint endpoint;
    struct hr__quirks quirks;                   /* of the store */
    struct hr__s3_places places;                /* of buckets that lie elsewhere */
    struct hr__s3_sessions sessions;            /* of directory buckets */
    _Atomic int64_t skew_s;                     /* of the endpoint's clock against ours */
    struct hr__credentials_cache *credentials;  /* NULL: anonymous */
    struct hr_s3_credentials_provider provider; /* of the cache; its free may be NULL */
    bool anonymous;
    enum hr_s3_payload payload;
    uint32_t connections_max; /* of the pool; changed by any thread */
    struct hr__s3_http_settings http_settings;
    bool validates; /* bodies by the checksums that the store names */
    bool sums;      /* bodies go out with a checksum, also where none is required */
    struct hr__s3_pace pace;
    unsigned shard_count;
    struct hr__s3_shard *shards;
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    void (*on_closed)(void *user);
    void *on_closed_user;
    struct hr_close_wait *close_wait; /* who closes it and sleeps; NULL: nobody */
};

enum hr__s3_phase {
    HR__S3_STARTING,
    HR__S3_HASHING, /* the payload */
    HR__S3_WAITING, /* for credentials */
    HR__S3_PACED,   /* for its turn, as the store has asked to go slower */
    HR__S3_ASKING,  /* the HTTP request is under way */
    HR__S3_READING, /* a listing is parsed, a slice a turn; its task is queued */
};

/* The current attempt, from its head on. */
struct hr__s3_attempt {
    bool refused;    /* by on_head: no other attempt */
    bool bad_status; /* the body is an error document */
    bool slow;       /* it asks to go slower */
    bool empty;      /* so is this one, and says that the object is empty: success */
    uint64_t retry_after_ms;
    struct hr__marks marks;
    struct hr__s3_response_ids ids; /* last: its end is not cleared between two attempts */
};

/* For which reasons it has been repeated; once for each. */
struct hr__s3_corrections {
    bool moved;         /* in another region */
    bool skewed;        /* with another time */
    uint64_t signed_s;  /* the time of the last signature */
    uint64_t signed_ns; /* when that was, by the reactor's clock */
};

/* A question to the store, of which a listing has one a page. */
struct hr__s3_invocation {
    uint64_t id[2];
    uint32_t attempts_before; /* of the request, when it began */
    struct hr__s3_turn turn;  /* of the next attempt */
};

/* The current page of a listing. */
struct hr__s3_page {
    struct hr__listing *listing;
    char *token; /* that the page is asked for with; allocated. NULL: the first page */
    size_t token_size;
    size_t read_at; /* bytes of the body that this pass has read */
    bool showing;   /* the second pass */
    struct hr_task task;
};

struct hr__s3_call {
    struct hr__s3_call *next; /* of the free ones */
    struct hr_s3_client_s *client;
    struct hr__s3_shard *shard;
    struct hr_reactor *reactor;
    struct hr_request *request; /* the user's */
    const struct hr__s3_row *row;
    struct hr__s3_detour *detour;   /* while the bucket's region is asked for; NULL: it is not */
    struct hr__s3_place *place;     /* of the bucket; NULL: the client's endpoint */
    struct hr__s3_session *session; /* its keys sign; NULL: the client's */
    struct hr__s3_parameters parameters;
    struct hr__s3_details *details;       /* of parameters */
    const struct hr_sink *sink;           /* the user's; NULL: the body is kept here */
    struct hr__s3_completion *completion; /* of a complete; in details */
    enum hr__s3_phase phase;
    int stop_reason; /* 0: nobody has asked it to stop */
    struct hr__s3_corrections corrected;
    struct hr__s3_body body_plan;
    struct hr__s3_keys keys;
    struct hr__s3_validation validation;
    struct hr__s3_resume resume; /* of a GetObject */
    struct hr__s3_invocation invocation;
    struct hr_buffer body; /* of an error or a listing */
    struct hr__s3_page page;
    struct hr__memory memory; /* for URL and fields: first_memory or allocated */
    /* From here on nothing is cleared between two requests. */
    struct hr_http_request http;
    struct hr_url url;             /* the parts of http.url */
    struct hr__s3_attempt attempt; /* cleared by hr__s3_refusal_begin */
    struct hr_s3_hasher hasher;    /* of bodies: its context is used again */
    struct hr__s3_body_memory body_memory;
    char first_memory[HR__S3_MESSAGE_FIRST] __attribute__((aligned(16)));
};

/* s3_request.c: the call in a user's struct. */
const struct hr__s3_row *hr__s3_request_row(const struct hr_request *request);
void hr__s3_request_set_call(struct hr_request *request, struct hr__s3_call *call);
struct hr__s3_call *hr__s3_request_call(const struct hr_request *request);
/* Fills the parameters from the user's struct and clears its out-part. What prepare returned. */
int hr__s3_request_read(struct hr__s3_call *call);
/* For prepare functions. */
struct hr__s3_adder hr__s3_request_adder(struct hr__s3_call *call);
/* Memory for a document, from what its writer said when it was asked for the size; data NULL: an
 * error is set. */
struct hr__memory hr__s3_request_memory(struct hr__s3_adder *add, int err, size_t size);
/* The body is a document in such memory. It is signed. */
void hr__s3_request_document(struct hr__s3_call *call, struct hr_slice document);
/* The same of an operation that S3 wants a checksum for. */
void hr__s3_request_summed_document(struct hr__s3_call *call, struct hr__s3_adder *add,
                                    struct hr_slice document);
/* Stores repeat the key, also one that XML cannot hold: what is wrong in the answer's body then
 * becomes question marks. */
void hr__s3_request_mend_answer(struct hr__s3_call *call);
/* The body of the answer. */
struct hr_slice hr__s3_request_answer(const struct hr__s3_call *call);
/* The body is `body`, signed as `payload` says. */
void hr__s3_request_body(struct hr__s3_call *call, const struct hr_source *body,
                         enum hr_s3_payload payload);

/* Whether the attempt that is about to begin waits for its turn, which `on_turn` tells. */
static inline bool hr__s3_call_holds(struct hr__s3_call *call,
                                     void (*on_turn)(struct hr__s3_turn *turn)) {
    const struct hr__prefix prefix = {call->parameters.bucket, call->parameters.key};
    call->invocation.turn.on_turn = on_turn;
    return hr__s3_pace_holds(&call->shard->pace, &prefix, &call->invocation.turn);
}
static inline struct hr__s3_call *hr__s3_call_of_turn(struct hr__s3_turn *turn) {
    return hr__container_of(turn, struct hr__s3_call, invocation.turn);
}

/* s3_region.c: where the request goes. */
/* The place of the bucket, and its session where it has one. As hr__s3_place_acquire. */
int hr__s3_region_locate(struct hr__s3_call *call);
static inline const struct hr__endpoint *hr__s3_call_endpoint(const struct hr__s3_call *call) {
    return call->place ? &call->place->endpoint : &call->client->endpoint;
}

/* After a refusal: the store has named another region of the bucket, which is its place from now
 * on, and the request is to be repeated there, once; or a HEAD that asks for the region is in its
 * place, with call->detour set. */
bool hr__s3_region_again(struct hr__s3_call *call);
/* That HEAD has ended: the request is there again. Whether it is to be repeated; `refusal` is set
 * to its own. */
bool hr__s3_region_return(struct hr__s3_call *call, struct hr_error *refusal);

/* s3_skew.c: the time of a store. */
/* The time to sign with, in Unix seconds. */
uint64_t hr__s3_skew_time_s(const struct hr__s3_call *call);
/* A Date that agrees with our clock ends the correction. */
void hr__s3_skew_note(const struct hr__s3_call *call, const struct hr_http_head *head);
/* After a refusal: the clocks are apart, which is corrected from now on, and the request is to be
 * repeated, once. */
bool hr__s3_skew_again(struct hr__s3_call *call);

/* s3_refusal.c: more of the store's refusal, for the request's owner and for events. */
void hr__s3_refusal_begin(struct hr__s3_call *call); /* an attempt: there is none */
/* Around another question whose own refusal does not count. */
void hr__s3_refusal_keep(const struct hr__s3_call *call, struct hr_refusal *kept);
void hr__s3_refusal_return(struct hr__s3_call *call, const struct hr_refusal *kept);

/* s3_event.c: reports to on_event. */
void hr__s3_event_end(const struct hr__s3_call *call, int result);
void hr__s3_event_retry(struct hr_http_request *http, const struct hr_http_retry *retry);

/* s3_attempt.c: what the HTTP client asks of each attempt, as its hooks and as on_head. */
extern const struct hr_http_hooks hr__s3_attempt_hooks;
extern const struct hr_http_hooks hr__s3_secret_hooks;  /* the response has credentials */
extern const struct hr_http_hooks hr__s3_chunked_hooks; /* the body goes out in chunks */
int hr__s3_attempt_head(struct hr_http_request *http, const struct hr_http_head *head);

/* s3_page.c: a page of a listing, in memory whole. */
enum hr__s3_page_verdict {
    HR__S3_PAGE_MORE, /* of this one: step again, in another turn */
    HR__S3_PAGE_NEXT, /* shown; the parameters ask for the next one */
    HR__S3_PAGE_LAST, /* shown, and none follows */
};
/* Before the first one. -EINVAL (the token is too long), -ENOMEM. */
int hr__s3_page_open(struct hr__s3_call *call);
/* The next page begins behind `cursor`, as hr__listing_cursor tells it; copied. -ENOMEM. */
int hr__s3_page_go_on(struct hr__s3_call *call, struct hr_slice cursor);
/* A page has been received: from its first byte. HR_ERR_S3_RESPONSE, -ENOMEM. */
int hr__s3_page_begin(struct hr__s3_call *call);
/* One slice. The verdict, HR_ERR_S3_RESPONSE, -ENOMEM, or what the user's callback returned. */
int hr__s3_page_step(struct hr__s3_call *call);
void hr__s3_page_free(struct hr__s3_page *page);

/* s3_call.c: the functions of the classes. */
void hr__s3_call_start(struct hr_request *request);
void hr__s3_call_stop(struct hr_request *request, int reason);
void hr__s3_call_resume(struct hr_request *request);
void hr__s3_call_ended(void *client);
uint64_t hr__s3_call_timeout_ns(const struct hr_request *request);
void hr__s3_calls_free(struct hr__s3_shard *shard);

#endif
