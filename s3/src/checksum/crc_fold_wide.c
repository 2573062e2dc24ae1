/* The CRC by carry-less multiplication, eight lanes of 256 bits (VPCLMULQDQ with AVX2).
 *
 * As crc_fold.c, with two neighbouring pieces of 16 bytes in a lane. Lanes of 512 bits are left
 * out: no processor that the tests run on has them. */
#include "crc_forms.h"

#define LANES 8
#define BLOCK 256 /* bytes: all lanes */

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,vpclmulqdq")))

bool hr__crc_has_wide_fold(void) {
    return hr__crc_has_fold() && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("vpclmulqdq");
}

TARGET static inline __m256i load(const uint8_t *data) {
    return _mm256_loadu_si256((const __m256i *)(const void *)data);
}

TARGET static inline __m256i fold(__m256i lane, __m256i by, __m256i onto) {
    __m256i first = _mm256_clmulepi64_epi128(lane, by, 0x00);
    __m256i second = _mm256_clmulepi64_epi128(lane, by, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(first, second), onto);
}

/* The lanes are a message of 256 bytes: what is left is done as if it had been read. */
TARGET static uint64_t finish(const struct hr__crc_model *model, const __m256i lanes[LANES],
                              const uint8_t *data, size_t size) {
    uint8_t bytes[BLOCK];
    for (unsigned i = 0; i < LANES; i++)
        _mm256_storeu_si256((__m256i *)(void *)(bytes + i * sizeof lanes[0]), lanes[i]);
    return hr__crc_by_fold(model, hr__crc_by_fold(model, 0, bytes, sizeof bytes), data, size);
}

TARGET uint64_t hr__crc_by_wide_fold(const struct hr__crc_model *model, uint64_t state,
                                     const uint8_t *data, size_t size) {
    if (size < 2 * (size_t)BLOCK) return hr__crc_by_fold(model, state, data, size);
    const struct hr__crc_fold *by = &model->by_256;
    __m256i lanes[LANES], by_256 = _mm256_set_epi64x((long long)by->second, (long long)by->first,
                                                     (long long)by->second, (long long)by->first);
    for (unsigned i = 0; i < LANES; i++) lanes[i] = load(data + i * sizeof lanes[0]);
    lanes[0] = _mm256_xor_si256(lanes[0], _mm256_set_epi64x(0, 0, 0, (long long)state));
    for (data += BLOCK, size -= BLOCK; size >= BLOCK; data += BLOCK, size -= BLOCK)
        for (unsigned i = 0; i < LANES; i++)
            lanes[i] = fold(lanes[i], by_256, load(data + i * sizeof lanes[0]));
    return finish(model, lanes, data, size);
}

#else

bool hr__crc_has_wide_fold(void) {
    return false;
}

uint64_t hr__crc_by_wide_fold(const struct hr__crc_model *model, uint64_t state,
                              const uint8_t *data, size_t size) {
    return hr__crc_by_table(model, state, data, size);
}

#endif
