/* -v: nothing secret, nothing that could steer a terminal. */
#include "http_fixture.h"

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {name, sizeof name - 1}, {                                                                 \
            value, sizeof value - 1                                                                \
        }                                                                                          \
    }

Test(http_verbose, heads_that_come) {
    static const struct hr_http_field fields[] = {
        FIELD("Server", "x\x1b[31m\x7f"), FIELD("Set-Cookie", "id=secret"),
        FIELD("x-amz-security-token", "secret"), FIELD("X-API-Key", "secret"),
        FIELD("WWW-Authenticate", "Basic realm=\"r\"")};
    const struct hr_http_head head = {.status = 401,
                                      .minor_version = 1,
                                      .reason = hr_slice_of("No\tentry"),
                                      .fields = fields,
                                      .field_count = COUNT(fields)};
    CAPTURE(http_verbose_head(&head));
    cr_expect_str_eq(captured_err, "< HTTP/1.1 401 No\\x09entry\n"
                                   "< Server: x\\x1B[31m\\x7F\n"
                                   "< Set-Cookie: [redacted]\n"
                                   "< x-amz-security-token: [redacted]\n"
                                   "< X-API-Key: [redacted]\n"
                                   "< WWW-Authenticate: Basic realm=\"r\"\n"
                                   "<\n");
    cr_expect_str_eq(captured_out, "");
    CAPTURE(http_verbose_trailers(fields + 1, 1));
    cr_expect_str_eq(captured_err, "* Trailers:\n< Set-Cookie: [redacted]\n");
}

Test(http_verbose, heads_that_are_sent) {
    static const char sent[] = "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\n"
                               "Proxy-Authorization: secret-without-scheme\r\nCookie: a=secret\r\n"
                               "Empty:\r\n\r\n";
    HTTP_BEGIN("--unix-socket", "/run/x.sock", "h");
    const struct hr_http_attempt attempt = {.head = hr_slice_bytes(sent, sizeof sent - 1)};
    CAPTURE(http_verbose_attempt(http, &attempt));
    cr_expect_str_eq(captured_err, "* Connected to /run/x.sock\n"
                                   "> GET /a HTTP/1.1\n"
                                   "> Host: h\n"
                                   "> Authorization: Basic [redacted]\n"
                                   "> Proxy-Authorization: [redacted]\n"
                                   "> Cookie: [redacted]\n"
                                   "> Empty: \n"
                                   "> \n");
    http->request.connection.reused = true;
    CAPTURE(http_verbose_attempt(http, &attempt));
    cr_expect_eq(strncmp(captured_err, "* Reusing the connection to /run/x.sock\n", 40), 0, "%s",
                 captured_err);
    http_end();
}

Test(http_verbose, a_head_that_is_cut_is_shown_as_far_as_its_lines_go) {
    HTTP_BEGIN("h");
    const struct hr_http_attempt attempt = {.head = hr_slice_of("GET / HTTP/1.1\r\nHost")};
    CAPTURE(http_verbose_attempt(http, &attempt));
    cr_expect_str_eq(captured_err, "> GET / HTTP/1.1\n");
    http_end();
}

Test(http_verbose, certificates) {
    const struct hr_tls_certificate certificate = {.subject = "CN=h\n",
                                                   .issuer = "CN=ca",
                                                   .names = "h",
                                                   .not_before = "2026-01-01",
                                                   .not_after = "2027-01-01"};
    HTTP_BEGIN("h");
    http->request.connection.tls = (struct hr_tls_info){
        .version = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256", .alpn = "http/1.1"};
    const struct hr_http_attempt attempt = {.certificate = &certificate};
    CAPTURE(http_verbose_attempt(http, &attempt));
    cr_expect_not_null(strstr(captured_err, "* TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN http/1.1\n"),
                       "%s", captured_err);
    cr_expect_not_null(strstr(captured_err, "*   subject: CN=h\\x0A\n"), "%s", captured_err);
    cr_expect_not_null(strstr(captured_err, "*   valid until: 2027-01-01\n"), "%s", captured_err);
    http_end();
}
