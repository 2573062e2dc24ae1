/* Pages of a listing: a page is received whole, checked whole and shown; a verdict says whether the
 * next one is to be asked for. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

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

/* Which token the next page is asked for with; a copy. */
static int set_token(struct hr__s3_call *call, struct hr_slice token) {
    char *copy = malloc(token.size + 1);
    if (!copy) return -ENOMEM;
    if (token.size > 0) memcpy(copy, token.data, token.size);
    copy[token.size] = 0;
    free(call->page.token);
    call->page.token = copy;
    call->page.token_size = token.size;
    return 0;
}

static bool is_objects(const struct hr__s3_call *call) {
    return call->row->operation.kind == HR__S3_LIST;
}

static int open_list(struct hr__s3_call *call) {
    struct hr_s3_list *list = hr__container_of(call->request, struct hr_s3_list, request);
    struct hr_slice token = hr_slice_of(list->next_token);
    list->objects = list->prefixes = list->pages = 0;
    list->truncated = false;
    if (token.size > HR_S3_TOKEN_MAX)
        return hr_error_set(&call->request->error, -EINVAL,
                            "the token has %zu bytes, the limit is %d", token.size,
                            HR_S3_TOKEN_MAX);
    if (!list->next_token) list->walk_ = (struct hr_s3_walk){.pages = 0};
    return set_token(call, token);
}

static int open_buckets(struct hr__s3_call *call) {
    struct hr_s3_bucket_list *list =
        hr__container_of(call->request, struct hr_s3_bucket_list, request);
    list->buckets = 0;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
    return 0;
}

int hr__s3_page_open(struct hr__s3_call *call) {
    struct hr__listing_sink sink = {
        .on_object = on_object, .on_bucket = on_bucket, .user = call->request};
    int err = is_objects(call) ? open_list(call) : open_buckets(call);
    enum hr__listing_kind kind = is_objects(call) ? HR__LISTING_OBJECTS : HR__LISTING_BUCKETS;
    return err ? err : hr__listing_new(kind, &sink, &call->page.listing);
}

void hr_s3_list_deinit(struct hr_s3_list *list) {
    if (!list) return;
    free(list->next_token);
    list->next_token = NULL;
}

/* The caller's view of a page's end. The token is handed over where the caller goes on. */
static void show_end(struct hr__s3_call *call, struct hr_s3_list *list, bool truncated) {
    list->pages++;
    list->truncated = truncated;
    hr_s3_list_deinit(list);
    if (!truncated || !list->one_page) return;
    list->next_token = call->page.token;
    call->page.token = NULL;
}

/* The page is shown: the end, or the next one. */
static int end_page(struct hr__s3_call *call) {
    bool truncated = hr__listing_truncated(call->page.listing), more = truncated;
    int err = truncated ? set_token(call, hr__listing_token(call->page.listing)) : 0;
    if (err) return err;
    if (is_objects(call)) {
        struct hr_s3_list *list = hr__container_of(call->request, struct hr_s3_list, request);
        show_end(call, list, truncated);
        more = truncated && !list->one_page;
    }
    return more ? HR__S3_PAGE_NEXT : HR__S3_PAGE_LAST;
}

static struct hr_s3_walk *walk_of(struct hr__s3_call *call) {
    if (is_objects(call))
        return &hr__container_of(call->request, struct hr_s3_list, request)->walk_;
    return &hr__container_of(call->request, struct hr_s3_bucket_list, request)->walk_;
}

static struct hr_slice asked_with(const struct hr__s3_call *call) {
    return hr_slice_bytes(call->page.token, call->page.token_size);
}

/* A listing that says there is more has to say how to get it, and must come to an end. */
static int check_token(struct hr__s3_call *call) {
    if (!hr__listing_truncated(call->page.listing)) return 0;
    struct hr_slice token = hr__listing_token(call->page.listing);
    struct hr__page page = hr__listing_page(call->page.listing);
    const char *problem = NULL;
    if (token.size == 0)
        problem = "it says that there is more and gives no continuation token";
    else if (hr_slice_equal(token, asked_with(call)))
        problem = "it says that there is more and gives the same continuation token";
    else
        problem = hr__walk_step(walk_of(call), &page, token);
    if (!problem) return 0;
    return hr_error_set(&call->request->error, HR_ERR_S3_RESPONSE, "the listing is refused: %s",
                        problem);
}

/* One slice of the pass. 1: the pass has more of them. */
static int read_slice(struct hr__s3_call *call) {
    size_t size = call->body.size - call->page.read_at;
    if (size > HR__S3_PARSE_SLICE) size = HR__S3_PARSE_SLICE;
    struct hr_slice piece = hr_slice_bytes(call->body.data + call->page.read_at, size);
    call->page.read_at += size;
    bool last = call->page.read_at == call->body.size;
    int err = hr__listing_feed(call->page.listing, piece, last, &call->request->error);
    return err ? err : !last;
}

/* The first pass has seen all of the page: the second may begin. */
static int begin_showing(struct hr__s3_call *call) {
    assert(!call->page.showing);
    int err = check_token(call);
    call->page.read_at = 0;
    call->page.showing = true;
    return err ? err : hr__listing_begin(call->page.listing, true);
}

int hr__s3_page_step(struct hr__s3_call *call) {
    assert(call->page.read_at < call->body.size);
    int more = read_slice(call);
    if (more < 0) return more;
    if (more > 0) return HR__S3_PAGE_MORE;
    if (call->page.showing) return end_page(call);
    int err = begin_showing(call);
    return err ? err : HR__S3_PAGE_MORE;
}

int hr__s3_page_begin(struct hr__s3_call *call) {
    if (call->body.size == 0)
        return hr_error_set(&call->request->error, HR_ERR_S3_RESPONSE, "the listing is empty");
    call->page.read_at = 0;
    call->page.showing = false;
    return hr__listing_begin(call->page.listing, false);
}

void hr__s3_page_free(struct hr__s3_page *page) {
    hr__listing_free(page->listing);
    free(page->token);
}
