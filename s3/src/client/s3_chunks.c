/* The body of a request on its way: its form in the signature, its chunks, and the value that the
 * store has made of it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "response_checksum.h"
#include "s3_call.h"

/* ---- The form, as the signature names it. */

struct hr_slice hr__s3_body_hash(const struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    bool trailer = body->is_chunked && body->algorithm && !body->is_known;
    if (call->http.body.kind == HR_SOURCE_NONE || call->http.body.size == 0)
        return hr_slice_bytes(NULL, 0);
    if (body->is_signed) return hr_slice_bytes(call->body_memory.payload.hex, HR_SIGV4_HEX_SIZE);
    if (!body->is_chunked) return hr_slice_of("UNSIGNED-PAYLOAD");
    if (!body->signs_chunks) return hr_slice_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    return trailer ? hr_slice_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
                   : hr_slice_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
}

/* ---- Chunks. */

static struct hr__chunk_plan plan_of(const struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    return (struct hr__chunk_plan){
        .size = call->http.body.size,
        .chunk_size = HR__CHUNK_SIZE,
        .algorithm = body->is_known ? HR_S3_CHECKSUM_NONE : body->algorithm,
        .is_signed = body->signs_chunks,
    };
}

static int open_stream(const struct hr__s3_signing *signing, const struct hr__s3_message *message,
                       hr_sigv4_stream **stream) {
    const struct hr_sigv4_options options = {
        .region = signing->region, .service = signing->service, .time_s = signing->time_s};
    return hr_sigv4_stream_new(signing->credentials->secret_key, &options, message->signature,
                               stream);
}

int hr__s3_body_begin(struct hr__s3_call *call, const struct hr__s3_signing *signing,
                      const struct hr__s3_message *message) {
    struct hr__s3_body_memory *memory = &call->body_memory;
    hr_sigv4_stream *stream = NULL;
    call->body_plan.is_stored = false;
    if (!call->body_plan.is_chunked) return 0;
    if (!memory->encoder) memory->encoder = calloc(1, sizeof *memory->encoder);
    if (!memory->encoder) return -ENOMEM;
    int err = call->body_plan.signs_chunks ? open_stream(signing, message, &stream) : 0;
    if (err) return err;
    struct hr__chunk_plan plan = plan_of(call);
    return hr__chunk_encoder_begin(memory->encoder, &plan, stream);
}

static struct hr__s3_call *of(struct hr_http_request *http) {
    return hr__container_of(http, struct hr__s3_call, http);
}

static uint64_t wire_size(struct hr_http_request *http) {
    struct hr__chunk_plan plan = plan_of(of(http));
    return hr__chunk_wire_size(&plan);
}

static size_t next(struct hr_http_request *http) {
    return hr__chunk_encoder_next(of(http)->body_memory.encoder);
}

static int frame(struct hr_http_request *http, const struct iovec *pieces, unsigned count,
                 struct hr_http_frame *frame) {
    struct hr__chunk_encoder *encoder = of(http)->body_memory.encoder;
    int err = hr__chunk_encoder_add(encoder, pieces, count);
    if (err) return err;
    frame->before = hr__chunk_encoder_before(encoder);
    frame->behind = hr__chunk_encoder_behind(encoder);
    return 0;
}

const struct hr_http_framing hr__s3_body_framing = {wire_size, next, frame};

void hr__s3_body_end(struct hr__s3_body_memory *memory) {
    if (memory->encoder) hr__chunk_encoder_end(memory->encoder);
}

void hr__s3_body_memory_deinit(struct hr__s3_body_memory *memory) {
    if (memory->encoder) hr__chunk_encoder_deinit(memory->encoder);
    free(memory->encoder);
    memory->encoder = NULL;
}

/* ---- What the store has made of it. */

struct hr_s3_checksum hr__s3_body_sent(const struct hr__s3_call *call) {
    const struct hr__s3_body *body = &call->body_plan;
    const struct hr__s3_body_memory *memory = &call->body_memory;
    if (body->is_known) return memory->value;
    if (body->is_chunked && body->algorithm && memory->encoder && memory->encoder->ended)
        return memory->encoder->value;
    return (struct hr_s3_checksum){.parts = 0};
}

int hr__s3_body_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error) {
    enum hr_s3_checksum_algorithm algorithm = call->body_plan.algorithm;
    if (!algorithm) return 0;
    struct hr_slice text = hr_http_head_find(head, hr_s3_checksum_traits_of(algorithm)->header);
    bool same = call->body_plan.is_known && hr_slice_equal(text, call->parameters.checksum.value);
    if (text.size == 0 || same) return 0; /* the usual one, at the cost of a comparison */
    struct hr_s3_checksum *stored = &call->body_memory.stored;
    *stored = (struct hr_s3_checksum){.algorithm = algorithm};
    if (hr_s3_checksum_parse(algorithm, text, stored)) return hr__checksum_malformed(stored, error);
    call->body_plan.is_stored = stored->parts == 0;
    return 0;
}

/* A bit that flipped on the way is put right by sending it again, unless the object that is there
 * now would refuse it. */
int hr__s3_body_compare(struct hr__s3_call *call, struct hr_error *error, bool *again) {
    struct hr__s3_body *body = &call->body_plan;
    *again = false;
    if (!body->is_stored) return 0;
    struct hr_s3_checksum sent = hr__s3_body_sent(call);
    if (!sent.algorithm) return 0;
    int err = hr__checksum_compare(&sent, &call->body_memory.stored, error);
    if (err) *again = ++body->mismatches == 1 && !body->is_conditional;
    return err;
}
