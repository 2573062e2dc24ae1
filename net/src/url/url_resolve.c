/* References (RFC 3986 5.2): what a Location field and a URL below a base mean. */
#include <errno.h>

#include "url_authority.h"

/* The parts of a reference (RFC 3986 5.3); data NULL: not there. */
struct reference {
    bool absolute;             /* it has a scheme */
    struct hr_slice authority; /* with what stands before its '@' */
    struct hr_slice path;
    struct hr_slice query;
    struct hr_slice fragment;
};

struct writer {
    char *text;
    size_t capacity, size;
    bool full;
};

static void put(struct writer *writer, struct hr_slice part) {
    if (writer->capacity - writer->size < part.size) writer->full = true;
    if (writer->full || part.size == 0) return;
    memcpy(writer->text + writer->size, part.data, part.size);
    writer->size += part.size;
}

/* With the sign that begins it; nothing where there is none. */
static void put_after(struct writer *writer, const char *sign, struct hr_slice part) {
    if (!part.data) return;
    put(writer, hr_slice_of(sign));
    put(writer, part);
}

static struct hr_slice from(struct hr_slice text, size_t offset) {
    return hr_slice_bytes(text.data + offset, text.size - offset);
}

/* Takes what stands behind the first `sign` off `text`. */
static struct hr_slice cut(struct hr_slice *text, char sign) {
    const char *at = text->size > 0 ? memchr(text->data, sign, text->size) : NULL;
    if (!at) return hr_slice_bytes(NULL, 0);
    size_t size = (size_t)(at - text->data);
    struct hr_slice rest = from(*text, size + 1);
    text->size = size;
    return rest;
}

static bool has_scheme(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool other = (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.';
        if (byte == ':') return i > 0;
        if (!letter && (i == 0 || !other)) return false;
    }
    return false;
}

static struct reference split(struct hr_slice text) {
    struct reference out = {.absolute = has_scheme(text)};
    out.fragment = cut(&text, '#');
    out.query = cut(&text, '?');
    if (!out.absolute && text.size >= 2 && memcmp(text.data, "//", 2) == 0) {
        text = from(text, 2);
        size_t end = 0;
        while (end < text.size && text.data[end] != '/') end++;
        out.authority = hr_slice_bytes(text.data, end);
        text = from(text, end);
    }
    out.path = text;
    return out;
}

/* RFC 3986 5.2.4, in place, of a path that begins with '/' or is empty. */
static size_t remove_dot_segments(char *path, size_t size) {
    size_t out = 0;
    for (size_t in = 0, end; in < size; in = end) {
        end = in + 1;
        while (end < size && path[end] != '/') end++;
        size_t segment = end - in - 1;
        bool up = segment == 2 && path[in + 1] == '.' && path[in + 2] == '.';
        if (!up && !(segment == 1 && path[in + 1] == '.')) {
            memmove(path + out, path + in, end - in);
            out += end - in;
            continue;
        }
        while (up && out > 0 && path[--out] != '/') continue;
        if (end == size) path[out++] = '/';
    }
    return out;
}

static void put_path(struct writer *writer, struct hr_slice directory, struct hr_slice path) {
    size_t begin = writer->size;
    put(writer, directory);
    put(writer, path);
    if (!writer->full)
        writer->size = begin + remove_dot_segments(writer->text + begin, writer->size - begin);
}

/* The path of a reference is put behind the base's up to its last '/' (RFC 3986 5.2.3). */
static struct hr_slice directory_of(const struct hr_url *base) {
    if (base->path.size == 0) return hr_slice_of("/");
    size_t size = base->path.size;
    while (base->path.data[size - 1] != '/') size--;
    return hr_slice_bytes(base->path.data, size);
}

/* RFC 3986 5.2.2. */
static void transform(struct writer *writer, const struct hr_url *base,
                      const struct reference *reference) {
    put(writer, hr_slice_of(base->tls ? "https://" : "http://"));
    if (reference->authority.data) {
        put(writer, reference->authority);
        put_path(writer, reference->path, hr_slice_of(""));
        put_after(writer, "?", reference->query);
        return;
    }
    if (base->userinfo.data) {
        put(writer, base->userinfo);
        put(writer, hr_slice_of("@"));
    }
    put(writer, base->authority);
    if (reference->path.size == 0) {
        put(writer, base->path);
        put_after(writer, "?", reference->query.data ? reference->query : base->query);
        return;
    }
    bool rooted = reference->path.data[0] == '/';
    put_path(writer, rooted ? hr_slice_of("") : directory_of(base), reference->path);
    put_after(writer, "?", reference->query);
}

static int parse_base(struct hr_slice text, struct hr_error *error, struct hr_url *base) {
    struct hr_error inner = {.code = 0};
    int err = hr_url_parse(text, &inner, base);
    return err ? hr_error_set(error, err, "of the base: %s", inner.message) : 0;
}

/* The text of the reference by itself, so that an error's offset counts in what the caller gave. */
static int check_text(struct hr_slice text, bool absolute, struct hr_error *error) {
    struct hr_url parts;
    if (absolute) return hr_url_parse(text, error, &parts);
    return text.size > 0 ? hr__url_check_bytes(text, error) : 0;
}

/* The result. All that can still be wrong with it is its length and the authority of a reference
 * "//host/…", which is in both texts but for the scheme. */
static int check_result(struct hr_slice text, struct hr_error *error) {
    struct hr_url parts;
    if (text.size > HR__URL_BYTES_MAX)
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "malformed URL: what the reference means is longer than 64 KiB");
    const char *behind_scheme = (const char *)memchr(text.data, ':', text.size) + 1;
    return hr__url_parse_from(text, behind_scheme, error, &parts);
}

int hr_url_resolve(const struct hr_url_reference *reference, struct hr_error *error, char *text,
                   size_t capacity, size_t *size) {
    struct hr_url base;
    struct hr_slice own = reference->text;
    struct reference parts = split(own);
    int err = parse_base(reference->base, error, &base);
    if (!err) err = check_text(own, parts.absolute, error);
    if (err) return err;

    struct writer writer = {.text = text, .capacity = capacity};
    if (parts.absolute) {
        if (parts.fragment.data) own.size -= parts.fragment.size + 1;
        put(&writer, own);
    } else {
        transform(&writer, &base, &parts);
    }
    put_after(&writer, "#", parts.fragment.data ? parts.fragment : base.fragment);
    size_t written = writer.size;
    put(&writer, hr_slice_bytes("", 1));
    if (writer.full)
        return hr_error_set(error, -ENOBUFS, "the resolved URL is longer than %zu bytes", capacity);
    err = check_result(hr_slice_bytes(text, written), error);
    if (err) return err;
    *size = written;
    return 0;
}
