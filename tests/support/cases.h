/* Conformance cases: JSON Lines files below HR_CASES, else below ../shared/cases. */
#ifndef HR_TEST_CASES_H
#define HR_TEST_CASES_H

#include <jansson.h>

#include <headrace/slice.h>

/* All cases of a file ("sigv4/cases.given.jsonl") as an array, which the caller releases; NULL when
 * there is no such file: the test is then skipped, visibly. A line that is no JSON aborts the test;
 * in one with an integer that has no room in 64 bits all numbers are reals. */
json_t *cases_load(const char *path);

/* The string called `key`, with its length (it may hold NUL); empty when absent or null. */
struct hr_slice cases_slice(const json_t *object, const char *key);
/* The same as a NUL-terminated string, NULL when absent or null. */
const char *cases_text(const json_t *object, const char *key);

#endif
