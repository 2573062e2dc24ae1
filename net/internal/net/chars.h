/* Which bytes may stand where in an HTTP/1.1 message. */
#ifndef HR_NET_CHARS_H
#define HR_NET_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <headrace/slice.h>

enum {
    HR_CHAR_TOKEN = 1,  /* RFC 9110 5.6.2 */
    HR_CHAR_TEXT = 2,   /* of field values and reason phrases: HTAB, SP, visible, ≥ 0x80 */
    HR_CHAR_TARGET = 4, /* visible ASCII but '#' */
};

extern const uint8_t hr__http1_chars[256];

static inline bool hr__http1_char_is(char byte, unsigned class) {
    return (hr__http1_chars[(unsigned char)byte] & class) != 0;
}

/* How many bytes at the front are of `class`. */
static inline size_t hr__http1_span(struct hr_slice text, unsigned class) {
    size_t size = 0;
    while (size < text.size && hr__http1_char_is(text.data[size], class)) size++;
    return size;
}

/* Optional white space of RFC 9110 5.6.3. */
static inline bool hr__http1_is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

/* How many bytes at the front are of a token, and of HR_CHAR_TEXT: hr__http1_span for long ones. */
size_t hr__http1_token_span(struct hr_slice text);
size_t hr__http1_text_span(struct hr_slice text);

/* Whether a field has this name, or a value is this word, in whatever case. `usual` is a literal as
 * most peers write it, which words compare; the rest of the cases is not worth code at each call.
 */
bool hr__http1_equal_nocase(struct hr_slice text, struct hr_slice wanted);
static inline __attribute__((always_inline)) bool hr__http1_is(struct hr_slice text,
                                                               const char *usual) {
    size_t size = strlen(usual);
    return text.size == size && (memcmp(text.data, usual, size) == 0 ||
                                 hr__http1_equal_nocase(text, hr_slice_bytes(usual, size)));
}

bool hr__http1_is_token(struct hr_slice text); /* RFC 9110 5.6.2 */
bool hr__http1_is_text(struct hr_slice text);  /* HR_CHAR_TEXT all of it; may be empty */
bool hr__http1_is_field_value(
    struct hr_slice text); /* no CR, LF, NUL or other control but TAB; no blank at either end */
bool hr__http1_is_target(
    struct hr_slice text); /* not empty, no blank, no control, no byte ≥ 0x7f, no '#' */

#endif
