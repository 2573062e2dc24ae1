/* Links, as path_resolution(7) follows them. */
#include "command_fixture.h"

#include <errno.h>

#include "target_path.h"

TestSuite(target_path, .init = fixture_open, .fini = fixture_close);

static char place[LOCAL_PATH_SIZE];
static int descriptor;

static int follow(const char *path) {
    descriptor = -1;
    snprintf(place, sizeof place, "%s", path);
    return target_path_follow(place, &descriptor);
}

Test(target_path, folders) {
    static const struct {
        const char *path;
        size_t size;
    } rows[] = {{"", 0}, {"a", 0}, {"/a", 1}, {"a/b", 2}, {"/a/b/", 5}, {"./a", 2}};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(target_path_folder(rows[i].path), rows[i].size, "'%s'", rows[i].path);
}

Test(target_path, files_and_what_is_not_there) {
    const char *path = fixture_text("file", "");
    cr_expect_eq(follow(path), TARGET_PATH_FILE);
    cr_expect_str_eq(place, path);
    cr_expect_eq(follow(fixture_path("missing")), TARGET_PATH_FILE);
    cr_expect_eq(follow("12"), TARGET_PATH_FILE, "a number alone is a file's name");
}

Test(target_path, links_relative_and_absolute) {
    const char *path = fixture_text("file", "");
    cr_assert_eq(mkdir(fixture_path("sub"), 0700), 0);
    cr_assert_eq(symlink("../file", fixture_path("sub/up")), 0);
    cr_assert_eq(symlink(fixture_path("sub/up"), fixture_path("absolute")), 0);
    cr_assert_eq(symlink("nowhere", fixture_path("dangling")), 0);
    cr_expect_eq(follow(fixture_path("absolute")), TARGET_PATH_FILE);
    cr_expect_str_eq(place, fixture_path("sub/../file"));
    cr_expect_eq(access(place, F_OK), 0, "%s is not %s", place, path);
    cr_expect_eq(follow(fixture_path("dangling")), TARGET_PATH_FILE);
    cr_expect_str_eq(place, fixture_path("nowhere"), "where it would be made");
}

Test(target_path, circles_and_long_chains) {
    char name[32], next[32];
    cr_assert_eq(symlink("b", fixture_path("a")), 0);
    cr_assert_eq(symlink("a", fixture_path("b")), 0);
    cr_expect_eq(follow(fixture_path("a")), -ELOOP);
    for (int i = 0; i < 39; i++) {
        snprintf(name, sizeof name, "link%d", i);
        snprintf(next, sizeof next, "link%d", i + 1);
        cr_assert_eq(symlink(next, fixture_path(name)), 0);
    }
    cr_expect_eq(follow(fixture_path("link0")), TARGET_PATH_FILE, "39 links");
    cr_assert_eq(symlink("link0", fixture_path("more")), 0);
    cr_assert_eq(symlink("more", fixture_path("most")), 0);
    cr_expect_eq(follow(fixture_path("most")), -ELOOP, "41 links: MAXSYMLINKS is 40");
}

Test(target_path, descriptors) {
    static const struct {
        const char *path;
        int number;
    } rows[] = {{"/dev/stdin", 0},      {"/dev/stdout", 1},     {"/dev/stderr", 2},
                {"/dev/fd/1", 1},       {"/proc/self/fd/2", 2}, {"/proc/thread-self/fd/1", 1},
                {"/dev/../dev/fd/1", 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(follow(rows[i].path), TARGET_PATH_DESCRIPTOR, "%s", rows[i].path);
        cr_expect_eq(descriptor, rows[i].number, "%s", rows[i].path);
    }
    cr_assert_eq(symlink("/dev/stdout", fixture_path("out")), 0);
    cr_expect_eq(follow(fixture_path("out")), TARGET_PATH_DESCRIPTOR, "by a link");
    cr_expect_eq(descriptor, 1);
    cr_expect_eq(follow("/dev/fd/4000000"), -EBADF);
    cr_expect_eq(follow("/dev/fd/99999999999"), TARGET_PATH_FILE, "no number of a descriptor");
    int own = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", own);
    cr_expect_eq(follow(path), -EBADF, "it was not handed down");
    close(own);
}

Test(target_path, a_descriptor_of_another_process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/1", (int)getppid());
    if (access(path, F_OK) == 0) cr_expect_eq(follow(path), TARGET_PATH_FOREIGN);
}
