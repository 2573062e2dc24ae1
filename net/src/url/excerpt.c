/* Excerpts of what a peer has sent, for the messages of errors. */
#include "excerpt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <net/chars.h>

#include "url_authority.h"

#define ELLIPSIS "\xe2\x80\xa6"
/* Of the front of a line that is searched for the words of a secret. */
#define NAME_MAX_SEARCHED 128

struct writer {
    char *text;
    size_t size;
    bool full;
};

static void put(struct writer *writer, const char *text, size_t size) {
    /* There is always room for the ellipsis and the NUL. */
    if (writer->full || writer->size + size + sizeof ELLIPSIS > HR_EXCERPT_SIZE) {
        if (!writer->full) memcpy(writer->text + writer->size, ELLIPSIS, sizeof ELLIPSIS - 1);
        if (!writer->full) writer->size += sizeof ELLIPSIS - 1;
        writer->full = true;
        return;
    }
    memcpy(writer->text + writer->size, text, size);
    writer->size += size;
}

static void put_escaped(struct writer *writer, struct hr_slice text) {
    for (size_t i = 0; i < text.size && !writer->full; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        char escape[5];
        if (byte >= ' ' && byte < 0x7f && byte != '\\' && byte != '"') {
            put(writer, &text.data[i], 1);
            continue;
        }
        snprintf(escape, sizeof escape, "\\x%02x", byte);
        put(writer, escape, 4);
    }
}

static void end(struct writer *writer) {
    writer->text[writer->size] = 0;
}

void hr__excerpt_text(struct hr_slice text, char out[HR_EXCERPT_SIZE]) {
    struct writer writer = {.text = out};
    put_escaped(&writer, text);
    end(&writer);
}

/* ---- URLs. */

static bool is_slash(char byte) {
    return byte == '/' || byte == '\\';
}

/* With its colon; 0: there is none before `stop`. */
static size_t span_of_scheme(struct hr_slice url, size_t stop) {
    for (size_t i = 0; i < stop && url.data[i] != '/'; i++)
        if (url.data[i] == ':') return i + 1;
    return 0;
}

/* Without what stands before an '@' in the authority. Whatever number of slashes stands in front,
 * some reader takes what follows for one. */
static void put_url(struct writer *writer, struct hr_slice url) {
    size_t stop = 0, host;
    while (stop < url.size && url.data[stop] != '?' && url.data[stop] != '#') stop++;
    size_t authority = span_of_scheme(url, stop);
    while (authority < stop && is_slash(url.data[authority])) authority++;
    for (host = authority; host < stop && !is_slash(url.data[host]);) host++;
    size_t authority_end = host;
    while (host > authority && url.data[host - 1] != '@') host--;
    put_escaped(writer, hr_slice_bytes(url.data, authority));
    /* Text that is no authority may be the front of a password that has a '/', '?' or '#'. */
    struct hr_authority parts;
    size_t at;
    bool has_one = authority >= 2 && is_slash(url.data[authority - 2]);
    const char *sign = has_one ? memrchr(url.data + host, '@', url.size - host) : NULL;
    if (sign &&
        hr__authority_parse(hr_slice_bytes(url.data + host, authority_end - host), &parts, &at)) {
        host = (size_t)(sign - url.data) + 1;
        if (stop < host) stop = url.size;
    }
    put_escaped(writer, hr_slice_bytes(url.data + host, stop - host));
    if (stop == url.size) return;
    put(writer, &url.data[stop], 1);
    if (stop + 1 < url.size) put(writer, ELLIPSIS, sizeof ELLIPSIS - 1);
}

void hr__excerpt_url(struct hr_slice url, char out[HR_EXCERPT_SIZE]) {
    struct writer writer = {.text = out};
    put_url(&writer, url);
    end(&writer);
}

/* ---- Lines. */

/* Whether the letters of `text` have one of the words in which names of credentials come. Other
 * bytes are passed over: a name may be malformed by just one of them. */
static bool names_a_secret(struct hr_slice text) {
    static const char *const words[] = {"cookie", "auth",   "token",   "secret", "passw",
                                        "apikey", "creden", "session", "signat", "csrf"};
    char letters[NAME_MAX_SEARCHED + 1];
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < NAME_MAX_SEARCHED; i++) {
        char byte = text.data[i];
        if (byte >= 'A' && byte <= 'Z') byte = (char)(byte + 32);
        if (byte >= 'a' && byte <= 'z') letters[size++] = byte;
    }
    letters[size] = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(letters, words[i])) return true;
    return false;
}

/* Up to the colon, or all of it where there is none. */
static struct hr_slice name_of(struct hr_slice line) {
    const char *colon = line.size > 0 ? memchr(line.data, ':', line.size) : NULL;
    return hr_slice_bytes(line.data, colon ? (size_t)(colon - line.data) : line.size);
}

/* A URL may hold a credential too. */
static void put_other_line(struct writer *writer, struct hr_slice line, struct hr_slice name) {
    bool url = hr_slice_equal_nocase(hr_slice_trim(name), hr_slice_of("Location")) ||
               hr_slice_equal_nocase(hr_slice_trim(name), hr_slice_of("Content-Location"));
    if (!url || name.size == line.size) {
        put_escaped(writer, line);
        return;
    }
    struct hr_slice value = hr_slice_bytes(line.data + name.size + 1, line.size - name.size - 1);
    put_escaped(writer, name);
    put(writer, ": ", 2);
    put_url(writer, hr_slice_trim(value));
}

void hr__excerpt_line(struct hr_slice line, struct hr_slice before, char out[HR_EXCERPT_SIZE]) {
    struct writer writer = {.text = out};
    bool folded = line.size > 0 && hr__http1_is_blank(line.data[0]);
    struct hr_slice name = name_of(line);
    if (folded && names_a_secret(name_of(before))) {
        line = before;
        name = name_of(before);
    } else if (!names_a_secret(name)) {
        put_other_line(&writer, line, name);
        end(&writer);
        return;
    }
    /* Without a colon the name ends with its first byte that cannot be in one. */
    if (name.size == line.size) name.size = hr__http1_span(line, HR_CHAR_TOKEN);
    put_escaped(&writer, name);
    put(&writer, ELLIPSIS, sizeof ELLIPSIS - 1);
    end(&writer);
}
