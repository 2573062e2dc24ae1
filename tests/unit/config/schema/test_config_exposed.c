/* Files with secrets in them, which others can write or read. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config_schema.h>

#include "scratch_folder.h"

struct store {
    const char *user, *password;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct store, user, HR_STRING),
    HR_FIELD(struct store, password, HR_SECRET),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct store, fields);

/* A load of service.yaml, or of service.env. */
struct load {
    bool env_file, strict;
    const char *text;
    mode_t mode;
    uid_t owner; /* 0: it stays as it is */
    int result;
    size_t errors, warnings;
    char message[512];
};

static void run(struct load *load) {
    const char *name = load->env_file ? "service.env" : "service.yaml", *path;
    struct hr_config_options options = {
        .no_environment = true, .schema = &schema, .strict = load->strict};
    hr_config_problems *problems = NULL;
    hr_config *config = NULL;
    scratch_make();
    scratch_write(name, load->text);
    path = scratch_at(name);
    cr_assert_eq(chmod(path, load->mode), 0);
    if (load->owner) cr_assert_eq(chown(path, load->owner, (gid_t)-1), 0);
    *(load->env_file ? &options.env_files : &options.files) = &path;
    *(load->env_file ? &options.env_file_count : &options.file_count) = 1;
    load->result = hr_config_load(&options, &problems, NULL, &config);
    load->errors = hr_config_problems_of(problems, HR_CONFIG_ERROR);
    load->warnings = hr_config_problems_of(problems, HR_CONFIG_WARNING);
    const struct hr_config_problem *first = hr_config_problems_at(problems, 0);
    if (first) hr_config_problem_text(first, load->message, sizeof load->message);
    cr_assert_null(strstr(load->message, "hunter2"));
    hr_config_problems_free(problems);
    hr_config_free(config);
    scratch_remove();
}

#define YAML "user: me\npassword: hunter2\n"

Test(config_exposed, a_file_of_its_owner_alone_is_taken_in_silence) {
    struct load load = {.text = YAML, .mode = 0600, .strict = true};
    run(&load);
    cr_assert_eq(load.result, 0);
    cr_assert_eq(load.warnings, 0);
}

Test(config_exposed, others_that_can_read_it_are_warned_of_once_and_refused_when_strict) {
    struct load load = {.text = YAML, .mode = 0644};
    run(&load);
    cr_assert_eq(load.result, 0);
    cr_assert_eq(load.warnings, 1);
    cr_assert_not_null(strstr(load.message, "others can read"));
    load = (struct load){.text = YAML, .mode = 0644, .strict = true};
    run(&load);
    cr_assert_eq(load.result, HR_ERR_CONFIG);
    cr_assert_not_null(strstr(load.message, "chmod g-w,o-r"));
}

Test(config_exposed, others_that_can_write_it_are_refused) {
    struct load load = {.text = YAML, .mode = 0602};
    run(&load);
    cr_assert_eq(load.result, HR_ERR_CONFIG);
    cr_assert_eq(load.errors, 1);
    cr_assert_not_null(strstr(load.message, "service.yaml: error: all users can write it"), "%s",
                       load.message);
}

Test(config_exposed, another_owner_is_refused) {
    struct load load = {.text = YAML, .mode = 0600, .owner = 12345};
    if (geteuid() != 0) cr_skip_test("it takes root to give a file away");
    run(&load);
    cr_assert_eq(load.result, HR_ERR_CONFIG);
    cr_assert_not_null(strstr(load.message, "another user owns it"), "%s", load.message);
}

Test(config_exposed, a_file_without_a_secret_may_be_anybodys) {
    struct load load = {.text = "user: me\npassword: null\n", .mode = 0666, .strict = true};
    run(&load);
    cr_assert_eq(load.result, 0);
    cr_assert_eq(load.warnings, 0);
}

Test(config_exposed, an_env_file_is_judged_alike) {
    struct load load = {.env_file = true, .text = "ESPER_PASSWORD=hunter2\n", .mode = 0602};
    run(&load);
    cr_assert_eq(load.result, HR_ERR_CONFIG);
    cr_assert_not_null(strstr(load.message, "service.env: error: all users can write it"), "%s",
                       load.message);
}
