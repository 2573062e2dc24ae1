/* Whether two entries are the same, against the documented table. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tree_compare.h"

#define MD5_OF_ABC "900150983cd24fb0d6963f7d28e17f72" /* RFC 1321 */
#define MD5_OF_A   "0cc175b9c0f1b6a831c399e269772661"

static struct tree_entry object(uint64_t size, uint64_t time_s, const char *etag) {
    return (struct tree_entry){
        .size_bytes = size, .time_s = time_s, .etag = hr_slice_of(etag), .folder_fd = -1};
}

Test(tree_compare, by_time_and_size) {
    struct tree_entry a = object(1, 100, ""), newer = object(1, 101, ""), larger = object(2, 1, "");
    cr_expect_eq(tree_compare(TREE_BY_TIME, &a, &a), TREE_SAME);
    cr_expect_eq(tree_compare(TREE_BY_TIME, &newer, &a), TREE_DIFFERENT);
    cr_expect_eq(tree_compare(TREE_BY_TIME, &a, &newer), TREE_SAME, "an older source");
    cr_expect_eq(tree_compare(TREE_BY_TIME, &larger, &a), TREE_DIFFERENT);
    cr_expect_eq(tree_compare(TREE_BY_SIZE, &newer, &a), TREE_SAME);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &larger, &a), TREE_DIFFERENT);
}

Test(tree_compare, by_checksum_of_objects) {
    struct tree_entry a = object(1, 100, MD5_OF_ABC), b = object(1, 1, MD5_OF_A);
    struct tree_entry parts = object(1, 200, "900150983cd24fb0d6963f7d28e17f72-2");
    struct tree_entry newer = a;
    newer.time_s = 300;
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &newer, &a), TREE_SAME);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &b, &a), TREE_DIFFERENT);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &parts, &a), TREE_DIFFERENT, "its time");
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &a, &parts), TREE_SAME, "its time");
}

Test(tree_compare, by_checksum_of_a_file) {
    char path[] = "/tmp/headrace-compare-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, "abc", 3), 3);
    close(fd);
    struct tree_entry same = object(3, 1, MD5_OF_ABC), other = object(3, 1, MD5_OF_A);
    struct tree_entry file = {
        .size_bytes = 3, .time_s = 100, .folder_fd = open("/tmp", O_RDONLY), .base = path + 5};
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &file, &same), TREE_SAME);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &same, &file), TREE_SAME);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &file, &other), TREE_DIFFERENT);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(tree_compare(TREE_BY_CHECKSUM, &file, &same), TREE_DIFFERENT, "it is gone");
    close(file.folder_fd);
}
