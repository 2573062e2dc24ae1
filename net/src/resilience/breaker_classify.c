/* Which outcome counts as a failure, and the names of states and causes. */
#include <errno.h>

#include <headrace/breaker.h>

/* Nothing that the other side did: it says nothing about it. */
static bool is_own(int code) {
    switch (code) {
    case -ECANCELED:
    case -EINVAL:
    case -EMSGSIZE:
    case -ENOMEM:
    case -ENOBUFS:
    case -EMFILE:
    case -ENFILE:
    case -EIO: /* of the file that a source or a sink uses, as are the next ones */
    case -ENOSPC:
    case -EDQUOT:
    case -EFBIG:
    case -EBADF:
    case -EROFS:
    case -EOVERFLOW: /* a producer or consumer that returned too much */
    case -ESHUTDOWN:
    case -EADDRNOTAVAIL:
    case HR_ERR_POOL_TIMEOUT:
    case HR_ERR_BREAKER_OPEN:
    case HR_ERR_TLS_OPTIONS:
    case HR_ERR_URL_MALFORMED:
    case HR_ERR_URL_SCHEME:
    case HR_ERR_METHOD_INVALID:
    case HR_ERR_TARGET_INVALID:
    case HR_ERR_HEADER_INVALID:
    case HR_ERR_HTTP_BODY_TOO_LARGE:
    case HR_ERR_CODING_TOO_LARGE:
    case HR_ERR_SINK_FULL:
    case HR_ERR_SOURCE_SHORT:
    case HR_ERR_SOURCE_NOT_REWINDABLE:
    case HR_ERR_PROXY_AUTH:
    case HR_ERR_REDIRECT_LIMIT:
    case HR_ERR_REDIRECT_REFUSED:
    case HR_ERR_RATE_LIMIT:
    case HR_ERR_S3_URI_SCHEME:
    case HR_ERR_S3_URI_BUCKET:
    case HR_ERR_S3_URI_KEY:
    case HR_ERR_S3_BUCKET_INVALID:
    case HR_ERR_S3_KEY_INVALID:
    case HR_ERR_S3_ENDPOINT_INVALID:
    case HR_ERR_S3_REGION_INVALID:
    case HR_ERR_S3_CREDENTIALS:
        return true;
    default:
        return false;
    }
}

enum hr_breaker_outcome hr_breaker_classify(struct hr_breaker_result result) {
    if (result.code >= 0 || result.code == HR_ERR_S3_SERVICE)
        return result.http_status >= 500 ? HR_BREAKER_FAILURE : HR_BREAKER_SUCCESS;
    return is_own(result.code) ? HR_BREAKER_IGNORED : HR_BREAKER_FAILURE;
}

const char *hr_breaker_state_name(enum hr_breaker_state state) {
    switch (state) {
    case HR_BREAKER_CLOSED:
        return "closed";
    case HR_BREAKER_OPEN:
        return "open";
    case HR_BREAKER_HALF_OPEN:
        return "half-open";
    }
    return "unknown";
}

const char *hr_breaker_cause_name(enum hr_breaker_cause cause) {
    switch (cause) {
    case HR_BREAKER_CAUSE_NONE:
        return "none";
    case HR_BREAKER_CAUSE_FAILURES:
        return "failures";
    case HR_BREAKER_CAUSE_FAILURE_RATE:
        return "failure-rate";
    case HR_BREAKER_CAUSE_SLOW_RATE:
        return "slow-rate";
    case HR_BREAKER_CAUSE_PROBE_DUE:
        return "probe-due";
    case HR_BREAKER_CAUSE_PROBE_SUCCESS:
        return "probe-success";
    case HR_BREAKER_CAUSE_PROBE_FAILURE:
        return "probe-failure";
    case HR_BREAKER_CAUSE_MANUAL:
        return "manual";
    }
    return "unknown";
}
