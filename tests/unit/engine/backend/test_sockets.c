/* What is asked of an open file at once. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <engine/file.h>
#include <headrace/engine.h>

#include "needs_kernel.h"

Test(sockets, an_open_file_says_what_it_is_and_is_cut) {
    NEEDS_KERNEL("files of its own");
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    struct hr_error error = {0};
    struct hr_file_info info = {.size = 7};
    hr_engine *engine;
    char path[] = "/tmp/headrace-test-XXXXXX";
    int fd = mkstemp(path), ends[2];
    unlink(path);
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr__file_info(engine, -1, &info), -EBADF);
    cr_assert_eq(info.size, 7, "untouched");
    cr_assert_eq(write(fd, "0123456789", 10), 10);
    cr_assert_eq(hr__file_info(engine, fd, &info), 0);
    cr_assert(info.size == 10 && info.regular && !info.append);
    cr_assert_eq(hr__file_truncate(engine, fd, 4), 0);
    cr_assert_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
    cr_assert_eq(hr__file_info(engine, fd, &info), 0);
    cr_assert(info.size == 4 && info.append);
    cr_assert_eq(hr__file_info(engine, ends[1], &info), 0);
    cr_assert(!info.regular && !info.append);
    cr_assert_eq(hr__file_truncate(engine, ends[1], 0), -EINVAL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    close(ends[0]);
    close(ends[1]);
    close(fd);
}
