/* Rows of the option tables: kinds of options that many of them have. */
#ifndef HR_OPTION_ROWS_H
#define HR_OPTION_ROWS_H

#include <headrace/config_options.h>
#include <headrace/request.h>

#define HR__SECOND_NS UINT64_C(1000000000)

/* Zero is the default of an option, so none that is given is zero. */
#define HR__COUNT(name_, type, member, most, ...)                                                  \
    HR_NAMED(name_, type, member, HR_UINT, .min = 1, .max = most, __VA_ARGS__)
#define HR__BYTES(name_, type, member, most, ...)                                                  \
    HR_NAMED(name_, type, member, HR_SIZE, .min = 1, .max = (double)(most), __VA_ARGS__)
#define HR__PERIOD(name_, type, member, ...)                                                       \
    HR_NAMED(name_, type, member, HR_DURATION, .min = 1, .max = UINT32_MAX - 1, __VA_ARGS__)
#define HR__PERIOD_S(name_, type, member, ...)                                                     \
    HR__PERIOD(name_, type, member, .unit_ns = HR__SECOND_NS, __VA_ARGS__)
#define HR__TIMEOUT(name_, type, member, ...)                                                      \
    HR__PERIOD(name_, type, member, .none = HR_NO_TIMEOUT, __VA_ARGS__)
#define HR__GROUP(type, member, table, ...)                                                        \
    HR_FIELD(type, member, HR_STRUCT, HR_FIELDS(table), __VA_ARGS__)

#define HR__BYTES_MAX (UINT64_C(1) << 53)

/* Rows that the HTTP client and the S3 client have alike, beside some of its own. */
#define HR__RETRY_ROWS                                                                             \
    HR__COUNT("attempts_max", struct hr_http_retry_options, attempts_max, UINT32_MAX - 1,          \
              .doc = "Attempts of a request that may be repeated, the first one counted; 4."),     \
        HR__PERIOD("backoff_base", struct hr_http_retry_options, backoff_base_ms,                  \
                   .doc = "Full jitter below base times 2 to the power of n - 1; 100ms."),         \
        HR__PERIOD("backoff_max", struct hr_http_retry_options, backoff_max_ms,                    \
                   .doc = "And below this; 20s."),                                                 \
        HR_FIELD(struct hr_http_retry_options, no_stale_retry, HR_BOOL,                            \
                 .doc = "A request that a kept connection lost is not repeated."),                 \
        HR_FIELD(struct hr_http_retry_options, extra_stale_retry, HR_BOOL,                         \
                 .doc = "That repetition does not count against attempts_max.")
#define HR__RESPONSE_ROWS                                                                          \
    HR__BYTES("head_size_max", struct hr_http_response_options, head_bytes_max, UINT32_MAX,        \
              .doc = "Of a head; 64KiB."),                                                         \
        HR__COUNT("head_fields_max", struct hr_http_response_options, head_fields_max, UINT32_MAX, \
                  .doc = "Header fields; 128."),                                                   \
        HR_FIELD(struct hr_http_response_options, lenient, HR_BOOL,                                \
                 .doc = "What careless servers send is taken.")

/* Groups of the HTTP client that the S3 client has, too. */
extern const struct hr_config_schema hr__pool_schema, hr__timeouts_schema, hr__resolver_schema,
    hr__proxy_schema, hr__hedge_schema, hr__ejection_schema, hr__rate_schema;

#endif
