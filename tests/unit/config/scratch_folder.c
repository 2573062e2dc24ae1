/* A folder of a test's own, and files in it. */
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATHS 8

char scratch_folder[SCRATCH_PATH_SIZE];

void scratch_make(void) {
    memcpy(scratch_folder, "/tmp/hr-config-XXXXXX", sizeof "/tmp/hr-config-XXXXXX");
    cr_assert(mkdtemp(scratch_folder));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void scratch_remove(void) {
    nftw(scratch_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_at(const char *name) {
    static char paths[PATHS][SCRATCH_PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    cr_assert_lt(snprintf(path, SCRATCH_PATH_SIZE, "%s/%s", scratch_folder, name),
                 SCRATCH_PATH_SIZE);
    return path;
}

void scratch_write_bytes(const char *name, const char *bytes, size_t size) {
    int fd = open(scratch_at(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

void scratch_write(const char *name, const char *text) {
    scratch_write_bytes(name, text, strlen(text));
}
