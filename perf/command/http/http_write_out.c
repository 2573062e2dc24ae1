/* -w: a line of the caller's own, with the %{variables} of curl. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#include "http_call.h"

#define NAME_MAX_SIZE 64
#define NS_A_S        1e9

/* The facts of one transfer. */
struct facts {
    const struct http_call *call;
    const struct hr_error *error;
    int exit_code;
    FILE *out;
    bool over; /* nothing more is written: %{onerror} */
};

/* Phases add up, as curl's do; what went before the last attempt is time_redirect. */
static bool put_time(const struct facts *facts, const char *name) {
    const struct hr_http_request *request = &facts->call->request;
    const struct hr_timings *timings = &request->request.timings;
    uint64_t lookup = timings->queue_ns + timings->resolve_ns;
    uint64_t connect = lookup + timings->connect_ns, tls = connect + timings->tls_ns;
    uint64_t total = request->request.total_ns;
    uint64_t before = total > timings->total_ns ? total - timings->total_ns : 0;
    const struct {
        const char *name;
        uint64_t ns;
    } rows[] = {
        {"time_namelookup", lookup},
        {"time_connect", connect},
        {"time_appconnect", request->connection.tls.version ? tls : 0},
        {"time_pretransfer", tls},
        {"time_starttransfer", tls + timings->first_byte_ns},
        {"time_redirect", request->redirects.followed ? before : 0},
        {"time_total", total},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        fprintf(facts->out, "%.6f", (double)rows[i].ns / NS_A_S);
        return true;
    }
    return false;
}

static uint64_t per_second(uint64_t bytes, uint64_t ns) {
    return ns ? (uint64_t)((double)bytes * NS_A_S / (double)ns) : 0;
}

static uint64_t count_fields(const struct http_heads *heads) {
    struct hr_http_field field;
    uint64_t count = 0;
    for (size_t at = 0; http_heads_next(heads, &at, &field);) count++;
    return count;
}

static bool put_number(const struct facts *facts, const char *name) {
    const struct http_call *call = facts->call;
    const struct hr_http_request *request = &call->request;
    uint64_t ns = request->request.total_ns, heads = call->response.heads.size;
    char address[INET6_ADDRSTRLEN] = "";
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"size_download", request->body_bytes},
        {"size_upload", request->sent_bytes},
        {"size_header", call->response.heads.complete ? heads + 2 : heads},
        {"size_request", call->totals.sent_head_bytes + request->sent_bytes},
        {"speed_download", per_second(request->body_bytes, ns)},
        {"speed_upload", per_second(request->sent_bytes, ns)},
        {"num_redirects", request->redirects.followed},
        {"num_connects", call->totals.connects},
        {"num_headers", count_fields(&call->response.heads)},
        {"urlnum", call->urls.index},
        {"remote_port", http_peer(&request->connection.peer, address, sizeof address)},
        {"exitcode", (uint64_t)facts->exit_code},
        {"ssl_verify_result", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        fprintf(facts->out, "%" PRIu64, rows[i].value);
        return true;
    }
    return false;
}

static void put_slice(const struct facts *facts, struct hr_slice text) {
    if (text.size) fwrite(text.data, 1, text.size, facts->out);
}

/* The URL that a redirect leads to which was not followed. */
static void put_redirect_url(const struct facts *facts, const char *base) {
    struct hr_slice location = http_heads_field(&facts->call->response.heads, "Location");
    char url[HTTP_URL_SIZE];
    size_t size = 0;
    if (facts->call->response.status / 100 != 3 || !location.data) return;
    if (hr_url_resolve(&(struct hr_url_reference){hr_slice_of(base), location}, NULL, url,
                       sizeof url, &size) == 0)
        put_slice(facts, hr_slice_bytes(url, size));
}

static bool put_text(const struct facts *facts, const char *name) {
    const struct http_call *call = facts->call;
    const struct hr_http_request *request = &call->request;
    const char *final = *call->urls.final ? call->urls.final : request->url;
    char address[INET6_ADDRSTRLEN] = "";
    if (strcmp(name, "http_code") == 0 || strcmp(name, "response_code") == 0)
        fprintf(facts->out, "%03d", request->status);
    else if (strcmp(name, "http_version") == 0)
        fputs(call->response.http10 ? "1.0" : request->status ? "1.1" : "0", facts->out);
    else if (strcmp(name, "url") == 0)
        fputs(request->url, facts->out);
    else if (strcmp(name, "url_effective") == 0)
        fputs(final, facts->out);
    else if (strcmp(name, "method") == 0)
        fputs(request->method, facts->out);
    else if (strcmp(name, "scheme") == 0)
        fputs(strncmp(final, "https", 5) == 0 ? "HTTPS" : "HTTP", facts->out);
    else if (strcmp(name, "content_type") == 0)
        put_slice(facts, http_heads_field(&call->response.heads, "Content-Type"));
    else if (strcmp(name, "redirect_url") == 0)
        put_redirect_url(facts, final);
    else if (strcmp(name, "referer") == 0)
        fputs(call->values->request.referer ? call->values->request.referer : "", facts->out);
    else if (strcmp(name, "filename_effective") == 0)
        fputs(call->response.target.path, facts->out);
    else if (strcmp(name, "errormsg") == 0)
        fputs(facts->exit_code ? facts->error->message : "", facts->out);
    else if (strcmp(name, "remote_ip") == 0 &&
             http_peer(&request->connection.peer, address, sizeof address))
        fputs(address, facts->out);
    else
        return strcmp(name, "remote_ip") == 0;
    return true;
}

static bool steer(struct facts *facts, const char *name) {
    if (strcmp(name, "stdout") == 0)
        facts->out = stdout;
    else if (strcmp(name, "stderr") == 0)
        facts->out = stderr;
    else if (strcmp(name, "onerror") == 0)
        facts->over = facts->exit_code == 0;
    else
        return false;
    return true;
}

/* Reads "{name}" behind `at`; false: it is not one, or a longer one than any. */
static bool read_name(const char *at, char name[NAME_MAX_SIZE], size_t *size) {
    const char *close = *at == '{' ? strchr(at, '}') : NULL;
    if (!close || (size_t)(close - at) > NAME_MAX_SIZE) return false;
    snprintf(name, NAME_MAX_SIZE, "%.*s", (int)(close - at - 1), at + 1);
    *size = (size_t)(close + 1 - at);
    return true;
}

/* The variable behind a '%'; the bytes it took. */
static size_t put_variable(struct facts *facts, const char *at) {
    char name[NAME_MAX_SIZE];
    size_t size;
    if (*at == '%') {
        fputc('%', facts->out);
        return 1;
    }
    if (strncmp(at, "header", 6) == 0 && read_name(at + 6, name, &size)) {
        put_slice(facts, http_heads_field(&facts->call->response.heads, name));
        return size + 6;
    }
    if (!read_name(at, name, &size)) {
        fputc('%', facts->out);
        return 0;
    }
    if (!steer(facts, name) && !put_time(facts, name) && !put_number(facts, name) &&
        !put_text(facts, name))
        output_complain("http: --write-out: there is no value for the variable '%s'", name);
    return size;
}

static size_t put_escape(const struct facts *facts, const char *at) {
    const char *known = *at ? strchr("nrt", *at) : NULL;
    if (!known) {
        fputc('\\', facts->out);
        return 0;
    }
    fputc("\n\r\t"[known - "nrt"], facts -> out);
    return 1;
}

void http_write_out(const struct http_call *call, int exit_code, const struct hr_error *error) {
    struct facts facts = {.call = call, .error = error, .exit_code = exit_code, .out = stdout};
    const char *at = call->format.data;
    while (at && *at && !facts.over) {
        char byte = *at++;
        if (byte == '%')
            at += put_variable(&facts, at);
        else if (byte == '\\')
            at += put_escape(&facts, at);
        else
            fputc(byte, facts.out);
    }
}
