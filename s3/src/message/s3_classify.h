/* Failures classified: which are worth another attempt. Pure. */
#ifndef HR_S3_CLASSIFY_H
#define HR_S3_CLASSIFY_H

#include <headrace/slice.h>
#include <net/http_hooks.h>

/* The verdict on a response with an error, by its status and S3 code (empty: none). Status 200 is
 * that of an error that came in the body of a good response. */
enum hr_http_verdict hr__s3_classify_response(int status, struct hr_slice code);

/* The same for an attempt that ended without a whole response. */
enum hr_http_verdict hr__s3_classify_failure(int result);

/* x-amz-retry-after (milliseconds) or Retry-After (seconds or a date), 0 when there is neither. */
uint64_t hr__s3_classify_retry_after_ms(const struct hr_http_head *head);

#endif
