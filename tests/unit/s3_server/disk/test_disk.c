/* A store's folder: whose it is, and what is refused. */
#include "disk_fixture.h"

TestSuite(disk, .init = folder_make, .fini = folder_remove);

static void write_file(const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static bool error_has(const char *text) {
    return strstr(open_error.message, text) && strstr(open_error.message, folder);
}

Test(disk, a_new_folder_is_made_and_taken_again) {
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    store_again(false);
    store_close();
    cr_assert_eq(files_below("."), 2, "format and lock");
}

Test(disk, a_second_one_is_refused_by_the_name_of_the_first) {
    static struct s3_store second;
    char pid[32];
    const struct s3_store_folder with = {.disk = {.folder = folder, .files_max = 1}};
    cr_assert_eq(store_open(false), 0);
    cr_assert_eq(s3_server__store_init(&second, 1 << 20), 0);
    cr_assert_eq(s3_server__store_open(&second, &with, &damaged, &open_error), -EBUSY);
    snprintf(pid, sizeof pid, "process %d ", getpid());
    cr_assert(error_has(pid), "%s", open_error.message);
    s3_server__store_deinit(&second);
    store_close();
}

Test(disk, a_folder_with_other_things_is_refused) {
    cr_assert_eq(mkdir(folder, 0700), 0);
    write_file("thesis.txt", "");
    cr_assert_eq(store_open(false), -ENOTEMPTY);
    cr_assert(error_has("thesis.txt"), "%s", open_error.message);
    cr_assert_eq(files_below("."), 1, "nothing was made in it");
}

static void make_folder(const char *name) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(mkdir(path, 0700), 0);
}

/* A start would remove what is in tmp, and move aside what is in objects. */
Test(disk, a_folder_whose_folders_are_called_alike_is_refused) {
    static const char *const names[] = {"tmp", "objects", "buckets", "damaged"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[40];
        snprintf(folder, sizeof folder, "%s/alike-%zu", top, i);
        cr_assert_eq(mkdir(folder, 0700), 0);
        make_folder("lost+found");
        make_folder(names[i]);
        snprintf(name, sizeof name, "%s/thesis.txt", names[i]);
        write_file(name, "");
        cr_assert_eq(store_open(false), -ENOTEMPTY, "%s", name);
        cr_assert(error_has(name), "%s", open_error.message);
        cr_assert_eq(files_below(names[i]), 1);
    }
}

/* A start empties one of them, and writes its number into the other. */
Test(disk, links_are_not_followed) {
    char path[160], other[160];
    snprintf(other, sizeof other, "%s/other", top);
    snprintf(folder, sizeof folder, "%s/linked-lock", top);
    cr_assert_eq(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/lock", folder);
    cr_assert_eq(symlink(other, path), 0);
    cr_assert_eq(store_open(false), -ELOOP, "%s", open_error.message);
    snprintf(folder, sizeof folder, "%s/linked-tmp", top);
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    store_close();
    snprintf(path, sizeof path, "%s/tmp", folder);
    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(mkdir(other, 0700), 0);
    cr_assert_eq(symlink(other, path), 0);
    cr_assert_lt(store_open(false), 0);
}

/* A pipe would hold up a start. */
Test(disk, a_pipe_among_the_objects_is_moved_aside) {
    char path[160];
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    store_close();
    snprintf(path, sizeof path, "%s/objects/01/0000000000000001.obj", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    cr_assert_eq(damaged, 1);
    store_close();
}

Test(disk, another_version_is_refused_and_so_is_nonsense) {
    cr_assert_eq(mkdir(folder, 0700), 0);
    write_file("format", "headrace store 2\n");
    cr_assert_eq(store_open(false), -EPROTO);
    cr_assert(error_has("'2"), "%s", open_error.message);
    write_file("format", "bmp");
    cr_assert_eq(store_open(false), -EPROTO);
    cr_assert(error_has("no store"), "%s", open_error.message);
}

/* The format is written last. */
Test(disk, a_store_that_was_half_made_is_made) {
    cr_assert_eq(mkdir(folder, 0700), 0);
    write_file("lock", "1\n");
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    store_close();
}

Test(disk, a_file_in_its_place_and_a_parent_that_is_missing_are_refused) {
    snprintf(folder, sizeof folder, "%s/no/store", top);
    cr_assert_eq(store_open(false), -ENOENT);
    cr_assert(error_has("such"), "%s", open_error.message);
    snprintf(folder, sizeof folder, "/dev/null");
    cr_assert_eq(store_open(false), -ENOTDIR);
}

Test(disk, the_limit_of_files_is_kept_and_what_goes_makes_room) {
    const struct s3_store_folder with = {.disk = {.folder = folder, .files_max = 3}};
    struct s3_blob *blob;
    cr_assert_eq(store_open_with(&with), 0);
    cr_assert_eq(s3_server__store_bucket_create(&store, bucket_name, nothing, NULL, 1), S3_OK);
    for (unsigned round = 0; round < 3; round++) {
        object_put("a", "1");
        object_put("b", "2");
    }
    cr_assert_eq(s3_server__disk_store(store.disk, &store.account, nothing, &blob), S3_OK);
    struct s3_blob *more;
    cr_assert_eq(s3_server__disk_store(store.disk, &store.account, nothing, &more),
                 S3_InsufficientStorage);
    s3_server__blob_release(blob);
    cr_assert_eq(store.disk->files, 2);
    cr_assert_eq(files_below("objects"), 2);
    store_close();
}

Test(disk, a_full_medium_has_its_own_error) {
    cr_expect_eq(s3_server__disk_error(ENOSPC), S3_InsufficientStorage);
    cr_expect_eq(s3_server__disk_error(EDQUOT), S3_InsufficientStorage);
    cr_expect_eq(s3_server__disk_error(EIO), S3_InternalError);
}
