/* Records of a transfer's journal as lines: CRC, kind, fields, with a blank between. */
#include "journal_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <headrace/encode.h>
#include <headrace/url.h>

#include "crc_forms.h"

#define CRC_DIGITS 8
#define CRC_BYTES  4

static void write_crc(const char *text, size_t size, char digits[CRC_DIGITS]) {
    uint32_t crc = (uint32_t)hr__crc_update(HR__CRC32C, 0, text, size);
    const uint8_t bytes[CRC_BYTES] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16),
                                      (uint8_t)(crc >> 8), (uint8_t)crc};
    hr_hex_encode(bytes, sizeof bytes, digits);
}

size_t hr__journal_record_write(const struct hr__journal_record *record,
                                char line[HR__JOURNAL_LINE]) {
    size_t at = CRC_DIGITS + 1, size;
    if (record->kind.size + at + 1 > HR__JOURNAL_LINE) return 0;
    memcpy(line + at, record->kind.data, record->kind.size);
    at += record->kind.size;
    for (unsigned i = 0; i < record->count; i++) {
        if (at + 2 > HR__JOURNAL_LINE) return 0;
        line[at++] = ' ';
        if (hr_percent_encode(record->fields[i], HR_PERCENT_STRICT, line + at,
                              HR__JOURNAL_LINE - at - 1, &size))
            return 0;
        at += size;
    }
    write_crc(line + CRC_DIGITS + 1, at - CRC_DIGITS - 1, line);
    line[CRC_DIGITS] = ' ';
    line[at++] = '\n';
    return at;
}

/* Up to the next blank, which it steps over. */
static struct hr_slice cut_word(struct hr_slice *rest) {
    const char *blank = memchr(rest->data, ' ', rest->size);
    size_t size = blank ? (size_t)(blank - rest->data) : rest->size;
    struct hr_slice word = hr_slice_bytes(rest->data, size);
    *rest = blank ? hr_slice_bytes(blank + 1, rest->size - size - 1) : hr_slice_bytes(NULL, 0);
    return word;
}

static bool read_fields(char *data, struct hr_slice rest, struct hr__journal_record *record) {
    record->kind = cut_word(&rest);
    record->count = 0;
    while (rest.data) {
        if (record->count == HR__JOURNAL_FIELDS) return false;
        struct hr_slice word = cut_word(&rest);
        char *place = data + (word.data - data);
        size_t size;
        if (hr_percent_decode(word, place, word.size, &size)) return false;
        record->fields[record->count++] = hr_slice_bytes(place, size);
    }
    return record->kind.size > 0;
}

size_t hr__journal_record_read(char *data, size_t size, struct hr__journal_record *record) {
    char digits[CRC_DIGITS];
    char *end = size ? memchr(data, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - data) : 0;
    if (length <= CRC_DIGITS + 1 || length >= HR__JOURNAL_LINE || data[CRC_DIGITS] != ' ') return 0;
    struct hr_slice text = {data + CRC_DIGITS + 1, length - CRC_DIGITS - 1};
    write_crc(text.data, text.size, digits);
    if (memcmp(digits, data, CRC_DIGITS) != 0) return 0;
    return read_fields(data, text, record) ? length + 1 : 0;
}
