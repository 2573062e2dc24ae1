/* Tables of CRCs, and two CRCs combined to one. */
#include "crc.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

static const struct {
    uint64_t polynomial; /* reflected */
    uint64_t mask;       /* initial value and final xor */
    unsigned bits;
} parameters[S3_CRCS] = {
    [S3_CRC32] = {0xedb88320u, 0xffffffffu, 32},
    [S3_CRC32C] = {0x82f63b78u, 0xffffffffu, 32},
    [S3_CRC64NVME] = {0x9a6c9329ac4bc9b5u, UINT64_MAX, 64},
};

/* tables[k][i]: what byte i becomes after k further zero bytes, so that eight bytes are eight
 * independent look-ups. */
static uint64_t tables[S3_CRCS][8][256];
static bool has_crc32c_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (unsigned kind = 0; kind < S3_CRCS; kind++) {
        uint64_t(*table)[256] = tables[kind];
        for (unsigned i = 0; i < 256; i++) {
            uint64_t crc = i;
            for (unsigned bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ parameters[kind].polynomial : crc >> 1;
            table[0][i] = crc;
        }
        for (unsigned k = 1; k < 8; k++)
            for (unsigned i = 0; i < 256; i++)
                table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
    }
#if defined(__x86_64__)
    has_crc32c_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif
}

static uint64_t load_little_endian(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t update_portable(const uint64_t (*table)[256], uint64_t crc, const uint8_t *data,
                                size_t size) {
    for (; size >= 8; data += 8, size -= 8) {
        uint64_t word = crc ^ load_little_endian(data);
        crc = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff] ^
              table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^
              table[2][word >> 40 & 0xff] ^ table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
    for (; size > 0; data++, size--) crc = crc >> 8 ^ table[0][(crc ^ *data) & 0xff];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint64_t
update_crc32c_instruction(uint64_t crc, const uint8_t *data, size_t size) {
    for (; size >= 8; data += 8, size -= 8) crc = _mm_crc32_u64(crc, load_little_endian(data));
    for (; size > 0; data++, size--) crc = _mm_crc32_u8((uint32_t)crc, *data);
    return crc;
}
#endif

uint64_t s3_server__crc_update(enum s3_crc kind, uint64_t crc, const void *data, size_t size) {
    pthread_once(&once, make_tables);
    if (size == 0) return crc;
    crc ^= parameters[kind].mask;
#if defined(__x86_64__)
    if (kind == S3_CRC32C && has_crc32c_instruction)
        return update_crc32c_instruction(crc, data, size) ^ parameters[kind].mask;
#endif
    return update_portable(tables[kind], crc, data, size) ^ parameters[kind].mask;
}

/* The product of two polynomials modulo the CRC's, bits reflected: x^0 is the highest bit. */
static uint64_t multiply(enum s3_crc kind, uint64_t a, uint64_t b) {
    uint64_t product = 0;
    for (uint64_t bit = (uint64_t)1 << (parameters[kind].bits - 1); bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b & 1 ? b >> 1 ^ parameters[kind].polynomial : b >> 1;
    }
    return product;
}

/* Appending n zero bytes to a message multiplies its CRC by x^(8n). */
uint64_t s3_server__crc_combine(enum s3_crc kind, uint64_t a, uint64_t b, uint64_t b_size) {
    uint64_t one = (uint64_t)1 << (parameters[kind].bits - 1);
    uint64_t power = one >> 8, shift = one; /* x^8 and x^0 */
    for (; b_size > 0; b_size >>= 1) {
        if (b_size & 1) shift = multiply(kind, shift, power);
        power = multiply(kind, power, power);
    }
    return multiply(kind, shift, a) ^ b;
}
