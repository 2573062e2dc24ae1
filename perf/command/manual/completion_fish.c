/* The completion of fish: a line for each word and each option. */
#include <string.h>

#include "manual_tables.h"
#include "own_table.h"

static const struct manual_quoting quoting = {"\\`$\"", "\\'"};

struct line {
    FILE *out;
    const char *path;
    const struct option *option;
};

static void put_action(FILE *out, const struct option *option) {
    if (!option_takes_value(option)) return;
    if (option->choices) {
        fputs(" -x -a '", out);
        for (const char *at = option->choices; *at; at++) putc(*at == '|' ? ' ' : *at, out);
        fputs("'", out);
    } else {
        fputs(manual_is_path(option) ? " -r -F" : " -x", out);
    }
}

static void put_name(void *user, const char *name, size_t size) {
    const struct line *line = user;
    bool own = strlen(line->option->name) == size && memcmp(line->option->name, name, size) == 0;
    fprintf(line->out, "complete -c headrace -n '__headrace_is %s' -l %.*s", line->path, (int)size,
            name);
    if (own && line->option->short_name) fprintf(line->out, " -s %c", line->option->short_name);
    put_action(line->out, line->option);
    fputs(" -d '", line->out);
    manual_brief(line->out, line->option->help, &quoting);
    fputs("'\n", line->out);
}

static void put_option(void *user, const struct option *option) {
    struct line line = *(const struct line *)user;
    line.option = option;
    manual_each_name(option, put_name, &line);
}

static void put_word(FILE *out, const char *path, const char *word, const char *summary) {
    fprintf(out, "complete -c headrace -f -n '__headrace_is %s' -a %s -d '", path, word);
    manual_brief(out, summary, &quoting);
    fputs("'\n", out);
}

static void put_words(FILE *out) {
    for (size_t i = 0; own_command(i); i++) {
        const struct manual_path path = manual_path_of(own_command(i));
        if (manual_begins_family(i)) put_word(out, "", path.first, own_command(i)->summary);
        if (*path.second) put_word(out, path.first, path.second, own_command(i)->summary);
    }
    put_word(out, "", "help", "Help for a command");
}

/* Whether the words in front of the cursor that are no options are those of `argv`: all of them
 * where they are the words of a command yet to be completed. */
static const char head[] = "# fish completion of headrace; written by 'headrace completion fish'.\n"
                           "function __headrace_is\n"
                           "    set -l words (commandline -opc | string match -v -- '-*')[2..]\n"
                           "    set -l families";
static const char behind[] =
    "\n"
    "    if test (count $argv) -eq 0; or begin; test (count $argv) -eq 1; and contains -- $argv[1] "
    "$families; end\n"
    "        test \"$words\" = \"$argv\"\n"
    "    else\n"
    "        set -l size (count $argv)\n"
    "        test \"$words[1..$size]\" = \"$argv\"\n"
    "    end\n"
    "end\n";

void completion_fish(FILE *out) {
    const struct command *command;
    fputs(head, out);
    for (size_t i = 0; own_command(i); i++) {
        const struct manual_path path = manual_path_of(own_command(i));
        if (manual_begins_family(i) && *path.second) fprintf(out, " %s", path.first);
    }
    fputs(behind, out);
    put_words(out);
    for (size_t i = 0; (command = own_command(i)); i++) {
        struct line line = {.out = out, .path = command->path};
        manual_each(command, put_option, &line);
    }
}
