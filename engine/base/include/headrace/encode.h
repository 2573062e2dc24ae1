/* Hex and base64 (RFC 4648, section 4, padded). Any thread. */
#ifndef HEADRACE_ENCODE_H
#define HEADRACE_ENCODE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lower-case hex, 2 × size characters, no NUL. */
HR_API void hr_hex_encode(const void *data, size_t size, char *out);
/* Either case, an even number of digits. Returns the bytes written, -EINVAL, or -ENOBUFS. */
HR_API ssize_t hr_hex_decode(struct hr_slice text, void *out, size_t capacity);

/* Characters that `size` bytes become, padding included, without NUL. */
static inline size_t hr_base64_size(size_t size) {
    return (size + 2) / 3 * 4;
}
/* Writes hr_base64_size(size) characters, no NUL. */
HR_API void hr_base64_encode(const void *data, size_t size, char *out);
/* Strict: padded, no blanks, no stray bits. Returns the bytes written, -EINVAL, or -ENOBUFS. */
HR_API ssize_t hr_base64_decode(struct hr_slice text, void *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
