/* One of a name's two addresses fails: it is left for a while. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "needs_kernel.h"
#include "tls_certs.h"

static struct {
    hr_engine *engine;
    hr_http_client *client;
    hr_http_server *servers[2]; /* 127.0.0.1 and 127.0.0.2; NULL: nobody listens */
    int status[2];
    unsigned asked[2], closed;
    char url[64];
} two;

static void respond(hr_http_exchange *exchange, unsigned index) {
    two.asked[index]++;
    struct hr_http_response response = {.status = two.status[index],
                                        .body = hr_source_bytes("text", 4)};
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static void on_first(void *user, hr_http_exchange *exchange) {
    (void)user;
    respond(exchange, 0);
}

static void on_second(void *user, hr_http_exchange *exchange) {
    (void)user;
    respond(exchange, 1);
}

static void open_server(unsigned index, struct hr_http_server_options options) {
    struct hr_error error = {0};
    options.on_request = index ? on_second : on_first;
    cr_assert_eq(hr_http_server_new(two.engine, &options, &error, &two.servers[index]), 0, "%s",
                 error.message);
}

static void open_client(struct hr_http_client_options options) {
    char *hosts = tls_file("hosts", "127.0.0.1 two.test\n127.0.0.2 two.test\n");
    struct hr_error error = {0};
    options.resolver.hosts_file = hosts;
    options.no_breaker = true;
    options.retry.attempts_max = HR_NO_RETRY;
    cr_assert_eq(hr_http_client_new(two.engine, &options, &error, &two.client), 0, "%s",
                 error.message);
    free(hosts);
}

static void open_two(struct hr_http_ejection_options ejection, bool tls, bool both) {
    struct tls_cert ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    struct tls_cert leaf = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "leaf", .alt_names = "DNS:two.test", .issuer = &ca});
    char *certificate = tls_file("leaf.pem", leaf.pem), *key = tls_file("key.pem", leaf.key_pem);
    struct hr_engine_options engine = {.mode = HR_ENGINE_CALLER};
    struct hr_http_server_options server = {.listen = NULL};
    struct hr_http_client_options client = {.ejection = ejection};
    char listen[32];
    memset(&two, 0, sizeof two);
    two.status[0] = two.status[1] = 200;
    if (tls) {
        server.tls.certificate_file = certificate;
        server.tls.key_file = key;
        client.tls.ca_pem = hr_slice_of(ca.pem);
    }
    cr_assert_eq(hr_engine_new(&engine, NULL, &two.engine), 0);
    open_server(0, server);
    unsigned port = hr_http_server_port(two.servers[0]);
    snprintf(listen, sizeof listen, "127.0.0.2:%u", port);
    server.listen = listen;
    if (both) open_server(1, server);
    snprintf(two.url, sizeof two.url, "%s://two.test:%u/", tls ? "https" : "http", port);
    open_client(client);
    free(certificate);
    free(key);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
}

static struct hr_http_client_metrics metrics(void) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(two.client, &metrics);
    return metrics;
}

static void count_closed(void *user) {
    (void)user;
    two.closed++;
}

static void close_two(void) {
    unsigned parts = 1;
    hr_http_client_close(two.client, count_closed, NULL);
    while (two.closed < parts) hr_engine_poll(two.engine, 100);
    for (unsigned i = 0; i < 2; i++) {
        if (!two.servers[i]) continue;
        hr_http_server_close(two.servers[i], count_closed, NULL);
        parts++;
    }
    while (two.closed < parts) hr_engine_poll(two.engine, 100);
    cr_assert_eq(hr_engine_close(two.engine, NULL, NULL), 0);
}

/* The status, or the error. `close`: over a connection of its own. */
static int ask(bool close) {
    struct hr_http_request request = {.url = two.url, .close = close};
    cr_assert_eq(hr_http_request_start(two.client, &request), 0);
    int result = hr_wait(&request.request);
    return result < 0 ? result : request.status;
}

static void fails_and_is_left(bool tls) {
    open_two((struct hr_http_ejection_options){.failures_max = 3, .time_ms = 60000}, tls, true);
    two.status[1] = 500;
    unsigned bad = 0;
    for (int i = 0; i < 20; i++) bad += ask(true) == 500;
    cr_assert_eq(bad, 3, "%u", bad);
    cr_assert_eq(two.asked[1], 3);
    cr_assert_eq(two.asked[0], 17);
    cr_assert_eq(metrics().addresses_ejected, 1);
    close_two();
}

Test(http_ejection, an_address_that_fails_is_left) {
    NEEDS_KERNEL("two addresses");
    fails_and_is_left(false);
}

Test(http_ejection, an_address_that_fails_is_left_over_tls) {
    NEEDS_KERNEL("two addresses");
    fails_and_is_left(true);
}

/* A kept connection to it is closed when it would be used next. */
Test(http_ejection, kept_connections_to_it_are_left_too) {
    NEEDS_KERNEL("two addresses");
    open_two((struct hr_http_ejection_options){.failures_max = 3, .time_ms = 60000}, false, true);
    ask(false);
    unsigned first = two.asked[1] > 0, asked = two.asked[1 - first];
    two.status[first] = 500;
    for (int i = 0; i < 3; i++) cr_assert_eq(ask(false), 500);
    for (int i = 0; i < 5; i++) cr_assert_eq(ask(false), 200);
    cr_assert_eq(two.asked[1 - first], asked + 5);
    cr_assert_eq(metrics().connections_opened, 2);
    cr_assert_eq(metrics().connections_open, 1);
    close_two();
}

/* It is asked again once its time is over. */
Test(http_ejection, it_is_back_after_its_time) {
    NEEDS_KERNEL("two addresses");
    open_two((struct hr_http_ejection_options){.failures_max = 1, .time_ms = 50}, false, true);
    two.status[1] = 500;
    while (metrics().addresses_ejected == 0) ask(true);
    two.status[1] = 200;
    unsigned asked = two.asked[1];
    while (two.asked[1] == asked) cr_assert_eq(ask(true), 200);
    close_two();
}

/* Nobody listens at one address: after three times it is not tried first any more. */
Test(http_ejection, one_that_takes_no_connection_is_left) {
    NEEDS_KERNEL("two addresses");
    open_two((struct hr_http_ejection_options){.failures_max = 3, .time_ms = 60000}, false, false);
    for (int i = 0; i < 10; i++) cr_assert_eq(ask(true), 200);
    cr_assert_eq(metrics().addresses_ejected, 1);
    close_two();
}

/* Both fail: one is still asked, and the one that is out is tried where that takes no connection.
 */
Test(http_ejection, the_last_one_stays) {
    NEEDS_KERNEL("two addresses");
    open_two((struct hr_http_ejection_options){.failures_max = 2, .time_ms = 60000}, false, true);
    two.status[0] = two.status[1] = 502;
    for (int i = 0; i < 12; i++) cr_assert_eq(ask(true), 502);
    cr_assert_eq(metrics().addresses_ejected, 1);
    unsigned out = two.asked[1] < two.asked[0];
    two.status[out] = 200;
    hr_http_server_close(two.servers[1 - out], count_closed, NULL);
    while (two.closed < 1) hr_engine_poll(two.engine, 100);
    two.servers[1 - out] = NULL;
    two.closed = 0;
    cr_assert_eq(ask(true), 200);
    cr_assert_eq(ask(true), 200);
    close_two();
}

Test(http_ejection, none_is_left_unless_it_is_asked_for) {
    NEEDS_KERNEL("two addresses");
    open_two((struct hr_http_ejection_options){.failures_max = 0}, false, true);
    two.status[1] = 500;
    for (int i = 0; i < 20; i++) ask(true);
    cr_assert_eq(two.asked[1], 10);
    cr_assert_eq(metrics().addresses_ejected, 0);
    close_two();
}

Test(http_ejection, options_that_cannot_be_used_are_named) {
    static const struct {
        struct hr_http_ejection_options options;
        const char *named;
    } rows[] = {{{.time_ms = 1}, "ejection.time_ms is 1, without ejection.failures_max"},
                {{.time_max_ms = 2}, "ejection.time_max_ms is 2, without ejection.failures_max"},
                {{.failures_max = 1, .time_max_ms = 29999}, "ejection.time_max_ms is 29999, less"}};
    hr_engine *engine;
    struct hr_engine_options caller = {.mode = HR_ENGINE_CALLER};
    cr_assert_eq(hr_engine_new(&caller, NULL, &engine), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_client_options options = {.ejection = rows[i].options};
        struct hr_error error = {0};
        hr_http_client *client;
        cr_assert_eq(hr_http_client_new(engine, &options, &error, &client), -EINVAL);
        cr_assert(strstr(error.message, rows[i].named), "%s", error.message);
    }
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
