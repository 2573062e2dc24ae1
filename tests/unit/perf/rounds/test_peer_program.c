/* Programs that are measured beside this library: what they print, and how they end. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer_program.h"

static char folder[64], lines[256];
static struct perf_peer_program peer;

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/headrace-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    lines[0] = '\0';
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at) {
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static void remove_folder(void) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(peer_program, .init = make_folder, .fini = remove_folder);

static void take_line(void *user, const char *line) {
    size_t size = strlen(user);
    snprintf((char *)user + size, sizeof lines - size, "%s;", line);
}

/* Runs a script of the shell with two arguments. */
static void run(const char *script) {
    static const char *const arguments[] = {"one", "two", NULL};
    const struct perf_peer_options options = {"unit", "sh", folder, "peer"};
    char path[96];
    snprintf(path, sizeof path, "%s/peer", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(script, file);
    fclose(file);
    perf_peer_open(&peer, &options);
    cr_assert_str_eq(peer.missing, "");
    perf_peer_run(&peer, arguments, take_line, lines);
}

Test(peer_program, its_lines_are_given_but_for_its_version) {
    run("echo version 1.2 of it; echo a.b 3; echo \"$1 $2\"");
    cr_expect_str_eq(lines, "a.b 3;one two;");
    cr_expect_str_eq(peer.version, "1.2 of it");
    cr_expect_str_eq(peer.missing, "");
}

Test(peer_program, it_may_say_itself_what_is_missing) {
    run("echo missing a module; exit 0");
    cr_expect_str_eq(peer.missing, "a module");
    cr_expect_str_eq(lines, "");
}

Test(peer_program, an_end_that_is_no_good_one_is_told) {
    run("echo a 1; exit 5");
    cr_expect_not_null(strstr(peer.missing, "ended with exit code 5"), "%s", peer.missing);
    run("kill -9 $$");
    cr_expect_not_null(strstr(peer.missing, "signal 9"), "%s", peer.missing);
}

Test(peer_program, one_that_is_not_there_is_named) {
    const struct perf_peer_options there = {"unit", NULL, folder, "nobody"},
                                   beside = {"unit", NULL, NULL, "nobody"};
    perf_peer_open(&peer, &there);
    cr_expect_not_null(strstr(peer.missing, "/nobody: No such file"), "%s", peer.missing);
    cr_expect_str_eq(peer.name, "unit");
    perf_peer_open(&peer, &beside);
    cr_expect_not_null(strstr(peer.missing, "/peers/nobody: "), "%s", peer.missing);
}
