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
#define HR__FLAG(type, member, ...) HR_FIELD(type, member, HR_BOOL, __VA_ARGS__)
#define HR__GROUP(type, member, table, ...)                                                        \
    HR_FIELD(type, member, HR_STRUCT, HR_FIELDS(table), __VA_ARGS__)

#define HR__BYTES_MAX (UINT64_C(1) << 53)

/* Groups of the HTTP client that the S3 client has, too. */
extern const struct hr_config_schema hr__pool_schema, hr__timeouts_schema, hr__resolver_schema,
    hr__proxy_schema, hr__rate_schema;

#endif
