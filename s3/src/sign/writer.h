/* Text written into memory of a fixed size. A piece that does not fit is dropped and sets `full`,
 * so that one check at the end is enough. */
#ifndef HR_S3_WRITER_H
#define HR_S3_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <headrace/slice.h>
#include <headrace/url.h>

struct hr__writer {
    char *begin, *at, *end;
    bool full; /* something did not fit */
};

static inline struct hr__writer hr__writer(char *memory, size_t capacity) {
    return (struct hr__writer){.begin = memory, .at = memory, .end = memory + capacity};
}

static inline void hr__put(struct hr__writer *writer, const char *data, size_t size) {
    if ((size_t)(writer->end - writer->at) < size) {
        writer->full = true;
        return;
    }
    if (size > 0) memcpy(writer->at, data, size);
    writer->at += size;
}

static inline void hr__put_slice(struct hr__writer *writer, struct hr_slice text) {
    hr__put(writer, text.data, text.size);
}

static inline void hr__put_text(struct hr__writer *writer, const char *text) {
    hr__put(writer, text, strlen(text));
}

static inline void hr__put_byte(struct hr__writer *writer, char byte) {
    if (writer->at == writer->end) {
        writer->full = true;
        return;
    }
    *writer->at++ = byte;
}

static inline void hr__put_u64(struct hr__writer *writer, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    hr__put(writer, digits + at, sizeof digits - at);
}

static inline void hr__put_percent(struct hr__writer *writer, struct hr_slice bytes,
                                   enum hr_percent_set set) {
    size_t size;
    if (hr_percent_encode(bytes, set, writer->at, (size_t)(writer->end - writer->at), &size))
        writer->full = true;
    else
        writer->at += size;
}

static inline struct hr_slice hr__written(const struct hr__writer *writer) {
    return hr_slice_bytes(writer->begin, (size_t)(writer->at - writer->begin));
}

#endif
