/* What is uploaded: files as they are, pipes spooled. */
#include "command_fixture.h"

#include <errno.h>

#include "output.h"
#include "signals.h"
#include "transfer_file.h"

static void open_all(void);
TestSuite(transfer_file, .init = open_all, .fini = fixture_close);

static struct session session = {.signal_fd = -1, .done_fd = -1};
static struct local_source source;

static void open_all(void) {
    fixture_open();
    signal(SIGTERM, SIG_DFL);
    session.signal_fd = signals_open();
    setenv("TMPDIR", fixture_folder, 1);
}

static int open_it(const char *path, uint64_t spool_max) {
    const struct local_source_limits limits = {PUT_BYTES_MAX, spool_max};
    int code = -1;
    CAPTURE(code = local_source_open(path, limits, &session, &source));
    return code;
}

static const char *text_of(void) {
    static char text[256];
    ssize_t size = pread(source.fd, text, sizeof text - 1, (off_t)source.offset);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

Test(transfer_file, a_file) {
    cr_assert_eq(open_it(fixture_text("file", "content"), 1000), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(source.size, 7);
    cr_expect_eq(source.offset, 0);
    cr_expect_not(source.spooled);
    cr_expect_eq(fcntl(source.fd, F_GETFL) & O_NONBLOCK, 0);
    cr_expect_str_eq(text_of(), "content");
    local_source_close(&source);
    cr_expect_eq(source.fd, -1);
    local_source_close(&source);
}

Test(transfer_file, standard_input_that_is_a_file_goes_on_where_it_stands) {
    int fd = open(fixture_text("file", "0123456789"), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(lseek(fd, 4, SEEK_SET), 4);
    dup2(fd, STDIN_FILENO);
    cr_assert_eq(open_it("-", 1000), EXIT_DONE);
    cr_expect_eq(source.offset, 4);
    cr_expect_eq(source.size, 6);
    cr_expect_str_eq(text_of(), "456789");
    local_source_close(&source);
    cr_assert_eq(lseek(fd, 100, SEEK_SET), 100);
    cr_assert_eq(open_it("-", 1000), EXIT_DONE);
    cr_expect_eq(source.size, 0, "behind its end");
    local_source_close(&source);
}

Test(transfer_file, a_pipe_is_spooled_to_a_file_without_a_name) {
    fixture_input("through the pipe");
    cr_assert_eq(open_it("-", 16), EXIT_DONE, "%s", captured_err);
    cr_expect(source.spooled);
    cr_expect_eq(source.size, 16);
    cr_expect_str_eq(text_of(), "through the pipe");
    cr_expect_eq(fixture_names(fixture_folder), 0);
    local_source_close(&source);
}

Test(transfer_file, more_than_the_limit_of_the_spool) {
    fixture_input("through the pipe");
    cr_expect_eq(open_it("-", 15), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "more than 15 B (--spool-max"), "%s", captured_err);
    cr_expect_eq(source.fd, -1);
    cr_expect_eq(fixture_names(fixture_folder), 0);
}

Test(transfer_file, a_spool_that_cannot_be) {
    fixture_input("x");
    setenv("TMPDIR", fixture_path("missing"), 1);
    cr_expect_eq(open_it("-", 100), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "TMPDIR names the folder"), "%s", captured_err);
}

Test(transfer_file, what_cannot_be_sent) {
    cr_expect_eq(open_it(fixture_path("missing"), 100), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, strerror(ENOENT)), "%s", captured_err);
    cr_expect_eq(open_it(fixture_folder, 100), EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "is a folder"), "%s", captured_err);
    cr_expect_eq(source.fd, -1);
}

/* "You can upload an object in a single operation … up to 5 GB": 5 GiB, S3 user guide. */
Test(transfer_file, five_gibibytes) {
    const char *path = fixture_text("large", "");
    cr_assert_eq(truncate(path, (off_t)5 << 30), 0);
    cr_expect_eq(open_it(path, 100), EXIT_DONE, "%s", captured_err);
    cr_expect_eq(source.size, 5368709120);
    local_source_close(&source);
    cr_assert_eq(truncate(path, ((off_t)5 << 30) + 1), 0);
    cr_expect_eq(open_it(path, 100), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "5368709121 bytes are more than the 5 GiB"), "%s",
                       captured_err);
    cr_expect_eq(source.fd, -1);
}

Test(transfer_file, a_signal_ends_the_spooling) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    raise(SIGTERM);
    cr_expect_eq(open_it("-", 100), 128 + SIGTERM);
    cr_expect_not_null(strstr(captured_err, "stopped by SIGTERM after 0 bytes"), "%s",
                       captured_err);
    cr_expect_eq(session.signal, SIGTERM);
    cr_expect_eq(source.fd, -1);
}
