/* Bytes that grow: bodies and texts that are put together before they are sent. */
#ifndef COMMAND_BYTE_BUFFER_H
#define COMMAND_BYTE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

#define BYTE_BUFFER_MAX ((size_t)1 << 30)

/* Zeroed is empty. The bytes are followed by a NUL that is not counted. */
struct byte_buffer {
    char *data;
    size_t size, capacity;
};

/* 0, -ENOMEM, or -EFBIG beyond BYTE_BUFFER_MAX; then nothing was added. */
int byte_buffer_add(struct byte_buffer *buffer, struct hr_slice bytes);
int byte_buffer_add_text(struct byte_buffer *buffer, const char *text);

/* Adds what a file holds, "-" being standard input. 0 or a negative code. */
int byte_buffer_add_file(struct byte_buffer *buffer, const char *path);

/* Wipes and frees; it is empty then. */
void byte_buffer_free(struct byte_buffer *buffer);

#endif
