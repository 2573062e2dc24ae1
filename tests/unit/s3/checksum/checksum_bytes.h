/* The bytes that checksum cases describe. */
#ifndef HR_TEST_CHECKSUM_BYTES_H
#define HR_TEST_CHECKSUM_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "cases.h"

/* Of a case's `data`: {text}, {hex}, {repeat, times}, {pattern}, {splitmix64, length}, or an array
 * of these, one after the other. The caller frees; never NULL. */
uint8_t *checksum_bytes(const json_t *data, size_t *size);

/* Byte i is (167 i + 13) mod 256, as {pattern}. */
void checksum_pattern(uint8_t *bytes, size_t size);

#endif
