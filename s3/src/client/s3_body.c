/* The body of a request: the decision how it is signed and which checksum it has, and the pass over
 * it that these may need. */
#include <assert.h>
#include <errno.h>

#include "bucket_name.h"
#include "s3_call.h"

/* ---- Wishes. */

static bool is_own(struct hr_slice name) {
    return hr_s3_checksum_by_header(name) != HR_S3_CHECKSUM_NONE ||
           hr_slice_equal_nocase(name, hr_slice_of("content-md5"));
}

static bool has_own(const struct hr__s3_body_wish *wish) {
    for (size_t i = 0; i < wish->field_count; i++)
        if (is_own(wish->fields[i].name)) return true;
    return false;
}

static int refuse(struct hr__s3_call *call, int err, const char *why) {
    return hr_error_set(&call->request->error, err, "%s", why);
}

int hr__s3_body_wish(struct hr__s3_call *call, const struct hr__s3_body_wish *wish) {
    struct hr__s3_body *body = &call->body_plan;
    const struct hr_s3_checksum *value = wish->value;
    body->algorithm = wish->algorithm;
    body->given = value;
    if (value && wish->algorithm && value->algorithm != wish->algorithm)
        return refuse(call, -EINVAL, "checksum is not of checksum_algorithm");
    if (value) body->algorithm = value->algorithm;
    if (value && (value->parts || !hr_s3_checksum_traits_of(value->algorithm)->size))
        return refuse(call, -EINVAL, "checksum is composite, or of no algorithm");
    body->is_chosen = body->algorithm != HR_S3_CHECKSUM_NONE;
    body->has_own = has_own(wish);
    if (body->is_chosen && body->has_own)
        return refuse(
            call, -EINVAL,
            "the checksum is given twice: as a member and among fields, where Content-MD5 "
            "counts too");
    body->is_default = wish->is_default;
    body->is_required = wish->is_required;
    body->is_conditional = wish->is_conditional;
    return 0;
}

/* ---- The decision. */

/* Where nobody chooses: what AWS itself makes of an object that comes without one, so that the two
 * are the same; elsewhere, and in directory buckets, what every SDK sends. */
static enum hr_s3_checksum_algorithm usual(const struct hr__endpoint *endpoint) {
    bool express = strcmp(endpoint->service, "s3express") == 0;
    return endpoint->aws && !express ? HR_S3_CHECKSUM_CRC64NVME : HR_S3_CHECKSUM_CRC32;
}

enum hr_s3_checksum_algorithm hr__s3_body_usual(const hr_s3_client *client,
                                                struct hr_slice bucket) {
    if (!client->sums || client->quirks.no_checksums) return HR_S3_CHECKSUM_NONE;
    return hr__bucket_express(bucket) ? HR_S3_CHECKSUM_CRC32 : usual(&client->endpoint);
}

static bool is_wanted(const struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    if (body->has_own) return false;
    if (body->is_default && call->client->sums && !call->client->quirks.no_checksums) return true;
    /* Other stores that require one have had Content-MD5, which all of them know. */
    return body->is_required && hr__s3_call_endpoint(call)->aws;
}

static bool is_in_memory(const struct hr_source *source) {
    return source->kind == HR_SOURCE_BYTES || source->kind == HR_SOURCE_IOVEC || source->size == 0;
}

/* A body in memory is read twice at no cost, and needs no chunks. Nobody signs chunks for a client
 * without keys. */
static enum hr_s3_payload payload_of(const struct hr__s3_call *call) {
    enum hr_s3_payload payload = call->body_plan.payload;
    bool tls = call->client->endpoint.tls, memory = is_in_memory(&call->http.body);
    if (!payload) payload = tls ? HR_S3_PAYLOAD_DEFAULT : HR_S3_PAYLOAD_SIGNED;
    bool is_signed = payload == HR_S3_PAYLOAD_SIGNED || payload == HR_S3_PAYLOAD_STREAMING_SIGNED;
    if (is_signed && call->client->anonymous) return HR_S3_PAYLOAD_UNSIGNED;
    if (!memory) return payload;
    return is_signed ? HR_S3_PAYLOAD_SIGNED : HR_S3_PAYLOAD_UNSIGNED;
}

/* Whether the checksum goes behind the body: where the request says so; over TLS at AWS, too, which
 * knows it. A store that does not would keep the chunks as the object. */
static bool is_trailer(const struct hr__s3_call *call, enum hr_s3_payload payload) {
    const struct hr__s3_body *body = &call->body_plan;
    if (body->given || body->has_own) return false;
    if (payload == HR_S3_PAYLOAD_STREAMING_UNSIGNED) return true;
    return payload == HR_S3_PAYLOAD_DEFAULT && body->algorithm && hr__s3_call_endpoint(call)->aws;
}

static int plan_chunks(struct hr__s3_call *call, bool is_signed) {
    struct hr__s3_body *body = &call->body_plan;
    if (!is_signed && !hr__s3_call_endpoint(call)->tls)
        return refuse(call, HR_ERR_S3_TLS_NEEDED,
                      "payload streaming_unsigned goes over TLS alone: use https://, or "
                      "streaming_signed");
    if (!is_signed && call->client->quirks.no_trailer)
        return refuse(call, -EINVAL,
                      "the store takes no checksum behind a body, as the client's provider says: "
                      "use another payload than streaming_unsigned, or provider other");
    if (!is_signed && !body->algorithm) body->algorithm = usual(hr__s3_call_endpoint(call));
    if (call->http.body.size > HR__CHUNKED_MAX)
        return refuse(call, -EINVAL, "the body is larger than 2^53 bytes");
    body->is_chunked = true;
    body->signs_chunks = is_signed;
    return 0;
}

static bool is_rewindable(const struct hr_source *source) {
    return source->kind != HR_SOURCE_PRODUCER || source->rewind || source->size == 0;
}

/* A body that goes out as it is: its hashes stand before it. */
static int plan_whole(struct hr__s3_call *call, bool is_signed) {
    struct hr__s3_body *body = &call->body_plan;
    bool rewindable = is_rewindable(&call->http.body);
    body->is_signed = is_signed;
    if (is_signed && !rewindable)
        return refuse(call, HR_ERR_SOURCE_NOT_REWINDABLE,
                      "a signed payload is read twice and this producer has no rewind; use payload "
                      "streaming_signed or unsigned");
    if (rewindable || body->given) return 0;
    if (body->is_chosen)
        return refuse(call, HR_ERR_SOURCE_NOT_REWINDABLE,
                      "a checksum before the body takes reading it twice and this producer has no "
                      "rewind; use payload streaming_unsigned (over TLS) or streaming_signed");
    body->algorithm = HR_S3_CHECKSUM_NONE;
    return 0;
}

static void know(struct hr__s3_call *call, const struct hr_s3_checksum *value) {
    struct hr__s3_body_memory *memory = &call->body_memory;
    memory->value = *value;
    size_t size = hr_s3_checksum_format(value, memory->text);
    call->parameters.checksum =
        (struct hr_http_field){hr_slice_of(hr_s3_checksum_traits_of(value->algorithm)->header),
                               hr_slice_bytes(memory->text, size)};
    call->body_plan.is_known = true;
}

/* Few bytes in memory, with nothing else to be done with them: at once. */
static int compute_now(struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    const struct hr_source *source = &call->http.body;
    bool small = source->kind == HR_SOURCE_BYTES && source->size <= HR__HASH_SLICE;
    struct hr_s3_checksum value;
    if (body->is_known || !body->algorithm || body->is_chunked ||
        (source->size > 0 && (!small || body->is_signed)))
        return 0;
    int err = hr_s3_hasher_begin(&call->hasher, body->algorithm);
    if (!err && source->size > 0)
        err = hr_s3_hasher_update(&call->hasher, source->data, (size_t)source->size);
    if (!err) err = hr_s3_hasher_end(&call->hasher, &value);
    if (err) return refuse(call, err, "the checksum of the body could not be computed");
    know(call, &value);
    return 0;
}

/* The fields that announce chunks. */
static void announce(struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    struct hr__s3_parameters *parameters = &call->parameters;
    parameters->chunked = true;
    parameters->chunked_size = call->http.body.size;
    if (body->is_known || !body->algorithm) return;
    const char *name = hr_s3_checksum_traits_of(body->algorithm)->header;
    parameters->checksum = (struct hr_http_field){hr_slice_of("x-amz-trailer"), hr_slice_of(name)};
}

int hr__s3_body_plan(struct hr__s3_call *call) {
    struct hr__s3_body *body = &call->body_plan;
    if (call->http.body.kind == HR_SOURCE_NONE && !body->is_default) return 0;
    if (!body->algorithm && is_wanted(call)) body->algorithm = usual(hr__s3_call_endpoint(call));
    if (body->given) know(call, body->given);
    enum hr_s3_payload payload = payload_of(call);
    bool is_signed = payload == HR_S3_PAYLOAD_SIGNED;
    bool streams = payload == HR_S3_PAYLOAD_STREAMING_SIGNED;
    int err = streams || is_trailer(call, payload) ? plan_chunks(call, streams)
                                                   : plan_whole(call, is_signed);
    if (!err) err = compute_now(call);
    if (!err && body->is_chunked) announce(call);
    return err;
}

/* ---- The pass over the body. */

bool hr__s3_body_is_read_first(const struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    if (body->is_chunked || call->http.body.kind == HR_SOURCE_NONE || call->http.body.size == 0)
        return false;
    return body->is_signed || (body->algorithm && !body->is_known);
}

int hr__s3_body_read(struct hr__s3_call *call,
                     void (*on_done)(struct hr__payload *payload, int result)) {
    const struct hr__s3_body *body = &call->body_plan;
    struct hr__payload *payload = &call->body_memory.payload;
    memset(payload, 0, sizeof *payload);
    payload->reactor = call->reactor;
    payload->source = &call->http.body;
    payload->is_signed = body->is_signed;
    payload->algorithm = body->is_known ? HR_S3_CHECKSUM_NONE : body->algorithm;
    payload->hasher = &call->hasher;
    payload->on_done = on_done;
    return hr__payload_begin(payload);
}

void hr__s3_body_was_read(struct hr__s3_call *call) {
    if (call->body_memory.payload.algorithm) know(call, &call->body_memory.payload.checksum);
}
