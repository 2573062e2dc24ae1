/* A response on its way out: its head, then its body in pieces, chunked where its size is not
 * known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/budget.h>

#include "http_server_private.h"
#include "source.h"

/* Elements of a source's vector that go out in one write. */
#define PIECES_MAX 16
/* Bytes that go out in one write. */
#define WRITE_MAX (1u << 30)
/* Room for status line, Date, Content-Length or Transfer-Encoding, and Connection. */
#define HEAD_OWN_SIZE 256

struct hr_http_answer {
    struct hr_http_shard *shard;
    struct hr_http_session *session;
    struct hr_source source;
    struct hr_source_reader reader;
    size_t cost; /* reserved of the budget */
    bool head_sent, chunked, closes, body_ended;
    char chunk_head[24];
    struct iovec vector[PIECES_MAX + 3]; /* head, chunk head, pieces, chunk end */
    size_t head_size;
    char head[];
};

static bool status_has_body(int status) {
    return status != 204 && status != 304;
}

/* What frames the message is ours to say. */
static bool is_framing(struct hr_slice name) {
    return hr_slice_equal_nocase(name, hr_slice_of("content-length")) ||
           hr_slice_equal_nocase(name, hr_slice_of("transfer-encoding")) ||
           hr_slice_equal_nocase(name, hr_slice_of("connection")) ||
           hr_slice_equal_nocase(name, hr_slice_of("date"));
}

static int check_plan(const struct hr_http_answer_plan *plan, size_t *head_size_max) {
    if (plan->status < 200 || plan->status > 599) return -EINVAL;
    if (plan->field_count > 0 && !plan->fields) return -EINVAL;
    size_t size = HEAD_OWN_SIZE;
    for (size_t i = 0; i < plan->field_count; i++) {
        if (is_framing(plan->fields[i].name)) return -EINVAL;
        size += plan->fields[i].name.size + plan->fields[i].value.size + 4;
    }
    *head_size_max = size;
    return hr__source_check(&plan->body);
}

static void on_source_ready(struct hr_source_reader *reader) {
    struct hr_http_answer *answer = hr__container_of(reader, struct hr_http_answer, reader);
    hr__http_session_on_ready(answer->session);
}

static int write_head(struct hr_http_answer *answer, const struct hr_http_answer_plan *plan,
                      size_t capacity) {
    bool unknown = plan->body.size == HR_SIZE_UNKNOWN;
    struct hr_http1_response_head head = {
        .status = plan->status,
        .fields = plan->fields,
        .field_count = plan->field_count,
        .body_size = plan->body.size,
        .close = answer->closes,
        .until_close = unknown && plan->http10,
        .date_s = hr__reactor_wall_ns(answer->shard->reactor) / 1000000000u,
    };
    ssize_t size = hr__http1_write_response(&head, answer->head, capacity);
    if (size < 0) return -EINVAL;
    answer->head_size = (size_t)size;
    return 0;
}

int hr__http_answer_new(struct hr_http_shard *shard, const struct hr_http_answer_plan *plan,
                        struct hr_http_answer **out) {
    size_t capacity;
    int err = check_plan(plan, &capacity);
    if (err) return err;
    struct hr_http_answer *answer = malloc(sizeof *answer + capacity);
    if (!answer) return -ENOMEM;
    memset(answer, 0, sizeof *answer);
    bool unknown = plan->body.size == HR_SIZE_UNKNOWN;
    bool has_body = !plan->head_request && status_has_body(plan->status);
    answer->shard = shard;
    answer->closes = plan->close || (unknown && plan->http10);
    answer->chunked = has_body && unknown && !plan->http10;
    answer->source = has_body ? plan->body : hr_source_none();
    err = write_head(answer, plan, capacity);
    if (err) goto out;
    size_t cost = hr__source_cost(&answer->source);
    if (cost > 0) {
        err = hr__budget_reserve(shard->reactor, cost);
        if (err) goto out;
        answer->cost = cost;
    }
    hr__source_open(&answer->reader, shard->reactor, &shard->blocks, &answer->source,
                    on_source_ready);
    answer->body_ended = answer->reader.ended && !answer->chunked;
    *out = answer;
    return 0;
out:
    free(answer);
    return err;
}

void hr__http_answer_set_session(struct hr_http_answer *answer, struct hr_http_session *session) {
    answer->session = session;
}

bool hr__http_answer_closes(const struct hr_http_answer *answer) {
    return answer->closes;
}

static void add(struct hr_http_answer *answer, unsigned *count, const char *data, size_t size) {
    answer->vector[*count].iov_base = (char *)data;
    answer->vector[*count].iov_len = size;
    (*count)++;
}

/* Adds the next piece of the body to the vector. 0 or negative. */
static int add_body(struct hr_http_answer *answer, unsigned *count) {
    unsigned pieces, first = *count + (answer->chunked ? 1 : 0);
    ssize_t size =
        hr__source_next(&answer->reader, WRITE_MAX, &answer->vector[first], PIECES_MAX, &pieces);
    if (size < 0) return (int)size;
    if (answer->chunked && size > 0) {
        add(answer, count, answer->chunk_head,
            hr__http1_write_chunk_head((uint64_t)size, answer->chunk_head));
        *count += pieces;
        add(answer, count, "\r\n0\r\n\r\n", answer->reader.ended ? 7 : 2);
    } else if (answer->chunked) {
        add(answer, count, "0\r\n\r\n", 5);
    } else {
        *count += pieces;
    }
    if (size == 0 || answer->reader.ended) answer->body_ended = true;
    return 0;
}

int hr__http_answer_next(struct hr_http_answer *answer, struct hr_stream *stream) {
    unsigned count = 0;
    if (!answer->head_sent) add(answer, &count, answer->head, answer->head_size);
    if (!answer->body_ended) {
        int err = add_body(answer, &count);
        /* A head waits for the first piece of a file, but not for a producer that may take long. */
        if (err && !(err == -EAGAIN && count > 0)) return err;
    }
    if (count == 0) return 0;
    answer->head_sent = true;
    stream->vtable->write(stream, answer->vector, count);
    return 1;
}

bool hr__http_answer_busy(const struct hr_http_answer *answer) {
    return hr__source_busy(&answer->reader);
}

void hr__http_answer_stop(struct hr_http_answer *answer) {
    hr__source_stop(&answer->reader);
}

void hr__http_answer_free(struct hr_http_answer *answer) {
    if (!answer) return;
    hr__source_close(&answer->reader);
    if (answer->cost > 0) hr__budget_release(answer->shard->reactor, answer->cost);
    free(answer);
}
