/* Environment variables: one that is empty counts as not set. */
#include "environment.h"

#include <stdlib.h>

const char *hr__environment(const char *name) {
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}
