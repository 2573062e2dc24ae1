/* Hashes of keys and paths, with a seed that nobody outside knows. */
#ifndef HR_CONFIG_HASH_H
#define HR_CONFIG_HASH_H

#include <string.h>

#include <headrace/slice.h>

static inline uint64_t hr__config_mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9E3779B185EBCA87);
    return hash ^ (hash >> 29);
}

/* Eight bytes at a time; the last eight overlap those before them. */
static inline uint32_t hr__config_hash(uint64_t seed, struct hr_slice text) {
    uint64_t hash = hr__config_mix(seed, text.size), word = 0;
    size_t size = text.size;
    const char *at = text.data, *end = text.data + text.size;
    for (; size > sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = hr__config_mix(hash, word);
    }
    if (text.size >= sizeof word)
        memcpy(&word, end - sizeof word, sizeof word);
    else
        for (; at < end; at++) word = word << 8 | (unsigned char)*at;
    return (uint32_t)(hr__config_mix(hash, word) * UINT64_C(0xC2B2AE3D27D4EB4F) >> 32);
}

#endif
