/* Words of a fault script, and the amounts among them. */
#include "fault_words.h"

#include <headrace/text.h>

#include "fault_rule.h"

#define SHOWN_MAX    40
#define DECIMALS_MAX 4

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

bool fault_word_next(struct hr_slice *rest, struct hr_slice *word) {
    size_t begin = 0;
    while (begin < rest->size && is_blank(rest->data[begin])) begin++;
    size_t end = begin;
    while (end < rest->size && !is_blank(rest->data[end])) end++;
    if (end == begin) return false;
    *word = hr_slice_bytes(rest->data + begin, end - begin);
    *rest = hr_slice_bytes(rest->data + end, rest->size - end);
    return true;
}

struct hr_slice fault_word_trim(struct hr_slice text) {
    while (text.size > 0 && is_blank(text.data[text.size - 1])) text.size--;
    while (text.size > 0 && is_blank(text.data[0]))
        text = hr_slice_bytes(text.data + 1, text.size - 1);
    return text;
}

bool fault_word_is(struct hr_slice word, const char *text) {
    return hr_slice_equal(word, hr_slice_of(text));
}

/* Takes `text` off the end. */
static bool ends_with(struct hr_slice *word, const char *text) {
    struct hr_slice end = hr_slice_of(text);
    if (word->size < end.size) return false;
    struct hr_slice tail = hr_slice_bytes(word->data + word->size - end.size, end.size);
    if (!hr_slice_equal(tail, end)) return false;
    word->size -= end.size;
    return true;
}

int fault_word_count(struct hr_slice word, uint64_t max, uint64_t *value) {
    uint64_t number;
    if (hr_text_u64(word, max, &number) != 0 || number == 0) return -1;
    *value = number;
    return 0;
}

int fault_word_ordinal(struct hr_slice word, uint64_t *value) {
    static const char *const ends[] = {"th", "st", "nd", "rd"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(&word, ends[i])) break;
    return fault_word_count(word, UINT32_MAX, value);
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* The first unit that the word ends with; "" is the last of a table that has it. */
static int read_unit(struct hr_slice word, const struct unit *units, uint64_t max,
                     uint64_t *value) {
    uint64_t number;
    while (units->name && !ends_with(&word, units->name)) units++;
    if (!units->name || hr_text_u64(word, max / units->factor, &number) != 0) return -1;
    *value = number * units->factor;
    return 0;
}

int fault_word_duration(struct hr_slice word, uint64_t *ms) {
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
    return read_unit(word, units, FAULT_DURATION_MAX_MS, ms);
}

int fault_word_size(struct hr_slice word, uint64_t *bytes) {
    static const struct unit units[] = {{"KiB", UINT64_C(1) << 10},
                                        {"MiB", UINT64_C(1) << 20},
                                        {"GiB", UINT64_C(1) << 30},
                                        {"TiB", UINT64_C(1) << 40},
                                        {"B", 1},
                                        {"", 1},
                                        {NULL, 0}};
    return read_unit(word, units, UINT64_C(1) << 50, bytes);
}

int fault_word_rate(struct hr_slice word, uint64_t *bytes_per_s) {
    uint64_t bytes;
    if (!ends_with(&word, "/s") || fault_word_size(word, &bytes) != 0) return -1;
    if (bytes == 0 || bytes > FAULT_RATE_MAX) return -1;
    *bytes_per_s = bytes;
    return 0;
}

/* Four digits, as if zeros followed. */
static int read_decimals(struct hr_slice digits, uint32_t *value) {
    uint64_t number;
    if (digits.size > DECIMALS_MAX || hr_text_u64(digits, 9999, &number) != 0) return -1;
    for (size_t i = digits.size; i < DECIMALS_MAX; i++) number *= 10;
    *value = (uint32_t)number;
    return 0;
}

int fault_word_percent(struct hr_slice word, uint32_t *parts) {
    struct hr_slice whole;
    uint64_t percent;
    uint32_t decimals = 0;
    if (!ends_with(&word, "%")) return -1;
    bool has_point = memchr(word.data, '.', word.size) != NULL;
    if (!hr_slice_cut(&word, '.', &whole) || hr_text_u64(whole, 100, &percent) != 0) return -1;
    if (has_point && read_decimals(word, &decimals) != 0) return -1;
    uint32_t sum = (uint32_t)percent * (FAULT_WHOLE / 100) + decimals;
    if (sum == 0 || sum > FAULT_WHOLE) return -1;
    *parts = sum;
    return 0;
}

const char *fault_word_shown(struct hr_slice word, char text[FAULT_SHOWN_SIZE]) {
    size_t size = word.size < SHOWN_MAX ? word.size : SHOWN_MAX;
    for (size_t i = 0; i < size; i++)
        text[i] = word.data[i] >= ' ' && word.data[i] <= '~' ? word.data[i] : '?';
    text[size] = '\0';
    return text;
}
