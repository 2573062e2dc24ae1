/* Makes the schema of headrace.yaml out of the tables of all commands. */
#include "own_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const *commands;
static size_t command_count;

/* Made once and never freed: schemas outlive what is loaded with them. */
static struct own_table made;

void own_begin(const struct command *const *given, size_t count) {
    assert(given && !made.fields);
    commands = given;
    command_count = count;
}

const struct command *own_command(size_t index) {
    return index < command_count ? commands[index] : NULL;
}

/* ---- One field. */

static enum hr_config_kind kind_of(const struct option *option) {
    switch (option->type) {
    case OPTION_FLAG:
        return HR_BOOL;
    case OPTION_CHOICE:
        return HR_CHOICE;
    case OPTION_LIST:
        return HR_LIST;
    case OPTION_UINT:
        if (option->max || !option->min) return HR_UINT;
        break; /* a bound on one side: the option judges it */
    case OPTION_STRING:
    case OPTION_SIZE:
    case OPTION_DURATION:
    case OPTION_SECONDS:
    case OPTION_ARGUMENT:
        break;
    }
    return option->secret ? HR_SECRET : HR_STRING;
}

static size_t member_size(enum hr_config_kind kind) {
    static const size_t sizes[] = {
        [HR_BOOL] = sizeof(bool),     [HR_CHOICE] = sizeof(int),
        [HR_UINT] = sizeof(uint64_t), [HR_LIST] = sizeof(struct hr_config_items),
        [HR_STRING] = sizeof(char *), [HR_SECRET] = sizeof(char *)};
    return sizes[kind];
}

/* "auto|path" as a table. NULL: no memory. */
static struct hr_config_choice *make_choices(const char *text) {
    size_t count = 1;
    for (const char *at = text; *at; at++) count += *at == '|';
    struct hr_config_choice *choices = calloc(count + 1, sizeof *choices);
    struct hr_slice rest = hr_slice_of(text), name;
    for (int i = 0; choices && hr_slice_cut(&rest, '|', &name); i++) {
        choices[i] = (struct hr_config_choice){strndup(name.data, name.size), i};
        if (!choices[i].name) return NULL;
    }
    return choices;
}

/* 0 or -1. */
static int make_field(const struct option *option, struct hr_config_field *field) {
    char key[OWN_KEY_SIZE];
    own_key(option, key);
    field->name = strdup(key);
    field->kind = kind_of(option);
    field->size = member_size(field->kind);
    field->default_value = option->secret ? NULL : option->standard;
    field->doc = option->help;
    if (field->kind == HR_UINT) {
        field->min = (double)option->min;
        field->max = (double)option->max;
    }
    if (field->kind == HR_CHOICE && !(field->choices = make_choices(option->choices))) return -1;
    if (field->kind == HR_LIST) {
        field->item = option->secret ? HR_SECRET : HR_STRING;
        field->item_size = sizeof(char *);
        field->length_max = OPTION_LIST_MAX;
    }
    return field->name ? 0 : -1;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A field of a family takes what one of the options takes, and each option judges it. */
static void widen(struct hr_config_field *field, const struct option *first,
                  const struct option *option) {
    bool same = kind_of(first) == kind_of(option) && same_text(first->choices, option->choices);
    bool is_text = field->kind == HR_STRING || field->kind == HR_SECRET;
    assert((first->type == OPTION_LIST) == (option->type == OPTION_LIST));
    if (!same && !is_text) {
        field->kind = HR_STRING;
        field->size = member_size(HR_STRING);
    }
    if (field->kind == HR_UINT) {
        bool bound = field->max > 0 && option->max > 0;
        field->min =
            bound ? (field->min < (double)option->min ? field->min : (double)option->min) : 0;
        field->max =
            bound ? (field->max > (double)option->max ? field->max : (double)option->max) : 0;
    }
    if (!same_text(field->default_value, option->standard)) field->default_value = NULL;
}

/* ---- Maps. */

static size_t add(struct own_table *table, struct hr_config_field field, struct own_leaf leaf) {
    assert(table->count < table->capacity);
    field.offset = field.kind == HR_STRUCT ? 0 : table->count * OWN_SLOT_SIZE;
    table->fields[table->count] = field;
    table->leaves[table->count] = leaf;
    return table->count++;
}

/* Adds the option, or widens the field of a family that has its name. 0 or -1. */
static int add_option(struct own_table *table, size_t first, const struct own_leaf *leaf) {
    for (size_t i = first; leaf->family && i < table->count; i++) {
        const struct option *there = table->leaves[i].option;
        if (strcmp(there->name, leaf->option->name) != 0) continue;
        widen(&table->fields[i], there, leaf->option);
        return 0;
    }
    struct hr_config_field field = {.name = NULL};
    if (make_field(leaf->option, &field) != 0) return -1;
    if (!leaf->family) field.default_value = NULL; /* the family's, or the family tells it */
    add(table, field, *leaf);
    return 0;
}

static int add_options(struct own_table *table, size_t first, const struct command *command,
                       bool family) {
    for (const struct option_group *group = command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++) {
            const struct own_leaf leaf = {command, group, option, family};
            if (own_is_key(option) && add_option(table, first, &leaf) != 0) return -1;
        }
    return 0;
}

static int add_map(struct own_table *table, struct hr_slice name, const char *doc) {
    const struct hr_config_field field = {.name = strndup(name.data, name.size),
                                          .kind = HR_STRUCT,
                                          .size = table->schema.size,
                                          .doc = doc};
    add(table, field, (struct own_leaf){.option = NULL});
    return field.name ? 0 : -1;
}

static void close_map(struct own_table *table, size_t map, size_t first) {
    table->fields[map].fields = table->fields + first;
    table->fields[map].field_count = table->count - first;
}

static bool is_of(const struct command *command, const char *family) {
    return hr_slice_equal(own_maps_of(command).family, hr_slice_of(family));
}

/* The maps of the verbs of a family, which stand from `map` on. */
static int fill_verbs(struct own_table *table, const char *family, size_t map) {
    for (size_t i = 0; i < command_count; i++) {
        if (!is_of(commands[i], family) || own_maps_of(commands[i]).verb.size == 0) continue;
        size_t first = table->count;
        if (add_options(table, first, commands[i], false) != 0) return -1;
        close_map(table, map++, first);
    }
    return 0;
}

static int fill_family(struct own_table *table, size_t map) {
    const char *family = table->fields[map].name;
    size_t first = table->count;
    for (size_t i = 0; i < command_count; i++)
        if (is_of(commands[i], family) && add_options(table, first, commands[i], true) != 0)
            return -1;
    size_t verbs = table->count;
    for (size_t i = 0; i < command_count; i++) {
        struct own_maps maps = own_maps_of(commands[i]);
        if (is_of(commands[i], family) && maps.verb.size > 0 &&
            add_map(table, maps.verb, commands[i]->summary) != 0)
            return -1;
    }
    close_map(table, map, first);
    return fill_verbs(table, family, verbs);
}

/* ---- All of it. */

static bool is_first_of_family(size_t index) {
    for (size_t i = 0; i < index; i++)
        if (hr_slice_equal(own_maps_of(commands[i]).family, own_maps_of(commands[index]).family))
            return false;
    return true;
}

/* 0 or -1. */
static int fill(struct own_table *table) {
    for (size_t i = 0; i < command_count; i++) {
        struct own_maps maps = own_maps_of(commands[i]);
        const char *doc =
            maps.verb.size > 0 ? "Options of all commands of this family" : commands[i]->summary;
        if (is_first_of_family(i) && add_map(table, maps.family, doc) != 0) return -1;
    }
    table->schema.field_count = table->count;
    for (size_t map = 0; map < table->schema.field_count; map++)
        if (fill_family(table, map) != 0) return -1;
    return 0;
}

static size_t options_of(const struct command *command) {
    size_t count = 0;
    for (const struct option_group *group = command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++) count++;
    return count;
}

/* Room for each option twice, and for each command's maps. */
static int make_room(struct own_table *table) {
    for (size_t i = 0; i < command_count; i++) {
        table->capacity += 2 * options_of(commands[i]) + 2;
        if (commands[i]->values_size > table->values_size)
            table->values_size = commands[i]->values_size;
    }
    table->fields = calloc(table->capacity, sizeof *table->fields);
    table->leaves = calloc(table->capacity, sizeof *table->leaves);
    table->schema = (struct hr_config_schema){
        .title = "headrace", .fields = table->fields, .size = table->capacity * OWN_SLOT_SIZE};
    return table->fields && table->leaves ? 0 : -1;
}

const struct own_table *own_table(void) {
    assert(commands);
    if (!made.fields && (make_room(&made) != 0 || fill(&made) != 0)) {
        made = (struct own_table){.fields = NULL}; /* at the end of memory nothing is freed */
        return NULL;
    }
    return &made;
}
