/* The sentences of a call's errors: why no connection came about, and why none was asked for. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <base/error_list.h>

#include "call.h"
#include "proxy.h"

struct hr_error *hr__attempt_error(const struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    return hr__attempt_is_own(attempt) ? &call->request->request.error : &call->shard->unseen;
}

const char *hr__attempt_peer(const struct hr_call_attempt *attempt, char *text, size_t size) {
    if (!attempt->waiter.origin) return "the server";
    return hr__origin_text(&attempt->waiter.origin->key, text, size);
}

int hr__attempt_say(const struct hr_call_attempt *attempt, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    hr__error_set_list(hr__attempt_error(attempt), code, format, arguments);
    va_end(arguments);
    return code;
}

int hr__attempt_say_code(const struct hr_call_attempt *attempt, int code) {
    struct hr_error *error = hr__attempt_error(attempt);
    return error->code == code ? code : hr_error_set(error, code, "%s", hr_error_text(code));
}

/* ---- No connection came about. */

/* The dial's own words, or else the meaning of its code. */
static const char *or_text(const char *reason, int code) {
    return reason[0] ? reason : hr_error_text(code);
}

static int say_unresolved(const struct hr_call_attempt *attempt, int code, const char *reason) {
    const struct hr_origin *origin = attempt->waiter.origin;
    const struct hr_proxy *proxy = origin->proxy;
    struct hr_slice name = proxy ? hr_slice_of(proxy->host) : origin->key.name;
    if (code != HR_ERR_RESOLVE_TIMEOUT)
        return hr_error_set(hr__attempt_error(attempt), code, "resolving '%.*s': %s",
                            (int)name.size, name.data, or_text(reason, code));
    hr__count(&attempt->call->shard->counters.timeouts.resolve, 1);
    return hr_error_set(
        hr__attempt_error(attempt), code,
        "the name '%.*s' was not resolved within %" PRIu64 " ms (resolve_timeout_ms)",
        (int)name.size, name.data, attempt->call->times.connect.resolve_ns / 1000000);
}

static int say_proxy(const struct hr_call_attempt *attempt, int code, const char *reason) {
    char peer[HR_ORIGIN_TEXT_MAX];
    const struct hr_proxy *proxy = attempt->waiter.origin->proxy;
    return hr_error_set(hr__attempt_error(attempt), code, "the proxy %s:%u, asked for %s: %s%s",
                        proxy ? proxy->host : "", proxy ? proxy->port : 0,
                        hr__attempt_peer(attempt, peer, sizeof peer), or_text(reason, code),
                        code == HR_ERR_PROXY_AUTH ? " (user and password stand in the proxy's URL)"
                                                  : "");
}

static int say_connect_timeout(const struct hr_call_attempt *attempt, const char *reason) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__attempt_peer(attempt, peer, sizeof peer);
    hr__count(&attempt->call->shard->counters.timeouts.connect, 1);
    if (reason[0])
        return hr_error_set(hr__attempt_error(attempt), HR_ERR_CONNECT_TIMEOUT,
                            "connecting to %s: %s", peer, reason);
    return hr_error_set(hr__attempt_error(attempt), HR_ERR_CONNECT_TIMEOUT,
                        "%s did not answer within %" PRIu64 " ms (connect_timeout_ms)", peer,
                        attempt->call->times.connect.connect_ns / 1000000);
}

static int say_handshake_timeout(const struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&attempt->call->shard->counters.timeouts.handshake, 1);
    return hr_error_set(hr__attempt_error(attempt), HR_ERR_HANDSHAKE_TIMEOUT,
                        "the TLS handshake with %s did not end within %" PRIu64
                        " ms (handshake_timeout_ms)",
                        hr__attempt_peer(attempt, peer, sizeof peer),
                        attempt->call->times.connect.handshake_ns / 1000000);
}

static int say_pool_timeout(const struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__count(&attempt->call->shard->counters.timeouts.pool, 1);
    return hr_error_set(hr__attempt_error(attempt), HR_ERR_POOL_TIMEOUT,
                        "no connection to %s became free within %" PRIu64 " ms (pool_timeout_ms)",
                        hr__attempt_peer(attempt, peer, sizeof peer),
                        attempt->call->times.connect.pool_ns / 1000000);
}

int hr__attempt_say_unconnected(const struct hr_call_attempt *attempt, int code,
                                const char *reason) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__attempt_peer(attempt, peer, sizeof peer);
    switch (code) {
    case HR_ERR_POOL_TIMEOUT:
        return say_pool_timeout(attempt);
    case HR_ERR_RESOLVE_TIMEOUT:
    case HR_ERR_NAME_UNRESOLVED:
    case HR_ERR_NAME_SERVERS:
        return say_unresolved(attempt, code, reason);
    case HR_ERR_CONNECT_TIMEOUT:
        return say_connect_timeout(attempt, reason);
    case HR_ERR_HANDSHAKE_TIMEOUT:
        return say_handshake_timeout(attempt);
    case HR_ERR_TLS_CERTIFICATE:
        return hr_error_set(hr__attempt_error(attempt), code, "the certificate of %s: %s%s", peer,
                            or_text(reason, code),
                            reason[0] ? "" : " (an authority of your own is given as ca_file)");
    case HR_ERR_PROXY_AUTH:
    case HR_ERR_PROXY_REFUSED:
        return say_proxy(attempt, code, reason);
    default:
        return hr_error_set(hr__attempt_error(attempt), code, "connecting to %s: %s", peer,
                            or_text(reason, code));
    }
}

/* ---- None was asked for. */

/* Why the breaker has opened: ", cause: error", or "" where that is not known. */
static void write_cause(const struct hr_breaker_status *status, char *text, size_t size) {
    const struct hr_breaker_transition *why = NULL;
    for (unsigned i = 0; i < status->transition_count && !why; i++)
        if (status->transitions[i].to == HR_BREAKER_OPEN) why = &status->transitions[i];
    text[0] = '\0';
    if (why && why->error > 0)
        snprintf(text, size, ", %s: status %d", hr_breaker_cause_name(why->cause), why->error);
    else if (why)
        snprintf(text, size, ", %s%s%s", hr_breaker_cause_name(why->cause), why->error ? ": " : "",
                 why->error ? hr_error_name(why->error) : "");
}

int hr__attempt_say_breaker_open(const struct hr_call_attempt *attempt, uint64_t retry_after_ms) {
    char peer[HR_ORIGIN_TEXT_MAX], cause[60];
    struct hr_breaker_status status;
    hr_breaker_status_get(attempt->waiter.origin->shared->breaker, &status);
    write_cause(&status, cause, sizeof cause);
    hr__attempt_peer(attempt, peer, sizeof peer);
    if (hr__attempt_is_own(attempt)) attempt->call->request->retry_after_ms = retry_after_ms;
    hr__count(&attempt->call->shard->counters.breaker_rejected, 1);
    if (retry_after_ms)
        return hr_error_set(hr__attempt_error(attempt), HR_ERR_BREAKER_OPEN,
                            "the circuit breaker of %s is open%s; a probe is due in %" PRIu64 " ms",
                            peer, cause, retry_after_ms);
    return hr_error_set(hr__attempt_error(attempt), HR_ERR_BREAKER_OPEN,
                        "the circuit breaker of %s was open%s; a probe is under way", peer, cause);
}

int hr__attempt_say_rate_limit(const struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    const struct hr_client_shard *shard = attempt->call->shard;
    hr__count(&attempt->call->shard->counters.rate_refused, 1);
    return hr_error_set(
        hr__attempt_error(attempt), HR_ERR_RATE_LIMIT,
        "the rate limit of %s (rate.attempts_per_second_max is %u) has no place for "
        "this request within its time or pool_timeout_ms",
        hr__attempt_peer(attempt, peer, sizeof peer), shard->settings->rate_max);
}
