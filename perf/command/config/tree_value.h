/* Values of a configuration and their places, as text and as JSON. */
#ifndef COMMAND_TREE_VALUE_H
#define COMMAND_TREE_VALUE_H

#include <stdio.h>

#include <headrace/config.h>

/* A node with all below it as JSON. Numbers keep all their digits, in base 10; those of base 8 and
 * 16 with more than TREE_BASED_DIGITS_MAX digits are strings, as they are written. An infinity is
 * ".inf" or "-.inf", what is no number ".nan". */
#define TREE_BASED_DIGITS_MAX 256
void tree_put_json(FILE *out, const struct hr_config_node *node);
/* The same with secrets as they are, which otherwise are "***". */
void tree_put_json_revealed(FILE *out, const struct hr_config_node *node);
/* As tree_put_json for people: .inf, -.inf and .nan without quotes. */
void tree_put_text(FILE *out, const struct hr_config_node *node);

/* A path; in quotes where it would not be one word. */
void tree_put_path(FILE *out, struct hr_slice path);

/* "service.yaml:2:11", "variable ESPER_X", "--set a.b", "default": never a value. */
void tree_put_place(FILE *out, const struct hr_config_origin *origin);
/* "file", "variable" or "set": the member of an object that names it. */
const char *tree_place_kind(const struct hr_config_origin *origin);
/* The members of an object: "file", "line" and "column"; or "variable"; or "set"; or "default",
 * which is true. */
void tree_put_place_json(FILE *out, const struct hr_config_origin *origin);

/* The path of a setting: what stands before its "=". */
struct hr_slice tree_set_path(const char *setting);

/* Whether two nodes are of one type and mean the same; of lists and maps the type alone counts. */
bool tree_equal(const struct hr_config_node *a, const struct hr_config_node *b);

#endif
