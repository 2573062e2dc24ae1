/* Going through the tables of all commands. */
#include "manual_tables.h"

#include <string.h>

#include "own_table.h"

#define BRIEF_MAX 80

struct manual_path manual_path_of(const struct command *command) {
    struct manual_path path = {.second = ""};
    const char *space = strchr(command->path, ' ');
    size_t size = space ? (size_t)(space - command->path) : strlen(command->path);
    snprintf(path.first, sizeof path.first, "%.*s", (int)size, command->path);
    if (space) snprintf(path.second, sizeof path.second, "%s", space + 1);
    return path;
}

bool manual_begins_family(size_t index) {
    const struct manual_path path = manual_path_of(own_command(index));
    for (size_t i = 0; i < index; i++) {
        const struct manual_path before = manual_path_of(own_command(i));
        if (strcmp(path.first, before.first) == 0) return false;
    }
    return true;
}

/* ---- Tables of several commands. */

static size_t uses_of(const struct option *table) {
    const struct command *command;
    size_t uses = 0;
    for (size_t i = 0; (command = own_command(i)); i++)
        for (const struct option_group *group = command->groups; group->title; group++)
            uses += group->options == table;
    return uses;
}

bool manual_is_shared(const struct option_group *group) {
    return uses_of(group->options) > 1;
}

/* Whether a command before has the table. */
static bool is_known(const struct option_group *group, size_t before) {
    for (size_t i = 0; i < before; i++)
        for (const struct option_group *each = own_command(i)->groups; each->title; each++)
            if (each->options == group->options) return true;
    return false;
}

const struct option_group *manual_shared(size_t index, const struct command **command) {
    for (size_t i = 0; (*command = own_command(i)); i++)
        for (const struct option_group *group = (*command)->groups; group->title; group++)
            if (manual_is_shared(group) && !is_known(group, i) && index-- == 0) return group;
    return NULL;
}

void manual_shared_title(const struct option_group *group, const struct command *command,
                         char *title, size_t size) {
    const struct option_group *other;
    const struct command *first;
    bool alone = true;
    for (size_t i = 0; (other = manual_shared(i, &first)); i++)
        if (other->options == group->options)
            command = first;
        else
            alone = alone && strcmp(other->title, group->title) != 0;
    if (alone)
        snprintf(title, size, "%s", group->title);
    else
        snprintf(title, size, "%s (%s)", group->title, command->path);
}

/* ---- Options. */

static const struct option help = {.name = "help",
                                   .type = OPTION_FLAG,
                                   .help = "Show the options of the command",
                                   .short_name = 'h'};

void manual_each(const struct command *command, manual_each_fn *each, void *user) {
    for (const struct option_group *group = command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++)
            each(user, option);
    for (const struct option *option = option_common_group.options; option->name; option++)
        each(user, option);
    each(user, &help);
}

static bool has_word(const char *placeholder, const char *word) {
    return placeholder && strstr(placeholder, word);
}

bool manual_is_folder(const struct option *option) {
    return has_word(option->placeholder, "DIR") || has_word(option->placeholder, "FOLDER");
}

bool manual_is_path(const struct option *option) {
    return has_word(option->placeholder, "FILE") || has_word(option->placeholder, "PATH") ||
           manual_is_folder(option);
}

void manual_each_name(const struct option *option, manual_name_fn *each, void *user) {
    each(user, option->name, strlen(option->name));
    for (const char *at = option->aliases ? option->aliases : ""; *at;) {
        size_t size = strcspn(at, "|");
        each(user, at, size);
        at += size + (at[size] == '|');
    }
}

/* The bytes of its first sentence, of whole words. */
static size_t sentence_of(const char *text) {
    size_t word = 0;
    for (size_t i = 0; i < BRIEF_MAX; i++) {
        bool ends = text[i] == ';' || (text[i] == '.' && (!text[i + 1] || text[i + 1] == ' '));
        if (!text[i] || ends) return i;
        if (text[i] == ' ') word = i;
    }
    return word;
}

void manual_brief(FILE *out, const char *help_text, const struct manual_quoting *quoting) {
    size_t size = sentence_of(help_text);
    for (size_t i = 0; i < size; i++)
        if (help_text[i] == '\'')
            fputs(quoting->quote, out);
        else if (!strchr(quoting->unwanted, help_text[i]))
            putc(help_text[i], out);
}
