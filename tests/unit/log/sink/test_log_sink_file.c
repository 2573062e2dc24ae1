#include "log_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int try_path(const char *path, struct hr_error *error) {
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = path};
    struct hr_log_options options = {.sinks = &sink, .sink_count = 1};
    hr_log *log = NULL;
    int err = hr_log_new(&options, error, &log);
    hr_log_close(log);
    return err;
}

Test(log_sink_file, only_regular_files_are_written) {
    struct log_folder place;
    struct hr_error error = {0};
    char name[96];
    log_folder_open(&place);
    cr_assert_eq(symlink("/dev/null", place.path), 0);
    cr_assert_eq(try_path(place.path, &error), -EINVAL);
    cr_assert_not_null(strstr(error.message, "symbolic link"), "%s", error.message);
    unlink(place.path);
    cr_assert_eq(mkfifo(place.path, 0600), 0);
    cr_assert_eq(try_path(place.path, &error), -EINVAL);
    cr_assert_not_null(strstr(error.message, "FIFO"), "%s", error.message);
    int reader = open(place.path, O_RDONLY | O_NONBLOCK);
    cr_assert_eq(try_path(place.path, &error), -EINVAL);
    cr_assert_not_null(strstr(error.message, "FIFO"), "%s", error.message);
    close(reader);
    cr_assert_eq(try_path(place.folder, &error), -EINVAL);
    cr_assert_not_null(strstr(error.message, "directory"), "%s", error.message);
    cr_assert_eq(try_path("/dev/null", &error), -EINVAL);
    cr_assert_not_null(strstr(error.message, "device"), "%s", error.message);
    snprintf(name, sizeof name, "%s/missing/log", place.folder);
    cr_assert_eq(try_path(name, &error), -ENOENT);
    cr_assert_not_null(strstr(error.message, name), "%s", error.message);
    snprintf(name, sizeof name, "%s/", place.folder);
    cr_assert_eq(try_path(name, &error), -EINVAL);
    log_folder_close(&place);
}

Test(log_sink_file, a_new_file_has_its_mode_and_is_closed_on_exec) {
    struct log_folder place;
    log_folder_open(&place);
    umask(0);
    struct hr_log_sink sink = {0};
    hr_log *log = log_folder_log(&place, &sink);
    struct stat facts;
    cr_assert_eq(stat(place.path, &facts), 0);
    cr_assert_eq(facts.st_mode & 07777, 0640);
    bool found = false;
    for (int fd = 3; fd < 200; fd++) {
        struct stat other;
        if (fstat(fd, &other) != 0 || other.st_ino != facts.st_ino) continue;
        cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        found = true;
    }
    cr_assert(found);
    cr_assert_eq(hr_log_close(log), 0);
    log_folder_close(&place);
}

/* Until the file is there; the runner's time-out bounds it. */
static void wait_for(const char *path) {
    while (access(path, F_OK) != 0) nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static int numbers_of(const char *path, int next) {
    size_t size;
    char *text = log_folder_read(path, &size);
    next = log_folder_numbers(text, size, next);
    free(text);
    return next;
}

Test(log_sink_file, hr_log_reopen_goes_on_in_a_new_file) {
    struct log_folder place;
    char old[96];
    log_folder_open(&place);
    snprintf(old, sizeof old, "%s.old", place.path);
    struct hr_log_sink sink = {0};
    hr_log *log = log_folder_log(&place, &sink);
    enum { RECORDS = 5000 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(rename(place.path, old), 0);
    cr_assert_eq(hr_log_reopen(log), 0);
    wait_for(place.path);
    for (int i = RECORDS; i < 2 * RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    int middle = numbers_of(old, 0);
    cr_assert_geq(middle, 1);
    cr_assert_eq(numbers_of(place.path, middle), 2 * RECORDS);
    log_folder_close(&place);
}

/* Logs until lines come into the file at the path, which is made before the drain goes over to it.
 */
static void log_until_there(hr_log *log, const char *path, int *next) {
    struct stat facts;
    do {
        HR_INFO(log, "counted", "i", (*next)++);
        cr_assert_eq(hr_log_flush(log, -1), 0);
    } while (stat(path, &facts) != 0 || facts.st_size == 0);
}

static int first_number_of(const char *path) {
    size_t size;
    char *text = log_folder_read(path, &size), *number = strstr(text, " i=");
    cr_assert_not_null(number);
    int first = (int)strtol(number + 3, NULL, 10);
    free(text);
    return first;
}

Test(log_sink_file, one_that_is_moved_or_deleted_is_made_again) {
    struct log_folder place;
    char old[96];
    int next = 1;
    log_folder_open(&place);
    snprintf(old, sizeof old, "%s.old", place.path);
    struct hr_log_sink sink = {0};
    hr_log *log = log_folder_log(&place, &sink);
    HR_INFO(log, "counted", "i", 0);
    cr_assert_eq(hr_log_flush(log, -1), 0);
    cr_assert_eq(rename(place.path, old), 0);
    wait_for(place.path);
    log_until_there(log, place.path, &next);
    int moved = first_number_of(place.path);
    cr_assert_eq(numbers_of(old, 0), moved);
    cr_assert_eq(numbers_of(place.path, moved), next);
    cr_assert_eq(unlink(place.path), 0);
    wait_for(place.path);
    log_until_there(log, place.path, &next);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(numbers_of(place.path, first_number_of(place.path)), next);
    log_folder_close(&place);
}

/* copytruncate: lines go on at the file's new end, and no hole stands in front of them. */
Test(log_sink_file, a_file_that_is_cut_gets_no_hole) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {0};
    hr_log *log = log_folder_log(&place, &sink);
    for (int i = 0; i < 1000; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_flush(log, -1), 0);
    cr_assert_eq(truncate(place.path, 0), 0);
    for (int i = 1000; i < 2000; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(numbers_of(place.path, 1000), 2000);
    log_folder_close(&place);
}

Test(log_sink_file, two_logs_on_one_file_overwrite_nothing) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {0};
    hr_log *one = log_folder_log(&place, &sink), *other = log_folder_log(&place, &sink);
    for (int i = 0; i < 2000; i++) {
        HR_INFO(one, "one", "i", i);
        HR_INFO(other, "other", "i", i);
    }
    cr_assert_eq(hr_log_close(one), 0);
    cr_assert_eq(hr_log_close(other), 0);
    size_t size, lines = 0;
    char *text = log_folder_read(place.path, &size);
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    cr_assert_eq(lines, 4000);
    free(text);
    log_folder_close(&place);
}

Test(log_sink_file, a_torn_last_line_of_an_earlier_run_is_ended) {
    struct log_folder place;
    log_folder_open(&place);
    int fd = open(place.path, O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(fd, "ts=x i=0 an", 11), 11);
    close(fd);
    struct hr_log_sink sink = {0};
    hr_log *log = log_folder_log(&place, &sink);
    HR_INFO(log, "counted", "i", 1);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(numbers_of(place.path, 0), 2);
    log_folder_close(&place);
}

/* ---- Durable mode. */

static bool is_direct(const char *path) {
    struct stat facts, other;
    stat(path, &facts);
    for (int fd = 3; fd < 200; fd++)
        if (fstat(fd, &other) == 0 && other.st_ino == facts.st_ino &&
            (fcntl(fd, F_GETFL) & O_DIRECT))
            return true;
    return false;
}

Test(log_sink_file, a_durable_one_has_its_true_length_and_every_line) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.durable_ms = 2};
    int next = 0;
    for (int run = 0; run < 3; run++) {
        hr_log *log = log_folder_log(&place, &sink);
        int probe = open(place.path, O_WRONLY | O_DIRECT);
        cr_assert_eq(is_direct(place.path), probe >= 0);
        if (probe >= 0) close(probe);
        for (int i = 0; i < 3000; i++) HR_INFO(log, "counted", "i", next++);
        cr_assert_eq(hr_log_flush(log, -1), 0);
        for (int i = 0; i < 20; i++) {
            HR_INFO(log, "counted", "i", next++);
            cr_assert_eq(hr_log_flush(log, -1), 0);
        }
        cr_assert_eq(hr_log_close(log), 0);
        cr_assert_eq(numbers_of(place.path, 0), next);
    }
    log_folder_close(&place);
}

/* After a flush the lines are there; what fills the last block goes when the file is opened again.
 */
Test(log_sink_file, a_durable_one_that_is_killed_has_what_was_flushed) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.durable_ms = 2};
    pid_t child = fork();
    if (child == 0) {
        hr_log *log = log_folder_log(&place, &sink);
        for (int i = 0; i < 1000; i++) HR_INFO(log, "counted", "i", i);
        if (hr_log_flush(log, -1) == 0) raise(SIGKILL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status));
    hr_log *log = log_folder_log(&place, &sink);
    HR_INFO(log, "counted", "i", 1000);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(numbers_of(place.path, 0), 1001);
    log_folder_close(&place);
}

/* Whatever the path is called. */
Test(log_sink_file, two_sinks_of_a_log_on_one_file_are_refused) {
    struct log_folder place;
    char again[96], other[96];
    log_folder_open(&place);
    snprintf(again, sizeof again, "%s/./service.log", place.folder);
    snprintf(other, sizeof other, "%s/other.log", place.folder);
    const struct hr_log_sink sinks[] = {{.kind = HR_LOG_SINK_FILE, .path = other},
                                        {.kind = HR_LOG_SINK_FILE, .path = place.path},
                                        {.kind = HR_LOG_SINK_FILE, .path = again}};
    struct hr_log_options options = {.sinks = sinks, .sink_count = 3};
    struct hr_error error = {0};
    hr_log *log = NULL;
    cr_assert_eq(hr_log_new(&options, &error, &log), -EINVAL);
    cr_assert_not_null(strstr(error.message, "service.log"), "%s", error.message);
    options.sink_count = 2;
    cr_assert_eq(hr_log_new(&options, &error, &log), 0, "%s", error.message);
    cr_assert_eq(hr_log_close(log), 0);
    log_folder_close(&place);
}
