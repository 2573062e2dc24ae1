/* Sixteen bytes at once, as vectors of the compiler: SSE2 or NEON where the processor has it, words
 * where it has not. For checks of texts byte by byte, which most of a request's time goes to. */
#ifndef HR_BASE_LANES_H
#define HR_BASE_LANES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <headrace/slice.h>

typedef uint8_t hr_lanes __attribute__((vector_size(16)));
/* Of each lane: all bits or none. Comparisons of lanes are of this type. */
typedef int8_t hr_lanes_mask __attribute__((vector_size(16)));

/* A mask as two words, which compilers combine without a look at each lane. */
typedef uint64_t hr_lanes_words __attribute__((vector_size(16)));

typedef uint8_t hr_lanes_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

/* Into a register: a copy in memory would leave pieces of secrets on the stack. */
static inline hr_lanes hr__lanes_load(const char *at) {
    return *(const hr_lanes_anywhere *)at;
}

static inline bool hr__lanes_any(hr_lanes_words mask) {
    return (mask[0] | mask[1]) != 0;
}

/* The first and the last bytes of a text of 1 to 16, which are all of it; some come twice. */
static inline hr_lanes hr__lanes_short(const char *at, size_t size) {
    uint64_t ends[2];
    uint32_t first, last;
    if (size >= 8) {
        memcpy(&ends[0], at, 8);
        memcpy(&ends[1], at + size - 8, 8);
    } else {
        const char few[] = {at[0], at[size / 2], at[size - 1], at[0]};
        memcpy(&first, size >= 4 ? at : few, 4);
        memcpy(&last, size >= 4 ? at + size - 4 : few, 4);
        ends[0] = ends[1] = first | (uint64_t)last << 32;
    }
    hr_lanes lanes;
    memcpy(&lanes, ends, sizeof lanes);
    return lanes;
}

/* The index of the first lane of a mask that has one. */
static inline size_t hr__lanes_first(hr_lanes_words mask) {
    return mask[0] ? (size_t)__builtin_ctzll(le64toh(mask[0])) / 8
                   : 8 + (size_t)__builtin_ctzll(le64toh(mask[1])) / 8;
}

/* How many bytes at the front `match` is true of none of; a rest of less than sixteen is not looked
 * at. */
static inline __attribute__((always_inline)) size_t
hr__lanes_clear(struct hr_slice text, hr_lanes_mask (*match)(hr_lanes lanes)) {
    size_t at = 0;
    for (; text.size - at >= sizeof(hr_lanes); at += sizeof(hr_lanes)) {
        hr_lanes_words found = (hr_lanes_words)match(hr__lanes_load(text.data + at));
        if (hr__lanes_any(found)) return at + hr__lanes_first(found);
    }
    return at;
}

/* Whether `match` is true of no byte of the text. */
static inline __attribute__((always_inline)) bool
hr__lanes_none(struct hr_slice text, hr_lanes_mask (*match)(hr_lanes lanes)) {
    if (text.size <= sizeof(hr_lanes))
        return text.size == 0 ||
               !hr__lanes_any((hr_lanes_words)match(hr__lanes_short(text.data, text.size)));
    size_t last = text.size - sizeof(hr_lanes);
    hr_lanes_words found = (hr_lanes_words)match(hr__lanes_load(text.data + last));
    for (size_t at = 0; at < last; at += sizeof(hr_lanes))
        found |= (hr_lanes_words)match(hr__lanes_load(text.data + at));
    return !hr__lanes_any(found);
}

#endif
