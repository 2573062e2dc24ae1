/* The sources of a load, and errors about them. */
#include "config_sources.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE    256
#define MESSAGE_SIZE 512

uint32_t hr__config_source_add(struct hr__config_load *load, enum hr_config_origin_kind kind,
                               struct hr_slice name) {
    if (load->source_count == load->source_room) {
        uint32_t room = load->source_room ? load->source_room * 2 : 16;
        struct hr__config_source *sources = realloc(load->sources, room * sizeof *sources);
        if (!sources) {
            load->no_memory = true;
            return 0;
        }
        load->sources = sources;
        load->source_room = room;
    }
    const char *copy = hr__config_copy(&load->tree.arena, name).data;
    if (!copy) load->no_memory = true;
    load->sources[load->source_count] =
        (struct hr__config_source){.kind = kind, .name = copy ? copy : ""};
    return load->source_count++;
}

struct hr_config_node *hr__config_make(struct hr__config_load *load, struct hr_config_node *map,
                                       const char *name, enum hr_config_type type,
                                       struct hr__config_place place) {
    struct hr_config_node *node = hr__config_node_new(&load->tree, type, place);
    if (node) {
        node->key = hr_slice_of(name);
        node->key_place = place;
    }
    if (node && hr__config_put(&load->tree, map, node) == 0) return node;
    load->no_memory = true;
    return NULL;
}

/* Counts items, so it is left out where the problem will only be counted. */
static void put_path(const struct hr__config_load *load, const struct hr_config_node *node,
                     char path[PATH_SIZE]) {
    path[0] = '\0';
    if (!hr__config_is_full(load->problems)) hr__config_path(node, path, PATH_SIZE);
}

static void report(struct hr__config_load *load, enum hr_config_severity severity,
                   struct hr__config_spot *spot, uint32_t source, const struct hr_config_node *node,
                   const char *format, va_list arguments) {
    char message[MESSAGE_SIZE], path[PATH_SIZE] = "";
    vsnprintf(message, sizeof message, format, arguments);
    if (node) put_path(load, node, path);
    spot->path = path;
    if (source < load->source_count) {
        spot->kind = load->sources[source].kind;
        spot->name = load->sources[source].name;
    }
    hr__config_report(load->problems, severity, spot, "%s", message);
}

void hr__config_refuse(struct hr__config_load *load, struct hr__config_place place,
                       const struct hr_config_node *node, struct hr_slice text, const char *format,
                       ...) {
    struct hr__config_spot spot = {.line = place.line, .column = place.column, .text = text};
    va_list arguments;
    va_start(arguments, format);
    report(load, HR_CONFIG_ERROR, &spot, place.source, node, format, arguments);
    va_end(arguments);
}

void hr__config_warn(struct hr__config_load *load, struct hr__config_place place,
                     const struct hr_config_node *node, struct hr_slice text, const char *format,
                     ...) {
    struct hr__config_spot spot = {.line = place.line, .column = place.column, .text = text};
    va_list arguments;
    va_start(arguments, format);
    report(load, HR_CONFIG_WARNING, &spot, place.source, node, format, arguments);
    va_end(arguments);
}

static uint32_t characters(struct hr_slice text) {
    uint32_t count = 0;
    for (size_t i = 0; i < text.size; i++) count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return count;
}

void hr__config_problem(struct hr__config_load *load, enum hr_config_severity severity,
                        const struct hr_config_node *node, const char *format, ...) {
    struct hr__config_spot spot = {.name = NULL};
    bool keyed = node->key.size > 0 && (hr__config_is_container(node) || !node->field);
    struct hr__config_place place = keyed ? node->key_place : node->place;
    if (place.source < load->source_count) {
        const struct hr__config_source *source = &load->sources[place.source];
        bool secret = hr_config_is_secret(node);
        spot.line = place.line;
        spot.column = place.column;
        spot.text = secret ? hr_slice_bytes(NULL, 0) : hr_slice_bytes(source->data, source->size);
        /* The value of a key that no field has may be a secret whose name has a slip. */
        if (keyed && !node->field) spot.width = characters(node->key);
    }
    va_list arguments;
    va_start(arguments, format);
    report(load, severity, &spot, place.source, node, format, arguments);
    va_end(arguments);
}
