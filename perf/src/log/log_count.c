/* Counting lines that have a text in them. */
#include "log_count.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int perf_log_count(const char *path, const char *text, uint64_t *lines) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    FILE *file = fopen(path, "re");
    if (!file) return -errno;
    *lines = 0;
    while ((size = getline(&line, &capacity, file)) > 0)
        if (line[size - 1] == '\n' && memmem(line, (size_t)size, text, strlen(text))) ++*lines;
    int err = ferror(file) ? -EIO : 0;
    free(line);
    fclose(file);
    return err;
}
