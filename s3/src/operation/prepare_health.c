/* Whether a store can be used: its list of buckets, or one of them. */
#include <assert.h>
#include <stdio.h>

#include <base/error_list.h>

#include "bucket_name.h"
#include "s3_prepare.h"
#include "xml.h"

static struct hr_s3_health *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_health, request);
}

/* Read as a page of a listing is: a store may have many buckets. */
static const struct hr__s3_operation asking = {.kind = HR__S3_BUCKET_LIST,
                                               .name = "ListBuckets",
                                               .method = "GET",
                                               .response = HR__S3_RESPONSE_LISTING,
                                               .proof = HR__S3_PROOF_DOCUMENT,
                                               .statuses = {200}};

const char *hr_s3_health_status_name(enum hr_s3_health_status status) {
    static const char *const names[] = {"unhealthy", "healthy"};
    return (unsigned)status < sizeof names / sizeof names[0] ? names[status] : "unknown";
}

uint64_t hr__s3_health_timeout_ns(const struct hr_request *request) {
    (void)request;
    return HR_S3_HEALTH_TIMEOUT_MS * UINT64_C(1000000);
}

static void clear(struct hr_s3_health *health, const struct hr__endpoint *endpoint) {
    health->status = HR_S3_UNHEALTHY;
    health->latency_ms = 0;
    hr__copy_whole(health->region, sizeof health->region, hr_slice_of(endpoint->region));
    if (endpoint->custom)
        snprintf(health->endpoint, sizeof health->endpoint, "%s://%s%s%s%s",
                 endpoint->tls ? "https" : "http", endpoint->bucket_mark ? "{bucket}." : "",
                 endpoint->host, endpoint->port_suffix, endpoint->path);
    else
        snprintf(health->endpoint, sizeof health->endpoint, "aws");
}

/* AWS redirects a list of buckets that is not signed to a web page. */
int hr__s3_health_prepare(struct hr__s3_call *call) {
    struct hr_s3_health *health = of(call->request);
    struct hr_slice bucket = hr_slice_of(health->bucket);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    clear(health, &call->client->endpoint);
    int err = health->bucket ? hr__bucket_check(bucket, add.error) : 0;
    if (err) return err;
    call->parameters.operation = &asking;
    if (health->bucket && call->client->anonymous)
        hr__bucket_look(call, bucket);
    else if (call->client->endpoint.aws)
        hr__add_query_text(&add, "max-buckets", "1"); /* one is enough */
    return add.err;
}

int hr__s3_health_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_health *health = of(call->request);
    struct hr_slice root = hr__xml_root(hr__s3_request_answer(call));
    if (!hr__bucket_looked(call) && !hr_slice_equal(root, hr_slice_of("ListAllMyBucketsResult")))
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the response to ListBuckets is no list of buckets: that is no S3 "
                            "store. Look at the endpoint");
    health->status = HR_S3_HEALTHY;
    health->latency_ms = (double)(hr__reactor_now(call->reactor) - call->request->started_ns) / 1e6;
    return 0;
}

/* The store has answered, and this question alone is not allowed. */
static bool is_forbidden(const struct hr_error *error) {
    int status = error->http_status;
    if (error->code != HR_ERR_S3_SERVICE) return false;
    return status == 405 || status == 501 ||
           (status == 403 && strcmp(error->service_code, "AccessDenied") == 0);
}

/* The bucket has a place of its own, which the list had not. */
bool hr__s3_health_failed(struct hr__s3_call *call, int *result) {
    const struct hr_s3_health *health = of(call->request);
    struct hr_error *error = &call->request->error;
    if (hr__bucket_looked(call)) {
        hr__bucket_look_failed(call, error);
        return false;
    }
    if (!is_forbidden(error)) return false;
    if (!health->bucket) {
        hr__add_remedy(error, "; name a bucket that may be asked for instead");
        return false;
    }
    assert(!call->place && !call->session);
    hr__error_clear(error);
    hr__s3_details_reset(call->details);
    hr__bucket_look(call, hr_slice_of(health->bucket));
    int err = hr__s3_region_locate(call);
    if (err) *result = err;
    return !err;
}
