#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log_lines.h"

static void open_lines(struct log_lines *lines) {
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {0};
    log_lines_open(lines, &sink, &options);
}

static hr_log *child_of(hr_log *log, const char *name) {
    hr_log *child;
    cr_assert_eq(hr_log_child(log, name, &child), 0);
    return child;
}

static void set(hr_log *log, const char *text) {
    struct hr_error error = {0};
    cr_assert_eq(hr_log_levels_set(log, text, &error), 0, "%s: %s", text, error.message);
}

static void is(const hr_log *log, int level) {
    cr_assert_eq(hr_log_level_get(log), level, "%d, not %d", hr_log_level_get(log), level);
}

Test(log_levels, names_with_and_without_the_first_log_and_what_is_below) {
    struct log_lines lines;
    open_lines(&lines);
    hr_log *s3 = child_of(lines.log, ".s3"), *retry = child_of(s3, ".retry");
    hr_log *s3x = child_of(lines.log, ".s3x"), *other = child_of(lines.log, "s3");
    set(lines.log, " warning , S3 = debug ");
    is(lines.log, HR_LOG_WARNING);
    is(s3, HR_LOG_DEBUG);
    is(retry, HR_LOG_DEBUG);
    is(s3x, HR_LOG_WARNING);
    is(other, HR_LOG_DEBUG);
    set(lines.log, "test.s3=error");
    is(lines.log, HR_LOG_WARNING); /* no level of it is given: it stays */
    is(s3, HR_LOG_ERROR);
    is(retry, HR_LOG_ERROR);
    is(other, HR_LOG_WARNING); /* in the text no more: its parent's */
    hr_log_free(retry);
    hr_log_free(s3);
    hr_log_free(s3x);
    hr_log_free(other);
    log_lines_close(&lines);
}

Test(log_levels, the_longest_that_fits_counts_whatever_the_order) {
    static const char *const texts[] = {"net.*=warning,net.http=debug,info",
                                        "info,net.http=debug,net.*=warning"};
    struct log_lines lines;
    open_lines(&lines);
    for (unsigned i = 0; i < 2; i++) {
        set(lines.log, texts[i]);
        hr_log *net = child_of(lines.log, ".net"), *http = child_of(net, ".http");
        hr_log *pool = child_of(http, ".pool"), *dns = child_of(net, ".dns");
        is(lines.log, HR_LOG_INFO);
        is(net, HR_LOG_INFO);
        is(http, HR_LOG_DEBUG);
        is(pool, HR_LOG_DEBUG);
        is(dns, HR_LOG_WARNING);
        hr_log_free(pool);
        hr_log_free(dns);
        hr_log_free(http);
        hr_log_free(net);
    }
    log_lines_close(&lines);
}

Test(log_levels, children_made_later_obey_and_so_do_their_records) {
    struct log_lines lines;
    open_lines(&lines);
    set(lines.log, "s3=debug");
    hr_log *s3 = child_of(lines.log, ".s3"), *bound;
    struct hr_log_field field = {hr_slice_of("id"), hr_log_of_i64(7)};
    cr_assert_eq(hr_log_with(s3, &field, 1, &bound), 0);
    HR_DEBUG(lines.log, "not this");
    HR_DEBUG(s3, "this");
    HR_DEBUG(bound, "and this");
    hr_log_level_set(s3, HR_LOG_ERROR); /* later than the rule */
    is(bound, HR_LOG_ERROR);
    hr_log *later = child_of(s3, ".later");
    is(later, HR_LOG_ERROR);
    char *text = log_lines_take(&lines);
    cr_assert_null(strstr(text, "not this"));
    cr_assert_not_null(strstr(text, "test.s3 - DEBUG - this\n"));
    cr_assert_not_null(strstr(text, "test.s3 - DEBUG - and this [id=7]\n"));
    free(text);
    hr_log_free(later);
    hr_log_free(bound);
    hr_log_free(s3);
    log_lines_close(&lines);
}

Test(log_levels, a_level_set_by_hand_stays_where_no_name_fits) {
    struct log_lines lines;
    open_lines(&lines);
    hr_log *noisy = child_of(lines.log, ".noisy");
    hr_log_level_set(noisy, HR_LOG_ERROR);
    set(lines.log, "debug");
    is(lines.log, HR_LOG_DEBUG);
    is(noisy, HR_LOG_ERROR);
    set(lines.log, "*=warn");
    is(lines.log, HR_LOG_WARNING);
    is(noisy, HR_LOG_WARNING);
    hr_log_free(noisy);
    log_lines_close(&lines);
}

Test(log_levels, what_cannot_be_read_is_refused_and_nothing_changes) {
    static const struct {
        const char *text, *named;
    } wrong[] = {{"", "empty"},
                 {" ", "empty"},
                 {"verbose", "verbose is no level: DEBUG, INFO, WARNING, ERROR, CRITICAL"},
                 {"info,s3=verbose", "verbose is no level"},
                 {"s3=", "is no level"},
                 {"=debug", "no name of a log"},
                 {"s3==debug", "is no level"},
                 {"info,,s3=debug", "comma"},
                 {"info,", "comma"},
                 {",info", "comma"},
                 {"info,debug", "second level"},
                 {"s3=debug,S3=info", "the same logs"},
                 {"a b=debug", "no name of a log"},
                 {"info;s3=debug", "no name of a log"},
                 {"s3:debug", "is no level"},
                 {"s3=256", "is no level"},
                 {"s3=-1", "is no level"}};
    struct log_lines lines;
    open_lines(&lines);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hr_error error = {0};
        cr_assert_eq(hr_log_levels_set(lines.log, wrong[i].text, &error), -EINVAL, "%s",
                     wrong[i].text);
        cr_assert_not_null(strstr(error.message, wrong[i].named), "%s: %s", wrong[i].text,
                           error.message);
        is(lines.log, HR_LOG_INFO);
    }
    char many[16 * 80] = "a=1";
    for (unsigned i = 1; i <= HR_LOG_LEVEL_RULES_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",n%u=%u", i, i);
    cr_assert_eq(hr_log_levels_set(lines.log, many, NULL), -ENOSPC);
    *strrchr(many, ',') = 0;
    cr_assert_eq(hr_log_levels_set(lines.log, many, NULL), 0);
    log_lines_close(&lines);
}

Test(log_levels, the_environment_goes_before_the_options) {
    setenv("HEADRACE_LOG", "Error,s3=25", 1);
    struct log_lines lines;
    open_lines(&lines);
    hr_log *s3 = child_of(lines.log, ".s3");
    is(lines.log, HR_LOG_ERROR);
    is(s3, 25);
    hr_log_free(s3);
    log_lines_close(&lines);
    setenv("HEADRACE_LOG", "", 1); /* as if it were not set */
    open_lines(&lines);
    is(lines.log, HR_LOG_INFO);
    log_lines_close(&lines);
}

Test(log_levels, an_environment_that_cannot_be_read_is_an_error) {
    setenv("HEADRACE_LOG", "s3=loud", 1);
    struct hr_error error = {0};
    hr_log *log = NULL;
    cr_assert_eq(hr_log_new(NULL, &error, &log), -EINVAL);
    cr_assert_not_null(strstr(error.message, "HEADRACE_LOG"), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "loud is no level: DEBUG, INFO, WARNING"), "%s",
                       error.message);
    cr_assert_null(log);
}

/* gabime/spdlog#1680: a variable that named one logger reset the level of all others. */
Test(log_levels, a_variable_that_names_one_log_leaves_the_others) {
    setenv("HEADRACE_LOG", "logger2=off", 1);
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.level = HR_LOG_DEBUG};
    log_lines_open(&lines, &sink, &options);
    hr_log *one = child_of(lines.log, ".logger1"), *two = child_of(lines.log, ".logger2");
    is(lines.log, HR_LOG_DEBUG);
    is(one, HR_LOG_DEBUG);
    is(two, HR_LOG_OFF);
    hr_log_free(one);
    hr_log_free(two);
    log_lines_close(&lines);
}

/* elastic/elasticsearch#53061, hashicorp/go-hclog#134: a later level of the root took away what an
 * operator had set for one part. pinojs/pino#2130: parts without one of their own go along. */
Test(log_levels, a_later_level_of_the_first_log_leaves_what_is_named) {
    struct log_lines lines;
    open_lines(&lines);
    hr_log *bulk = child_of(lines.log, ".bulk"), *other = child_of(lines.log, ".other");
    set(lines.log, "bulk=debug");
    hr_log_level_set(lines.log, HR_LOG_ERROR);
    is(bulk, HR_LOG_DEBUG);
    is(other, HR_LOG_ERROR);
    hr_log_free(bulk);
    hr_log_free(other);
    log_lines_close(&lines);
}

/* tokio-rs/tracing#3539: "tokio" was for tokio-xmpp too. */
Test(log_levels, a_name_ends_at_a_dot) {
    struct log_lines lines;
    open_lines(&lines);
    hr_log *tokio = child_of(lines.log, "tokio"), *xmpp = child_of(lines.log, "tokio-xmpp");
    set(lines.log, "debug,tokio=info");
    is(tokio, HR_LOG_INFO);
    is(xmpp, HR_LOG_DEBUG);
    hr_log_free(tokio);
    hr_log_free(xmpp);
    log_lines_close(&lines);
}
