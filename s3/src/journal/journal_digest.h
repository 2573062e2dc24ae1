/* A digest over fields, by which a journal tells one transfer from another. Pure. */
#ifndef HR_S3_JOURNAL_DIGEST_H
#define HR_S3_JOURNAL_DIGEST_H

#include <headrace/s3_checksum.h>

#include "journal_contents.h"

struct hr__journal_digest {
    struct hr_s3_hasher hasher;
    int err; /* the first one */
};

void hr__journal_digest_begin(struct hr__journal_digest *digest);
/* Each with its size, so that no two lists of fields are one list of bytes. */
void hr__journal_digest_bytes(struct hr__journal_digest *digest, const void *data, size_t size);
void hr__journal_digest_text(struct hr__journal_digest *digest, const char *text); /* NULL: none */
void hr__journal_digest_number(struct hr__journal_digest *digest, uint64_t number);
/* Ends it. 0 or -ENOMEM. */
int hr__journal_digest_end(struct hr__journal_digest *digest, char text[HR__JOURNAL_DIGEST + 1]);

#endif
