/* Clocks, and the date forms of HTTP and S3. Any thread. */
#ifndef HEADRACE_CLOCK_H
#define HEADRACE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds. */
HR_API uint64_t hr_clock_monotonic_ns(void);
HR_API uint64_t hr_clock_wall_ns(void);

#define HR_DATE_HTTP_SIZE 30 /* with NUL */
#define HR_DATE_ISO_SIZE  25

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). Years 1970 to 9999. */
HR_API void hr_date_http(uint64_t unix_s, char out[HR_DATE_HTTP_SIZE]);
/* "1994-11-06T08:49:37.000Z", the form of S3's XML. */
HR_API void hr_date_iso(uint64_t unix_ms, char out[HR_DATE_ISO_SIZE]);
/* "19941106T084937Z", ISO 8601 basic, the form of x-amz-date. */
HR_API void hr_date_basic(uint64_t unix_s, char out[17]);

/* Reads HTTP's three forms (IMF-fixdate, RFC 850, asctime) and ISO 8601 in its basic and extended
 * form with seconds and a zone (Z, +hh:mm, +hhmm, +hh); fractions of a second are dropped. 0 or
 * -EINVAL. */
HR_API int hr_date_parse(struct hr_slice text, uint64_t *unix_s);

#ifdef __cplusplus
}
#endif

#endif
