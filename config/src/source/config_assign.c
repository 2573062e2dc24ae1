/* Variables and settings: which value they mean, and of which type it is. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "config_scalar.h"
#include "config_sources.h"

#define STEPS_MAX   64   /* levels */
#define NAME_SIZE   1024 /* bytes of a variable's name: each word is tried with all before it */
#define PATH_SIZE   256
#define STEPS_KNOWN 16 /* first keys of a way, which second paths are looked up by */

/* `out` has room for it, and may be the text itself. */
static struct hr_slice lowered(struct hr_slice text, char *out) {
    for (size_t i = 0; i < text.size; i++) {
        bool capital = text.data[i] >= 'A' && text.data[i] <= 'Z';
        out[i] = capital ? (char)(text.data[i] | 0x20) : text.data[i];
    }
    return hr_slice_bytes(out, text.size);
}

/* A child that is not there yet; NULL: it cannot be made. */
static struct hr_config_node *add(struct hr__config_load *load, struct hr_config_node *map,
                                  struct hr_slice key, enum hr_config_type type,
                                  const struct hr__config_assignment *assignment) {
    struct hr_config_node *node = hr__config_node_new(&load->tree, type, assignment->place);
    if (node) node->key = hr__config_copy(&load->tree.arena, key);
    if (!node || !node->key.data) {
        load->no_memory = true;
        return NULL;
    }
    if (assignment->lower) lowered(node->key, (char *)node->key.data); /* the arena's, just made */
    node->key_place = assignment->place;
    struct hr_config_node *there = hr__config_get(&load->tree, map, node->key);
    if (there) return there; /* in lower case */
    if (hr__config_put(&load->tree, map, node)) load->no_memory = true;
    return node;
}

/* ---- Steps. */

/* Whether keys may be put into it; nothing becomes a map. */
static bool open_map(struct hr_config_node *node) {
    if (node->type == HR_CONFIG_NULL) hr__config_become(node, HR_CONFIG_MAP);
    return node->type == HR_CONFIG_MAP;
}

/* A node, and the schema's word about what is in it. */
struct cursor {
    struct hr_config_node *node;
    struct hr__config_shape shape;      /* of its children; empty: unknown */
    bool items;                         /* the fields are those of each child */
    struct hr_slice steps[STEPS_KNOWN]; /* the keys that lead to it, `depth` */
    unsigned depth;
};

/* The child of that name, in any letter case where no_case; the exact one first. */
static struct hr_config_node *child_of(const struct hr__config_load *load,
                                       const struct hr_config_node *node, struct hr_slice step,
                                       bool no_case) {
    if (node->type == HR_CONFIG_LIST) return hr__config_item(node, step);
    struct hr_config_node *child = hr__config_get(&load->tree, node, step);
    if (child || !no_case || node->type != HR_CONFIG_MAP) return child;
    char lower[NAME_SIZE];
    if (step.size <= sizeof lower) child = hr__config_get(&load->tree, node, lowered(step, lower));
    if (child || !node->capitals) return child;
    for (child = node->first; child; child = child->next)
        if (hr_slice_equal_nocase(child->key, step)) return child;
    return NULL;
}

static const struct hr_config_field *field_of(const struct cursor *cursor, struct hr_slice step,
                                              bool no_case) {
    for (size_t i = 0; !cursor->items && i < cursor->shape.count; i++) {
        const struct hr_config_field *field = &cursor->shape.fields[i];
        struct hr_slice name = hr_slice_of(field->name);
        if (field->kind == HR_KEY) continue;
        if (no_case ? hr_slice_equal_nocase(name, step) : hr_slice_equal(name, step)) return field;
    }
    return NULL;
}

static bool leads_on(const struct hr_config_field *field) {
    return field->kind == HR_STRUCT || field->kind == HR_MAP || field->kind == HR_OPEN;
}

static void move_to(struct cursor *cursor, struct hr_config_node *child, struct hr_slice name,
                    const struct hr_config_field *field) {
    cursor->node = child;
    if (cursor->depth < STEPS_KNOWN) cursor->steps[cursor->depth] = child ? child->key : name;
    cursor->depth++;
    if (cursor->items) {
        cursor->items = false;
        return;
    }
    bool items =
        field && (field->kind == HR_MAP || (field->kind == HR_LIST && field->item == HR_STRUCT));
    bool fields = items || (field && field->kind == HR_STRUCT);
    cursor->shape = fields ? hr__config_shape_of(field) : (struct hr__config_shape){.fields = NULL};
    cursor->items = items;
    if (field && child) child->field = field;
}

/* A child by its name: the node, or, where only the schema knows of it, its field. */
struct found {
    struct hr_config_node *child;
    const struct hr_config_field *field;
    struct hr_slice name;
};

/* A child that is there by a second path of the schema. */
static bool find_former(const struct hr__config_load *load, const struct cursor *cursor,
                        struct hr_slice step, bool last, bool no_case, struct found *found) {
    const struct hr__config_former_query query = {cursor->steps, cursor->depth, step, last,
                                                  no_case};
    return cursor->depth < STEPS_KNOWN &&
           hr__config_former_find(load, &query, &found->name, &found->field);
}

/* `last`: nothing comes behind it. False: there is none, or nothing can be in it. The cursor's node
 * may be NULL. */
static bool find(const struct hr__config_load *load, const struct cursor *cursor,
                 struct hr_slice step, bool last, bool no_case, struct found *found) {
    const struct hr_config_field *field = field_of(cursor, step, no_case);
    *found = (struct found){.field = field, .name = field ? hr_slice_of(field->name) : step};
    bool known = field || find_former(load, cursor, step, last, no_case, found);
    struct hr_config_node *child =
        cursor->node ? child_of(load, cursor->node, found->name, no_case) : NULL;
    found->child = child;
    bool leads = found->field && leads_on(found->field);
    if (!child) return known && (!found->field || last || leads);
    return last || hr__config_is_container(child) || (child->type == HR_CONFIG_NULL && leads);
}

/* Goes to the child of that name, and makes the one that only the schema knows. */
static bool enter(struct hr__config_load *load, struct cursor *cursor, struct hr_slice step,
                  bool last, const struct hr__config_assignment *assignment) {
    struct found found;
    if (!find(load, cursor, step, last, assignment->lower, &found)) return false;
    struct hr_config_node *child = found.child;
    if (!child && !open_map(cursor->node)) return false;
    if (!child)
        child = add(load, cursor->node, found.name,
                    last && found.field->kind != HR_STRUCT ? HR_CONFIG_NULL : HR_CONFIG_MAP,
                    assignment); /* one that ends a way has a field */
    if (!child) return false;
    if (!last) open_map(child);
    move_to(cursor, child, found.name, found.field);
    return true;
}

static void refuse_passage(struct hr__config_load *load, const struct hr_config_node *node,
                           struct hr_slice rest, const struct hr__config_assignment *assignment) {
    char path[PATH_SIZE];
    hr__config_path(node, path, sizeof path);
    const char *why =
        node->type == HR_CONFIG_LIST ? "a list has no such item" : "it has no such part";
    hr__config_refuse(load, assignment->place, node, hr_slice_bytes(NULL, 0),
                      "\"%.*s\" of %s, which is %s: %s", (int)(rest.size < 60 ? rest.size : 60),
                      rest.data, *path ? path : "the document",
                      hr__config_type_name((enum hr_config_type)node->type), why);
}

/* A child that is not there yet, of any map; NULL: refused. */
static struct hr_config_node *add_below(struct hr__config_load *load, const struct cursor *cursor,
                                        struct hr_slice key, bool value,
                                        const struct hr__config_assignment *assignment) {
    if (cursor->depth < load->limits.depth_max)
        return add(load, cursor->node, key, value ? HR_CONFIG_NULL : HR_CONFIG_MAP, assignment);
    hr__config_refuse(load, assignment->place, cursor->node, hr_slice_bytes(NULL, 0),
                      "more than %u maps in one another (limits.depth_max)",
                      load->limits.depth_max);
    return NULL;
}

/* ---- Variables. */

struct words {
    struct hr_slice level[STEPS_MAX]; /* the parts between "__" */
    unsigned count;
};

/* Without its last word. False: it is the only one. */
static bool drop_word(struct hr_slice *step) {
    const char *cut = step->size ? memrchr(step->data, '_', step->size) : NULL;
    if (cut) step->size = (size_t)(cut - step->data);
    return cut != NULL;
}

/* The words behind the first ones, `step`. */
static struct hr_slice behind(struct hr_slice rest, struct hr_slice step) {
    size_t past = step.size < rest.size ? step.size + 1 : step.size;
    return hr_slice_bytes(rest.data + past, rest.size - past);
}

/* One level of a variable's name matches keys, the longest first. Sets *rest to the part that no
 * key matches. */
static void follow(struct hr__config_load *load, struct cursor *cursor, bool last,
                   struct hr_slice *rest, const struct hr__config_assignment *assignment) {
    while (rest->size > 0) {
        struct hr_slice step = *rest;
        while (!enter(load, cursor, step, last && step.size == rest->size, assignment))
            if (!drop_word(&step)) return;
        *rest = behind(*rest, step);
    }
}

/* Makes the level that the next word names; of a variable's last word a value. False: it cannot be
 * made. */
static bool create(struct hr__config_load *load, struct cursor *cursor, struct hr_slice *rest,
                   bool last, const struct hr__config_assignment *assignment) {
    struct hr_slice all = *rest, word;
    hr_slice_cut(rest, '_', &word);
    bool value = last && rest->size == 0;
    if (word.size == 0 || enter(load, cursor, word, value, assignment)) return true;
    if (!open_map(cursor->node)) {
        refuse_passage(load, cursor->node, all, assignment);
        return false;
    }
    struct hr_config_node *child = child_of(load, cursor->node, word, true);
    if (!child) child = add_below(load, cursor, word, value, assignment);
    if (child) move_to(cursor, child, word, NULL);
    return child != NULL;
}

/* Cuts "A_B__C" at its double underscores. */
static bool split(struct hr_slice name, struct words *words) {
    words->count = 0;
    for (;;) {
        const char *mark = name.size > 1 ? memmem(name.data + 1, name.size - 1, "__", 2) : NULL;
        struct hr_slice level = mark ? hr_slice_bytes(name.data, (size_t)(mark - name.data)) : name;
        if (words->count == STEPS_MAX) return false;
        words->level[words->count++] = level;
        if (!mark) return true;
        name = hr_slice_bytes(mark + 2, name.size - level.size - 2);
        if (name.size == 0) return false;
    }
}

/* At the root. */
static struct cursor begin(const struct hr__config_load *load) {
    const struct hr_config_schema *schema = load->options->schema;
    struct cursor cursor = {.node = load->tree.root};
    if (schema) cursor.shape = hr__config_shape_of_schema(schema);
    return cursor;
}

/* As follow, and nothing is made. False: a part is left. */
static bool peek_level(const struct hr__config_load *load, struct cursor *cursor,
                       struct hr_slice rest, bool last, const struct hr_config_field **field) {
    struct found found;
    while (rest.size > 0) {
        struct hr_slice step = rest;
        while (!find(load, cursor, step, last && step.size == rest.size, true, &found))
            if (!drop_word(&step)) return false;
        move_to(cursor, found.child, found.name, found.field);
        *field = found.field;
        rest = behind(rest, step);
    }
    return true;
}

enum hr__config_meaning hr__config_variable_means(const struct hr__config_load *load,
                                                  struct hr_slice name) {
    struct words words;
    struct cursor cursor = begin(load);
    const struct hr_config_field *field = NULL;
    if (name.size == 0 || !split(name, &words)) return HR__CONFIG_NO_KEY;
    for (unsigned i = 0; i < words.count; i++)
        if (!peek_level(load, &cursor, words.level[i], i + 1 == words.count, &field))
            return HR__CONFIG_NO_KEY;
    if (hr__config_is_scalar_list(field)) return HR__CONFIG_VALUE;
    bool container = cursor.node ? hr__config_is_container(cursor.node) : field && leads_on(field);
    return container ? HR__CONFIG_CONTAINER : HR__CONFIG_VALUE;
}

/* Another variable, in other letters or with other underscores, has been here. */
static void warn_of_twin(struct hr__config_load *load, const struct hr_config_node *node,
                         const struct hr__config_assignment *assignment) {
    uint32_t before = node->place.source;
    if (assignment->variable || node->level != assignment->level)
        return; /* said otherwise, or of a lower level */
    if (before == assignment->place.source || before >= load->source_count ||
        load->sources[before].kind != HR_CONFIG_FROM_VARIABLE)
        return;
    hr__config_problem(load, HR_CONFIG_WARNING, node,
                       "%s sets the same, and is the one that counts",
                       load->sources[assignment->place.source].name);
}

/* An empty variable that turned out to be none leaves nothing that was made on its way. */
static void drop_unset(const struct hr__config_load *load, struct hr_config_node *node,
                       const struct hr__config_assignment *assignment) {
    bool set = node->type != HR_CONFIG_NULL && node->type != HR_CONFIG_MAP;
    if (set || assignment->text.size > 0) return;
    while (node != load->tree.root && !node->first &&
           node->place.source == assignment->place.source) {
        struct hr_config_node *above = node->parent;
        hr__config_detach(node);
        node = above;
    }
}

void hr__config_assign_variable(struct hr__config_load *load, struct hr_slice name,
                                const struct hr__config_assignment *assignment) {
    struct words words;
    struct cursor cursor = begin(load);
    if (name.size > NAME_SIZE) {
        hr__config_refuse(load, assignment->place, NULL, hr_slice_bytes(NULL, 0),
                          "the name has more than %d bytes", NAME_SIZE);
        return;
    }
    if (name.size == 0 || !split(name, &words)) {
        hr__config_refuse(load, assignment->place, NULL, hr_slice_bytes(NULL, 0),
                          "the name has no level behind its last \"__\", or more than %d",
                          STEPS_MAX);
        return;
    }
    for (unsigned i = 0; i < words.count; i++) {
        struct hr_slice rest = words.level[i];
        bool last = i + 1 == words.count;
        follow(load, &cursor, last, &rest, assignment);
        while (rest.size > 0) {
            if (!create(load, &cursor, &rest, last, assignment)) return;
            follow(load, &cursor, last, &rest, assignment);
        }
    }
    warn_of_twin(load, cursor.node, assignment);
    hr__config_set(load, cursor.node, assignment);
    drop_unset(load, cursor.node, assignment);
}

/* ---- Settings. */

static bool is_path(const char *at, const char *end) {
    char step[HR__CONFIG_STEP_MAX];
    size_t size;
    while (hr__config_path_step(&at, end, step, sizeof step, &size))
        if (size == 0 || size > sizeof step) return false;
    return end[-1] != '.';
}

void hr__config_assign_path(struct hr__config_load *load, struct hr_slice path,
                            const struct hr__config_assignment *assignment) {
    struct cursor cursor = begin(load);
    const char *at = path.data, *end = path.data + path.size;
    char bytes[HR__CONFIG_STEP_MAX];
    size_t size;
    assert(path.size > 0);
    if (!is_path(at, end)) {
        hr__config_refuse(load, assignment->place, NULL, hr_slice_bytes(NULL, 0),
                          "a key in its path is empty, or has more than %d bytes",
                          HR__CONFIG_STEP_MAX);
        return;
    }
    while (hr__config_path_step(&at, end, bytes, sizeof bytes, &size)) {
        struct hr_slice step = hr_slice_bytes(bytes, size);
        if (enter(load, &cursor, step, at == end, assignment)) continue;
        struct hr_config_node *child = child_of(load, cursor.node, step, false);
        if (child || !open_map(cursor.node)) {
            refuse_passage(load, child ? child : cursor.node,
                           child ? hr_slice_bytes(at, (size_t)(end - at)) : step, assignment);
            return;
        }
        child = add_below(load, &cursor, step, at == end, assignment);
        if (!child) return;
        move_to(&cursor, child, step, NULL);
    }
    hr__config_set(load, cursor.node, assignment);
}
