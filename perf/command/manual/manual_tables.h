/* The option tables of all commands, as the manual page and the completions go through them. */
#ifndef COMMAND_MANUAL_TABLES_H
#define COMMAND_MANUAL_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "options.h"

/* The words of a path, "s3 cp". */
struct manual_path {
    char first[24], second[24]; /* second: "" where there is one word */
};
struct manual_path manual_path_of(const struct command *command);

/* Whether the command is the first with that first word. */
bool manual_begins_family(size_t index);

/* Whether two commands have the table. */
bool manual_is_shared(const struct option_group *group);
/* The n-th of the tables that several commands have; NULL: no more. `command`: the first of these.
 */
const struct option_group *manual_shared(size_t index, const struct command **command);
/* Its title; with the first command behind it where another shared table has the same. */
void manual_shared_title(const struct option_group *group, const struct command *command,
                         char *title, size_t size);

/* Calls `each` with every option of the command: those of its tables, of all commands, and help. */
typedef void manual_each_fn(void *user, const struct option *option);
void manual_each(const struct command *command, manual_each_fn *each, void *user);

/* Whether its value is the name of a file or a folder. */
bool manual_is_path(const struct option *option);
bool manual_is_folder(const struct option *option);

/* Calls `each` with every long name of the option: its own and its aliases. */
typedef void manual_name_fn(void *user, const char *name, size_t size);
void manual_each_name(const struct option *option, manual_name_fn *each, void *user);

/* Writes the first sentence of a help between single quotes of a shell: as many words as have room,
 * without the characters of `unwanted`; `quote` stands for a quote. */
struct manual_quoting {
    const char *unwanted, *quote;
};
void manual_brief(FILE *out, const char *help, const struct manual_quoting *quoting);

/* The forms; to `out`. */
void manual_page(FILE *out);
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
