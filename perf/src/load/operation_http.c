/* Plain HTTP requests. */
#include <string.h>

#include "loop_private.h"

static int start(struct perf_slot *slot) {
    static const char *const methods[PERF_KINDS] = {
        [PERF_PUT] = "PUT", [PERF_GET] = "GET", [PERF_HEAD] = "HEAD"};
    const struct perf_loop_options *options = &slot->loop->options;
    const struct perf_http_target *target = options->http;
    struct hr_http_request *request = &slot->any.http;
    memset(request, 0, sizeof *request);
    perf_slot_prepare(slot, &request->request);
    request->method = methods[slot->step.kind];
    request->url = target->urls[slot->step.index];
    request->fields = target->fields;
    request->field_count = target->field_count;
    request->close = target->connect_each;
    if (slot->step.kind == PERF_PUT)
        request->body = perf_workload_body(options->workload, slot->step.index, slot->iov);
    return hr_http_request_start(target->client, request);
}

static void judge(struct perf_slot *slot, struct perf_outcome *outcome) {
    struct hr_http_request *request = &slot->any.http;
    if (outcome->result) return;
    if (request->tls.version) {
        struct hr_tls_info *tls = &perf_loop_shard(slot->loop)->tls;
        if (!tls->version) *tls = request->tls;
    }
    if (request->status >= 200 && request->status <= 299) {
        outcome->bytes_sent = request->sent_bytes;
        outcome->bytes_received = request->body_bytes;
        return;
    }
    outcome->http_status = request->status;
    outcome->result = hr_error_set(&request->request.error, HR_ERR_HTTP_UNEXPECTED,
                                   "%.150s answered with status %d", request->url, request->status);
}

const struct perf_protocol perf_protocol_http = {.start = start, .judge = judge};
