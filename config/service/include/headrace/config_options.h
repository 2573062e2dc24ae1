/* The options structs of the other parts as tables: what a configuration may say of them, to stand
 * in a program's own table.
 *
 *   struct program { struct hr_engine_options engine; struct hr_http_client_options http; };
 *   static const struct hr_config_field fields[] = {
 *       HR_FIELD(struct program, engine, HR_STRUCT, .schema = &hr_engine_schema),
 *       HR_FIELD(struct program, http, HR_STRUCT, .schema = &hr_http_client_schema),
 *   };
 *
 * A key is the member's name without its unit, which the value has: connect_timeout: 5s. All of
 * them may be left out, and then the member is zero, which is the default that its header names; a
 * number or duration that is given is not zero. A time-out may be "none". Callbacks and what they
 * are given are the program's, and in no table. Strings live as long as the configuration. */
#ifndef HEADRACE_CONFIG_OPTIONS_H
#define HEADRACE_CONFIG_OPTIONS_H

#include <headrace/config_schema.h>

#ifdef __cplusplus
extern "C" {
#endif

HR_API extern const struct hr_config_schema hr_engine_schema;     /* struct hr_engine_options */
HR_API extern const struct hr_config_schema hr_tls_schema;        /* struct hr_tls_options */
HR_API extern const struct hr_config_schema hr_tls_server_schema; /* struct hr_tls_server_options */
HR_API extern const struct hr_config_schema hr_breaker_schema;    /* struct hr_breaker_options */
HR_API extern const struct hr_config_schema
    hr_http_client_schema; /* struct hr_http_client_options */
HR_API extern const struct hr_config_schema
    hr_http_server_schema; /* struct hr_http_server_options */
/* struct hr_s3_client_options; of its `http` those that mean something to S3, without a level of
 * their own: pool, timeouts, tls, … stand beside endpoint and region. */
HR_API extern const struct hr_config_schema hr_s3_client_schema;
HR_API extern const struct hr_config_schema hr_log_schema; /* struct hr_log_options */

#ifdef __cplusplus
}
#endif

#endif
