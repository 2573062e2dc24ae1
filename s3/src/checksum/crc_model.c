/* CRCs as polynomials: tables, multipliers of the folds, and two CRCs combined to one. */
#include <assert.h>

#include "crc_forms.h"

/* The product of two polynomials modulo the CRC's, bits reflected: x^0 is the highest bit. */
static uint64_t multiply(const struct hr__crc_model *model, uint64_t a, uint64_t b) {
    uint64_t product = 0;
    for (uint64_t bit = (uint64_t)1 << (model->bits - 1); bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b & 1 ? b >> 1 ^ model->polynomial : b >> 1;
    }
    return product;
}

/* x^(exponent × 2^doublings), by squaring. */
static uint64_t power(const struct hr__crc_model *model, uint64_t exponent, unsigned doublings) {
    uint64_t one = (uint64_t)1 << (model->bits - 1);
    uint64_t square = one >> 1, product = one; /* x^1 and x^0 */
    for (; doublings > 0; doublings--) square = multiply(model, square, square);
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) product = multiply(model, product, square);
        square = multiply(model, square, square);
    }
    return product;
}

static struct hr__crc_fold fold_by(const struct hr__crc_model *model, unsigned bytes) {
    unsigned shift = 64 - model->bits; /* of a shorter polynomial: its bits are the highest ones */
    return (struct hr__crc_fold){.first = power(model, bytes * 8 + 63, 0) << shift,
                                 .second = power(model, bytes * 8 - 1, 0) << shift};
}

void hr__crc_model_init(struct hr__crc_model *model) {
    assert(model->bits == 32 || model->bits == 64);
    uint64_t(*table)[256] = model->table;
    for (unsigned i = 0; i < 256; i++) {
        uint64_t crc = i;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ model->polynomial : crc >> 1;
        table[0][i] = crc;
    }
    for (unsigned k = 1; k < HR__CRC_SLICE; k++)
        for (unsigned i = 0; i < 256; i++)
            table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
    model->by_16 = fold_by(model, 16);
    model->by_64 = fold_by(model, 64);
    model->by_256 = fold_by(model, 256);
}

/* n zero bytes behind a message multiply its CRC by x^(8n). */
uint64_t hr__crc_model_combine(const struct hr__crc_model *model, uint64_t a, uint64_t b,
                               uint64_t b_size) {
    return multiply(model, power(model, b_size, 3), a) ^ b;
}
