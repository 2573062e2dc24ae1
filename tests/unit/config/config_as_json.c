#include "config_as_json.h"

#include <math.h>
#include <string.h>

static json_t *number(const struct hr_config_node *node) {
    int64_t whole;
    uint64_t large;
    double value;
    if (hr_config_type_of(node) == HR_CONFIG_INT) {
        if (hr_config_i64(node, &whole) == 0) return json_integer(whole);
        if (hr_config_u64(node, &large) == 0) return json_real((double)large);
    }
    if (hr_config_double(node, &value)) return json_string("too large");
    if (isnan(value)) return json_string(".nan");
    if (isinf(value)) return json_string(value < 0 ? "-.inf" : ".inf");
    return json_real(value);
}

static json_t *scalar(const struct hr_config_node *node) {
    struct hr_slice text = hr_config_text(node);
    bool truth = false;
    switch (hr_config_type_of(node)) {
    case HR_CONFIG_NULL:
        return json_null();
    case HR_CONFIG_BOOL:
        hr_config_bool(node, &truth);
        return json_boolean(truth);
    case HR_CONFIG_STRING:
        return json_stringn(text.data, text.size);
    default:
        return number(node);
    }
}

json_t *config_as_json(const struct hr_config_node *node) {
    if (!node) return json_null();
    enum hr_config_type type = hr_config_type_of(node);
    if (type < HR_CONFIG_LIST) return scalar(node);
    json_t *made = type == HR_CONFIG_LIST ? json_array() : json_object();
    for (const struct hr_config_node *child = hr_config_first(node); child;
         child = hr_config_next(child)) {
        if (type == HR_CONFIG_LIST)
            json_array_append_new(made, config_as_json(child));
        else
            json_object_set_new(made, hr_config_key(child).data, config_as_json(child));
    }
    return made;
}

static bool is_number(const json_t *value) {
    return json_is_number(value);
}

bool config_json_equal(const json_t *a, const json_t *b) {
    if (is_number(a) && is_number(b)) return json_number_value(a) == json_number_value(b);
    if (json_is_array(a) && json_is_array(b)) {
        if (json_array_size(a) != json_array_size(b)) return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!config_json_equal(json_array_get(a, i), json_array_get(b, i))) return false;
        return true;
    }
    if (!json_is_object(a) || !json_is_object(b)) return json_equal(a, b);
    const char *key;
    json_t *value;
    if (json_object_size(a) != json_object_size(b)) return false;
    json_object_foreach((json_t *)a, key, value) {
        const json_t *other = json_object_get(b, key);
        if (!other || !config_json_equal(value, other)) return false;
    }
    return true;
}
