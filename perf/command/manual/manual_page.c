/* headrace(1) in the macros of man(7): every command and every option, out of the tables. */
#include <string.h>

#include <headrace/version.h>

#include "manual_tables.h"
#include "own_table.h"

#define TITLE_SIZE 96

/* ---- Text, so that no character of it is taken for a request. */

static void put_text(FILE *out, const char *text, size_t size) {
    bool begins = true;
    for (size_t i = 0; i < size; i++) {
        if (begins && (text[i] == '.' || text[i] == '\'')) fputs("\\&", out);
        begins = text[i] == '\n';
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else if (text[i] == '\'')
            fputs("\\(aq", out);
        else if (text[i] == '^')
            fputs("\\(ha", out);
        else if (text[i] == '~')
            fputs("\\(ti", out);
        else
            putc(text[i], out);
    }
}

static void put(FILE *out, const char *text) {
    put_text(out, text, strlen(text));
}

static void put_line(FILE *out, const char *text) {
    put(out, text);
    putc('\n', out);
}

static void put_heading(FILE *out, const char *macro, const char *text) {
    fprintf(out, "%s ", macro);
    put_line(out, text);
}

/* ---- Options. */

struct names {
    FILE *out;
    bool more;
};

static void put_alias(void *user, const char *name, size_t size) {
    struct names *names = user;
    if (names->more) fputs("\\fR, ", names->out);
    fputs("\\fB\\-\\-", names->out);
    put_text(names->out, name, size);
    names->more = true;
}

/* Words with blanks between them, so that lines can be broken. */
static void put_choices(FILE *out, const char *choices) {
    fputs("One of:\n", out);
    for (const char *at = choices; *at;) {
        size_t size = strcspn(at, "|");
        put_text(out, at, size);
        fputs(at[size] ? ",\n" : "\n", out);
        at += size + (at[size] == '|');
    }
}

static void put_remarks(FILE *out, const struct option *option) {
    if (option->choices) put_choices(out, option->choices);
    if (option->standard) {
        fputs("Default:\n", out);
        put_line(out, option->standard);
    }
    if (option->environment) {
        fputs("Variable:\n", out);
        put_line(out, option->environment);
    }
}

static void put_option(FILE *out, const struct option *option) {
    struct names names = {.out = out};
    fputs(".TP\n", out);
    if (option->short_name) {
        fprintf(out, "\\fB\\-%c", option->short_name);
        names.more = true;
    }
    manual_each_name(option, put_alias, &names);
    fputs("\\fR", out);
    if (option->placeholder) {
        fputs(" \\fI", out);
        put(out, option->placeholder);
        fputs("\\fR", out);
    }
    putc('\n', out);
    put_line(out, option->help);
    put_remarks(out, option);
}

static void put_options(FILE *out, const struct option *options) {
    for (const struct option *option = options; option->name; option++) put_option(out, option);
}

/* ---- Commands. */

static void put_examples(FILE *out, const char *examples) {
    fputs(".PP\nExamples:\n.PP\n.RS 4\n.nf\n", out);
    for (const char *at = examples; *at;) {
        size_t size = strcspn(at, "\n");
        put_text(out, at, size);
        putc('\n', out);
        at += size + (at[size] == '\n');
    }
    fputs(".fi\n.RE\n", out);
}

static void put_group(FILE *out, const struct command *command, const struct option_group *group) {
    char title[TITLE_SIZE];
    if (!manual_is_shared(group)) {
        put_options(out, group->options);
        return;
    }
    manual_shared_title(group, command, title, sizeof title);
    fputs(".PP\nAnd the options of \\fI", out);
    put(out, title);
    fputs("\\fR, below.\n", out);
}

static void put_command(FILE *out, const struct command *command) {
    put_heading(out, ".SS", command->path);
    fputs("\\fBheadrace ", out);
    put(out, command->path);
    fprintf(out, "\\fR%s%s", command->groups[0].title ? " [options]" : "",
            *command->arguments ? " " : "");
    put_line(out, command->arguments);
    fputs(".PP\n", out);
    put(out, command->summary);
    fputs(".\n", out);
    if (command->details) put_line(out, command->details);
    for (const struct option_group *group = command->groups; group->title; group++)
        put_group(out, command, group);
    if (command->examples) put_examples(out, command->examples);
}

static void put_commands(FILE *out) {
    const struct command *command;
    for (size_t i = 0; (command = own_command(i)); i++) put_command(out, command);
}

static void put_shared(FILE *out) {
    const struct option_group *group;
    const struct command *command;
    char title[TITLE_SIZE];
    for (size_t i = 0; (group = manual_shared(i, &command)); i++) {
        manual_shared_title(group, command, title, sizeof title);
        put_heading(out, ".SS", title);
        put_options(out, group->options);
    }
    put_heading(out, ".SS", "All commands");
    put_options(out, option_common_group.options);
}

void manual_page(FILE *out) {
    fprintf(out,
            ".TH HEADRACE 1 \"\" \"headrace %s\" \"User Commands\"\n"
            ".SH NAME\nheadrace \\- HTTP and S3 under load, logs and configurations\n"
            ".SH SYNOPSIS\n\\fBheadrace\\fR \\fICOMMAND\\fR [options] [arguments]\n"
            ".SH DESCRIPTION\n"
            "Sends HTTP requests, serves an S3-compatible store in memory, copies and lists "
            "objects,\nputs load on a store or a web server and measures it, reads logs and "
            "configurations, and\nsays what a kernel or container allows.\n"
            ".PP\nOptions are written\n\\fB\\-\\-name\\fR \\fIVALUE\\fR\nor\n"
            "\\fB\\-\\-name=\\fIVALUE\\fR,\nand may stand before or behind the arguments; "
            "\\fB\\-\\-\\fR ends them, and\n\\fB\\-\\-no\\-\\fINAME\\fR\nswitches a flag off "
            "again.\nSizes are bytes or have a unit (64KiB, 1MiB), and so have durations (500ms, "
            "30s, 5m).\n.SH COMMANDS\n",
            hr_version_string());
    put_commands(out);
    fputs(".SH OPTIONS OF SEVERAL COMMANDS\n", out);
    put_shared(out);
    fputs(".SH EXIT STATUS\n"
          "0: done. 1: the work failed. 2: wrong usage. 3: the environment cannot run it.\n"
          "128 + the signal\\(aqs number where one ended it.\n"
          ".SH FILES\n.TP\nheadrace.yaml\nOptions that are the same each time: here, in\n"
          "\\(ti/.config/headrace\nor in\n/etc/headrace.\n",
          out);
}
