/* A request over the one loop of attempts, with verdicts of its own. */
#include "credentials_exchange.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#define MS UINT64_C(1000000)

static struct hr__credentials_exchange *of_http(struct hr_http_request *http) {
    return hr__container_of(http, struct hr__credentials_exchange, http);
}

/* A response that trickles is cut off, whatever time-outs its bytes meet. */
static void on_timer(struct hr_timer *timer) {
    struct hr__credentials_exchange *exchange =
        hr__container_of(timer, struct hr__credentials_exchange, timer);
    exchange->timed_out = true;
    hr__http_request_abort(&exchange->http, -ETIMEDOUT);
}

static int prepare_attempt(struct hr_http_request *http, unsigned attempt) {
    struct hr__credentials_exchange *exchange = of_http(http);
    exchange->attempt = attempt;
    return 0;
}

static bool may_pass(const struct hr__credentials_exchange *exchange, int status,
                     struct hr_slice response) {
    if (status >= 500 || status == 429) return true;
    return status >= 400 && exchange->passes && exchange->passes(response);
}

static enum hr_http_verdict classify(struct hr_http_request *http,
                                     struct hr_http_outcome *outcome) {
    struct hr__credentials_exchange *exchange = of_http(http);
    if (exchange->attempt >= exchange->attempts_max || outcome->own_error) return HR_HTTP_FINAL;
    if (outcome->result < 0)
        return exchange->again == HR__EXCHANGE_SERVER_ERRORS ? HR_HTTP_TRANSIENT : HR_HTTP_FINAL;
    struct hr_slice response = hr_slice_bytes(exchange->answer, (size_t)http->body_bytes);
    return may_pass(exchange, outcome->status, response) ? HR_HTTP_TRANSIENT : HR_HTTP_FINAL;
}

static const struct hr_http_hooks hooks = {
    .prepare_attempt = prepare_attempt,
    .classify = classify,
    .past_breaker = true,
    .secret = HR_HTTP_SECRET_ALL,
};

static void on_asked(struct hr_request *request) {
    struct hr__credentials_exchange *exchange =
        hr__container_of(request, struct hr__credentials_exchange, http.request);
    assert(exchange->busy);
    exchange->busy = false;
    hr__timer_stop(exchange->reactor, &exchange->timer);
    size_t size = request->result < 0 ? 0 : (size_t)exchange->http.body_bytes;
    exchange->response = hr_slice_bytes(exchange->answer, size);
    exchange->on_done(exchange, request->result);
}

void hr__exchange_begin(struct hr__credentials_exchange *exchange) {
    assert(!exchange->busy);
    memset(&exchange->http, 0, sizeof exchange->http);
    exchange->attempts_max = 1;
    exchange->passes = NULL;
    exchange->again = HR__EXCHANGE_SERVER_ERRORS;
    exchange->text = hr__writer(exchange->request, sizeof exchange->request);
    exchange->http.url = exchange->url;
    exchange->http.fields = exchange->fields;
    exchange->http.body = hr_source_none();
}

void hr__exchange_field(struct hr__credentials_exchange *exchange, const char *name,
                        struct hr_slice value) {
    assert(exchange->http.field_count < HR__EXCHANGE_FIELDS_MAX);
    exchange->fields[exchange->http.field_count++] =
        (struct hr_http_field){hr_slice_of(name), value};
}

void hr__exchange_start(struct hr__credentials_exchange *exchange) {
    struct hr_http_request *http = &exchange->http;
    uint32_t ms = exchange->timeout_ms;
    http->request.on_done = on_asked;
    http->private_.hooks = &hooks;
    http->repeat = HR_HTTP_REPEAT_ALLOWED;
    http->redirects.max = HR_NO_REDIRECTS;
    http->sink = hr_sink_bytes(exchange->answer, sizeof exchange->answer);
    http->timeouts = (struct hr_http_timeouts){.resolve_timeout_ms = ms,
                                               .connect_timeout_ms = ms,
                                               .handshake_timeout_ms = ms,
                                               .first_byte_timeout_ms = ms,
                                               .stall_timeout_ms = ms};
    exchange->busy = true;
    exchange->timed_out = false;
    exchange->attempt = 0;
    exchange->timer.on_fire = on_timer;
    /* All attempts and the pauses between them. */
    uint64_t all_ns = (uint64_t)exchange->attempts_max * (4 * ms + 2000) * MS;
    hr__timer_start(exchange->reactor, &exchange->timer,
                    hr__reactor_now(exchange->reactor) + all_ns);
    hr__http_request_begin(exchange->client, exchange->reactor, http);
}

void hr__exchange_stop(struct hr__credentials_exchange *exchange, int reason) {
    if (exchange->busy && !exchange->timed_out) {
        exchange->timed_out = true;
        hr__timer_stop(exchange->reactor, &exchange->timer);
        hr__http_request_abort(&exchange->http, reason);
    }
}

void hr__exchange_wipe(struct hr__credentials_exchange *exchange) {
    OPENSSL_cleanse(exchange->request, sizeof exchange->request);
    OPENSSL_cleanse(exchange->answer, sizeof exchange->answer);
    OPENSSL_cleanse(exchange->url, sizeof exchange->url);
}
