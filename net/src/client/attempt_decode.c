/* Between a response's body and its sink, where the body is encoded. Of what the decoder makes only
 * so much is made in one turn of the reactor; what the sink does not take is kept here, and nothing
 * more is decoded until it has. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "decode.h"

/* Decoded in about 100 µs, by the slowest of the codings too. */
#define SLICE_SIZE 32768
/* Longer values of Content-Encoding are none that can be undone here. */
#define CODING_MAX 64

struct hr_attempt_decode {
    struct hr_decoder *decoder;
    struct hr_reactor *reactor;
    struct hr_call_attempt
        *attempt; /* NULL: it is over, and the task that is still queued frees this */
    void (*on_turn)(struct hr_call_attempt *attempt);
    struct hr_task task;
    size_t cost;
    bool queued;     /* the task */
    bool fed;        /* a byte has come */
    bool more;       /* the decoder may have output that had no room in the last slice */
    int failed;      /* what the decoder said; what it had made before goes to the sink first */
    size_t at, size; /* of `out`: what the sink has not taken yet */
    uint64_t turn_ns;
    size_t turn_made; /* in this turn */
    char coding[CODING_MAX];
    char out[SLICE_SIZE];
};

static void release(struct hr_attempt_decode *decode) {
    hr__decoder_free(decode->decoder);
    hr__budget_release(decode->reactor, decode->cost);
    free(decode);
}

static void run_task(struct hr_task *task) {
    struct hr_attempt_decode *decode = hr__container_of(task, struct hr_attempt_decode, task);
    decode->queued = false;
    decode->turn_made = 0;
    if (decode->attempt)
        decode->on_turn(decode->attempt);
    else
        free(decode);
}

/* ---- Beginning and end. */

/* All values of Content-Encoding as one list; false: too long. */
static bool find_coding(const struct hr_http_head *head, char *text, struct hr_slice *coding) {
    size_t size = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        struct hr_slice value = head->fields[i].value;
        if (!hr_slice_equal_nocase(head->fields[i].name, hr_slice_of("Content-Encoding"))) continue;
        if (value.size + 2 > CODING_MAX - size) return false;
        if (size > 0) text[size++] = ',';
        if (value.size > 0) memcpy(text + size, value.data, value.size);
        size += value.size;
    }
    *coding = hr_slice_bytes(text, size);
    return true;
}

/* A part of an encoded whole (206) cannot be decoded by itself. */
static bool has_body(const struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    int status = head->status;
    return !attempt->call->head_request && status != 204 && status != 206 && status != 304 &&
           !(head->has_content_length && head->content_length == 0);
}

int hr__decode_open(struct hr_call_attempt *attempt, const struct hr_http_head *head,
                    void (*on_turn)(struct hr_call_attempt *attempt)) {
    const struct hr_call *call = attempt->call;
    struct hr_error *error = hr__attempt_error(attempt);
    struct hr_slice coding = {.data = NULL};
    char text[CODING_MAX] = "";
    if (!call->request->decode || !has_body(attempt, head) || !find_coding(head, text, &coding) ||
        hr__decode_need(coding) != HR_DECODE_NEEDED)
        return 0;
    struct hr_reactor *reactor = call->shard->reactor;
    struct hr_attempt_decode *decode;
    size_t cost = hr__decoder_cost(coding) + sizeof *decode;
    if (hr__budget_grow(reactor, cost))
        return hr_error_set(error, -ENOBUFS,
                            "decoding %.*s takes %zu bytes, which do not fit into the engine's "
                            "byte budget (budget_bytes)",
                            (int)coding.size, coding.data, cost);
    decode = calloc(1, sizeof *decode);
    int err = decode ? hr__decoder_new(coding, call->settings->decoded_bytes_max, &decode->decoder)
                     : -ENOMEM;
    if (err) {
        hr__budget_release(reactor, cost);
        free(decode);
        return hr_error_set(error, err, "no decoder for %.*s: %s", (int)coding.size, coding.data,
                            hr_error_text(err));
    }
    decode->reactor = reactor;
    decode->attempt = attempt;
    decode->on_turn = on_turn;
    decode->cost = cost;
    decode->task.run = run_task;
    memcpy(decode->coding, coding.data, coding.size);
    attempt->receiver.decode = decode;
    return 0;
}

void hr__decode_free(struct hr_call_attempt *attempt) {
    struct hr_attempt_decode *decode = attempt->receiver.decode;
    if (!decode) return;
    attempt->receiver.decode = NULL;
    if (!decode->queued) {
        release(decode);
        return;
    }
    decode->attempt = NULL;
    hr__decoder_free(decode->decoder);
    hr__budget_release(decode->reactor, decode->cost);
}

/* ---- Slices. */

/* Whether this turn has made its share; the rest is queued then. */
static bool is_spent(struct hr_attempt_decode *decode) {
    uint64_t now = hr__reactor_now(decode->reactor);
    if (now != decode->turn_ns) decode->turn_made = 0;
    decode->turn_ns = now;
    if (decode->queued) return true;
    if (decode->turn_made < SLICE_SIZE) return false;
    decode->queued = true;
    hr__reactor_defer(decode->reactor, &decode->task);
    return true;
}

static size_t make_slice(struct hr_attempt_decode *decode, const char *data, size_t size) {
    struct hr_decode_slice slice = {
        .in = data, .in_size = size, .out = decode->out, .out_capacity = SLICE_SIZE};
    decode->failed = hr__decode(decode->decoder, &slice);
    hr__attempt_count_body(decode->attempt, slice.used);
    decode->at = 0;
    decode->size = slice.made;
    decode->more = slice.made == SLICE_SIZE;
    decode->turn_made += slice.made;
    if (!decode->failed && size > 0 && slice.used == 0 && slice.made == 0)
        decode->failed = HR_ERR_CODING_MALFORMED; /* it stands still */
    return slice.used;
}

static int say(const struct hr_call_attempt *attempt, int err) {
    const struct hr_attempt_decode *decode = attempt->receiver.decode;
    struct hr_error *error = hr__attempt_error(attempt);
    if (err == HR_ERR_CODING_TOO_LARGE)
        return hr_error_set(error, err,
                            "the body (%s), decoded, is larger than %" PRIu64
                            " bytes (response.decoded_bytes_max)",
                            decode->coding, attempt->call->settings->decoded_bytes_max);
    if (err == HR_ERR_CODING_MALFORMED)
        return hr_error_set(error, err,
                            "the body is not what its Content-Encoding (%s) says, after %" PRIu64
                            " bytes of it",
                            decode->coding, attempt->receiver.body_bytes);
    return hr_error_set(error, err, "decoding %s: %s", decode->coding, hr_error_text(err));
}

/* Decoded bytes go into the sink: 1 when all of them are there, 0 when it takes no more for now. */
static int drain(struct hr_call_attempt *attempt) {
    struct hr_attempt_decode *decode = attempt->receiver.decode;
    while (decode->at < decode->size) {
        if (attempt->sink.pushed_back) {
            if (!attempt->receiver.resumed) return 0;
            attempt->receiver.resumed = false;
            attempt->sink.pushed_back = false;
        }
        size_t size = decode->size - decode->at;
        ssize_t taken = hr__sink_take(&attempt->sink, decode->out + decode->at, size);
        if (taken < 0) {
            attempt->own_error = true;
            return (int)taken;
        }
        decode->at += (size_t)taken;
        attempt->receiver.decoded_bytes += (uint64_t)taken;
        hr__attempt_show(attempt);
        if ((size_t)taken < size && !attempt->sink.pushed_back)
            return 0; /* a file is being written */
    }
    return 1;
}

int hr__decode_run(struct hr_call_attempt *attempt) {
    struct hr_attempt_decode *decode = attempt->receiver.decode;
    for (;;) {
        int ready = drain(attempt);
        if (ready <= 0) return ready;
        if (decode->failed) return say(attempt, decode->failed);
        if (!decode->more) return 1;
        if (is_spent(decode)) return 0;
        make_slice(decode, NULL, 0);
    }
}

bool hr__decode_waits(const struct hr_call_attempt *attempt) {
    const struct hr_attempt_decode *decode = attempt->receiver.decode;
    return decode && (decode->at < decode->size || decode->more || decode->failed);
}

ssize_t hr__decode_take(struct hr_call_attempt *attempt, const char *data, size_t size) {
    struct hr_attempt_decode *decode = attempt->receiver.decode;
    size_t used = 0;
    for (;;) {
        int ready = hr__decode_run(attempt);
        if (ready < 0) return ready;
        if (ready == 0 || used == size || is_spent(decode)) return (ssize_t)used;
        decode->fed = true;
        used += make_slice(decode, data + used, size - used);
    }
}

int hr__decode_end(struct hr_call_attempt *attempt) {
    int ready = hr__decode_run(attempt);
    if (ready <= 0) return ready;
    int err =
        attempt->receiver.decode->fed ? hr__decode_finish(attempt->receiver.decode->decoder) : 0;
    if (err)
        return hr_error_set(hr__attempt_error(attempt), err,
                            "the body ends inside its Content-Encoding (%s)",
                            attempt->receiver.decode->coding);
    return 1;
}
