/* Bytes that grow. */
#include "command_fixture.h"

#include <errno.h>

#include "byte_buffer.h"

TestSuite(byte_buffer, .init = fixture_open, .fini = fixture_close);

Test(byte_buffer, grows_and_stays_terminated) {
    struct byte_buffer buffer = {0};
    for (unsigned i = 0; i < 5000; i++) {
        char byte = (char)('a' + i % 26);
        cr_assert_eq(byte_buffer_add(&buffer, hr_slice_bytes(&byte, 1)), 0);
        cr_assert_eq(buffer.size, i + 1);
        cr_assert_eq(buffer.data[buffer.size], '\0');
    }
    for (unsigned i = 0; i < 5000; i++) cr_assert_eq(buffer.data[i], (char)('a' + i % 26));
    byte_buffer_free(&buffer);
    cr_expect_null(buffer.data);
    cr_expect_eq(buffer.size, 0);
    byte_buffer_free(&buffer);
}

Test(byte_buffer, nothing_added_is_an_empty_text) {
    struct byte_buffer buffer = {0};
    cr_assert_eq(byte_buffer_add_text(&buffer, ""), 0);
    cr_expect_str_eq(buffer.data, "");
    cr_assert_eq(byte_buffer_add(&buffer, hr_slice_bytes("a\0b", 3)), 0);
    cr_expect_eq(buffer.size, 3, "zero bytes are bytes");
    cr_expect_eq(memcmp(buffer.data, "a\0b", 4), 0);
    byte_buffer_free(&buffer);
}

Test(byte_buffer, more_than_the_limit_is_refused_and_nothing_added) {
    struct byte_buffer buffer = {0};
    cr_assert_eq(byte_buffer_add_text(&buffer, "abc"), 0);
    cr_expect_eq(byte_buffer_add(&buffer, hr_slice_bytes("x", BYTE_BUFFER_MAX - 2)), -EFBIG);
    cr_expect_eq(byte_buffer_add(&buffer, hr_slice_bytes("x", SIZE_MAX)), -EFBIG);
    cr_expect_eq(buffer.size, 3);
    cr_expect_str_eq(buffer.data, "abc");
    byte_buffer_free(&buffer);
}

Test(byte_buffer, files) {
    struct byte_buffer buffer = {0};
    static char large[200001];
    for (size_t i = 0; i < sizeof large; i++) large[i] = (char)(i * 7);
    cr_assert_eq(byte_buffer_add_text(&buffer, "head"), 0);
    cr_assert_eq(byte_buffer_add_file(&buffer, fixture_write("large", large, sizeof large)), 0);
    cr_assert_eq(buffer.size, 4 + sizeof large);
    cr_expect_eq(memcmp(buffer.data, "head", 4), 0);
    cr_expect_eq(memcmp(buffer.data + 4, large, sizeof large), 0);
    size_t before = buffer.size;
    cr_expect_eq(byte_buffer_add_file(&buffer, fixture_path("missing")), -ENOENT);
    cr_expect_eq(byte_buffer_add_file(&buffer, fixture_folder), -EISDIR);
    cr_expect_eq(buffer.size, before, "an error adds nothing");
    fixture_input("of the pipe");
    cr_assert_eq(byte_buffer_add_file(&buffer, "-"), 0);
    cr_expect_str_eq(buffer.data + before, "of the pipe");
    byte_buffer_free(&buffer);
}
