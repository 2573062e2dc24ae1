/* Bytes that grow. */
#include "byte_buffer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAPACITY 1024
#define READ_SIZE      65536

/* Makes room for `more` bytes and the NUL. The old memory is wiped, as it may hold a secret. */
static int grow(struct byte_buffer *buffer, size_t more) {
    if (more > BYTE_BUFFER_MAX - buffer->size) return -EFBIG;
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity) return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed) capacity *= 2;
    char *data = malloc(capacity);
    if (!data) return -ENOMEM;
    if (buffer->size) memcpy(data, buffer->data, buffer->size);
    if (buffer->data) explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int byte_buffer_add(struct byte_buffer *buffer, struct hr_slice bytes) {
    int err = grow(buffer, bytes.size);
    if (err) return err;
    if (bytes.size) memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    assert(buffer->size < buffer->capacity);
    buffer->data[buffer->size] = '\0';
    return 0;
}

int byte_buffer_add_text(struct byte_buffer *buffer, const char *text) {
    return byte_buffer_add(buffer, hr_slice_of(text));
}

static int read_all(struct byte_buffer *buffer, int fd) {
    for (;;) {
        int err = grow(buffer, READ_SIZE);
        if (err) return err;
        ssize_t count = read(fd, buffer->data + buffer->size, READ_SIZE);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        buffer->size += (size_t)count;
        buffer->data[buffer->size] = '\0';
        if (count == 0) return 0;
    }
}

int byte_buffer_add_file(struct byte_buffer *buffer, const char *path) {
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    size_t before = buffer->size;
    int err = read_all(buffer, fd);
    if (!standard) close(fd);
    if (err) buffer->size = before;
    return err;
}

void byte_buffer_free(struct byte_buffer *buffer) {
    if (buffer->data) explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    *buffer = (struct byte_buffer){.data = NULL};
}
