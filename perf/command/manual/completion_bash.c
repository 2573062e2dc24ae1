/* The completion of bash: words of commands, names of options, choices, files. */
#include <string.h>

#include "manual_tables.h"
#include "own_table.h"

static void put_name(void *user, const char *name, size_t size) {
    fprintf(user, " --%.*s", (int)size, name);
}

static void put_names(void *user, const struct option *option) {
    FILE *out = user;
    manual_each_name(option, put_name, out);
    if (option->short_name) fprintf(out, " -%c", option->short_name);
}

/* A pattern of all names: "--color|-c". */
static void put_pattern(void *user, const char *name, size_t size) {
    fprintf(user, "--%.*s|", (int)size, name);
}

static void put_value(void *user, const struct option *option) {
    FILE *out = user;
    if (!option_takes_value(option)) return;
    fputs("    ", out);
    manual_each_name(option, put_pattern, out);
    if (option->short_name)
        fprintf(out, "-%c) ", option->short_name);
    else
        fprintf(out, "--%s) ", option->name);
    if (option->choices) {
        fputs("_headrace_words '", out);
        for (const char *at = option->choices; *at; at++) putc(*at == '|' ? ' ' : *at, out);
        fputs("'", out);
    } else if (manual_is_folder(option)) {
        fputs("_headrace_paths -d", out);
    } else if (manual_is_path(option)) {
        fputs("_headrace_paths -f", out);
    } else {
        fputs("COMPREPLY=()", out);
    }
    fputs("; return ;;\n", out);
}

static void put_command(FILE *out, const struct command *command) {
    fprintf(out, "  '%s')\n    options='", command->path);
    manual_each(command, put_names, out);
    fputs("'\n    case $previous in\n", out);
    manual_each(command, put_value, out);
    fputs("    esac ;;\n", out);
}

static void put_first_words(FILE *out) {
    fputs("  '') _headrace_words 'help --version --help", out);
    for (size_t i = 0; own_command(i); i++)
        if (manual_begins_family(i)) fprintf(out, " %s", manual_path_of(own_command(i)).first);
    fputs("'; return ;;\n", out);
}

/* "s3") the verbs of it. */
static void put_verbs(FILE *out, size_t family) {
    const struct manual_path path = manual_path_of(own_command(family));
    if (!*path.second) return;
    fprintf(out, "  '%s') _headrace_words '", path.first);
    for (size_t i = family; own_command(i); i++) {
        const struct manual_path each = manual_path_of(own_command(i));
        if (strcmp(each.first, path.first) == 0) fprintf(out, " %s", each.second);
    }
    fputs("'; return ;;\n", out);
}

static const char head[] =
    "# bash completion of headrace; written by 'headrace completion bash'.\n"
    "_headrace_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$current\")); }\n"
    "_headrace_paths() { compopt -o filenames; COMPREPLY=($(compgen \"$1\" -- \"$current\")); }\n"
    "_headrace() {\n"
    "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word "
    "options i\n"
    "  local IFS=$' \\t\\n'\n"
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "    word=${COMP_WORDS[i]}\n"
    "    case $path:$word in\n"
    "    *:-*) ;;\n"
    "    :help) ;;\n";

/* The words so far that are a command's. */
static void put_path_cases(FILE *out) {
    for (size_t i = 0; own_command(i); i++) {
        const struct manual_path path = manual_path_of(own_command(i));
        if (manual_begins_family(i)) fprintf(out, "    ':%s') path=$word ;;\n", path.first);
        if (*path.second)
            fprintf(out, "    '%s:%s') path='%s' ;;\n", path.first, path.second,
                    own_command(i)->path);
    }
}

void completion_bash(FILE *out) {
    const struct command *command;
    fputs(head, out);
    put_path_cases(out);
    fputs("    esac\n  done\n  case $path in\n", out);
    put_first_words(out);
    for (size_t i = 0; own_command(i); i++)
        if (manual_begins_family(i)) put_verbs(out, i);
    for (size_t i = 0; (command = own_command(i)); i++) put_command(out, command);
    fputs("  esac\n"
          "  if [[ $current == -* ]]; then _headrace_words \"$options\"; "
          "else _headrace_paths -f; fi\n"
          "}\n"
          "complete -F _headrace headrace\n",
          out);
}
