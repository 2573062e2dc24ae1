#include "log_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <headrace/log_statistics.h>

#include "log_rotate.h"

#define SECOND_NS UINT64_C(1000000000)

static uint64_t local_moment(int year, int month, int day, int hour, int minute) {
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_isdst = -1};
    return (uint64_t)mktime(&tm) * SECOND_NS;
}

Test(log_boundary, of_utc_is_a_multiple) {
    uint64_t at = UINT64_C(1795000007) * SECOND_NS + 5;
    cr_assert_eq(hr__log_boundary(at, 10, false), UINT64_C(1795000010) * SECOND_NS);
    cr_assert_eq(hr__log_boundary(UINT64_C(1795000010) * SECOND_NS, 10, false),
                 UINT64_C(1795000020) * SECOND_NS);
    cr_assert_eq(hr__log_boundary(at, 86400, false) % (86400 * SECOND_NS), 0);
}

Test(log_boundary, of_local_time_is_midnight_on_days_of_23_and_25_hours) {
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    uint64_t next = hr__log_boundary(local_moment(2026, 3, 29, 0, 30), 86400, true);
    cr_assert_eq(next, local_moment(2026, 3, 30, 0, 0));
    next = hr__log_boundary(local_moment(2026, 10, 25, 0, 30), 86400, true);
    cr_assert_eq(next, local_moment(2026, 10, 26, 0, 0));
    next = hr__log_boundary(local_moment(2026, 10, 25, 23, 59), 86400, true);
    cr_assert_eq(next, local_moment(2026, 10, 26, 0, 0));
    next = hr__log_boundary(local_moment(2026, 6, 1, 13, 30), 3600, true);
    cr_assert_eq(next, local_moment(2026, 6, 1, 14, 0));
    next = hr__log_boundary(local_moment(2026, 3, 29, 0, 30), 43200, true);
    cr_assert_eq(next, local_moment(2026, 3, 29, 12, 0));
}

/* 00:00Z to 04:00Z of 25 October 2026 in Berlin: 2 o'clock comes twice, each hour has 3,600 s. */
Test(log_boundary, each_hour_has_one_when_the_clock_is_put_back) {
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    uint64_t at = UINT64_C(1792886400) * SECOND_NS;
    for (int i = 0; i < 8; i++) {
        uint64_t next = hr__log_boundary(at, 3600, true);
        cr_assert_eq(next, at + 3600 * SECOND_NS, "hour %d", i);
        at = next;
    }
}

Test(log_boundary, of_local_time_divides_a_day) {
    cr_assert(hr__log_boundary_is_possible(86400, true));
    cr_assert(hr__log_boundary_is_possible(900, true));
    cr_assert_not(hr__log_boundary_is_possible(7000, true));
    cr_assert(hr__log_boundary_is_possible(7000, false));
    cr_assert_not(hr__log_boundary_is_possible(0, false));
}

Test(log_rotated, names_are_the_rotated_files_alone) {
    static const char *const good[] = {"a.log.1",
                                       "a.log.12.gz",
                                       "a.log.999999999.zst",
                                       "a.log.20261122-100000",
                                       "a.log.20261122-100000.2",
                                       "a.log.20261122-100000.10.gz"};
    static const char *const bad[] = {"a.log",
                                      "a.log.",
                                      "a.log.0",
                                      "a.log.01",
                                      "a.log.1x",
                                      "a.log.1.bak",
                                      "a.log.1.gz.tmp",
                                      "a.log.1234567890",
                                      "a.log.new",
                                      "a.log.compressing",
                                      "a.log2.1",
                                      "b.log.1",
                                      "a.log.20261122-10000",
                                      "a.log.20261122-1000000",
                                      "a.log.20261122-100000.1",
                                      "a.log.20261122-100000.02",
                                      "a.log.2026112-100000"};
    struct hr__log_rotated file;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char name[HR_LOG_PATH_BYTES];
        cr_assert(hr__log_rotated_parse("a.log", good[i], &file), "%s", good[i]);
        cr_assert_eq(hr__log_rotated_name("a.log", &file, name), 0);
        cr_assert_str_eq(name, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(hr__log_rotated_parse("a.log", bad[i], &file), "%s", bad[i]);
}

/* Over all files, the oldest first, and none longer than the limit. */
static void check_numbered(const struct log_folder *place, int records, size_t limit) {
    unsigned files = log_folder_count(place, "service.log.");
    int next = 0;
    for (unsigned i = files + 1; i-- > 0;) {
        char name[96];
        size_t size;
        snprintf(name, sizeof name, i ? "%s.%u" : "%s", place->path, i);
        char *text = log_folder_read(name, &size);
        cr_assert_leq(size, limit, "%s has %zu bytes", name, size);
        next = log_folder_numbers(text, size, next);
        free(text);
    }
    cr_assert_eq(next, records);
}

Test(log_rotate, no_file_is_longer_than_its_limit_and_no_line_is_split) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.rotate_bytes = 10000};
    hr_log *log = log_folder_log(&place, &sink);
    enum { RECORDS = 3000 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_flush(log, -1), 0);
    struct hr_log_statistics statistics;
    hr_log_statistics_get(log, &statistics);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_geq(log_folder_count(&place, "service.log."), 10);
    cr_assert_eq(log_folder_count(&place, "service.log."), statistics.sinks[0].rotations);
    cr_assert_eq(statistics.sinks[0].lines, RECORDS);
    cr_assert_eq(statistics.sinks[0].errors, 0);
    check_numbered(&place, RECORDS, 10000);
    log_folder_close(&place);
}

Test(log_rotate, a_line_longer_than_the_limit_has_a_file_of_its_own) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.rotate_bytes = 100};
    hr_log *log = log_folder_log(&place, &sink);
    char text[300];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 5; i++) HR_INFO(log, "long", "text", text, "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(log_folder_count(&place, "service.log"), 5);
    check_numbered(&place, 5, 500);
    log_folder_close(&place);
}

Test(log_rotate, keeps_as_many_as_asked_and_counts_those_of_earlier_runs) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.rotate_bytes = 2000, .keep_files = 3};
    for (int run = 0; run < 3; run++) {
        hr_log *log = log_folder_log(&place, &sink);
        for (int i = 0; i < 100; i++) HR_INFO(log, "counted", "i", i);
        cr_assert_eq(hr_log_close(log), 0);
        cr_assert_eq(log_folder_count(&place, "service.log."), 3);
    }
    /* One that is none of its own stays. */
    char other[96];
    snprintf(other, sizeof other, "%s.1.bak", place.path);
    close(open(other, O_CREAT | O_WRONLY, 0600));
    hr_log *log = log_folder_log(&place, &sink);
    for (int i = 0; i < 100; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(log_folder_count(&place, "service.log."), 4);
    log_folder_close(&place);
}

Test(log_rotate, what_is_older_than_keep_days_goes_at_the_start) {
    struct log_folder place;
    log_folder_open(&place);
    for (int i = 1; i <= 3; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s.%d", place.path, i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        const struct timespec times[2] = {{.tv_sec = time(NULL) - (i - 1) * 86400 * 2},
                                          {.tv_sec = time(NULL) - (i - 1) * 86400 * 2}};
        cr_assert_eq(futimens(fd, times), 0);
        close(fd);
    }
    struct hr_log_sink sink = {.rotate_bytes = 2000, .keep_days = 3};
    cr_assert_eq(hr_log_close(log_folder_log(&place, &sink)), 0);
    cr_assert_eq(log_folder_count(&place, "service.log."), 2);
    log_folder_close(&place);
}

/* Logs until some files are rotated; `unpack` is the program that reads what has `suffix`. */
static void check_compressed(enum hr_log_compression compression, const char *suffix,
                             const char *unpack) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {
        .rotate_bytes = 200000, .compression = compression, .rotated_names = HR_LOG_ROTATED_DATED};
    hr_log *log = log_folder_log(&place, &sink);
    enum { RECORDS = 20000 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    unsigned rotated = log_folder_count(&place, "service.log.");
    cr_assert_geq(rotated, 5);
    cr_assert_eq(log_folder_count(&place, suffix), rotated);
    char command[256];
    snprintf(command, sizeof command,
             "cd %s && %s $(ls -v service.log.*) > all && cat service.log >> all", place.folder,
             unpack);
    cr_assert_eq(system(command), 0);
    char all[96];
    snprintf(all, sizeof all, "%s/all", place.folder);
    size_t size;
    char *text = log_folder_read(all, &size);
    cr_assert_eq(log_folder_numbers(text, size, 0), RECORDS);
    free(text);
    log_folder_close(&place);
}

Test(log_rotate, gzip_reads_compressed_files) {
    check_compressed(HR_LOG_COMPRESSION_GZIP, ".gz", "gzip -dc");
}

Test(log_rotate, zstd_reads_compressed_files) {
    check_compressed(HR_LOG_COMPRESSION_ZSTD, ".zst", "zstd -dcq");
}

Test(log_rotate, a_file_last_written_before_the_boundary_is_rotated) {
    struct log_folder place;
    log_folder_open(&place);
    int fd = open(place.path, O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(fd, "ts=x i=0\n", 9), 9);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - 90000},
                                      {.tv_sec = time(NULL) - 90000}};
    cr_assert_eq(futimens(fd, times), 0);
    close(fd);
    struct hr_log_sink sink = {.rotate_s = 86400};
    hr_log *log = log_folder_log(&place, &sink);
    HR_INFO(log, "counted", "i", 1);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(log_folder_count(&place, "service.log.1"), 1);
    size_t size;
    char *text = log_folder_read(place.path, &size);
    cr_assert_eq(log_folder_numbers(text, size, 1), 2);
    free(text);
    log_folder_close(&place);
}

/* A folder that cannot be written: lines go on into the old file, beyond its limit. */
Test(log_rotate, where_no_new_file_can_be_made_the_old_one_is_written) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.rotate_bytes = 1000};
    char fresh[96], inside[128];
    snprintf(fresh, sizeof fresh, "%s.new", place.path);
    snprintf(inside, sizeof inside, "%s/x", fresh);
    cr_assert_eq(mkdir(fresh, 0700), 0); /* stands where the new file would be made */
    close(open(inside, O_CREAT | O_WRONLY, 0600));
    hr_log *log = log_folder_log(&place, &sink);
    enum { RECORDS = 500 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_flush(log, -1), 0);
    struct hr_log_statistics statistics;
    hr_log_statistics_get(log, &statistics);
    cr_assert_geq(statistics.write_errors, 1);
    cr_assert_eq(hr_log_close(log), 0);
    size_t size;
    char *text = log_folder_read(place.path, &size);
    cr_assert_eq(log_folder_numbers(text, size, 0), RECORDS);
    free(text);
    unlink(inside);
    rmdir(fresh);
    log_folder_close(&place);
}

/* What a rotation that was killed has left (Debian bug 693985 of logrotate) stops no later one, and
 * what a run had no time to compress is compressed by the next (natefinch/lumberjack#16). */
Test(log_rotate, goes_on_with_what_a_killed_run_has_left) {
    static const char *const left[] = {".new", ".compressing", ".1", ".3"};
    struct log_folder place;
    char name[96];
    log_folder_open(&place);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", place.path, left[i]);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        cr_assert_eq(write(fd, "ts=x i=0\n", 9), 9);
        close(fd);
    }
    struct hr_log_sink sink = {.rotate_bytes = 2000, .compression = HR_LOG_COMPRESSION_GZIP};
    hr_log *log = log_folder_log(&place, &sink);
    for (int i = 0; i < 30; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(log_folder_count(&place, ".new"), 0);
    cr_assert_eq(log_folder_count(&place, ".compressing"), 0);
    unsigned rotated = log_folder_count(&place, "service.log.");
    cr_assert_eq(rotated, 3); /* the two that were there, and one more */
    cr_assert_eq(log_folder_count(&place, ".gz"), rotated);
    log_folder_close(&place);
}

/* Two rotations in one second never get one name (keymetrics/pm2-logrotate#135). */
Test(log_rotate, dated_names_of_one_second_are_told_apart) {
    struct log_folder place;
    log_folder_open(&place);
    struct hr_log_sink sink = {.rotate_bytes = 1000, .rotated_names = HR_LOG_ROTATED_DATED};
    hr_log *log = log_folder_log(&place, &sink);
    enum { RECORDS = 300 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_close(log), 0);
    char command[256], all[96];
    snprintf(command, sizeof command, "cd %s && cat $(ls -v service.log.*) service.log > all",
             place.folder);
    cr_assert_eq(system(command), 0);
    snprintf(all, sizeof all, "%s/all", place.folder);
    size_t size;
    char *text = log_folder_read(all, &size);
    cr_assert_eq(log_folder_numbers(text, size, 0), RECORDS);
    free(text);
    log_folder_close(&place);
}
