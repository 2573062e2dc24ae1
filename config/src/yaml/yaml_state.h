/* The state of a reader, for its own files. */
#ifndef HR_CONFIG_YAML_STATE_H
#define HR_CONFIG_YAML_STATE_H

#include <yaml.h>

#include "yaml_reader.h"

/* A container whose end has not come. */
struct hr__yaml_frame {
    struct hr_config_node *node;
    struct hr_config_node *merged; /* of a map: a list of what its merge keys hold; NULL: none */
    struct hr_slice key;           /* whose value comes next; data NULL: a key comes next */
    struct hr__config_place key_place;
    bool merging; /* the key is the merge key */
};

struct hr__yaml_state {
    const struct hr__yaml_options *options;
    yaml_parser_t parser;
    struct hr__yaml_frame *frames; /* depth_max of them */
    uint32_t depth;
    struct hr_config_node *root;
    struct hr_config_node *anchors; /* a map of lists with one child each */
    uint32_t alias_nodes;
    size_t character, byte; /* a place that the reading has passed; libyaml counts characters */
    bool in_document, ended, stop;
    int result;
};

/* ---- yaml_state.c. */

/* An error at a place; its path is that of what is being read. */
void hr__yaml_refuse(struct hr__yaml_state *state, struct hr__config_place place,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));
void hr__yaml_warn(const struct hr__yaml_state *state, struct hr__config_place place,
                   const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A node, or NULL, and then the reading stops. */
struct hr_config_node *hr__yaml_node(struct hr__yaml_state *state, enum hr_config_type type,
                                     struct hr__config_place place);
/* Nothing more can be read, for lack of memory or of room. */
void hr__yaml_exhausted(struct hr__yaml_state *state, struct hr__config_place place);
struct hr__config_place hr__yaml_place(const struct hr__yaml_state *state, yaml_mark_t mark);

/* ---- yaml_alias.c. */

/* `name` means `node` from here on. */
void hr__yaml_anchor(struct hr__yaml_state *state, struct hr_slice name,
                     struct hr_config_node *node);
/* The node that an anchor names; NULL: said to be none. */
const struct hr_config_node *hr__yaml_anchored(struct hr__yaml_state *state, struct hr_slice name,
                                               struct hr__config_place place);
/* A copy of it, counted; NULL: refused. */
struct hr_config_node *hr__yaml_expand(struct hr__yaml_state *state,
                                       const struct hr_config_node *node, struct hr_slice name,
                                       struct hr__config_place place);
/* Adds to a complete map what its merge keys hold, where it has no such key itself. */
void hr__yaml_merge(struct hr__yaml_state *state, struct hr__yaml_frame *frame);

#endif
