/* Variables of the environment and of .env files: which there are, and what they set. */
#include <stdlib.h>

#include <headrace/text.h>

#include "config_sources.h"

#define PREFIX "ESPER_"

/* ---- The list. */

void hr__config_variable_add(struct hr__config_load *load, struct hr__config_variables *variables,
                             const struct hr__config_variable *variable) {
    if (variables->count == variables->room) {
        uint32_t room = variables->room ? variables->room * 2 : 32;
        struct hr__config_variable *items = realloc(variables->items, room * sizeof *items);
        if (!items) {
            load->no_memory = true;
            return;
        }
        variables->items = items;
        variables->room = room;
    }
    variables->items[variables->count++] = *variable;
}

/* Of a name, a later definition comes later: it has a later source, or a later line. */
static int by_name(const void *a, const void *b) {
    const struct hr__config_variable *one = a, *other = b;
    int order = hr_slice_compare(one->name, other->name);
    if (order) return order;
    if (one->place.source != other->place.source)
        return one->place.source < other->place.source ? -1 : 1;
    return one->place.line < other->place.line ? -1 : one->place.line > other->place.line;
}

static void warn_twice(struct hr__config_load *load, const struct hr__config_variable *first,
                       const struct hr__config_variable *second) {
    if (first->place.source == second->place.source && second->place.line > 0)
        hr__config_warn(load, second->place, NULL, hr_slice_bytes(NULL, 0),
                        "%.*s is there twice, first in line %u: the later one counts",
                        (int)second->name.size, second->name.data, first->place.line);
}

void hr__config_variables_sort(struct hr__config_load *load,
                               struct hr__config_variables *variables) {
    struct hr__config_variable *items = variables->items;
    uint32_t kept = 0;
    if (variables->count > 1) qsort(items, variables->count, sizeof *items, by_name);
    for (uint32_t i = 0; i < variables->count; i++) {
        bool again = kept > 0 && hr_slice_equal(items[kept - 1].name, items[i].name);
        if (again) warn_twice(load, &items[kept - 1], &items[i]);
        kept += !again;
        items[kept - 1] = items[i];
    }
    variables->count = kept;
}

/* ---- References. */

static int compare_name(const void *name, const void *variable) {
    return hr_slice_compare(*(const struct hr_slice *)name,
                            ((const struct hr__config_variable *)variable)->name);
}

struct hr_slice hr__config_variable(const struct hr__config_load *load, struct hr_slice name,
                                    enum hr__config_veil *veil) {
    const char *const *at = load->environment;
    for (; at && *at; at++)
        if (strncmp(*at, name.data, name.size) == 0 && (*at)[name.size] == '=') break;
    if (at && *at && (*at)[name.size + 1]) {
        *veil = HR__CONFIG_OF_VARIABLE;
        return hr_slice_of(*at + name.size + 1);
    }
    const struct hr__config_variables *variables = &load->env_files;
    const struct hr__config_variable *found =
        variables->count > 0 ? bsearch(&name, variables->items, variables->count,
                                       sizeof *variables->items, compare_name)
                             : NULL;
    if (!found || found->text.size == 0) return hr_slice_bytes(NULL, 0);
    *veil = HR__CONFIG_OF_ENV_FILE;
    return found->text;
}

/* ---- Settings. */

static struct hr_slice prefix_of(const struct hr__config_load *load) {
    return hr_slice_of(load->options->prefix ? load->options->prefix : PREFIX);
}

static bool has_prefix(struct hr_slice name, struct hr_slice prefix) {
    return name.size >= prefix.size &&
           hr_slice_equal_nocase(hr_slice_bytes(name.data, prefix.size), prefix);
}

/* NAME_FILE is the path of a file with the value of NAME, unless there is such a key, or NAME is a
 * list or a map and has no value; NAME__FILE is always a key. */
static bool is_path(const struct hr__config_load *load, struct hr_slice name) {
    static const struct hr_slice ending = {"_FILE", 5};
    if (name.size <= ending.size) return false;
    struct hr_slice before = hr_slice_bytes(name.data, name.size - ending.size);
    struct hr_slice end = hr_slice_bytes(name.data + before.size, ending.size);
    if (!hr_slice_equal_nocase(end, ending) || before.data[before.size - 1] == '_') return false;
    return hr__config_variable_means(load, name) == HR__CONFIG_NO_KEY &&
           hr__config_variable_means(load, before) != HR__CONFIG_CONTAINER;
}

static struct hr_slice without_prefix(const struct hr__config_load *load, struct hr_slice name) {
    size_t size = prefix_of(load).size;
    return hr_slice_bytes(name.data + size, name.size - size);
}

static void take_path(struct hr__config_load *load, const struct hr__config_variable *variable,
                      enum hr__config_level level) {
    struct hr_slice name = without_prefix(load, variable->name);
    struct hr__config_file file;
    if (variable->text.size == 0) return;
    hr__config_prints_add(load->seen, variable->text.data);
    if (!hr__config_secret_read(load, variable->place, variable->text.data, &file)) return;
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_SECRET, variable->text);
    const struct hr__config_assignment assignment = {.place = hr__config_all_of(source),
                                                     .text = hr_slice_bytes(file.data, file.size),
                                                     .level = level,
                                                     .lower = true,
                                                     .secret = true,
                                                     .variable = variable};
    name.size -= strlen("_FILE");
    if (!load->no_memory && (file.size > 0 || load->options->empty_is_value))
        hr__config_assign_variable(load, name, &assignment);
    hr__config_file_free(&file);
}

static void take_one(struct hr__config_load *load, const struct hr__config_variable *variable,
                     enum hr__config_level level) {
    if (variable->text.size == 0 && !load->options->empty_is_value) return;
    if (!hr_utf8_valid(variable->name) || !hr_utf8_valid(variable->text)) {
        hr__config_refuse(load, variable->place, NULL, hr_slice_bytes(NULL, 0),
                          "its name or value is not UTF-8");
        return;
    }
    const struct hr__config_assignment assignment = {
        .place = variable->place, .text = variable->text, .level = level, .lower = true};
    if (variable->is_path)
        take_path(load, variable, level);
    else
        hr__config_assign_variable(load, without_prefix(load, variable->name), &assignment);
}

/* Paths last, so that a rival is found. Which variables are paths is clear before any of them makes
 * a key. */
static void take_all(struct hr__config_load *load, struct hr__config_variables *variables,
                     enum hr__config_level level) {
    for (uint32_t i = 0; i < variables->count; i++) {
        struct hr__config_variable *variable = &variables->items[i];
        variable->is_path = has_prefix(variable->name, prefix_of(load)) &&
                            is_path(load, without_prefix(load, variable->name));
    }
    for (int paths = 0; paths < 2; paths++)
        for (uint32_t i = 0; i < variables->count && !load->no_memory; i++)
            if (has_prefix(variables->items[i].name, prefix_of(load)) &&
                variables->items[i].is_path == paths)
                take_one(load, &variables->items[i], level);
}

void hr__config_take_env_files(struct hr__config_load *load) {
    take_all(load, &load->env_files, HR__CONFIG_ENV_FILES);
}

static void add_from_environment(struct hr__config_load *load,
                                 struct hr__config_variables *variables, const char *entry) {
    const char *equals = strchr(entry, '=');
    if (!equals) return;
    struct hr__config_variable variable = {.name = hr_slice_bytes(entry, (size_t)(equals - entry)),
                                           .text = hr_slice_of(equals + 1)};
    if (!has_prefix(variable.name, prefix_of(load))) return;
    variable.place.source = hr__config_source_add(load, HR_CONFIG_FROM_VARIABLE, variable.name);
    if (!load->no_memory) hr__config_variable_add(load, variables, &variable);
}

void hr__config_take_environment(struct hr__config_load *load) {
    struct hr__config_variables variables = {.items = NULL};
    size_t count = 0;
    while (load->environment[count]) count++;
    while (count-- > 0 && !load->no_memory) /* backwards: as for getenv, the first of two counts */
        add_from_environment(load, &variables, load->environment[count]);
    if (!load->no_memory) {
        hr__config_variables_sort(load, &variables);
        take_all(load, &variables, HR__CONFIG_ENVIRONMENT);
    }
    free(variables.items);
}
