/* The version of the library that runs. */
#include <headrace/version.h>

uint32_t hr_version(void) {
    return HR_VERSION_NUMBER;
}

const char *hr_version_string(void) {
    return HR_VERSION_STRING;
}
