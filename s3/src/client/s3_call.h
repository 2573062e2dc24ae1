/* Shared by the files of the S3 client: the client and a call, one request under way. */
#ifndef HR_S3_CALL_H
#define HR_S3_CALL_H

#include <engine/reactor.h>
#include <engine/request_core.h>
#include <headrace/s3_client.h>
#include <net/http_hooks.h>

#include "answer.h"
#include "credentials.h"
#include "endpoint.h"
#include "genuine.h"
#include "listing.h"
#include "operations.h"
#include "payload.h"

#define HR__S3_MESSAGE_FIRST 1536  /* URL and fields of a request with a short key */
#define HR__S3_MESSAGE_NEXT  16384 /* … of most others */
#define HR__S3_MESSAGE_MAX   65536
#define HR__S3_ERROR_MAX     65536    /* of an error document; a larger one is not read */
#define HR__S3_PAGE_MAX      33554432 /* of one page of a listing */
#define HR__S3_PARSE_SLICE   16384    /* of a listing, in one turn */
#define HR__S3_CALLS_KEPT    1024     /* free calls that a reactor keeps */

struct hr__s3_call;

/* One per reactor. */
struct hr__s3_shard {
    hr_sigv4_signer *signer;
    struct hr__sha256 hash; /* for payloads, between two of them */
    struct hr__s3_call *calls_free;
    unsigned calls_kept;
} __attribute__((aligned(64)));

struct hr_s3_client_s {
    hr_engine *engine;
    hr_http_client *http;
    struct hr__endpoint endpoint;
    struct hr__credentials credentials;
    bool anonymous;
    enum hr_s3_payload payload;
    unsigned shard_count;
    struct hr__s3_shard *shards;
    void (*on_event)(void *user, const struct hr_client_event *event);
    void *event_user;
    void (*on_closed)(void *user);
    void *on_closed_user;
    struct hr_close_wait *close_wait; /* who closes it and sleeps; NULL: nobody */
};

enum hr__s3_phase {
    HR__S3_HASHING, /* the payload */
    HR__S3_ASKING,  /* the HTTP request is under way */
    HR__S3_READING, /* a listing is parsed, a slice a turn; its task is queued */
};

struct hr__s3_call {
    struct hr_http_request http; /* first */
    struct hr__s3_call *next;
    struct hr_s3_client_s *client;
    struct hr__s3_shard *shard;
    struct hr_reactor *reactor;
    struct hr_request *request; /* the user's */
    struct hr__s3_parameters parameters;
    enum hr__s3_phase phase;
    int stop_reason;
    bool signed_payload;
    /* Of the attempt. */
    bool refused; /* by on_head: no other attempt */
    bool bad_status;
    uint64_t retry_after_ms;
    struct hr__answer_ids ids;
    struct hr__marks marks;
    struct hr_buffer body; /* of an error or a listing */
    struct hr__payload payload;
    /* Of a listing. */
    struct hr__listing *listing;
    char *token; /* which parameters.token is; allocated */
    size_t read_at;
    bool showing;
    struct hr_task task;

    char *memory; /* for URL and fields */
    size_t capacity;
    char configuration[224]; /* the body of CreateBucket */
    char first_memory[HR__S3_MESSAGE_FIRST] __attribute__((aligned(16)));
};

/* s3_start.c: one class per kind, in its order. */
extern const struct hr_request_class hr__s3_classes[HR__S3_KINDS];
enum hr__s3_kind hr__s3_kind_of(const struct hr_request *request);
void hr__s3_set_call(struct hr_request *request, struct hr__s3_call *call);
struct hr__s3_call *hr__s3_get_call(const struct hr_request *request);
/* Fills the parameters from the user's struct and clears its out-part. */
void hr__s3_take_parameters(struct hr_request *request, struct hr__s3_parameters *parameters);
/* An out-field that the answer's head or end fills. */
int hr__s3_give_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error);
void hr__s3_give_end(struct hr__s3_call *call);

/* s3_call.c: the functions of the classes. */
void hr__s3_call_start(struct hr_request *request);
void hr__s3_call_stop(struct hr_request *request, int reason);
void hr__s3_call_resume(struct hr_request *request);
void hr__s3_call_ask(struct hr__s3_call *call);
void hr__s3_call_finish(struct hr__s3_call *call, int result);
void hr__s3_calls_free(struct hr__s3_shard *shard);

/* s3_event.c: what is told of a call. */
void hr__s3_tell_end(const struct hr__s3_call *call, int result);
void hr__s3_tell_retry(struct hr_http_request *http, const struct hr_http_retry *retry);

/* s3_page.c: reads the page that was received; asks for the next one, or finishes. */
int hr__s3_page_open(struct hr__s3_call *call);
void hr__s3_page_read(struct hr__s3_call *call);

#endif
