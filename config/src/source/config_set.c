/* The value that a text means in the place of another, and its type. */
#include <assert.h>

#include "config_scalar.h"
#include "config_sources.h"

/* ---- The type of a text. */

static bool is_boolean(struct hr_slice text, bool numbers, const char **value) {
    static const char *const words[][2] = {{"true", "true"},   {"yes", "true"}, {"on", "true"},
                                           {"false", "false"}, {"no", "false"}, {"off", "false"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!hr_slice_equal_nocase(text, hr_slice_of(words[i][0]))) continue;
        *value = words[i][1];
        return true;
    }
    if (!numbers || text.size != 1 || (text.data[0] != '0' && text.data[0] != '1')) return false;
    *value = text.data[0] == '1' ? "true" : "false";
    return true;
}

/* The meaning of a text in the place of a value of type `wanted`; HR_CONFIG_NULL: of none. False:
 * it is not of that type. */
static bool read_as(enum hr_config_type wanted, struct hr_slice *text, enum hr_config_type *type) {
    enum hr_config_type form = hr__config_resolve(*text);
    const char *truth;
    *type = wanted;
    switch (wanted) {
    case HR_CONFIG_STRING:
        return true;
    case HR_CONFIG_BOOL:
        if (!is_boolean(*text, true, &truth)) return false;
        *text = hr_slice_of(truth);
        return true;
    case HR_CONFIG_INT:
        return form == HR_CONFIG_INT;
    case HR_CONFIG_FLOAT:
        return form == HR_CONFIG_INT || form == HR_CONFIG_FLOAT;
    default:
        break;
    }
    *type = form == HR_CONFIG_INT || form == HR_CONFIG_FLOAT ? form : HR_CONFIG_STRING;
    if (*type == HR_CONFIG_STRING && is_boolean(*text, false, &truth)) {
        *type = HR_CONFIG_BOOL;
        *text = hr_slice_of(truth);
    }
    return true;
}

/* ---- Setting a value. */

/* Two variables of one level, NAME_FILE and another. */
static void refuse_rivals(struct hr__config_load *load, const struct hr_config_node *node,
                          const struct hr__config_variable *variable) {
    const char *rival = load->sources[node->place.source].name;
    int size = (int)variable->name.size;
    struct hr_slice none = hr_slice_bytes(NULL, 0);
    if (node->place.line > 0)
        hr__config_refuse(load, variable->place, node, none,
                          "%.*s, and line %u of %s, both set it: one of them has to go", size,
                          variable->name.data, node->place.line, rival);
    else
        hr__config_refuse(load, variable->place, node, none,
                          "%.*s and %s both set it: one of them has to go", size,
                          variable->name.data, rival);
}

/* The type that a field wants of a text. */
static enum hr_config_type wanted_by(const struct hr_config_field *field) {
    switch (field->kind) {
    case HR_BOOL:
        return HR_CONFIG_BOOL;
    case HR_INT:
    case HR_UINT:
        return HR_CONFIG_INT;
    case HR_DOUBLE:
        return HR_CONFIG_FLOAT;
    case HR_OPEN:
        return HR_CONFIG_NULL;
    default:
        return HR_CONFIG_STRING;
    }
}

static enum hr_config_type wanted_in(const struct hr_config_node *node) {
    if (node->field) return wanted_by(node->field);
    return node->guessed ? HR_CONFIG_NULL : (enum hr_config_type)node->type;
}

/* The meaning of the text in the place of the node. A secret that may be of any type stays as it
 * is: "yes" may well be a password. */
static bool read_value(const struct hr_config_node *node, enum hr_config_type wanted,
                       struct hr_slice *text, enum hr_config_type *type) {
    if (node->field && node->field->none && hr_slice_equal(*text, hr_slice_of(HR__CONFIG_NONE))) {
        *type = HR_CONFIG_STRING;
        return true;
    }
    if (!node->secret || wanted != HR_CONFIG_NULL) return read_as(wanted, text, type);
    *type = hr__config_resolve(*text);
    if (*type == HR_CONFIG_NULL) *type = HR_CONFIG_STRING;
    return true;
}

/* Whether an empty text may be a value of it. */
static bool takes_empty(const struct hr_config_field *field) {
    return field->kind == HR_STRING || field->kind == HR_SECRET || field->kind == HR_OPEN;
}

static void take_text(struct hr__config_load *load, struct hr_config_node *node,
                      struct hr_slice text, enum hr_config_type type,
                      const struct hr__config_assignment *assignment) {
    node->text = hr__config_copy(&load->tree.arena, text);
    node->guessed |= node->type == HR_CONFIG_NULL && !node->field;
    node->type = (uint8_t)type;
    node->typed = true;
    node->place = assignment->place;
    node->level = (uint8_t)assignment->level;
    if (!node->text.data) load->no_memory = true;
}

/* "a,b" as the items of a list of scalars, in the place of those that it has. */
static void set_list(struct hr__config_load *load, struct hr_config_node *list,
                     const struct hr__config_assignment *assignment) {
    struct hr_slice rest = assignment->text, part;
    struct hr_config_field item = {.kind = list->field->item};
    struct hr__config_place place = assignment->place;
    hr__config_become(list, HR_CONFIG_LIST);
    list->first = list->last = NULL;
    list->count = 0;
    list->place = list->key_place = place;
    list->level = (uint8_t)assignment->level;
    while (hr_slice_cut(&rest, ',', &part) && !load->no_memory) {
        struct hr_config_node *node = hr__config_node_new(&load->tree, HR_CONFIG_NULL, place);
        struct hr__config_assignment one = *assignment;
        one.text = hr_slice_trim(part);
        if (!node) {
            load->no_memory = true;
            return;
        }
        hr__config_append(list, node);
        node->field = &item;
        hr__config_set(load, node, &one);
        node->field = NULL;
    }
}

void hr__config_set(struct hr__config_load *load, struct hr_config_node *node,
                    const struct hr__config_assignment *assignment) {
    struct hr_slice none = hr_slice_bytes(NULL, 0), text = assignment->text;
    enum hr_config_type type, wanted = wanted_in(node);
    bool free_text = node->field ? takes_empty(node->field)
                                 : wanted == HR_CONFIG_STRING || wanted == HR_CONFIG_NULL;
    if (text.size == 0 && assignment->lower && !free_text)
        return; /* an empty variable is none, where no text is wanted */
    node->secret |= assignment->secret;
    if (assignment->level == HR__CONFIG_ENV_FILES) node->veil = HR__CONFIG_OF_ENV_FILE;
    if (assignment->variable && node->level == assignment->level)
        refuse_rivals(load, node, assignment->variable);
    else if (hr__config_is_scalar_list(node->field))
        set_list(load, node, assignment);
    else if (hr__config_is_container(node))
        hr__config_refuse(load, assignment->place, node, none,
                          "%s is there: name the value inside of it",
                          hr__config_type_name((enum hr_config_type)node->type));
    else if (!read_value(node, wanted, &text, &type))
        hr__config_refuse(load, assignment->place, node, none, "it is not %s, as %s",
                          hr__config_type_name(wanted),
                          node->field ? "the schema says" : "the value that it would replace");
    else
        take_text(load, node, text, type, assignment);
}
