#include <criterion/criterion.h>
#include <errno.h>

#include <engine/reactor.h>
#include <headrace/engine.h>
#include <headrace/error.h>

#include "sink.h"

Test(sink, fixed_memory_to_the_last_byte) {
    char memory[8] = "", direct[] = "x";
    struct hr_sink sink = hr_sink_bytes(memory, 8);
    struct hr_blocks blocks = {0};
    struct hr_sink_writer writer = {0};
    hr__sink_open(&writer, NULL, &blocks, NULL, &sink, NULL);
    cr_assert_eq(hr__sink_expect(&writer, 8), 0);
    cr_assert_eq(hr__sink_expect(&writer, 9), HR_ERR_SINK_FULL);
    cr_assert_eq(hr__sink_take(&writer, "01234", 5), 5);
    cr_assert_eq(hr__sink_take(&writer, "5678", 4), HR_ERR_SINK_FULL);
    cr_assert(hr__sink_is_direct(&writer, 3));
    cr_assert_not(hr__sink_is_direct(&writer, 4));
    size_t size;
    char *to = hr__sink_direct(&writer, 3, &size);
    cr_assert_eq(to, memory + 5);
    cr_assert_eq(size, 3);
    memcpy(to, "567", 3);
    cr_assert_eq(hr__sink_take(&writer, to, 3), 3);
    cr_assert_eq(hr__sink_take(&writer, direct, 1), HR_ERR_SINK_FULL);
    cr_assert_eq(hr__sink_take(&writer, direct, 0), 0);
    cr_assert_eq(hr__sink_flush(&writer), 0);
    cr_assert_eq(memcmp(memory, "01234567", 8), 0);
    cr_assert_eq(writer.size, 8);
}

static ssize_t take_some(void *user, const void *data, size_t size) {
    (void)data;
    ssize_t limit = *(ssize_t *)user;
    return limit < 0 || (size_t)limit < size ? limit : (ssize_t)size;
}

static ssize_t take_too_much(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    return (ssize_t)size + 1;
}

Test(sink, consumers) {
    ssize_t limit = 0;
    struct hr_sink sink = hr_sink_consumer(take_some, &limit);
    struct hr_blocks blocks = {0};
    struct hr_sink_writer writer = {0};
    hr__sink_open(&writer, NULL, &blocks, NULL, &sink, NULL);
    cr_assert_eq(hr__sink_take(&writer, "abc", 3), 0);
    cr_assert(writer.pushed_back);
    cr_assert_not(writer.touched);
    limit = 2;
    cr_assert_eq(hr__sink_take(&writer, "abc", 3), 2);
    cr_assert(writer.pushed_back);
    cr_assert(writer.touched);
    cr_assert_eq(hr__sink_take(&writer, "c", 1), 1);
    cr_assert_not(writer.pushed_back);
    limit = -EILSEQ;
    cr_assert_eq(hr__sink_take(&writer, "d", 1), -EILSEQ);
    cr_assert_eq(writer.size, 3);
    sink.consume = take_too_much;
    hr__sink_open(&writer, NULL, &blocks, NULL, &sink, NULL);
    cr_assert_eq(hr__sink_take(&writer, "d", 1), -EOVERFLOW);
}

Test(sink, checks) {
    struct hr_sink bad[] = {hr_sink_bytes(NULL, 1), hr_sink_buffer(NULL, 0), hr_sink_fd(-1, 0),
                            hr_sink_consumer(NULL, NULL)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(hr__sink_check(&bad[i]), -EINVAL);
    struct hr_sink discard = hr_sink_discard();
    cr_assert_eq(hr__sink_check(&discard), 0);
    bad[0].kind = (enum hr_sink_kind)99;
    cr_assert_eq(hr__sink_check(&bad[0]), -EINVAL);
}

/* The rest of a body, behind what is there already. */
Test(sink, has_delivered_all_that_memory_and_consumers_took) {
    char memory[8];
    ssize_t limit = 3;
    struct hr_sink sinks[] = {hr_sink_bytes(memory, 8), hr_sink_consumer(take_some, &limit)};
    for (size_t i = 0; i < 2; i++) {
        struct hr_blocks blocks = {0};
        struct hr_sink_writer writer = {0};
        hr__sink_open(&writer, NULL, &blocks, NULL, &sinks[i], NULL);
        cr_assert_eq(hr__sink_delivered(&writer), 0);
        cr_assert_eq(hr__sink_take(&writer, "abc", 3), 3);
        cr_assert_eq(hr__sink_delivered(&writer), 3);
    }
}

Test(sink, a_growing_one_keeps_the_bytes_below_its_offset) {
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    struct hr_error error;
    hr_engine *engine;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    struct hr_reactor *reactor = hr__engine_reactor(engine, 0);
    struct hr_buffer buffer = {0};
    struct hr_blocks blocks = {0};
    struct hr_sink_writer writer = {0};
    struct hr_sink sink = hr_sink_buffer(&buffer, 12);
    hr__sink_open(&writer, reactor, &blocks, NULL, &sink, NULL);
    cr_assert_eq(hr__sink_take(&writer, "0123456789", 10), 10);
    sink.offset = 8;
    hr__sink_open(&writer, reactor, &blocks, NULL, &sink, NULL);
    cr_assert_eq(hr__sink_expect(&writer, 5), HR_ERR_HTTP_BODY_TOO_LARGE);
    cr_assert_eq(hr__sink_expect(&writer, 4), 0);
    cr_assert_eq(hr__sink_take(&writer, "abcd", 4), 4);
    cr_assert_eq(hr__sink_take(&writer, "e", 1), HR_ERR_HTTP_BODY_TOO_LARGE);
    cr_assert_eq(buffer.size, 12);
    cr_assert_eq(memcmp(buffer.data, "01234567abcd", 12), 0);
    sink.offset = 100; /* more than there is: all of it stays */
    hr__sink_open(&writer, reactor, &blocks, NULL, &sink, NULL);
    cr_assert_eq(buffer.size, 12);
    cr_assert_eq(hr__sink_expect(&writer, 1), HR_ERR_HTTP_BODY_TOO_LARGE);
    sink.offset = 0;
    hr__sink_open(&writer, reactor, &blocks, NULL, &sink, NULL);
    cr_assert_eq(buffer.size, 0);
    hr_buffer_deinit(&buffer);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
