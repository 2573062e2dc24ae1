/* Which bytes may stand where in an HTTP/1.1 message. */
#ifndef HR_NET_CHARS_H
#define HR_NET_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

bool hr__http1_is_token(struct hr_slice text); /* RFC 9110 5.6.2 */
bool hr__http1_is_text(struct hr_slice text);  /* HR_CHAR_TEXT all of it; may be empty */
bool hr__http1_is_field_value(
    struct hr_slice text); /* no CR, LF, NUL or other control but TAB; no blank at either end */
bool hr__http1_is_target(
    struct hr_slice text); /* not empty, no blank, no control, no byte ≥ 0x7f, no '#' */

#endif
