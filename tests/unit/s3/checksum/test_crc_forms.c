/* Each form of the CRCs beside the definition, and published values. */
#include <criterion/criterion.h>

#include "checksum_bytes.h"
#include "crc_forms.h"

static const struct {
    uint64_t polynomial, mask;
} definitions[HR__CRCS] = {
    {0xedb88320, 0xffffffff}, {0x82f63b78, 0xffffffff}, {0x9a6c9329ac4bc9b5, UINT64_MAX}};

/* Bit by bit, from the definition. */
static uint64_t slow_crc(enum hr__crc kind, uint64_t crc, const uint8_t *data, size_t size) {
    crc ^= definitions[kind].mask;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ definitions[kind].polynomial : crc >> 1;
    }
    return crc ^ definitions[kind].mask;
}

Test(crc_forms, published_check_values) {
    static const uint64_t check[HR__CRCS] = {0xcbf43926, 0xe3069283, 0xae8b14860a799888};
    for (enum hr__crc kind = 0; kind < HR__CRCS; kind++) {
        cr_assert_eq(hr__crc_update(kind, 0, "123456789", 9), check[kind]);
        cr_assert_eq(hr__crc_update(kind, 7, NULL, 0), 7);
    }
    /* RFC 3720, B.4. */
    uint8_t data[32] = {0};
    cr_assert_eq(hr__crc_update(HR__CRC32C, 0, data, 32), 0x8a9136aa);
    memset(data, 0xff, 32);
    cr_assert_eq(hr__crc_update(HR__CRC32C, 0, data, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++) data[i] = (uint8_t)i;
    cr_assert_eq(hr__crc_update(HR__CRC32C, 0, data, 32), 0x46dd794e);
}

Test(crc_forms, portable_one_is_the_definition_at_each_length) {
    uint8_t data[300];
    checksum_pattern(data, sizeof data);
    for (enum hr__crc kind = 0; kind < HR__CRCS; kind++)
        for (size_t size = 0; size <= sizeof data; size++)
            cr_assert_eq(hr__crc_update_by(&hr__crc_forms[0], kind, size, data, size),
                         slow_crc(kind, size, data, size));
}

static void compare(const struct hr__crc_form *form, const uint8_t *data, size_t size) {
    for (enum hr__crc kind = 0; kind < HR__CRCS; kind++)
        for (uint64_t crc = 0; crc < 2; crc++)
            cr_assert_eq(hr__crc_update_by(form, kind, crc, data, size),
                         hr__crc_update_by(&hr__crc_forms[0], kind, crc, data, size),
                         "%s, %zu bytes", form->name, size);
}

Test(crc_forms, each_one_is_the_portable_one_at_all_alignments_and_lengths) {
    static uint8_t bytes[2200];
    checksum_pattern(bytes, sizeof bytes);
    for (size_t i = 1; i < HR__CRC_FORMS; i++) {
        if (!hr__crc_forms[i].is_supported()) continue;
        for (size_t offset = 0; offset < 64; offset++)
            for (size_t size = 0; size <= 300; size++)
                compare(&hr__crc_forms[i], bytes + offset, size);
        for (size_t size = 301; size <= 2100; size += 1)
            compare(&hr__crc_forms[i], bytes + size % 64, size);
    }
}

/* No byte behind the end is read: it would be the sanitizer's. */
Test(crc_forms, nothing_behind_the_end_is_read) {
    for (size_t size = 1; size <= 1100; size += size < 300 ? 1 : 37) {
        uint8_t *exact = malloc(size);
        checksum_pattern(exact, size);
        for (size_t i = 0; i < HR__CRC_FORMS; i++)
            if (hr__crc_forms[i].is_supported()) compare(&hr__crc_forms[i], exact, size);
        free(exact);
    }
}

Test(crc_forms, any_split_combines) {
    uint8_t data[200];
    checksum_pattern(data, sizeof data);
    for (enum hr__crc kind = 0; kind < HR__CRCS; kind++)
        for (size_t split = 0; split <= sizeof data; split++) {
            size_t rest = sizeof data - split;
            uint64_t a = slow_crc(kind, 0, data, split), b = slow_crc(kind, 0, data + split, rest);
            cr_assert_eq(hr__crc_combine(kind, a, b, rest), slow_crc(kind, 0, data, sizeof data));
        }
}
