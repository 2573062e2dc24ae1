/* Plain HTTP requests. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "loop_core.h"
#include "protocols.h"
#include "url_masked.h"

#define URL_SHOWN 151

struct http_slot {
    struct perf_slot slot;
    struct hr_http_request request;
};
_Static_assert(offsetof(struct http_slot, slot) == 0, "a loop sees the beginning of its slots");

static struct hr_http_request *request_of(struct perf_slot *slot) {
    return &((struct http_slot *)slot)->request;
}

static int start(struct perf_slot *slot) {
    static const char *const methods[PERF_KINDS] = {
        [PERF_PUT] = "PUT", [PERF_GET] = "GET", [PERF_HEAD] = "HEAD"};
    const struct perf_workload *workload = slot->loop->options.workload;
    const struct perf_http_target *target = slot->loop->options.target;
    struct hr_http_request *request = request_of(slot);
    assert(methods[slot->step.kind]);
    perf_slot_prepare(slot, &request->request);
    request->method = methods[slot->step.kind];
    request->url = target->urls[slot->step.index];
    request->fields = target->fields;
    request->field_count = target->field_count;
    request->close = target->connect_each;
    request->body = slot->step.kind == PERF_PUT
                        ? perf_workload_body(workload, slot->step.body, slot->iov)
                        : hr_source_none();
    return hr_http_request_start(target->client, request);
}

/* A trace says how large a response is. */
static bool has_size(const struct perf_slot *slot, uint64_t body_bytes) {
    const struct perf_workload *workload = slot->loop->options.workload;
    if (!workload->trace || slot->step.kind != PERF_GET) return true;
    uint64_t size = perf_workload_size(workload, slot->step.body);
    return size == PERF_TRACE_ANY_SIZE || size == body_bytes;
}

static void classify(struct perf_slot *slot, struct perf_outcome *outcome) {
    struct hr_http_request *request = request_of(slot);
    if (outcome->result) return;
    if (request->connection.tls.version) {
        struct hr_tls_info *tls = &perf_shards_mine(&slot->loop->shards)->tls;
        if (!tls->version) *tls = request->connection.tls;
    }
    char shown[URL_SHOWN];
    bool good = request->status >= 200 && request->status <= 299;
    if (good && !has_size(slot, request->body_bytes)) {
        outcome->result = hr_error_set(
            &request->request.error, HR_ERR_HTTP_UNEXPECTED,
            "%s has %llu bytes, %llu were expected",
            perf_url_masked(request->url, shown, sizeof shown),
            (unsigned long long)request->body_bytes,
            (unsigned long long)perf_workload_size(slot->loop->options.workload, slot->step.body));
        return;
    }
    if (good) {
        outcome->bytes_sent = request->sent_bytes;
        outcome->bytes_received = request->body_bytes;
        if (slot->step.kind == PERF_PUT) outcome->size_class = perf_slot_size_class(slot);
        return;
    }
    outcome->http_status = request->status;
    outcome->result =
        hr_error_set(&request->request.error, HR_ERR_HTTP_UNEXPECTED, "%s answered with status %d",
                     perf_url_masked(request->url, shown, sizeof shown), request->status);
}

const struct perf_protocol perf_protocol_http = {
    .slot_size = sizeof(struct http_slot), .start = start, .classify = classify};
