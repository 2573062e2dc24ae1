/* A store in a folder of its own, and a look at its files. */
#ifndef TESTS_DISK_FIXTURE_H
#define TESTS_DISK_FIXTURE_H

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

static char top[64], folder[80];
static struct s3_store store;
static uint64_t damaged;
static struct hr_error open_error;
static const struct hr_slice bucket_name = {"bucket", 6};
static const struct hr_slice nothing = {"", 0};

static void folder_make(void) {
    snprintf(top, sizeof top, "/tmp/hr-store-XXXXXX");
    cr_assert_not_null(mkdtemp(top));
    snprintf(folder, sizeof folder, "%s/store", top);
}

static void folder_remove(void) {
    char *const paths[] = {top, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry;
    while ((entry = fts_read(walk)))
        if (entry->fts_info != FTS_D) remove(entry->fts_accpath);
    fts_close(walk);
}

static int store_open_with(const struct s3_store_folder *with) {
    cr_assert_eq(s3_server__store_init(&store, 1 << 24), 0);
    open_error = (struct hr_error){0};
    int err = s3_server__store_open(&store, with, &damaged, &open_error);
    if (err) s3_server__store_deinit(&store);
    return err;
}

static int store_open(bool full) {
    const struct s3_store_folder with = {.disk = {.folder = folder, .files_max = 100},
                                         .scan.full = full};
    return store_open_with(&with);
}

static void store_close(void) {
    s3_server__store_deinit(&store);
    cr_assert_eq(store.account.used, 0, "everything is given back");
}

/* As after a crash: what is in memory is of no account. */
__attribute__((unused)) static void store_again(bool full) {
    store_close();
    cr_assert_eq(store_open(full), 0, "%s", open_error.message);
}

/* An object of one piece, which is not in the store yet. */
__attribute__((unused)) static struct s3_object *object_make(const char *key, const char *text) {
    struct s3_blob *blob;
    struct s3_object *object;
    cr_assert_eq(s3_server__disk_store(store.disk, &store.account, hr_slice_of(text), &blob),
                 S3_OK);
    struct hr_http_field field = {hr_slice_of("x-amz-meta-a"), hr_slice_of(text)};
    struct s3_piece piece = {.blob = blob, .size = blob->size};
    struct s3_object_plan plan = {.key = hr_slice_of(key),
                                  .etag = "\"tag\"",
                                  .modified_ms = 77,
                                  .fields = &field,
                                  .field_count = 1,
                                  .pieces = &piece,
                                  .piece_count = 1};
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    return object;
}

__attribute__((unused)) static void object_put(const char *key, const char *text) {
    struct s3_object *object = object_make(key, text);
    cr_assert_eq(s3_server__store_object_put(&store, bucket_name, NULL, object), S3_OK);
}

/* The bytes of the current version, or "-". */
__attribute__((unused)) static const char *object_text(const char *key) {
    static char text[256];
    struct s3_object *object;
    if (s3_server__store_object_get(&store, bucket_name, hr_slice_of(key), &object)) return "-";
    size_t size = 0;
    for (size_t i = 0; i < object->piece_count; i++) {
        cr_assert_eq(
            s3_server__blob_read(&object->pieces[i], 0, text + size, object->pieces[i].size), 0);
        size += object->pieces[i].size;
    }
    text[size] = '\0';
    s3_server__object_release(object);
    return text;
}

/* How many files are below a folder of the store, and the path of the last one. */
static char file_path[512];
__attribute__((unused)) static unsigned files_below(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *const paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry;
    unsigned count = 0;
    while ((entry = fts_read(walk)))
        if (entry->fts_info == FTS_F) {
            count++;
            snprintf(file_path, sizeof file_path, "%s", entry->fts_path);
        }
    fts_close(walk);
    return count;
}

/* The path of the file with that number. */
__attribute__((unused)) static const char *path_of(uint64_t number, bool has_record) {
    static char path[160];
    char name[S3_DISK_NAME_MAX];
    s3_server__disk_name(number, has_record, name);
    snprintf(path, sizeof path, "%s/objects/%s", folder, name);
    return path;
}

/* The number of the file that the record of a key's current version is in. */
__attribute__((unused)) static uint64_t record_of(const char *key) {
    struct s3_object *object;
    cr_assert_eq(s3_server__store_object_get(&store, bucket_name, hr_slice_of(key), &object),
                 S3_OK);
    uint64_t number = object->record;
    s3_server__object_release(object);
    return number;
}

/* A second name for a file, so that a crash can be played: it comes back as if it had not been
 * removed. */
__attribute__((unused)) static void keep_file(const char *path) {
    char kept[160];
    snprintf(kept, sizeof kept, "%s/kept", top);
    cr_assert_eq(link(path, kept), 0);
}

__attribute__((unused)) static void bring_back(const char *path) {
    char kept[160];
    snprintf(kept, sizeof kept, "%s/kept", top);
    cr_assert_eq(rename(kept, path), 0);
}

__attribute__((unused)) static void flip_byte(const char *path, off_t at) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte;
    cr_assert(fd >= 0);
    if (at < 0) at += lseek(fd, 0, SEEK_END);
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

#endif
