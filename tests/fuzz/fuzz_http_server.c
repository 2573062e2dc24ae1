/* The whole server, on the simulated kernel: a client sends what it likes, cut as it likes, and
 * reads. Whatever it sends, the server answers with whole responses or not at all, ends the
 * connection in the end, closes, and holds nothing back. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/http_server.h>

#include "kernel.h"
#include "stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT        8080
#define STEPS_MAX   200000
#define ANSWERS_MAX (1u << 20)
#define BODY_SIZE   3000 /* of a response; of zeros, which stand in no head */

#define check(holds) check_at(holds, __LINE__)

/* Of one input. */
static struct {
    hr_engine *engine;
    hr_http_server *server;
    struct hr_stream *stream;
    struct hr_task begin;
    struct iovec piece;
    struct hr_slice bytes; /* still to be sent */
    size_t cut;
    bool takes, server_closed, engine_closed;
    char answers[ANSWERS_MAX + 1];
    size_t answered;
} run;

static void check_at(bool holds, int line) {
    if (!holds) {
        fprintf(stderr, "line %d does not hold\n", line);
        abort();
    }
}

/* ---- The server's side. */

static ssize_t consume(void *user, const void *bytes, size_t size) {
    (void)user, (void)bytes;
    return (ssize_t)size;
}

static void respond(hr_http_exchange *exchange) {
    static const char body[BODY_SIZE];
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes(body, sizeof body)};
    (void)hr_http_exchange_respond(exchange, &response);
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)user, (void)result; /* also where the connection is gone: the exchange waits for it */
    respond(exchange);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    if (run.takes)
        hr_http_exchange_read(exchange, consume, on_body, NULL);
    else
        respond(exchange);
}

/* ---- The client's. */

static void send_more(void) {
    if (run.bytes.size == 0) {
        run.stream->vtable->shutdown(run.stream);
        return;
    }
    size_t size = run.cut && run.cut < run.bytes.size ? run.cut : run.bytes.size;
    run.piece = (struct iovec){.iov_base = (void *)(uintptr_t)run.bytes.data, .iov_len = size};
    run.bytes = hr_slice_bytes(run.bytes.data + size, run.bytes.size - size);
    run.stream->vtable->write(run.stream, &run.piece, 1);
}

static void on_connected(struct hr_stream *stream, int result) {
    check(result == 0);
    stream->vtable->read_lent(stream);
    send_more();
}

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    (void)stream;
    check(run.answered + size <= ANSWERS_MAX);
    memcpy(run.answers + run.answered, data, size);
    run.answered += size;
    return size;
}

static void on_end(struct hr_stream *stream, int result) {
    (void)result;
    stream->vtable->close(stream);
}

static void on_written(struct hr_stream *stream, int result) {
    (void)stream;
    if (result == 0) send_more();
}

static void on_closed(struct hr_stream *stream) {
    (void)stream;
    run.stream = NULL;
}

static const struct hr_stream_events events = {.on_connected = on_connected,
                                               .on_lent = on_lent,
                                               .on_end = on_end,
                                               .on_written = on_written,
                                               .on_closed = on_closed};

/* ---- The run. */

static void begin(struct hr_task *task) {
    (void)task;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct hr_reactor *reactor = hr__engine_reactor(run.engine, 0);
    if (hr__tcp_new(reactor, &events, NULL, &run.stream)) abort();
    run.stream->vtable->connect(run.stream, (struct sockaddr *)&address, sizeof address);
}

static void on_server_closed(void *user) {
    (void)user;
    run.server_closed = true;
}

static void on_engine_closed(void *user) {
    (void)user;
    run.engine_closed = true;
}

static void open_all(uint8_t choice) {
    const struct hr_engine_options engine = {.mode = HR_ENGINE_CALLER,
                                             .reactors = 1,
                                             .ring_entries = 32,
                                             .buffer_count = 4,
                                             .buffer_size_bytes = choice & 2 ? 64 : 4096,
                                             .budget_bytes = 1 << 20};
    const struct hr_http_server_options server = {.listen = "127.0.0.1:8080",
                                                  .on_request = on_request,
                                                  .head_bytes_max = 600,
                                                  .head_fields_max = 8,
                                                  .body_bytes_max = 5000};
    struct hr_error error;
    if (hr__engine_new(&engine, sim_tuning(), &error, &run.engine)) abort();
    sim_engine_add(run.engine);
    if (hr_http_server_new(run.engine, &server, &error, &run.server)) abort();
}

static void step_until_rest(void) {
    unsigned steps = 0;
    while (sim_step() == SIM_RAN) check(++steps < STEPS_MAX);
}

/* However the requests looked: as many whole heads as there are status lines, the first at once. */
static void check_answers(void) {
    if (run.answered == 0) return;
    run.answers[run.answered] = '\0';
    check(run.answered >= 12 && memcmp(run.answers, "HTTP/1.1 ", 9) == 0);
    const char *at = run.answers, *end = run.answers + run.answered;
    while ((at = memmem(at, (size_t)(end - at), "HTTP/1.1 ", 9))) {
        long status = strtol(at + 9, NULL, 10);
        check(status == 100 || (status >= 200 && status <= 599));
        at = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        check(at != NULL);
    }
}

/* The first byte chooses what the handler does and how large the buffers are, the second the cut.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3 || size > 20000) return 0;
    memset(&run, 0, offsetof(typeof(run), answers));
    run.answered = 0;
    run.takes = data[0] & 1;
    run.cut = data[1];
    run.bytes = hr_slice_bytes((const char *)data + 2, size - 2);
    const struct sim_options options = {.seed = 1 + data[0], .faults = {.latency_us_max = 100}};
    sim_open(&options);
    open_all(data[0]);
    run.begin.run = begin;
    hr__reactor_post(hr__engine_reactor(run.engine, 0), &run.begin);
    step_until_rest();
    check(run.stream == NULL); /* the server has ended the connection, at last by its time-outs */
    check_answers();
    hr_http_server_close(run.server, on_server_closed, NULL);
    step_until_rest();
    check(run.server_closed);
    check(hr_engine_close(run.engine, on_engine_closed, NULL) == 0);
    step_until_rest();
    check(run.engine_closed && !sim_complaint());
    struct sim_leftovers left = sim_leftovers();
    check(!left.descriptors && !left.operations && !left.lent_buffers && !left.files_open);
    sim_close();
    return 0;
}
