/* A SHA-256 over fields. */
#include "journal_digest.h"

#include <string.h>

#include <headrace/encode.h>

void hr__journal_digest_begin(struct hr__journal_digest *digest) {
    memset(digest, 0, sizeof *digest);
    digest->err = hr_s3_hasher_begin(&digest->hasher, HR_S3_CHECKSUM_SHA256);
}

static void add(struct hr__journal_digest *digest, const void *data, size_t size) {
    if (!digest->err && size) digest->err = hr_s3_hasher_update(&digest->hasher, data, size);
}

void hr__journal_digest_bytes(struct hr__journal_digest *digest, const void *data, size_t size) {
    const uint64_t counted = size;
    add(digest, &counted, sizeof counted);
    add(digest, data, size);
}

void hr__journal_digest_text(struct hr__journal_digest *digest, const char *text) {
    hr__journal_digest_number(digest, text != NULL);
    if (text) hr__journal_digest_bytes(digest, text, strlen(text));
}

void hr__journal_digest_number(struct hr__journal_digest *digest, uint64_t number) {
    hr__journal_digest_bytes(digest, &number, sizeof number);
}

int hr__journal_digest_end(struct hr__journal_digest *digest, char text[HR__JOURNAL_DIGEST + 1]) {
    struct hr_s3_checksum value;
    if (!digest->err) digest->err = hr_s3_hasher_end(&digest->hasher, &value);
    if (!digest->err) hr_hex_encode(value.bytes, HR__JOURNAL_DIGEST / 2, text);
    text[digest->err ? 0 : HR__JOURNAL_DIGEST] = '\0';
    hr_s3_hasher_deinit(&digest->hasher);
    return digest->err;
}
