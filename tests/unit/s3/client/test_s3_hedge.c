/* An object that is asked for a second time, as its response is late. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <headrace/http_server.h>
#include <headrace/s3.h>

#include "hedge_store.h"
#include "needs_kernel.h"

static const struct hr_http_client_options hedging = {
    .hedge.quantile_percent = 90, .retry.backoff_base_ms = 1, .retry.backoff_max_ms = 2};

static char body[16];

static struct hr_s3_get get_of(const char *key) {
    memset(body, 0, sizeof body);
    return (struct hr_s3_get){.bucket = "b", .key = key, .sink = hr_sink_bytes(body, 15)};
}

static int run_get(struct hr_s3_get *get) {
    return hedge_store_wait(hr_s3_get_start(hedge_store.client, get), &get->request);
}

static void start_get(struct hr_s3_get *get) {
    cr_assert_eq(hr_s3_get_start(hedge_store.client, get), 0);
}

static void expect_counts(uint64_t hedges, uint64_t won) {
    struct hr_http_client_metrics metrics = hedge_store_metrics();
    cr_assert_eq(metrics.hedges, hedges, "%lu hedges", (unsigned long)metrics.hedges);
    cr_assert_eq(metrics.hedges_won, won, "%lu won", (unsigned long)metrics.hedges_won);
}

/* The hedge has the bytes of the first attempt, signature and all; its body is compared with the
 * checksum; the slow attempt's connection is closed before the callback. */
Test(s3_hedge, the_quicker_one_wins) {
    hedge_store_open_warm(&hedging, "-g");
    struct hr_attempt log[4] = {0};
    struct hr_s3_get get = get_of("k");
    get.request.attempt_log = log;
    get.request.attempt_log_size = 4;
    cr_assert_eq(run_get(&get), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    cr_assert_eq(get.request.attempts, 2);
    cr_assert_eq(log[0].result, -ECANCELED);
    cr_assert_eq(log[1].status, 200);
    cr_assert_str_eq(hedge_store.seen[0].authorization, hedge_store.seen[1].authorization);
    cr_assert_str_eq(hedge_store.seen[0].invocation, hedge_store.seen[1].invocation);
    cr_assert_gt(strlen(hedge_store.seen[0].authorization), 0);
    expect_counts(1, 1);
    cr_assert_eq(hedge_store_metrics().retries, 0);
    cr_assert_eq(hedge_store_metrics().connections_open, 1);
    hedge_store_close();
}

Test(s3_hedge, the_first_one_may_win_yet) {
    hedge_store_open_warm(&hedging, "--");
    struct hr_s3_get get = get_of("k");
    start_get(&get);
    HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
    hedge_store_answer(0, 'g');
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_eq(get.request.attempts, 1);
    expect_counts(1, 0);
    hedge_store_close();
}

Test(s3_hedge, of_a_head_and_of_exists) {
    for (int exists = 0; exists < 2; exists++) {
        hedge_store_open_warm(&hedging, "-g");
        struct hr_s3_head head = {.bucket = "b", .key = "k"};
        struct hr_s3_exists is = {.bucket = "b", .key = "k"};
        if (exists)
            cr_assert_eq(hedge_store_wait(hr_s3_exists_start(hedge_store.client, &is), &is.request),
                         0, "%s", is.request.error.message);
        else
            cr_assert_eq(
                hedge_store_wait(hr_s3_head_start(hedge_store.client, &head), &head.request), 0,
                "%s", head.request.error.message);
        expect_counts(1, 1);
        hedge_store_close();
    }
}

/* 503 from one, and the other still runs: it goes on, whichever it is. */
Test(s3_hedge, a_failing_one_leaves_the_field) {
    for (unsigned first = 0; first < 2; first++) {
        hedge_store_open_warm(&hedging, "--");
        struct hr_s3_get get = get_of("k");
        start_get(&get);
        HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
        hedge_store_answer(first, 's');
        HEDGE_STORE_UNTIL(hedge_store_metrics().connections_idle == 1);
        cr_assert_eq(hedge_store_metrics().succeeded, HEDGE_STORE_WARM);
        hedge_store_answer(1 - first, 'g');
        cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
        cr_assert_str_eq(body, "hello");
        expect_counts(1, first == 0);
        cr_assert_eq(hedge_store_metrics().retries, 0);
        hedge_store_close();
    }
}

/* Then it is as with one. */
Test(s3_hedge, both_fail_and_the_request_is_repeated) {
    hedge_store_open_warm(&hedging, "--g");
    struct hr_s3_get get = get_of("k");
    start_get(&get);
    HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
    hedge_store_answer(0, 's');
    HEDGE_STORE_UNTIL(hedge_store_metrics().connections_idle == 1);
    hedge_store_answer(1, 's');
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_eq(get.request.attempts, 3);
    cr_assert_eq(hedge_store_metrics().retries, 1);
    hedge_store_close();
}

/* A refusal would come again: whichever has it first ends the operation. */
Test(s3_hedge, a_refusal_is_an_answer) {
    hedge_store_open_warm(&hedging, "-n");
    struct hr_s3_get get = get_of("k");
    cr_assert_eq(run_get(&get), HR_ERR_S3_SERVICE);
    cr_assert_str_eq(get.request.error.service_code, "NoSuchKey");
    cr_assert_eq(get.request.error.http_status, 404);
    expect_counts(1, 1);
    hedge_store_close();
}

/* The body of a hedge breaks off: the rest is asked for, by one attempt, as the sink has bytes. */
Test(s3_hedge, goes_on_where_a_hedge_broke_off) {
    hedge_store_open_warm(&hedging, "-b-");
    struct hr_s3_get get = get_of("k");
    start_get(&get);
    HEDGE_STORE_UNTIL(hedge_store_metrics().bytes_received == HEDGE_STORE_WARM * 5 + 2);
    hr_http_exchange_resume(hedge_store.broken);
    HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
    for (int i = 0; i < 20; i++) hr_engine_poll(hedge_store.engine, 1);
    cr_assert_eq(hedge_store.asked, HEDGE_STORE_WARM + 3);
    cr_assert_str_eq(hedge_store.seen[2].range, "bytes=2-4");
    hedge_store_answer(1, 'r');
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_eq(get.verified, HR_S3_CHECKSUM_CRC32);
    expect_counts(1, 1);
    hedge_store_close();
}

/* Other bytes than the checksum is of come once more. */
Test(s3_hedge, a_hedge_with_a_flipped_bit) {
    hedge_store_open_warm(&hedging, "-fggg"); /* on a busy machine the last one has hedges, too */
    struct hr_s3_get get = get_of("k");
    cr_assert_eq(run_get(&get), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_geq(get.request.attempts, 3);
    hedge_store_close();
}

/* Objects alone, and what may be repeated. */
Test(s3_hedge, not_of_other_operations) {
    for (int kind = 0; kind < 4; kind++) {
        hedge_store_open_warm(&hedging, "-");
        struct hr_s3_put put = {.bucket = "b", .key = "k", .body = hr_source_bytes("x", 1)};
        struct hr_s3_delete gone = {.bucket = "b", .key = "k"};
        struct hr_s3_bucket_head head = {.bucket = "b"};
        struct hr_s3_tags_get tags = {.bucket = "b", .key = "k"};
        struct hr_request *requests[] = {&put.request, &gone.request, &head.request, &tags.request};
        requests[kind]->timeout_ms = 60;
        int err = kind == 0   ? hr_s3_put_start(hedge_store.client, &put)
                  : kind == 1 ? hr_s3_delete_start(hedge_store.client, &gone)
                  : kind == 2 ? hr_s3_bucket_head_start(hedge_store.client, &head)
                              : hr_s3_tags_get_start(hedge_store.client, &tags);
        cr_assert_eq(hedge_store_wait(err, requests[kind]), -ETIMEDOUT, "%d: %s", kind,
                     requests[kind]->error.message);
        cr_assert_eq(hedge_store.asked, HEDGE_STORE_WARM + 1);
        expect_counts(0, 0);
        hedge_store_close();
    }
}

/* How long they take says nothing about objects, either. */
Test(s3_hedge, other_operations_teach_nothing) {
    hedge_store_open(&hedging, "");
    for (int i = 0; i < HEDGE_STORE_WARM; i++) {
        hedge_store.script = "p";
        hedge_store.asked = HEDGE_STORE_WARM;
        struct hr_s3_put put = {.bucket = "b", .key = "k", .body = hr_source_bytes("x", 1)};
        cr_assert_eq(hedge_store_wait(hr_s3_put_start(hedge_store.client, &put), &put.request), 0,
                     "%s", put.request.error.message);
    }
    hedge_store.script = "-";
    hedge_store.asked = HEDGE_STORE_WARM;
    struct hr_s3_get get = get_of("k");
    get.request.timeout_ms = 60;
    cr_assert_eq(run_get(&get), -ETIMEDOUT);
    expect_counts(0, 0);
    hedge_store_close();
}

/* 500 tokens, 14 a hedge; none comes back for a request that fails. */
Test(s3_hedge, the_quota_of_retries_pays) {
    hedge_store_open_warm(&hedging, "");
    for (int i = 0; i < 40; i++) {
        hedge_store.script = "--";
        hedge_store.asked = HEDGE_STORE_WARM;
        hedge_store.held_count = 0;
        struct hr_s3_get get = get_of("k");
        get.request.timeout_ms = 40;
        cr_assert_eq(run_get(&get), -ETIMEDOUT);
    }
    expect_counts(500 / 14, 0);
    cr_assert_eq(hedge_store_metrics().retries_refused, 40 - 500 / 14);
    hedge_store_close();
}

/* A cancel and a time-out end both attempts, and the callback comes once both are gone. */
Test(s3_hedge, both_are_stopped) {
    for (int by_timeout = 0; by_timeout < 2; by_timeout++) {
        hedge_store_open_warm(&hedging, "--");
        struct hr_s3_get get = get_of("k");
        get.request.timeout_ms = by_timeout ? 200 : 0;
        start_get(&get);
        HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
        if (!by_timeout) hr_cancel(&get.request);
        cr_assert_eq(hr_wait(&get.request), by_timeout ? -ETIMEDOUT : -ECANCELED);
        cr_assert_eq(hedge_store_metrics().connections_open, 0);
        hedge_store_close();
    }
}

/* A client that is closed lets both go on until one has the response. */
Test(s3_hedge, while_the_client_closes) {
    hedge_store_open_warm(&hedging, "--");
    struct hr_s3_get get = get_of("k");
    start_get(&get);
    HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
    hedge_store_close_client();
    hedge_store_answer(1, 'g');
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    hedge_store_close();
}

/* The first attempt's time-out passes, and the hedge goes on in its place. */
Test(s3_hedge, a_broken_one_leaves_the_field) {
    hedge_store_open_warm(&hedging, "--");
    struct hr_s3_get get = get_of("k");
    start_get(&get);
    HEDGE_STORE_UNTIL(hedge_store.held_count == 2);
    hedge_store_answer(0, 'x');
    for (int i = 0; i < 10; i++) hr_engine_poll(hedge_store.engine, 1);
    hedge_store_answer(1, 'g');
    cr_assert_eq(hr_wait(&get.request), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert_eq(hedge_store_metrics().retries, 0);
    hedge_store_close();
}

/* Another region, and the token that has expired: for both attempts, so the first to be told ends
 * them, and the request goes once more. */
Test(s3_hedge, a_hedge_is_led_to_another_region) {
    hedge_store_open_warm(&hedging, "-mg");
    struct hr_s3_get get = get_of("k");
    cr_assert_eq(run_get(&get), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    cr_assert(strstr(hedge_store.seen[1].authorization, "/us-east-1/s3/"));
    cr_assert(strstr(hedge_store.seen[2].authorization, "/eu-west-1/s3/"));
    hedge_store_close();
}

/* ---- Two addresses, of which one is slow. */

static in_addr_t peer_of(const struct hedge_store_seen *seen) {
    return seen->server ? htonl(INADDR_LOOPBACK + 1) : htonl(INADDR_LOOPBACK);
}

static void hedges_to_the_other_address(bool tls) {
    hedge_store_open_two(&hedging, tls);
    hedge_store_warm();
    /* Kept connections all lead to the address of the first attempt: a new one is opened. */
    hedge_store.slow = (int)hedge_store.last_server;
    hedge_store.script = "gg";
    struct hr_s3_get get = get_of("k");
    cr_assert_eq(run_get(&get), 0, "%s", get.request.error.message);
    cr_assert_str_eq(body, "hello");
    expect_counts(1, 1);
    cr_assert_neq(peer_of(&hedge_store.seen[0]), peer_of(&hedge_store.seen[1]));
    cr_assert_eq(hedge_store.seen[0].server, hedge_store.slow);
    hedge_store_close();
}

Test(s3_hedge, goes_to_another_address) {
    NEEDS_KERNEL("two addresses");
    hedges_to_the_other_address(false);
}

Test(s3_hedge, goes_to_another_address_over_tls) {
    NEEDS_KERNEL("two addresses");
    hedges_to_the_other_address(true);
}

/* ---- Two addresses, of which one fails. */

static unsigned asked_at(int server) {
    unsigned count = 0;
    for (unsigned i = 0; i + HEDGE_STORE_WARM < hedge_store.asked; i++)
        count += hedge_store.seen[i].server == server;
    return count;
}

static void ask(unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        struct hr_s3_get get = get_of("k");
        cr_assert_eq(run_get(&get), 0, "%s", get.request.error.message);
    }
}

static void open_ejecting(bool tls) {
    static const struct hr_http_client_options ejecting = {
        .ejection = {.failures_max = 2, .time_ms = 60000},
        .retry.backoff_base_ms = 1,
        .retry.backoff_max_ms = 2};
    hedge_store_open_two(&ejecting, tls);
    hedge_store.asked = HEDGE_STORE_WARM;
    hedge_store.script = "gggggggggggggggggggggggggggggggg";
    ask(1);
    hedge_store.broken_server = (int)hedge_store.last_server;
}

Test(s3_hedge, an_address_that_fails_is_ejected) {
    NEEDS_KERNEL("two addresses");
    for (int tls = 0; tls < 2; tls++) {
        open_ejecting(tls);
        hedge_store.broken_letter = 'i';
        ask(10);
        cr_assert_eq(asked_at(hedge_store.broken_server), 1 + 2);
        cr_assert_eq(hedge_store_metrics().addresses_ejected, 1);
        cr_assert_eq(hedge_store_metrics().retries, 2);
        hedge_store_close();
    }
}

/* "Slow down" is about a part of the keys, and said at whatever address. */
Test(s3_hedge, a_throttle_ejects_no_address) {
    NEEDS_KERNEL("two addresses");
    open_ejecting(false);
    hedge_store.broken_letter = 's';
    struct hr_s3_get get = get_of("k");
    cr_assert_eq(run_get(&get), HR_ERR_S3_SERVICE);
    cr_assert_eq(get.request.attempts, 4);
    cr_assert_eq(hedge_store_metrics().addresses_ejected, 0);
    hedge_store_close();
}
