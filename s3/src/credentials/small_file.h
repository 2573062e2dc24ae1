/* A small file read whole, such as one with a token. */
#ifndef HR_S3_SMALL_FILE_H
#define HR_S3_SMALL_FILE_H

#include <headrace/error.h>
#include <headrace/slice.h>

/* Memory of the caller. */
struct hr__file_memory {
    char *data;
    size_t capacity;
};

/* Reads `path`. HR_ERR_S3_CREDENTIALS: it cannot be read, is no regular file, empty, or has
 * `capacity` bytes or more; `error` names it. Blocks as reading a file does. Any thread. */
int hr__small_file_read(const char *path, const struct hr__file_memory *memory,
                        struct hr_error *error, struct hr_slice *text);

#endif
