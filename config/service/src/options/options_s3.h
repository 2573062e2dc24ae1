/* Rows of an S3 client's options, for its own table and for that of a store in a service's. */
#ifndef HR_OPTIONS_S3_H
#define HR_OPTIONS_S3_H

#include <headrace/s3_client.h>

#include "option_rows.h"

extern const struct hr_config_choice hr__s3_addressings[], hr__s3_payloads[], hr__s3_switches[],
    hr__s3_checksums[], hr__s3_paces[];
extern const struct hr_config_schema hr__s3_response_schema, hr__s3_retry_schema;

/* Of a `type` in which the options are `at`: empty, or a member with a dot behind it. */
#define HR__S3_ROWS(type, at)                                                                      \
    HR_NAMED("endpoint", type, at endpoint, HR_URL, .restart = true,                               \
             .doc = "The store; the variable S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 or "             \
                    "AWS_ENDPOINT_URL, else AWS."),                                                \
        HR_NAMED("region", type, at region, HR_STRING, .restart = true, .length_min = 1,           \
                 .doc = "The region; AWS_REGION, AWS_DEFAULT_REGION, else us-east-1."),            \
        HR_NAMED("access_key", type, at access_key, HR_STRING, .restart = true, .length_min = 1,   \
                 .doc = "The access key, with secret_key; AWS_ACCESS_KEY_ID."),                    \
        HR_NAMED("secret_key", type, at secret_key, HR_SECRET, .restart = true, .length_min = 1,   \
                 .doc = "The secret key; AWS_SECRET_ACCESS_KEY."),                                 \
        HR_NAMED("session_token", type, at session_token, HR_SECRET, .restart = true,              \
                 .length_min = 1, .doc = "The token of a session; AWS_SESSION_TOKEN."),            \
        HR_NAMED("profile", type, at profile, HR_STRING, .restart = true,                          \
                 .doc =                                                                            \
                     "Of AWS's files; AWS_DEFAULT_PROFILE, AWS_PROFILE, default; empty: none."),   \
        HR_NAMED("anonymous", type, at anonymous, HR_BOOL, .restart = true,                        \
                 .doc = "Nothing is signed."),                                                     \
        HR_NAMED("addressing", type, at addressing, HR_CHOICE, .choices = hr__s3_addressings,      \
                 .restart = true, .doc = "Where the bucket's name stands; auto."),                 \
        HR_NAMED("payload", type, at payload, HR_CHOICE, .choices = hr__s3_payloads,               \
                 .restart = true,                                                                  \
                 .doc = "Whether a body is signed; on plain HTTP it is, over TLS it is not."),     \
        HR_NAMED("fips", type, at fips, HR_CHOICE, .choices = hr__s3_switches, .restart = true,    \
                 .doc = "AWS's FIPS endpoint; AWS_USE_FIPS_ENDPOINT, else off."),                  \
        HR_NAMED("dual_stack", type, at dual_stack, HR_CHOICE, .choices = hr__s3_switches,         \
                 .restart = true,                                                                  \
                 .doc = "AWS's endpoint for IPv6 too; AWS_USE_DUALSTACK_ENDPOINT, else off."),     \
        HR_NAMED("accelerate", type, at accelerate, HR_CHOICE, .choices = hr__s3_switches,         \
                 .restart = true, .doc = "S3 Transfer Acceleration for objects; off."),            \
        HR_NAMED("use_arn_region", type, at use_arn_region, HR_CHOICE, .choices = hr__s3_switches, \
                 .restart = true,                                                                  \
                 .doc = "An access point may lie in another region; AWS_S3_USE_ARN_REGION, else "  \
                        "on."),                                                                    \
        HR_NAMED("request_checksums", type, at request_checksums, HR_CHOICE,                       \
                 .choices = hr__s3_checksums, .restart = true,                                     \
                 .doc = "Whether a body goes out with a checksum; it does, where it can."),        \
        HR_NAMED("response_checksums", type, at response_checksums, HR_CHOICE,                     \
                 .choices = hr__s3_checksums, .restart = true,                                     \
                 .doc =                                                                            \
                     "Whether a body is compared with its checksum; it is, where there is one."),  \
        HR_NAMED("provider", type, at provider, HR_STRING, .restart = true, .length_min = 1,       \
                 .doc =                                                                            \
                     "The store, where it differs from S3 (docs/s3-endpoints.md); by its host."),  \
        HR_NAMED("pace", type, at pace, HR_CHOICE, .choices = hr__s3_paces, .restart = true,       \
                 .doc = "How fast attempts go where the store asks to go slower; back-offs "       \
                        "alone, or by AWS_RETRY_MODE the client has a rate."),                     \
        HR_NAMED("user_agent", type, at http.user_agent, HR_STRING, .restart = true,               \
                 .doc = "User-Agent; headrace/VERSION, and empty sends none."),                    \
        HR__TIMEOUT("timeout", type, at http.timeout_ms, .doc = "Of a whole request; none."),      \
        HR_NAMED("timeouts", type, at http.timeouts, HR_STRUCT, .schema = &hr__timeouts_schema,    \
                 .doc = "Time-outs of its parts."),                                                \
        HR_NAMED("pool", type, at http.pool, HR_STRUCT, .schema = &hr__pool_schema,                \
                 .doc = "Connections."),                                                           \
        HR_NAMED("resolver", type, at http.resolver, HR_STRUCT, .schema = &hr__resolver_schema,    \
                 .doc = "From names to addresses."),                                               \
        HR_NAMED("tls", type, at http.tls, HR_STRUCT, .schema = &hr_tls_schema, .doc = "TLS."),    \
        HR_NAMED("proxy", type, at http.proxy, HR_STRUCT, .schema = &hr__proxy_schema,             \
                 .doc = "A proxy on the way."),                                                    \
        HR_NAMED("unix_socket", type, at http.unix_socket, HR_PATH, .restart = true,               \
                 .doc = "A socket that all connections go to, whatever the endpoint's host."),     \
        HR_NAMED("response", type, at http.response, HR_STRUCT, .schema = &hr__s3_response_schema, \
                 .doc = "Bounds of responses."),                                                   \
        HR_NAMED("retry", type, at http.retry, HR_STRUCT, .schema = &hr__s3_retry_schema,          \
                 .doc = "Attempts behind one that has failed."),                                   \
        HR_NAMED("hedge", type, at http.hedge, HR_STRUCT, .schema = &hr__hedge_schema,             \
                 .doc = "A second attempt beside one that takes long."),                           \
        HR_NAMED("ejection", type, at http.ejection, HR_STRUCT, .schema = &hr__ejection_schema,    \
                 .doc = "Addresses that fail time after time."),                                   \
        HR_NAMED("rate", type, at http.rate, HR_STRUCT, .schema = &hr__rate_schema,                \
                 .doc = "Attempts a second.")

#endif
