/* A response: writes its head, takes its body from its source and frames it. */
#include "response.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/budget.h>

#include "http1_write.h"
#include "source.h"

/* Elements of a source's vector that go out in one write. */
#define PIECES_MAX 16
/* Bytes that go out in one write. */
#define WRITE_MAX (1u << 30)
/* Room for status line, Date, Content-Length or Transfer-Encoding, and Connection. */
#define HEAD_OWN_SIZE 256

struct hr_response {
    struct hr_server_shard *shard;
    void (*on_ready)(void *owner);
    void *owner;
    struct hr_source source;
    struct hr_source_reader reader;
    size_t cost; /* reserved of the budget */
    bool head_sent, chunked, closes, body_ended;
    char chunk_head[HR_HTTP1_CHUNK_HEAD_MAX];
    struct iovec vector[PIECES_MAX + 3]; /* head, chunk head, pieces, chunk end */
    size_t head_size;
    char head[];
};

static bool status_has_body(int status) {
    return status != 204 && status != 304;
}

/* The server itself writes the fields that frame a message, and Date. */
static bool is_framing(struct hr_slice name) {
    return hr_slice_equal_nocase(name, hr_slice_of("content-length")) ||
           hr_slice_equal_nocase(name, hr_slice_of("transfer-encoding")) ||
           hr_slice_equal_nocase(name, hr_slice_of("connection")) ||
           hr_slice_equal_nocase(name, hr_slice_of("date"));
}

static int check_plan(const struct hr_response_plan *plan, size_t *head_size_max) {
    if (plan->status < 200 || plan->status > 599) return -EINVAL;
    if (plan->field_count > 0 && !plan->fields) return -EINVAL;
    size_t size = HEAD_OWN_SIZE;
    for (size_t i = 0; i < plan->field_count; i++) {
        if (is_framing(plan->fields[i].name)) return -EINVAL;
        size += plan->fields[i].name.size + plan->fields[i].value.size + 4;
    }
    *head_size_max = size;
    return hr__source_check(plan->body);
}

static void on_source_ready(struct hr_source_reader *reader) {
    struct hr_response *response = hr__container_of(reader, struct hr_response, reader);
    response->on_ready(response->owner);
}

static ssize_t write_head(const struct hr_response_plan *plan, bool closes, uint64_t date_s,
                          char *out, size_t capacity) {
    struct hr_http1_response_head head = {
        .status = plan->status,
        .fields = plan->fields,
        .field_count = plan->field_count,
        .body_size = plan->body->size,
        .close = closes,
        .until_close = plan->body->size == HR_SIZE_UNKNOWN && plan->http10,
        .date_s = date_s,
    };
    ssize_t size = hr__http1_write_response(&head, out, capacity);
    return size < 0 ? -EINVAL : size;
}

int hr__response_check(const struct hr_response_plan *plan) {
    size_t capacity;
    int err = check_plan(plan, &capacity);
    if (err) return err;
    char *scratch = malloc(capacity);
    if (!scratch) return -ENOMEM;
    ssize_t size = write_head(plan, plan->close, 0, scratch, capacity);
    free(scratch);
    return size < 0 ? (int)size : 0;
}

int hr__response_new(struct hr_server_shard *shard, const struct hr_response_plan *plan,
                     struct hr_response **out) {
    size_t capacity;
    int err = check_plan(plan, &capacity);
    if (err) return err;
    struct hr_response *response = malloc(sizeof *response + capacity);
    if (!response) return -ENOMEM;
    memset(response, 0, sizeof *response);
    bool unknown = plan->body->size == HR_SIZE_UNKNOWN;
    bool has_body = !plan->head_request && status_has_body(plan->status);
    response->shard = shard;
    response->closes = plan->close || (unknown && plan->http10);
    response->chunked = has_body && unknown && !plan->http10;
    response->source = has_body ? *plan->body : hr_source_none();
    uint64_t date_s = hr__reactor_wall_ns(shard->reactor) / 1000000000u;
    ssize_t head_size = write_head(plan, response->closes, date_s, response->head, capacity);
    if (head_size < 0) {
        err = (int)head_size;
        goto out;
    }
    response->head_size = (size_t)head_size;
    size_t cost = hr__source_cost(&response->source);
    if (cost > 0) {
        err = hr__budget_reserve(shard->reactor, cost);
        if (err) goto out;
        response->cost = cost;
    }
    hr__source_open(&response->reader, shard->reactor, &shard->blocks, &response->source,
                    on_source_ready);
    response->body_ended = response->reader.ended && !response->chunked;
    *out = response;
    return 0;
out:
    free(response);
    return err;
}

void hr__response_set_owner(struct hr_response *response, void (*on_ready)(void *owner),
                            void *owner) {
    assert(!response->head_sent && !response->owner);
    response->on_ready = on_ready;
    response->owner = owner;
}

bool hr__response_closes(const struct hr_response *response) {
    return response->closes;
}

static void add(struct hr_response *response, unsigned *count, const char *data, size_t size) {
    response->vector[*count].iov_base = (char *)data;
    response->vector[*count].iov_len = size;
    (*count)++;
}

/* Adds the next piece of the body to the vector. 0 or negative. */
static int add_body(struct hr_response *response, unsigned *count) {
    unsigned pieces, first = *count + (response->chunked ? 1 : 0);
    ssize_t size = hr__source_next(&response->reader, WRITE_MAX, &response->vector[first],
                                   PIECES_MAX, &pieces);
    if (size < 0) return (int)size;
    if (size == 0 || response->reader.ended) response->body_ended = true;
    if (response->chunked)
        pieces = hr__http1_frame_chunk(&response->vector[*count], pieces, (size_t)size,
                                       response->body_ended, response->chunk_head);
    *count += pieces;
    return 0;
}

int hr__response_next(struct hr_response *response, struct hr_stream *stream) {
    unsigned count = 0;
    if (!response->head_sent) add(response, &count, response->head, response->head_size);
    if (!response->body_ended) {
        int err = add_body(response, &count);
        /* A head waits for the first piece of a file, but not for a producer that may take long. */
        if (err && !(err == -EAGAIN && count > 0)) return err;
    }
    if (count == 0) return 0;
    assert(response->owner && count <= PIECES_MAX + 3);
    response->head_sent = true;
    stream->vtable->write(stream, response->vector, count);
    return 1;
}

bool hr__response_busy(const struct hr_response *response) {
    return hr__source_busy(&response->reader);
}

void hr__response_stop(struct hr_response *response) {
    hr__source_stop(&response->reader);
}

void hr__response_free(struct hr_response *response) {
    if (!response) return;
    assert(!hr__source_busy(&response->reader));
    hr__source_close(&response->reader);
    if (response->cost > 0) hr__budget_release(response->shard->reactor, response->cost);
    free(response);
}
