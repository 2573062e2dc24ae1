/* The option tables: a configuration fills the options structs, and the parts take what it fills.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/config_options.h>
#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/log.h>
#include <headrace/s3.h>

#include "config_fixture.h"

struct program {
    struct hr_engine_options engine;
    struct hr_http_client_options http;
    struct hr_http_server_options server;
    struct hr_s3_client_options s3;
    struct hr_log_options log;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct program, engine, HR_STRUCT, .schema = &hr_engine_schema),
    HR_FIELD(struct program, http, HR_STRUCT, .schema = &hr_http_client_schema),
    HR_FIELD(struct program, server, HR_STRUCT, .schema = &hr_http_server_schema),
    HR_FIELD(struct program, s3, HR_STRUCT, .schema = &hr_s3_client_schema),
    HR_FIELD(struct program, log, HR_STRUCT, .schema = &hr_log_schema),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct program, fields);

static struct fixture load(const char *text) {
    struct fixture fixture = {.texts = {text}, .options = {.schema = &schema}};
    fixture_load(&fixture);
    return fixture;
}

static const struct program *values(const struct fixture *fixture) {
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

Test(option_tables, nothing_given_is_all_zero_which_is_every_default) {
    static const struct program zero;
    struct fixture fixture = load("{}\n");
    cr_assert_eq(memcmp(values(&fixture), &zero, sizeof zero), 0);
    fixture_free(&fixture);
}

Test(option_tables, engine) {
    struct fixture fixture = load("engine: {backend: epoll, reactors: 2, ring_entries: 64, "
                                  "buffer_count: 16, buffer_size: 4KiB, requests_max: 10, "
                                  "budget: 8MiB, pinned: true, spin: 50us}\n");
    const struct hr_engine_options *engine = &values(&fixture)->engine;
    cr_assert_eq(engine->backend, HR_BACKEND_EPOLL);
    cr_assert_eq(engine->reactors, 2);
    cr_assert_eq(engine->ring_entries, 64);
    cr_assert_eq(engine->buffer_count, 16);
    cr_assert_eq(engine->buffer_size_bytes, 4096);
    cr_assert_eq(engine->requests_max, 10);
    cr_assert_eq(engine->budget_bytes, 8 << 20);
    cr_assert(engine->pinned);
    cr_assert_eq(engine->spin_us, 50);
    fixture_free(&fixture);
}

Test(option_tables, http_client) {
    struct fixture fixture = load(
        "http:\n"
        "  base_url: http://localhost:1/\n  timeout: 5s\n  user_agent: \"\"\n"
        "  fields: [{name: X-A, value: one}, {name: X-B, value: ''}]\n"
        "  timeouts: {connect: 250ms, stall: none, throughput_min: 1KiB}\n"
        "  pool: {connections_max: 7, idle_timeout: 1m, keepalive: 30s}\n"
        "  resolver: {entries: [{host: '*.test', address: 127.0.0.1, to_port: 81}], ipv4_only: "
        "true, hosts_file: ''}\n"
        "  tls:\n    version_min: 1.3\n    ca_pem: |\n      CERT\n"
        "  retry: {attempts_max: 2, backoff_base: 10ms}\n"
        "  breaker: {failures_max: none, open_time: 2s}\n  redirects: {max: 3}\n");
    const struct hr_http_client_options *http = &values(&fixture)->http;
    cr_assert_str_eq(http->base_url, "http://localhost:1/");
    cr_assert_eq(http->timeout_ms, 5000);
    cr_assert_str_eq(http->user_agent, "");
    cr_assert_eq(http->field_count, 2);
    cr_assert(hr_slice_equal(http->fields[1].name, hr_slice_of("X-B")));
    cr_assert_eq(http->fields[1].value.size, 0);
    cr_assert_eq(http->timeouts.connect_timeout_ms, 250);
    cr_assert_eq(http->timeouts.stall_timeout_ms, HR_NO_TIMEOUT);
    cr_assert_eq(http->timeouts.throughput_min, 1024);
    cr_assert_eq(http->pool.connections_max, 7);
    cr_assert_eq(http->pool.idle_timeout_ms, 60000);
    cr_assert_eq(http->pool.keepalive_s, 30);
    cr_assert_eq(http->resolver.entry_count, 1);
    cr_assert_str_eq(http->resolver.entries[0].host, "*.test");
    cr_assert_eq(http->resolver.entries[0].to_port, 81);
    cr_assert(http->resolver.ipv4_only);
    cr_assert_str_eq(http->resolver.hosts_file, "");
    cr_assert_eq(http->tls.version_min, HR_TLS_1_3);
    cr_assert(hr_slice_equal(http->tls.ca_pem, hr_slice_of("CERT\n")));
    cr_assert_eq(http->retry.attempts_max, 2);
    cr_assert_eq(http->breaker.failures_max, UINT32_MAX);
    cr_assert_eq(http->breaker.open_ms, 2000);
    cr_assert_eq(http->redirects.max, 3);
    fixture_free(&fixture);
}

Test(option_tables, http_server) {
    struct fixture fixture = load("server: {listen: '127.0.0.1:0', connections_max: 5, "
                                  "body_size_max: 1MiB, idle_timeout: none}\n");
    const struct hr_http_server_options *server = &values(&fixture)->server;
    cr_assert_str_eq(server->listen, "127.0.0.1:0");
    cr_assert_eq(server->connections_max, 5);
    cr_assert_eq(server->body_bytes_max, 1 << 20);
    cr_assert_eq(server->idle_timeout_ms, HR_NO_TIMEOUT);
    fixture_free(&fixture);
}

Test(option_tables, s3_client) {
    struct fixture fixture =
        load("s3: {endpoint: 'http://127.0.0.1:9000', region: eu-west-1, access_key: a, "
             "secret_key: b, addressing: path, payload: unsigned, timeout: 1m, pool: "
             "{connections_max: 3}, retry: {attempts_max: 1}}\n");
    const struct hr_s3_client_options *s3 = &values(&fixture)->s3;
    cr_assert_str_eq(s3->endpoint, "http://127.0.0.1:9000");
    cr_assert_str_eq(s3->secret_key, "b");
    cr_assert_eq(s3->addressing, HR_S3_ADDRESSING_PATH);
    cr_assert_eq(s3->payload, HR_S3_PAYLOAD_UNSIGNED);
    cr_assert_eq(s3->http.timeout_ms, 60000);
    cr_assert_eq(s3->http.pool.connections_max, 3);
    cr_assert(hr_config_is_secret(hr_config_find(fixture.config, "s3.secret_key")));
    fixture_free(&fixture);
}

Test(option_tables, options_that_mean_nothing_to_s3_are_unknown_keys) {
    struct fixture fixture = load("s3:\n  base_url: http://x/\n  retry:\n    budget_percent: 3\n");
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 2, 3, "there is no such key"));
    cr_assert(fixture_says(&fixture, 4, 5, "there is no such key"));
    fixture_free(&fixture);
}

Test(option_tables, log_and_its_sinks) {
    struct fixture fixture = load("log: {name: x, level: debug, ring_size: 64KiB, redacted: [pin, "
                                  "'*_key'], full: wait, sync_level: ERROR, sinks: [{kind: file, "
                                  "path: /tmp/x.log, mode: 0o600, rotate_size: 1MiB, "
                                  "rotate_interval: 1h, time_digits: 6, compression: gzip}, {kind: "
                                  "stderr, format: json}]}\n");
    const struct hr_log_options *log = &values(&fixture)->log;
    cr_assert_eq(log->level, HR_LOG_DEBUG);
    cr_assert_eq(log->ring_bytes, 65536);
    cr_assert_eq(log->redacted_count, 2);
    cr_assert_str_eq(log->redacted[1], "*_key");
    cr_assert_eq(log->full, HR_LOG_FULL_WAIT);
    cr_assert_eq(log->sync_level, HR_LOG_ERROR);
    cr_assert_eq(log->sink_count, 2);
    cr_assert_eq(log->sinks[0].kind, HR_LOG_SINK_FILE);
    cr_assert_eq(log->sinks[0].mode, 0600);
    cr_assert_eq(log->sinks[0].rotate_bytes, 1 << 20);
    cr_assert_eq(log->sinks[0].rotate_s, 3600);
    cr_assert_eq(log->sinks[0].time_digits, 6);
    cr_assert_eq(log->sinks[0].compression, HR_LOG_COMPRESSION_GZIP);
    cr_assert_eq(log->sinks[1].format, HR_LOG_FORMAT_JSON);
    fixture_free(&fixture);
}

Test(option_tables, zero_is_refused_where_it_would_mean_the_default) {
    struct fixture fixture =
        load("http:\n  timeout: 0\n  pool:\n    connections_max: 0\nengine:\n  reactors: 0\n");
    cr_assert_eq(hr_config_problems_count(fixture.problems), 3);
    cr_assert(fixture_says(&fixture, 2, 12, "ms, or none"));
    cr_assert(fixture_says(&fixture, 4, 22, "from 1 to"));
    fixture_free(&fixture);
}

/* What the table lets through, the part takes: bounds are those of the part. */
Test(option_tables, the_largest_values_of_the_table_are_taken_by_the_engine) {
    struct fixture fixture = load("engine: {reactors: 1, ring_entries: 32768, requests_max: "
                                  "4294967295, spin: 1ms, buffer_size: 1MiB, buffer_count: 1}\n");
    hr_engine *engine = NULL;
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&values(&fixture)->engine, &error, &engine), 0, "%s", error.message);
    hr_engine_close(engine, NULL, NULL);
    fixture_free(&fixture);
}

Test(option_tables, the_largest_values_of_the_table_are_taken_by_a_client) {
    struct fixture fixture = load(
        "http: {timeout: none, pool: {connections_max: 4294967295, connections_per_origin_max: "
        "4294967295, queue_max: 4294967295, lifetime: none, idle_timeout: none, keepalive: none}, "
        "retry: {attempts_max: 4294967294, budget_percent: 1000}, hedge: {quantile_percent: 99}, "
        "rate: {attempts_per_second_max: 1000000, burst: 1000000, "
        "bandwidth_max: 1000GB}, resolver: {tries: 10}, "
        "breaker: {failures_max: 536870911, probes_max: 536870911, calls_min: 536870911, "
        "failure_rate_percent: 100, slow_call_time: 1s, slow_rate_percent: 100}, response: "
        "{head_size_max: 4294967295, head_fields_max: 4294967295}}\n");
    hr_engine *engine = NULL;
    hr_http_client *client = NULL;
    struct hr_error error = {0};
    const struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0);
    cr_assert_eq(hr_http_client_new(engine, &values(&fixture)->http, &error, &client), 0, "%s",
                 error.message);
    hr_http_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    fixture_free(&fixture);
}
