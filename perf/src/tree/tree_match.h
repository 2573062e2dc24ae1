/* Patterns over names. */
#ifndef PERF_TREE_MATCH_H
#define PERF_TREE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

/* '*' is any bytes, '/' too, '?' any one, [abc], [a-z], [!a] one of a set; a backslash takes the
 * next byte as it is. A '[' without its ']' is a byte like any other. Time is at most the product
 * of both sizes. */
bool tree_match(struct hr_slice pattern, struct hr_slice name);

struct tree_rule {
    const char *pattern;
    bool include;
};

/* Whether rules let a name pass: the last one that matches decides, none lets it. */
bool tree_rules_pass(const struct tree_rule *rules, size_t count, struct hr_slice name);

#endif
