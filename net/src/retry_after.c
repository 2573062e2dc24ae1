/* Retry-After: how long a server wants to be left alone. */
#include <string.h>

#include <headrace/clock.h>

#include "retry.h"

#define IMF_SIZE 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* A template of a date: D a digit, d a digit or a space, other bytes stand for themselves, and the
 * month's three letters are L. */
static bool fits(struct hr_slice text, const char *shape) {
    if (text.size != strlen(shape)) return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool digit = byte >= '0' && byte <= '9';
        switch (shape[i]) {
        case 'D':
            if (!digit) return false;
            break;
        case 'd':
            if (!digit && byte != ' ') return false;
            break;
        case 'L':
            if ((byte | 0x20) < 'a' || (byte | 0x20) > 'z') return false;
            break;
        default:
            if (byte != (unsigned char)shape[i]) return false;
        }
    }
    return true;
}

static bool is_day_name(struct hr_slice name) {
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hr_slice_equal(name, hr_slice_of(names[i]))) return true;
    return false;
}

static uint64_t year_of(uint64_t unix_s) {
    char date[HR_DATE_HTTP_SIZE];
    hr_date_http(unix_s, date);
    uint64_t year = 0;
    for (int i = 12; i < 16; i++) year = year * 10 + (uint64_t)(date[i] - '0');
    return year;
}

static void put_two(char *out, uint64_t value) {
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

/* RFC 850, "Sunday, 06-Nov-94 08:49:37 GMT". Its year is the one that is not more than 50 years
 * ahead (RFC 9110 5.6.7). */
static bool read_rfc850(struct hr_slice text, uint64_t now_s, char imf[IMF_SIZE]) {
    const char *comma = memchr(text.data, ',', text.size);
    if (!comma) return false;
    size_t name_size = (size_t)(comma - text.data);
    const struct hr_slice rest = {comma, text.size - name_size};
    if (!is_day_name((struct hr_slice){text.data, name_size}) ||
        !fits(rest, ", DD-LLL-DD DD:DD:DD GMT"))
        return false;
    uint64_t year = (uint64_t)(rest.data[9] - '0') * 10 + (uint64_t)(rest.data[10] - '0');
    uint64_t this_year = year_of(now_s);
    year += (this_year + 50) / 100 * 100;
    if (year > this_year + 50) year -= 100;
    memcpy(imf, text.data, 3);
    memcpy(imf + 3, rest.data, 11);
    imf[7] = imf[11] = ' ';
    put_two(imf + 12, year / 100);
    put_two(imf + 14, year % 100);
    memcpy(imf + 16, rest.data + 11, 13);
    return true;
}

/* asctime, "Sun Nov  6 08:49:37 1994". */
static bool read_asctime(struct hr_slice text, char imf[IMF_SIZE]) {
    if (!fits(text, "LLL LLL dD DD:DD:DD DDDD")) return false;
    memcpy(imf, text.data, 3);
    memcpy(imf + 3, ", ", 2);
    imf[5] = text.data[8] == ' ' ? '0' : text.data[8];
    imf[6] = text.data[9];
    imf[7] = imf[11] = ' ';
    memcpy(imf + 8, text.data + 4, 3);
    memcpy(imf + 12, text.data + 20, 4);
    imf[16] = ' ';
    memcpy(imf + 17, text.data + 11, 8);
    memcpy(imf + 25, " GMT", 4);
    return true;
}

static bool read_date(struct hr_slice text, uint64_t now_s, uint64_t *unix_s) {
    char imf[IMF_SIZE];
    if (fits(text, "LLL, DD LLL DDDD DD:DD:DD GMT"))
        memcpy(imf, text.data, IMF_SIZE);
    else if (!read_rfc850(text, now_s, imf) && !read_asctime(text, imf))
        return false;
    return hr_date_parse((struct hr_slice){imf, IMF_SIZE}, unix_s) == 0;
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
