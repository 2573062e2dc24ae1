#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "log_format.h"

/* Memory that comes between the two calls must not let a line be longer than was said. */
Test(log_format, a_line_without_memory_for_its_layout_stays_within_its_bound) {
    static char message[3000], memory[1 << 20];
    static const char *const keys[] = {"a"};
    memset(message, 'm', sizeof message - 1);
    struct hr_log_site site = {.level = 20,
                               .message = message,
                               .file = "file.c",
                               .function = "function",
                               .keys = keys,
                               .count = 1};
    uint64_t words[4] = {1, 0, 20 | 1 << 8, 7};
    uint32_t id = hr__log_site_add(&site);
    cr_assert_neq(id, 0);
    words[1] = id | UINT64_C(4) << 48;
    ((char *)words)[HR_LOG_TYPES_AT] = HR_LOG_I64;
    struct hr__log_ticks ticks = {.rate = UINT64_C(1) << 32};
    struct hr__log_arena arena = {.at = memory, .end = memory};
    const struct hr__log_style style = {.form = HR__LOG_TEXT, .time = {.digits = 3}};
    struct hr__log_formatter formatter;
    struct hr__log_record record;
    char out[8192];
    cr_assert_eq(
        hr__log_formatter_open_safe(&formatter, &style, &hr__log_dictionary, &ticks, &arena), 0);
    cr_assert_eq(hr__log_record_read((const char *)words, sizeof words, &record), 0);
    size_t bound = hr__log_format_bound(&formatter, &record);
    arena.end = memory + sizeof memory;
    size_t size = (size_t)(hr__log_format(&formatter, &record, out) - out);
    cr_assert_leq(size, bound);
    bound = hr__log_format_bound(&formatter, &record); /* now there is memory */
    size = (size_t)(hr__log_format(&formatter, &record, out) - out);
    cr_assert_leq(size, bound);
    cr_assert_gt(size, sizeof message);
    hr__log_formatter_close(&formatter);
}
