/* The help of a command has all that its tables say. */
#include "command_fixture.h"

#include <stddef.h>

#include "commands.h"

static const struct command *const all[] = {
    &command_http,        &command_serve_s3,     &command_s3_ls,    &command_s3_cp,
    &command_s3_cat,      &command_s3_rm,        &command_s3_mb,    &command_s3_rb,
    &command_s3_stat,     &command_s3_presign,   &command_s3_tag,   &command_s3_versions,
    &command_s3_sync,     &command_s3_du,        &command_s3_find,  &command_s3_uploads,
    &command_s3_whoami,   &command_s3_api,       &command_bench_s3, &command_bench_http,
    &command_bench_log,   &command_bench_config, &command_log_cat,  &command_log_ctl,
    &command_log_recover, &command_proxy_faults, &command_report,
};

static char help[CAPTURED_MAX];

static void read_help(const struct command *command) {
    FILE *out = fmemopen(help, sizeof help, "w");
    cr_assert_not_null(out);
    option_help(command, out);
    cr_assert_eq(fclose(out), 0);
}

Test(option_help, every_option_of_every_command_has_its_line) {
    for (size_t i = 0; i < COUNT(all); i++) {
        read_help(all[i]);
        for (const struct option_group *group = all[i]->groups; group->title; group++) {
            char title[64];
            snprintf(title, sizeof title, "\n%s:\n", group->title);
            cr_expect_not_null(strstr(help, title), "%s: %s", all[i]->path, title);
            for (const struct option *option = group->options; option->name; option++) {
                char line[96];
                snprintf(line, sizeof line, "--%s%s%s", option->name,
                         option->placeholder ? " " : "",
                         option->placeholder ? option->placeholder : "");
                cr_expect_not_null(strstr(help, line), "%s: %s", all[i]->path, line);
                cr_expect_not_null(option->help, "%s: %s", all[i]->path, line);
            }
        }
    }
}

Test(option_help, no_line_is_longer_than_a_terminal_of_96) {
    for (size_t i = 0; i < COUNT(all); i++) {
        read_help(all[i]);
        for (const char *line = help; *line;) {
            size_t size = strcspn(line, "\n");
            cr_expect(size <= 96 || strncmp(line, "  headrace ", 11) == 0 ||
                          strstr(line, "| headrace"),
                      "%s: %.*s", all[i]->path, (int)size, line);
            line += size + (line[size] == '\n');
        }
    }
}

/* Two options of one command with one name, letter or alias: the second could never be given. */
Test(option_help, names_letters_and_aliases_are_unique_in_a_command) {
    for (size_t i = 0; i < COUNT(all); i++) {
        static const char *names[256];
        size_t count = 0;
        char letters[128] = "";
        for (const struct option_group *group = all[i]->groups; group->title; group++) {
            for (const struct option *option = group->options; option->name; option++) {
                for (size_t j = 0; j < count; j++)
                    cr_expect_str_neq(names[j], option->name, "%s", all[i]->path);
                names[count++] = option->name;
                if (!option->short_name) continue;
                cr_expect_null(strchr(letters, option->short_name), "%s: -%c", all[i]->path,
                               option->short_name);
                letters[strlen(letters)] = option->short_name;
            }
        }
        cr_expect(count > 0);
    }
}

struct values {
    const char *text;
};

Test(option_help, the_form_of_a_line) {
    static const struct option table[] = {
        {"size", "SIZE", OPTION_SIZE, 0, .standard = "64KiB", .environment = "UNIT_SIZE",
         .short_name = 's', .aliases = "bytes|length", .help = "How large it is"},
        {"a-name-that-is-too-long-for-it", "VALUE", OPTION_STRING, 0, .help = "Beside it"},
        {"flag", NULL, OPTION_FLAG, 0, .help = "On or off"},
        {.name = NULL}};
    static const struct command command = {.path = "unit",
                                           .arguments = "[FILE]",
                                           .summary = "Does it",
                                           .examples = "headrace unit a # one\n",
                                           .values_size = sizeof(struct values),
                                           .groups = {{"Options", table, 0}}};
    read_help(&command);
    cr_expect_eq(strncmp(help, "usage: headrace unit [options] [FILE]\n\nDoes it\n", 47), 0, "%s",
                 help);
    cr_expect_not_null(strstr(help, "  -s, --size SIZE             How large it is (default "
                                    "64KiB) [UNIT_SIZE] (also --bytes,\n"
                                    "                              --length)\n"),
                       "%s", help);
    cr_expect_not_null(strstr(help, "  --a-name-that-is-too-long-for-it VALUE\n"
                                    "                              Beside it\n"),
                       "%s", help);
    cr_expect_not_null(strstr(help, "  --flag                      On or off\n"), "%s", help);
    cr_expect_not_null(strstr(help, "\nExamples:\n  headrace unit a # one\n"), "%s", help);
}

Test(option_help, the_defaults_of_every_command_are_values_that_it_takes) {
    for (size_t i = 0; i < COUNT(all); i++) {
        void *values = calloc(1, all[i]->values_size);
        struct command_call call;
        char why[OPTION_WHY_SIZE];
        const char *words[4] = {"a", "b", NULL, NULL};
        words[all[i]->arguments_min < 2 ? all[i]->arguments_min : 2] = NULL;
        unsetenv("TMPDIR");
        unsetenv("HEADRACE_SERVE_ACCESS_KEY");
        unsetenv("HEADRACE_SERVE_SECRET_KEY");
        cr_expect_eq(fixture_parse(all[i], values, &call, words, why), OPTION_PARSED, "%s: %s",
                     all[i]->path, why);
        free(values);
    }
}
