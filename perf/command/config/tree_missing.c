/* The nearest path is looked for below the last node of the way that is there. */
#include "tree_missing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "output.h"
#include "quoted.h"
#include "tree_cursor.h"

#define LETTERS_A_EDIT 3 /* so many letters must be right for one that is wrong */
#define PATH_SHOWN     200

/* ---- The way. */

/* The size of the path that is `size` long and one step less. */
static size_t without_step(const char *path, size_t size) {
    while (size > 0 && (path[size - 1] != '.' || (size > 1 && path[size - 2] == '\\'))) size--;
    return size > 0 ? size - 1 : 0;
}

/* The last node of the way to `path`, which is not there, and in *size how much of it leads to it.
 */
static const struct hr_config_node *way_end(const hr_config *config, const char *path,
                                            size_t *size) {
    const struct hr_config_node *node = NULL;
    char *part = strdup(path);
    *size = strlen(path);
    while (part && !node && *size > 0) {
        *size = without_step(path, *size);
        part[*size] = '\0';
        node = hr_config_find(config, part);
    }
    free(part);
    if (!node) *size = 0;
    return node ? node : hr_config_root(config);
}

/* ---- The nearest. */

static size_t difference(size_t a, size_t b) {
    return a > b ? a - b : b - a;
}

/* A copy of the path below `top` that is nearest to `meant`, which begins there; NULL: none is near
 * enough. */
static char *nearest_below(const struct hr_config_node *top, const char *meant) {
    struct tree_cursor cursor;
    char *nearest = NULL;
    size_t size = strlen(meant), edits = size / LETTERS_A_EDIT;
    size_t best = (edits > 0 ? edits : 1) + 1;
    tree_cursor_open(&cursor, top, NULL, NULL);
    size_t base = hr_config_parent(top) ? cursor.path.size + 1 : 0;
    while (tree_cursor_next(&cursor, true)) {
        if (difference(cursor.path.size - base, size) >= best) continue;
        size_t distance = option_distance(meant, cursor.path.data + base);
        if (distance >= best) continue;
        best = distance;
        free(nearest);
        nearest = strdup(cursor.path.data);
    }
    tree_cursor_close(&cursor);
    return nearest;
}

/* ---- The sentence. */

static void put_shown(FILE *out, const char *path, size_t size) {
    fputc('\'', out);
    quoted_escape(out, hr_slice_bytes(path, size < PATH_SHOWN ? size : PATH_SHOWN), false);
    fputs(size < PATH_SHOWN ? "'" : "…'", out);
}

static void put_end_of_way(FILE *out, const struct hr_config_node *node, const char *path,
                           size_t size) {
    if (size == 0) return;
    fputs(": ", out);
    put_shown(out, path, size);
    if (hr_config_type_of(node) == HR_CONFIG_MAP)
        fputs(" has no such key", out);
    else if (hr_config_type_of(node) == HR_CONFIG_LIST)
        fprintf(out, " is a list of %zu", hr_config_count(node));
    else
        fputs(" is a single value", out);
}

static void put_sentence(FILE *out, const hr_config *config, const char *path) {
    size_t size;
    const struct hr_config_node *node = way_end(config, path, &size);
    bool is_list = hr_config_type_of(node) == HR_CONFIG_LIST; /* no number is near another */
    char *nearest = is_list ? NULL : nearest_below(node, path + size + (size > 0));
    put_shown(out, path, strlen(path));
    fputs(" is not there", out);
    put_end_of_way(out, node, path, size);
    if (nearest) {
        fputs(", did you mean ", out);
        put_shown(out, nearest, strlen(nearest));
        fputc('?', out);
    }
    free(nearest);
}

int tree_missing(const hr_config *config, const char *path, const char *command, bool json) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory) {
        put_sentence(memory, config, path);
        fclose(memory);
    }
    int code = output_failed(json, -ENOENT, "%s: %s", command, text ? text : "no such path");
    free(text);
    return code;
}

const struct hr_config_node *tree_find(const hr_config *config, const char *path,
                                       const char *command, bool json) {
    const struct hr_config_node *node = hr_config_find(config, path);
    if (!node) tree_missing(config, path, command, json);
    return node;
}
