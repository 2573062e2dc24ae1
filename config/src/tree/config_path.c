/* Paths of nodes: from a node, and to one. */
#include <assert.h>
#include <string.h>

#include "config_node.h"

/* ---- From a node. */

static uint32_t index_of(const struct hr_config_node *node) {
    uint32_t index = 0;
    while ((node = node->previous)) index++;
    return index;
}

/* Writes backwards: `*begin` moves towards `out`. Returns whether there was room. */
static bool prepend(char *out, char **begin, struct hr_slice text) {
    if ((size_t)(*begin - out) < text.size) return false;
    *begin -= text.size;
    memcpy(*begin, text.data, text.size);
    return true;
}

static struct hr_slice number_of(const struct hr_config_node *item, char digits[12]) {
    char *at = digits + 12;
    for (uint32_t index = index_of(item), more = 1; more; index /= 10, more = index > 0)
        *--at = (char)('0' + index % 10);
    return hr_slice_bytes(at, (size_t)(digits + 12 - at));
}

/* With a backslash before each dot and backslash. */
static bool prepend_key(char *out, char **begin, struct hr_slice key) {
    struct hr_slice rest = key;
    while (rest.size > 0) {
        size_t at = rest.size;
        while (at > 0 && rest.data[at - 1] != '.' && rest.data[at - 1] != '\\') at--;
        size_t from = at ? at - 1 : 0;
        if (!prepend(out, begin, hr_slice_bytes(rest.data + from, rest.size - from)) ||
            (at && !prepend(out, begin, hr_slice_of("\\"))))
            return false;
        rest.size = from;
    }
    return true;
}

static bool prepend_step(char *out, char **begin, const struct hr_config_node *node) {
    char digits[12];
    if (node->parent->type == HR_CONFIG_MAP) return prepend_key(out, begin, node->key);
    return prepend(out, begin, number_of(node, digits));
}

void hr__config_path(const struct hr_config_node *node, char *out, size_t capacity) {
    char *begin = out + capacity;
    assert(capacity > 4);
    *--begin = '\0';
    char *floor = out + 4; /* for "…" and a dot */
    for (; node->parent; node = node->parent) {
        bool last = !node->parent->parent;
        char *before = begin;
        if (prepend_step(floor, &begin, node) && (last || prepend(floor, &begin, hr_slice_of("."))))
            continue;
        begin = before;
        prepend(out, &begin, hr_slice_of("…"));
        break;
    }
    memmove(out, begin, (size_t)(out + capacity - begin));
}

/* ---- To a node. */

bool hr__config_path_step(const char **path, const char *end, char *step, size_t capacity,
                          size_t *size) {
    const char *at = *path;
    size_t count = 0;
    if (at >= end) return false;
    for (; at < end && *at != '.'; at++) {
        if (*at == '\\' && at + 1 < end) at++;
        if (count < capacity) step[count] = *at;
        count++;
    }
    *path = at + (at < end);
    *size = count;
    return true;
}

static struct hr_config_node *step_to(const struct hr__config_tree *tree,
                                      const struct hr_config_node *node, struct hr_slice step) {
    return node->type == HR_CONFIG_LIST ? hr__config_item(node, step)
                                        : hr__config_get(tree, node, step);
}

/* With escapes in it, which is rare. */
static struct hr_config_node *find_escaped(const struct hr__config_tree *tree, const char *path,
                                           const char *end) {
    struct hr_config_node *node = tree->root;
    char step[HR__CONFIG_STEP_MAX];
    size_t size;
    while (node && hr__config_path_step(&path, end, step, sizeof step, &size))
        node = size <= sizeof step ? step_to(tree, node, hr_slice_bytes(step, size)) : NULL;
    return node;
}

struct hr_config_node *hr__config_find(const struct hr__config_tree *tree, const char *path) {
    struct hr_config_node *node = tree->root;
    struct hr_slice rest = hr_slice_of(path), step;
    if (memchr(rest.data, '\\', rest.size)) return find_escaped(tree, path, path + rest.size);
    while (node && hr_slice_cut(&rest, '.', &step)) node = step_to(tree, node, step);
    return node;
}
