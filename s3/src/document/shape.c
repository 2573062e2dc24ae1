/* Documents read by tables. */
#include "shape.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "shape_value.h"
#include "xml.h"

/* The elements below the root, or those below the entry in progress. */
struct level {
    const struct hr__element *elements;
    size_t count;
    uint64_t seen; /* a bit per element: it is there, and not empty where it must not be */
    struct hr__value_memory memory;
};

struct hr__shape_reader {
    const struct hr__shape *shape;
    struct hr__shape_sink sink;
    struct hr__xml *xml;
    struct hr_slice root; /* which of the shape's */
    struct level document, entry;
    const struct hr__entry *in; /* the entry in progress; NULL: none */
    struct hr__texts texts;     /* of the entry */
    char problem[160];
    char value[HR__ENTRY_MAX] __attribute__((aligned(16)));
};

static int refuse(struct hr__shape_reader *reader, struct hr_slice where, struct hr_slice element,
                  const char *why) {
    snprintf(reader->problem, sizeof reader->problem, "in %.*s, %.*s %s",
             (int)(where.size < 64 ? where.size : 64), where.data, (int)element.size, element.data,
             why);
    return HR_ERR_S3_RESPONSE;
}

/* The part of a path behind the root, or behind the entry. */
static struct hr_slice below(struct hr_slice path, size_t size) {
    if (path.size <= size) return hr_slice_bytes("", 0);
    return hr_slice_bytes(path.data + size + 1, path.size - size - 1);
}

static bool is_below(struct hr_slice path, struct hr_slice outer) {
    return path.size > outer.size && path.data[outer.size] == '/' &&
           memcmp(path.data, outer.data, outer.size) == 0;
}

static struct hr_slice name_of(const struct hr__shape_reader *reader, const struct level *level) {
    return level == &reader->entry ? reader->in->path : reader->root;
}

static int begin_root(struct hr__shape_reader *reader, struct hr_slice path) {
    for (size_t i = 0; i < HR__SHAPE_ROOTS_MAX && reader->shape->roots[i]; i++) {
        reader->root = hr_slice_of(reader->shape->roots[i]);
        if (hr_slice_equal(reader->root, path)) return 0;
    }
    snprintf(reader->problem, sizeof reader->problem, "its root is <%.*s>, not <%s>",
             (int)(path.size < 64 ? path.size : 64), path.data, reader->shape->roots[0]);
    return HR_ERR_S3_RESPONSE;
}

static void begin_entry(struct hr__shape_reader *reader, const struct hr__entry *entry) {
    assert(!reader->in && entry->size <= sizeof reader->value);
    memset(reader->value, 0, entry->size);
    hr__texts_clear(&reader->texts);
    reader->in = entry;
    reader->entry = (struct level){
        .elements = entry->elements,
        .count = entry->element_count,
        .memory = {reader->value, &reader->texts},
    };
}

static int on_begin(void *user, struct hr_slice path) {
    struct hr__shape_reader *reader = user;
    if (!memchr(path.data, '/', path.size)) return begin_root(reader, path);
    if (reader->in) return 0;
    struct hr_slice rest = below(path, reader->root.size);
    for (size_t i = 0; i < reader->shape->entry_count; i++) {
        const struct hr__entry *entry = &reader->shape->entries[i];
        if (!hr_slice_equal(entry->path, rest)) continue;
        begin_entry(reader, entry);
        break;
    }
    return 0;
}

/* The element has ended: whether its level has what it must have. */
static int note(struct hr__shape_reader *reader, struct level *level, size_t index,
                struct hr_slice text) {
    const struct hr__element *element = &level->elements[index];
    uint64_t bit = (uint64_t)1 << index;
    if (element->rule == HR__NAMING && (level->seen & bit))
        return refuse(reader, name_of(reader, level), element->path, "stands twice");
    if (element->rule == HR__REQUIRED && hr__value_is_empty(element, text))
        level->seen &= ~bit;
    else
        level->seen |= bit;
    return 0;
}

static int end_element(struct hr__shape_reader *reader, struct level *level, struct hr_slice path,
                       struct hr_slice text) {
    for (size_t i = 0; i < level->count; i++) {
        const struct hr__element *element = &level->elements[i];
        if (!hr_slice_equal(element->path, path)) continue;
        int err = note(reader, level, i, text);
        if (err) return err;
        const char *problem = NULL;
        err = hr__value_set(element, text, &level->memory, &problem);
        return problem ? refuse(reader, name_of(reader, level), element->path, problem) : err;
    }
    return 0;
}

static int check_level(struct hr__shape_reader *reader, const struct level *level) {
    for (size_t i = 0; i < level->count; i++) {
        bool seen = level->seen & (uint64_t)1 << i;
        if (level->elements[i].rule != HR__OPTIONAL && !seen)
            return refuse(reader, name_of(reader, level), level->elements[i].path, "is missing");
    }
    return 0;
}

static int end_entry(struct hr__shape_reader *reader) {
    assert(reader->in);
    int err = check_level(reader, &reader->entry);
    const struct hr__entry *entry = reader->in;
    if (!err && reader->sink.on_entry)
        err = reader->sink.on_entry(reader->sink.user, entry, reader->value);
    reader->in = NULL;
    return err;
}

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct hr__shape_reader *reader = user;
    struct hr_slice rest = below(path, reader->root.size);
    if (!reader->in) {
        int err = end_element(reader, &reader->document, rest, text);
        return err || rest.size > 0 ? err : check_level(reader, &reader->document);
    }
    if (is_below(rest, reader->in->path))
        return end_element(reader, &reader->entry, below(rest, reader->in->path.size), text);
    assert(hr_slice_equal(rest, reader->in->path));
    int err = end_element(reader, &reader->entry, hr_slice_bytes("", 0), text);
    return err ? err : end_entry(reader);
}

int hr__shape_new(const struct hr__shape *shape, const struct hr__shape_sink *sink,
                  struct hr__shape_reader **reader) {
    static const struct hr__xml_events events = {.begin = on_begin, .end = on_end};
    assert(shape->element_count <= 64 && (sink->out || shape->element_count == 0));
    struct hr__shape_reader *new = calloc(1, sizeof *new);
    if (!new) return -ENOMEM;
    new->shape = shape;
    new->sink = *sink;
    new->document = (struct level){
        .elements = shape->elements,
        .count = shape->element_count,
        .memory = {sink->out, sink->texts},
    };
    int err = hr__xml_new(&events, new, &new->xml);
    if (err)
        free(new);
    else
        *reader = new;
    return err;
}

int hr__shape_feed(struct hr__shape_reader *reader, struct hr_slice piece, bool last) {
    return hr__xml_feed(reader->xml, piece.data, piece.size, last);
}

const char *hr__shape_problem(const struct hr__shape_reader *reader) {
    return reader->problem[0] ? reader->problem : hr__xml_problem(reader->xml);
}

void hr__shape_free(struct hr__shape_reader *reader) {
    if (!reader) return;
    hr__xml_free(reader->xml);
    hr__texts_free(&reader->texts);
    free(reader);
}
