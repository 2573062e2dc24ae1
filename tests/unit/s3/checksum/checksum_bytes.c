/* The bytes that checksum cases describe. */
#include "checksum_bytes.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include <headrace/encode.h>

void checksum_pattern(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(167 * i + 13);
}

static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint8_t *random_bytes(uint64_t seed, size_t size) {
    uint8_t *bytes = malloc(size + 8);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = splitmix64(&seed);
        for (unsigned k = 0; k < 8; k++) bytes[i + k] = (uint8_t)(word >> 8 * k);
    }
    return bytes;
}

static uint8_t *from_hex(const char *hex, size_t *size) {
    uint8_t *bytes = malloc(strlen(hex) + 1);
    cr_assert_eq(hr_hex_decode(hr_slice_of(hex), bytes, strlen(hex) + 1, size), 0);
    return bytes;
}

static uint8_t *repeated(const char *hex, size_t times, size_t *size) {
    size_t one;
    uint8_t *piece = from_hex(hex, &one), *bytes = malloc(one * times + 1);
    for (size_t i = 0; i < times; i++) memcpy(bytes + i * one, piece, one);
    free(piece);
    *size = one * times;
    return bytes;
}

static uint8_t *joined(const json_t *all, size_t *size) {
    uint8_t *bytes = malloc(1);
    *size = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        size_t more;
        uint8_t *piece = checksum_bytes(json_array_get(all, i), &more);
        bytes = realloc(bytes, *size + more + 1);
        memcpy(bytes + *size, piece, more);
        *size += more;
        free(piece);
    }
    return bytes;
}

static size_t number(const json_t *object, const char *key) {
    return (size_t)json_integer_value(json_object_get(object, key));
}

uint8_t *checksum_bytes(const json_t *data, size_t *size) {
    if (json_is_array(data)) return joined(data, size);
    if (cases_text(data, "hex")) return from_hex(cases_text(data, "hex"), size);
    if (cases_text(data, "repeat"))
        return repeated(cases_text(data, "repeat"), number(data, "times"), size);
    struct hr_slice text = cases_slice(data, "text");
    *size = text.data ? text.size : number(data, "length");
    if (json_object_get(data, "splitmix64")) return random_bytes(number(data, "splitmix64"), *size);
    if (json_object_get(data, "pattern")) *size = number(data, "pattern");
    uint8_t *bytes = malloc(*size + 1);
    if (text.size > 0) memcpy(bytes, text.data, text.size);
    if (!text.data) checksum_pattern(bytes, *size);
    return bytes;
}
