/* Where headrace.yaml is looked for, and mounts. */
#include "own_fixture.h"

#include "own_file.h"

TestSuite(own_file, .init = own_fixture_open, .fini = own_fixture_close);

static char path[OWN_FILE_SIZE], why[OPTION_WHY_SIZE];

static int find(const char *config, bool none) {
    const struct option_common common = {.config = config, .no_config = none};
    return own_file_find(&common, path, why);
}

static void make(const char *folder, const char *name) {
    char command[64];
    mkdir(fixture_path(folder), 0700);
    snprintf(command, sizeof command, "%.40s/headrace", folder);
    mkdir(fixture_path(command), 0700);
    fixture_text(name, "http: {}\n");
}

Test(own_file, named_then_here_then_xdg_then_home) {
    cr_assert_eq(find(NULL, false), 0);
    cr_expect(!*path || strcmp(path, "/etc/headrace/headrace.yaml") == 0, "%s", path);
    make(".config", ".config/headrace/headrace.yaml");
    cr_assert_eq(find(NULL, false), 0);
    cr_expect_str_eq(path, fixture_path(".config/headrace/headrace.yaml"));
    make("xdg", "xdg/headrace/headrace.yaml");
    setenv("XDG_CONFIG_HOME", fixture_path("xdg"), 1);
    cr_assert_eq(find(NULL, false), 0);
    cr_expect_str_eq(path, fixture_path("xdg/headrace/headrace.yaml"));
    setenv("XDG_CONFIG_HOME", "xdg", 1);
    cr_assert_eq(find(NULL, false), 0);
    cr_expect_str_eq(path, fixture_path(".config/headrace/headrace.yaml"),
                     "a relative one is none");
    fixture_text("headrace.yaml", "http: {}\n");
    cr_assert_eq(find(NULL, false), 0);
    cr_expect_str_eq(path, "headrace.yaml");
    cr_assert_eq(find("/not/there", false), 0);
    cr_expect_str_eq(path, "/not/there", "a name is taken as it is");
    cr_assert_eq(find(NULL, true), 0);
    cr_expect_str_empty(path);
}

Test(own_file, one_that_all_may_write_is_trusted_by_name_only) {
    fixture_text("headrace.yaml", "http: {}\n");
    cr_assert_eq(chmod("headrace.yaml", 0666), 0);
    cr_expect_eq(find(NULL, false), -1);
    cr_expect_not_null(strstr(why, "--config"), "%s", why);
    cr_expect_eq(find("headrace.yaml", false), 0);
    cr_expect_eq(find(NULL, true), 0);
}

Test(own_file, a_path_that_is_too_long_is_refused) {
    static char longest[OWN_FILE_SIZE + 1];
    memset(longest, 'x', OWN_FILE_SIZE);
    cr_expect_eq(find(longest, false), -1);
    longest[OWN_FILE_SIZE - 1] = '\0';
    cr_expect_eq(find(longest, false), 0);
    setenv("HOME", longest, 1);
    cr_expect_eq(find(NULL, false), 0);
}

Test(own_file, a_file_that_is_a_mount_point_is_told_from_one_in_a_mounted_folder) {
    char mounts[1024];
    const char *file = fixture_text("a b.yaml", "");
    snprintf(mounts, sizeof mounts,
             "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
             "36 22 8:1 /pods/x %s/a\\040b.yaml rw,relatime shared:1 - ext4 /dev/sda rw\n"
             "37 22 8:1 / %s/folder rw - tmpfs tmpfs rw\nshort line\n",
             fixture_folder, fixture_folder);
    const char *table = fixture_text("mountinfo", mounts);
    mkdir(fixture_path("folder"), 0700);
    cr_expect(own_file_is_mount(file, table));
    cr_expect(own_file_is_mount("./a b.yaml", table), "whatever way leads there");
    cr_expect_not(own_file_is_mount(fixture_text("folder/a b.yaml", ""), table));
    cr_expect_not(own_file_is_mount(table, table));
    cr_expect_not(own_file_is_mount("/not/there", table));
    cr_expect_not(own_file_is_mount(file, "/not/there"));
}
