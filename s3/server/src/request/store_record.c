/* The record of a request: for access logs. */
#include "store_call.h"

#include <headrace/clock.h>

void s3_server__record_begin(struct s3_call *call) {
    if (!call->server->on_record) return;
    call->record.start_ns = hr_clock_monotonic_ns();
    hr_http_exchange_peer(call->exchange, &call->record.client);
}

void s3_server__record_end(const struct s3_call *call, int result) {
    const struct s3_server_s *server = call->server;
    if (!server->on_record || call->record.is_health_check) return;
    struct s3_server_record record = {
        .client = &call->record.client,
        .access_key = call->identity.access_key,
        .method = call->request.method,
        .bucket = call->request.bucket,
        .key = call->request.key,
        .operation = call->operation < S3_OPERATIONS
                         ? s3_server__operation_traits(call->operation)->name
                         : NULL,
        .error = call->record.error,
        .request_id = call->request_id,
        .status = call->record.status,
        .result = result,
        .bytes_in = call->record.bytes_in,
        .bytes_out = call->record.bytes_out,
        .duration_ns = hr_clock_monotonic_ns() - call->record.start_ns,
    };
    server->on_record(server->record_user, &record);
}
