/* Clocks and date forms. Days are counted by Howard Hinnant's civil-calendar method
 * ("chrono-Compatible Low-Level Date Algorithms"), so no time zone table and no lock of the C
 * library is touched. */
#include <errno.h>
#include <time.h>

#include <base/clock_source.h>
#include <headrace/clock.h>

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */

static uint64_t read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const struct hr_clock_source *hr__clock_source;

uint64_t hr_clock_monotonic_ns(void) {
    return hr__clock_source ? hr__clock_source->monotonic_ns() : read_clock(CLOCK_MONOTONIC);
}
uint64_t hr_clock_wall_ns(void) {
    return hr__clock_source ? hr__clock_source->wall_ns() : read_clock(CLOCK_REALTIME);
}

struct civil {
    unsigned year, month, day, hour, minute, second, weekday;
};

static struct civil civil_of(uint64_t unix_s) {
    uint64_t days = unix_s / 86400;
    unsigned rest = (unsigned)(unix_s % 86400);
    uint64_t z = days + 719468;
    uint64_t era = z / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    struct civil out;
    out.day = doy - (153 * mp + 2) / 5 + 1;
    out.month = mp < 10 ? mp + 3 : mp - 9;
    out.year = (unsigned)(yoe + era * 400) + (out.month <= 2);
    out.hour = rest / 3600;
    out.minute = rest / 60 % 60;
    out.second = rest % 60;
    out.weekday = (unsigned)(days % 7);
    return out;
}

static unsigned days_in_month(unsigned year, unsigned month) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int seconds_of(const struct civil *in, uint64_t *unix_s) {
    if (in->year < 1970 || in->month < 1 || in->month > 12 || in->day < 1 ||
        in->day > days_in_month(in->year, in->month) || in->hour > 23 || in->minute > 59 ||
        in->second > 60)
        return -EINVAL;
    unsigned year = in->year - (in->month <= 2);
    unsigned era = year / 400, yoe = year - era * 400;
    unsigned doy = (153 * (in->month > 2 ? in->month - 3 : in->month + 9) + 2) / 5 + in->day - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    uint64_t days = (uint64_t)era * 146097 + doe - 719468;
    *unix_s = days * 86400 + in->hour * 3600 + in->minute * 60 + in->second;
    return 0;
}

static char *put(char *out, unsigned value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--, value /= 10) out[i - 1] = (char)('0' + value % 10);
    return out + digits;
}

static char *put_text(char *out, const char *text, size_t size) {
    memcpy(out, text, size);
    return out + size;
}

void hr_date_http(uint64_t unix_s, char out[HR_DATE_HTTP_SIZE]) {
    struct civil t = civil_of(unix_s);
    out = put_text(out, day_names + t.weekday * 3, 3);
    out = put_text(out, ", ", 2);
    out = put(out, t.day, 2);
    *out++ = ' ';
    out = put_text(out, month_names + (t.month - 1) * 3, 3);
    *out++ = ' ';
    out = put(out, t.year, 4);
    *out++ = ' ';
    out = put(out, t.hour, 2);
    *out++ = ':';
    out = put(out, t.minute, 2);
    *out++ = ':';
    out = put(out, t.second, 2);
    put_text(out, " GMT", 5);
}

void hr_date_iso(uint64_t unix_ms, char out[HR_DATE_ISO_SIZE]) {
    struct civil t = civil_of(unix_ms / 1000);
    out = put(out, t.year, 4);
    *out++ = '-';
    out = put(out, t.month, 2);
    *out++ = '-';
    out = put(out, t.day, 2);
    *out++ = 'T';
    out = put(out, t.hour, 2);
    *out++ = ':';
    out = put(out, t.minute, 2);
    *out++ = ':';
    out = put(out, t.second, 2);
    *out++ = '.';
    out = put(out, (unsigned)(unix_ms % 1000), 3);
    put_text(out, "Z", 2);
}

void hr_date_basic(uint64_t unix_s, char out[17]) {
    struct civil t = civil_of(unix_s);
    out = put(out, t.year, 4);
    out = put(out, t.month, 2);
    out = put(out, t.day, 2);
    *out++ = 'T';
    out = put(out, t.hour, 2);
    out = put(out, t.minute, 2);
    out = put(out, t.second, 2);
    put_text(out, "Z", 2);
}

/* Takes `digits` digits at *at. */
static bool take(struct hr_slice text, size_t *at, unsigned digits, unsigned *value) {
    if (text.size - *at < digits) return false;
    unsigned sum = 0;
    for (unsigned i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[*at + i] - '0';
        if (digit > 9) return false;
        sum = sum * 10 + digit;
    }
    *at += digits;
    *value = sum;
    return true;
}

static bool take_text(struct hr_slice text, size_t *at, const char *expected) {
    size_t size = strlen(expected);
    if (text.size - *at < size || memcmp(text.data + *at, expected, size) != 0) return false;
    *at += size;
    return true;
}

static bool take_name(struct hr_slice text, size_t *at, const char *names, unsigned *index) {
    for (unsigned i = 0; names[i * 3]; i++) {
        if (text.size - *at < 3 || memcmp(text.data + *at, names + i * 3, 3) != 0) continue;
        *at += 3;
        *index = i;
        return true;
    }
    return false;
}

/* "08:49:37", or "084937". */
static bool take_clock(struct hr_slice text, size_t *at, bool colons, struct civil *out) {
    return take(text, at, 2, &out->hour) && (!colons || take_text(text, at, ":")) &&
           take(text, at, 2, &out->minute) && (!colons || take_text(text, at, ":")) &&
           take(text, at, 2, &out->second);
}

/* IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". */
static bool parse_imf(struct hr_slice text, struct civil *out) {
    size_t at = 0;
    return take_name(text, &at, day_names, &out->weekday) && take_text(text, &at, ", ") &&
           take(text, &at, 2, &out->day) && take_text(text, &at, " ") &&
           take_name(text, &at, month_names, &out->month) && take_text(text, &at, " ") &&
           take(text, &at, 4, &out->year) && take_text(text, &at, " ") &&
           take_clock(text, &at, true, out) && take_text(text, &at, " GMT") && at == text.size;
}

/* The year that ends in these two digits and is not more than 50 years ahead (RFC 9110 5.6.7). */
static unsigned year_ending_in(unsigned digits, uint64_t now_s) {
    unsigned now = civil_of(now_s).year, year = (now + 50) / 100 * 100 + digits;
    return year > now + 50 ? year - 100 : year;
}

/* RFC 850: "Sunday, 06-Nov-94 08:49:37 GMT". */
static bool parse_rfc850(struct hr_slice text, uint64_t now_s, struct civil *out) {
    static const char *const rests[] = {"rsday, ", "day, ",  "urday, ", "day, ",
                                        "day, ",   "sday, ", "nesday, "};
    size_t at = 0;
    unsigned year;
    if (!take_name(text, &at, day_names, &out->weekday) ||
        !take_text(text, &at, rests[out->weekday]) || !take(text, &at, 2, &out->day) ||
        !take_text(text, &at, "-") || !take_name(text, &at, month_names, &out->month) ||
        !take_text(text, &at, "-") || !take(text, &at, 2, &year) || !take_text(text, &at, " ") ||
        !take_clock(text, &at, true, out) || !take_text(text, &at, " GMT"))
        return false;
    out->year = year_ending_in(year, now_s);
    return at == text.size;
}

/* asctime: "Sun Nov  6 08:49:37 1994". */
static bool parse_asctime(struct hr_slice text, struct civil *out) {
    size_t at = 0;
    return take_name(text, &at, day_names, &out->weekday) && take_text(text, &at, " ") &&
           take_name(text, &at, month_names, &out->month) && take_text(text, &at, " ") &&
           (take_text(text, &at, " ") ? take(text, &at, 1, &out->day)
                                      : take(text, &at, 2, &out->day)) &&
           take_text(text, &at, " ") && take_clock(text, &at, true, out) &&
           take_text(text, &at, " ") && take(text, &at, 4, &out->year) && at == text.size;
}

/* ".042", ",5": dropped. */
static bool take_fraction(struct hr_slice text, size_t *at) {
    unsigned digit;
    if (!take_text(text, at, ".") && !take_text(text, at, ",")) return true;
    if (!take(text, at, 1, &digit)) return false;
    while (take(text, at, 1, &digit)) continue;
    return true;
}

/* "Z", "+hh:mm", "+hhmm" or "+hh", to the end of the text; minutes ahead of UTC. */
static bool take_zone(struct hr_slice text, size_t at, int *minutes) {
    *minutes = 0;
    if (take_text(text, &at, "Z") || take_text(text, &at, "z")) return at == text.size;
    bool behind = take_text(text, &at, "-");
    unsigned hour, minute = 0;
    if ((!behind && !take_text(text, &at, "+")) || !take(text, &at, 2, &hour)) return false;
    bool more = take_text(text, &at, ":") || at < text.size;
    if ((more && !take(text, &at, 2, &minute)) || hour > 23 || minute > 59) return false;
    *minutes = (int)(hour * 60 + minute) * (behind ? -1 : 1);
    return at == text.size;
}

/* ISO 8601, basic or extended, as RFC 3339 has it: with seconds and with a zone. */
static bool parse_iso(struct hr_slice text, struct civil *out, int *zone_minutes) {
    size_t at = 0;
    if (!take(text, &at, 4, &out->year)) return false;
    bool extended = take_text(text, &at, "-");
    return take(text, &at, 2, &out->month) && (!extended || take_text(text, &at, "-")) &&
           take(text, &at, 2, &out->day) &&
           (take_text(text, &at, "T") || (extended && take_text(text, &at, "t"))) &&
           take_clock(text, &at, extended, out) && take_fraction(text, &at) &&
           take_zone(text, at, zone_minutes);
}

int hr__date_parse_at(struct hr_slice text, uint64_t now_s, uint64_t *unix_s) {
    struct civil civil;
    memset(&civil, 0, sizeof civil);
    int zone_minutes = 0;
    if (text.size > 0 && text.data[0] >= '0' && text.data[0] <= '9') {
        if (!parse_iso(text, &civil, &zone_minutes)) return -EINVAL;
    } else {
        if (!parse_imf(text, &civil) && !parse_rfc850(text, now_s, &civil) &&
            !parse_asctime(text, &civil))
            return -EINVAL;
        civil.month++;
    }
    uint64_t seconds;
    int err = seconds_of(&civil, &seconds);
    if (err) return err;
    int64_t utc = (int64_t)seconds - 60 * zone_minutes;
    if (utc < 0) return -EINVAL;
    *unix_s = (uint64_t)utc;
    return 0;
}

int hr_date_parse(struct hr_slice text, uint64_t *unix_s) {
    return hr__date_parse_at(text, hr_clock_wall_ns() / 1000000000u, unix_s);
}
