/* Times of records as text. */
#include <string.h>
#include <time.h>

#include "log_out.h"
#include "log_time.h"

static char *put_zone(char *out, long offset_s) {
    long minutes = offset_s / 60;
    *out++ = minutes < 0 ? '-' : '+';
    if (minutes < 0) minutes = -minutes;
    out = hr__log_put_decimals(out, (uint64_t)minutes / 60, 2);
    *out++ = ':';
    return hr__log_put_decimals(out, (uint64_t)minutes % 60, 2);
}

struct date {
    uint64_t year, month, day;
};

/* The date of a day since 1970-01-01 in the Gregorian calendar. Its years begin in March, so that a
 * leap day stands at their end. The C library is not asked: its functions take a lock that a
 * crashed thread may hold. */
static struct date date_of(uint64_t days) {
    days += 719468;                                    /* since 0000-03-01 */
    uint64_t era = days / 146097, day = days % 146097; /* of 400 years */
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    uint64_t month = (5 * day + 2) / 153; /* from March */
    struct date date = {.year = era * 400 + year + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = day - (153 * month + 2) / 5 + 1};
    return date;
}

static int32_t local_offset(uint64_t second) {
    time_t at = (time_t)second;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    localtime_r(&at, &tm);
    return (int32_t)tm.tm_gmtoff;
}

static void fill(struct hr__log_time_cache *cache, const struct hr__log_time_style *style,
                 uint64_t second) {
    if (style->local && !cache->fixed) cache->offset_s = local_offset(second);
    int64_t shown = (int64_t)second + (style->local ? cache->offset_s : 0);
    uint64_t local = shown > 0 ? (uint64_t)shown : 0, of_day = local % 86400;
    struct date date = date_of(local / 86400);
    char *out = hr__log_put_decimals(cache->text, date.year, 4);
    *out++ = '-';
    out = hr__log_put_decimals(out, date.month, 2);
    *out++ = '-';
    out = hr__log_put_decimals(out, date.day, 2);
    *out++ = style->esper ? ' ' : 'T';
    out = hr__log_put_decimals(out, of_day / 3600, 2);
    *out++ = ':';
    out = hr__log_put_decimals(out, of_day / 60 % 60, 2);
    *out++ = ':';
    out = hr__log_put_decimals(out, of_day % 60, 2);
    *out++ = '.';
    cache->size = (unsigned)(out - cache->text);
    char *zone = cache->zone;
    if (style->local && !style->esper)
        zone = put_zone(zone, cache->offset_s);
    else if (!style->esper)
        *zone++ = 'Z';
    cache->zone_size = (unsigned)(zone - cache->zone);
    cache->second = second + 1;
}

char *hr__log_put_time_anew(char *out, struct hr__log_time_cache *cache,
                            const struct hr__log_time_style *style, uint64_t unix_ns) {
    uint64_t second = unix_ns / 1000000000;
    uint32_t fraction = (uint32_t)(unix_ns % 1000000000);
    uint32_t unit = style->digits == 3 ? 1000000 : style->digits == 6 ? 1000 : 1;
    if (cache->second != second + 1) fill(cache, style, second);
    char *at = cache->whole;
    memcpy(at, cache->text, sizeof cache->text);
    at = hr__log_put_decimals(at + cache->size, fraction / unit, style->digits);
    memcpy(at, cache->zone, sizeof cache->zone);
    cache->whole_size = (unsigned)(at - cache->whole) + cache->zone_size;
    cache->from_ns = unix_ns - fraction % unit;
    cache->span_ns = unit;
    memcpy(out, cache->whole, sizeof cache->whole);
    return out + cache->whole_size;
}
