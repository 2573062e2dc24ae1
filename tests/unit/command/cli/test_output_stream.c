/* Bodies on their way to a pipe, as a shell gives one. */
#include "command_fixture.h"

#include <errno.h>
#include <signal.h>

#include "output_stream.h"

#define RING (1u << 20)

static int ends[2];
static struct hr_request request;

static void open_pipe(void) {
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    signal(SIGPIPE, SIG_IGN);
}

TestSuite(stream, .init = open_pipe);

static char pattern(uint64_t at) {
    return (char)(at * 31 + at / 251);
}

Test(stream, all_bytes_arrive_in_order_before_close_returns) {
    stream *body;
    static char data[40000], got[40000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = pattern(i);
    cr_assert_eq(stream_open(ends[1], &request, &body), 0);
    struct hr_sink sink = stream_sink(body);
    size_t sent = 0;
    for (size_t size = 1; sent < sizeof data; size = size * 2 + 1) {
        size_t piece = size < sizeof data - sent ? size : sizeof data - sent;
        cr_assert_eq(sink.consume(sink.user, data + sent, piece), (ssize_t)piece);
        sent += piece;
    }
    cr_expect_eq(stream_bytes(body), sizeof data);
    cr_expect_eq(stream_close(body, false), 0);
    size_t size = 0;
    for (ssize_t more;
         size < sizeof got && (more = read(ends[0], got + size, sizeof got - size)) > 0;)
        size += (size_t)more;
    cr_expect_eq(size, sizeof data);
    cr_expect_eq(memcmp(got, data, sizeof data), 0);
}

/* The pipe takes 64 KiB, pipe(7); the ring a MiB behind it; the rest is pushed back. */
Test(stream, a_reader_that_does_not_read_pushes_back_and_one_that_goes_is_an_error) {
    stream *body;
    static char data[3 * RING];
    cr_assert_eq(stream_open(ends[1], &request, &body), 0);
    struct hr_sink sink = stream_sink(body);
    ssize_t taken = sink.consume(sink.user, data, sizeof data);
    cr_expect_eq(taken, RING, "%zd: as much as the ring holds", taken);
    cr_expect_eq(stream_bytes(body), RING);
    close(ends[0]);
    cr_expect_eq(stream_close(body, false), -EPIPE, "nobody reads any more");
}
