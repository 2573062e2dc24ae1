/* The region and the place of a request's bucket, and the one repetition where a store says that
 * the bucket lies in another region.
 *
 * A Location is never followed: the next host is AWS's own for that region, made by our rules out
 * of a host label, over TLS, in the same partition; one that the user gave stays, and only the
 * region that is signed for changes. So nothing leads from HTTPS to HTTP or to a stranger, and each
 * attempt is signed for the host that it goes to. */
#include <assert.h>

#include "s3_call.h"

static struct hr__endpoint_use use_of(enum hr__s3_kind kind) {
    return (struct hr__endpoint_use){
        .bucket_itself = kind == HR__S3_BUCKET_CREATE || kind == HR__S3_BUCKET_DELETE,
        .no_access_points = kind == HR__S3_BUCKET_CREATE,
    };
}

static struct hr__s3_place_key key_of(const struct hr__s3_call *call) {
    const struct hr__s3_parameters *parameters = &call->parameters;
    return (struct hr__s3_place_key){parameters->bucket, use_of(parameters->operation->kind)};
}

int hr__s3_region_locate(struct hr__s3_call *call) {
    struct hr_s3_client_s *client = call->client;
    struct hr__s3_place_key key = key_of(call);
    return hr__s3_place_acquire(&client->places, &client->endpoint, &key, &call->request->error,
                                &call->place);
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
    return !call->moved && parameters->bucket.size > 0 &&
           parameters->operation->kind != HR__S3_BUCKET_CREATE &&
           hr__bucket_kind(parameters->bucket) == HR__BUCKET_PLAIN && says_elsewhere(call);
}

bool hr__s3_region_again(struct hr__s3_call *call) {
    struct hr_s3_client_s *client = call->client;
    struct hr_slice region = hr_slice_of(call->attempt.ids.region);
    struct hr__s3_place_key key = key_of(call);
    struct hr__s3_place *place;
    if (!may_move(call)) return false;
    if (hr_slice_equal(region, hr_slice_of(hr__s3_call_endpoint(call)->region))) return false;
    if (hr__s3_place_move(&client->places, &client->endpoint, &key, region, &place) != 0)
        return false;
    assert(place->endpoint.tls == client->endpoint.tls);
    hr__s3_place_release(call->place);
    call->place = place;
    call->moved = true;
    return true;
}
