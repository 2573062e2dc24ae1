/* The region and the place of a request's bucket, and the one repetition where a store says that
 * the bucket lies in another region.
 *
 * A Location is never followed: the next host is AWS's own for that region, made by our rules out
 * of a host label, over TLS, in the same partition; one that the user gave stays, and only the
 * region that is signed for changes. So nothing leads from HTTPS to HTTP or to a stranger, and each
 * attempt is signed for the host that it goes to. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "s3_call.h"

/* A pass-through configures the bucket where it changes it, or reads one of its sub-resources;
 * those four belong to its objects. */
static bool configures(const struct hr__s3_parameters *parameters) {
    static const char *const others[] = {"uploads", "delete", "versions", "session"};
    const char *method = parameters->operation->method;
    if (parameters->key.size > 0) return false;
    if (strcmp(method, "PUT") == 0 || strcmp(method, "DELETE") == 0) return true;
    for (size_t i = 0; i < parameters->query_count; i++) {
        const struct hr_s3_query *one = &parameters->query[i];
        bool other = one->value.size > 0;
        for (size_t j = 0; j < 4 && !other; j++)
            other = hr_slice_equal(one->name, hr_slice_of(others[j]));
        if (!other) return true;
    }
    return false;
}

/* The context parameters of S3's operations (service-2.json of botocore, Aug 2026); they mean
 * something for directory buckets alone, but for the first two. */
static struct hr__endpoint_use use_of(const struct hr__s3_parameters *parameters) {
    enum hr__s3_kind kind = parameters->operation->kind;
    bool directories = parameters->bucket.size == 0 &&
                       strcmp(parameters->operation->name, "ListDirectoryBuckets") == 0;
    struct hr__endpoint_use use = {
        .bucket_itself =
            kind == HR__S3_BUCKET_CREATE || kind == HR__S3_BUCKET_DELETE || directories,
        .no_access_points = kind == HR__S3_BUCKET_CREATE,
    };
    if (!hr__bucket_express(parameters->bucket)) return use;
    use.no_session =
        kind == HR__S3_SESSION || kind == HR__S3_COPY || kind == HR__S3_UPLOAD_PART_COPY;
    use.configures = kind == HR__S3_BUCKET_LOCATION || kind == HR__S3_VERSIONING_GET ||
                     kind == HR__S3_VERSIONING_PUT ||
                     (kind == HR__S3_REQUEST && configures(parameters));
    return use;
}

static struct hr__s3_place_key key_of(const struct hr__s3_call *call) {
    const struct hr__s3_parameters *parameters = &call->parameters;
    return (struct hr__s3_place_key){parameters->bucket, use_of(parameters)};
}

int hr__s3_region_locate(struct hr__s3_call *call) {
    struct hr_s3_client_s *client = call->client;
    struct hr__s3_place_key key = key_of(call);
    int err = hr__s3_place_acquire(&client->places, &client->endpoint, &key, &call->request->error,
                                   &call->place);
    if (err || !client->credentials || !hr__s3_call_endpoint(call)->session) return err;
    call->session = hr__s3_session_acquire(client, key.bucket);
    return call->session ? 0 : -ENOMEM;
}

/* Whether the refusal says that the bucket lies elsewhere. Source: S3RegionRedirectorv2 of botocore
 * (Aug 2026). A HEAD has no document, and its 400 no code. */
static bool says_elsewhere(const struct hr__s3_call *call) {
    const struct hr_error *error = &call->http.request.error;
    int status = error->http_status;
    if (error->code != HR_ERR_S3_SERVICE) return false;
    if (status == 301 || status == 302 || status == 307) return true;
    if (status == 400 && strcmp(call->parameters.operation->method, "HEAD") == 0) return true;
    return strcmp(error->service_code, "PermanentRedirect") == 0 ||
           strcmp(error->service_code, "AuthorizationHeaderMalformed") == 0 ||
           strcmp(error->service_code, "IllegalLocationConstraintException") == 0;
}

/* The place of an access point and of a directory bucket stands in its name, and a bucket is
 * created where the client is. */
static bool may_move(const struct hr__s3_call *call) {
    const struct hr__s3_parameters *parameters = &call->parameters;
    return !call->corrected.moved && parameters->bucket.size > 0 &&
           parameters->operation->kind != HR__S3_BUCKET_CREATE &&
           hr__bucket_kind(parameters->bucket) == HR__BUCKET_PLAIN && says_elsewhere(call);
}

/* From now on the bucket lies there. False: it cannot, or that is where it was looked for. */
static bool move(struct hr__s3_call *call, struct hr_slice region) {
    struct hr_s3_client_s *client = call->client;
    struct hr__s3_place_key key = key_of(call);
    struct hr__s3_place *place;
    if (hr_slice_equal(region, hr_slice_of(hr__s3_call_endpoint(call)->region))) return false;
    if (hr__s3_place_move(&client->places, &client->endpoint, &key, region, &place) != 0)
        return false;
    assert(place->endpoint.tls == client->endpoint.tls);
    hr__s3_place_release(call->place);
    call->place = place;
    call->corrected.moved = true;
    return true;
}

/* ---- A HEAD of the bucket, where the refusal names no region. */

/* A request that waits meanwhile. */
struct hr__s3_detour {
    struct hr__s3_parameters parameters;
    const struct hr__s3_row *row;
    const struct hr_sink *sink;
    struct hr_source body;
    bool expect_continue;
    struct hr_error error; /* the refusal */
    struct hr_refusal more;
};

static const struct hr__s3_row where = {.operation = {.kind = HR__S3_BUCKET_HEAD,
                                                      .name = "HeadBucket",
                                                      .method = "HEAD",
                                                      .bucket = true,
                                                      .proof = HR__S3_PROOF_NO_PAGE,
                                                      .statuses = {200}}};

/* AWS alone tells the region so. */
static bool leave(struct hr__s3_call *call) {
    if (!hr__s3_call_endpoint(call)->aws) return false;
    struct hr__s3_detour *detour = malloc(sizeof *detour);
    if (!detour) return false;
    *detour = (struct hr__s3_detour){.parameters = call->parameters,
                                     .row = call->row,
                                     .sink = call->sink,
                                     .body = call->http.body,
                                     .expect_continue = call->http.expect_continue,
                                     .error = call->http.request.error};
    hr__s3_refusal_keep(call, &detour->more);
    call->detour = detour;
    call->row = &where;
    call->parameters = (struct hr__s3_parameters){.operation = &where.operation,
                                                  .bucket = detour->parameters.bucket};
    call->sink = NULL;
    call->http.body = hr_source_none();
    call->http.expect_continue = false;
    return true;
}

bool hr__s3_region_return(struct hr__s3_call *call, struct hr_error *refusal) {
    struct hr__s3_detour *detour = call->detour;
    call->detour = NULL;
    call->row = detour->row;
    call->parameters = detour->parameters;
    call->sink = detour->sink;
    call->http.body = detour->body;
    call->http.expect_continue = detour->expect_continue;
    *refusal = detour->error;
    hr__s3_refusal_return(call, &detour->more);
    free(detour);
    return move(call, hr_slice_of(call->attempt.ids.region));
}

bool hr__s3_region_again(struct hr__s3_call *call) {
    struct hr_slice region = hr_slice_of(call->attempt.ids.region);
    if (!may_move(call)) return false;
    return region.size > 0 ? move(call, region) : leave(call);
}
