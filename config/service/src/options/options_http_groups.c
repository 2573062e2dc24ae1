/* The groups of an HTTP client's options that every client has. */
#include <headrace/http_options.h>

#include "option_rows.h"

#define SCHEMA(name_, type, table)                                                                 \
    const struct hr_config_schema name_ = {HR_FIELDS(table), .size = sizeof(type)}

/* ---- Connections. */

static const struct hr_config_field pool_fields[] = {
    HR__COUNT("connections_per_origin_max", struct hr_http_pool_options, connections_per_origin_max,
              UINT32_MAX, .doc = "Connections to an origin, over all reactors; 100."),
    HR__COUNT("connections_max", struct hr_http_pool_options, connections_max, UINT32_MAX,
              .doc = "Connections in all; 100, of S3 50."),
    HR__COUNT("queue_max", struct hr_http_pool_options, queue_max, UINT32_MAX,
              .doc = "Requests that wait for a connection; 65536."),
    HR__TIMEOUT("idle_timeout", struct hr_http_pool_options, idle_timeout_ms,
                .doc = "A connection that nobody uses is closed after it; 4s."),
    HR__TIMEOUT("lifetime", struct hr_http_pool_options, lifetime_ms,
                .doc = "A connection is not used again after it; 5m."),
    HR__PERIOD_S("keepalive", struct hr_http_pool_options, keepalive_s, .none = HR_NO_TIMEOUT,
                 .doc = "TCP keep-alive probes once it was idle so long; 1m."),
    HR__PERIOD("tcp_user_timeout", struct hr_http_pool_options, tcp_user_timeout_ms,
               .doc = "TCP_USER_TIMEOUT; the system's."),
    HR_FIELD(struct hr_http_pool_options, adaptive_concurrency, HR_BOOL, .restart = true,
             .doc = "Requests of an origin that are under way follow its latency."),
};
SCHEMA(hr__pool_schema, struct hr_http_pool_options, pool_fields);

/* ---- Time-outs. */

#define TIMEOUT(name_, member, ...) HR__TIMEOUT(name_, struct hr_http_timeouts, member, __VA_ARGS__)
static const struct hr_config_field timeout_fields[] = {
    TIMEOUT("resolve", resolve_timeout_ms, .doc = "From a name to its addresses; 5s."),
    TIMEOUT("connect", connect_timeout_ms, .doc = "The TCP connection, over all addresses; 10s."),
    TIMEOUT("handshake", handshake_timeout_ms, .doc = "The TLS handshake; 10s."),
    TIMEOUT("pool", pool_timeout_ms, .doc = "Waiting for a connection; 30s."),
    TIMEOUT("expect", expect_timeout_ms, .doc = "Waiting for 100 Continue; 1s."),
    TIMEOUT("first_byte", first_byte_timeout_ms,
            .doc = "From the end of a request to the first byte of its response; 30s."),
    TIMEOUT("stall", stall_timeout_ms, .doc = "No byte either way during a body; 30s."),
    HR__BYTES("throughput_min", struct hr_http_timeouts, throughput_min, UINT32_MAX,
              .doc = "Bytes a second that a body moves at least, over each window; no minimum."),
    TIMEOUT("throughput_window", throughput_window_ms, .doc = "That window; 30s."),
};
#undef TIMEOUT
SCHEMA(hr__timeouts_schema, struct hr_http_timeouts, timeout_fields);

/* ---- Names. */

static const struct hr_config_field entry_fields[] = {
    HR_FIELD(struct hr_resolve_entry, host, HR_STRING, .required = true, .length_min = 1,
             .doc = "The name; *.SUFFIX is any name below it."),
    HR__COUNT("port", struct hr_resolve_entry, port, 65535, .doc = "Its port; every port."),
    HR_FIELD(struct hr_resolve_entry, address, HR_STRING, .required = true, .length_min = 1,
             .doc = "The numeric address, IPv6 without brackets."),
    HR__COUNT("to_port", struct hr_resolve_entry, to_port, 65535,
              .doc = "The port there; the one that is asked for."),
};

#define NAMES(member, kind, ...)                                                                   \
    HR_FIELD(struct hr_resolver_options, member, kind, .restart = true, __VA_ARGS__)
static const struct hr_config_field resolver_fields[] = {
    HR_COUNTED("entries", struct hr_resolver_options, entries, entry_count, struct hr_resolve_entry,
               HR_STRUCT, HR_FIELDS(entry_fields), .restart = true,
               .doc = "Names that are asked of no resolver."),
    NAMES(nameservers, HR_STRING, .doc = "1.2.3.4,[::1]:5353; the system's."),
    NAMES(search, HR_STRING, .doc = "Domains to search, by comma; the system's."),
    NAMES(hosts_file, HR_STRING, .doc = "/etc/hosts; empty is none."),
    HR__PERIOD_S("ttl_min", struct hr_resolver_options, ttl_min_s, .restart = true,
                 .doc = "Addresses are kept at least so long; 1s."),
    HR__PERIOD_S("ttl_max", struct hr_resolver_options, ttl_max_s, .restart = true,
                 .doc = "And at most so long; 1h."),
    HR__PERIOD_S("negative_ttl", struct hr_resolver_options, negative_ttl_s, .restart = true,
                 .doc = "How long a name that is not there is not asked again; 5s."),
    HR__COUNT("tries", struct hr_resolver_options, tries, 10, .restart = true,
              .doc = "Tries of a query, over all name servers; 3."),
    NAMES(ipv4_only, HR_BOOL, .doc = "IPv4 addresses only."),
    NAMES(ipv6_only, HR_BOOL, .doc = "IPv6 addresses only."),
};
#undef NAMES
SCHEMA(hr__resolver_schema, struct hr_resolver_options, resolver_fields);

/* ---- A proxy, hedges, and the rate. */

static const struct hr_config_field proxy_fields[] = {
    HR_FIELD(struct hr_http_proxy_options, url, HR_SECRET, .restart = true,
             .doc = "http://[USER:PASSWORD@]HOST[:PORT]; empty is none, whatever the environment "
                    "says."),
    HR_FIELD(struct hr_http_proxy_options, no_proxy, HR_STRING, .restart = true,
             .doc = "Hosts that are reached directly, as NO_PROXY."),
    HR_FIELD(struct hr_http_proxy_options, from_environment, HR_BOOL, .restart = true,
             .doc =
                 "http_proxy, https_proxy, all_proxy and no_proxy count where url is not given."),
};
SCHEMA(hr__proxy_schema, struct hr_http_proxy_options, proxy_fields);

static const struct hr_config_field rate_fields[] = {
    HR__COUNT("attempts_per_second_max", struct hr_http_rate_options, attempts_per_second_max,
              1000000, .doc = "Attempts a second at an origin; no limit."),
    HR__COUNT("burst", struct hr_http_rate_options, burst, 1000000,
              .doc = "So many of them may come at once; a tenth of attempts_per_second_max."),
    HR__BYTES("bandwidth_max", struct hr_http_rate_options, bytes_per_second_max, 1000000000000,
              .doc = "Bytes a second of bodies, both ways together, of the client; no limit."),
};
SCHEMA(hr__rate_schema, struct hr_http_rate_options, rate_fields);

static const struct hr_config_field hedge_fields[] = {
    HR__COUNT("quantile_percent", struct hr_http_hedge_options, quantile_percent, 99,
              .doc = "A request that takes longer than so many of an origin's is asked a second "
                     "time; never."),
    HR__PERIOD("delay_min", struct hr_http_hedge_options, delay_min_ms,
               .doc = "But not before; 1ms."),
};
SCHEMA(hr__hedge_schema, struct hr_http_hedge_options, hedge_fields);

static const struct hr_config_field ejection_fields[] = {
    HR__COUNT("failures_max", struct hr_http_ejection_options, failures_max, UINT32_MAX,
              .restart = true, .doc = "Failures in a row that eject an address; none is ejected."),
    HR__PERIOD("time", struct hr_http_ejection_options, time_ms, .restart = true,
               .doc = "Of the first ejection, and n times as long the n-th time; 30s."),
    HR__PERIOD("time_max", struct hr_http_ejection_options, time_max_ms, .restart = true,
               .doc = "But no longer; 5m."),
};
SCHEMA(hr__ejection_schema, struct hr_http_ejection_options, ejection_fields);
