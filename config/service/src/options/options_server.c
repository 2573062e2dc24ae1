/* The options of an HTTP server. */
#include <headrace/http_server.h>

#include "option_rows.h"

#define SERVER struct hr_http_server_options

static const struct hr_config_field fields[] = {
    HR_FIELD(SERVER, listen, HR_STRING, .restart = true, .length_min = 1,
             .doc =
                 "ADDRESS:PORT or [V6]:PORT, of which port 0 lets the kernel pick; 127.0.0.1:0."),
    HR__COUNT("backlog", SERVER, backlog, INT32_MAX, .restart = true,
              .doc = "Connections that wait to be accepted; 4096."),
    HR__COUNT("connections_max", SERVER, connections_max, UINT32_MAX, .restart = true,
              .doc = "Connections; further ones are answered 503; 16384."),
    HR__BYTES("head_size_max", SERVER, head_bytes_max, UINT32_MAX, .restart = true,
              .doc = "Of a request's head; 64KiB."),
    HR__COUNT("head_fields_max", SERVER, head_fields_max, UINT32_MAX, .restart = true,
              .doc = "Header fields; 128."),
    HR__BYTES("body_size_max", SERVER, body_bytes_max, HR__BYTES_MAX, .restart = true,
              .doc = "Of a request's body; 5GiB."),
    HR__TIMEOUT("head_timeout", SERVER, head_timeout_ms, .restart = true,
                .doc = "From the first byte of a head to its end; 10s."),
    HR__TIMEOUT("stall_timeout", SERVER, stall_timeout_ms, .restart = true,
                .doc = "No byte either way during a body; 30s."),
    HR__TIMEOUT("idle_timeout", SERVER, idle_timeout_ms, .restart = true,
                .doc = "Between requests; 1m."),
    HR__BYTES("body_rate_min", SERVER, body_rate_min, UINT32_MAX, .restart = true,
              .doc = "Bytes a second that a body reaches; 256."),
    HR__TIMEOUT("body_grace", SERVER, body_grace_ms, .restart = true,
                .doc = "From when on it has to; 10s, and with none no rate is asked for."),
    HR_FIELD(SERVER, tls, HR_STRUCT, .schema = &hr_tls_server_schema,
             .doc = "With a certificate all connections are TLS."),
    HR__TIMEOUT("handshake_timeout", SERVER, handshake_timeout_ms, .restart = true,
                .doc = "The TLS handshake; 10s."),
    HR__TIMEOUT("close_timeout", SERVER, close_timeout_ms, .restart = true,
                .doc = "Requests in progress when the server closes; 5s."),
};

const struct hr_config_schema hr_http_server_schema = {
    .title = "server", HR_FIELDS(fields), .size = sizeof(SERVER)};
