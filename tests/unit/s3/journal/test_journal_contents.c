/* Journals as a whole: what a killed run, another version and a stranger leave. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_contents.h"

#define ROOM 65536

static char journal[ROOM], copy[ROOM];
static size_t journal_size;
static size_t ends[8]; /* of the magic and of each record */
static unsigned end_count;

static void add(const char *line, size_t size) {
    cr_assert_gt(size, 0);
    memcpy(journal + journal_size, line, size);
    journal_size += size;
    ends[end_count++] = journal_size;
}

static struct hr__journal_contents begun(bool is_upload) {
    struct hr__journal_contents contents = {.is_upload = is_upload, .begun_s = 1700000000};
    memset(contents.target, 'a', HR__JOURNAL_DIGEST);
    memset(contents.source, 'b', HR__JOURNAL_DIGEST);
    snprintf(contents.name, sizeof contents.name, "bucket/a key");
    return contents;
}

static struct hr__journal_part part(uint32_t number) {
    static char etag[] = "0123456789abcdef0123456789abcdef";
    struct hr__journal_part made = {.number = number, .size = 5242880, .etag = etag};
    cr_assert_eq(hr_s3_checksum_compute(HR_S3_CHECKSUM_CRC32, "x", 1, &made.checksum), 0);
    return made;
}

static void write_upload(void) {
    char line[HR__JOURNAL_LINE];
    struct hr__journal_contents contents = begun(true);
    struct hr__journal_part second = part(2), first = part(1);
    journal_size = end_count = 0;
    add(HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    add(line, hr__journal_write_begin(&contents, line));
    add(line, hr__journal_write_upload("up load", line));
    add(line, hr__journal_write_part(&second, line));
    add(line, hr__journal_write_part(&first, line));
    add(line, hr__journal_write_complete(line));
}

static enum hr__journal_reading read_copy(size_t size, struct hr__journal_contents *contents) {
    memcpy(copy, journal, size);
    return hr__journal_read(copy, size, contents);
}

Test(journal_contents, an_upload) {
    struct hr__journal_contents contents;
    write_upload();
    cr_assert_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, journal_size);
    cr_expect(contents.begun && contents.is_upload && contents.completing);
    cr_expect_eq(contents.begun_s, 1700000000);
    cr_expect_str_eq(contents.name, "bucket/a key");
    cr_expect_str_eq(contents.upload_id, "up load");
    cr_assert_eq(contents.part_count, 2);
    cr_expect_eq(contents.parts[0].number, 2);
    struct hr__journal_part first = part(1);
    cr_expect_str_eq(contents.parts[1].etag, first.etag);
    cr_expect(hr_s3_checksum_equal(&contents.parts[1].checksum, &first.checksum));
    hr__journal_contents_free(&contents);
}

Test(journal_contents, a_download) {
    char line[HR__JOURNAL_LINE];
    struct hr__journal_contents was = begun(false), contents;
    struct hr__journal_part range = {.number = 7, .size = 3};
    snprintf(was.etag, sizeof was.etag, "etag");
    snprintf(was.boot, sizeof was.boot, "0ac1");
    was.object_size = 100;
    was.range_size = 10;
    journal_size = end_count = 0;
    add(HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    add(line, hr__journal_write_begin(&was, line));
    add(line, hr__journal_write_object(&was, line));
    add(line, hr__journal_write_part(&range, line));
    cr_assert_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, journal_size);
    cr_expect_str_eq(contents.etag, "etag");
    cr_expect_str_eq(contents.boot, "0ac1");
    cr_expect_eq(contents.object_size, 100);
    cr_expect_eq(contents.range_size, 10);
    cr_assert_eq(contents.part_count, 1);
    cr_expect_eq(contents.parts[0].number, 7);
    cr_expect_eq(contents.parts[0].checksum.algorithm, HR_S3_CHECKSUM_NONE);
    hr__journal_contents_free(&contents);
}

/* A kill may cut it anywhere: the whole records in front of the cut count. */
Test(journal_contents, cut_at_every_byte) {
    struct hr__journal_contents contents;
    write_upload();
    for (size_t cut = ends[0]; cut <= journal_size; cut++) {
        size_t good = 0;
        for (unsigned i = 0; i < end_count; i++)
            if (ends[i] <= cut) good = ends[i];
        cr_expect_eq(read_copy(cut, &contents), HR__JOURNAL_READ, "%zu", cut);
        cr_expect_eq(contents.good, good, "%zu", cut);
        hr__journal_contents_free(&contents);
    }
}

Test(journal_contents, a_record_behind_a_damaged_one_does_not_count) {
    struct hr__journal_contents contents;
    write_upload();
    journal[ends[2] + 20] ^= 1;
    cr_expect_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, ends[2]);
    cr_expect_eq(contents.part_count, 0);
    cr_expect_not(contents.completing);
    hr__journal_contents_free(&contents);
}

Test(journal_contents, other_versions_and_other_files) {
    struct hr__journal_contents contents;
    char later[] = "headrace-journal 2\n", text[] = "Dear diary,\n", one[] = "x";
    char binary[] = "\0\0\0\0";
    cr_expect_eq(hr__journal_read(later, strlen(later), &contents), HR__JOURNAL_VERSION);
    cr_expect_eq(hr__journal_read(text, strlen(text), &contents), HR__JOURNAL_FOREIGN);
    cr_expect_eq(hr__journal_read(one, 1, &contents), HR__JOURNAL_FOREIGN);
    cr_expect_eq(hr__journal_read(binary, 4, &contents), HR__JOURNAL_FOREIGN);
    cr_expect_eq(hr__journal_read(one, 0, &contents), HR__JOURNAL_EMPTY);
    for (size_t cut = 1; cut < strlen(HR__JOURNAL_MAGIC); cut++) {
        memcpy(copy, HR__JOURNAL_MAGIC, cut);
        cr_expect_neq(hr__journal_read(copy, cut, &contents), HR__JOURNAL_READ, "%zu", cut);
    }
}

/* Records of a good CRC in a wrong place, as a program that is not this one might write them. */
Test(journal_contents, records_in_a_wrong_place_end_it) {
    char line[HR__JOURNAL_LINE];
    struct hr__journal_contents was = begun(true), contents;
    struct hr__journal_part first = part(1), last = part(10001);
    journal_size = end_count = 0;
    add(HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    add(line, hr__journal_write_part(&first, line));
    cr_expect_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, ends[0]);
    hr__journal_contents_free(&contents);
    journal_size = end_count = 0;
    add(HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    add(line, hr__journal_write_begin(&was, line));
    add(line, hr__journal_write_upload("id", line));
    add(line, hr__journal_write_part(&last, line));
    cr_expect_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, ends[2]);
    hr__journal_contents_free(&contents);
}

/* Found by fuzz_s3_journal: the second one had changed the kind of the first. */
Test(journal_contents, a_second_begin_ends_it) {
    char line[HR__JOURNAL_LINE];
    struct hr__journal_contents was = begun(true), other = begun(false), contents;
    journal_size = end_count = 0;
    add(HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    add(line, hr__journal_write_begin(&was, line));
    size_t good = journal_size;
    add(line, hr__journal_write_begin(&other, line));
    cr_assert_eq(read_copy(journal_size, &contents), HR__JOURNAL_READ);
    cr_expect_eq(contents.good, good);
    cr_expect(contents.begun && contents.is_upload);
    hr__journal_contents_free(&contents);
}
