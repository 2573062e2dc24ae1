/* A YAML document as a tree, by libyaml's events. */
#ifndef HR_CONFIG_YAML_READER_H
#define HR_CONFIG_YAML_READER_H

#include "config_node.h"
#include "config_problem.h"

struct hr__yaml_options {
    struct hr__config_tree *tree; /* where its nodes go */
    hr_config_problems *problems;
    const char *name; /* the file's */
    struct hr_slice text;
    uint32_t source; /* of the places of its nodes */
    uint32_t depth_max, alias_nodes_max;
    bool warn_old;
};

/* *root is the document's, NULL where it is empty. 0; HR_ERR_CONFIG, said among the problems, with
 * *root all the same if the end was reached; -ENOMEM. Nothing recurses. */
int hr__yaml_read(const struct hr__yaml_options *options, struct hr_config_node **root);

/* Whether the text is of characters that YAML allows: HR_ERR_CONFIG, with the place of the first
 * that is not. */
int hr__yaml_check_text(const struct hr__yaml_options *options);

#endif
