/* Requirements of a report: what is read has a path and a bound, and is held against any number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "requirement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct perf_requirement requirement;
    char why[300] = "", shown[300];
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (perf_requirement_parse(text, &requirement, why, sizeof why) == 0) {
        size_t path = strlen(requirement.path);
        check(path < PERF_REQUIREMENT_PATH_MAX && memcmp(text, requirement.path, path) == 0);
        check(isfinite(requirement.bound) && requirement.comparison < PERF_COMPARISONS);
        perf_requirement_missed(&requirement, shown, sizeof shown);
        perf_requirement_allows_failures(&requirement);
    } else {
        check(*why != '\0');
    }
    free(text);
    return 0;
}
