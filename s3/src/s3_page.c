/* Pages of a listing: a page is received whole, checked whole, shown, and the next one asked for.
 */
#include <errno.h>

#include <headrace/text.h>

#include "s3_call.h"

static int on_object(void *user, const struct hr_s3_object *object) {
    struct hr_s3_list *list = user;
    if (object->is_prefix)
        list->prefixes++;
    else
        list->objects++;
    return list->on_object ? list->on_object(list, object) : 0;
}

static int on_bucket(void *user, const struct hr_s3_bucket *bucket) {
    struct hr_s3_bucket_list *list = user;
    list->buckets++;
    return list->on_bucket ? list->on_bucket(list, bucket) : 0;
}

int hr__s3_page_open(struct hr__s3_call *call) {
    struct hr__listing_sink sink = {
        .on_object = on_object, .on_bucket = on_bucket, .user = call->request};
    return hr__listing_new(call->parameters.kind, &sink, &call->listing);
}

/* The page is shown: the end, or the next one. */
static void page_done(struct hr__s3_call *call) {
    if (call->parameters.kind == HR__S3_BUCKET_LIST) {
        hr__s3_call_finish(call, 0);
        return;
    }
    struct hr_s3_list *list = (struct hr_s3_list *)(void *)call->request;
    struct hr_slice token = hr__listing_token(call->listing);
    list->pages++;
    list->truncated = hr__listing_truncated(call->listing);
    if (!list->truncated) {
        list->next_token[0] = 0;
        hr__s3_call_finish(call, 0);
        return;
    }
    hr_text_copy(list->next_token, sizeof list->next_token, token);
    call->parameters.token = hr_slice_bytes(list->next_token, token.size);
    if (list->one_page)
        hr__s3_call_finish(call, 0);
    else
        hr__s3_call_ask(call);
}

/* A listing that says there is more has to say how to get it, or it would be asked for ever. */
static int check_token(struct hr__s3_call *call) {
    if (!hr__listing_truncated(call->listing)) return 0;
    struct hr_slice token = hr__listing_token(call->listing);
    if (token.size > 0 && !hr_slice_equal(token, call->parameters.token)) return 0;
    return hr_error_set(&call->request->error, HR_ERR_S3_RESPONSE,
                        "the listing says that there is more and gives %s continuation token",
                        token.size > 0 ? "the same" : "no");
}

/* One slice of the pass. 1: there is more of it. */
static int read_slice(struct hr__s3_call *call) {
    size_t size = call->body.size - call->read_at;
    if (size > HR__S3_PARSE_SLICE) size = HR__S3_PARSE_SLICE;
    struct hr_slice piece = hr_slice_bytes(call->body.data + call->read_at, size);
    call->read_at += size;
    bool last = call->read_at == call->body.size;
    int err = hr__listing_feed(call->listing, piece, last, &call->request->error);
    return err ? err : !last;
}

static void run_task(struct hr_task *task) {
    struct hr__s3_call *call =
        (struct hr__s3_call *)(void *)((char *)task - offsetof(struct hr__s3_call, task));
    int err = call->stop_reason;
    if (!err) err = read_slice(call);
    if (err == 0 && !call->showing) {
        err = check_token(call);
        call->read_at = 0;
        call->showing = true;
        if (!err) err = hr__listing_begin(call->listing, true);
        if (!err) err = 1;
    }
    if (err < 0)
        hr__s3_call_finish(call, err);
    else if (err > 0)
        hr__reactor_post(call->reactor, task); /* in the next turn */
    else
        page_done(call);
}

void hr__s3_page_read(struct hr__s3_call *call) {
    int err = 0;
    if (call->body.size == 0)
        err = hr_error_set(&call->request->error, HR_ERR_S3_RESPONSE, "the listing is empty");
    call->read_at = 0;
    call->showing = false;
    if (!err) err = hr__listing_begin(call->listing, false);
    call->task.run = run_task;
    if (err)
        hr__s3_call_finish(call, err);
    else
        hr__reactor_defer(call->reactor, &call->task);
}
