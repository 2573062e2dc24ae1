/* Failures classified: whether another attempt may help. */
#include "s3_classify.h"

#include <errno.h>

#include <headrace/clock.h>
#include <headrace/s3_client.h>
#include <headrace/text.h>

#define RETRY_AFTER_MAX_MS 3600000

/* One list; the tables of codes are those of the AWS SDKs' standard retry mode. */
#define THROTTLING_CODES(X)                                                                        \
    X("BandwidthLimitExceeded")                                                                    \
    X("EC2ThrottledException")                                                                     \
    X("LimitExceededException")                                                                    \
    X("ProvisionedThroughputExceededException")                                                    \
    X("RequestLimitExceeded")                                                                      \
    X("RequestThrottled")                                                                          \
    X("RequestThrottledException")                                                                 \
    X("SlowDown")                                                                                  \
    X("SlowDownRead")                                                                              \
    X("SlowDownWrite")                                                                             \
    X("ThrottledException")                                                                        \
    X("Throttling")                                                                                \
    X("ThrottlingException")                                                                       \
    X("TooManyRequestsException")                                                                  \
    X("TransactionInProgressException")

#define TRANSIENT_CODES(X)                                                                         \
    X("BadDigest")                                                                                 \
    X("InternalError")                                                                             \
    X("PriorRequestNotComplete")                                                                   \
    X("RequestTimeout")                                                                            \
    X("RequestTimeoutException")                                                                   \
    X("ServiceUnavailable")

/* Another attempt would get the same response, whatever status it had: 200, too, where S3 had begun
 * its response before it knew. */
#define FINAL_CODES(X)                                                                             \
    X("AccessDenied")                                                                              \
    X("ConditionalRequestConflict")                                                                \
    X("EntityTooSmall")                                                                            \
    X("InvalidAccessKeyId")                                                                        \
    X("InvalidPart")                                                                               \
    X("InvalidPartOrder")                                                                          \
    X("NoSuchBucket")                                                                              \
    X("NoSuchKey")                                                                                 \
    X("NoSuchUpload")                                                                              \
    X("NotImplemented")                                                                            \
    X("PreconditionFailed")                                                                        \
    X("SignatureDoesNotMatch")

#define ENTRY(code) {code, sizeof code - 1},
static const struct hr_slice throttling[] = {THROTTLING_CODES(ENTRY)};
static const struct hr_slice transient[] = {TRANSIENT_CODES(ENTRY)};
static const struct hr_slice final[] = {FINAL_CODES(ENTRY)};
#undef ENTRY

static bool among(struct hr_slice code, const struct hr_slice *codes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal(code, codes[i])) return true;
    return false;
}

#define AMONG(code, codes) among(code, codes, sizeof codes / sizeof codes[0])

enum hr_http_verdict hr__s3_classify_response(int status, struct hr_slice code) {
    if (AMONG(code, final)) return HR_HTTP_FINAL;
    if (AMONG(code, throttling)) return HR_HTTP_THROTTLED;
    if (AMONG(code, transient)) return HR_HTTP_TRANSIENT;
    switch (status) {
    case 200: /* S3 had begun its response before it failed: as a 500 */
    case 500:
    case 502:
    case 503:
    case 504:
        return HR_HTTP_TRANSIENT;
    case 408:
    case 429:
    case 499:
    case 520:
        return HR_HTTP_THROTTLED;
    default:
        return HR_HTTP_FINAL;
    }
}

enum hr_http_verdict hr__s3_classify_failure(int result) {
    switch (result) {
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -ECONNABORTED:
    case -EPIPE:
    case -ETIMEDOUT: /* the kernel's, of a connection; the request's own never gets here */
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -ENETDOWN:
    case -ENETRESET:
    case HR_ERR_CONNECT_TIMEOUT:
    case HR_ERR_FIRST_BYTE_TIMEOUT:
    case HR_ERR_STALL_TIMEOUT:
    case HR_ERR_HTTP_TRUNCATED:
        return HR_HTTP_TRANSIENT;
    default:
        return HR_HTTP_FINAL;
    }
}

bool hr_s3_error_retryable(const struct hr_error *error) {
    if (!error) return false;
    if (error->code == HR_ERR_S3_SERVICE)
        return hr__s3_classify_response(error->http_status, hr_slice_of(error->service_code)) !=
               HR_HTTP_FINAL;
    return error->code == HR_ERR_S3_CHECKSUM || /* a bit may have flipped on the way */
           hr__s3_classify_failure(error->code) != HR_HTTP_FINAL;
}

uint64_t hr__s3_classify_retry_after_ms(const struct hr_http_head *head) {
    uint64_t value;
    struct hr_slice text = hr_http_head_find(head, "x-amz-retry-after");
    if (text.size > 0 && hr_text_u64(text, RETRY_AFTER_MAX_MS, &value) == 0) return value;
    text = hr_http_head_find(head, "retry-after");
    if (text.size > 0 && hr_text_u64(text, RETRY_AFTER_MAX_MS / 1000, &value) == 0)
        return value * 1000;
    uint64_t now_s = hr_clock_wall_ns() / 1000000000u, most_s = RETRY_AFTER_MAX_MS / 1000;
    if (text.size == 0 || hr_date_parse(text, &value) != 0 || value <= now_s) return 0;
    return (value - now_s < most_s ? value - now_s : most_s) * 1000;
}
