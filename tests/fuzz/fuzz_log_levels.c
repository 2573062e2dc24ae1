/* Levels by name, "info,s3=debug": whatever is written there is refused with a message, or read as
 * rules that mean the same when they are written out and read again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_core.h"

static void write_out(const struct hr__log_levels *levels, char *text, size_t size) {
    size_t used = 0;
    if (levels->level)
        used += (size_t)snprintf(text, size, "%d%s", levels->level, levels->count ? "," : "");
    for (unsigned i = 0; i < levels->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s=LEVEL_%d", i ? "," : "",
                                 levels->rules[i].pattern, levels->rules[i].level);
    if (used >= size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct hr__log_levels levels, again;
    static char text[HR_LOG_LEVEL_RULES_MAX * (HR_LOG_PATTERN_BYTES_MAX + 16)];
    char *given = malloc(size + 1);
    struct hr_error error = {0};
    if (!given) return 0;
    if (size) memcpy(given, data, size);
    given[size] = '\0';
    int err = hr__log_levels_read(given, &error, &levels);
    free(given);
    if (err) {
        if (!error.message[0] || error.code != err) abort();
        return 0;
    }
    if (levels.count > HR_LOG_LEVEL_RULES_MAX || (!levels.level && !levels.count)) abort();
    write_out(&levels, text, sizeof text);
    if (hr__log_levels_read(text, NULL, &again) != 0) abort();
    if (again.level != levels.level || again.count != levels.count) abort();
    for (unsigned i = 0; i < levels.count; i++)
        if (levels.rules[i].level < 1 || levels.rules[i].level > HR_LOG_OFF ||
            levels.rules[i].level != again.rules[i].level ||
            levels.rules[i].letters != again.rules[i].letters ||
            strcmp(levels.rules[i].pattern, again.rules[i].pattern) != 0)
            abort();
    return 0;
}
