/* The keys that are let in: copies of what the options say. Pure. */
#ifndef S3_SERVER_KEYS_H
#define S3_SERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

struct s3_key {
    struct hr_slice access_key, secret_key;
    bool read_only; /* it may do nothing that changes the store */
};

/* The key of that name; NULL: there is none. */
const struct s3_key *s3_server__key_find(const struct s3_key *keys, size_t count,
                                         struct hr_slice access_key);
/* Copies both texts into one allocation of the key's own; s3_server__key_deinit wipes and frees it.
 * False: no memory. */
bool s3_server__key_init(struct s3_key *key, const char *access_key, const char *secret_key);
void s3_server__key_deinit(struct s3_key *key); /* zeroed: nothing */

#endif
