/* Escapes of controls, quotes and backslashes. */
#include "quoted.h"

#include <headrace/text.h>

static void put(FILE *out, struct hr_slice text) {
    if (text.size) fwrite(text.data, 1, text.size, out);
}

/* A control character of any kind, or a line separator; its code, 0: it is none. */
static unsigned control(struct hr_slice text, size_t size) {
    const unsigned char *byte = (const unsigned char *)text.data;
    if (size == 1) return byte[0] < 0x20 || byte[0] == 0x7f ? byte[0] | 0x10000u : 0;
    if (size == 2 && byte[0] == 0xc2 && byte[1] < 0xa0) return byte[1] | 0x10000u;
    if (size == 3 && byte[0] == 0xe2 && byte[1] == 0x80 && (byte[2] == 0xa8 || byte[2] == 0xa9))
        return (0x2000u + (byte[2] - 0x80u)) | 0x10000u;
    return 0;
}

static void put_control(FILE *out, unsigned code) {
    static const char letters[] = "btn\0fr";
    code &= 0xffff;
    if (code >= 8 && code <= 13 && letters[code - 8])
        fprintf(out, "\\%c", letters[code - 8]);
    else
        fprintf(out, "\\u%04x", code);
}

void quoted_escape(FILE *out, struct hr_slice text, bool in_quotes) {
    size_t from = 0, at = 0;
    while (at < text.size) {
        struct hr_slice rest = hr_slice_bytes(text.data + at, text.size - at);
        size_t size = hr_utf8_next(rest.data, rest.size);
        bool mark = in_quotes && (rest.data[0] == '"' || rest.data[0] == '\\');
        unsigned code = size ? control(rest, size) : 0;
        if (size && !mark && !code) {
            at += size;
            continue;
        }
        put(out, hr_slice_bytes(text.data + from, at - from));
        if (mark)
            fprintf(out, "\\%c", rest.data[0]);
        else if (code)
            put_control(out, code);
        else
            fputs("\xef\xbf\xbd", out); /* no UTF-8 */
        at += size ? size : 1;
        from = at;
    }
    put(out, hr_slice_bytes(text.data + from, at - from));
}

void quoted_put(FILE *out, struct hr_slice text) {
    fputc('"', out);
    quoted_escape(out, text, true);
    fputc('"', out);
}
