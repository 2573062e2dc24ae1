/* What tests of the command share: its output as text, and a folder of their own. */
#ifndef TESTS_COMMAND_FIXTURE_H
#define TESTS_COMMAND_FIXTURE_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"

#define CAPTURED_MAX 65536
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What was written to standard output and error between capture_begin and capture_end. */
static char captured_out[CAPTURED_MAX], captured_err[CAPTURED_MAX];
static int captured_saved[2], captured_file[2];

__attribute__((unused)) static void capture_begin(void) {
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        captured_saved[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 3);
        captured_file[i] = memfd_create("captured", MFD_CLOEXEC);
        cr_assert(captured_saved[i] >= 0 && captured_file[i] >= 0);
        cr_assert(dup2(captured_file[i], i + 1) >= 0);
    }
}

__attribute__((unused)) static void capture_end(void) {
    char *const texts[] = {captured_out, captured_err};
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        ssize_t size = pread(captured_file[i], texts[i], CAPTURED_MAX - 1, 0);
        dup2(captured_saved[i], i + 1);
        close(captured_saved[i]);
        close(captured_file[i]);
        texts[i][size > 0 ? size : 0] = '\0';
    }
}

/* Runs `call` with its output captured. */
#define CAPTURE(...)                                                                               \
    do {                                                                                           \
        capture_begin();                                                                           \
        __VA_ARGS__;                                                                               \
        capture_end();                                                                             \
    } while (0)

/* A folder of the test, and paths in it. */
static char fixture_folder[64];

__attribute__((unused)) static void fixture_open(void) {
    snprintf(fixture_folder, sizeof fixture_folder, "/tmp/headrace-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(fixture_folder));
}

static int fixture_remove(const char *path, const struct stat *info, int kind, struct FTW *at) {
    (void)info, (void)kind, (void)at;
    return remove(path);
}

__attribute__((unused)) static void fixture_close(void) {
    nftw(fixture_folder, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Of a ring of eight. */
__attribute__((unused)) static const char *fixture_path(const char *name) {
    static char ring[8][256];
    static unsigned next;
    char *path = ring[next++ % 8];
    snprintf(path, sizeof ring[0], "%s/%s", fixture_folder, name);
    return path;
}

__attribute__((unused)) static const char *fixture_write(const char *name, const void *data,
                                                         size_t size) {
    const char *path = fixture_path(name);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

__attribute__((unused)) static const char *fixture_text(const char *name, const char *text) {
    return fixture_write(name, text, strlen(text));
}

/* The whole of a file, NUL-terminated; its size, -1: there is none. */
__attribute__((unused)) static ssize_t fixture_read(const char *path, char *data, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = read(fd, data, size - 1);
    close(fd);
    data[count > 0 ? count : 0] = '\0';
    return count;
}

/* Standard input is what `text` says. */
__attribute__((unused)) static void fixture_input(const char *text) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
}

/* How many names are in a folder. */
__attribute__((unused)) static unsigned fixture_names(const char *path) {
    DIR *folder = opendir(path);
    unsigned count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder) closedir(folder);
    return count;
}

/* Fills `values` from words behind a command's name, as main does. */
__attribute__((unused)) static enum option_result
fixture_parse(const struct command *command, void *values, struct command_call *call,
              const char *const *words, char why[OPTION_WHY_SIZE]) {
    static char *argv[64];
    int count = 0;
    for (; words[count]; count++) argv[count] = (char *)(size_t)words[count];
    memset(values, 0, command->values_size);
    *call = (struct command_call){.command = command};
    why[0] = '\0';
    return option_parse(call, values, count, argv, why);
}

#endif
