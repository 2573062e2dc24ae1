/* Numbers and UTF-8 out of text, strictly. Any thread. */
#ifndef HEADRACE_TEXT_H
#define HEADRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Digits only, all of the text: no sign, no blank, no empty text. 0, -EINVAL, or -ERANGE above
 * `max`. */
HR_API int hr_text_u64(struct hr_slice text, uint64_t max, uint64_t *value);

/* The number of bytes of the valid UTF-8 character at `data` (1 to 4), or 0 when there is none. */
HR_API size_t hr_utf8_next(const char *data, size_t size);
/* Whether all of it is well-formed UTF-8 (no overlong form, no surrogate, ≤ U+10FFFF). */
HR_API bool hr_utf8_valid(struct hr_slice text);

/* Copies with NUL, cut at a UTF-8 boundary where it does not fit. Returns the bytes copied without
 * NUL. `capacity` ≥ 1. */
HR_API size_t hr_text_copy(char *out, size_t capacity, struct hr_slice text);

/* As hr_text_copy; a text that is cut ends in an ellipsis (U+2026, three bytes), so that it shows.
 * `capacity` ≥ 4. */
HR_API size_t hr_text_shorten(char *out, size_t capacity, struct hr_slice text);

#ifdef __cplusplus
}
#endif

#endif
