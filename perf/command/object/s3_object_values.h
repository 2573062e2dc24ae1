/* Options of one object that several commands have: which version, under which conditions, at whose
 * cost. A command takes those that have an effect on it, each written down once. */
#ifndef COMMAND_S3_OBJECT_VALUES_H
#define COMMAND_S3_OBJECT_VALUES_H

#include <headrace/s3.h>

#include "options.h"

struct s3_object_values {
    const char *version_id;
    const char *if_match, *if_none_match;
    const char *customer_key; /* where it is: see s3_customer_key.h */
    const char *expected_owner;
    bool request_payer;
};

/* Tables over struct s3_object_values. */
extern const struct option s3_object_table[];    /* all of them */
extern const struct option s3_remove_table[];    /* of rm */
extern const struct option s3_version_table[];   /* the version, and at whose cost */
extern const struct option s3_existence_table[]; /* of exists: those, and the key */
extern const struct option s3_requester_table[]; /* at whose cost */

#endif
