/* The memory of a reading, and its error. */
#include "schema_reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_DEPTH_MAX 400 /* containers in one another: each level of a schema is two */
#define SCHEMA_BYTES_MAX ((size_t)4 << 20)
#define REASON_SIZE      160
#define PATH_SIZE        80

struct schema_block {
    struct schema_block *next;
    max_align_t data[];
};

int schema_reading_open(struct schema_reading *reading, const char *path) {
    const struct hr_config_options options = {
        .files = &path,
        .file_count = 1,
        .no_environment = true,
        .limits = {.depth_max = SCHEMA_DEPTH_MAX, .file_bytes_max = SCHEMA_BYTES_MAX}};
    *reading = (struct schema_reading){.path = path};
    reading->result = hr_config_load(&options, NULL, &reading->error, &reading->document);
    return reading->result;
}

void schema_reading_release(struct schema_reading *reading) {
    while (reading->blocks) {
        struct schema_block *block = reading->blocks;
        reading->blocks = block->next;
        free(block);
    }
    hr_config_free(reading->document);
    reading->document = NULL;
}

void *schema_reading_take(struct schema_reading *reading, size_t size) {
    struct schema_block *block = calloc(1, sizeof *block + size);
    if (!block) {
        if (!reading->result)
            reading->result = hr_error_set(&reading->error, -ENOMEM, "no memory for the schema");
        return NULL;
    }
    block->next = reading->blocks;
    reading->blocks = block;
    return block->data;
}

const char *schema_reading_copy(struct schema_reading *reading, struct hr_slice text) {
    char *copy = schema_reading_take(reading, text.size + 1);
    for (size_t i = 0; copy && i < text.size; i++)
        copy[i] = (unsigned char)text.data[i] < 0x20 ? ' ' : text.data[i];
    return copy;
}

/* ---- Refusals. */

static size_t index_of(const struct hr_config_node *node) {
    const struct hr_config_node *at = hr_config_first(hr_config_parent(node));
    size_t index = 0;
    for (; at != node; at = hr_config_next(at)) index++;
    return index;
}

/* The last steps of the path of a node, as many as there is room for; the root is "the schema". */
static void path_of(const struct hr_config_node *node, char out[PATH_SIZE]) {
    char before[PATH_SIZE];
    snprintf(out, PATH_SIZE, "%s", hr_config_parent(node) ? "" : "the schema");
    for (; hr_config_parent(node); node = hr_config_parent(node)) {
        bool map = hr_config_type_of(hr_config_parent(node)) == HR_CONFIG_MAP;
        const char *dot = *out ? "." : "";
        int size;
        memcpy(before, out, sizeof before);
        if (map)
            size = snprintf(out, PATH_SIZE, "%s%s%s", hr_config_key(node).data, dot, before);
        else
            size = snprintf(out, PATH_SIZE, "%zu%s%s", index_of(node), dot, before);
        if (size < 0 || size >= PATH_SIZE) {
            memcpy(out, before, sizeof before);
            return;
        }
    }
}

bool schema_refuse(struct schema_reading *reading, const struct hr_config_node *node,
                   const char *format, ...) {
    char reason[REASON_SIZE], path[PATH_SIZE];
    struct hr_config_origin origin;
    va_list arguments;
    if (reading->result) return false;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    path_of(node, path);
    hr_config_origin_of(reading->document, node, &origin);
    reading->result = hr_error_set(&reading->error, -EINVAL, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s",
                                   reading->path, origin.line, origin.column, path, reason);
    return false;
}

bool schema_text_is(const struct hr_config_node *node, const char *text) {
    return hr_config_type_of(node) == HR_CONFIG_STRING &&
           hr_slice_equal(hr_config_text(node), hr_slice_of(text));
}
