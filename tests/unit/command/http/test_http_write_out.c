/* -w: the variables of curl's manual. */
#include "http_fixture.h"

#include <arpa/inet.h>

TestSuite(http_write_out, .init = fixture_open, .fini = fixture_close);

#define HEADS "HTTP/1.1 100 Continue\r\n\r\n"
#define FINAL                                                                                      \
    "HTTP/1.1 301 Moved\r\nContent-Type: text/html\r\nLocation: /new?x=1\r\nSet-Cookie: a=1\r\n"   \
    "set-cookie: b=2\r\n"

static struct hr_error told;

static void answer(const char *format) {
    HTTP_BEGIN("-w", format, "-e", "http://from/", "http://h:81/old");
    cr_assert_eq(byte_buffer_add_text(&http->format, format), 0);
    struct hr_http_request *request = &http->request;
    request->method = "GET";
    request->url = "http://h:81/old";
    request->status = http->response.status = 301;
    request->body_bytes = 1000;
    request->sent_bytes = 20;
    request->redirects.followed = 2;
    request->request.total_ns = 2500000000;
    request->request.timings = (struct hr_timings){.queue_ns = 1000000,
                                                   .resolve_ns = 2000000,
                                                   .connect_ns = 3000000,
                                                   .tls_ns = 4000000,
                                                   .first_byte_ns = 10000000,
                                                   .total_ns = 1500000000};
    struct sockaddr_in *peer = (struct sockaddr_in *)(void *)&request->connection.peer;
    *peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(81)};
    inet_pton(AF_INET, "192.0.2.7", &peer->sin_addr);
    http->response.heads.text = strdup(HEADS FINAL);
    http->response.heads.size = strlen(HEADS FINAL);
    http->response.heads.final_at = strlen(HEADS);
    http->response.heads.complete = true;
    http->totals.sent_head_bytes = 80;
    http->totals.connects = 1;
    http->urls.index = 3;
    snprintf(http->response.target.path, sizeof http->response.target.path, "out.html");
}

static const char *write_out(const char *format, int code) {
    answer(format);
    CAPTURE(http_write_out(http, code, &told));
    http_end();
    return captured_out;
}

Test(http_write_out, variables) {
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"http_code", "301"},
        {"response_code", "301"},
        {"http_version", "1.1"},
        {"url", "http://h:81/old"},
        {"url_effective", "http://h:81/old"},
        {"method", "GET"},
        {"scheme", "HTTP"},
        {"content_type", "text/html"},
        {"redirect_url", "http://h:81/new?x=1"},
        {"referer", "http://from/"},
        {"filename_effective", "out.html"},
        {"remote_ip", "192.0.2.7"},
        {"remote_port", "81"},
        {"size_download", "1000"},
        {"size_upload", "20"},
        {"size_request", "100"},
        {"speed_download", "400"},
        {"speed_upload", "8"},
        {"num_redirects", "2"},
        {"num_connects", "1"},
        {"num_headers", "4"},
        {"urlnum", "3"},
        {"exitcode", "0"},
        {"ssl_verify_result", "0"},
        {"errormsg", ""},
        {"time_namelookup", "0.003000"},
        {"time_connect", "0.006000"},
        {"time_appconnect", "0.000000"}, /* no TLS */
        {"time_pretransfer", "0.010000"},
        {"time_starttransfer", "0.020000"},
        {"time_redirect", "1.000000"},
        {"time_total", "2.500000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char format[64], wanted[64];
        snprintf(format, sizeof format, "<%%{%s}>", rows[i].name);
        snprintf(wanted, sizeof wanted, "<%s>", rows[i].value);
        const char *text = write_out(format, 0);
        cr_expect_str_eq(text, wanted, "%s: %s", rows[i].name, text);
        cr_expect_str_eq(captured_err, "");
    }
}

/* The documented rule of size_header is the bytes received, counted here from the text itself. */
Test(http_write_out, size_of_heads) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%zu", strlen(HEADS FINAL) + 2);
    cr_expect_str_eq(write_out("%{size_header}", 0), wanted);
}

Test(http_write_out, text_around_them) {
    static const struct {
        const char *format, *text;
    } rows[] = {
        {"plain", "plain"},
        {"a\\nb\\tc\\rd", "a\nb\tc\rd"},
        {"100%%", "100%"},
        {"%{http_code}%{http_code}", "301301"},
        {"%", "%"},
        {"%x", "%x"},
        {"%{open", "%{open"},
        {"{http_code}", "{http_code}"},
        {"%header{location}", "/new?x=1"},
        {"%header{SET-COOKIE}", "a=1"},
        {"%header{X-None}!", "!"},
        {"%header", "%header"},
        {"end\\", "end\\"},
        {"%{stderr}gone%{stdout}here", "here"},
        {"a%{onerror}b", "a"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = write_out(rows[i].format, 0);
        cr_expect_str_eq(text, rows[i].text, "%s: %s", rows[i].format, text);
    }
    cr_expect_str_eq(write_out("\\x", 0), "\\x");
}

Test(http_write_out, errors) {
    hr_error_set(&told, HR_ERR_HTTP_TRUNCATED, "it broke off");
    cr_expect_str_eq(write_out("%{exitcode} %{errormsg}%{onerror}!", 1), "1 it broke off!");
    write_out("%{stderr}to standard error", 1);
    cr_expect_str_eq(captured_out, "");
    cr_expect_str_eq(captured_err, "to standard error");
}

Test(http_write_out, a_variable_that_is_not_known_is_told) {
    cr_expect_str_eq(write_out("a%{nonsense}b", 0), "ab");
    cr_expect_not_null(strstr(captured_err, "the variable 'nonsense'"), "%s", captured_err);
    char format[128];
    memset(format, 'n', sizeof format);
    memcpy(format, "%{", 2);
    memcpy(format + 126, "}", 2);
    cr_expect_str_eq(write_out(format, 0), format, "longer than any name");
}

Test(http_write_out, without_an_answer) {
    answer(
        "%{http_code} %{http_version} %{num_headers} %{content_type}|%{redirect_url}|%{remote_ip}");
    http->request.status = http->response.status = 0;
    http->response.heads.complete = false;
    http->response.heads.size = 0;
    memset(&http->request.connection.peer, 0, sizeof http->request.connection.peer);
    CAPTURE(http_write_out(http, 1, &told));
    cr_expect_str_eq(captured_out, "000 0 0 ||");
    http_end();
}

Test(http_write_out, no_redirect_url_without_a_redirect) {
    answer("%{redirect_url}");
    http->response.status = 200;
    CAPTURE(http_write_out(http, 0, &told));
    cr_expect_str_eq(captured_out, "");
    http_end();
}

Test(http_write_out, the_effective_url_and_its_scheme_are_those_behind_redirects) {
    answer("%{url} %{url_effective} %{scheme} %{redirect_url} %{time_appconnect}");
    snprintf(http->urls.final, sizeof http->urls.final, "https://other/b/c");
    http->request.connection.tls.version = "TLSv1.3";
    CAPTURE(http_write_out(http, 0, &told));
    cr_expect_str_eq(captured_out,
                     "http://h:81/old https://other/b/c HTTPS https://other/new?x=1 0.010000");
    http_end();
}
