/* The time of a record as text. */
#ifndef HR_LOG_TIME_H
#define HR_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct hr__log_time_style {
    bool esper;      /* "2026-11-22 10:00:00.123", else "2026-11-22T10:00:00.123Z" */
    bool local;      /* of this machine's time zone, with its offset where not `esper` */
    unsigned digits; /* of a second, behind the point: 3, 6 or 9 */
};

#define HR_LOG_TIME_BYTES 48 /* that are written, whatever the size of the text */

/* The text of the last second and of the last time in it. Zero before the first use. */
struct hr__log_time_cache {
    bool fixed; /* `offset_s` stays as it is: a handler of signals may not ask the C library */
    int32_t offset_s;          /* of local time, east of UTC, in that second */
    uint64_t from_ns, span_ns; /* `whole` is the text of these times; span 0: of none */
    unsigned whole_size;
    char whole[HR_LOG_TIME_BYTES];
    uint64_t second; /* + 1; 0: none yet */
    unsigned size, zone_size;
    char text[24], zone[8];
};

/* Writes a time that is not `whole`'s. */
char *hr__log_put_time_anew(char *out, struct hr__log_time_cache *cache,
                            const struct hr__log_time_style *style, uint64_t unix_ns);

static inline char *hr__log_put_time(char *out, struct hr__log_time_cache *cache,
                                     const struct hr__log_time_style *style, uint64_t unix_ns) {
    if (unix_ns - cache->from_ns >= cache->span_ns)
        return hr__log_put_time_anew(out, cache, style, unix_ns);
    memcpy(out, cache->whole, sizeof cache->whole);
    return out + cache->whole_size;
}

#endif
