/* References to variables in scalars, by the grammar of OpenTelemetry's declarative configuration
 * (specification/configuration/data-model.md). */
#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "config_scalar.h"
#include "config_sources.h"

/* A text that grows. */
struct growing {
    char *data;
    size_t size, capacity, size_max;
    enum hr__config_veil veil;
    int err; /* -ENOMEM, or -E2BIG */
};

/* The text may be a secret: nothing of it stays behind. */
static void drop(struct growing *out) {
    if (out->data) explicit_bzero(out->data, out->size);
    free(out->data);
}

static void put(struct growing *out, struct hr_slice text) {
    if (out->err || text.size == 0) return;
    if (text.size > out->size_max - out->size) {
        out->err = -E2BIG;
        return;
    }
    if (out->size + text.size > out->capacity) {
        size_t capacity = (out->size + text.size) * 2;
        char *data = malloc(capacity); /* realloc would leave a copy behind */
        if (!data) {
            out->err = -ENOMEM;
            return;
        }
        if (out->size > 0) memcpy(data, out->data, out->size);
        drop(out);
        out->data = data;
        out->capacity = capacity;
    }
    memcpy(out->data + out->size, text.data, text.size);
    out->size += text.size;
}

static bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static size_t name_at(struct hr_slice text) {
    size_t size = 0;
    if (text.size == 0 || !is_letter(text.data[0])) return 0;
    while (size < text.size &&
           (is_letter(text.data[size]) || (text.data[size] >= '0' && text.data[size] <= '9')))
        size++;
    return size;
}

static bool is_default(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\t' && (text.data[i] < 0x20 || text.data[i] > 0x7e)) return false;
    return true;
}

static struct hr_slice from(struct hr_slice text, size_t at) {
    return hr_slice_bytes(text.data + at, text.size - at);
}

static bool begins(struct hr_slice text, const char *with) {
    size_t size = strlen(with);
    return text.size >= size && memcmp(text.data, with, size) == 0;
}

/* [ "env:" ] NAME [ ":-" default ], between the braces. False: it is no such thing. */
static bool put_reference(const struct hr__config_load *load, struct hr_slice inner,
                          struct growing *out) {
    if (begins(inner, "env:")) inner = from(inner, 4);
    size_t size = name_at(inner);
    struct hr_slice rest = from(inner, size), otherwise = hr_slice_bytes("", 0);
    if (size == 0) return false;
    if (begins(rest, ":-"))
        otherwise = from(rest, 2);
    else if (rest.size > 0)
        return false;
    if (!is_default(otherwise)) return false;
    enum hr__config_veil veil = HR__CONFIG_PLAIN;
    struct hr_slice value = hr__config_variable(load, hr_slice_bytes(inner.data, size), &veil);
    put(out, value.data ? value : otherwise);
    if (veil > out->veil) out->veil = veil;
    return true;
}

/* Of a text without "$$". *bad: where a reference begins that is none. */
static bool put_part(const struct hr__config_load *load, struct hr_slice part, struct growing *out,
                     const char **bad) {
    for (;;) {
        const char *mark = part.size ? memmem(part.data, part.size, "${", 2) : NULL;
        struct hr_slice rest = mark ? from(part, (size_t)(mark - part.data)) : part;
        const char *end = mark ? memchr(mark, '}', rest.size) : NULL;
        if (!end) {
            put(out, part);
            return true;
        }
        put(out, hr_slice_bytes(part.data, (size_t)(mark - part.data)));
        if (!put_reference(load, hr_slice_bytes(mark + 2, (size_t)(end - mark - 2)), out)) {
            *bad = mark;
            return false;
        }
        part = from(rest, (size_t)(end + 1 - mark));
    }
}

/* Escapes part the text, from left to right. */
static bool put_all(const struct hr__config_load *load, struct hr_slice text, struct growing *out,
                    const char **bad) {
    for (;;) {
        const char *escape = text.size ? memmem(text.data, text.size, "$$", 2) : NULL;
        struct hr_slice part =
            escape ? hr_slice_bytes(text.data, (size_t)(escape - text.data)) : text;
        if (!put_part(load, part, out, bad)) return false;
        if (!escape) return true;
        put(out, hr_slice_of("$"));
        text = from(text, part.size + 2);
    }
}

static void take(struct hr__config_load *load, struct hr_config_node *node, struct growing *out) {
    node->text = hr__config_copy(&load->tree.arena, hr_slice_bytes(out->data, out->size));
    node->veil = (uint8_t)out->veil;
    load->substituted += out->size;
    if (!node->text.data) load->no_memory = true;
    if (!node->typed && node->text.data) node->type = (uint8_t)hr__config_resolve(node->text);
}

/* The text is in no message: it may be a part of a secret. */
static void refuse_reference(struct hr__config_load *load, const struct hr_config_node *node,
                             struct hr_slice text, const char *bad) {
    size_t character = 1;
    for (const char *at = node->text.data; at < bad; at++) character += (*at & 0xc0) != 0x80;
    hr__config_refuse(load, node->place, node, text,
                      "at character %zu of it is no reference to a variable: ${NAME} or "
                      "${NAME:-default}, and $$ for a $ itself",
                      character);
}

static void substitute_one(struct hr__config_load *load, struct hr_config_node *node,
                           struct hr_slice text) {
    const char *bad;
    struct growing out = {.size_max = load->limits.file_bytes_max - load->substituted};
    if (!put_all(load, node->text, &out, &bad))
        refuse_reference(load, node, text, bad);
    else if (out.err == -E2BIG)
        hr__config_refuse(load, node->place, node, text,
                          "variables make more than %zu bytes (limits.file_bytes_max)",
                          load->limits.file_bytes_max);
    else if (out.err)
        load->no_memory = true;
    else if (!hr_utf8_valid(hr_slice_bytes(out.data, out.size)))
        hr__config_refuse(load, node->place, node, text, "a variable in it is not UTF-8");
    else
        take(load, node, &out);
    drop(&out);
}

void hr__config_substitute(struct hr__config_load *load, struct hr_config_node *root,
                           struct hr_slice text) {
    for (struct hr_config_node *node = root; node && !load->no_memory;
         node = hr__config_walk(root, node))
        if (node->text.size > 0 && memchr(node->text.data, '$', node->text.size))
            substitute_one(load, node, text);
}
