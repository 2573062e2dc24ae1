/* Settings by name, and what is said where they differ. */
#include <criterion/criterion.h>
#include <string.h>

#include "beside_settings.h"

static struct perf_beside_settings own, theirs;
static struct perf_beside_unequal unequal;

static void fill_own(void) {
    perf_beside_setting_add(&own, "payload", "signed");
    perf_beside_setting_add(&own, "checksum", "crc32");
    perf_beside_setting_add(&own, "retries", "standard, %u attempts", 4);
}

TestSuite(beside_settings, .init = fill_own);

static void find(void) {
    perf_beside_unequal_find(&own, &theirs, "boto3", &unequal);
}

Test(beside_settings, alike_is_nothing_to_tell) {
    theirs = own;
    perf_beside_setting_add(&theirs, "threads", "64"); /* headrace has none such */
    theirs.list[1].value[0] = 'C';                     /* "Crc32" */
    find();
    cr_expect_eq(unequal.count, 0);
}

Test(beside_settings, payloads_have_a_sentence_of_their_own) {
    theirs = own;
    own.count = 0;
    perf_beside_setting_add(&own, "payload", "unsigned");
    find();
    cr_assert_eq(unequal.count, 1);
    cr_expect_str_eq(unequal.lines[0], "boto3 signs its payloads, headrace does not");
    struct perf_beside_settings kept = own;
    own = theirs;
    own.count = 1;
    theirs = kept;
    find();
    cr_expect_str_eq(unequal.lines[0], "boto3 does not sign its payloads, headrace does");
}

Test(beside_settings, others_are_told_with_both_values) {
    perf_beside_setting_add(&theirs, "retries", "3");
    perf_beside_setting_add(&theirs, "payload", "its own");
    perf_beside_setting_add(&theirs, "checksum", "crc32");
    find();
    cr_assert_eq(unequal.count, 2);
    cr_expect_str_eq(unequal.lines[0], "payload of boto3: its own; of headrace: signed");
    cr_expect_str_eq(unequal.lines[1], "retries of boto3: 3; of headrace: standard, 4 attempts");
}

Test(beside_settings, one_that_does_not_tell_is_told) {
    perf_beside_setting_add(&theirs, "checksum", "crc32");
    find();
    cr_assert_eq(unequal.count, 1);
    cr_expect_str_eq(unequal.lines[0], "boto3 does not tell its payload, retries");
}

Test(beside_settings, no_more_than_there_is_room_for) {
    char text[PERF_BESIDE_TEXT_MAX];
    for (unsigned i = 0; i < 40; i++)
        perf_beside_setting_add(&theirs, "a name of a setting that is rather long", "%0*u", 90, i);
    cr_expect_eq(theirs.count, PERF_BESIDE_SETTINGS_MAX);
    cr_expect_eq(strlen(theirs.list[0].value), PERF_BESIDE_LABEL_MAX - 1);
    perf_beside_settings_text(&theirs, text);
    cr_expect_eq(strlen(text), 2 * 103 + 2); /* whole ones alone */
    perf_beside_settings_text(&own, text);
    cr_expect_str_eq(text, "payload signed, checksum crc32, retries standard, 4 attempts");
}
