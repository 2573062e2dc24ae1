#include <errno.h>

#include "answering.h"
#include "client_fixture.h"
#include "needs_kernel.h"

static int fine(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 200;
}

static int warm_up(struct answering *a, struct hr_http_warm_up *warm) {
    if (!warm->url) warm->url = a->url;
    cr_assert_eq(hr_http_warm_up_start(a->client, warm), 0);
    return hr_wait(&warm->request);
}

Test(http_warm, they_stand_idle_and_are_used) {
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    struct hr_http_warm_up warm = {.count = 5};
    cr_assert_eq(warm_up(&a, &warm), 0, "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 5);
    struct hr_http_client_metrics metrics = answering_metrics(&a);
    cr_assert_eq(metrics.connections_opened, 5);
    cr_assert_eq(metrics.connections_idle, 5);
    cr_assert_eq(metrics.requests, 0);
    cr_assert_eq(a.asked, 0);
    struct hr_http_request requests[5] = {0};
    for (int i = 0; i < 5; i++) {
        requests[i].url = a.url;
        cr_assert_eq(hr_http_request_start(a.client, &requests[i]), 0);
    }
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(hr_wait(&requests[i].request), 0);
        cr_assert_eq(requests[i].request.timings.connect_ns, 0);
    }
    cr_assert_eq(answering_metrics(&a).connections_opened, 5);
    answering_close(&a);
}

Test(http_warm, within_the_limits) {
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 3};
    struct answering a = {.decide = fine};
    answering_open(&a, &options);
    struct hr_http_warm_up warm = {.count = 50}, none = {0};
    cr_assert_eq(warm_up(&a, &warm), 0);
    cr_assert_eq(warm.opened, 3);
    cr_assert_eq(warm_up(&a, &warm), 0);
    cr_assert_eq(warm.opened, 0, "the place is taken");
    cr_assert_eq(warm_up(&a, &none), 0);
    cr_assert_eq(none.opened, 0);
    cr_assert_eq(answering_metrics(&a).connections_peak, 3);
    answering_close(&a);
}

Test(http_warm, what_fails_is_told) {
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    uint16_t port = hr_http_server_port(a.server);
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u", port == 1 ? 2 : 1);
    struct hr_http_warm_up warm = {.count = 3, .url = url};
    cr_assert_eq(warm_up(&a, &warm), -ECONNREFUSED, "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 0);
    cr_assert(strstr(warm.request.error.message, "localhost:1"), "%s", warm.request.error.message);
    struct hr_http_warm_up bad = {.count = 1, .url = "gopher://x/"};
    cr_assert_eq(warm_up(&a, &bad), HR_ERR_URL_SCHEME);
    cr_assert_eq(hr_http_warm_up_start(a.client, NULL), -EINVAL);
    answering_close(&a);
}

Test(http_warm, can_be_cancelled_and_times_out) {
    NEEDS_KERNEL("a peer that accepts nothing");
    struct fixture f;
    open_all(&f, NULL, NULL, 0);
    f.peer = peer_start_deaf();
    struct hr_http_warm_up warm = {.count = 4, .url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_warm_up_start(f.client, &warm), 0);
    hr_engine_poll(f.engine, 0);
    hr_cancel(&warm.request);
    cr_assert_eq(hr_wait(&warm.request), -ECANCELED);
    warm.request.timeout_ms = 40;
    cr_assert_eq(hr_http_warm_up_start(f.client, &warm), 0);
    cr_assert_eq(hr_wait(&warm.request), -ETIMEDOUT);
    close_all(&f);
}

/* Over several reactors the shares sum to the count. */
Test(http_warm, on_several_reactors) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script drain[] = {{{{PEER_DRAIN}}}};
    struct hr_engine_options engine = {.reactors = 3};
    struct fixture f = {0};
    cr_assert_eq(hr_engine_new(&engine, NULL, &f.engine), 0);
    open_client(&f, NULL);
    f.peer = peer_start(drain, 1);
    struct hr_http_warm_up warm = {.count = 10, .url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_warm_up_start(f.client, &warm), 0);
    cr_assert_eq(hr_wait(&warm.request), 0, "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 10);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_opened, 10);
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

Test(http_warm, a_path_below_the_base) {
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    struct hr_http_client_options options = {.base_url = a.url};
    hr_http_client *based;
    unsigned closed = 0;
    cr_assert_eq(hr_http_client_new(a.engine, &options, NULL, &based), 0);
    struct hr_http_warm_up warm = {.count = 2, .url = "things?x"}, bad = {.url = "http://[::1"};
    cr_assert_eq(hr_http_warm_up_start(based, &warm), 0);
    cr_assert_eq(hr_wait(&warm.request), 0, "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 2);
    cr_assert_eq(hr_http_warm_up_start(based, &bad), 0);
    cr_assert_eq(hr_wait(&bad.request), HR_ERR_URL_MALFORMED);
    struct hr_http_request request = {.url = "/other"};
    cr_assert_eq(hr_http_request_start(based, &request), 0);
    cr_assert_eq(hr_wait(&request.request), 0);
    cr_assert_eq(request.request.timings.connect_ns, 0);
    cr_assert_not_null(hr_http_client_breaker(based, a.url));
    cr_assert_eq(hr_http_client_breaker(based, "things"), hr_http_client_breaker(based, a.url));
    hr_http_client_close(based, answering_count_closed, &closed);
    POLL_UNTIL(&a, closed == 1);
    answering_close(&a);
}

/* A host that is left alone is not dialled either; and what was opened after an outage is used. */
Test(http_warm, an_open_breaker_is_heard) {
    struct answering a = {.decide = fine};
    answering_open(&a, NULL);
    struct hr_http_request request = {.url = a.url};
    cr_assert_eq(answering_run(&a, &request), 0);
    hr_breaker *breaker = hr_http_client_breaker(a.client, a.url);
    hr_breaker_open(breaker);
    struct hr_http_warm_up warm = {.count = 3};
    cr_assert_eq(warm_up(&a, &warm), HR_ERR_BREAKER_OPEN);
    cr_assert(strstr(warm.request.error.message, a.peer), "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 0);
    cr_assert_eq(answering_metrics(&a).connections_opened, 1);
    hr_breaker_reset(breaker);
    cr_assert_eq(warm_up(&a, &warm), 0, "%s", warm.request.error.message);
    cr_assert_eq(warm.opened, 3);
    cr_assert_eq(answering_run(&a, &request), 0);
    cr_assert_eq(request.request.timings.connect_ns, 0);
    cr_assert_eq(answering_metrics(&a).connections_opened, 4);
    answering_close(&a);
}
