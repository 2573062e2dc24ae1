/* Checkpoints on the disk: whole, cut, changed, locked. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint_file.h"

static char folder[64], path[PATH_MAX];

static void begin(void) {
    snprintf(folder, sizeof folder, "/tmp/headrace-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state", folder);
}

static void end(void) {
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "something else is left in %s", folder);
}

TestSuite(checkpoint_file, .init = begin, .fini = end);

static void put(struct hr_json_writer *json, const void *user) {
    hr_json_text(json, user);
}

static int write_text(const char *text, struct hr_error *error) {
    const struct perf_checkpoint_text written = {put, text};
    return perf_checkpoint_write(path, &written, error);
}

/* The file's bytes; `size` of them. */
static char *bytes_of(size_t *size) {
    FILE *file = fopen(path, "r");
    char *data = calloc(1, 65536);
    *size = fread(data, 1, 65536, file);
    fclose(file);
    return data;
}

static void put_bytes(const char *data, size_t size) {
    FILE *file = fopen(path, "w");
    fwrite(data, 1, size, file);
    fclose(file);
}

static int read_back(char **text, struct hr_error *error) {
    size_t size = 0;
    *text = NULL;
    int err = perf_checkpoint_read(path, text, &size, error);
    if (!err) (*text)[size] = '\0'; /* the seal stood there */
    return err;
}

/* The seal is the SHA-256 of "hello" in quotes with its line end, as sha256sum has it. */
Test(checkpoint_file, what_was_written_comes_back_and_others_can_check_it) {
    struct hr_error error = {0};
    size_t size;
    char *text;
    cr_assert_eq(write_text("hello", &error), 0, "%s", error.message);
    cr_assert_eq(read_back(&text, &error), 0, "%s", error.message);
    cr_expect_str_eq(text, "\"hello\"\n");
    free(text);
    text = bytes_of(&size);
    cr_expect_eq(size, 8 + 7 + 64 + 1);
    cr_expect_str_eq(text, "\"hello\"\nsha256 "
                           "11fc90bd25a4139f105bf5c0423c47ba4b1066cd221fabd4e255bd7d0f1b3758\n");
    free(text);
}

Test(checkpoint_file, each_one_replaces_the_last) {
    struct hr_error error = {0};
    char *text;
    cr_assert_eq(write_text("first, and longer", &error), 0);
    cr_assert_eq(write_text("second", &error), 0);
    cr_assert_eq(read_back(&text, &error), 0);
    cr_expect_str_eq(text, "\"second\"\n");
    free(text);
}

Test(checkpoint_file, none_is_no_error) {
    struct hr_error error = {0};
    char *text;
    cr_expect_eq(read_back(&text, &error), -ENOENT);
    cr_expect_eq(error.code, 0);
}

Test(checkpoint_file, cut_anywhere_it_is_refused_by_name) {
    struct hr_error error = {0};
    size_t size;
    char *text;
    cr_assert_eq(write_text("some text of a state", &error), 0);
    char *whole = bytes_of(&size);
    for (size_t kept = 0; kept < size; kept++) {
        put_bytes(whole, kept);
        cr_expect_eq(read_back(&text, &error), -EPROTO, "%zu of %zu bytes", kept, size);
        cr_expect_not_null(strstr(error.message, path));
    }
    free(whole);
}

Test(checkpoint_file, a_flipped_bit_anywhere_is_refused_by_name) {
    struct hr_error error = {0};
    size_t size;
    char *text;
    cr_assert_eq(write_text("some text of a state", &error), 0);
    char *whole = bytes_of(&size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        whole[bit / 8] ^= (char)(1 << bit % 8);
        put_bytes(whole, size);
        cr_expect_eq(read_back(&text, &error), -EPROTO, "bit %zu", bit);
        cr_expect_not_null(strstr(error.message, path));
        whole[bit / 8] ^= (char)(1 << bit % 8);
    }
    free(whole);
}

Test(checkpoint_file, a_folder_that_is_not_there_is_told) {
    struct hr_error error = {0};
    const struct perf_checkpoint_text text = {put, "x"};
    cr_expect_eq(perf_checkpoint_write("/nowhere/state", &text, &error), -ENOENT);
    cr_expect_not_null(strstr(error.message, "/nowhere/state"));
}

Test(checkpoint_file, one_too_large_is_told) {
    struct hr_error error = {0};
    char *text;
    put_bytes("x", 1);
    cr_assert_eq(truncate(path, (off_t)PERF_CHECKPOINT_MAX + 1), 0);
    cr_expect_eq(read_back(&text, &error), -EFBIG);
    cr_expect_not_null(strstr(error.message, path));
}

Test(checkpoint_file, a_second_process_is_kept_away) {
    struct hr_error error = {0};
    int first, second;
    cr_assert_eq(perf_checkpoint_lock(path, &first, &error), 0, "%s", error.message);
    cr_expect_eq(perf_checkpoint_lock(path, &second, &error), -EBUSY);
    cr_expect_not_null(strstr(error.message, path));
    perf_checkpoint_unlock(path, &second);
    perf_checkpoint_unlock(path, &first);
    cr_assert_eq(perf_checkpoint_lock(path, &second, &error), 0);
    perf_checkpoint_unlock(path, &second);
}
