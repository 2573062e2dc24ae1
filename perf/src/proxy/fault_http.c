/* Requests and responses on a proxied connection, and the faults that happen to them. */
#include "fault_http.h"

#include <assert.h>
#include <errno.h>

#include "fault_answer.h"

#define HEAD_BYTES_MAX  (64u << 10) /* less than a flow has room for */
#define HEAD_FIELDS_MAX 256

static void read_requests(struct fault_exchange *exchange);

/* ---- Without HTTP. */

/* Bytes pass from here on. */
static void leave_untouched(struct fault_exchange *exchange) {
    struct fault_pair *pair = &exchange->pair;
    exchange->phase = FAULT_UNTOUCHED;
    pair->up.rate = pair->down.rate = 0;
    fault_pair_connect(pair);
    fault_exchange_pass(exchange, &pair->up);
    fault_exchange_pass(exchange, &pair->down);
}

static void give_up_parsing(struct fault_exchange *exchange) {
    fault_core_of(exchange)->counts->unparsed++;
    fault_exchange_ended(exchange, true);
    leave_untouched(exchange);
}

/* ---- The beginning and the end of a request. */

void fault_http_begin(struct fault_exchange *exchange) {
    exchange->phase = FAULT_READING;
    exchange->plan = (struct fault_plan){.spoil = NULL};
    exchange->request_done = exchange->response_done = exchange->head_read = false;
    exchange->pair.up.rate = exchange->pair.down.rate = 0;
    hr__http1_parser_begin(exchange->request, false);
}

void fault_http_drained(struct fault_exchange *exchange) {
    struct fault_pair *pair = &exchange->pair;
    bool passed = exchange->phase == FAULT_PASSING || exchange->phase == FAULT_ANSWERING;
    if (!passed || !exchange->request_done || !exchange->response_done) return;
    if (!fault_flow_is_drained(&pair->up) || !fault_flow_is_drained(&pair->down)) return;
    fault_exchange_ended(exchange, true);
    fault_http_begin(exchange);
    if (pair->state == FAULT_PAIR_OPEN && fault_flow_unseen(&pair->down) > 0)
        give_up_parsing(exchange); /* the server has sent more than its response */
    else
        read_requests(exchange);
}

bool fault_http_is_answered(const struct fault_exchange *exchange) {
    return exchange->phase == FAULT_PASSING && exchange->response_done &&
           fault_flow_is_drained(&exchange->pair.down);
}

/* Our own response; behind an Expect the body may come or not, so the connection ends. */
static void answer(struct fault_exchange *exchange) {
    struct fault_flow *down = &exchange->pair.down;
    const struct fault_answer_options options = {.to_head = exchange->to_head,
                                                 .last = exchange->last || exchange->expects};
    char text[FAULT_ANSWER_MAX];
    assert(exchange->phase == FAULT_ANSWERING && fault_flow_is_empty(down));
    fault_exchange_happened(exchange);
    size_t size = fault_answer_write(&exchange->plan, &options, text);
    size_t taken = fault_flow_take(down, text, size);
    assert(taken == size);
    (void)taken;
    exchange->response_done = true;
    fault_flow_release(down);
    fault_flow_push(down);
    if (options.last) fault_pair_finish(&exchange->pair);
}

/* Over what the parser has let through. */
static void pass_seen(struct fault_exchange *exchange, struct fault_flow *flow) {
    flow->ready = flow->seen;
    fault_pair_move(&exchange->pair, flow);
}

static void begin_passing(struct fault_exchange *exchange) {
    exchange->phase = FAULT_PASSING;
    hr__http1_parser_begin(exchange->response, exchange->to_head);
    fault_exchange_set_rates(exchange);
    fault_pair_connect(&exchange->pair);
    pass_seen(exchange, &exchange->pair.up);
}

static void enact(struct fault_exchange *exchange) {
    switch (fault_plan_kind(&exchange->plan)) {
    case FAULT_RESET:
        fault_exchange_happened(exchange);
        fault_pair_reset(&exchange->pair);
        break;
    case FAULT_SILENT:
        fault_exchange_silence(exchange);
        break;
    case FAULT_STATUS:
        exchange->phase = FAULT_ANSWERING;
        fault_flow_drop(&exchange->pair.up);
        if (exchange->request_done || exchange->expects) answer(exchange);
        break;
    default:
        begin_passing(exchange);
    }
}

/* The delay has passed. */
static void go_on(struct fault_exchange *exchange) {
    enact(exchange);
    read_requests(exchange);
}

/* ---- The client's bytes. */

static int parse(struct hr_http1_parser *parser, struct fault_flow *flow) {
    size_t used;
    int err =
        hr__http1_parser_execute(parser, flow->data + flow->seen, fault_flow_unseen(flow), &used);
    flow->seen += used;
    return err;
}

static int on_request_head(void *user, const struct hr_http1_message *message) {
    struct fault_exchange *exchange = user;
    struct fault_subject subject = {.scope = FAULT_OF_REQUEST,
                                    .number = ++fault_core_of(exchange)->counts->requests,
                                    .method = message->method,
                                    .target = message->target};
    exchange->head_read = exchange->active = true;
    exchange->to_head = hr_slice_equal(message->method, hr_slice_of("HEAD"));
    exchange->expects = message->expect_continue;
    exchange->last = !message->keep_alive;
    fault_exchange_decide(exchange, &subject);
    return 0;
}

/* The decision stands between a head and the rest. */
static ssize_t on_request_body(void *user, const char *data, size_t size) {
    const struct fault_exchange *exchange = user;
    (void)data;
    return exchange->phase == FAULT_READING ? 0 : (ssize_t)size;
}

static int on_request_complete(void *user) {
    struct fault_exchange *exchange = user;
    exchange->request_done = true;
    return 0;
}

static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    (void)user, (void)fields, (void)count;
    return 0;
}

static void read_body(struct fault_exchange *exchange) {
    struct fault_pair *pair = &exchange->pair;
    bool was_done = exchange->request_done;
    if (!was_done && parse(exchange->request, &pair->up) != 0) {
        give_up_parsing(exchange);
    } else if (exchange->phase == FAULT_PASSING) {
        pass_seen(exchange, &pair->up);
    } else {
        fault_flow_drop(&pair->up);
        fault_pair_move(pair, &pair->up);
        if (exchange->request_done && !was_done && !exchange->response_done) answer(exchange);
    }
}

static void read_head(struct fault_exchange *exchange) {
    if (parse(exchange->request, &exchange->pair.up) != 0)
        give_up_parsing(exchange);
    else if (exchange->head_read)
        fault_exchange_hold(exchange, go_on);
}

static bool has_body(const struct fault_exchange *exchange) {
    return exchange->phase == FAULT_PASSING || exchange->phase == FAULT_ANSWERING;
}

static void read_requests(struct fault_exchange *exchange) {
    struct fault_flow *up = &exchange->pair.up;
    if (exchange->pair.state != FAULT_PAIR_OPEN) return;
    if (exchange->phase == FAULT_UNTOUCHED)
        fault_exchange_pass(exchange, up);
    else if (has_body(exchange))
        read_body(exchange);
    else if (exchange->phase == FAULT_READING && fault_flow_unseen(up) > 0)
        read_head(exchange);
}

void fault_http_of_client(struct fault_exchange *exchange) {
    read_requests(exchange);
}

/* ---- The server's bytes. */

static int on_response_head(void *user, const struct hr_http1_message *message) {
    struct fault_exchange *exchange = user;
    const struct hr_http_head *head = &message->head;
    enum fault_kind kind = fault_plan_kind(&exchange->plan);
    if (head->status < 200) return 0;
    if (kind == FAULT_RESET_BEHIND) return -ECONNRESET;
    if (kind == FAULT_TRICKLE) fault_exchange_happened(exchange);
    fault_body_begin(&exchange->body, &fault_core_of(exchange)->decider, &exchange->plan,
                     head->has_content_length && !message->chunked ? head->content_length
                                                                   : UINT64_MAX);
    return 0;
}

static ssize_t on_response_body(void *user, const char *data, size_t size) {
    struct fault_exchange *exchange = user;
    struct fault_flow *down = &exchange->pair.down;
    char *bytes = down->data + (data - down->data); /* the same, and the flow's own */
    size_t passed = fault_body_pass(&exchange->body, bytes, size);
    if (exchange->body.corrupted > 0) fault_exchange_happened(exchange);
    return (ssize_t)passed;
}

static int on_response_complete(void *user) {
    struct fault_exchange *exchange = user;
    exchange->response_done = true;
    return 0;
}

static void fail_response(struct fault_exchange *exchange, int err) {
    if (err == -ECONNRESET) {
        fault_exchange_happened(exchange);
        fault_pair_reset(&exchange->pair);
    } else if (err == HR_ERR_HTTP_UNEXPECTED) { /* a 101, with no HTTP/1.1 behind it */
        fault_exchange_ended(exchange, true);
        leave_untouched(exchange);
    } else {
        give_up_parsing(exchange);
    }
}

static void read_response(struct fault_exchange *exchange) {
    struct fault_flow *down = &exchange->pair.down;
    int err = parse(exchange->response, down);
    if (err) {
        fail_response(exchange, err);
        return;
    }
    down->ready = down->seen;
    if (exchange->body.was_cut && !exchange->response_done)
        fault_exchange_cut(exchange);
    else
        fault_pair_move(&exchange->pair, down);
    fault_http_drained(exchange);
}

/* Nobody has asked for it: as if the connection had not been kept alive. */
static void forget(struct fault_exchange *exchange) {
    fault_flow_forget(&exchange->pair.down);
    fault_pair_move(&exchange->pair, &exchange->pair.down);
}

void fault_http_of_server(struct fault_exchange *exchange) {
    if (exchange->phase == FAULT_PASSING && !exchange->response_done)
        read_response(exchange);
    else if (exchange->phase == FAULT_UNTOUCHED)
        fault_exchange_pass(exchange, &exchange->pair.down);
    else if (exchange->phase == FAULT_READING)
        give_up_parsing(exchange); /* nobody has asked for it */
    else if (exchange->phase == FAULT_HELD || exchange->phase == FAULT_ANSWERING)
        forget(exchange);
}

void fault_http_server_end(struct fault_exchange *exchange) {
    bool is_idle = exchange->phase != FAULT_PASSING && exchange->phase != FAULT_READING;
    if (is_idle) {
        /* It was kept alive, and nothing has been asked for on it: as if it had not been. */
        fault_pair_leave_server(&exchange->pair);
        return;
    }
    if (exchange->phase == FAULT_PASSING) (void)hr__http1_parser_finish(exchange->response);
    fault_pair_finish(&exchange->pair);
    fault_http_drained(exchange);
}

/* ---- Parsers. */

static const struct hr_http1_events request_events = {on_request_head, on_request_body, on_trailers,
                                                      on_request_complete};
static const struct hr_http1_events response_events = {on_response_head, on_response_body,
                                                       on_trailers, on_response_complete};

void fault_http_core_init(struct fault_core *core) {
    core->requests = (struct hr_http1_parsers){.kind = HR_HTTP1_REQUEST, .events = &request_events};
    core->responses =
        (struct hr_http1_parsers){.kind = HR_HTTP1_RESPONSE, .events = &response_events};
}

void fault_http_core_deinit(struct fault_core *core) {
    hr__http1_parsers_free(&core->requests);
    hr__http1_parsers_free(&core->responses);
}

int fault_http_acquire(struct fault_exchange *exchange, struct fault_core *core) {
    const struct hr_http1_limits limits = {
        .head_bytes_max = HEAD_BYTES_MAX, .head_fields_max = HEAD_FIELDS_MAX, .lenient = true};
    int err = hr__http1_parser_acquire(&core->requests, &limits, exchange, &exchange->request);
    if (!err)
        err = hr__http1_parser_acquire(&core->responses, &limits, exchange, &exchange->response);
    return err;
}

void fault_http_release(struct fault_exchange *exchange, struct fault_core *core) {
    hr__http1_parser_release(&core->requests, exchange->request);
    hr__http1_parser_release(&core->responses, exchange->response);
}
