/* Files below a folder: whole or not at all, and never outside of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree_target.h"

static char root[64], place[128];

static void enter(void) {
    snprintf(root, sizeof root, "/tmp/headrace-target-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    snprintf(place, sizeof place, "%s/in/target", root);
    cr_assert_eq(chdir(root), 0);
}

static void leave(void) {
    char command[128];
    cr_assert_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(tree_target, .init = enter, .fini = leave);

static int put(struct tree_target *target, const char *name) {
    struct tree_file file;
    int err = tree_file_open(target, hr_slice_of(name), &file);
    if (err) return err;
    cr_assert_eq(write(file.fd, "x", 1), 1);
    return tree_file_keep(&file, hr_slice_of(name), 1000000000);
}

Test(tree_target, writes_files_with_their_time) {
    struct tree_target target;
    struct stat info;
    cr_assert_eq(tree_target_open(&target, place, false), 0);
    cr_assert_eq(put(&target, "a/b/c"), 0);
    cr_assert_eq(put(&target, "a/b/c"), 0, "it is replaced");
    cr_assert_eq(put(&target, "top"), 0);
    cr_assert_eq(stat("in/target/a/b/c", &info), 0);
    cr_assert_eq(info.st_mtime, 1000000000);
    cr_assert_eq(info.st_size, 1);
    tree_target_close(&target);
}

Test(tree_target, leaves_nothing_of_what_is_dropped) {
    struct tree_target target;
    struct tree_file file;
    cr_assert_eq(tree_target_open(&target, place, false), 0);
    cr_assert_eq(tree_file_open(&target, hr_slice_of("a"), &file), 0);
    tree_file_drop(&file);
    tree_file_drop(&file);
    tree_target_close(&target);
    cr_assert_eq(rmdir(place), 0, "it is empty");
}

Test(tree_target, follows_no_link) {
    struct tree_target target;
    struct stat info;
    cr_assert_eq(tree_target_open(&target, place, false), 0);
    cr_assert_eq(mkdir("outside", 0755), 0);
    cr_assert_eq(symlink("../../outside", "in/target/link"), 0);
    cr_assert_eq(symlink("../../outside/made", "in/target/file"), 0);
    cr_assert_eq(put(&target, "link/x"), -ENOTDIR);
    cr_assert_eq(put(&target, "file"), 0, "the link itself is replaced");
    cr_assert_eq(lstat("in/target/file", &info), 0);
    cr_assert(S_ISREG(info.st_mode));
    tree_target_close(&target);
    cr_assert_eq(rmdir("outside"), 0, "it is empty");
}

Test(tree_target, names_what_is_in_the_way) {
    struct tree_target target;
    cr_assert_eq(tree_target_open(&target, place, false), 0);
    cr_assert_eq(put(&target, "a"), 0);
    cr_assert_eq(put(&target, "a/b"), -ENOTDIR);
    cr_assert_eq(put(&target, "d/e"), 0);
    cr_assert_eq(put(&target, "d"), -EISDIR);
    tree_target_close(&target);
}

Test(tree_target, makes_nothing_when_dry) {
    struct tree_target target;
    cr_assert_eq(tree_target_open(&target, place, true), -ENOENT);
    cr_assert_eq(access("in", F_OK), -1);
    tree_target_close(&target);
}
