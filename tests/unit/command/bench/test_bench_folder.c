/* The folder of a bench's files: made, or refused for a reason that names the remedy. */
#include "command_fixture.h"

#include <limits.h>

#include "bench_folder.h"
#include "output.h"

static char made[PATH_MAX];

static int make(const char *directory, uint64_t needed_bytes, const char *fewer) {
    const struct bench_folder folder = {directory, "unit", needed_bytes, fewer};
    int code = -1;
    CAPTURE(code = bench_folder_make(&folder, false, made));
    return code;
}

TestSuite(bench_folder, .init = fixture_open, .fini = fixture_close);

Test(bench_folder, is_made_below_the_directory) {
    struct stat facts;
    cr_expect_eq(make(fixture_folder, 1, NULL), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(strncmp(made, fixture_path("unit-"), strlen(fixture_folder) + 6), 0, "%s", made);
    cr_expect(stat(made, &facts) == 0 && S_ISDIR(facts.st_mode));
}

Test(bench_folder, a_directory_that_is_not_there_is_the_environment) {
    cr_expect_eq(make(fixture_path("nowhere"), 1, NULL), EXIT_ENVIRONMENT);
    cr_expect_not_null(strstr(captured_err, "nowhere"), "%s", captured_err);
    cr_expect_not_null(strstr(captured_err, "--directory"), "%s", captured_err);
}

Test(bench_folder, too_little_room_is_the_environment_and_leaves_no_folder) {
    cr_expect_eq(make(fixture_folder, UINT64_MAX, "--records"), EXIT_ENVIRONMENT);
    cr_expect_not_null(strstr(captured_err, "fewer --records, or another --directory"), "%s",
                       captured_err);
    cr_expect_eq(make(fixture_folder, UINT64_MAX, NULL), EXIT_ENVIRONMENT);
    cr_expect_not_null(strstr(captured_err, ": --directory says where"), "%s", captured_err);
    cr_expect_eq(fixture_names(fixture_folder), 0);
}

Test(bench_folder, a_name_that_is_too_long_is_refused) {
    static char directory[PATH_MAX + 8];
    memset(directory, 'd', sizeof directory - 1);
    cr_expect_eq(make(directory, 1, NULL), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "too long"), "%s", captured_err);
}
