/* Writing text into a buffer. The caller has made room for the worst case beforehand
 * (hr__log_format_bound), so nothing here looks for the buffer's end. Each function returns where
 * the next byte goes. */
#ifndef HR_LOG_OUT_H
#define HR_LOG_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <headrace/slice.h>

static inline char *hr__log_copy(char *out, const char *data, size_t size) {
    if (size) memcpy(out, data, size);
    return out + size;
}

static inline char *hr__log_copy_slice(char *out, struct hr_slice text) {
    return hr__log_copy(out, text.data, text.size);
}

/* The most bytes that a field, or an element of an array, adds to its own: digits, quotes, marks.
 */
#define HR_LOG_PART_BYTES 48

#define HR_LOG_AHEAD 32 /* bytes that hr__log_copy_ahead may write, and read, behind the end */

/* Copies a text in whole blocks, without a call. It may write and read HR_LOG_AHEAD bytes too many.
 */
static inline char *hr__log_copy_ahead(char *out, struct hr_slice text) {
    memcpy(out, text.data, HR_LOG_AHEAD);
    for (size_t at = HR_LOG_AHEAD; at < text.size; at += HR_LOG_AHEAD)
        memcpy(out + at, text.data + at, HR_LOG_AHEAD);
    return out + text.size;
}
#define HR_LOG_CUT_MARK "\xe2\x80\xa6[cut]" /* behind a text that was cut */

/* ---- log_number.c: numbers, whatever the locale. */
#define HR_LOG_NUMBER_BYTES 32 /* the most that any of them writes */

char *hr__log_put_u64(char *out, uint64_t number);
char *hr__log_put_i64(char *out, int64_t number);
/* The shortest text that reads back as the same number; "nan", "inf" and "-inf" without quotes. */
char *hr__log_put_double(char *out, double number);
char *hr__log_put_hex(char *out, uint64_t number);                       /* "0x7f…" */
char *hr__log_put_decimals(char *out, uint64_t number, unsigned digits); /* with leading zeros */

/* ---- log_escape.c: no byte of a text can end the string or the line that it stands in, or change
 * a terminal. Bytes that are no UTF-8 become U+FFFD, one for each maximal subpart (WHATWG). */
#define HR_LOG_ESCAPE_GROWTH 6 /* bytes that one may become */

/* The inside of a JSON string. DEL, C1 controls, U+2028 and U+2029 are escaped too. */
char *hr__log_put_escaped(char *out, struct hr_slice text);
/* The same for a text without quotes around it: quotes and backslashes stay as they are. */
char *hr__log_put_line(char *out, struct hr_slice text);
/* Copies a text that can stand in quotes as it is, or without quotes where `bare`. False: it has to
 * be escaped or quoted, and the bytes at `out` mean nothing. */
bool hr__log_copy_plain(char *out, struct hr_slice text, bool bare);
/* Whether a text can stand in logfmt without quotes. */
bool hr__log_is_bare(struct hr_slice text);
/* A text in logfmt: bare, or in quotes and escaped. */
char *hr__log_put_quoted(char *out, struct hr_slice text);
/* Bytes as two hexadecimal digits each. */
char *hr__log_put_bytes(char *out, struct hr_slice bytes);

#endif
