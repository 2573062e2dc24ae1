/* The pass-through: any method, query and fields. */
#include <errno.h>
#include <stdlib.h>

#include "s3_prepare.h"

#define METHOD_MAX 32

static struct hr_s3_request *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_request, request);
}

/* A token of RFC 9110 5.6.2 in upper case, as methods of S3 are. */
static bool method_valid(const char *method) {
    if (!method) return true;
    size_t size = strnlen(method, METHOD_MAX + 1);
    for (size_t i = 0; i < size; i++)
        if ((method[i] < 'A' || method[i] > 'Z') && method[i] != '-' && method[i] != '_')
            return false;
    return size > 0 && size <= METHOD_MAX;
}

static int check_query(struct hr_s3_request *pass) {
    if (pass->query_count > HR_S3_QUERY_COUNT_MAX)
        return hr__request_refuse(&pass->request, -EINVAL,
                                  "query has %zu parameters, the limit is %d", pass->query_count,
                                  HR_S3_QUERY_COUNT_MAX);
    if (pass->query_count > 0 && !pass->query)
        return hr__request_refuse(&pass->request, -EINVAL,
                                  "query is NULL, and query_count is not 0");
    for (size_t i = 0; i < pass->query_count; i++)
        if (pass->query[i].name.size == 0)
            return hr__request_refuse(&pass->request, -EINVAL, "query[%zu] has no name", i);
    return 0;
}

static int check_sink(struct hr_s3_request *pass) {
    bool kept = pass->sink.kind == HR_SINK_DISCARD ||
                (pass->sink.kind == HR_SINK_BUFFER && pass->sink.buffer);
    if (!pass->error_in_body || kept) return 0;
    return hr__request_refuse(&pass->request, -EINVAL,
                              "with error_in_body the sink is a buffer, or discards");
}

int hr__s3_pass_check(struct hr_request *request) {
    struct hr_s3_request *pass = of(request);
    if (!method_valid(pass->method))
        return hr__request_refuse(request, -EINVAL, "method is no name of a method, in upper case");
    if (pass->key && !pass->bucket)
        return hr__request_refuse(request, -EINVAL, "key is set, and bucket is NULL");
    int err = check_query(pass);
    if (!err) err = hr__s3_check_fields(request, pass->fields, pass->field_count);
    if (!err) err = hr__s3_check_source(request, &pass->body);
    if (!err) err = hr__s3_check_payload(request, pass->payload);
    return err ? err : check_sink(pass);
}

static bool is_idempotent(const char *method) {
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

/* Its operation is one of its own, made of the user's struct. */
static struct hr__s3_operation operation_of(const struct hr_s3_request *pass) {
    const char *method = pass->method ? pass->method : "GET";
    bool head = strcmp(method, "HEAD") == 0;
    return (struct hr__s3_operation){
        .kind = HR__S3_REQUEST,
        .name = pass->operation ? pass->operation : "Request",
        .method = method,
        .bucket = pass->bucket != NULL,
        .key = pass->key != NULL,
        .response = pass->error_in_body ? HR__S3_RESPONSE_DOCUMENT : HR__S3_RESPONSE_OBJECT,
        .proof = head ? HR__S3_PROOF_NO_PAGE : HR__S3_PROOF_OBJECT,
        .repeat =
            pass->repeatable || is_idempotent(method) ? HR__S3_REPEAT_FREELY : HR__S3_REPEAT_NEVER,
    };
}

int hr__s3_pass_prepare(struct hr__s3_call *call) {
    struct hr_s3_request *pass = of(call->request);
    struct hr__s3_parameters *parameters = &call->parameters;
    pass->status = 0;
    pass->body_bytes = pass->sent_bytes = 0;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    struct hr__s3_operation *operation = (void *)hr__add_memory(&add, sizeof *operation);
    if (!operation) return add.err;
    *operation = operation_of(pass);
    parameters->operation = operation;
    parameters->bucket = hr_slice_of(pass->bucket);
    parameters->key = hr_slice_of(pass->key);
    parameters->query = pass->query;
    parameters->query_count = pass->query_count;
    parameters->fields = pass->fields;
    parameters->field_count = pass->field_count;
    if (!pass->error_in_body) call->sink = &pass->sink;
    hr__s3_request_body(call, &pass->body, pass->payload);
    return 0;
}

int hr__s3_pass_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error) {
    struct hr_s3_request *pass = of(call->request);
    (void)error;
    return pass->on_head ? pass->on_head(pass, head) : 0;
}

/* With error_in_body the body was kept, as it might have been an <Error>: now it is the user's.
 * Without it the sink has got it already. */
int hr__s3_pass_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_request *pass = of(call->request);
    (void)error;
    if (!pass->error_in_body || pass->sink.kind != HR_SINK_BUFFER) return 0;
    hr_buffer_deinit(pass->sink.buffer);
    *pass->sink.buffer = call->body;
    call->body = (struct hr_buffer){.data = NULL};
    return 0;
}

void hr__s3_pass_end(struct hr__s3_call *call) {
    struct hr_s3_request *pass = of(call->request);
    pass->status = call->http.status;
    pass->sent_bytes = call->http.sent_bytes;
    if (!call->attempt.bad_status) pass->body_bytes = call->http.body_bytes;
}
