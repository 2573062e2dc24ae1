#include <criterion/criterion.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_lines.h"

static void open_json(struct log_lines *lines) {
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {0};
    log_lines_open(lines, &sink, &options);
}

/* What stands behind the message. */
static void expect(struct log_lines *lines, const char *fields) {
    char *text = log_lines_take(lines);
    const char *at = strstr(text, "\"message\":\"m\"");
    cr_assert_not_null(at, "%s", text);
    cr_assert_str_eq(at + strlen("\"message\":\"m\""), fields);
    free(text);
}

Test(log_call, values_keep_their_types) {
    struct log_lines lines;
    open_json(&lines);
    char c = 'a';
    HR_INFO(lines.log, "m", "c", c, "sc", (signed char)-1, "uc", (unsigned char)255, "s",
            (short)SHRT_MIN, "us", (unsigned short)USHRT_MAX, "i", INT_MIN, "u", UINT_MAX, "l",
            LONG_MIN, "ul", ULONG_MAX, "ll", LLONG_MAX, "b", (bool)true, "f", 0.5f);
    expect(&lines, ",\"c\":97,\"sc\":-1,\"uc\":255,\"s\":-32768,\"us\":65535,\"i\":-2147483648,"
                   "\"u\":4294967295,\"l\":-9223372036854775808,\"ul\":18446744073709551615,"
                   "\"ll\":9223372036854775807,\"b\":true,\"f\":0.5}\n");
    HR_INFO(lines.log, "m", "n", (char *)NULL, "p", (void *)NULL, "e", HR_ERRNO(-ECONNRESET), "x",
            HR_BYTES("\x00\xff", 2), "z", HR_NULL, "nan", (double)NAN, "inf", (double)-INFINITY);
    expect(&lines, ",\"n\":null,\"p\":null,\"e\":\"ECONNRESET\",\"x\":\"00ff\",\"z\":null,"
                   "\"nan\":\"nan\",\"inf\":\"-inf\"}\n");
    log_lines_close(&lines);
}

Test(log_call, arrays_groups_and_failures) {
    struct log_lines lines;
    open_json(&lines);
    const short numbers[] = {-1, 2};
    const double reals[] = {0.1, 1e300};
    const char *texts[] = {"a", NULL, "b\n"};
    const struct hr_log_failure failure = {.code = -EIO, .text = "no", .cause = "disk"};
    HR_INFO(lines.log, "m", "n", HR_ARRAY(numbers, 2), "r", HR_ARRAY(reals, 2), "t",
            HR_ARRAY(texts, 3), "none", HR_ARRAY(numbers, 0), "g",
            HR_GROUP("id", 7, "token", "x", "api_token", "hidden"), "f", &failure);
    expect(&lines, ",\"n\":[-1,2],\"r\":[0.1,1e300],\"t\":[\"a\",null,\"b\\n\"],\"none\":[],"
                   "\"g\":{\"id\":7,\"token\":\"x\",\"api_token\":\"[redacted]\"},"
                   "\"f\":{\"code\":\"EIO\",\"text\":\"no\",\"cause\":\"disk\"}}\n");
    log_lines_close(&lines);
}

Test(log_call, what_is_null_has_no_elements) {
    struct log_lines lines;
    open_json(&lines);
    HR_INFO(lines.log, "m", "a", HR_ARRAY((const int *)NULL, 3), "g", hr_log_of_group(NULL, 2));
    expect(&lines, ",\"a\":[],\"g\":{}}\n");
    hr_log_write(lines.log, HR_LOG_INFO, hr_slice_of("m"), NULL, 2);
    expect(&lines, "}\n");
    hr_log_write(lines.log, 1000, hr_slice_of("m"), NULL, 0); /* above all there are */
    expect(&lines, "}\n");
    log_lines_close(&lines);
}

Test(log_call, a_value_is_evaluated_once_and_only_where_the_level_is_on) {
    struct log_lines lines;
    open_json(&lines);
    int calls = 0;
    HR_DEBUG(lines.log, "m", "n", ++calls);
    HR_INFO(lines.log, "m", "n", ++calls);
    HR_INFO((hr_log *)NULL, "m", "n", ++calls);
    expect(&lines, ",\"n\":1}\n");
    cr_assert_eq(calls, 1);
    log_lines_close(&lines);
}

Test(log_call, no_line_has_a_key_twice) {
    struct log_lines lines;
    open_json(&lines);
    HR_INFO(lines.log, "m", "level", 1, "x", 2, "x", 3);
    expect(&lines, ",\"fields.level\":1,\"x\":2,\"x_2\":3}\n");
    log_lines_close(&lines);
}

Test(log_call, secrets_do_not_reach_the_line) {
    struct log_lines lines;
    open_json(&lines);
    const struct hr_secret secret = {"hunter2"};
    HR_INFO(lines.log, "m", "key", secret, "db_Password", "hunter2", "Authorization", "hunter2");
    expect(&lines, ",\"key\":\"[redacted]\",\"db_Password\":\"[redacted]\","
                   "\"Authorization\":\"[redacted]\"}\n");
    log_lines_close(&lines);
}

Test(log_call, a_long_string_is_cut_and_says_so) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.string_bytes_max = 4};
    log_lines_open(&lines, &sink, &options);
    HR_INFO(lines.log, "m", "fits", "abcd", "long", "abcde");
    expect(&lines, ",\"fits\":\"abcd\",\"long\":\"abcd\xe2\x80\xa6[cut]\"}\n");
    log_lines_close(&lines);
}

Test(log_call, a_long_message_is_cut_and_says_so) {
    static const char *const ends[] = {" - a\xe2\x80\xa6[cut]\n", "\"a\xe2\x80\xa6[cut]\"}\n",
                                       "=\"a\xe2\x80\xa6[cut]\"\n"};
    for (int i = 0; i < 9; i++) {
        struct log_lines lines;
        struct hr_log_sink sink = {.format = (enum hr_log_format)(i / 3),
                                   .names = (enum hr_log_names)(i % 3)};
        struct hr_log_options options = {.string_bytes_max = 1};
        log_lines_open(&lines, &sink, &options);
        hr_log_write(lines.log, HR_LOG_INFO, hr_slice_of("ab"), NULL, 0);
        char *text = log_lines_take(&lines);
        cr_assert_not_null(strstr(text, "a\xe2\x80\xa6[cut]"), "%s", text);
        if (i % 3 == 0) cr_assert_not_null(strstr(text, ends[i / 3]), "%s", text);
        free(text);
        log_lines_close(&lines);
    }
}

Test(log_call, children_bear_names_fields_and_levels) {
    struct log_lines lines;
    open_json(&lines);
    hr_log *part, *with;
    const struct hr_log_field fields[] = {{hr_slice_of("id"), hr_log_of_i64(7)},
                                          {hr_slice_of("user"), hr_log_of_text("bob")}};
    cr_assert_eq(hr_log_child(lines.log, ".part", &part), 0);
    cr_assert_eq(hr_log_with(part, fields, 2, &with), 0);
    HR_INFO(with, "m", "n", 1);
    char *text = log_lines_take(&lines);
    cr_assert_not_null(strstr(text, "\"logger\":\"test.part\",\"message\":\"m\",\"n\":1,\"id\":7,"
                                    "\"user\":\"bob\"}\n"),
                       "%s", text);
    free(text);
    hr_log_level_set(lines.log, HR_LOG_ERROR);
    cr_assert_eq(hr_log_level_get(with), HR_LOG_ERROR);
    hr_log_level_set(part, HR_LOG_DEBUG);
    hr_log_level_set(lines.log, HR_LOG_INFO);
    cr_assert_eq(hr_log_level_get(with), HR_LOG_DEBUG);
    hr_log_free(with);
    hr_log_free(part);
    log_lines_close(&lines);
}

Test(log_call, a_full_ring_drops_the_newest_and_the_next_record_says_so) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.ring_bytes = 16384, .flush_interval_ms = 60000};
    log_lines_open(&lines, &sink, &options);
    char filler[512];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = 0;
    struct hr_log_statistics statistics;
    uint64_t sent = 0;
    do { /* the drain is quick: it is outrun, sooner or later */
        for (int i = 0; i < 1000; i++, sent++) HR_INFO(lines.log, "m", "text", filler);
        hr_log_statistics_get(lines.log, &statistics);
    } while (statistics.messages_dropped == 0);
    cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    HR_INFO(lines.log, "m", "text", "last");
    char *text = log_lines_take(&lines);
    hr_log_statistics_get(lines.log, &statistics);
    uint64_t kept = 0, told = 0;
    for (char *at = text; (at = strstr(at, "\"message\":\"m\"")); at++) kept++;
    for (char *at = text; (at = strstr(at, "\"dropped\":")); at++)
        told += strtoull(at + strlen("\"dropped\":"), NULL, 10);
    cr_assert_eq(told, statistics.messages_dropped);
    cr_assert_eq(kept + told, sent + 1);
    free(text);
    log_lines_close(&lines);
}

enum { THREADS = 4, RECORDS = 20000 };

static void *log_many(void *user) {
    hr_log *log = user;
    for (int i = 0; i < RECORDS; i++) {
        HR_INFO(log, "m", "n", i);
        struct hr_log_statistics statistics;
        if (i % 256 == 0) do {
                hr_log_statistics_get(log, &statistics);
            } while (statistics.queue_bytes > statistics.queue_bytes_max / 8 &&
                     hr_log_flush(log, -1) == 0);
    }
    return NULL;
}

Test(log_call, threads_keep_their_order_and_lines_that_of_time) {
    struct log_lines lines;
    open_json(&lines);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, log_many, lines.log);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    size_t size = lines.size;
    char *text = log_lines_take(&lines);
    char before[32] = "";
    int seen[RECORDS] = {0}, total = 0;
    for (char *at = text, *end; at < text + size; at = end + 1, total++) {
        end = memchr(at, '\n', 200);
        *end = 0;
        char time[32];
        snprintf(time, sizeof time, "%.24s", at + strlen("{\"timestamp\":\""));
        cr_assert(strcmp(before, time) <= 0, "%s before %s", before, time);
        memcpy(before, time, sizeof before);
        long n = strtol(strstr(at, "\"n\":") + 4, NULL, 10);
        if (n > 0) cr_assert(seen[n - 1] > seen[n], "%ld came too early", n);
        seen[n]++;
    }
    cr_assert_eq(total, THREADS * RECORDS);
    free(text);
    log_lines_close(&lines);
}

Test(log_call, a_forked_child_neither_logs_nor_waits) {
    struct log_lines lines;
    open_json(&lines);
    HR_INFO(lines.log, "m", "n", 1);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        HR_INFO(lines.log, "m", "n", 2);
        bool refused = hr_log_flush(lines.log, -1) == -ESHUTDOWN && hr_log_close(lines.log) == 0;
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    expect(&lines, ",\"n\":1}\n");
    log_lines_close(&lines);
}

Test(log_call, levels_have_names_and_texts) {
    char name[HR_LOG_LEVEL_BYTES];
    struct hr_error error;
    int level = 0;
    hr_log_level_name(HR_LOG_WARNING, name);
    cr_assert_str_eq(name, "WARNING");
    hr_log_level_name(25, name);
    cr_assert_str_eq(name, "LEVEL_25");
    cr_assert_eq(hr_log_level_parse(hr_slice_of("warn"), &error, &level), 0);
    cr_assert_eq(level, HR_LOG_WARNING);
    cr_assert_eq(hr_log_level_parse(hr_slice_of("Level_25"), &error, &level), 0);
    cr_assert_eq(level, 25);
    cr_assert_eq(hr_log_level_parse(hr_slice_of("loud"), &error, &level), -EINVAL);
    cr_assert_not_null(strstr(error.message, "DEBUG, INFO, WARNING, ERROR, CRITICAL"));
    cr_assert_eq(level, 25);
}
