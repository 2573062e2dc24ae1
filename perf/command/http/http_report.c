/* The output of `headrace http --json`. */
#include <arpa/inet.h>
#include <string.h>

#include "http_call.h"
#include "json_put.h"

static void put_ms(struct hr_json_writer *json, const char *key, uint64_t ns) {
    json_put_double(json, key, (double)ns / 1e6, 3);
}

static void put_timings(struct hr_json_writer *json, const struct hr_timings *timings) {
    json_put_object(json, "timings");
    put_ms(json, "queue_ms", timings->queue_ns);
    put_ms(json, "resolve_ms", timings->resolve_ns);
    put_ms(json, "connect_ms", timings->connect_ns);
    put_ms(json, "tls_ms", timings->tls_ns);
    put_ms(json, "first_byte_ms", timings->first_byte_ns);
    put_ms(json, "body_ms", timings->body_ns);
    put_ms(json, "total_ms", timings->total_ns);
    hr_json_end(json);
}

/* Null where no response came. */
static void put_status(struct hr_json_writer *json, int status) {
    hr_json_key(json, "status");
    if (status)
        hr_json_u64(json, (uint64_t)status);
    else
        hr_json_null(json);
}

static void put_attempts(struct hr_json_writer *json, const struct hr_request *request) {
    json_put_u64(json, "attempts", request->attempts);
    json_put_array(json, "attempt_log");
    for (uint32_t i = 0; i < request->attempts && i < request->attempt_log_size; i++) {
        const struct hr_attempt *attempt = &request->attempt_log[i];
        hr_json_object(json);
        json_put_text(json, "result", attempt->result ? hr_error_name(attempt->result) : NULL);
        put_status(json, attempt->status);
        put_ms(json, "backoff_ms", attempt->backoff_ns);
        put_timings(json, &attempt->timings);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_head(struct hr_json_writer *json, const struct http_heads *heads) {
    struct hr_http_field field;
    json_put_array(json, "headers");
    for (size_t at = 0; http_heads_next(heads, &at, &field);) {
        hr_json_object(json);
        json_put_string(json, "name", field.name);
        json_put_string(json, "value", field.value);
        hr_json_end(json);
    }
    hr_json_end(json);
}

unsigned http_peer(const struct sockaddr_storage *peer, char *address, size_t size) {
    *address = '\0';
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *version4 = (const struct sockaddr_in *)(const void *)peer;
        inet_ntop(AF_INET, &version4->sin_addr, address, (socklen_t)size);
        return ntohs(version4->sin_port);
    }
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *version6 = (const struct sockaddr_in6 *)(const void *)peer;
        inet_ntop(AF_INET6, &version6->sin6_addr, address, (socklen_t)size);
        return ntohs(version6->sin6_port);
    }
    return 0;
}

static void put_peer(struct hr_json_writer *json, const struct sockaddr_storage *peer) {
    char address[INET6_ADDRSTRLEN];
    unsigned port = http_peer(peer, address, sizeof address);
    hr_json_key(json, "peer");
    if (!*address) {
        hr_json_null(json);
        return;
    }
    hr_json_object(json);
    json_put_text(json, "address", address);
    json_put_u64(json, "port", port);
    hr_json_end(json);
}

static void put_tls(struct hr_json_writer *json, const struct hr_tls_info *tls) {
    hr_json_key(json, "tls");
    if (!tls->version) {
        hr_json_null(json);
        return;
    }
    hr_json_object(json);
    json_put_text(json, "version", tls->version);
    json_put_text(json, "cipher", tls->cipher);
    json_put_text(json, "alpn", tls->alpn);
    json_put_bool(json, "resumed", tls->resumed);
    hr_json_end(json);
}

void http_report_json(const struct http_call *call, const struct hr_error *error,
                      enum exit_code class) {
    const struct hr_http_request *request = &call->request;
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    json.pretty = true;
    hr_json_object(&json);
    json_put_text(&json, "method", request->method);
    json_put_text(&json, "url", request->url);
    json_put_text(&json, "final_url", *call->urls.final ? call->urls.final : request->url);
    put_status(&json, request->status);
    put_head(&json, &call->response.heads);
    json_put_u64(&json, "redirects", request->redirects.followed);
    json_put_u64(&json, "body_bytes", request->body_bytes);
    json_put_u64(&json, "decoded_bytes", request->decoded_bytes);
    json_put_u64(&json, "sent_bytes", request->sent_bytes);
    json_put_text(&json, "output",
                  call->response.target.path[0] ? call->response.target.path : NULL);
    put_peer(&json, &request->connection.peer);
    json_put_bool(&json, "reused", request->connection.reused);
    put_tls(&json, &request->connection.tls);
    put_ms(&json, "total_ms", request->request.total_ns);
    put_timings(&json, &request->request.timings);
    put_attempts(&json, &request->request);
    hr_json_key(&json, "error");
    if (error->code) {
        hr_json_object(&json);
        output_error_json(&json, error, class);
        hr_json_end(&json);
    } else {
        hr_json_null(&json);
    }
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}
