/* The reports of a client about its operations: their ends, and the attempts that are repeated. */
#include <errno.h>

#include "s3_call.h"

static struct hr_client_event event_of(const struct hr__s3_call *call) {
    return (struct hr_client_event){
        .module = "s3",
        .operation = call->parameters.operation->name,
        .bucket = call->parameters.bucket,
        .key = call->parameters.key,
    };
}

static void add_error(const struct hr__s3_call *call, const struct hr_error *error, int code,
                      struct hr_client_event *event) {
    event->error = code;
    if (code >= 0) return;
    event->error_text = error->message[0] ? error->message : hr_error_text(code);
    event->http_status = error->http_status;
    if (error->service_code[0]) event->service_code = error->service_code;
    if (error->request_id[0]) event->request_id = error->request_id;
    if (error->http_status && call->attempt.ids.host_id[0])
        event->host_id = call->attempt.ids.host_id;
}

/* A cancelled one did what its owner asked for, one that finds nothing new has its result. */
void hr__s3_event_end(const struct hr__s3_call *call, int result) {
    const struct hr_s3_client_s *client = call->client;
    const struct hr_request *request = call->request;
    if (!client->on_event) return;
    struct hr_client_event event = event_of(call);
    bool cancelled = result == -ECANCELED && call->stop_reason == -ECANCELED;
    event.kind = result < 0 ? HR_CLIENT_EVENT_FAILED : HR_CLIENT_EVENT_DONE;
    bool expected = cancelled || result == HR_ERR_S3_NOT_MODIFIED;
    event.level = result >= 0 ? HR_CLIENT_EVENT_DEBUG
                  : expected  ? HR_CLIENT_EVENT_INFO
                              : HR_CLIENT_EVENT_ERROR;
    event.text = result >= 0 ? "the operation is done"
                 : cancelled ? "the operation was cancelled"
                             : "the operation failed";
    if (result >= 0) event.http_status = call->http.status;
    add_error(call, &request->error, result < 0 ? result : 0, &event);
    event.attempt = request->attempts;
    uint64_t now_ns = hr__reactor_now(call->reactor);
    event.duration_ns = now_ns > request->started_ns ? now_ns - request->started_ns : 0;
    client->on_event(client->event_user, &event);
}

void hr__s3_event_retry(struct hr_http_request *http, const struct hr_http_retry *retry) {
    const struct hr__s3_call *call = hr__container_of(http, struct hr__s3_call, http);
    if (!call->client->on_event) return;
    struct hr_client_event event = event_of(call);
    event.kind = HR_CLIENT_EVENT_RETRY;
    event.level = retry->stale ? HR_CLIENT_EVENT_DEBUG : HR_CLIENT_EVENT_WARNING;
    event.text = retry->stale ? "a kept connection was closed, asked again over another"
                              : "the attempt failed, another follows";
    add_error(call, &http->request.error, retry->result, &event);
    event.http_status = http->status;
    event.host = retry->peer;
    event.attempt = retry->attempt;
    event.attempts_max = retry->attempts_max;
    event.wait_ns = retry->wait_ns;
    call->client->on_event(call->client->event_user, &event);
}
