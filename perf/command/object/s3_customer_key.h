/* The customer key of an object (SSE-C), from a file or a variable and never from the command line,
 * which stands in the process list and in a shell's history. */
#ifndef COMMAND_S3_CUSTOMER_KEY_H
#define COMMAND_S3_CUSTOMER_KEY_H

#include <stdint.h>

#include <headrace/s3.h>

/* The check of an option: file:PATH or env:NAME; anything else may be a key, and is not shown. */
int s3_customer_key_check(const char *text, char *why, size_t why_size);

struct s3_customer_key {
    bool given;
    uint8_t bytes[HR_S3_CUSTOMER_KEY_SIZE];
};

/* Reads the key at a checked place; NULL: none is given. EXIT_DONE, or the exit code after a
 * complaint. */
int s3_customer_key_read(const char *place, struct s3_customer_key *key);

/* The bytes, or NULL where none is given. */
const void *s3_customer_key_bytes(const struct s3_customer_key *key);

void s3_customer_key_wipe(struct s3_customer_key *key);

#endif
