/* Values of nodes, for those who read them. */
#include <errno.h>
#include <math.h>

#include "config_node.h"
#include "config_scalar.h"

const char *hr__config_type_name(enum hr_config_type type) {
    static const char *const names[] = {"null",     "a boolean", "an integer", "a number",
                                        "a string", "a list",    "a map"};
    return names[type];
}

const struct hr_config_node *hr_config_first(const struct hr_config_node *node) {
    return node ? node->first : NULL;
}

const struct hr_config_node *hr_config_next(const struct hr_config_node *node) {
    return node ? node->next : NULL;
}

const struct hr_config_node *hr_config_parent(const struct hr_config_node *node) {
    return node ? node->parent : NULL;
}

size_t hr_config_count(const struct hr_config_node *node) {
    return node ? node->count : 0;
}

struct hr_slice hr_config_key(const struct hr_config_node *node) {
    return node ? node->key : hr_slice_bytes("", 0);
}

enum hr_config_type hr_config_type_of(const struct hr_config_node *node) {
    return node ? (enum hr_config_type)node->type : HR_CONFIG_NULL;
}

struct hr_slice hr_config_text(const struct hr_config_node *node) {
    return node ? node->text : hr_slice_bytes("", 0);
}

bool hr_config_is_secret(const struct hr_config_node *node) {
    if (!node) return false;
    bool veiled = node->veil == HR__CONFIG_OF_ENV_FILE && !hr__config_declares_open(node->field);
    return veiled || node->secret || hr__config_declares_secret(node->field);
}

int hr_config_bool(const struct hr_config_node *node, bool *value) {
    if (hr_config_type_of(node) != HR_CONFIG_BOOL) return -EINVAL;
    *value = hr__config_is_true(node->text);
    return 0;
}

int hr_config_i64(const struct hr_config_node *node, int64_t *value) {
    bool negative;
    uint64_t magnitude;
    if (hr_config_type_of(node) != HR_CONFIG_INT) return -EINVAL;
    int err = hr__config_integer(node->text, &negative, &magnitude);
    if (err) return err;
    if (magnitude > (uint64_t)INT64_MAX + negative) return -ERANGE;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return 0;
}

int hr_config_u64(const struct hr_config_node *node, uint64_t *value) {
    bool negative;
    uint64_t magnitude;
    if (hr_config_type_of(node) != HR_CONFIG_INT) return -EINVAL;
    int err = hr__config_integer(node->text, &negative, &magnitude);
    if (err) return err;
    if (negative && magnitude > 0) return -ERANGE;
    *value = magnitude;
    return 0;
}

int hr_config_double(const struct hr_config_node *node, double *value) {
    enum hr_config_type type = hr_config_type_of(node);
    if (type != HR_CONFIG_INT && type != HR_CONFIG_FLOAT) return -EINVAL;
    return hr__config_float(node->text, value);
}
