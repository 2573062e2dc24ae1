/* -v: the connection, its TLS, what is sent and what comes, on standard error and without secrets.
 */
#include <arpa/inet.h>
#include <string.h>

#include "http_call.h"

static const char *const secret_fields[] = {"Cookie", "Set-Cookie", "X-Amz-Security-Token",
                                            "X-Auth-Token", "X-Api-Key"};

static bool is_one_of(struct hr_slice name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(names[i]))) return true;
    return false;
}

/* Control bytes must not reach a terminal. */
static void put(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7f)
            fprintf(stderr, "\\x%02X", byte);
        else
            fputc(byte, stderr);
    }
}

/* The scheme of credentials is shown, the rest is not. */
static void put_value(struct hr_slice name, struct hr_slice value) {
    static const char *const credentials[] = {"Authorization", "Proxy-Authorization"};
    bool has_scheme = is_one_of(name, credentials, 2);
    if (!has_scheme &&
        !is_one_of(name, secret_fields, sizeof secret_fields / sizeof *secret_fields)) {
        put(value);
        return;
    }
    const char *blank = has_scheme && value.size ? memchr(value.data, ' ', value.size) : NULL;
    if (blank) put(hr_slice_bytes(value.data, (size_t)(blank + 1 - value.data)));
    fputs("[redacted]", stderr);
}

static void put_field(char mark, struct hr_slice name, struct hr_slice value) {
    fprintf(stderr, "%c ", mark);
    put(name);
    fputs(": ", stderr);
    put_value(name, value);
    fputc('\n', stderr);
}

/* A head as it goes out: a first line, fields, an empty line. */
static void put_sent_head(struct hr_slice head) {
    const char *at = head.data, *end = head.data + head.size;
    for (bool first = true; at < end; first = false) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        if (!stop) return;
        const char *colon = memchr(at, ':', (size_t)(stop - at));
        if (first || !colon) {
            fputs("> ", stderr);
            put(hr_slice_bytes(at, (size_t)(stop - at)));
            fputc('\n', stderr);
        } else {
            const char *value = colon + 1 + (colon[1] == ' ');
            put_field('>', hr_slice_bytes(at, (size_t)(colon - at)),
                      hr_slice_bytes(value, (size_t)(stop - value)));
        }
        at = stop + 2;
    }
}

static void put_connection(const struct http_call *call) {
    const struct hr_http_request *request = &call->request;
    char address[INET6_ADDRSTRLEN] = "";
    unsigned port = http_peer(&request->connection.peer, address, sizeof address);
    const char *verb = request->connection.reused ? "Reusing the connection to" : "Connected to";
    if (*address)
        fprintf(stderr, "* %s %s port %u\n", verb, address, port);
    else if (call->values->network.unix_socket)
        fprintf(stderr, "* %s %s\n", verb, call->values->network.unix_socket);
}

static void put_tls(const struct hr_tls_info *tls, const struct hr_tls_certificate *certificate) {
    if (!tls->version) return;
    fprintf(stderr, "* %s, %s%s%s%s\n", tls->version, tls->cipher, tls->alpn ? ", ALPN " : "",
            tls->alpn ? tls->alpn : "", tls->resumed ? ", resumed" : "");
    if (!certificate) return;
    const struct {
        const char *label, *value;
    } rows[] = {{"subject", certificate->subject},
                {"issuer", certificate->issuer},
                {"names", certificate->names},
                {"valid from", certificate->not_before},
                {"valid until", certificate->not_after}};
    fputs("* Certificate of the server:\n", stderr);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fprintf(stderr, "*   %s: ", rows[i].label);
        put(hr_slice_of(rows[i].value));
        fputc('\n', stderr);
    }
}

void http_verbose_attempt(const struct http_call *call, const struct hr_http_attempt *attempt) {
    put_connection(call);
    if (!call->request.connection.reused)
        put_tls(&call->request.connection.tls, attempt->certificate);
    put_sent_head(attempt->head);
}

void http_verbose_head(const struct hr_http_head *head) {
    fprintf(stderr, "< HTTP/1.%u %d ", head->minor_version, head->status);
    put(head->reason);
    fputc('\n', stderr);
    for (size_t i = 0; i < head->field_count; i++)
        put_field('<', head->fields[i].name, head->fields[i].value);
    fputs("<\n", stderr);
}

void http_verbose_trailers(const struct hr_http_field *fields, size_t count) {
    fputs("* Trailers:\n", stderr);
    for (size_t i = 0; i < count; i++) put_field('<', fields[i].name, fields[i].value);
}
