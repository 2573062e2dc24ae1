/* Retry-After: how long a server wants to be left alone. */
#include <base/clock_source.h>

#include "retry.h"

/* HTTP's three forms; those of ISO 8601 begin with a digit. */
static bool read_date(struct hr_slice text, uint64_t now_s, uint64_t *unix_s) {
    return text.data[0] > '9' && hr__date_parse_at(text, now_s, unix_s) == 0;
}

/* 1*DIGIT, whatever its length. */
static bool read_seconds(struct hr_slice text, uint64_t *ms) {
    uint64_t sum = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9) return false;
        if (sum < HR_RETRY_AFTER_MAX_MS) sum = sum * 10 + digit;
    }
    *ms = sum < HR_RETRY_AFTER_MAX_MS / 1000 ? sum * 1000 : HR_RETRY_AFTER_MAX_MS;
    return text.size > 0;
}

bool hr__retry_after_parse(struct hr_slice value, uint64_t wall_ms, uint64_t *retry_after_ms) {
    uint64_t ms, date_s;
    if (!read_seconds(value, &ms)) {
        if (value.size == 0 || !read_date(value, wall_ms / 1000, &date_s)) return false;
        ms = date_s * 1000 > wall_ms ? date_s * 1000 - wall_ms : 0;
        if (ms > HR_RETRY_AFTER_MAX_MS) ms = HR_RETRY_AFTER_MAX_MS;
    }
    *retry_after_ms = ms;
    return true;
}
