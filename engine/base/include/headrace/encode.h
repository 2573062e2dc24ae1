/* Hex and base64 (RFC 4648, section 4, padded). Any thread. */
#ifndef HEADRACE_ENCODE_H
#define HEADRACE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lower-case hex, 2 × size characters, no NUL. */
HR_API void hr_hex_encode(const void *data, size_t size, char *out);
/* Either case, an even number of digits; `size` is the number of bytes written. 0, -EINVAL, or
 * -ENOBUFS. */
HR_API int hr_hex_decode(struct hr_slice text, void *out, size_t capacity, size_t *size);

/* Characters that `size` bytes become, padding included, without NUL. */
static inline size_t hr_base64_size(size_t size) {
    return (size + 2) / 3 * 4;
}
/* Writes hr_base64_size(size) characters, no NUL. */
HR_API void hr_base64_encode(const void *data, size_t size, char *out);
/* Strict: padded, no blanks, no stray bits; `size` is the number of bytes written. 0, -EINVAL, or
 * -ENOBUFS. */
HR_API int hr_base64_decode(struct hr_slice text, void *out, size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
