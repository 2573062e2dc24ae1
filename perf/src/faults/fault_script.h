/* A fault script: rules in their order. */
#ifndef PERF_FAULT_SCRIPT_H
#define PERF_FAULT_SCRIPT_H

#include <stddef.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#include "fault_rule.h"

/* Zeroed: no rules. */
struct fault_script {
    struct fault_rule rules[FAULT_RULES_MAX];
    size_t count;
};

/* "reset-behind". Static storage. */
const char *fault_kind_name(enum fault_kind kind);

/* Adds the rule of one line; one that is empty or a comment adds none. `line`: its number in a
 * file, 0 without one. 0, or -EINVAL with a message that names line, word and remedy; `script` is
 * untouched then. */
int fault_script_add(struct fault_script *script, struct hr_slice text, unsigned line,
                     struct hr_error *error);
/* Adds all lines of a file's text. 0 or -EINVAL; the rules before the wrong line stay. */
int fault_script_read(struct fault_script *script, struct hr_slice text, struct hr_error *error);
/* Whether all rules can be of connections alone: 0, or -EINVAL with the first that cannot. */
int fault_script_check_tcp(const struct fault_script *script, struct hr_error *error);

#endif
