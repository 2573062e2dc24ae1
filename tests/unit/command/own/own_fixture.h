/* What tests of the command's own configuration share: all commands, and a parse with files. */
#ifndef TESTS_OWN_FIXTURE_H
#define TESTS_OWN_FIXTURE_H

#include "command_fixture.h"

#include "commands.h"
#include "own.h"

static const struct command *const own_all[] = {
    &command_http,        &command_serve_s3,     &command_s3_ls,       &command_s3_cp,
    &command_s3_cat,      &command_s3_rm,        &command_s3_mb,       &command_s3_rb,
    &command_s3_stat,     &command_s3_presign,   &command_s3_tag,      &command_s3_versions,
    &command_s3_sync,     &command_s3_du,        &command_s3_find,     &command_s3_uploads,
    &command_s3_whoami,   &command_s3_api,       &command_bench_s3,    &command_bench_http,
    &command_bench_log,   &command_bench_config, &command_log_cat,     &command_log_ctl,
    &command_log_recover, &command_config_check, &command_config_show, &command_config_get,
    &command_config_diff, &command_proxy_faults, &command_report,
};

static void unset(const char *names) {
    char name[64];
    struct hr_slice rest = hr_slice_of(names ? names : ""), part;
    while (hr_slice_cut(&rest, ',', &part)) {
        part = hr_slice_trim(part);
        snprintf(name, sizeof name, "%.*s", (int)part.size, part.data);
        unsetenv(name);
    }
}

/* No variable that an option may come from is set; the working folder is an empty one. */
__attribute__((unused)) static void own_fixture_open(void) {
    for (size_t i = 0; i < COUNT(own_all); i++)
        for (const struct option_group *group = own_all[i]->groups; group->title; group++)
            for (const struct option *option = group->options; option->name; option++)
                unset(option->environment);
    unsetenv("XDG_CONFIG_HOME");
    fixture_open();
    setenv("HOME", fixture_folder, 1);
    cr_assert_eq(chdir(fixture_folder), 0);
    own_begin(own_all, COUNT(own_all));
}

__attribute__((unused)) static void own_fixture_close(void) {
    own_end();
    fixture_close();
}

/* A parse of `words` as main does it. */
__attribute__((unused)) static enum option_result
own_fixture_parse(const struct command *command, void *values, struct command_call *call,
                  const char *const *words, char why[OPTION_WHY_SIZE]) {
    static char *argv[OPTION_ARGUMENT_MAX];
    int count = 0;
    for (; words[count]; count++) argv[count] = (char *)(size_t)words[count];
    memset(values, 0, command->values_size);
    *call = (struct command_call){.command = command, .configure = own_configure};
    why[0] = '\0';
    own_end();
    return option_parse(call, values, count, argv, why);
}

#endif
