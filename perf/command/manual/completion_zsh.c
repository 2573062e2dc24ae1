/* The completion of zsh: _arguments for each command. */
#include <string.h>

#include "manual_tables.h"
#include "own_table.h"

static const struct manual_quoting quoting = {"[]:\\`$\"", "'\\''"};

static void put_action(FILE *out, const struct option *option) {
    fputs(":value:", out);
    if (option->choices) {
        putc('(', out);
        for (const char *at = option->choices; *at; at++) putc(*at == '|' ? ' ' : *at, out);
        putc(')', out);
    } else if (manual_is_folder(option)) {
        fputs("_files -/", out);
    } else if (manual_is_path(option)) {
        fputs("_files", out);
    } else {
        putc(' ', out);
    }
}

struct spec {
    FILE *out;
    const struct option *option;
};

static void put_spec(const struct spec *spec, const char *dashes, const char *name, size_t size) {
    bool value = option_takes_value(spec->option), again = spec->option->type == OPTION_LIST;
    fprintf(spec->out, "      '%s%s%.*s%s[", again ? "*" : "", dashes, (int)size, name,
            !value      ? ""
            : dashes[1] ? "="
                        : "+");
    manual_brief(spec->out, spec->option->help, &quoting);
    putc(']', spec->out);
    if (value) put_action(spec->out, spec->option);
    fputs("' \\\n", spec->out);
}

static void put_long(void *user, const char *name, size_t size) {
    put_spec(user, "--", name, size);
}

static void put_option(void *user, const struct option *option) {
    const struct spec spec = {user, option};
    manual_each_name(option, put_long, (void *)&spec);
    if (option->short_name) put_spec(&spec, "-", &option->short_name, 1);
}

static void put_command(FILE *out, const struct command *command) {
    fprintf(out, "  '%s')\n    _arguments -s \\\n", command->path);
    manual_each(command, put_option, out);
    fputs("      '*:argument:_files' ;;\n", out);
}

static void put_described(FILE *out, const char *word, const char *summary) {
    fprintf(out, "      '%s:", word);
    manual_brief(out, summary, &quoting);
    fputs("'\n", out);
}

static void put_first_words(FILE *out) {
    fputs("  if ((CURRENT == 2)); then\n    verbs=(\n", out);
    for (size_t i = 0; own_command(i); i++)
        if (manual_begins_family(i))
            put_described(out, manual_path_of(own_command(i)).first, own_command(i)->summary);
    fputs("      'help:Help for a command'\n    )\n    _describe command verbs\n    return\n  fi\n",
          out);
}

static void put_verbs(FILE *out, size_t family) {
    const struct manual_path path = manual_path_of(own_command(family));
    if (!*path.second) return;
    fprintf(out, "  '%s')\n    verbs=(\n", path.first);
    for (size_t i = family; own_command(i); i++) {
        const struct manual_path each = manual_path_of(own_command(i));
        if (strcmp(each.first, path.first) == 0)
            put_described(out, each.second, own_command(i)->summary);
    }
    fputs("    )\n    if ((CURRENT == 3)); then\n      _describe verb verbs\n      return\n    fi\n"
          "    verb=\"$words[2] $words[3]\"\n    shift 2 words\n    ((CURRENT -= 2)) ;;\n",
          out);
}

void completion_zsh(FILE *out) {
    const struct command *command;
    fputs("#compdef headrace\n# Written by 'headrace completion zsh'.\n"
          "_headrace() {\n  local verb=$words[2]\n  local -a verbs\n",
          out);
    put_first_words(out);
    fputs("  case $verb in\n", out);
    for (size_t i = 0; own_command(i); i++)
        if (manual_begins_family(i)) put_verbs(out, i);
    fputs("  *)\n    shift words\n    ((CURRENT -= 1)) ;;\n  esac\n  case $verb in\n", out);
    for (size_t i = 0; (command = own_command(i)); i++) put_command(out, command);
    fputs("  esac\n}\n_headrace \"$@\"\n", out);
}
