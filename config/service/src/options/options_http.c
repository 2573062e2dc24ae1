/* The options of an HTTP client, and of its breakers. */
#include <headrace/http_options.h>

#include "option_rows.h"

#define CLIENT struct hr_http_client_options

/* ---- What goes out. */

static const struct hr_config_field header_fields[] = {
    HR_FIELD(struct hr_http_field, name, HR_STRING, .required = true, .length_min = 1,
             .doc = "Its name."),
    HR_FIELD(struct hr_http_field, value, HR_STRING, .required = true, .doc = "Its value."),
};

static const struct hr_config_field auth_fields[] = {
    HR_FIELD(struct hr_http_auth, user, HR_STRING, .restart = true, .doc = "Of Basic (RFC 7617)."),
    HR_FIELD(struct hr_http_auth, password, HR_SECRET, .restart = true, .doc = "Of Basic."),
    HR_FIELD(struct hr_http_auth, bearer, HR_SECRET, .restart = true,
             .doc = "The token of Bearer (RFC 6750), in place of user and password."),
};

/* ---- What comes back. */

static const struct hr_config_field response_fields[] = {
    HR__RESPONSE_ROWS,
    HR__BYTES("decoded_size_max", struct hr_http_response_options, decoded_bytes_max, HR__BYTES_MAX,
              .doc = "Of a body that is decoded; 1GiB."),
};

static const struct hr_config_field redirect_fields[] = {
    HR__COUNT("max", struct hr_http_redirect_options, max, UINT32_MAX - 1,
              .doc = "Redirects that are followed; none."),
    HR_FIELD(struct hr_http_redirect_options, downgrade, HR_BOOL,
             .doc = "Also from https to http."),
};

/* ---- Resilience. */

static const struct hr_config_field retry_fields[] = {
    HR__RETRY_ROWS,
    HR__COUNT("budget_percent", struct hr_http_retry_options, budget_percent, 1000,
              .doc = "Retries and hedges of an origin's requests; 20."),
};

static const struct hr_config_field breaker_fields[] = {
    HR__COUNT("failures_max", struct hr_breaker_options, failures_max, (1 << 29) - 1,
              .none = UINT32_MAX, .doc = "Failures in a row that open it; 5."),
    HR__PERIOD("open_time", struct hr_breaker_options, open_ms,
               .doc = "It is open so long before a probe; 1m."),
    HR__COUNT("probes_max", struct hr_breaker_options, probes_max, (1 << 29) - 1,
              .doc = "Successes that close it; 1."),
    HR__COUNT("failure_rate_percent", struct hr_breaker_options, failure_rate_percent, 100,
              .restart = true, .doc = "Failures of a window's calls that open it; not by rate."),
    HR__PERIOD("slow_call_time", struct hr_breaker_options, slow_call_ms, .restart = true,
               .doc = "A call that takes longer is slow."),
    HR__COUNT("slow_rate_percent", struct hr_breaker_options, slow_rate_percent, 100,
              .restart = true, .doc = "Slow calls of a window that open it; not by slowness."),
    HR__COUNT("calls_min", struct hr_breaker_options, calls_min, (1 << 29) - 1, .restart = true,
              .doc = "Calls in a window below which no rate counts; 100."),
    HR__PERIOD("window", struct hr_breaker_options, window_ms, .restart = true,
               .doc = "The window; 1m."),
};

const struct hr_config_schema hr_breaker_schema = {
    .title = "breaker", HR_FIELDS(breaker_fields), .size = sizeof(struct hr_breaker_options)};

/* ---- All of it. */

static const struct hr_config_field fields[] = {
    HR_FIELD(CLIENT, base_url, HR_URL, .restart = true,
             .doc = "The URL that those of requests are resolved against."),
    HR_COUNTED("fields", CLIENT, fields, field_count, struct hr_http_field, HR_STRUCT,
               HR_FIELDS(header_fields), .restart = true,
               .doc = "Header fields that every request begins with."),
    HR_FIELD(CLIENT, user_agent, HR_STRING, .restart = true,
             .doc = "User-Agent; headrace/VERSION, and empty sends none."),
    HR__GROUP(CLIENT, auth, auth_fields, .doc = "Who asks."),
    HR_FIELD(CLIENT, deadline_field, HR_STRING, .restart = true,
             .doc = "A header field that tells the server how many milliseconds are left; none."),
    HR__TIMEOUT("timeout", CLIENT, timeout_ms, .doc = "Of a whole request; 30s."),
    HR_FIELD(CLIENT, timeouts, HR_STRUCT, .schema = &hr__timeouts_schema,
             .doc = "Time-outs of its parts."),
    HR_FIELD(CLIENT, pool, HR_STRUCT, .schema = &hr__pool_schema, .doc = "Connections."),
    HR_FIELD(CLIENT, resolver, HR_STRUCT, .schema = &hr__resolver_schema,
             .doc = "From names to addresses."),
    HR_FIELD(CLIENT, tls, HR_STRUCT, .schema = &hr_tls_schema, .doc = "TLS."),
    HR_FIELD(CLIENT, proxy, HR_STRUCT, .schema = &hr__proxy_schema, .doc = "A proxy on the way."),
    HR_FIELD(CLIENT, unix_socket, HR_PATH, .restart = true,
             .doc = "A socket that all connections go to, whatever the URL's host."),
    HR__GROUP(CLIENT, response, response_fields, .doc = "Bounds of responses."),
    HR__GROUP(CLIENT, redirects, redirect_fields, .doc = "Responses that lead elsewhere."),
    HR__GROUP(CLIENT, retry, retry_fields, .doc = "Attempts behind one that has failed."),
    HR_FIELD(CLIENT, hedge, HR_STRUCT, .schema = &hr__hedge_schema,
             .doc = "A second attempt beside one that takes long."),
    HR_FIELD(CLIENT, ejection, HR_STRUCT, .schema = &hr__ejection_schema,
             .doc = "Addresses of a name that fail time after time."),
    HR_FIELD(CLIENT, rate, HR_STRUCT, .schema = &hr__rate_schema, .doc = "Attempts a second."),
    HR_FIELD(CLIENT, no_breaker, HR_BOOL, .restart = true, .doc = "No circuit breakers."),
    HR_FIELD(CLIENT, breaker, HR_STRUCT, .schema = &hr_breaker_schema,
             .doc = "The circuit breaker of each origin."),
};

const struct hr_config_schema hr_http_client_schema = {
    .title = "http", HR_FIELDS(fields), .size = sizeof(CLIENT)};
