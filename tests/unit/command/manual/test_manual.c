/* The manual page and the completions of a few made commands: tables that are shared stand once, no
 * character of a text is taken for a request or ends a quote. */
#include "command_fixture.h"

#include "manual_tables.h"
#include "own.h"

static const struct option one[] = {
    {"json", NULL, OPTION_FLAG, 0, .help = ".starts with a dot, has a \\ and a 'word'"},
    {"mode", "MODE", OPTION_CHOICE, 0, .choices = "fast|slow", .standard = "slow", .help = "How"},
    {.name = NULL}};
static const struct option both[] = {{"out", "FILE", OPTION_STRING, 0,
                                      .help = "Where to; a second part", .short_name = 'o',
                                      .aliases = "output|to"},
                                     {.name = NULL}};
static const struct option other[] = {
    {"keep", "DIR", OPTION_STRING, 0, .help = "Kept there", .environment = "KEEP"}, {.name = NULL}};

static const struct command first = {.path = "a one",
                                     .arguments = "X",
                                     .summary = "The first one",
                                     .examples = "headrace a one x\n",
                                     .groups = {{"Options", one, 0}, {"Output", both, 0}}};
static const struct command second = {.path = "a two",
                                      .arguments = "",
                                      .summary = "Second's",
                                      .groups = {{"Options", other, 0}, {"Output", both, 0}}};
static const struct command third = {
    .path = "bee", .arguments = "", .summary = "A third", .groups = {{"Options", other, 0}}};
static const struct command *const made[] = {&first, &second, &third};

static char *text;
static size_t text_size;

static void begin(void) {
    own_begin(made, COUNT(made));
}

static void end(void) {
    free(text);
}
TestSuite(manual, .init = begin, .fini = end);

static void write_by(void (*write)(FILE *out)) {
    FILE *out = open_memstream(&text, &text_size);
    write(out);
    fclose(out);
}

static unsigned count_of(const char *part) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

Test(manual, tables_of_several_commands_are_told_apart) {
    const struct command *command;
    cr_expect_eq(manual_shared(0, &command)->options, both);
    cr_expect_eq(command, &first);
    cr_expect_eq(manual_shared(1, &command)->options, other);
    cr_expect_eq(command, &second);
    cr_expect_null(manual_shared(2, &command));
    cr_expect(manual_begins_family(0) && !manual_begins_family(1) && manual_begins_family(2));
}

Test(manual, the_page_has_every_command_and_a_shared_table_once) {
    write_by(manual_page);
    cr_expect_eq(count_of(".SS a one\n"), 1);
    cr_expect_eq(count_of(".SS bee\n"), 1);
    cr_expect_eq(count_of("\\fB\\-o\\fR, \\fB\\-\\-out\\fR, \\fB\\-\\-output\\fR, \\fB\\-\\-to\\fR "
                          "\\fIFILE\\fR\n"),
                 1);
    cr_expect_eq(count_of("And the options of \\fIOutput\\fR, below."), 2);
    cr_expect_eq(count_of("One of:\nfast,\nslow\nDefault:\nslow\n"), 1);
    cr_expect_eq(count_of("Variable:\nKEEP\n"), 1);
}

Test(manual, no_text_of_the_page_is_a_request) {
    write_by(manual_page);
    cr_expect_eq(count_of("\n\\&.starts with a dot, has a \\e and a \\(aqword\\(aq\n"), 1);
    for (const char *line = text; line; line = strchr(line + 1, '\n'))
        if (line[1] == '.') cr_expect(strchr("TSPRnf", line[2]) != NULL, "%.40s", line);
}

Test(manual, bash_has_words_options_and_choices) {
    write_by(completion_bash);
    cr_expect_eq(count_of("  'a') _headrace_words ' one two'; return ;;\n"), 1);
    cr_expect_eq(count_of("--mode|--mode) _headrace_words 'fast slow'; return ;;\n"), 1);
    cr_expect_eq(count_of("--out|--output|--to|-o) _headrace_paths -f; return ;;\n"), 2);
    cr_expect_eq(count_of("--keep|--keep) _headrace_paths -d; return ;;\n"), 2);
}

Test(manual, quotes_of_a_help_end_no_quote_of_a_shell) {
    write_by(completion_zsh);
    cr_expect_eq(count_of("--json[.starts with a dot, has a  and a '\\''word'\\'']'"), 1);
    cr_expect_eq(count_of("'two:Second'\\''s'\n"), 1);
    free(text);
    write_by(completion_fish);
    cr_expect_eq(count_of("-d '.starts with a dot, has a  and a \\'word\\''\n"), 1);
    cr_expect_eq(count_of("-l out -s o -r -F -d 'Where to'\n"), 2);
    cr_expect_eq(count_of("-l mode -x -a 'fast slow' -d 'How'\n"), 1);
}
