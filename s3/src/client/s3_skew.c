/* The clock of a store against ours. A store refuses a signature whose time is more than 15 minutes
 * away; then its clock counts for this endpoint, and the request is repeated once. */
#include <headrace/clock.h>

#include "s3_call.h"

#define NOISE_S 240 /* a smaller difference does not explain a refusal that has another reason */

static _Atomic int64_t *skew_of(const struct hr__s3_call *call) {
    return call->place ? &call->place->skew_s : &call->client->skew_s;
}

static int64_t now_s(const struct hr__s3_call *call) {
    return (int64_t)(hr__reactor_wall_ns(call->reactor) / 1000000000u);
}

uint64_t hr__s3_skew_time_s(const struct hr__s3_call *call) {
    int64_t time = now_s(call) + atomic_load_explicit(skew_of(call), memory_order_relaxed);
    return time > 0 ? (uint64_t)time : 0;
}

static bool are_close(int64_t a, int64_t b) {
    return (a > b ? a - b : b - a) <= NOISE_S;
}

void hr__s3_skew_note(const struct hr__s3_call *call, const struct hr_http_head *head) {
    _Atomic int64_t *skew = skew_of(call);
    uint64_t date;
    if (atomic_load_explicit(skew, memory_order_relaxed) == 0) return;
    struct hr_slice text = hr_http_head_find(head, "date");
    if (text.size == 0 || hr_date_parse(text, &date) != 0) return;
    if (are_close((int64_t)date, now_s(call))) atomic_store(skew, 0);
}

/* Codes that speak of the clock. */
static bool is_definite(const char *code) {
    return strcmp(code, "RequestTimeTooSkewed") == 0 || strcmp(code, "RequestExpired") == 0 ||
           strcmp(code, "RequestInTheFuture") == 0;
}

/* Refusals that a wrong clock may be the reason of, too. */
static bool is_possible(const struct hr_error *error) {
    return error->http_status == 403 || error->http_status == 401 ||
           strcmp(error->service_code, "InvalidSignatureException") == 0 ||
           strcmp(error->service_code, "SignatureDoesNotMatch") == 0 ||
           strcmp(error->service_code, "AuthFailure") == 0;
}

/* The time that was refused counts: another request may have corrected the clock meanwhile. */
bool hr__s3_skew_again(struct hr__s3_call *call) {
    const struct hr_error *error = &call->http.request.error;
    int64_t there = (int64_t)call->attempt.ids.date_s;
    uint64_t passed_ns = hr__reactor_now(call->reactor) - call->corrected.signed_ns;
    int64_t signed_s = (int64_t)(call->corrected.signed_s + passed_ns / 1000000000u);
    bool close = are_close(there, signed_s);
    if (call->corrected.skewed || call->client->anonymous || there == 0 ||
        error->code != HR_ERR_S3_SERVICE)
        return false;
    if (close || (!is_definite(error->service_code) && !is_possible(error))) return false;
    atomic_store(skew_of(call), there - now_s(call));
    call->corrected.skewed = true;
    return true;
}
