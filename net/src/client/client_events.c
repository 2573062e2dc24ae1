/* A client tells of attempts that are repeated and of breakers that change. */
#include "call.h"

#define PEER_SIZE 160

void hr__client_tell_retry(const struct hr_call *call, int result, bool stale) {
    const hr_http_client *client = call->shard->client;
    struct hr_http_request *request = call->request;
    char peer[PEER_SIZE];
    struct hr_http_retry retry = {
        .attempt = request->request.attempts,
        .attempts_max = call->settings->policy.attempts_max,
        .result = result,
        .wait_ns = stale ? 0 : call->backoff_ns,
        .stale = stale,
    };
    if (request->private_.hooks ? !request->private_.hooks->on_retry : !client->on_event) return;
    retry.peer = hr__attempt_peer(call->attempt, peer, sizeof peer);
    if (request->private_.hooks) {
        request->private_.hooks->on_retry(request, &retry);
        return;
    }
    const struct hr_client_event event = {
        .kind = HR_CLIENT_EVENT_RETRY,
        .level = stale ? HR_CLIENT_EVENT_DEBUG : HR_CLIENT_EVENT_WARNING,
        .module = "http",
        .text = stale ? "a kept connection was closed, asked again over another"
                      : "the attempt failed, another follows",
        .operation = request->method ? request->method : "GET",
        .host = retry.peer,
        .error = result < 0 ? result : 0,
        .http_status = request->status,
        .error_text = result < 0 ? request->request.error.message : NULL,
        .attempt = retry.attempt,
        .attempts_max = retry.attempts_max,
        .wait_ns = retry.wait_ns,
    };
    client->on_event(client->event_user, &event);
}

void hr__client_tell_breaker(void *user, const char *name,
                             const struct hr_breaker_transition *transition) {
    const struct hr_breaker_listener *events = user;
    if (events->on_transition) events->on_transition(events->transition_user, name, transition);
    const struct hr_client_event event = {
        .kind = HR_CLIENT_EVENT_BREAKER,
        .level = transition->to == HR_BREAKER_OPEN ? HR_CLIENT_EVENT_WARNING : HR_CLIENT_EVENT_INFO,
        .module = "http",
        .text = "the circuit breaker changed",
        .host = name,
        .error = transition->error < 0 ? transition->error : 0,
        .http_status = transition->error > 0 ? transition->error : 0,
        .from = hr_breaker_state_name(transition->from),
        .to = hr_breaker_state_name(transition->to),
        .cause = hr_breaker_cause_name(transition->cause),
    };
    events->on_event(events->event_user, &event);
}

void hr__client_tell_notice(const struct hr_http_client_options *options, const char *text) {
    const struct hr_client_event event = {.kind = HR_CLIENT_EVENT_NOTICE,
                                          .level = HR_CLIENT_EVENT_WARNING,
                                          .module = "http",
                                          .text = text};
    options->on_event(options->event_user, &event);
}
