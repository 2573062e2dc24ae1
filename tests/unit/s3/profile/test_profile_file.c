#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile.h"

static char folder[64], path[96];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/profile.XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/config", folder);
    setenv("HOME", folder, 1);
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
}

static void drop_folder(void) {
    remove(path);
    rmdir(folder);
}

TestSuite(profile_file, .init = make_folder, .fini = drop_folder);

static void write_file(const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

static int load(const char *config, struct hr_error *error, struct hr__profiles **profiles) {
    struct hr__profile_paths paths;
    setenv("AWS_CONFIG_FILE", config, 1);
    cr_assert_eq(hr__profile_paths(error, &paths), 0);
    return hr__profiles_load(&paths, error, profiles);
}

static void expect_bad(const char *config, const char *names) {
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    cr_expect_eq(load(config, &error, &profiles), HR_ERR_S3_PROFILE);
    cr_expect_null(profiles);
    cr_expect(strstr(error.message, names), "%s", error.message);
    cr_expect(strstr(error.message, config), "%s", error.message);
}

Test(profile_file, a_file_is_read_and_named) {
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    write_file("[default]\nregion = eu-west-1");
    cr_assert_eq(load("~/config", &error, &profiles), 0, "%s", error.message);
    struct hr__profile profile = {profiles, HR__PROFILE_PROFILE, hr_slice_of("default")};
    struct hr__profile_value value;
    cr_assert(hr__profile_get(&profile, "region", &value));
    cr_expect_str_eq(value.text.data, "eu-west-1");
    cr_expect_str_eq(value.path, path);
    cr_expect_str_eq(hr__profiles_path(profiles, HR__PROFILE_CONFIG), path);
    hr__profiles_free(profiles);
}

Test(profile_file, one_that_is_missing_or_a_null_device_is_empty) {
    const char *const paths[] = {path, "/dev/null", "/dev/null/config", "~/no/config"};
    for (size_t i = 0; i < 4; i++) {
        struct hr__profiles *profiles = NULL;
        struct hr_error error = {0};
        cr_assert_eq(load(paths[i], &error, &profiles), 0, "%s", error.message);
        struct hr__profile profile = {profiles, HR__PROFILE_PROFILE, hr_slice_of("default")};
        cr_expect_not(hr__profile_exists(&profile));
        hr__profiles_free(profiles);
    }
}

Test(profile_file, what_is_no_file_is_refused_and_not_waited_for) {
    expect_bad(folder, "is a folder");
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_bad(path, "a FIFO");
    expect_bad("/dev/zero", "has grown");
    remove(path);
    write_file("x");
    cr_assert_eq(truncate(path, (off_t)HR__PROFILE_FILE_MAX + 1), 0);
    expect_bad(path, "larger than 1 MiB");
}

Test(profile_file, one_that_may_not_be_read_is_refused) {
    write_file("[default]\n");
    chmod(path, 0);
    if (geteuid() == 0) cr_assert_eq(seteuid(65534), 0, "root reads anything");
    expect_bad(path, "ermission denied");
    if (getuid() == 0) cr_assert_eq(seteuid(0), 0);
}

Test(profile_file, a_path_has_a_limit) {
    char *text = malloc(HR__PROFILE_PATH_MAX + 1);
    memset(text, 'a', HR__PROFILE_PATH_MAX);
    text[HR__PROFILE_PATH_MAX] = 0;
    struct hr__profile_paths paths;
    struct hr_error error = {0};
    setenv("AWS_SHARED_CREDENTIALS_FILE", text, 1);
    cr_expect_eq(hr__profile_paths(&error, &paths), HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, "AWS_SHARED_CREDENTIALS_FILE is longer"), "%s", error.message);
    text[HR__PROFILE_PATH_MAX - 1] = 0;
    setenv("AWS_SHARED_CREDENTIALS_FILE", text, 1);
    cr_expect_eq(hr__profile_paths(&error, &paths), 0);
    free(text);
}
