/* The options of HTTP that the S3 client's embed: each works, or is refused by its name. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/s3.h>

#include "needs_kernel.h"
#include "peer.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define GOOD        "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 0\r\n\r\n"
#define BUSY        "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"

static hr_engine *engine;
static hr_s3_client *client;
static struct peer *peer;

static void make_engine(void) {
    struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
}

static void close_all(void) {
    hr_s3_client_close(client, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    if (peer) peer_stop(peer);
}

TestSuite(s3_options, .init = make_engine, .fini = close_all);

static int make(const char *endpoint, const struct hr_http_client_options *http,
                struct hr_error *error) {
    struct hr_s3_client_options options = {.endpoint = endpoint, .anonymous = true, .http = *http};
    return hr_s3_client_new(engine, &options, error, &client);
}

/* Against a peer whose connections all follow the script. */
static void open_all(const struct peer_script *script, struct hr_http_client_options http) {
    struct hr_error error = {0};
    if (!http.retry.backoff_base_ms) http.retry.backoff_base_ms = 1;
    peer = peer_start(script, 1);
    cr_assert_eq(make(peer_url(peer, ""), &http, &error), 0, "%s", error.message);
}

static int run(struct hr_s3_head *head) {
    head->bucket = "b";
    head->key = "k";
    int err = hr_s3_head_start(client, head);
    return err ? err : hr_wait(&head->request);
}

static struct hr_http_client_metrics metrics_of(void) {
    struct hr_http_client_metrics metrics;
    hr_s3_client_metrics_get(client, &metrics);
    return metrics;
}

static const struct peer_script good = {
    {{PEER_HEAD, NULL, 0}, {PEER_SEND, GOOD, 0}, {PEER_REPEAT, NULL, 0}}};
static const struct peer_script silent = {{{PEER_HEAD, NULL, 0}, {PEER_STALL, NULL, 0}}};

/* ---- Refused. */

Test(s3_options, what_means_nothing_to_s3_is_refused) {
    static const struct hr_http_field field = {{"a", 1}, {"b", 1}};
    static const struct {
        struct hr_http_client_options http;
        const char *named;
    } rows[] = {
        {{.base_url = "http://h/"}, "http.base_url "},
        {{.fields = &field, .field_count = 1}, "http.fields "},
        {{.field_count = 1}, "http.fields "},
        {{.auth.bearer = "hush"}, "http.auth "},
        {{.auth.user = "u"}, "http.auth "},
        {{.auth.password = "hush"}, "http.auth "},
        {{.deadline_field = "X-Left"}, "http.deadline_field "},
        {{.redirects.max = 1}, "http.redirects "},
        {{.redirects.downgrade = true}, "http.redirects "},
        {{.response.decoded_bytes_max = 1}, "http.response.decoded_bytes_max "},
        {{.retry.budget_percent = 20}, "http.retry.budget_percent "},
        {{.breaker.failures_max = 5}, "http.breaker "},
        {{.breaker.name = "x"}, "http.breaker "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {0};
        cr_assert_eq(make("http://127.0.0.1:1", &rows[i].http, &error), -EINVAL, "%s",
                     rows[i].named);
        cr_assert_null(client);
        cr_assert_eq(error.code, -EINVAL);
        cr_assert_eq(strncmp(error.message, rows[i].named, strlen(rows[i].named)), 0, "%s",
                     error.message);
        cr_assert(!strstr(error.message, "hush"));
    }
}

/* Nor are those of HTTP's that HTTP itself refuses. */
Test(s3_options, what_http_refuses_is_named_too) {
    static const struct {
        struct hr_http_client_options http;
        const char *named;
    } rows[] = {{{.rate.burst = 1}, "rate.burst"},
                {{.user_agent = "a\r\nb"}, "user_agent"},
                {{.resolver.entry_count = 1}, "resolver.entries"},
                {{.unix_socket = ""}, "unix_socket"},
                {{.proxy.url = "ftp://p"}, "proxy.url"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {0};
        cr_assert_eq(make("http://127.0.0.1:1", &rows[i].http, &error), -EINVAL);
        cr_assert(strstr(error.message, rows[i].named), "%s", error.message);
    }
}

Test(s3_options, reserved_members_are_refused) {
    struct hr_s3_client_options options = {.endpoint = "http://127.0.0.1:1", .anonymous = true};
    struct hr_error error = {0};
    options.reserved[3] = 1;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert(strstr(error.message, "hr_s3_client_options"), "%s", error.message);
    options.reserved[3] = 0;
    options.http.pool.reserved[0] = 1;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), -EINVAL);
    cr_assert(strstr(error.message, "hr_http_pool_options"), "%s", error.message);
    options.http.pool.reserved[0] = 0;
    options.anonymous = false;
    options.access_key = options.secret_key = "k";
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    struct hr_s3_presign_options wanted = {.bucket = "b", .key = "k", .expires_s = 1};
    char url[2048];
    cr_assert_eq(hr_s3_presign(client, &wanted, url, sizeof url), 0);
    wanted.reserved[3] = 1;
    cr_assert_eq(hr_s3_presign(client, &wanted, url, sizeof url), -EINVAL);
}

Test(s3_options, what_is_so_anyway_is_taken) {
    struct hr_http_client_options http = {
        .no_breaker = true, .redirects.max = HR_NO_REDIRECTS, .timeout_ms = HR_NO_TIMEOUT};
    struct hr_error error = {0};
    cr_assert_eq(make("http://127.0.0.1:1", &http, &error), 0, "%s", error.message);
}

/* ---- Time-outs. */

Test(s3_options, the_client_s_time_out_bounds_a_request) {
    NEEDS_KERNEL("a raw peer");
    open_all(&silent, (struct hr_http_client_options){.timeout_ms = 30});
    struct hr_s3_head head = {.request.timeout_ms = 0};
    cr_assert_eq(run(&head), -ETIMEDOUT);
    cr_assert(strstr(head.request.error.message, "30 ms"), "%s", head.request.error.message);
    struct hr_s3_head own = {.request.timeout_ms = 20};
    cr_assert_eq(run(&own), -ETIMEDOUT);
    cr_assert(strstr(own.request.error.message, "20 ms"), "%s", own.request.error.message);
}

/* It is that of all attempts, pauses among them. */
Test(s3_options, a_second_attempt_has_what_the_first_has_left) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD, NULL, 0}, {PEER_SEND, BUSY, 0}, {PEER_HEAD, NULL, 0}, {PEER_STALL, NULL, 0}}};
    open_all(&script, (struct hr_http_client_options){.timeout_ms = 60});
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), -ETIMEDOUT);
    cr_assert_eq(head.request.attempts, 2);
    cr_assert_geq(head.request.total_ns, 60000000);
}

Test(s3_options, no_time_out_is_none) {
    NEEDS_KERNEL("a raw peer");
    open_all(&silent, (struct hr_http_client_options){
                          .timeout_ms = 30,
                          .timeouts.first_byte_timeout_ms = HR_NO_TIMEOUT,
                          .timeouts.stall_timeout_ms = HR_NO_TIMEOUT,
                      });
    struct hr_s3_head patient = {.request.timeout_ms = HR_NO_TIMEOUT, .bucket = "b", .key = "k"};
    struct hr_s3_head other = {.request.timeout_ms = 0};
    cr_assert_eq(hr_s3_head_start(client, &patient), 0);
    cr_assert_eq(run(&other), -ETIMEDOUT);
    hr_cancel(&patient.request);
    cr_assert_eq(hr_wait(&patient.request), -ECANCELED);
}

/* An attempt's time-out ends the attempt, and another follows. */
Test(s3_options, the_first_byte_s_time_out_is_each_attempt_s) {
    NEEDS_KERNEL("a raw peer");
    open_all(&silent, (struct hr_http_client_options){.timeouts.first_byte_timeout_ms = 20,
                                                      .retry.attempts_max = 2});
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), HR_ERR_FIRST_BYTE_TIMEOUT);
    cr_assert_eq(head.request.attempts, 2);
}

Test(s3_options, waiting_for_100_continue) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD, NULL, 0}, {PEER_BODY, NULL, 5}, {PEER_SEND, GOOD, 0}}};
    open_all(&script, (struct hr_http_client_options){.timeouts.expect_timeout_ms = 20});
    struct hr_s3_put put = {
        .bucket = "b", .key = "k", .body = hr_source_bytes("hello", 5), .expect_continue = true};
    cr_assert_eq(hr_s3_put_start(client, &put), 0);
    cr_assert_eq(hr_wait(&put.request), 0, "%s", put.request.error.message);
    cr_assert_lt(put.request.total_ns, UINT64_C(1000000000), "that is the default");
}

/* ---- Connections. */

Test(s3_options, the_queue_has_an_end) {
    NEEDS_KERNEL("a raw peer");
    open_all(&silent,
             (struct hr_http_client_options){.pool.connections_max = 1, .pool.queue_max = 1});
    struct hr_s3_head heads[3] = {0};
    for (int i = 0; i < 2; i++) {
        heads[i].bucket = "b";
        heads[i].key = "k";
        cr_assert_eq(hr_s3_head_start(client, &heads[i]), 0);
    }
    cr_assert_eq(run(&heads[2]), -ENOBUFS);
    cr_assert(strstr(heads[2].request.error.message, "pool.queue_max"), "%s",
              heads[2].request.error.message);
    for (int i = 0; i < 2; i++) {
        hr_cancel(&heads[i].request);
        cr_assert_eq(hr_wait(&heads[i].request), -ECANCELED);
    }
}

/* How many connections so many requests open that nobody answers. */
static uint64_t connections_for(unsigned requests, struct hr_http_pool_options pool) {
    open_all(&silent, (struct hr_http_client_options){.pool = pool});
    static struct hr_s3_head heads[60];
    for (unsigned i = 0; i < requests; i++) {
        heads[i] = (struct hr_s3_head){.bucket = "b", .key = "k"};
        cr_assert_eq(hr_s3_head_start(client, &heads[i]), 0);
    }
    struct hr_http_client_metrics now;
    do now = metrics_of();
    while (now.connections_open + now.waiting < requests);
    uint64_t opened = now.connections_opened;
    for (unsigned i = 0; i < requests; i++) {
        hr_cancel(&heads[i].request);
        hr_wait(&heads[i].request);
    }
    return opened;
}

Test(s3_options, fifty_connections_by_default) {
    NEEDS_KERNEL("a raw peer");
    cr_assert_eq(connections_for(60, (struct hr_http_pool_options){0}), 50);
}

Test(s3_options, connections_to_one_origin) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_pool_options pool = {.connections_max = 9, .connections_per_origin_max = 3};
    cr_assert_eq(connections_for(10, pool), 3);
}

/* It begins at 20. */
Test(s3_options, the_adaptive_limit) {
    NEEDS_KERNEL("a raw peer");
    cr_assert_eq(connections_for(30, (struct hr_http_pool_options){.adaptive_concurrency = true}),
                 20);
}

Test(s3_options, the_rate_limit) {
    NEEDS_KERNEL("a raw peer");
    open_all(&good, (struct hr_http_client_options){
                        .rate = {.attempts_per_second_max = 1, .burst = 1},
                        .timeouts.pool_timeout_ms = 10,
                    });
    struct hr_s3_head heads[2] = {0};
    cr_assert_eq(run(&heads[0]), 0, "%s", heads[0].request.error.message);
    cr_assert_eq(run(&heads[1]), HR_ERR_RATE_LIMIT);
    cr_assert_eq(metrics_of().rate_refused, 1);
}

/* ---- Where they go. */

Test(s3_options, a_unix_socket) {
    NEEDS_KERNEL("a raw peer");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/headrace-s3-XXXXXX", head[1024] = "";
    cr_assert(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);
    struct hr_http_client_options http = {.unix_socket = address.sun_path};
    cr_assert_eq(make("http://store.test", &http, NULL), 0);
    struct hr_s3_head asked = {.bucket = "b", .key = "k"};
    cr_assert_eq(hr_s3_head_start(client, &asked), 0);
    int fd = accept(listener, NULL, NULL);
    for (size_t size = 0; !strstr(head, "\r\n\r\n");) {
        ssize_t got = recv(fd, head + size, sizeof head - 1 - size, 0);
        cr_assert_gt(got, 0);
        size += (size_t)got;
    }
    cr_assert_eq(send(fd, GOOD, sizeof GOOD - 1, 0), (ssize_t)sizeof GOOD - 1);
    cr_assert_eq(hr_wait(&asked.request), 0, "%s", asked.request.error.message);
    cr_assert(strstr(head, "HEAD /b/k HTTP/1.1\r\n") && strstr(head, "\r\nHost: store.test\r\n"),
              "%s", head);
    close(fd);
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
}

Test(s3_options, a_table_of_names) {
    NEEDS_KERNEL("a raw peer");
    peer = peer_start(&good, 1);
    struct hr_resolve_entry entry = {
        .host = "store.test", .address = "127.0.0.1", .to_port = peer_port(peer)};
    struct hr_http_client_options http = {
        .resolver = {.entries = &entry, .entry_count = 1, .hosts_file = ""}, .user_agent = "mine"};
    cr_assert_eq(make("http://store.test", &http, NULL), 0);
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), 0, "%s", head.request.error.message);
    cr_assert(strstr(peer_received(peer, NULL), "User-Agent: mine\r\n"));
}

static void count_notice(void *user, const char *text) {
    cr_assert(strstr(text, "proxy.no_proxy"), "%s", text);
    ++*(int *)user;
}

Test(s3_options, a_proxy) {
    NEEDS_KERNEL("a raw peer");
    int notices = 0;
    peer = peer_start(&good, 1);
    struct hr_http_client_options http = {
        .proxy = {.url = peer_url(peer, ""), .no_proxy = "elsewhere.test,["},
        .on_notice = count_notice,
        .notice_user = &notices,
    };
    cr_assert_eq(make("http://store.test", &http, NULL), 0);
    cr_assert_eq(notices, 1);
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), 0, "%s", head.request.error.message);
    cr_assert(strstr(peer_received(peer, NULL), "HEAD http://store.test/b/k HTTP/1.1\r\n"));
}

/* ---- Responses. */

Test(s3_options, limits_of_a_response) {
    NEEDS_KERNEL("a raw peer");
    open_all(&good, (struct hr_http_client_options){.response.head_fields_max = 1});
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), HR_ERR_HTTP_HEAD_TOO_LARGE);
    cr_assert(strstr(head.request.error.message, "response.head_fields_max"), "%s",
              head.request.error.message);
}

Test(s3_options, careless_stores) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script careless = {
        {{PEER_HEAD, NULL, 0},
         {PEER_SEND, "HTTP/1.1 200 OK\nETag: \"a\"\nContent-Length: 0\n\n", 0}}};
    open_all(&careless, (struct hr_http_client_options){.response.lenient = true});
    struct hr_s3_head head = {.request.user = NULL};
    cr_assert_eq(run(&head), 0, "%s", head.request.error.message);
}

/* ---- Repeating. */

/* The first connection serves one request and is closed at the second one. */
static void lose_a_kept_connection(struct hr_http_retry_options retry, int result) {
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD, NULL, 0}, {PEER_SEND, GOOD, 0}, {PEER_HEAD, NULL, 0}, {PEER_CLOSE, NULL, 0}}},
        {{{PEER_HEAD, NULL, 0}, {PEER_SEND, GOOD, 0}, {PEER_REPEAT, NULL, 0}}}};
    struct hr_error error = {0};
    struct hr_http_client_options http = {.retry = retry};
    http.retry.backoff_base_ms = 1;
    peer = peer_start(scripts, 2);
    cr_assert_eq(make(peer_url(peer, ""), &http, &error), 0, "%s", error.message);
    struct hr_s3_head heads[2] = {0};
    cr_assert_eq(run(&heads[0]), 0, "%s", heads[0].request.error.message);
    cr_assert_eq(run(&heads[1]), result, "%s", heads[1].request.error.message);
}

Test(s3_options, a_stale_connection_counts_as_an_attempt) {
    NEEDS_KERNEL("a raw peer");
    lose_a_kept_connection((struct hr_http_retry_options){.attempts_max = HR_NO_RETRY},
                           HR_ERR_HTTP_TRUNCATED);
}

Test(s3_options, a_stale_connection_on_top) {
    NEEDS_KERNEL("a raw peer");
    lose_a_kept_connection(
        (struct hr_http_retry_options){.attempts_max = HR_NO_RETRY, .extra_stale_retry = true}, 0);
    cr_assert_eq(metrics_of().stale_retries, 1);
}

Test(s3_options, a_stale_connection_is_a_failure_like_others) {
    NEEDS_KERNEL("a raw peer");
    lose_a_kept_connection((struct hr_http_retry_options){.no_stale_retry = true}, 0);
    cr_assert_eq(metrics_of().stale_retries, 0);
    cr_assert_eq(metrics_of().retries, 1);
}

/* ---- Changed while it is used. */

static int adjust(const struct hr_http_client_options *http, struct hr_error *error) {
    struct hr_s3_client_options options = {.region = "not read: no DNS label", .http = *http};
    return hr_s3_client_adjust(client, &options, error);
}

Test(s3_options, a_client_that_is_in_use_takes_others) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_client_options other = {.timeout_ms = 60};
    struct hr_error error = {0};
    open_all(&silent, (struct hr_http_client_options){.timeout_ms = 60000});
    struct hr_s3_head before = {.bucket = "b", .key = "k"}, after = {.bucket = NULL};
    cr_assert_eq(hr_s3_head_start(client, &before), 0);
    cr_assert_eq(adjust(&other, &error), 0, "%s", error.message);
    cr_assert_eq(run(&after), -ETIMEDOUT);
    cr_assert(strstr(after.request.error.message, "60 ms"), "%s", after.request.error.message);
    hr_cancel(&before.request);
    cr_assert_eq(hr_wait(&before.request), -ECANCELED, "it had a minute: %s",
                 before.request.error.message);
}

/* As for a client that is made: fifty, and no time-out. */
Test(s3_options, others_have_the_defaults_of_s3) {
    NEEDS_KERNEL("a raw peer");
    struct hr_error error = {0};
    open_all(&silent, (struct hr_http_client_options){.timeout_ms = 50, .pool.connections_max = 1});
    cr_assert_eq(hr_s3_client_adjust(client, NULL, &error), 0, "%s", error.message);
    struct hr_s3_head heads[51] = {{.bucket = NULL}};
    for (unsigned i = 0; i < 51; i++) {
        heads[i].bucket = "b";
        heads[i].key = "k";
        cr_assert_eq(hr_s3_head_start(client, &heads[i]), 0);
    }
    uint64_t begun_ns = hr_clock_monotonic_ns();
    while (metrics_of().connections_open < 50 || metrics_of().waiting < 1) usleep(1000);
    while (hr_clock_monotonic_ns() - begun_ns < UINT64_C(100000000)) usleep(1000);
    for (unsigned i = 0; i < 51; i++) {
        hr_cancel(&heads[i].request);
        cr_assert_eq(hr_wait(&heads[i].request), -ECANCELED);
    }
}

Test(s3_options, others_that_are_refused_change_nothing) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        struct hr_http_client_options http;
        const char *named;
    } rows[] = {{{.timeout_ms = 1, .redirects.downgrade = true}, "http.redirects "},
                {{.timeout_ms = 1, .breaker.failures_max = 5}, "http.breaker "},
                {{.timeout_ms = 1, .rate.burst = 1}, "rate.burst"}};
    open_all(&good, (struct hr_http_client_options){.timeout_ms = 60000});
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {0};
        cr_assert_eq(adjust(&rows[i].http, &error), -EINVAL);
        cr_assert(strstr(error.message, rows[i].named), "%s", error.message);
    }
    struct hr_s3_head head = {.bucket = NULL};
    cr_assert_eq(run(&head), 0, "%s", head.request.error.message);
    cr_assert_eq(hr_s3_client_adjust(NULL, NULL, NULL), -EINVAL);
}
