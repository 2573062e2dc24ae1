/* The texts of durations and sizes as regular expressions, with the bounds of the field in them. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "config_kind.h"
#include "document_forms.h"

#define NS_OF_UNIT UINT64_C(1000000)
#define PLACES     9 /* behind the point, at most */
/* Numbers of more digits have no bound in a pattern: they are the loader's alone. */
#define BOUND_MAX UINT64_C(100000000000000000)

/* ---- Bounds. */

static uint64_t unit_of(const struct hr_config_field *field, enum hr_config_kind kind) {
    if (kind != HR_DURATION) return 1;
    return field->unit_ns ? field->unit_ns : NS_OF_UNIT;
}

/* A double as an unsigned integer, where it has room there. */
static uint64_t clipped(double value) {
    if (!(value > 0)) return 0;
    return value < 18446744073709551616.0 ? (uint64_t)value : UINT64_MAX;
}

struct hr__document_range hr__document_bounds(const struct hr_config_field *field, size_t size) {
    uint64_t room = size < 8 && size > 0 ? (UINT64_C(1) << (size * 8)) - 1 : UINT64_MAX;
    struct hr__document_range range = {0, room};
    if (!(field->min < field->max)) return range;
    range.low = clipped(ceil(field->min));
    if (clipped(field->max) < room) range.high = field->max < 0 ? 0 : clipped(field->max);
    return range;
}

/* ---- Numbers. */

static uint64_t power_of_ten(unsigned exponent) {
    uint64_t power = 1;
    while (exponent-- > 0) power *= 10;
    return power;
}

/* A block: all numbers with the same front, one of several digits behind it, and `places` more. */
struct block {
    uint64_t front, first, count;
    unsigned places;
};

/* The largest that begins at `low`, which is not 0, and ends at or before `high`. */
static struct block block_at(uint64_t low, uint64_t high) {
    struct block block = {.places = 0};
    while (low % power_of_ten(block.places + 1) == 0 &&
           low + power_of_ten(block.places + 1) - 1 <= high)
        block.places++;
    uint64_t power = power_of_ten(block.places), left = (high - low + 1) / power;
    block.first = low / power % 10;
    block.front = low / power / 10;
    block.count = left < 10 - block.first ? left : 10 - block.first;
    return block;
}

static void put_digits(FILE *out, uint64_t first, uint64_t count) {
    if (count == 1)
        fprintf(out, "%" PRIu64, first);
    else if (count == 10)
        fputs("[0-9]", out);
    else
        fprintf(out, "[%" PRIu64 "-%" PRIu64 "]", first, first + count - 1);
}

/* All numbers from a power of ten to the largest power of ten before `high`: returns that power; or
 * 0 where `low` is none, or there is no room. */
static uint64_t put_decades(FILE *out, uint64_t low, uint64_t high) {
    unsigned first = 0, last;
    while (power_of_ten(first) < low) first++;
    last = first;
    if (power_of_ten(first) != low || power_of_ten(first + 1) > high + 1) return 0;
    while (power_of_ten(last + 1) <= high + 1) last++;
    fputs("[1-9]", out);
    if (last - 1 > first)
        fprintf(out, "[0-9]{%u,%u}", first, last - 1);
    else if (first > 0)
        fprintf(out, first > 1 ? "[0-9]{%u}" : "[0-9]", first);
    return power_of_ten(last);
}

static uint64_t put_block(FILE *out, uint64_t low, uint64_t high) {
    uint64_t next = put_decades(out, low, high);
    if (next) return next;
    struct block block = block_at(low, high);
    if (block.front) fprintf(out, "%" PRIu64, block.front);
    put_digits(out, block.first, block.count);
    if (block.places) fputs("[0-9]", out);
    if (block.places > 1) fprintf(out, "{%u}", block.places);
    return low + block.count * power_of_ten(block.places);
}

/* All numbers that are smaller than the largest power of ten up to `high`: returns that power. */
static uint64_t put_smaller(FILE *out, uint64_t high) {
    unsigned places = 0;
    while (power_of_ten(places + 1) <= high + 1) places++;
    if (places == 0) {
        put_digits(out, 0, high + 1);
        return high + 1;
    }
    fprintf(out, places == 1 ? "[0-9]" : "[0-9]{1,%u}", places);
    return power_of_ten(places);
}

/* Numbers of a range, with any zeros before them. */
static void put_range(FILE *out, struct hr__document_range range) {
    uint64_t low = range.low, high = range.high < BOUND_MAX ? range.high : BOUND_MAX - 1;
    assert(range.low <= range.high);
    if (range.high >= BOUND_MAX && low == 0) {
        fputs("[0-9]+", out);
        return;
    }
    fputs("0*(?:", out);
    bool more = false;
    while (low <= high) {
        if (more) fputc('|', out);
        low = low == 0 ? put_smaller(out, high) : put_block(out, low, high);
        more = true;
    }
    if (range.high >= BOUND_MAX) fprintf(out, "%s[0-9]{18,}", more ? "|" : "");
    fputc(')', out);
}

/* ---- One number with its unit. */

struct amount {
    FILE *out;
    struct hr__document_range range; /* of the member */
    uint64_t unit;                   /* of the member */
};

/* The exponent of a power of ten; -1: it is none. */
static int exponent_of(uint64_t value) {
    int exponent = 0;
    for (; value % 10 == 0 && value > 0; value /= 10) exponent++;
    return value == 1 ? exponent : -1;
}

static void put_places(FILE *out, int places) {
    if (places < 0 || places >= PLACES)
        fprintf(out, "[0-9]{1,%d}", PLACES);
    else if (places == 0)
        fprintf(out, "0{1,%d}", PLACES);
    else
        fprintf(out, "(?:[0-9]{1,%d}|[0-9]{%d}0{1,%d})", places, places, PLACES - places);
}

static void put_optional(FILE *out, int places) {
    fputs("(?:\\.", out);
    put_places(out, places);
    fputs(")?", out);
}

/* Of a unit that is `times` the member's. */
static void put_multiple(struct amount *amount, uint64_t times) {
    uint64_t low = amount->range.low, high = amount->range.high;
    bool open = high == UINT64_MAX;
    struct hr__document_range whole = {low / times + (low % times > 0),
                                       open ? UINT64_MAX : high / times};
    struct hr__document_range part = {low / times, open ? UINT64_MAX : high / times};
    bool any_part = open || high % times > 0 || part.high-- > part.low;
    if (any_part && times > 1 && whole.low == part.low && whole.high == part.high) {
        put_range(amount->out, whole);
        put_optional(amount->out, exponent_of(times));
        return;
    }
    if (whole.low <= whole.high) {
        put_range(amount->out, whole);
        put_optional(amount->out, 0);
        if (any_part && times > 1) fputc('|', amount->out);
    }
    if (!any_part || times == 1) return;
    put_range(amount->out, part);
    fputs("\\.", amount->out);
    put_places(amount->out, exponent_of(times));
}

/* Of a unit of which the member's is 10^zeros: 0, or numbers that end in so many zeros. */
static void put_fraction(struct amount *amount, int zeros) {
    struct hr__document_range range = amount->range;
    bool nothing = range.low == 0;
    if (nothing) range.low = 1;
    fputs(nothing ? "(?:0+" : "(?:", amount->out);
    if (nothing && range.low <= range.high) fputc('|', amount->out);
    if (nothing && range.high == UINT64_MAX)
        fprintf(amount->out, "[0-9]+0{%d}", zeros);
    else if (range.low <= range.high) {
        put_range(amount->out, range);
        fprintf(amount->out, "0{%d}", zeros);
    }
    fputc(')', amount->out);
    put_optional(amount->out, 0);
}

/* Numbers of one unit; 0 is possible in each. */
static void put_numbers(struct amount *amount, uint64_t factor) {
    uint64_t unit = amount->unit;
    int zeros = factor < unit && unit % factor == 0 ? exponent_of(unit / factor) : -1;
    fputs("(?:", amount->out);
    if (factor % unit == 0)
        put_multiple(amount, factor / unit);
    else if (zeros > 0)
        put_fraction(amount, zeros);
    else
        fprintf(amount->out, "[0-9]+(?:\\.[0-9]{1,%d})?", PLACES);
    fputc(')', amount->out);
}

/* ---- Units. */

/* A table of units; those with the same factor stand side by side. */
struct units {
    const struct hr__config_unit *all;
    size_t count;
};

/* How many units before `end` have the factor of the last of them. */
static size_t alike(const struct units *units, size_t end) {
    size_t same = 1;
    while (same < end && units->all[end - 1 - same].factor == units->all[end - 1].factor) same++;
    return same;
}

static void put_names(FILE *out, const struct hr__config_unit *units, size_t count) {
    if (count > 1) fputs("(?:", out);
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", i ? "|" : "", units[i].name);
    if (count > 1) fputc(')', out);
}

/* One number with one unit, each unit with the numbers that its field takes. */
static void put_single(struct amount *amount, const struct units *units, const char *between) {
    for (size_t end = units->count; end > 0;) {
        size_t same = alike(units, end);
        put_numbers(amount, units->all[end - 1].factor);
        fputs(between, amount->out);
        put_names(amount->out, &units->all[end - same], same);
        end -= same;
        if (end > 0) fputc('|', amount->out);
    }
}

/* Several, from the largest unit to the smallest: their sum has no bounds here. */
static void put_compound(struct amount *amount, const struct units *units) {
    fputs("|(?![0-9.]+[^0-9.]+$)(?=[0-9])", amount->out);
    for (size_t end = units->count; end > 0;) {
        size_t same = alike(units, end);
        fprintf(amount->out, "(?:[0-9]+(?:\\.[0-9]{1,%d})?", PLACES);
        put_names(amount->out, &units->all[end - same], same);
        fputs(")?", amount->out);
        end -= same;
    }
}

void hr__document_amount(FILE *out, const struct hr_config_field *field, enum hr_config_kind kind,
                         size_t size) {
    struct amount amount = {.out = out, .unit = unit_of(field, kind)};
    struct units units = {.count = 0};
    units.all = hr__config_units(kind, &units.count);
    amount.range = hr__document_bounds(field, size);
    if (amount.range.low > amount.range.high) {
        fputs("(?!)", out);
        return;
    }
    fputs(kind == HR_DURATION && amount.range.low == 0 ? "^(?:0|" : "^(?:", out);
    if (field->none) fputs(HR__CONFIG_NONE "|", out);
    put_single(&amount, &units, kind == HR_SIZE ? " ?" : "");
    if (kind == HR_DURATION) put_compound(&amount, &units);
    fputs(")$", out);
}
