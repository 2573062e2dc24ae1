/* Prefixes and delimiters of keys, in bytewise order. Pure. */
#ifndef S3_SERVER_KEY_ORDER_H
#define S3_SERVER_KEY_ORDER_H

#include <stdbool.h>

#include <headrace/slice.h>

/* The smallest text that is behind everything beginning with `prefix`; false: there is none.
 * `memory` holds prefix.size bytes. */
bool s3_server__key_behind(struct hr_slice prefix, char *memory, struct hr_slice *behind);
bool s3_server__key_begins(struct hr_slice text, struct hr_slice prefix);
/* The part of `name` up to and with the first delimiter behind the prefix; size 0: there is none.
 */
struct hr_slice s3_server__key_roll_up(struct hr_slice name, struct hr_slice prefix,
                                       struct hr_slice delimiter);

#endif
