/* The characters of a document: libyaml tells of bad ones too, but not where they are. */
#include <headrace/error.h>
#include <headrace/text.h>

#include "yaml_reader.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

struct cursor {
    struct hr_slice rest;
    uint32_t line, column;
};

/* Eight bytes of printable ASCII. */
static bool is_plain(const char *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    uint64_t delete = word ^ EACH(0x7f);
    uint64_t odd = word | (word - EACH(' ')) | ((delete - EACH(1)) & ~delete);
    return (odd & EACH(0x80)) == 0;
}

/* NEL, LS and PS are line breaks to libyaml, and none in YAML 1.2. */
static bool is_other_break(struct hr_slice one) {
    return hr_slice_equal(one, hr_slice_of("\xc2\x85")) ||
           hr_slice_equal(one, hr_slice_of("\xe2\x80\xa8")) ||
           hr_slice_equal(one, hr_slice_of("\xe2\x80\xa9"));
}

static bool is_allowed(struct hr_slice one) {
    unsigned char first = (unsigned char)one.data[0];
    if (one.size == 1)
        return (first >= 0x20 && first < 0x7f) || first == '\t' || first == '\n' || first == '\r';
    if (one.size == 2) return first != 0xc2 || (unsigned char)one.data[1] >= 0xa0; /* C1 */
    return one.size != 3 ||
           (memcmp(one.data, "\xef\xbf\xbe", 3) && memcmp(one.data, "\xef\xbf\xbf", 3));
}

static int refuse(const struct hr__yaml_options *options, const struct cursor *at,
                  const char *what) {
    struct hr__config_spot spot = {
        .name = options->name, .text = options->text, .line = at->line, .column = at->column};
    hr__config_report(options->problems, HR_CONFIG_ERROR, &spot,
                      "%s 0x%02x: the file is read as UTF-8 text", what,
                      (unsigned)(unsigned char)at->rest.data[0]);
    return HR_ERR_CONFIG;
}

static void advance(struct cursor *at, size_t size) {
    char byte = at->rest.data[0];
    bool feed =
        byte == '\n' || (byte == '\r' && (size == at->rest.size || at->rest.data[1] != '\n'));
    at->rest.data += size;
    at->rest.size -= size;
    at->column = feed ? 1 : at->column + 1;
    at->line += feed;
}

int hr__yaml_check_text(const struct hr__yaml_options *options) {
    struct cursor at = {.rest = options->text, .line = 1, .column = 1};
    while (at.rest.size > 0) {
        if (at.rest.size >= 8 && is_plain(at.rest.data)) {
            at.rest.data += 8;
            at.rest.size -= 8;
            at.column += 8;
            continue;
        }
        size_t size = hr_utf8_next(at.rest.data, at.rest.size);
        if (size == 0) return refuse(options, &at, "no UTF-8 at byte");
        if (is_other_break(hr_slice_bytes(at.rest.data, size)))
            return refuse(options, &at,
                          "a line break of YAML 1.1 (write \\u0085, \\u2028 or \\u2029 in double "
                          "quotes) begins with byte");
        if (!is_allowed(hr_slice_bytes(at.rest.data, size)))
            return refuse(options, &at, "a character that is not allowed begins with byte");
        advance(&at, size);
    }
    return 0;
}
