#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/log.h>

#include "log_commit.h"

enum { RECORDS = 40 };

struct place {
    char folder[64], rings[160], path[96];
};

static struct place make_place(void) {
    struct place place;
    snprintf(place.folder, sizeof place.folder, "/tmp/headrace-crash-XXXXXX");
    cr_assert_not_null(mkdtemp(place.folder));
    snprintf(place.rings, sizeof place.rings, "%s/rings", place.folder);
    snprintf(place.path, sizeof place.path, "%s/log", place.folder);
    return place;
}

static void remove_place(const struct place *place) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", place->folder);
    cr_assert_eq(system(command), 0);
}

static int open_log(const struct place *place, bool shared, struct hr_error *error, hr_log **log) {
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = place->path};
    const struct hr_log_options options = {.name = "crash",
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .ring_bytes = 64 << 10,
                                           .unstarted = shared,
                                           .rings_directory = shared ? place->rings : NULL};
    return hr_log_new(&options, error, log);
}

static size_t count_lines(const char *path) {
    FILE *file = fopen(path, "r");
    size_t lines = 0;
    if (!file) return 0;
    for (int byte; (byte = getc(file)) != EOF;) lines += byte == '\n';
    fclose(file);
    return lines;
}

static void run_child(void (*body)(const struct place *place), const struct place *place,
                      int number) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        body(place);
        _exit(99);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    if (number)
        cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == number, "%x", (unsigned)status);
    else
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", (unsigned)status);
}

/* The log is not started: all that was logged is in the rings. */
static void log_and_die(const struct place *place) {
    struct hr_error error = {0};
    hr_log *log, *child;
    if (open_log(place, true, &error, &log) != 0) _exit(1);
    if (hr_log_child(log, ".part", &child) != 0) _exit(2);
    for (int i = 0; i < RECORDS; i++) {
        if (i % 4 == 3) {
            const struct hr_log_field fields[] = {{hr_slice_of("free"), hr_log_of_i64(i)},
                                                  {hr_slice_of("text"), hr_log_of_text("a text")}};
            hr_log_write(child, HR_LOG_INFO, hr_slice_of("written"), fields, 2);
        } else {
            HR_INFO(i % 2 ? log : child, "counted", "i", i, "list",
                    HR_ARRAY(((const int[]){1, 2, 3}), 3), "group", HR_GROUP("a", 1, "b", "two"));
        }
    }
    raise(SIGKILL);
}

Test(log_crash, a_killed_process_is_recovered_once) {
    struct place place = make_place();
    struct hr_error error = {0};
    struct hr_log_recovery recovery;
    run_child(log_and_die, &place, SIGKILL);
    cr_assert_eq(count_lines(place.path), 0);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, &recovery), 0, "%s", error.message);
    cr_assert_eq(recovery.lines, RECORDS);
    cr_assert_eq(recovery.files, 1);
    cr_assert_eq(count_lines(place.path), RECORDS);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, &recovery), 0, "%s", error.message);
    cr_assert_eq(recovery.lines + recovery.files, 0);
    cr_assert_eq(count_lines(place.path), RECORDS);
    remove_place(&place);
}

Test(log_crash, starting_again_recovers_first) {
    struct place place = make_place();
    struct hr_error error = {0};
    hr_log *log;
    run_child(log_and_die, &place, SIGKILL);
    cr_assert_eq(open_log(&place, true, &error, &log), 0, "%s", error.message);
    cr_assert_eq(count_lines(place.path), RECORDS);
    HR_INFO(log, "behind them");
    cr_assert_eq(hr_log_start(log), 0);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(count_lines(place.path), RECORDS + 1);
    remove_place(&place);
}

Test(log_crash, a_directory_is_one_process_s) {
    struct place place = make_place();
    struct hr_error error = {0};
    hr_log *log, *other;
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    cr_assert_eq(open_log(&place, true, &error, &log), 0, "%s", error.message);
    cr_assert_eq(open_log(&place, true, &error, &other), -EBUSY);
    cr_assert_not_null(strstr(error.message, pid), "%s", error.message);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), -EBUSY);
    cr_assert_eq(hr_log_start(log), 0);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), 0);
    remove_place(&place);
}

Test(log_crash, directories_that_are_refused) {
    struct place place = make_place();
    struct hr_error error = {0};
    hr_log *log;
    char link[96];
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), -ENOENT);
    struct hr_log_recover_options later = {.on_problem = NULL};
    memset(later.reserved, 1, sizeof later.reserved);
    cr_assert_eq(hr_log_recover(place.rings, &later, &error, NULL), -EINVAL);
    cr_assert_not_null(strstr(error.message, "hr_log_recover_options "), "%s", error.message);
    cr_assert_eq(hr_log_recover(place.folder, NULL, &error, NULL), -ENOENT);
    cr_assert_not_null(strstr(error.message, "no rings directory"), "%s", error.message);
    cr_assert_eq(mkdir(place.rings, 0700), 0);
    cr_assert_eq(chmod(place.rings, 0777), 0);
    cr_assert_eq(open_log(&place, true, &error, &log), -EPERM);
    cr_assert_not_null(strstr(error.message, "chmod 700"), "%s", error.message);
    cr_assert_eq(chmod(place.rings, 0700), 0);
    snprintf(link, sizeof link, "%s/link", place.folder);
    cr_assert_eq(symlink(place.rings, link), 0);
    snprintf(place.rings, sizeof place.rings, "%s", link);
    cr_assert_neq(open_log(&place, true, &error, &log), 0);
    cr_assert_not_null(strstr(error.message, "symbolic link"), "%s", error.message);
    remove_place(&place);
}

/* The same error as on a tmpfs that is full: room is asked for before anything is put there. */
Test(log_crash, no_room_is_an_error_of_opening) {
    struct place place = make_place();
    struct hr_error error = {0};
    struct rlimit before, little = {16 << 10, RLIM_INFINITY};
    hr_log *log;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    little.rlim_max = before.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
    int err = open_log(&place, true, &error, &log);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    cr_assert_eq(err, -EFBIG, "%d %s", err, error.message);
    cr_assert_not_null(strstr(error.message, "ring of 65536 bytes"), "%s", error.message);
    cr_assert_eq(open_log(&place, true, &error, &log), 0, "%s", error.message);
    cr_assert_eq(hr_log_start(log), 0);
    cr_assert_eq(hr_log_close(log), 0);
    remove_place(&place);
}

Test(log_crash, a_file_that_was_moved_is_found_and_one_that_is_gone_made_again) {
    for (int gone = 0; gone < 2; gone++) {
        struct place place = make_place();
        struct hr_error error = {0};
        char moved[128];
        run_child(log_and_die, &place, SIGKILL);
        snprintf(moved, sizeof moved, "%s/log.1", place.folder);
        cr_assert_eq(gone ? unlink(place.path) : rename(place.path, moved), 0);
        cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), 0, "%s", error.message);
        cr_assert_eq(count_lines(gone ? place.path : moved), RECORDS);
        cr_assert_eq(access(gone ? moved : place.path, F_OK), -1);
        remove_place(&place);
    }
}

static void append(const char *path, const char *text) {
    FILE *file = fopen(path, "a");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(log_crash, what_somebody_else_wrote_is_not_cut) {
    struct place place = make_place();
    struct hr_error error = {0};
    char moved[128];
    run_child(log_and_die, &place, SIGKILL);
    append(place.path, "somebody else's\n");
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), -EBADMSG);
    cr_assert_not_null(strstr(error.message, place.path), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "move it away"), "%s", error.message);
    cr_assert_eq(count_lines(place.path), 1);
    snprintf(moved, sizeof moved, "%s/elsewhere", place.folder);
    cr_assert_eq(mkdir(moved, 0700), 0);
    snprintf(moved, sizeof moved, "%s/elsewhere/log", place.folder);
    cr_assert_eq(rename(place.path, moved), 0);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), 0, "%s", error.message);
    cr_assert_eq(count_lines(place.path), RECORDS);
    cr_assert_eq(count_lines(moved), 1);
    remove_place(&place);
}

/* A byte, or the length, of a file of the directory is changed in every way of a seed: nothing
 * crashes, and no line comes twice. */
Test(log_crash, damage_is_told_and_never_crashes) {
    static const char *const names[] = {"ring-0", "sink-0", "dictionary"};
    srand(7);
    for (int round = 0; round < 120; round++) {
        struct place place = make_place();
        struct hr_error error = {0};
        struct stat facts;
        char name[192];
        run_child(log_and_die, &place, SIGKILL);
        snprintf(name, sizeof name, "%s/%s", place.rings, names[round % 3]);
        cr_assert_eq(stat(name, &facts), 0);
        if (round % 10 == 9) {
            cr_assert_eq(truncate(name, rand() % (facts.st_size + 4096)), 0);
        } else {
            int fd = open(name, O_WRONLY);
            off_t most = facts.st_size < 12000 ? facts.st_size : 12000;
            for (int i = 0; i < 1 + round % 4; i++) {
                unsigned char byte = (unsigned char)rand();
                cr_assert_eq(pwrite(fd, &byte, 1, rand() % (round % 2 ? most : 128)), 1);
            }
            close(fd);
        }
        int err = hr_log_recover(place.rings, NULL, &error, NULL);
        size_t lines = count_lines(place.path);
        cr_assert(err <= 0);
        cr_assert_leq(lines, RECORDS + 1);
        if (err == 0 && round % 3 == 2) cr_assert_eq(lines, RECORDS);
        int again = hr_log_recover(place.rings, NULL, &error, NULL);
        cr_assert_eq(again, err, "%d then %d: %s", err, again, error.message);
        cr_assert_eq(count_lines(place.path), lines);
        remove_place(&place);
    }
}

/* A journal says in which order lines were; whatever it says, none is lost and none comes twice. */
Test(log_crash, a_journal_that_lies_changes_no_more_than_the_order) {
    static struct hr__log_journal journal;
    srand(8);
    for (int round = 0; round < 40; round++) {
        struct place place = make_place();
        struct hr_error error = {0};
        struct hr_log_recovery recovery;
        struct stat facts;
        char name[192];
        run_child(log_and_die, &place, SIGKILL);
        snprintf(name, sizeof name, "%s/sink-0", place.rings);
        cr_assert_eq(stat(name, &facts), 0);
        journal.sequence = 1;
        journal.count = round % 8 == 7 ? UINT64_MAX : (uint64_t)rand() % 200;
        for (int i = 0; i < 200; i++)
            journal.marks[i] = (struct hr__log_mark){.position = (uint64_t)rand() % 9000,
                                                     .ring = (uint32_t)(rand() % (1 + round % 3))};
        if (round % 4 == 0) journal.marks[0].position = UINT64_MAX;
        int fd = open(name, O_WRONLY);
        off_t at = facts.st_size - (off_t)(HR_LOG_JOURNALS * sizeof journal);
        cr_assert_eq(pwrite(fd, &journal, sizeof journal, at), (ssize_t)sizeof journal);
        close(fd);
        cr_assert_eq(hr_log_recover(place.rings, NULL, &error, &recovery), 0, "%s", error.message);
        cr_assert_eq(recovery.lines, RECORDS);
        cr_assert_eq(count_lines(place.path), RECORDS);
        remove_place(&place);
    }
}

/* ---- Other ends. */

static hr_log *open_started(const struct place *place, bool shared) {
    struct hr_error error = {0};
    hr_log *log;
    if (open_log(place, shared, &error, &log) != 0) _exit(3);
    return log;
}

/* LeakSanitizer asks at the end of a process. It cannot look at a forked child, whose parent's
 * other threads it would stop first. */
static bool forked;
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return forked;
}

static void log_and_exit(const struct place *place) {
    forked = true;
    HR_INFO(open_started(place, false), "before exit");
    exit(0);
}

static void log_and_quick_exit(const struct place *place) {
    HR_INFO(open_started(place, false), "before quick_exit");
    quick_exit(0);
}

static void log_and_end_at_once(const struct place *place) {
    HR_INFO(open_started(place, true), "before _exit");
    _exit(0);
}

static void log_and_exec(const struct place *place) {
    HR_INFO(open_started(place, true), "before exec");
    execl("/bin/true", "true", (char *)NULL);
}

Test(log_crash, exit_and_quick_exit_write_what_was_logged) {
    struct place place = make_place();
    run_child(log_and_exit, &place, 0);
    cr_assert_eq(count_lines(place.path), 1);
    run_child(log_and_quick_exit, &place, 0);
    cr_assert_eq(count_lines(place.path), 2);
    remove_place(&place);
}

Test(log_crash, _exit_and_exec_leave_it_in_shared_rings) {
    struct place place = make_place();
    struct hr_error error = {0};
    run_child(log_and_end_at_once, &place, 0);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), 0, "%s", error.message);
    cr_assert_eq(count_lines(place.path), 1);
    run_child(log_and_exec, &place, 0);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, NULL), 0, "%s", error.message);
    cr_assert_eq(count_lines(place.path), 2);
    remove_place(&place);
}

/* Killed while a child that it has forked lives on, which logs in a directory of its own. */
static void fork_and_die(const struct place *place) {
    hr_log *log = open_started(place, true);
    int ends[2];
    char byte;
    HR_INFO(log, "before fork");
    if (pipe(ends) != 0) _exit(4);
    pid_t child = fork();
    if (child == 0) {
        struct place own = *place;
        struct hr_error error = {0};
        hr_log *mine;
        HR_INFO(log, "dropped");
        snprintf(own.rings, sizeof own.rings, "%s/child", place->folder);
        snprintf(own.path, sizeof own.path, "%s/child.log", place->folder);
        if (open_log(&own, true, &error, &mine) != 0) _exit(5);
        HR_INFO(mine, "of the child");
        if (write(ends[1], "x", 1) != 1) _exit(6);
        for (;;) pause();
    }
    char path[128];
    snprintf(path, sizeof path, "%s/pid", place->folder);
    FILE *file = fopen(path, "w");
    fprintf(file, "%d\n", (int)child);
    fclose(file);
    if (read(ends[0], &byte, 1) != 1) _exit(7);
    raise(SIGKILL);
}

Test(log_crash, a_forked_child_holds_nothing_of_its_parent_s) {
    struct place place = make_place();
    struct hr_error error = {0};
    struct hr_log_recovery recovery;
    char path[128];
    int child = 0;
    run_child(fork_and_die, &place, SIGKILL);
    cr_assert_eq(hr_log_recover(place.rings, NULL, &error, &recovery), 0, "%s", error.message);
    cr_assert_eq(recovery.lines, 1);
    snprintf(path, sizeof path, "%s/child", place.folder);
    cr_assert_eq(hr_log_recover(path, NULL, &error, &recovery), -EBUSY);
    snprintf(path, sizeof path, "%s/pid", place.folder);
    FILE *file = fopen(path, "r");
    cr_assert_eq(fscanf(file, "%d", &child), 1);
    fclose(file);
    cr_assert(child > 1);
    kill(child, SIGKILL);
    remove_place(&place);
}

static void overflow(volatile char *from, uint64_t depth) {
    volatile char frame[4096];
    frame[0] = *from;
    if (depth) overflow(frame, depth - 1);
    frame[1] = 0;
}

/* The stack's end is met on the alternate one. */
static void run_out_of_stack(const struct place *place) {
    char start = 0;
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGSEGV, &action, NULL);
    hr_log *log = open_started(place, false);
    if (hr_log_crash_guard(log) != 0) _exit(8);
    HR_INFO(log, "before the end of the stack");
    overflow(&start, UINT64_MAX);
}

Test(log_crash, the_guard_survives_the_end_of_a_stack) {
    struct place place = make_place();
    run_child(run_out_of_stack, &place, SIGSEGV);
    cr_assert_eq(count_lines(place.path), 2);
    remove_place(&place);
}
