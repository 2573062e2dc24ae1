/* One row of the table of operations: everything that the client has to know about one. */
#ifndef HR_S3_ROW_H
#define HR_S3_ROW_H

#include <engine/request_core.h>
#include <net/http_hooks.h>

#include "listing.h"
#include "operations.h"

struct hr__s3_call;

/* A listing: how its pages follow each other, and what is shown of them. */
struct hr__s3_lister {
    enum hr__listing_kind kind;
    struct hr__listing_sink sink; /* its user becomes the user's struct */
    size_t walk_at;               /* of walk_ in the user's struct */
    /* Clears the out-part, and says where the first page begins. -EINVAL, -ENOMEM. */
    int (*open)(struct hr__s3_call *call);
    /* A page has been shown. Whether the next one is wanted. */
    bool (*ended)(struct hr__s3_call *call, bool truncated);
};

struct hr__s3_row {
    struct hr_request_class base; /* first: a request points to it */
    struct hr__s3_operation operation;
    /* Places in the user's struct: call_ and reserved; bucket and key where the operation needs
     * them. */
    size_t call_at, reserved_at, bucket_at, key_at;
    /* Judges the user's struct before the start: 0, or -EINVAL with the reason set. Any thread.
     * NULL: the places above are all there is. */
    int (*check)(struct hr_request *request);
    /* Reads the user's struct into the call (parameters, body, sink) and clears its out-part. A
     * listing's is called before each page. NULL: nothing but bucket and key. */
    int (*prepare)(struct hr__s3_call *call);
    /* Fills what the head of a good response tells, and calls the user's on_head. 0;
     * HR_ERR_S3_RESPONSE, HR_ERR_HTTP_UNEXPECTED, with a message; or what on_head returned. */
    int (*answer_head)(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error);
    /* Reads the whole body of a good response, in call->body. 0, HR_ERR_S3_RESPONSE, -ENOMEM, or
     * what a callback of the user returned. */
    int (*answer_body)(struct hr__s3_call *call, struct hr_error *error);
    /* Fills what is known at any end: counts of bytes. */
    void (*answer_end)(struct hr__s3_call *call);
    /* It has failed. True: the call has been changed to ask something else. May change `result` and
     * the request's error. */
    bool (*failed)(struct hr__s3_call *call, int *result);
    const struct hr__s3_lister *lister; /* of a listing */
};

#endif
