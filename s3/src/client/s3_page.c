/* Pages of a listing: a page is received whole, checked whole and shown; a verdict says whether the
 * next one is to be asked for. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "s3_call.h"

int hr__s3_page_go_on(struct hr__s3_call *call, struct hr_slice cursor) {
    char *copy = malloc(cursor.size + 1);
    if (!copy) return -ENOMEM;
    if (cursor.size > 0) memcpy(copy, cursor.data, cursor.size);
    copy[cursor.size] = 0;
    free(call->page.token);
    call->page.token = copy;
    call->page.token_size = cursor.size;
    return 0;
}

int hr__s3_page_open(struct hr__s3_call *call) {
    const struct hr__s3_lister *lister = call->row->lister;
    struct hr__listing_sink sink = lister->sink;
    sink.user = call->request;
    int err = lister->open(call);
    return err ? err : hr__listing_new(lister->kind, &sink, &call->page.listing);
}

/* The page is shown: the end, or the next one. */
static int end_page(struct hr__s3_call *call) {
    const struct hr__s3_lister *lister = call->row->lister;
    bool truncated = hr__listing_truncated(call->page.listing);
    int err = truncated ? hr__s3_page_go_on(call, hr__listing_cursor(call->page.listing)) : 0;
    if (err) return err;
    bool more = lister->ended(call, truncated) && truncated;
    return more ? HR__S3_PAGE_NEXT : HR__S3_PAGE_LAST;
}

static struct hr_s3_walk *walk_of(struct hr__s3_call *call) {
    return (void *)((char *)call->request + call->row->lister->walk_at);
}

static struct hr_slice asked_with(const struct hr__s3_call *call) {
    return hr_slice_bytes(call->page.token, call->page.token_size);
}

/* A listing that says there is more has to say how to get it, and must come to an end. */
static int check_token(struct hr__s3_call *call) {
    if (!hr__listing_truncated(call->page.listing)) return 0;
    struct hr_slice cursor = hr__listing_cursor(call->page.listing);
    struct hr__page page = hr__listing_page(call->page.listing);
    const char *problem = NULL;
    if (cursor.size == 0)
        problem = "it says that there is more and gives no continuation token";
    else if (hr_slice_equal(cursor, asked_with(call)))
        problem = "it says that there is more and gives the same continuation token";
    else
        problem = hr__walk_step(walk_of(call), &page, cursor);
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
    hr__s3_request_mend_answer(call);
    call->page.read_at = 0;
    call->page.showing = false;
    return hr__listing_begin(call->page.listing, false);
}

void hr__s3_page_free(struct hr__s3_page *page) {
    hr__listing_free(page->listing);
    free(page->token);
}
