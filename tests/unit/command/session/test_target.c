/* Where a body goes: whole files in place of old ones, pipes and devices as they are. */
#include "command_fixture.h"

#include <errno.h>

#include "output.h"
#include "signals.h"
#include "target.h"

TestSuite(target, .init = fixture_open, .fini = fixture_close);

static struct session session = {.signal_fd = -1, .done_fd = -1};
static struct local_target target;
static char content[4096];

static int open_it(const char *path, const char *name, bool folders, bool resume) {
    const struct target_options options = {
        .path = path, .name = name, .make_folders = folders, .resume = resume};
    int code = -1;
    CAPTURE(code = target_open(&options, &session, &target));
    return code;
}

static const char *text_of(const char *path) {
    return fixture_read(path, content, sizeof content) < 0 ? "(none)" : content;
}

static void put(const char *text) {
    cr_assert_eq(pwrite(target.fd, text, strlen(text), (off_t)target.offset),
                 (ssize_t)strlen(text));
}

Test(target, a_new_file_is_there_when_it_is_whole) {
    const char *path = fixture_path("new");
    cr_assert_eq(open_it(path, "", false, false), EXIT_DONE, "%s", captured_err);
    put("body");
    cr_expect_str_eq(text_of(path), "(none)", "not yet");
    cr_expect_not(target.direct);
    cr_expect_eq(target_close(&target, true, 4), 0);
    cr_expect_str_eq(text_of(path), "body");
    cr_expect_eq(fixture_names(fixture_folder), 1, "nothing beside it");
    struct stat info;
    mode_t mask = umask(0);
    umask(mask);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0666 & ~mask, "as any program's file");
}

Test(target, what_is_not_kept_leaves_nothing) {
    const char *path = fixture_path("new");
    cr_assert_eq(open_it(path, "", false, false), EXIT_DONE);
    put("half");
    cr_expect_eq(target_close(&target, false, 4), 0);
    cr_expect_eq(fixture_names(fixture_folder), 0);
    cr_expect_eq(target_close(&target, false, 0), 0, "closed already");
}

Test(target, an_old_file_is_replaced_with_its_mode) {
    const char *path = fixture_text("old", "old and longer");
    struct stat before, after;
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(stat(path, &before), 0);
    cr_assert_eq(open_it(path, "", false, false), EXIT_DONE);
    put("new");
    cr_expect_str_eq(text_of(path), "old and longer", "until it is whole");
    cr_expect_eq(target_close(&target, true, 3), 0);
    cr_expect_str_eq(text_of(path), "new");
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(after.st_mode & 07777, 0640);
    cr_expect_neq(after.st_ino, before.st_ino, "another file has taken its name");
    cr_assert_eq(open_it(path, "", false, false), EXIT_DONE);
    put("lost");
    cr_expect_eq(target_close(&target, false, 4), 0);
    cr_expect_str_eq(text_of(path), "new", "a failure leaves the old one");
}

Test(target, links_are_followed_and_stay) {
    const char *path = fixture_text("file", "old"), *link = fixture_path("link");
    struct stat info;
    cr_assert_eq(symlink("second", link), 0);
    cr_assert_eq(symlink(path, fixture_path("second")), 0);
    cr_assert_eq(open_it(link, "", false, false), EXIT_DONE, "%s", captured_err);
    put("new");
    cr_expect_eq(target_close(&target, true, 3), 0);
    cr_expect_str_eq(text_of(path), "new");
    cr_assert_eq(lstat(link, &info), 0);
    cr_expect(S_ISLNK(info.st_mode));
    cr_assert_eq(symlink("round", fixture_path("round")), 0);
    cr_expect_eq(open_it(fixture_path("round"), "", false, false), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, strerror(ELOOP)), "%s", captured_err);
}

Test(target, a_folder_gets_the_name) {
    char slash[256];
    snprintf(slash, sizeof slash, "%s/", fixture_folder);
    cr_assert_eq(open_it(fixture_folder, "name", false, false), EXIT_DONE, "%s", captured_err);
    put("a");
    cr_expect_eq(target_close(&target, true, 1), 0);
    cr_expect_str_eq(text_of(fixture_path("name")), "a");
    cr_assert_eq(open_it(slash, "other", false, false), EXIT_DONE);
    cr_expect_str_eq(target.path, fixture_path("other"), "no slash twice");
    target_close(&target, false, 0);
    static const char *const names[] = {"", ".", ".."};
    for (size_t i = 0; i < COUNT(names); i++) {
        cr_expect_eq(open_it(slash, names[i], false, false), EXIT_USAGE, "'%s'", names[i]);
        cr_expect_not_null(strstr(captured_err, "name the file"), "%s", captured_err);
        cr_expect_eq(target.fd, -1);
    }
}

Test(target, folders_are_made_where_asked_and_go_with_a_failure) {
    const char *path = fixture_path("a/b/c/file");
    cr_expect_eq(open_it(path, "", false, false), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, strerror(ENOENT)), "%s", captured_err);
    cr_assert_eq(open_it(path, "", true, false), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(target.folders, 3);
    cr_expect_eq(target_close(&target, false, 0), 0);
    cr_expect_eq(fixture_names(fixture_folder), 0, "those that were made are gone");
    cr_assert_eq(mkdir(fixture_path("a"), 0700), 0);
    cr_assert_eq(open_it(path, "", true, false), EXIT_DONE);
    cr_expect_eq(target_close(&target, false, 0), 0);
    cr_expect_eq(access(fixture_path("a"), F_OK), 0, "what was there before stays");
    cr_expect_neq(access(fixture_path("a/b"), F_OK), 0);
    cr_assert_eq(open_it(path, "", true, false), EXIT_DONE);
    put("x");
    cr_expect_eq(target_close(&target, true, 1), 0);
    cr_expect_str_eq(text_of(path), "x");
}

Test(target, what_is_continued_is_written_in_place) {
    const char *path = fixture_text("part", "01234");
    cr_assert_eq(open_it(path, "", false, true), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(target.offset, 5);
    put("56789");
    cr_expect_eq(target_close(&target, false, 5), 0);
    cr_expect_str_eq(text_of(path), "0123456789", "a failure keeps what has come");
    cr_assert_eq(open_it(path, "", false, true), EXIT_DONE);
    cr_expect_eq(target.offset, 10);
    put("xyz");
    cr_expect_eq(target_close(&target, true, 2), 0);
    cr_expect_str_eq(text_of(path), "0123456789xy", "not longer than the body");
}

Test(target, what_is_continued_and_was_not_there) {
    const char *path = fixture_path("fresh");
    cr_assert_eq(open_it(path, "", false, true), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(target.offset, 0);
    cr_expect_eq(target_close(&target, false, 0), 0);
    cr_expect_eq(fixture_names(fixture_folder), 0, "nothing came, nothing stays");
    cr_assert_eq(open_it(path, "", false, true), EXIT_DONE);
    put("some");
    cr_expect_eq(target_close(&target, false, 4), 0);
    cr_expect_str_eq(text_of(path), "some");
}

Test(target, devices_are_written_as_they_are) {
    cr_assert_eq(open_it("/dev/null", "", false, false), EXIT_DONE, "%s", captured_err);
    cr_expect(target.direct);
    cr_expect_not(target.is_standard);
    cr_expect_eq(target_close(&target, true, 0), 0);
    cr_expect_eq(open_it("/dev/null", "", false, true), EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "cannot be continued"), "%s", captured_err);
}

Test(target, descriptors_of_this_process) {
    static const char *const names[] = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t i = 0; i < COUNT(names); i++) {
        capture_begin();
        /* What the program was started with stays open over exec. */
        const struct target_options options = {.path = names[i], .name = ""};
        int code = target_open(&options, &session, &target);
        bool standard = target.is_standard, direct = target.direct;
        if (!code) cr_expect_eq(write(target.fd, "body", 4), 4);
        target_close(&target, true, 4);
        capture_end();
        cr_expect_eq(code, EXIT_DONE, "%s: %s", names[i], captured_err);
        cr_expect(standard && direct, "%s", names[i]);
        cr_expect_str_eq(captured_out, "body");
    }
    cr_expect_eq(open_it("/dev/fd/999", "", false, false), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, strerror(EBADF)), "%s", captured_err);
}

Test(target, a_descriptor_that_was_opened_here_is_nobodys) {
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    cr_expect_eq(open_it(path, "", false, false), EXIT_FAILED);
    close(fd);
}

Test(target, a_pipe_with_its_reader) {
    const char *path = fixture_path("pipe");
    char got[8] = "";
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_eq(open_it(path, "", false, false), EXIT_DONE, "%s", captured_err);
    cr_expect(target.direct);
    cr_expect_eq(fcntl(target.fd, F_GETFL) & O_NONBLOCK, 0, "it may wait now");
    cr_expect_eq(write(target.fd, "body", 4), 4);
    cr_expect_eq(target_close(&target, true, 4), 0);
    cr_expect_eq(read(reader, got, sizeof got), 4);
    cr_expect_str_eq(got, "body");
    close(reader);
    struct stat info;
    cr_assert_eq(lstat(path, &info), 0);
    cr_expect(S_ISFIFO(info.st_mode));
}

Test(target, a_signal_ends_the_wait_for_a_reader) {
    const char *path = fixture_path("pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    signal(SIGTERM, SIG_DFL);
    session.signal_fd = signals_open();
    raise(SIGTERM);
    cr_expect_eq(open_it(path, "", false, false), 128 + SIGTERM);
    cr_expect_not_null(strstr(captured_err, "stopped by SIGTERM before anybody read"), "%s",
                       captured_err);
    cr_expect_eq(session.signal, SIGTERM);
    close(session.signal_fd);
}

Test(target, a_path_that_is_too_long) {
    static char path[LOCAL_PATH_SIZE + 10];
    memset(path, 'p', sizeof path - 1);
    cr_expect_eq(open_it(path, "", false, false), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, strerror(ENAMETOOLONG)), "%s", captured_err);
    cr_expect_eq(target.fd, -1);
}
