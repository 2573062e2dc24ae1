/* The report of a transfer, and its peer. */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <jansson.h>

Test(http_report, peers) {
    struct sockaddr_storage peer = {0};
    char address[INET6_ADDRSTRLEN] = "before";
    cr_expect_eq(http_peer(&peer, address, sizeof address), 0);
    cr_expect_str_eq(address, "");
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)&peer;
    *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(8080)};
    inet_pton(AF_INET, "203.0.113.9", &four->sin_addr);
    cr_expect_eq(http_peer(&peer, address, sizeof address), 8080);
    cr_expect_str_eq(address, "203.0.113.9");
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&peer;
    *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(443)};
    inet_pton(AF_INET6, "2001:db8::1", &six->sin6_addr);
    cr_expect_eq(http_peer(&peer, address, sizeof address), 443);
    cr_expect_str_eq(address, "2001:db8::1");
    peer.ss_family = AF_UNIX;
    cr_expect_eq(http_peer(&peer, address, sizeof address), 0);
    cr_expect_str_eq(address, "");
}

/* The members that docs/command.md names, in any response. */
Test(http_report, the_report) {
    struct hr_error error = {0};
    struct hr_attempt attempts[2] = {{.result = HR_ERR_HTTP_TRUNCATED, .backoff_ns = 1500000},
                                     {.status = 200}};
    HTTP_BEGIN("--json", "http://h/");
    http->request.method = "GET";
    http->request.url = "http://h/";
    http->request.status = 200;
    http->request.body_bytes = 10;
    http->request.decoded_bytes = 30;
    http->request.request.attempts = 2;
    http->request.request.attempt_log = attempts;
    http->request.request.attempt_log_size = 2;
    http->request.request.total_ns = 12345678;
    http->response.heads.text = strdup("HTTP/1.1 200 OK\r\nA: 1\r\nB: x: y\r\nA: \r\n");
    http->response.heads.size = strlen(http->response.heads.text);
    http->response.heads.complete = true;
    CAPTURE(http_report_json(http, &error, EXIT_DONE));
    json_t *json = json_loads(captured_out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(json, "%s", captured_out);
    const char *method, *final;
    int status, body, decoded, tries;
    double total;
    json_t *headers, *log, *failure, *peer, *tls, *output;
    cr_assert_eq(json_unpack(json, "{s:s,s:s,s:i,s:i,s:i,s:i,s:F,s:o,s:o,s:o,s:o,s:o,s:o}",
                             "method", &method, "final_url", &final, "status", &status,
                             "body_bytes", &body, "decoded_bytes", &decoded, "attempts", &tries,
                             "total_ms", &total, "headers", &headers, "attempt_log", &log, "error",
                             &failure, "peer", &peer, "tls", &tls, "output", &output),
                 0, "%s", captured_out);
    cr_expect_str_eq(method, "GET");
    cr_expect_str_eq(final, "http://h/");
    cr_expect(status == 200 && body == 10 && decoded == 30 && tries == 2);
    cr_expect_float_eq(total, 12.346, 1e-9);
    cr_expect(json_is_null(failure) && json_is_null(peer) && json_is_null(tls) &&
              json_is_null(output));
    static const char *const fields[][2] = {{"A", "1"}, {"B", "x: y"}, {"A", ""}};
    cr_assert_eq(json_array_size(headers), 3, "in their order, one that comes twice twice");
    for (size_t i = 0; i < 3; i++) {
        json_t *field = json_array_get(headers, i);
        cr_expect_str_eq(json_string_value(json_object_get(field, "name")), fields[i][0]);
        cr_expect_str_eq(json_string_value(json_object_get(field, "value")), fields[i][1]);
    }
    cr_assert_eq(json_array_size(log), 2);
    json_t *first = json_array_get(log, 0), *second = json_array_get(log, 1);
    cr_expect_str_eq(json_string_value(json_object_get(first, "result")),
                     hr_error_name(HR_ERR_HTTP_TRUNCATED));
    cr_expect(json_is_null(json_object_get(first, "status")), "no response came");
    cr_expect_float_eq(json_real_value(json_object_get(first, "backoff_ms")), 1.5, 1e-9);
    cr_expect(json_is_null(json_object_get(second, "result")));
    cr_expect_eq(json_integer_value(json_object_get(second, "status")), 200);
    json_decref(json);
    http_end();
}

Test(http_report, the_report_of_a_failure) {
    struct hr_error error = {0};
    hr_error_set(&error, HR_ERR_NAME_UNRESOLVED, "no such name");
    HTTP_BEGIN("--json", "http://h/");
    http->request.method = "GET";
    http->request.url = "http://h/";
    CAPTURE(http_report_json(http, &error, EXIT_FAILED));
    json_t *json = json_loads(captured_out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(json, "%s", captured_out);
    json_t *object = json_object_get(json, "error");
    cr_expect(json_is_null(json_object_get(json, "status")));
    cr_expect_eq(json_array_size(json_object_get(json, "headers")), 0);
    cr_expect_str_eq(json_string_value(json_object_get(object, "message")), "no such name");
    cr_expect_str_eq(json_string_value(json_object_get(object, "class")), "failed");
    json_decref(json);
    http_end();
}
