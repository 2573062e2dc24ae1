/* Matches names against patterns, with one place to go back to: that of the last asterisk. */
#include "tree_match.h"

#include <stdint.h>
#include <string.h>

/* The bytes of the set that begins at `at`, with its brackets; 0: it has no end. */
static size_t set_size(struct hr_slice pattern, size_t at) {
    size_t i = at + 1;
    if (i < pattern.size && (pattern.data[i] == '!' || pattern.data[i] == '^')) i++;
    if (i < pattern.size && pattern.data[i] == ']') i++;
    while (i < pattern.size && pattern.data[i] != ']') i++;
    return i < pattern.size ? i + 1 - at : 0;
}

static bool in_set(const char *set, size_t size, unsigned char byte) {
    size_t at = 1, end = size - 1;
    bool negated = set[at] == '!' || set[at] == '^', found = false;
    for (at += negated; at < end; at++) {
        unsigned char first = (unsigned char)set[at], last = first;
        if (at + 2 < end && set[at + 1] == '-') {
            last = (unsigned char)set[at + 2];
            at += 2;
        }
        found |= byte >= first && byte <= last;
    }
    return found != negated;
}

/* Whether the pattern's next part, no asterisk, matches the byte; `used` is its size. */
static bool match_one(struct hr_slice pattern, size_t at, unsigned char byte, size_t *used) {
    const char *part = pattern.data + at;
    size_t set = *part == '[' ? set_size(pattern, at) : 0;
    *used = set ? set : 1;
    if (set) return in_set(part, set, byte);
    if (*part == '?') return true;
    if (*part == '\\' && at + 1 < pattern.size) {
        *used = 2;
        part++;
    }
    return (unsigned char)*part == byte;
}

bool tree_match(struct hr_slice pattern, struct hr_slice name) {
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0, used;
    while (n < name.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = ++p;
            from = n;
        } else if (p < pattern.size && match_one(pattern, p, (unsigned char)name.data[n], &used)) {
            p += used;
            n++;
        } else if (star != SIZE_MAX) {
            p = star;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*') p++;
    return p == pattern.size;
}

bool tree_rules_pass(const struct tree_rule *rules, size_t count, struct hr_slice name) {
    for (size_t i = count; i-- > 0;)
        if (tree_match(hr_slice_of(rules[i].pattern), name)) return rules[i].include;
    return true;
}
