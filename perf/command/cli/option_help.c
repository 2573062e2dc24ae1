/* The help of a command, out of its option tables. */
#include "options.h"

#include <string.h>

#define HELP_COLUMN 30
#define HELP_WIDTH  96

/* Writes `text` in lines that end before HELP_WIDTH, each after `column` blanks; the cursor is
 * there. */
static void write_wrapped(FILE *out, const char *text, int column) {
    int at = column;
    for (const char *word = text; *word;) {
        int size = (int)strcspn(word, " ");
        if (at > column && at + 1 + size > HELP_WIDTH) {
            fprintf(out, "\n%*s", column, "");
            at = column;
        }
        at += fprintf(out, "%s%.*s", at > column ? " " : "", size, word);
        word += size;
        word += strspn(word, " ");
    }
    fputc('\n', out);
}

/* " (also --max-time, --timeout)" */
static void put_aliases(const char *aliases, char *text, size_t size) {
    FILE *out = fmemopen(text, size, "w");
    if (!out) return;
    fputs(" (also ", out);
    for (const char *at = aliases; *at;) {
        size_t length = strcspn(at, "|");
        fprintf(out, "--%.*s%s", (int)length, at, at[length] ? ", " : ")");
        at += length + (at[length] == '|');
    }
    fclose(out);
}

/* Lines of commands, the remark behind '#' in a column of its own. */
static void write_examples(const char *examples, FILE *out) {
    fputs("\nExamples:\n", out);
    for (const char *at = examples; *at;) {
        size_t length = strcspn(at, "\n");
        fprintf(out, "  %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void option_help_line(const struct option *option, FILE *out) {
    char left[80], text[700];
    const char letter[] = {'-', option->short_name, ',', ' ', '\0'};
    snprintf(left, sizeof left, "  %s--%s%s%s", option->short_name ? letter : "", option->name,
             option->placeholder ? " " : "", option->placeholder ? option->placeholder : "");
    if (strlen(left) > HELP_COLUMN - 2)
        fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
    else
        fprintf(out, "%-*s", HELP_COLUMN, left);
    int size = snprintf(text, sizeof text, "%s", option->help);
    if (option->standard && size > 0 && (size_t)size < sizeof text)
        size +=
            snprintf(text + size, sizeof text - (size_t)size, " (default %s)", option->standard);
    if (option->environment && size > 0 && (size_t)size < sizeof text)
        size += snprintf(text + size, sizeof text - (size_t)size, " [%s]", option->environment);
    if (option->aliases && size > 0 && (size_t)size < sizeof text)
        put_aliases(option->aliases, text + size, sizeof text - (size_t)size);
    write_wrapped(out, text, HELP_COLUMN);
}

static void group_help(const struct option_group *group, FILE *out) {
    fprintf(out, "\n%s:\n", group->title);
    for (const struct option *option = group->options; option->name; option++)
        option_help_line(option, out);
}

void option_help(const struct command *command, FILE *out) {
    bool has_options = command->groups[0].title;
    fprintf(out, "usage: headrace %s%s%s%s\n\n", command->path, has_options ? " [options]" : "",
            *command->arguments ? " " : "", command->arguments);
    write_wrapped(out, command->summary, 0);
    if (command->details) {
        fputc('\n', out);
        write_wrapped(out, command->details, 0);
    }
    for (const struct option_group *group = command->groups; group->title; group++)
        group_help(group, out);
    group_help(&option_common_group, out);
    if (command->examples) write_examples(command->examples, out);
    fputs("\nExit codes: 0 done, 1 the work failed, 2 wrong usage, 3 the environment cannot run it;"
          "\n128 + the signal's number when one ended it.\n",
          out);
}
