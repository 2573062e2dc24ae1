/* A state a byte: chunk-size [ chunk-ext ] CRLF, where
 * chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ). */
#include <stdbool.h>

#include <headrace/error.h>
#include <net/chars.h>

#include "http1_chunk.h"

/* Leading zeros and extensions together: what a chunk may cost before its first byte of data. */
#define LINE_SIZE_MAX 16384

enum {
    FIRST_DIGIT = 0,
    DIGITS,
    BLANK_BEFORE_EXTENSION, /* after blanks: only another extension may follow */
    EXTENSION,              /* behind ';' */
    NAME,
    BLANK_AFTER_NAME,
    VALUE, /* behind '=' */
    TOKEN_VALUE,
    QUOTED,
    QUOTED_PAIR,
    QUOTED_END,
    LINE_FEED,
    DATA_RETURN, /* the CR behind the data */
    DATA_FEED,
    WRONG,
};

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

static uint8_t add_digit(struct hr_http1_chunk *chunk, int digit) {
    if (chunk->size > (uint64_t)INT64_MAX >> 4) return WRONG;
    chunk->size = (chunk->size << 4) | (uint64_t)digit;
    return DIGITS;
}

/* Where a name, a value or the size may end. */
static uint8_t after_item(char byte, uint8_t blank, uint8_t equals) {
    if (byte == '\r') return LINE_FEED;
    if (byte == ';') return EXTENSION;
    if (byte == '=') return equals;
    return hr__http1_is_blank(byte) ? blank : WRONG;
}

static uint8_t in_size(struct hr_http1_chunk *chunk, char byte) {
    int digit = hex_digit(byte);
    if (digit >= 0) return add_digit(chunk, digit);
    return chunk->state == FIRST_DIGIT ? WRONG : after_item(byte, BLANK_BEFORE_EXTENSION, WRONG);
}

static uint8_t in_extension(uint8_t state, char byte, bool lenient) {
    bool token = hr__http1_char_is(byte, HR_CHAR_TOKEN), blank = hr__http1_is_blank(byte);
    switch (state) {
    case BLANK_BEFORE_EXTENSION:
        if (byte == '\r' && lenient) return LINE_FEED;
        return blank ? state : byte == ';' ? EXTENSION : WRONG;
    case EXTENSION:
        return token ? NAME : blank ? state : WRONG;
    case NAME:
        return token ? state : after_item(byte, BLANK_AFTER_NAME, VALUE);
    case BLANK_AFTER_NAME:
        return blank ? state : byte == ';' ? EXTENSION : byte == '=' ? VALUE : WRONG;
    case VALUE:
        return token ? TOKEN_VALUE : blank ? state : byte == '"' ? QUOTED : WRONG;
    case TOKEN_VALUE:
        return token ? state : after_item(byte, BLANK_BEFORE_EXTENSION, WRONG);
    case QUOTED:
        if (byte == '"') return QUOTED_END;
        if (byte == '\\') return QUOTED_PAIR;
        return hr__http1_char_is(byte, HR_CHAR_TEXT) ? state : WRONG;
    case QUOTED_PAIR:
        return hr__http1_char_is(byte, HR_CHAR_TEXT) ? QUOTED : WRONG;
    default: /* QUOTED_END */
        return after_item(byte, BLANK_BEFORE_EXTENSION, WRONG);
    }
}

static int refuse(struct hr_http1_chunk *chunk, const char *why, const char **reason) {
    chunk->state = WRONG;
    *reason = why;
    return HR_ERR_HTTP_MALFORMED;
}

int hr__http1_chunk_line(struct hr_http1_chunk *chunk, const char *data, size_t size, size_t *used,
                         const char **reason) {
    for (size_t i = 0; i < size; i++) {
        char byte = data[i];
        uint8_t was = chunk->state;
        if (was == DATA_RETURN || was == DATA_FEED) {
            if (byte != (was == DATA_RETURN ? '\r' : '\n'))
                return refuse(chunk, "chunk data is not followed by CR LF", reason);
            chunk->state = was == DATA_RETURN ? DATA_FEED : FIRST_DIGIT;
            chunk->size = 0;
            chunk->line_size = 0;
            continue;
        }
        if (was == LINE_FEED) {
            if (byte != '\n') return refuse(chunk, "a chunk line does not end with CR LF", reason);
            *used = i + 1;
            return 1;
        }
        if (++chunk->line_size > LINE_SIZE_MAX)
            return refuse(chunk, "a chunk line is larger than 16 KiB", reason);
        chunk->state =
            was <= DIGITS ? in_size(chunk, byte) : in_extension(was, byte, chunk->lenient);
        if (chunk->state == WRONG)
            return refuse(chunk, was <= DIGITS ? "not a chunk size" : "malformed chunk extension",
                          reason);
    }
    *used = size;
    return 0;
}

void hr__http1_chunk_data_done(struct hr_http1_chunk *chunk) {
    chunk->state = DATA_RETURN;
}
