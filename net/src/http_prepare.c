/* What comes before an attempt: URL, method and fields are checked, the head is written and the
 * host found. So a request that may not be sent never waits and never connects. */
#include "http_call.h"

#include <errno.h>

#include <headrace/url.h>

static bool is_ours(struct hr_slice name) {
    static const char *const ours[] = {"content-length", "transfer-encoding", "connection",
                                       "expect"};
    if (name.size < 6) return false;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(ours[i]))) return true;
    return false;
}

/* The Host field: as written, without the scheme's own port. */
static struct hr_slice host_field(const struct hr_url *url) {
    size_t bare = url->host.size + (url->ipv6 ? 2 : 0);
    if (url->port == (url->tls ? 443 : 80) && bare < url->authority.size)
        return hr_slice_bytes(url->authority.data, bare);
    return url->authority;
}

static bool wants_length(struct hr_slice method) {
    return hr_slice_equal(method, hr_slice_of("POST")) ||
           hr_slice_equal(method, hr_slice_of("PUT")) ||
           hr_slice_equal(method, hr_slice_of("PATCH"));
}

static ssize_t write_into(struct hr_call *call, const struct hr_http1_request_head *head,
                          size_t size) {
    struct hr_blocks *blocks = &call->shard->blocks;
    if (call->head && call->head_block != hr__block_size(size)) {
        hr__blocks_give(blocks, call->head, call->head_block);
        call->head = NULL;
    }
    if (!call->head) {
        call->head_block = hr__block_size(size);
        call->head = hr__blocks_take(blocks, call->head_block);
        if (!call->head) return -ENOMEM;
    }
    return hr__http1_write_request(head, call->head, call->head_block);
}

static int write_head(struct hr_call *call, const struct hr_url *url, struct hr_slice method) {
    struct hr_http_request *request = call->request;
    hr_http_client *client = call->shard->client;
    for (size_t i = 0; i < request->field_count; i++)
        if (is_ours(request->fields[i].name)) return -EINVAL;
    bool body = request->body.kind != HR_SOURCE_NONE;
    struct hr_http1_request_head head = {
        .method = method,
        .target = url->path.size > 0 ? url->path : hr_slice_of("/"),
        .query = url->query,
        .host = host_field(url),
        .fields = {request->fields, NULL},
        .field_counts = {request->field_count, 0},
        .has_body = body || wants_length(method),
        .body_size = body ? request->body.size : 0,
        .expect_continue = request->expect_continue && body && request->body.size > 0,
        .close = request->close,
        .user_agent = hr_slice_of(client->user_agent),
    };
    static const size_t sizes[] = {HR_BLOCK_TINY, HR_BLOCK_SMALL, HR_BLOCK_MEDIUM, HR_BLOCK_LARGE};
    ssize_t size = -ENOBUFS;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && size == -ENOBUFS; i++)
        size = write_into(call, &head, sizes[i]);
    if (size == -ENOBUFS) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    if (size < 0) return (int)size;
    call->head_size = (size_t)size;
    call->await_continue = head.expect_continue;
    call->chunked = body && request->body.size == HR_SIZE_UNKNOWN;
    return 0;
}

static int refuse_head(struct hr_error *error, int err) {
    if (err == -EINVAL)
        return hr_error_set(
            error, err,
            "Content-Length, Transfer-Encoding, Connection and Expect are not for the caller "
            "to set (see body, close, expect_continue)");
    if (err == HR_ERR_HTTP_HEAD_TOO_LARGE)
        return hr_error_set(error, err, "the head of the request is larger than %d bytes",
                            HR_BLOCK_LARGE);
    return hr_error_set(error, err, "%s", hr_error_text(err));
}

static int check(struct hr_call *call, const struct hr_url *url, struct hr_slice method,
                 struct hr_error *error) {
    const struct hr_http_request *request = call->request;
    if (url->userinfo.size > 0)
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "user information in the URL is not sent; give an Authorization field");
    if (hr_slice_equal(method, hr_slice_of("CONNECT")))
        return hr_error_set(error, HR_ERR_METHOD_INVALID,
                            "CONNECT is not a request for a resource");
    if (hr__source_check(&request->body))
        return hr_error_set(error, -EINVAL, "request.body is not a usable source");
    if (hr__sink_check(&request->sink))
        return hr_error_set(error, -EINVAL, "request.sink is not a usable sink");
    int err = write_head(call, url, method);
    return err < 0 ? refuse_head(error, err) : 0;
}

static int find_host(struct hr_call *call, const struct hr_url *url, struct hr_error *error) {
    struct hr_pool_host *host = NULL;
    struct hr_pool_origin origin = {.name = url->host, .port = url->port, .tls = url->tls};
    int err = hr__pool_host_get(call->shard, &origin, &host);
    if (err) return hr_error_set(error, err, "%s", hr_error_text(err));
    if (call->host) hr__pool_host_put(call->host);
    call->host = host;
    if (host->limit > 0 && call->shard->limit > 0) return 0;
    return hr_error_set(error, -EINVAL,
                        "reactor %u holds none of the client's connections to '%.*s'",
                        call->shard->index, (int)url->host.size, url->host.data);
}

int hr__prepare(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    struct hr_error *error = &request->request.error;
    struct hr_slice method = hr_slice_of(request->method ? request->method : "GET");
    struct hr_url url;
    int err = hr_url_parse(hr_slice_of(request->url), error, &url);
    if (err) return err;
    err = check(call, &url, method, error);
    if (err) return err;
    call->head_request = hr_slice_equal(method, hr_slice_of("HEAD"));
    call->idempotent =
        !request->not_idempotent && (request->idempotent || hr__retry_method_idempotent(method));
    return find_host(call, &url, error);
}
