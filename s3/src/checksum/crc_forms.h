/* The three CRCs of S3: CRC-32 (ISO 3309), CRC-32C (Castagnoli), CRC-64/NVME; all reflected.
 *
 * Values are the finished ones, as in the catalogue of parametrised CRC algorithms; of no bytes it
 * is 0. A CRC has several forms, which give the same values: by tables, and by carry-less
 * multiplication in lanes of 128 or 256 bits. The fastest one that the processor has is chosen once
 * for the process. Any thread. */
#ifndef HR_S3_CRC_FORMS_H
#define HR_S3_CRC_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR__CRC_SLICE 8 /* bytes that one step of the tables takes */

enum hr__crc { HR__CRC32, HR__CRC32C, HR__CRC64NVME, HR__CRCS };

/* Multipliers that move 128 bits of a message ahead by a distance: x^(distance + 63) for the first
 * 64 of them, x^(distance - 1) for the others; modulo the CRC's polynomial, reflected in 64 bits. A
 * carry-less product of reflected factors is x times as large: hence the one less. */
struct hr__crc_fold {
    uint64_t first, second;
};

struct hr__crc_model {
    uint64_t polynomial; /* reflected */
    uint64_t mask;       /* initial value and final xor */
    unsigned bits;
    struct hr__crc_fold by_16, by_64, by_256; /* distances in bytes */
    /* table[k][i]: byte i after k further zero bytes, so that eight bytes are eight independent
     * look-ups. */
    uint64_t table[HR__CRC_SLICE][256];
};

/* One form: the state, without mask, after `size` more bytes. */
typedef uint64_t hr__crc_form_fn(const struct hr__crc_model *model, uint64_t state,
                                 const uint8_t *data, size_t size);
struct hr__crc_form {
    const char *name;
    bool (*is_supported)(void); /* by this processor */
    hr__crc_form_fn *update;
};
#define HR__CRC_FORMS 3
extern const struct hr__crc_form hr__crc_forms[HR__CRC_FORMS]; /* the slowest first */

const struct hr__crc_model *hr__crc_model(enum hr__crc kind);
/* The CRC of the bytes that `crc` stands for and of `size` bytes behind them. */
uint64_t hr__crc_update(enum hr__crc kind, uint64_t crc, const void *data, size_t size);
/* The same by one form, for the tests. */
uint64_t hr__crc_update_by(const struct hr__crc_form *form, enum hr__crc kind, uint64_t crc,
                           const void *data, size_t size);
/* The CRC of A followed by B, from those of A and of B and the size of B. */
uint64_t hr__crc_combine(enum hr__crc kind, uint64_t a, uint64_t b, uint64_t b_size);

/* Fills in what follows from polynomial, mask and bits. */
void hr__crc_model_init(struct hr__crc_model *model);
uint64_t hr__crc_model_combine(const struct hr__crc_model *model, uint64_t a, uint64_t b,
                               uint64_t b_size);

hr__crc_form_fn hr__crc_by_table, hr__crc_by_fold, hr__crc_by_wide_fold;
bool hr__crc_has_table(void), hr__crc_has_fold(void), hr__crc_has_wide_fold(void);

#endif
