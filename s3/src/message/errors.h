/* Which failures are worth another attempt. Pure. */
#ifndef HR_S3_ERRORS_H
#define HR_S3_ERRORS_H

#include <headrace/slice.h>
#include <net/http_hooks.h>

/* A response with this status and S3 code (empty: none) asks for this. Status 200 is that of an
 * error that came in the body of a good answer. */
enum hr_http_verdict hr__s3_verdict_of_answer(int status, struct hr_slice code);

/* The same for an attempt that ended without a whole answer. */
enum hr_http_verdict hr__s3_verdict_of_failure(int result);

/* x-amz-retry-after (milliseconds) or Retry-After (seconds or a date), 0 when there is neither. */
uint64_t hr__s3_retry_after_ms(const struct hr_http_head *head);

#endif
