/* A complete that takes minutes, on the simulated kernel's clock: a store that sends white space
 * meanwhile, and one that stops sending it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <headrace/http_server.h>
#include <headrace/s3.h>

#include "own_world.h"

#define MS UINT64_C(1000000)

static const char document[] =
    "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";

static hr_engine *engine;
static struct hr_reactor *reactor;
static hr_http_server *store;
static hr_s3_client *client;

/* The store: a byte of white space each `every_ms`, `spaces` of them, then the document. */
static struct {
    unsigned requests, spaces, sent, every_ms;
    bool due; /* something may be sent */
    hr_http_exchange *exchange;
    struct hr_timer timer;
} seen;

static void arm(void) {
    hr__timer_start(reactor, &seen.timer, hr__reactor_now(reactor) + seen.every_ms * MS);
}

static void on_due(struct hr_timer *timer) {
    (void)timer;
    seen.due = true;
    hr_http_exchange_resume(seen.exchange);
}

static ssize_t produce(void *user, void *memory, size_t capacity) {
    (void)user;
    if (seen.sent > seen.spaces) return 0;
    if (!seen.due) return -EAGAIN;
    cr_assert_geq(capacity, sizeof document);
    seen.due = false;
    if (seen.sent++ < seen.spaces) {
        arm();
        *(char *)memory = ' ';
        return 1;
    }
    memcpy(memory, document, sizeof document - 1);
    return sizeof document - 1;
}

static void on_end(void *user, int result) {
    (void)user, (void)result;
    hr__timer_stop(reactor, &seen.timer);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    static const struct hr_http_field fields[] = {{{"x-amz-request-id", 16}, {"R1", 2}}};
    const struct hr_http_response response = {
        .status = 200,
        .fields = fields,
        .field_count = 1,
        .body = hr_source_producer(produce, NULL, NULL, HR_SIZE_UNKNOWN)};
    (void)user;
    seen.requests++;
    seen.exchange = exchange;
    seen.due = true;
    hr_http_exchange_on_end(exchange, on_end, NULL);
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

/* ---- All that is open. */

static void open_all(void) {
    struct hr_error error = {0};
    memset(&seen, 0, sizeof seen);
    seen.timer.on_fire = on_due;
    engine = own_world_open(&(struct sim_options){.seed = 11});
    reactor = hr__engine_reactor(engine, 0);
    const struct hr_http_server_options server = {.listen = "127.0.0.1:0",
                                                  .on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &server, &error, &store), 0, "%s", error.message);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", hr_http_server_port(store));
    const struct hr_s3_client_options s3 = {.endpoint = endpoint,
                                            .access_key = "AK",
                                            .secret_key = "sesame",
                                            .profile = "",
                                            .http.retry.attempts_max = HR_NO_RETRY};
    cr_assert_eq(hr_s3_client_new(engine, &s3, &error, &client), 0, "%s", error.message);
}

static void close_all(void) {
    bool gone = false, closed = false;
    hr_s3_client_close(client, set_true, &gone);
    step_until(&gone);
    hr_http_server_close(store, set_true, &closed);
    step_until(&closed);
    own_world_close(engine);
}

TestSuite(s3_patience, .init = open_all, .fini = close_all);

/* ---- The tests. */

static bool done;

static void on_done(struct hr_request *request) {
    (void)request;
    done = true;
}

/* The time that it took, in seconds of the simulated clock. */
static uint64_t complete_it(struct hr_s3_upload_complete *complete) {
    static const struct hr_s3_completed_part part = {.part_number = 1, .etag = "e"};
    uint64_t begin = hr__reactor_now(reactor);
    *complete = (struct hr_s3_upload_complete){.bucket = "b",
                                               .key = "k",
                                               .upload_id = "u",
                                               .parts = &part,
                                               .part_count = 1,
                                               .request.on_done = on_done};
    done = false;
    cr_assert_eq(hr_s3_upload_complete_start(client, complete), 0);
    step_until(&done);
    return (hr__reactor_now(reactor) - begin) / (1000 * MS);
}

Test(s3_patience, a_complete_that_sends_white_space_has_minutes) {
    struct hr_s3_upload_complete complete;
    seen.every_ms = 20000;
    seen.spaces = 15;
    uint64_t seconds = complete_it(&complete);
    cr_assert_eq(complete.request.result, 0, "%s", complete.request.error.message);
    cr_assert_str_eq(complete.etag, "e-1");
    cr_assert(seconds >= 300 && seen.requests == 1, "%u", (unsigned)seconds);
}

Test(s3_patience, a_complete_that_falls_silent_is_given_up) {
    struct hr_s3_upload_complete complete;
    seen.every_ms = 40000;
    seen.spaces = 15;
    uint64_t seconds = complete_it(&complete);
    cr_assert_eq(complete.request.result, HR_ERR_STALL_TIMEOUT, "%s",
                 complete.request.error.message);
    cr_assert(seconds >= 30 && seconds < 40, "%u", (unsigned)seconds);
}
