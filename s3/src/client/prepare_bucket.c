/* Buckets, and the listings of objects and buckets, page by page. */
#include <errno.h>

#include "s3_prepare.h"

/* ---- Listings: the query of one page. */

static void add_token(struct hr__s3_adder *add, const struct hr__s3_page *page) {
    if (page->token && page->token_size > 0)
        hr__add_query(add, "continuation-token", hr_slice_bytes(page->token, page->token_size));
}

static bool is_short(const char *text) {
    return !text || strlen(text) <= HR__KEY_MAX;
}

static const char *set_or_null(const char *text) {
    return text && *text ? text : NULL;
}

int hr__s3_list_prepare(struct hr__s3_call *call) {
    struct hr_s3_list *list = hr__container_of(call->request, struct hr_s3_list, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    if (!is_short(list->prefix) || !is_short(list->delimiter) || !is_short(list->start_after))
        hr__add_refuse(&add, HR_ERR_S3_KEY_INVALID,
                       "prefix, delimiter or start_after is longer than %d bytes", HR__KEY_MAX);
    bool first = !call->page.token || call->page.token_size == 0;
    hr__s3_details_reset(call->details);
    add_token(&add, &call->page);
    hr__add_query_text(&add, "delimiter", set_or_null(list->delimiter));
    hr__add_query_text(&add, "encoding-type", "url");
    hr__add_query_text(&add, "list-type", "2");
    hr__add_query_u64(&add, "max-keys", list->page_size);
    hr__add_query_text(&add, "prefix", set_or_null(list->prefix));
    /* A token says where to go on: start-after is for the first page. */
    if (first) hr__add_query_text(&add, "start-after", set_or_null(list->start_after));
    return add.err;
}

int hr__s3_bucket_list_prepare(struct hr__s3_call *call) {
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__s3_details_reset(call->details);
    add_token(&add, &call->page);
    return add.err;
}

/* ---- One bucket. */

/* The body of CreateBucket names the bucket's region, at AWS and outside of us-east-1 only: other
 * stores accept no region but their own. */
int hr__s3_bucket_create_prepare(struct hr__s3_call *call) {
    static const char before[] = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                                 "2006-03-01/\"><LocationConstraint>";
    static const char behind[] = "</LocationConstraint></CreateBucketConfiguration>";
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    call->signed_payload = true;
    if (!endpoint->aws || strcmp(endpoint->region, "us-east-1") == 0) return 0;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    size_t size = sizeof before - 1 + sizeof behind - 1 + strlen(endpoint->region);
    struct hr__writer out = hr__writer(hr__add_memory(&add, size), size);
    if (add.err) return add.err;
    hr__put_text(&out, before);
    hr__put_text(&out, endpoint->region);
    hr__put_text(&out, behind);
    call->http.body = hr_source_bytes(out.begin, hr__written(&out).size);
    return 0;
}

int hr__s3_bucket_head_prepare(struct hr__s3_call *call) {
    hr__container_of(call->request, struct hr_s3_bucket_head, request)->region[0] = 0;
    return 0;
}

int hr__s3_bucket_head_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error) {
    struct hr_s3_bucket_head *bucket =
        hr__container_of(call->request, struct hr_s3_bucket_head, request);
    (void)head;
    (void)error;
    hr__copy_whole(bucket->region, sizeof bucket->region, hr_slice_of(call->attempt.ids.region));
    return 0;
}
