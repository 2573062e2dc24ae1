/* Requests that come without a signature: preflights of CORS, forms of browsers, health
 * checks. Source: the S3 API Reference, "OPTIONS object" and "POST Object". */
#include "store_call.h"

static enum s3_error respond(struct s3_call *call) {
    return s3_server__respond_empty(call, 200);
}

/* Of preflights: the fields say all. */
static const struct s3_handler empty = {.end = respond};

static enum s3_error respond_healthy(struct s3_call *call) {
    static const char text[] = "{\"status\":\"ok\"}\n";
    s3_server__add_text(call, "Content-Type", "application/json");
    s3_server__add_text(call, "Cache-Control", "no-store");
    return s3_server__respond(call, 200, hr_source_bytes(text, sizeof text - 1));
}

static const struct s3_handler health = {.end = respond_healthy};

/* The paths of health checks, of HTTP servers and of MinIO. With a signature the same path is that
 * of a bucket or an object. */
static bool is_health_check(const struct s3_call *call) {
    static const char *const paths[] = {"/healthz", "/minio/health/live", "/minio/health/ready",
                                        "/minio/health/cluster"};
    const struct s3_request *request = &call->request;
    bool reads = hr_slice_equal(request->method, hr_slice_of("GET")) ||
                 hr_slice_equal(request->method, hr_slice_of("HEAD"));
    if (!reads || request->parameter_count > 0 || request->virtual_host ||
        s3_server__header(call, "authorization").data)
        return false;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (hr_slice_equal(request->path, hr_slice_of(paths[i]))) return true;
    return false;
}

enum s3_error s3_server__check_unsigned(struct s3_call *call) {
    const struct s3_request *request = &call->request;
    if (is_health_check(call)) {
        call->handler = &health;
        call->record.is_health_check = true;
        return S3_OK;
    }
    if (hr_slice_equal(request->method, hr_slice_of("OPTIONS"))) {
        call->handler = &empty;
        return s3_server__check_preflight(call);
    }
    bool is_form = hr_slice_equal(request->method, hr_slice_of("POST")) &&
                   request->bucket.size > 0 && request->key.size == 0 &&
                   s3_server__has_prefix_nocase(s3_server__header(call, "content-type"),
                                                "multipart/form-data");
    if (!is_form) return S3_OK;
    call->identity.payload = S3_PAYLOAD_UNSIGNED;
    call->operation = S3_POST_OBJECT;
    call->handler = call->server->handlers[S3_POST_OBJECT];
    return S3_OK;
}
