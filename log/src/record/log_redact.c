/* Patterns, and those of redacted keys. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "log_redact.h"

#define PATTERNS_MAX      64
#define PATTERN_BYTES_MAX 64

static char patterns[PATTERNS_MAX][PATTERN_BYTES_MAX] = {"*password*", "*secret*", "*_token",
                                                         "authorization"};
static unsigned count = 4; /* published with release: the patterns below it are complete */

static unsigned char lower(char letter) {
    unsigned char byte = (unsigned char)letter;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 32) : byte;
}

bool hr__log_pattern_fits(struct hr_slice pattern, struct hr_slice text) {
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size && lower(pattern.data[p]) == lower(text.data[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*') p++;
    return p == pattern.size;
}

bool hr__log_is_redacted(struct hr_slice key) {
    unsigned known = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < known; i++)
        if (hr__log_pattern_fits(hr_slice_of(patterns[i]), key)) return true;
    return false;
}

int hr__log_redact(struct hr_slice pattern) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (pattern.size == 0 || pattern.size >= PATTERN_BYTES_MAX) return -EINVAL;
    int err = 0;
    pthread_mutex_lock(&lock);
    unsigned known = count;
    assert(known <= PATTERNS_MAX);
    bool there = false;
    for (unsigned i = 0; i < known && !there; i++)
        there = hr_slice_equal(hr_slice_of(patterns[i]), pattern);
    if (!there && known == PATTERNS_MAX) {
        err = -ENOSPC;
    } else if (!there) {
        memcpy(patterns[known], pattern.data, pattern.size);
        __atomic_store_n(&count, known + 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return err;
}
