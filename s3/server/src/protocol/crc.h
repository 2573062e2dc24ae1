/* The three CRCs of S3: CRC-32 (ISO 3309), CRC-32C (Castagnoli), CRC-64/NVME. Values are the
 * finished ones, as in the catalogue of parametrised CRC algorithms; the start value is 0. */
#ifndef S3_SERVER_CRC_H
#define S3_SERVER_CRC_H

#include <stddef.h>
#include <stdint.h>

enum s3_crc { S3_CRC32, S3_CRC32C, S3_CRC64NVME, S3_CRCS };

/* The CRC of the bytes that `crc` stands for and of `size` bytes behind them. */
uint64_t s3_server__crc_update(enum s3_crc kind, uint64_t crc, const void *data, size_t size);
/* The CRC of A followed by B, from those of A and of B and the size of B. */
uint64_t s3_server__crc_combine(enum s3_crc kind, uint64_t a, uint64_t b, uint64_t b_size);

#endif
