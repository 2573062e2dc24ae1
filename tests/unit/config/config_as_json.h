/* A tree as JSON, by which the conformance cases tell what a document holds. */
#ifndef HR_TEST_CONFIG_AS_JSON_H
#define HR_TEST_CONFIG_AS_JSON_H

#include <jansson.h>

#include <headrace/config.h>

/* The caller's. NULL node is null. Infinity and NaN become ".inf", "-.inf", ".nan". */
json_t *config_as_json(const struct hr_config_node *node);
/* Alike: numbers by value, so that 1 and 1.0 are the same, and infinity is what any spelling of it
 * is. */
bool config_json_equal(const json_t *a, const json_t *b);

#endif
