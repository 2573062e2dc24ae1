/* Records of journals: written, read, torn, flipped. */
#include <criterion/criterion.h>
#include <string.h>

#include "journal_record.h"

static size_t write_one(char line[HR__JOURNAL_LINE]) {
    const struct hr__journal_record record = {
        hr_slice_of("part"), {hr_slice_of("a b\n%"), hr_slice_of(""), hr_slice_of("\x01/é")}, 3};
    return hr__journal_record_write(&record, line);
}

/* The CRC was computed bit by bit, by another program. */
Test(journal_record, a_line_is_a_crc_and_encoded_fields) {
    char line[HR__JOURNAL_LINE];
    const char *expected = "28d4d934 part a%20b%0A%25  %01%2F%C3%A9\n";
    size_t size = write_one(line);
    cr_assert_eq(size, strlen(expected));
    cr_expect_arr_eq(line, expected, size);
}

Test(journal_record, what_is_written_is_read) {
    char line[HR__JOURNAL_LINE];
    struct hr__journal_record record;
    size_t size = write_one(line);
    cr_assert_eq(hr__journal_record_read(line, size, &record), size);
    cr_expect_eq(record.count, 3);
    cr_expect_arr_eq(record.kind.data, "part", 4);
    cr_expect_eq(record.fields[0].size, 5);
    cr_expect_arr_eq(record.fields[0].data, "a b\n%", 5);
    cr_expect_eq(record.fields[1].size, 0);
    cr_expect_arr_eq(record.fields[2].data, "\x01/é", 4);
}

Test(journal_record, every_torn_one_is_none) {
    char line[HR__JOURNAL_LINE], torn[HR__JOURNAL_LINE];
    struct hr__journal_record record;
    size_t size = write_one(line);
    for (size_t cut = 0; cut < size; cut++) {
        memcpy(torn, line, size);
        cr_expect_eq(hr__journal_record_read(torn, cut, &record), 0, "%zu bytes", cut);
    }
}

Test(journal_record, every_flipped_bit_shows) {
    char line[HR__JOURNAL_LINE], flipped[HR__JOURNAL_LINE];
    struct hr__journal_record record;
    size_t size = write_one(line);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(flipped, line, size);
        flipped[bit / 8] = (char)(flipped[bit / 8] ^ 1 << bit % 8);
        cr_expect_eq(hr__journal_record_read(flipped, size, &record), 0, "bit %zu", bit);
    }
}

Test(journal_record, one_that_is_too_long_is_not_written) {
    static char text[HR__JOURNAL_LINE], line[HR__JOURNAL_LINE];
    memset(text, 'a', sizeof text);
    struct hr__journal_record record = {
        hr_slice_of("part"), {hr_slice_bytes(text, HR__JOURNAL_LINE - 15)}, 1};
    cr_expect_eq(hr__journal_record_write(&record, line), HR__JOURNAL_LINE);
    record.fields[0].size++;
    cr_expect_eq(hr__journal_record_write(&record, line), 0);
}
