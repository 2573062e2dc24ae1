/* Walks of real folders: the order of keys, links, what cannot be read, limits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree_walk.h"

static char root[64];

static void enter(void) {
    snprintf(root, sizeof root, "/tmp/headrace-walk-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
}

static void leave(void) {
    char command[128];
    cr_assert_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(tree_walk, .init = enter, .fini = leave);

static void make_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_geq(fd, 0, "%s", path);
    cr_assert_eq(write(fd, path, strlen(path)), (ssize_t)strlen(path));
    close(fd);
}

/* The names, each behind the letter of its kind, with blanks between them. */
static void walk_to(const struct tree_walk_options *options, char *text, size_t size) {
    static const char kinds[] = "fmsp";
    tree_walk *walk = NULL;
    struct tree_entry entry;
    struct hr_error error = {0};
    size_t used = 0;
    cr_assert_eq(tree_walk_open(root, options, &walk), 0);
    while (tree_walk_source(walk)->next(tree_walk_source(walk), &entry, &error) == 1)
        used += (size_t)snprintf(text + used, size - used, "%c:%.*s ", kinds[entry.kind],
                                 (int)entry.name.size, entry.name.data);
    tree_walk_close(walk);
}

static void expect(const struct tree_walk_options *options, const char *expected) {
    char text[4096] = "";
    walk_to(options, text, sizeof text);
    cr_assert_str_eq(text, expected, "%s", text);
}

/* '-' and '.' stand before '/', '0' behind it: so do keys. */
Test(tree_walk, has_the_order_of_keys) {
    mkdir("a", 0755);
    mkdir("a/empty", 0755);
    make_file("a/z");
    make_file("a/b");
    make_file("a.txt");
    make_file("a-1");
    make_file("a0");
    make_file("\xff\x01");
    make_file("B");
    expect(&(struct tree_walk_options){.follow = false},
           "f:B f:a-1 f:a.txt f:a/b f:a/z f:a0 f:\xff\x01 ");
}

Test(tree_walk, names_loops_and_leaves_other_links) {
    mkdir("d", 0755);
    make_file("d/x");
    cr_assert_eq(symlink("..", "d/up"), 0);
    cr_assert_eq(symlink("d", "link"), 0);
    cr_assert_eq(symlink("nowhere", "lost"), 0);
    cr_assert_eq(symlink("self", "self"), 0);
    cr_assert_eq(mkfifo("pipe", 0644), 0);
    expect(&(struct tree_walk_options){.follow = true},
           "p:d/up/ f:d/x p:link/up/ f:link/x s:lost s:pipe s:self ");
    expect(&(struct tree_walk_options){.follow = false},
           "s:d/up f:d/x s:link s:lost s:pipe s:self ");
}

Test(tree_walk, stops_at_limits_that_it_names) {
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    make_file("a/b/1");
    make_file("a/b/2");
    make_file("c");
    expect(&(struct tree_walk_options){.depth_max = 2}, "p:a/b/ f:c ");
    expect(&(struct tree_walk_options){.names_max = 3}, "p:a/b/ f:c ");
    expect(&(struct tree_walk_options){.depth_max = 3, .names_max = 5}, "f:a/b/1 f:a/b/2 f:c ");
}

Test(tree_walk, tells_of_a_file) {
    struct stat info;
    tree_walk *walk = NULL;
    struct tree_entry entry;
    struct hr_error error = {0};
    mkdir("d", 0755);
    make_file("d/file");
    cr_assert_eq(stat("d/file", &info), 0);
    cr_assert_eq(tree_walk_open(root, &(struct tree_walk_options){.follow = true}, &walk), 0);
    cr_assert_eq(tree_walk_source(walk)->next(tree_walk_source(walk), &entry, &error), 1);
    cr_assert_eq(entry.size_bytes, 6);
    cr_assert_eq(entry.time_s, (uint64_t)info.st_mtime);
    cr_assert_eq(faccessat(entry.folder_fd, entry.base, R_OK, 0), 0);
    tree_walk_close(walk);
}

Test(tree_walk, refuses_what_is_no_folder) {
    tree_walk *walk = NULL;
    make_file("file");
    cr_assert_eq(tree_walk_open("file", &(struct tree_walk_options){.follow = true}, &walk),
                 -ENOTDIR);
    cr_assert_eq(tree_walk_open("none", &(struct tree_walk_options){.follow = true}, &walk),
                 -ENOENT);
    cr_assert_null(walk);
}
