/* The CRC by carry-less multiplication, four lanes of 128 bits (PCLMULQDQ).
 *
 * A message may be replaced by a shorter one of the same CRC: its first 16 bytes, moved ahead by a
 * distance, are added to the bytes there. What is left at the end goes through the tables.
 *
 * Source: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction", Intel, 2009. */
#include "crc_forms.h"

#define LANES 4
#define BLOCK 64 /* bytes: all lanes */

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("pclmul")))

bool hr__crc_has_fold(void) {
    return __builtin_cpu_supports("pclmul") != 0;
}

TARGET static inline __m128i load(const uint8_t *data) {
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

TARGET static inline __m128i multipliers(const struct hr__crc_fold *fold) {
    return _mm_set_epi64x((long long)fold->second, (long long)fold->first);
}

TARGET static inline __m128i fold(__m128i lane, __m128i by, __m128i onto) {
    __m128i first = _mm_clmulepi64_si128(lane, by, 0x00);
    __m128i second = _mm_clmulepi64_si128(lane, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), onto);
}

/* The last 16 bytes of the shorter message, and those that have not been read. */
TARGET static uint64_t finish(const struct hr__crc_model *model, __m128i lane, const uint8_t *data,
                              size_t size) {
    uint8_t bytes[16];
    _mm_storeu_si128((__m128i *)(void *)bytes, lane);
    return hr__crc_by_table(model, hr__crc_by_table(model, 0, bytes, sizeof bytes), data, size);
}

TARGET uint64_t hr__crc_by_fold(const struct hr__crc_model *model, uint64_t state,
                                const uint8_t *data, size_t size) {
    if (size < BLOCK) return hr__crc_by_table(model, state, data, size);
    __m128i lanes[LANES], by_16 = multipliers(&model->by_16), by_64 = multipliers(&model->by_64);
    for (unsigned i = 0; i < LANES; i++) lanes[i] = load(data + i * sizeof lanes[0]);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128((long long)state));
    for (data += BLOCK, size -= BLOCK; size >= BLOCK; data += BLOCK, size -= BLOCK)
        for (unsigned i = 0; i < LANES; i++)
            lanes[i] = fold(lanes[i], by_64, load(data + i * sizeof lanes[0]));
    for (unsigned i = 1; i < LANES; i++) lanes[i] = fold(lanes[i - 1], by_16, lanes[i]);
    __m128i lane = lanes[LANES - 1];
    for (; size >= sizeof lane; data += sizeof lane, size -= sizeof lane)
        lane = fold(lane, by_16, load(data));
    return finish(model, lane, data, size);
}

#else

bool hr__crc_has_fold(void) {
    return false;
}

uint64_t hr__crc_by_fold(const struct hr__crc_model *model, uint64_t state, const uint8_t *data,
                         size_t size) {
    return hr__crc_by_table(model, state, data, size);
}

#endif
