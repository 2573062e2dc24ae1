/* The CRC by tables, eight bytes a step: the portable form. */
#include <string.h>

#include "crc_forms.h"

static uint64_t load_little_endian(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

bool hr__crc_has_table(void) {
    return true;
}

uint64_t hr__crc_by_table(const struct hr__crc_model *model, uint64_t state, const uint8_t *data,
                          size_t size) {
    const uint64_t(*table)[256] = model->table;
    for (; size >= HR__CRC_SLICE; data += HR__CRC_SLICE, size -= HR__CRC_SLICE) {
        uint64_t word = state ^ load_little_endian(data);
        state = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff] ^
                table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^
                table[2][word >> 40 & 0xff] ^ table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
    for (; size > 0; data++, size--) state = state >> 8 ^ table[0][(state ^ *data) & 0xff];
    return state;
}
