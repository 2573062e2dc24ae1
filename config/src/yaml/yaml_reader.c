/* libyaml's events, one after the other, into nodes. */
#include "yaml_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "config_scalar.h"
#include "yaml_state.h"

static void warn_old(const struct hr__yaml_state *state, const struct hr_config_node *node) {
    const char *meaning = hr__config_old_meaning(node->text);
    if (!meaning) return;
    hr__yaml_warn(state, node->place,
                  "YAML 1.1 reads %s here, and YAML 1.2, which counts, %s: put it in quotes, "
                  "or write it another way",
                  meaning, node->type == HR_CONFIG_INT ? "a decimal number" : "a string");
}

/* ---- Where a node goes. */

static void attach_to_map(struct hr__yaml_state *state, struct hr__yaml_frame *frame,
                          struct hr_config_node *node) {
    struct hr__config_tree *tree = state->options->tree;
    assert(frame->key.data);
    node->key = frame->key;
    node->key_place = frame->key_place;
    const struct hr_config_node *before = hr__config_get(tree, frame->node, node->key);
    if (before)
        hr__yaml_refuse(state, frame->key_place,
                        "the key is there twice, first in line %u, column %u",
                        before->key_place.line, before->key_place.column);
    else if (hr__config_put(tree, frame->node, node))
        hr__yaml_exhausted(state, node->place);
    frame->key = hr_slice_bytes(NULL, 0);
}

static void attach_merged(struct hr__yaml_state *state, struct hr__yaml_frame *frame,
                          struct hr_config_node *node) {
    if (!frame->merged) frame->merged = hr__yaml_node(state, HR_CONFIG_LIST, node->place);
    if (frame->merged) hr__config_append(frame->merged, node);
    frame->key = hr_slice_bytes(NULL, 0);
    frame->merging = false;
}

static void attach(struct hr__yaml_state *state, struct hr_config_node *node) {
    struct hr__yaml_frame *frame = state->depth ? &state->frames[state->depth - 1] : NULL;
    if (!frame)
        state->root = node;
    else if (frame->node->type == HR_CONFIG_LIST)
        hr__config_append(frame->node, node);
    else if (frame->merging)
        attach_merged(state, frame, node);
    else
        attach_to_map(state, frame, node);
}

/* The frame of a map that waits for a key; NULL: what comes is a value. */
static struct hr__yaml_frame *keyless(struct hr__yaml_state *state) {
    struct hr__yaml_frame *frame = state->depth ? &state->frames[state->depth - 1] : NULL;
    return frame && frame->node->type == HR_CONFIG_MAP && !frame->key.data ? frame : NULL;
}

static void take_key(struct hr__yaml_state *state, struct hr__yaml_frame *frame,
                     struct hr_slice text, struct hr__config_place place) {
    frame->key = hr__config_copy(&state->options->tree->arena, text);
    frame->key_place = place;
    if (!frame->key.data) hr__yaml_exhausted(state, place);
}

/* ---- Scalars. */

static bool tag_is(const char *tag, const char *name) {
    static const char core[] = "tag:yaml.org,2002:";
    return strncmp(tag, core, sizeof core - 1) == 0 && strcmp(tag + sizeof core - 1, name) == 0;
}

/* A tag of the core schema has to be what the text is. */
static void apply_tag(struct hr__yaml_state *state, struct hr_config_node *node, const char *tag) {
    static const struct {
        const char *name, *what;
        enum hr_config_type type;
    } tags[] = {{"str", "a string", HR_CONFIG_STRING},
                {"int", "an integer", HR_CONFIG_INT},
                {"float", "a number", HR_CONFIG_FLOAT},
                {"bool", "a boolean", HR_CONFIG_BOOL},
                {"null", "null", HR_CONFIG_NULL}};
    node->typed = true;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (!tag_is(tag, tags[i].name)) continue;
        enum hr_config_type found = hr__config_resolve(node->text);
        bool fits = tags[i].type == HR_CONFIG_STRING || found == tags[i].type ||
                    (tags[i].type == HR_CONFIG_FLOAT && found == HR_CONFIG_INT);
        if (!fits)
            hr__yaml_refuse(state, node->place, "!!%s, but it is not %s", tags[i].name,
                            tags[i].what);
        node->type = (uint8_t)tags[i].type;
        return;
    }
    hr__yaml_refuse(state, node->place,
                    "the tag %.60s: only the tags of YAML's core schema mean something here", tag);
}

static struct hr_config_node *scalar_node(struct hr__yaml_state *state, const yaml_event_t *event) {
    const char *tag = (const char *)event->data.scalar.tag;
    struct hr_slice text =
        hr_slice_bytes((const char *)event->data.scalar.value, event->data.scalar.length);
    struct hr__config_place place = hr__yaml_place(state, event->start_mark);
    struct hr_config_node *node = hr__yaml_node(state, HR_CONFIG_STRING, place);
    if (!node) return NULL;
    node->text = hr__config_copy(&state->options->tree->arena, text);
    if (!node->text.data) {
        hr__yaml_exhausted(state, place);
        return NULL;
    }
    if (memchr(text.data, '\0', text.size))
        hr__yaml_refuse(state, place, "a NUL character, which no value here can hold");
    if (tag && strcmp(tag, "!") != 0) {
        apply_tag(state, node, tag);
    } else if (!tag && event->data.scalar.plain_implicit) {
        node->type = (uint8_t)hr__config_resolve(node->text);
        if (state->options->warn_old) warn_old(state, node);
    } else {
        node->typed = true;
    }
    return node;
}

/* The bytes up to a mark that is not before the last one asked for. */
static size_t byte_of(struct hr__yaml_state *state, yaml_mark_t mark) {
    struct hr_slice text = state->options->text;
    while (state->character < mark.index && state->byte < text.size) {
        size_t size = hr_utf8_next(text.data + state->byte, text.size - state->byte);
        state->byte += size ? size : 1;
        state->character++;
    }
    return state->byte;
}

/* In [?a] and {?a: b} the "?" belongs to the scalar, but libyaml takes it for a mark of keys. */
static bool lost_mark(struct hr__yaml_state *state, yaml_mark_t mark) {
    size_t at = byte_of(state, mark);
    return at > 0 && state->options->text.data[at - 1] == '?';
}

static void on_key(struct hr__yaml_state *state, struct hr__yaml_frame *frame,
                   const yaml_event_t *event) {
    struct hr__config_place place = hr__yaml_place(state, event->start_mark);
    struct hr_slice text =
        hr_slice_bytes((const char *)event->data.scalar.value, event->data.scalar.length);
    const char *tag = (const char *)event->data.scalar.tag;
    bool plain = !tag && event->data.scalar.plain_implicit;
    if (plain && text.size == 0)
        hr__yaml_refuse(state, place, "an empty key: write \"\" if that is meant");
    if (memchr(text.data, '\0', text.size))
        hr__yaml_refuse(state, place, "a NUL character in a key");
    if (lost_mark(state, event->start_mark))
        hr__yaml_refuse(state, place, "a plain key that begins with ?: put it in quotes");
    if (tag && strcmp(tag, "!") != 0 && !tag_is(tag, "str") && !tag_is(tag, "merge"))
        hr__yaml_refuse(state, place, "the tag %.60s on a key: keys are strings", tag);
    frame->merging =
        (plain || (tag && tag_is(tag, "merge"))) && hr_slice_equal(text, hr_slice_of("<<"));
    take_key(state, frame, text, place);
}

static void on_scalar(struct hr__yaml_state *state, const yaml_event_t *event) {
    const char *anchor = (const char *)event->data.scalar.anchor;
    struct hr__yaml_frame *frame = keyless(state);
    if (frame) on_key(state, frame, event);
    if (frame && !anchor) return;
    struct hr_config_node *node = scalar_node(state, event);
    if (!node) return;
    if (anchor) hr__yaml_anchor(state, hr_slice_of(anchor), node);
    if (!frame) attach(state, node);
}

static void on_alias(struct hr__yaml_state *state, const yaml_event_t *event) {
    struct hr_slice name = hr_slice_of((const char *)event->data.alias.anchor);
    struct hr__config_place place = hr__yaml_place(state, event->start_mark);
    const struct hr_config_node *node = hr__yaml_anchored(state, name, place);
    struct hr__yaml_frame *frame = keyless(state);
    if (frame) {
        if (node && hr__config_is_container(node))
            hr__yaml_refuse(state, place, "a key has to be a scalar");
        take_key(state, frame, node ? node->text : name, place);
        return;
    }
    struct hr_config_node *copy = node ? hr__yaml_expand(state, node, name, place)
                                       : hr__yaml_node(state, HR_CONFIG_NULL, place);
    if (copy) attach(state, copy);
}

/* ---- Containers. */

static void check_container_tag(struct hr__yaml_state *state, const char *tag, const char *name,
                                struct hr__config_place place) {
    if (!tag || strcmp(tag, "!") == 0 || tag_is(tag, name)) return;
    hr__yaml_refuse(state, place,
                    "the tag %.60s: only the tags of YAML's core schema mean something here", tag);
}

static void begin(struct hr__yaml_state *state, enum hr_config_type type, const char *anchor,
                  struct hr__config_place place) {
    if (keyless(state)) {
        hr__yaml_refuse(state, place, "a key has to be a scalar");
        state->stop = true;
        return;
    }
    if (state->depth == state->options->depth_max) {
        hr__yaml_refuse(state, place,
                        "more than %u lists and maps in one another (limits.depth_max)",
                        state->options->depth_max);
        state->stop = true;
        return;
    }
    struct hr_config_node *node = hr__yaml_node(state, type, place);
    if (!node) return;
    node->typed = node->open = true;
    if (anchor) hr__yaml_anchor(state, hr_slice_of(anchor), node);
    attach(state, node);
    state->frames[state->depth++] = (struct hr__yaml_frame){.node = node};
}

static void end(struct hr__yaml_state *state) {
    assert(state->depth > 0);
    struct hr__yaml_frame *frame = &state->frames[state->depth - 1];
    assert(frame->node->open && !frame->key.data);
    hr__yaml_merge(state, frame);
    frame->node->open = false;
    state->depth--;
}

/* ---- The document. */

static void begin_document(struct hr__yaml_state *state, const yaml_event_t *event) {
    if (state->in_document) {
        hr__yaml_refuse(state, hr__yaml_place(state, event->start_mark),
                        "a second document: a file has one");
        state->stop = true;
    }
    state->in_document = true;
}

static void take(struct hr__yaml_state *state, const yaml_event_t *event) {
    struct hr__config_place place = hr__yaml_place(state, event->start_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        begin_document(state, event);
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(state, event);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(state, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        check_container_tag(state, (const char *)event->data.sequence_start.tag, "seq", place);
        begin(state, HR_CONFIG_LIST, (const char *)event->data.sequence_start.anchor, place);
        break;
    case YAML_MAPPING_START_EVENT:
        check_container_tag(state, (const char *)event->data.mapping_start.tag, "map", place);
        begin(state, HR_CONFIG_MAP, (const char *)event->data.mapping_start.anchor, place);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        end(state);
        break;
    default:
        state->ended = event->type == YAML_STREAM_END_EVENT;
    }
}

static void parse_failed(struct hr__yaml_state *state) {
    const yaml_parser_t *parser = &state->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        state->result = -ENOMEM;
        return;
    }
    struct hr__config_place place = hr__yaml_place(state, parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "no YAML";
    if (parser->context)
        hr__yaml_refuse(state, place, "%s (%s that begins in line %zu)", problem, parser->context,
                        parser->context_mark.line + 1);
    else
        hr__yaml_refuse(state, place, "%s", problem);
}

/* The bytes of scalars may be secrets, and go back to the heap. */
static void forget_event(yaml_event_t *event) {
    if (event->type == YAML_SCALAR_EVENT)
        explicit_bzero(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
}

static void forget_parser(yaml_parser_t *parser) {
    explicit_bzero(parser->raw_buffer.start,
                   (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    yaml_parser_delete(parser);
}

static void read_events(struct hr__yaml_state *state) {
    yaml_event_t event;
    while (!state->ended && !state->stop) {
        if (!yaml_parser_parse(&state->parser, &event)) {
            parse_failed(state);
            return;
        }
        take(state, &event);
        forget_event(&event);
    }
}

static struct hr_slice without_mark(struct hr_slice text) {
    if (text.size < 3 || memcmp(text.data, "\xef\xbb\xbf", 3) != 0) return text;
    return hr_slice_bytes(text.data + 3, text.size - 3);
}

int hr__yaml_read(const struct hr__yaml_options *given, struct hr_config_node **root) {
    struct hr__yaml_options options = *given;
    options.text = without_mark(options.text);
    struct hr__yaml_state state = {.options = &options};
    *root = NULL;
    int err = hr__yaml_check_text(&options);
    if (err) return err;
    state.frames = calloc(options.depth_max, sizeof *state.frames);
    if (!state.frames) return -ENOMEM;
    if (yaml_parser_initialize(&state.parser)) {
        yaml_parser_set_encoding(&state.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&state.parser, (const unsigned char *)options.text.data,
                                     options.text.size);
        read_events(&state);
        forget_parser(&state.parser);
    } else {
        state.result = -ENOMEM;
    }
    free(state.frames);
    *root = state.ended ? state.root : NULL;
    return state.result;
}
