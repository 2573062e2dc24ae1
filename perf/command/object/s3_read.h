/* Options that an object is read with. */
#ifndef COMMAND_S3_READ_H
#define COMMAND_S3_READ_H

#include <headrace/s3.h>

#include "s3_customer_key.h"
#include "s3_object_values.h"

struct s3_read {
    struct hr_s3_read_options options; /* points into the values and the key */
    struct s3_customer_key key;
};

/* EXIT_DONE, or the exit code after a complaint. */
int s3_read_fill(const struct s3_object_values *values, struct s3_read *read);
void s3_read_wipe(struct s3_read *read);

#endif
