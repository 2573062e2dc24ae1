/* The tree of a configuration: nodes, and one table in which each child of a map is found by its
 * key. One thread while it is made. */
#ifndef HR_CONFIG_NODE_H
#define HR_CONFIG_NODE_H

#include <headrace/config_schema.h>

#include "config_arena.h"

/* Of a file: line and column from 1. `source` indexes what the tree's owner has read from. */
struct hr__config_place {
    uint32_t source, line, column;
};

/* Texts that did not stand in a file of the configuration. */
enum hr__config_veil {
    HR__CONFIG_PLAIN,
    HR__CONFIG_OF_VARIABLE, /* by a reference; in no problem */
    HR__CONFIG_OF_ENV_FILE, /* in no problem, and a secret unless the schema knows it as none */
};

struct hr_config_node {
    struct hr_config_node *parent, *previous, *next; /* in the parent's list of children */
    struct hr_config_node *first, *last;             /* of a list or a map */
    uint32_t count;                                  /* of children */
    uint32_t hash;                                   /* of parent and key */
    struct hr_slice key, text;
    const struct hr_config_field *field; /* of the schema; NULL: none is known */
    struct hr__config_place place, key_place;
    uint8_t type;  /* enum hr_config_type */
    bool typed;    /* by quotes or a tag; a plain scalar may still be taken for a string */
    bool open;     /* its end has not been read yet */
    bool secret;   /* its text is shown nowhere */
    bool guessed;  /* its type, by the form of its text: a later value may be of another */
    uint8_t level; /* of the source that set it */
    bool capitals; /* of a map: a key in it has some */
    uint8_t veil;  /* enum hr__config_veil */
};

struct hr__config_tree {
    struct hr__config_arena arena;
    struct hr_config_node *root;
    struct hr_config_node **slots; /* a power of two, at most half full */
    uint32_t slot_count, used;
    uint32_t nodes, nodes_max;
    uint64_t seed;
};

void hr__config_tree_init(struct hr__config_tree *tree, uint32_t nodes_max);
void hr__config_tree_free(struct hr__config_tree *tree);

/* NULL: no memory, or nodes_max are there. */
struct hr_config_node *hr__config_node_new(struct hr__config_tree *tree, enum hr_config_type type,
                                           struct hr__config_place place);
/* Behind the other children of a list. */
void hr__config_append(struct hr_config_node *list, struct hr_config_node *child);
/* Behind the other children of a map that has no such key. -ENOMEM. */
int hr__config_put(struct hr__config_tree *tree, struct hr_config_node *map,
                   struct hr_config_node *child);
/* In the place of `old`, which has a parent; `fresh` takes its key. */
void hr__config_replace(struct hr__config_tree *tree, struct hr_config_node *old,
                        struct hr_config_node *fresh);
/* NULL: no map, or no such key. */
struct hr_config_node *hr__config_get(const struct hr__config_tree *tree,
                                      const struct hr_config_node *map, struct hr_slice key);
/* The item of a list with that number; NULL: there is none. */
struct hr_config_node *hr__config_item(const struct hr_config_node *list, struct hr_slice number);
/* Takes a child away from its parent, to be put elsewhere. */
void hr__config_detach(struct hr_config_node *child);
/* The next node of the subtree of `top` in the order of the text; NULL: that was the last. */
struct hr_config_node *hr__config_walk(const struct hr_config_node *top,
                                       const struct hr_config_node *node);
/* A copy of all below and of itself, without key and parent. NULL: no memory, or too many nodes. */
struct hr_config_node *hr__config_clone(struct hr__config_tree *tree,
                                        const struct hr_config_node *node);
/* config_path.c. Paths have keys and numbers of items, parted by dots; a backslash takes the next
 * character as it is. */

#define HR__CONFIG_STEP_MAX 256 /* bytes of a key with such characters in it */

/* A node's path, "a.b.0.c", shortened from the front where it does not fit. */
void hr__config_path(const struct hr_config_node *node, char *out, size_t capacity);
/* Cuts the next step off a path; `step` has `capacity` bytes. False: there is none. *size above
 * the capacity: it does not fit. */
bool hr__config_path_step(const char **path, const char *end, char *step, size_t capacity,
                          size_t *size);
/* The node at a path; NULL: there is none. "" is the root. */
struct hr_config_node *hr__config_find(const struct hr__config_tree *tree, const char *path);

/* "a string", "a map", … */
const char *hr__config_type_name(enum hr_config_type type);

/* Whether a field is a secret, or a list of them. NULL: no. */
static inline bool hr__config_declares_secret(const struct hr_config_field *field) {
    return field &&
           (field->kind == HR_SECRET || (field->kind == HR_LIST && field->item == HR_SECRET));
}

/* Whether a field says of a value that it is no secret. NULL: no. */
static inline bool hr__config_declares_open(const struct hr_config_field *field) {
    return field && field->kind != HR_OPEN && !(field->kind == HR_LIST && field->item == HR_OPEN) &&
           !hr__config_declares_secret(field);
}

static inline bool hr__config_is_container(const struct hr_config_node *node) {
    return node->type >= HR_CONFIG_LIST;
}

/* Nothing, or a scalar, becomes a container, which has no text. */
static inline void hr__config_become(struct hr_config_node *node, enum hr_config_type type) {
    node->type = (uint8_t)type;
    node->text = hr_slice_bytes("", 0);
}

#endif
