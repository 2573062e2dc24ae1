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

static void fill(struct hr__log_time_cache *cache, const struct hr__log_time_style *style,
                 uint64_t second) {
    time_t at = (time_t)second;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    if (style->local)
        localtime_r(&at, &tm);
    else
        gmtime_r(&at, &tm);
    char *out = hr__log_put_decimals(cache->text, (uint64_t)(tm.tm_year + 1900), 4);
    *out++ = '-';
    out = hr__log_put_decimals(out, (uint64_t)tm.tm_mon + 1, 2);
    *out++ = '-';
    out = hr__log_put_decimals(out, (uint64_t)tm.tm_mday, 2);
    *out++ = style->esper ? ' ' : 'T';
    out = hr__log_put_decimals(out, (uint64_t)tm.tm_hour, 2);
    *out++ = ':';
    out = hr__log_put_decimals(out, (uint64_t)tm.tm_min, 2);
    *out++ = ':';
    out = hr__log_put_decimals(out, (uint64_t)tm.tm_sec, 2);
    *out++ = '.';
    cache->size = (unsigned)(out - cache->text);
    char *zone = cache->zone;
    if (style->local && !style->esper)
        zone = put_zone(zone, tm.tm_gmtoff);
    else if (!style->esper)
        *zone++ = 'Z';
    cache->zone_size = (unsigned)(zone - cache->zone);
    cache->second = second + 1;
}

static char *put_anew(char *out, struct hr__log_time_cache *cache,
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

char *hr__log_put_time(char *out, struct hr__log_time_cache *cache,
                       const struct hr__log_time_style *style, uint64_t unix_ns) {
    if (unix_ns - cache->from_ns >= cache->span_ns) return put_anew(out, cache, style, unix_ns);
    memcpy(out, cache->whole, sizeof cache->whole);
    return out + cache->whole_size;
}
