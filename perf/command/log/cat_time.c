/* Reading points in time. */
#include "cat_time.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <headrace/text.h>

#define SECOND_NS UINT64_C(1000000000)

/* `digits` digits at the front, which are taken away; -1: they are not there. */
static int read_digits(struct hr_slice *text, unsigned digits) {
    int number = 0;
    if (text->size < digits) return -1;
    for (unsigned i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') return -1;
        number = number * 10 + (text->data[i] - '0');
    }
    text->data += digits;
    text->size -= digits;
    return number;
}

static bool skip_byte(struct hr_slice *text, char byte) {
    if (text->size == 0 || text->data[0] != byte) return false;
    text->data++;
    text->size--;
    return true;
}

/* ".123456789": at most nine digits, at least one. */
static bool read_fraction(struct hr_slice *text, uint64_t *ns) {
    uint64_t unit = SECOND_NS / 10;
    *ns = 0;
    if (!skip_byte(text, '.')) return true;
    bool any = false;
    for (int digit; unit > 0 && (digit = read_digits(text, 1)) >= 0; unit /= 10, any = true)
        *ns += (uint64_t)digit * unit;
    return any;
}

static bool read_zone(struct hr_slice *text, int *offset_s) {
    *offset_s = 0;
    if (text->size == 0 || skip_byte(text, 'Z')) return true;
    int sign = skip_byte(text, '+') ? 1 : skip_byte(text, '-') ? -1 : 0;
    int hours = sign ? read_digits(text, 2) : -1,
        minutes = skip_byte(text, ':') ? read_digits(text, 2) : -1;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

static bool read_clock(struct hr_slice *text, struct tm *tm, uint64_t *ns) {
    if (!skip_byte(text, 'T') && !skip_byte(text, ' ')) return text->size == 0;
    tm->tm_hour = read_digits(text, 2);
    tm->tm_min = skip_byte(text, ':') ? read_digits(text, 2) : -1;
    if (skip_byte(text, ':')) {
        tm->tm_sec = read_digits(text, 2);
        if (tm->tm_sec < 0 || !read_fraction(text, ns)) return false;
    }
    return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
           tm->tm_sec <= 60;
}

int cat_time_parse(struct hr_slice text, uint64_t *unix_ns) {
    struct tm tm = {0};
    uint64_t ns = 0;
    int offset_s, year = read_digits(&text, 4);
    int month = skip_byte(&text, '-') ? read_digits(&text, 2) : -1;
    int day = skip_byte(&text, '-') ? read_digits(&text, 2) : -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) return -EINVAL;
    if (!read_clock(&text, &tm, &ns) || !read_zone(&text, &offset_s) || text.size) return -EINVAL;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    bool leap = tm.tm_sec == 60;
    tm.tm_sec -= leap;
    time_t second = timegm(&tm) + leap;
    if (tm.tm_mday != day) return -EINVAL; /* 31 June */
    if (second < offset_s || (uint64_t)second > UINT64_MAX / SECOND_NS - 86400) return -EINVAL;
    *unix_ns = (uint64_t)(second - offset_s) * SECOND_NS + ns;
    return 0;
}

int cat_time_parse_option(const char *text, uint64_t now_ns, uint64_t *unix_ns) {
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    size_t digits = strspn(text, "0123456789");
    uint64_t number;
    for (size_t i = 0; i < sizeof units / sizeof *units && digits; i++) {
        if (strcmp(text + digits, units[i].unit) != 0) continue;
        uint64_t max = now_ns / SECOND_NS / units[i].seconds;
        if (hr_text_u64(hr_slice_bytes(text, digits), max, &number) != 0) return -EINVAL;
        *unix_ns = now_ns - number * units[i].seconds * SECOND_NS;
        return 0;
    }
    return cat_time_parse(hr_slice_of(text), unix_ns);
}
