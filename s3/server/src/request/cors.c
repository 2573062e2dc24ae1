/* CORS: preflights, and the fields by which a browser lets a page read a response. */
#include "cors_in.h"
#include "store_call.h"

/* The rule of the request's bucket that lets it in. S3_OK with *rules NULL: there are no rules. */
static enum s3_error find_rule(struct s3_call *call, const struct s3_cors_request *request,
                               struct s3_cors_rules **rules, struct s3_cors_match *match) {
    struct hr_slice text, unknown;
    *rules = NULL;
    enum s3_error error = s3_server__store_document_get(&call->server->store, call->request.bucket,
                                                        S3_DOCUMENT_CORS, &call->arena, &text);
    if (error || !text.data) return error;
    struct s3_cors_rules *read = s3_server__arena_allocate(&call->arena, sizeof *read);
    if (!read) return S3_InternalError;
    error = s3_server__xml_read_cors(text, &call->arena, read, &unknown);
    if (error) return S3_InternalError; /* it was read before it was kept */
    *rules = read;
    return s3_server__cors_match(read, request, match) ? S3_OK : S3_AccessForbidden;
}

static void add_list(struct s3_call *call, const char *name, struct hr_slice list) {
    if (list.size > 0) s3_server__add(call, name, list);
}

static void add_fields(struct s3_call *call, const struct s3_cors_request *request,
                       const struct s3_cors_rules *rules, const struct s3_cors_match *match) {
    size_t rule = match->rule;
    struct hr_slice star = hr_slice_of("*");
    s3_server__add(call, "Access-Control-Allow-Origin", match->any_origin ? star : request->origin);
    if (!match->any_origin) s3_server__add_text(call, "Access-Control-Allow-Credentials", "true");
    add_list(call, "Access-Control-Allow-Methods",
             s3_server__cors_join(rules, rule, S3_CORS_METHOD, &call->arena));
    add_list(call, "Access-Control-Allow-Headers", request->fields);
    add_list(call, "Access-Control-Expose-Headers",
             s3_server__cors_join(rules, rule, S3_CORS_EXPOSED, &call->arena));
    const struct s3_cors_age *age = &rules->ages[rule];
    if (age->is_set)
        s3_server__add(
            call, "Access-Control-Max-Age",
            s3_server__arena_print(&call->arena, "%llu", (unsigned long long)age->seconds));
    s3_server__add_text(call, "Vary",
                        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

/* The fields of its response are there already. */
static bool is_preflight(const struct s3_call *call) {
    return hr_slice_equal(call->request.method, hr_slice_of("OPTIONS"));
}

void s3_server__add_cors(struct s3_call *call) {
    struct s3_cors_request request = {.origin = s3_server__header(call, "origin"),
                                      .method = call->request.method};
    struct s3_cors_rules *rules;
    struct s3_cors_match match;
    if (request.origin.size == 0 || call->request.bucket.size == 0 || is_preflight(call)) return;
    if (find_rule(call, &request, &rules, &match) == S3_OK && rules)
        add_fields(call, &request, rules, &match);
}

static enum s3_error refuse_preflight(struct s3_call *call, struct hr_slice method,
                                      const char *why) {
    s3_server__add_detail(call, "Method", method);
    s3_server__add_detail(call, "ResourceType",
                          hr_slice_of(call->request.key.size > 0 ? "OBJECT" : "BUCKET"));
    return s3_server__refuse(call, S3_AccessForbidden, "CORSResponse: %s", why);
}

enum s3_error s3_server__check_preflight(struct s3_call *call) {
    struct s3_cors_request request = {
        .origin = s3_server__header(call, "origin"),
        .method = s3_server__header(call, "access-control-request-method"),
        .fields = s3_server__header(call, "access-control-request-headers"),
    };
    struct s3_cors_rules *rules;
    struct s3_cors_match match;
    if (!request.origin.data)
        return s3_server__refuse(call, S3_BadRequest,
                                 "Insufficient information. Origin request header needed.");
    if (!request.method.data)
        return s3_server__refuse(call, S3_BadRequest,
                                 "Invalid Access-Control-Request-Method: null");
    enum s3_error error =
        call->request.bucket.size > 0 ? find_rule(call, &request, &rules, &match) : S3_NoSuchBucket;
    if (error == S3_NoSuchBucket) return refuse_preflight(call, request.method, "Bucket not found");
    if (!error && !rules)
        return refuse_preflight(call, request.method, "CORS is not enabled for this bucket.");
    if (error == S3_AccessForbidden)
        return refuse_preflight(call, request.method,
                                "This CORS request is not allowed. No rule of the bucket has its "
                                "Origin, method and request headers.");
    if (error) return error;
    add_fields(call, &request, rules, &match);
    return S3_OK;
}
