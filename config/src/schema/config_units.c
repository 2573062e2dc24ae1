/* Durations and sizes: numbers with units. */
#include "config_kind.h"

#define SECOND UINT64_C(1000000000)

static const struct hr__config_unit durations[] = {
    {"ns", 1},     {"us", 1000},       {"µs", 1000},         {"ms", 1000000},
    {"s", SECOND}, {"m", 60 * SECOND}, {"h", 3600 * SECOND}, {"d", 86400 * SECOND}};
static const struct hr__config_unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {"TiB", UINT64_C(1) << 40},
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct hr__config_unit *hr__config_units(enum hr_config_kind kind, size_t *count) {
    *count = kind == HR_SIZE ? COUNT(sizes) : COUNT(durations);
    return kind == HR_SIZE ? sizes : durations;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* Cuts digits, with a fraction of up to nine places where `scale` is given, off the front. */
static bool cut_number(struct hr_slice *text, uint64_t *number, uint64_t *scale) {
    size_t at = 0, places = 0;
    bool point = false;
    *number = 0;
    *scale = 1;
    for (; at < text->size &&
           (is_digit(text->data[at]) || (!point && at > 0 && text->data[at] == '.'));
         at++) {
        if (text->data[at] == '.') {
            point = true;
            continue;
        }
        if (point && ++places > 9) return false;
        if (point) *scale *= 10;
        if (__builtin_mul_overflow(*number, UINT64_C(10), number) ||
            __builtin_add_overflow(*number, (uint64_t)(text->data[at] - '0'), number))
            return false;
    }
    if (at == 0 || (point && places == 0)) return false;
    *text = hr_slice_bytes(text->data + at, text->size - at);
    return true;
}

/* Cuts the unit off the front: all up to the next digit. */
static bool cut_unit(struct hr_slice *text, const struct hr__config_unit *units, size_t count,
                     uint64_t *factor) {
    size_t size = 0;
    while (size < text->size && !is_digit(text->data[size])) size++;
    struct hr_slice name = hr_slice_bytes(text->data, size);
    *text = hr_slice_bytes(text->data + size, text->size - size);
    for (size_t i = 0; i < count; i++) {
        if (!hr_slice_equal(name, hr_slice_of(units[i].name))) continue;
        *factor = units[i].factor;
        return true;
    }
    return false;
}

/* number × factor / scale, which has to be whole. */
static bool scaled(uint64_t number, uint64_t factor, uint64_t scale, uint64_t *value) {
    unsigned __int128 product = (unsigned __int128)number * factor;
    if (product % scale != 0 || product / scale > UINT64_MAX) return false;
    *value = (uint64_t)(product / scale);
    return true;
}

bool hr__config_duration(struct hr_slice text, uint64_t *ns) {
    uint64_t total = 0, before = UINT64_MAX;
    if (hr_slice_equal(text, hr_slice_of("0"))) {
        *ns = 0;
        return true;
    }
    if (text.size == 0) return false;
    while (text.size > 0) {
        uint64_t number, scale, factor, part;
        if (!cut_number(&text, &number, &scale) ||
            !cut_unit(&text, durations, COUNT(durations), &factor) || factor >= before ||
            !scaled(number, factor, scale, &part) || __builtin_add_overflow(total, part, &total))
            return false;
        before = factor;
    }
    *ns = total;
    return true;
}

bool hr__config_size(struct hr_slice text, uint64_t *bytes) {
    uint64_t number, scale, factor;
    if (!cut_number(&text, &number, &scale)) return false;
    if (text.size > 0 && text.data[0] == ' ') text = hr_slice_bytes(text.data + 1, text.size - 1);
    return cut_unit(&text, sizes, COUNT(sizes), &factor) && text.size == 0 &&
           scaled(number, factor, scale, bytes);
}
