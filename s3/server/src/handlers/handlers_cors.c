/* GetBucketCors, PutBucketCors, DeleteBucketCors. */
#include "cors_in.h"
#include "store_call.h"

static enum s3_error get_cors(struct s3_call *call) {
    struct hr_slice text;
    enum s3_error error = s3_server__store_document_get(&call->server->store, call->request.bucket,
                                                        S3_DOCUMENT_CORS, &call->arena, &text);
    if (error) return error;
    if (!text.data) return S3_NoSuchCORSConfiguration;
    s3_server__add_text(call, "Content-Type", "application/xml");
    return s3_server__respond(call, 200, hr_source_bytes(text.data, text.size));
}

const struct s3_handler s3_server__get_bucket_cors = {.end = get_cors};

static enum s3_error set_cors(struct s3_call *call, struct hr_slice text, int status) {
    enum s3_error error = s3_server__store_document_put(&call->server->store, call->request.bucket,
                                                        S3_DOCUMENT_CORS, text);
    return error ? error : s3_server__respond_empty(call, status);
}

static enum s3_error put_cors(struct s3_call *call) {
    struct hr_slice unknown = {NULL, 0};
    struct s3_cors_rules *rules = s3_server__arena_allocate(&call->arena, sizeof *rules);
    if (!rules) return S3_InternalError;
    enum s3_error error =
        s3_server__xml_read_cors(s3_server__document(call), &call->arena, rules, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    return set_cors(call, s3_server__document(call), 200);
}

const struct s3_handler s3_server__put_bucket_cors = {.body = S3_BODY_XML, .end = put_cors};

static enum s3_error delete_cors(struct s3_call *call) {
    return set_cors(call, hr_slice_bytes(NULL, 0), 204);
}

const struct s3_handler s3_server__delete_bucket_cors = {.end = delete_cors};
