/* The nodes of a reading, and its errors, which know where it is. */
#include "yaml_state.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define PATH_SIZE    256
#define MESSAGE_SIZE 400

struct hr__config_place hr__yaml_place(const struct hr__yaml_state *state, yaml_mark_t mark) {
    return (struct hr__config_place){state->options->source, (uint32_t)mark.line + 1,
                                     (uint32_t)mark.column + 1};
}

/* Of the value that is being read: where a node would be put. */
static void path_here(const struct hr__yaml_state *state, char path[PATH_SIZE]) {
    path[0] = '\0';
    if (state->depth == 0) return;
    const struct hr__yaml_frame *frame = &state->frames[state->depth - 1];
    struct hr_config_node here = {
        .key = frame->key, .parent = frame->node, .previous = frame->node->last};
    bool known = frame->node->type == HR_CONFIG_LIST || frame->key.data;
    hr__config_path(known ? &here : frame->node, path, PATH_SIZE);
}

static void report(const struct hr__yaml_state *state, enum hr_config_severity severity,
                   struct hr__config_place place, const char *format, va_list arguments) {
    char message[MESSAGE_SIZE], path[PATH_SIZE] = "";
    vsnprintf(message, sizeof message, format, arguments);
    if (!hr__config_is_full(state->options->problems)) path_here(state, path); /* counts items */
    struct hr__config_spot spot = {.name = state->options->name,
                                   .line = place.line,
                                   .column = place.column,
                                   .text = state->options->text,
                                   .path = path};
    hr__config_report(state->options->problems, severity, &spot, "%s", message);
}

void hr__yaml_refuse(struct hr__yaml_state *state, struct hr__config_place place,
                     const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report(state, HR_CONFIG_ERROR, place, format, arguments);
    va_end(arguments);
    if (state->result == 0) state->result = HR_ERR_CONFIG;
}

void hr__yaml_warn(const struct hr__yaml_state *state, struct hr__config_place place,
                   const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report(state, HR_CONFIG_WARNING, place, format, arguments);
    va_end(arguments);
}

void hr__yaml_exhausted(struct hr__yaml_state *state, struct hr__config_place place) {
    const struct hr__config_tree *tree = state->options->tree;
    if (state->stop) return;
    state->stop = true;
    if (tree->nodes == tree->nodes_max)
        hr__yaml_refuse(state, place, "more than %u values (limits.nodes_max)", tree->nodes_max);
    else
        state->result = -ENOMEM;
}

struct hr_config_node *hr__yaml_node(struct hr__yaml_state *state, enum hr_config_type type,
                                     struct hr__config_place place) {
    struct hr_config_node *node = hr__config_node_new(state->options->tree, type, place);
    if (!node) hr__yaml_exhausted(state, place);
    return node;
}
