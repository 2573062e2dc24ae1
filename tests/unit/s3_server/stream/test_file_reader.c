/* Bodies into files and out of them, through the server: sizes around those of one write and one
 * read, ranges over several files, what is cut off. */
#include "../handlers/server_fixture.h"

#include "../disk/disk_fixture.h"
#include "file_reader.h"
#include "file_writer.h"

static char content[900 << 10];

static void open_server(void) {
    NEEDS_KERNEL("real files");
    folder_make();
    server_folder = folder;
    for (size_t i = 0; i < sizeof content; i++) content[i] = (char)(i * 7 + i / 251);
    server_open();
    cr_assert_eq(server_ask("PUT", "/bucket", "", ""), 200);
}

static void close_server(void) {
    if (!server_engine) return; /* skipped */
    server_close();
    folder_remove();
}

TestSuite(file_stream, .init = open_server, .fini = close_server);

static void put(const char *target, size_t size) {
    cr_assert_eq(server_ask_bytes("PUT", target, "", content, size), 200, "%s", server_body);
}

static void expect_range(const char *target, const char *fields, size_t offset, size_t size) {
    cr_expect_eq(server_ask("GET", target, fields, ""), fields[0] ? 206 : 200);
    cr_assert_eq(server_body_size, size);
    cr_expect_arr_eq(server_body, content + offset, size);
}

Test(file_stream, each_size_comes_back) {
    static const size_t sizes[] = {0,
                                   1,
                                   4095,
                                   S3_WRITE_BYTES - 1,
                                   S3_WRITE_BYTES,
                                   S3_WRITE_BYTES + 1,
                                   S3_READ_BYTES * 2,
                                   sizeof content};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        put("/bucket/key", sizes[i]);
        expect_range("/bucket/key", "", 0, sizes[i]);
    }
    cr_expect_eq(files_below("objects"), 1);
    cr_expect_eq(files_below("tmp"), 0);
}

Test(file_stream, ranges_begin_and_end_anywhere) {
    put("/bucket/key", sizeof content);
    expect_range("/bucket/key", "Range: bytes=0-0\r\n", 0, 1);
    expect_range("/bucket/key", "Range: bytes=262143-262144\r\n", 262143, 2);
    expect_range("/bucket/key", "Range: bytes=1-900000\r\n", 1, 900000);
    expect_range("/bucket/key", "Range: bytes=-3\r\n", sizeof content - 3, 3);
    cr_expect_eq(server_ask("HEAD", "/bucket/key", "", ""), 200);
    cr_expect_eq(server_body_size, 0);
}

Test(file_stream, a_body_that_is_not_what_it_claims_leaves_nothing) {
    cr_expect_eq(server_ask_bytes("PUT", "/bucket/key", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n",
                                  content, sizeof content),
                 400);
    cr_expect_not_null(strstr(server_body, "BadDigest"));
    cr_expect_eq(server_ask("GET", "/bucket/key", "", ""), 404);
    cr_expect_eq(files_below("objects"), 0);
    cr_expect_eq(files_below("tmp"), 0);
}

Test(file_stream, blocks_of_zeroes_are_a_hole) {
    struct stat info;
    memset(content, 0, sizeof content - 1);
    put("/bucket/key", sizeof content);
    expect_range("/bucket/key", "", 0, sizeof content);
    cr_assert_eq(files_below("objects"), 1);
    cr_assert_eq(stat(file_path, &info), 0);
    cr_expect_gt(info.st_size, (off_t)sizeof content);
    cr_expect_lt(info.st_blocks * 512, (blkcnt_t)sizeof content / 2, "%ld", (long)info.st_blocks);
    content[0] = 1; /* a block that is no hole before one that is */
    put("/bucket/key", sizeof content);
    expect_range("/bucket/key", "", 0, sizeof content);
}

/* A file that somebody has cut under the server's hands: the response breaks off, and is never
 * filled up with anything. */
Test(file_stream, a_file_that_is_cut_breaks_its_response) {
    put("/bucket/key", sizeof content);
    cr_assert_eq(files_below("objects"), 1);
    cr_assert_eq(truncate(file_path, 300 << 10), 0);
    cr_expect_eq(server_ask("GET", "/bucket/key", "", ""), 200);
    cr_expect(server_body_size <= 300 << 10, "%zu", server_body_size);
    cr_assert_eq(unlink(file_path), 0);
    cr_expect_eq(server_ask("GET", "/bucket/key", "", ""), 500);
    cr_expect_not_null(strstr(server_body, "InternalError"));
    cr_expect_eq(server_ask("HEAD", "/bucket/key", "", ""), 200);
}

Test(file_stream, a_fault_breaks_a_body_out_of_files_off_in_its_middle) {
    put("/bucket/key", sizeof content);
    server_close();
    server_faults = "truncate=1";
    server_open();
    cr_expect_eq(server_ask("GET", "/bucket/key", "", ""), 200);
    cr_assert(server_body_size > 0 && server_body_size <= sizeof content / 2);
    cr_expect_arr_eq(server_body, content, server_body_size);
}
