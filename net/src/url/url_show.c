/* A URL as a person may see it, in a message or a log: without its user information. */
#include <string.h>

#include <net/percent.h>

static const char hidden[] = "***@", more[] = "...";

struct shown {
    char *text;
    size_t size, capacity;
    size_t cut; /* as much of it as leaves room for "..." */
    bool full;
};

static void put(struct shown *shown, const char *text, size_t size) {
    if (shown->full) return;
    if (size >= shown->capacity - shown->size) {
        shown->full = true;
        return;
    }
    memcpy(shown->text + shown->size, text, size);
    shown->size += size;
    if (shown->size + sizeof more <= shown->capacity) shown->cut = shown->size;
}

static void put_byte(struct shown *shown, unsigned char byte) {
    char escaped[3] = {(char)byte};
    bool plain = byte >= ' ' && byte < 0x7f;
    if (!plain) hr__percent_put(escaped, byte);
    put(shown, escaped, plain ? 1 : 3);
}

/* Behind "scheme://", "scheme:/" or "//"; 0 where there is no such thing. */
static size_t begin_of_guessed(struct hr_slice text) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t at = 0;
    while (at < text.size && text.data[at] && strchr(letters, text.data[at])) at++;
    if (at > 0 && at < text.size && text.data[at] == ':') at++;
    bool has_scheme = at > 0 && text.data[at - 1] == ':';
    size_t end = at;
    while (end < text.size && (text.data[end] == '/' || text.data[end] == '\\')) end++;
    if (has_scheme ? end > at : at == 0 && end > 1) return end;
    return 0;
}

/* The user information of the URL that begins at `begin`, if there is one: where it begins and
 * where what is behind its '@' does. */
static bool find_outer(struct hr_slice text, size_t *begin, size_t *end) {
    struct hr_url url;
    if (hr_url_parse(text, NULL, &url) == 0) {
        if (!url.userinfo.data) return false;
        *begin = (size_t)(url.userinfo.data - text.data);
        *end = *begin + url.userinfo.size + 1;
        return true;
    }
    const char *sign = memrchr(text.data, '@', text.size);
    *begin = begin_of_guessed(text);
    *end = sign ? (size_t)(sign - text.data) + 1 : 0;
    return *end > *begin;
}

/* The same of a URL inside, in a query say, from `from` on. */
static bool find_inner(struct hr_slice text, size_t from, size_t *begin, size_t *end) {
    for (size_t at = from; at + 1 < text.size; at++) {
        if (text.data[at] != '/' || text.data[at + 1] != '/') continue;
        size_t stop = at + 2;
        while (stop < text.size && !strchr("/?#&@ ", text.data[stop])) stop++;
        if (stop == text.size || text.data[stop] != '@') continue;
        *begin = at + 2;
        *end = stop + 1;
        return true;
    }
    return false;
}

const char *hr_url_show(struct hr_slice text, char *shown, size_t capacity) {
    struct shown out = {.text = shown, .capacity = capacity};
    size_t at = 0, begin = 0, end = 0;
    if (capacity == 0) return "";
    bool hides = text.size > 0 && find_outer(text, &begin, &end);
    while (at < text.size && !out.full) {
        if (!hides) hides = find_inner(text, at, &begin, &end);
        size_t stop = hides ? begin : text.size;
        while (at < stop && !out.full) put_byte(&out, (unsigned char)text.data[at++]);
        if (!hides) break;
        put(&out, hidden, sizeof hidden - 1);
        at = end;
        hides = false;
    }
    if (out.full && capacity >= sizeof more)
        memcpy(shown + out.cut, more, sizeof more);
    else
        shown[out.full ? 0 : out.size] = '\0';
    return shown;
}
