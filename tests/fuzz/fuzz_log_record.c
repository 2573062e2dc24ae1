/* Records of a ring that somebody else wrote, through the reading of fields and all formats:
 * nothing is read outside of the record, no line is longer than was said, and each is one line. The
 * first four bytes choose site, flags and the number of fields; the rest is the record behind its
 * head. */
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "log_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static struct hr__log_ticks ticks = {.rate = UINT64_C(1) << 32};

static uint32_t add_site(uint32_t count, const char *const *keys) {
    struct hr_log_site *site = calloc(1, sizeof *site);
    *site = (struct hr_log_site){.level = 20,
                                 .line = 7,
                                 .message = "message",
                                 .file = "file.c",
                                 .function = "function",
                                 .keys = keys,
                                 .count = count};
    uint32_t id = hr__log_site_add(site);
    check(id != 0);
    free(site);
    return id;
}

static void format(const struct hr__log_record *record, const struct hr__log_style *style) {
    struct hr__log_formatter formatter;
    check(hr__log_formatter_open(&formatter, style, &hr__log_dictionary, &ticks) == 0);
    for (int i = 0; i < 2; i++) { /* the second time its layout is known */
        size_t bound = hr__log_format_bound(&formatter, record);
        char *out = malloc(bound);
        check(out != NULL);
        size_t size = (size_t)(hr__log_format(&formatter, record, out) - out);
        check(size <= bound);
        if (size) check(memchr(out, '\n', size) == out + size - 1);
        check(hr_utf8_valid(hr_slice_bytes(out, size)));
        free(out);
    }
    hr__log_formatter_close(&formatter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const keys[HR_LOG_FIELDS_MAX] = {
        "a", "level", "a", "g", "g.id", "x y", "\xff", "0", "1", "2", "3", "4", "5", "6", "7", "8"};
    static uint32_t few, many;
    if (!few) few = add_site(4, keys);
    if (!many) many = add_site(HR_LOG_FIELDS_MAX, keys);
    if (size < 4 || size > 65536) return 0;
    const uint32_t sites[] = {
        HR_LOG_SITE_FILLER, HR_LOG_SITE_FREE, HR_LOG_SITE_DROPPED, 9, few, many, HR_LOG_SITE_MAX};
    size_t words = (size - 4 + 7) / 8;
    uint64_t *record = calloc(3 + words, 8);
    check(record != NULL);
    record[1] = sites[data[0] % 7] | (uint64_t)(data[1] & 0xf) << 28 | (uint64_t)data[2] << 32 |
                (uint64_t)(3 + words) << 48;
    record[2] = data[3] & 0x80 ? 20 | (uint64_t)(data[3] & 0x7f) << 8 : 30 | (uint64_t)data[3] << 8;
    memcpy((char *)record + HR_LOG_TYPES_AT, data + 4, size - 4 < 6 ? size - 4 : 6);
    if (words) memcpy(record + 3, data + 4, size - 4);
    struct hr__log_record read;
    if (hr__log_record_read((const char *)record, 8 * (3 + words), &read) == 0) {
        for (int form = HR__LOG_TEXT; form <= HR__LOG_LOGFMT; form++) {
            const struct hr__log_style style = {.form = (enum hr__log_form)form,
                                                .names = (enum hr__log_names)(data[0] / 7 % 3),
                                                .time = {.digits = 3},
                                                .source = data[1] & 0x10};
            format(&read, &style);
        }
    }
    free(record);
    return 0;
}
