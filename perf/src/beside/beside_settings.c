/* Lists of settings, and sentences about their differences. */
#include "beside_settings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void perf_beside_setting_add(struct perf_beside_settings *settings, const char *name,
                             const char *format, ...) {
    if (settings->count == PERF_BESIDE_SETTINGS_MAX) return;
    struct perf_beside_setting *added = &settings->list[settings->count++];
    va_list arguments;
    snprintf(added->name, sizeof added->name, "%s", name);
    va_start(arguments, format);
    vsnprintf(added->value, sizeof added->value, format, arguments);
    va_end(arguments);
}

void perf_beside_settings_text(const struct perf_beside_settings *settings,
                               char text[PERF_BESIDE_TEXT_MAX]) {
    size_t size = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < settings->count; i++) {
        const struct perf_beside_setting *setting = &settings->list[i];
        char part[2 * PERF_BESIDE_LABEL_MAX + 4];
        int more =
            snprintf(part, sizeof part, "%s%s %s", size ? ", " : "", setting->name, setting->value);
        if (size + (size_t)more >= PERF_BESIDE_TEXT_MAX) return;
        memcpy(text + size, part, (size_t)more + 1);
        size += (size_t)more;
    }
}

static const char *value_of(const struct perf_beside_settings *settings, const char *name) {
    for (unsigned i = 0; i < settings->count; i++)
        if (strcmp(settings->list[i].name, name) == 0) return settings->list[i].value;
    return NULL;
}

static void say_other(const struct perf_beside_setting *own, const char *theirs, const char *name,
                      char line[PERF_BESIDE_TEXT_MAX]) {
    bool signs = strcmp(theirs, "signed") == 0, signs_not = strcmp(theirs, "unsigned") == 0;
    if (strcmp(own->name, "payload") == 0 && (signs || signs_not))
        snprintf(line, PERF_BESIDE_TEXT_MAX, "%s %s its payloads, headrace %s", name,
                 signs ? "signs" : "does not sign", signs ? "does not" : "does");
    else
        snprintf(line, PERF_BESIDE_TEXT_MAX, "%s of %s: %s; of headrace: %s", own->name, name,
                 theirs, own->value);
}

void perf_beside_unequal_find(const struct perf_beside_settings *own,
                              const struct perf_beside_settings *theirs, const char *name,
                              struct perf_beside_unequal *unequal) {
    struct perf_beside_settings silent = {.count = 0};
    char names[PERF_BESIDE_TEXT_MAX] = "";
    size_t size = 0;
    unequal->count = 0;
    for (unsigned i = 0; i < own->count; i++) {
        const char *value = value_of(theirs, own->list[i].name);
        if (!value)
            silent.list[silent.count++] = own->list[i];
        else if (strcasecmp(value, own->list[i].value) != 0)
            say_other(&own->list[i], value, name, unequal->lines[unequal->count++]);
    }
    for (unsigned i = 0; i < silent.count && size < sizeof names; i++)
        size += (size_t)snprintf(names + size, sizeof names - size, "%s%s", i ? ", " : "",
                                 silent.list[i].name);
    if (silent.count)
        snprintf(unequal->lines[unequal->count++], PERF_BESIDE_TEXT_MAX,
                 "%.60s does not tell its %.150s", name, names);
}
