/* A part of a source that lies somewhere: in memory, in a vector, in a file. */
#ifndef HR_S3_PART_SOURCE_H
#define HR_S3_PART_SOURCE_H

#include <headrace/body.h>

/* Memory that a part of a vector has; zeroed is none. It is used again. */
struct hr__part_vector {
    struct iovec *iov;
    size_t capacity;
};

/* `size` bytes of `source`, which is no producer, from `offset` on; both lie in it. 0 or -ENOMEM.
 */
int hr__part_source(const struct hr_source *source, struct hr_file_range range,
                    struct hr__part_vector *vector, struct hr_source *part);
void hr__part_vector_free(struct hr__part_vector *vector);

#endif
