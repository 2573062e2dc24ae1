#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *cases_load(const char *path) {
    const char *folder = getenv("HR_CASES");
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", folder ? folder : "../shared/cases", path);
    FILE *file = fopen(name, "r");
    if (!file) return NULL;
    json_t *all = json_array();
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, file)) > 0) {
        json_error_t error;
        json_t *one = json_loadb(line, (size_t)size, JSON_ALLOW_NUL, &error);
        if (!one && json_error_code(&error) == json_error_numeric_overflow)
            one = json_loadb(line, (size_t)size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
        if (!one) {
            fprintf(stderr, "%s: %s\n", name, error.text);
            abort();
        }
        json_array_append_new(all, one);
    }
    free(line);
    fclose(file);
    return all;
}

const char *cases_text(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

struct hr_slice cases_slice(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return hr_slice_bytes(NULL, 0);
    return hr_slice_bytes(json_string_value(value), json_string_length(value));
}
