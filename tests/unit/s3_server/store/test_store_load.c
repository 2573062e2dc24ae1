/* A store in files behind a restart, and behind crashes in the worst places. */
#include "../disk/disk_fixture.h"

static void setup(void) {
    folder_make();
    cr_assert_eq(store_open(false), 0, "%s", open_error.message);
    cr_assert_eq(s3_server__store_bucket_create(&store, bucket_name, nothing, NULL, 1), S3_OK);
}

static void teardown(void) {
    store_close();
    folder_remove();
}

TestSuite(store_load, .init = setup, .fini = teardown);

static enum s3_error delete_version(const char *key, struct hr_slice id) {
    struct s3_removal removal = {.name = {bucket_name, hr_slice_of(key), id}, .now_ms = 2};
    struct s3_removed removed;
    return s3_server__store_object_delete(&store, &removal, &removed);
}

static enum s3_error enable(void *user, struct s3_bucket_settings *settings) {
    (void)user;
    settings->versioning = S3_VERSIONING_ENABLED;
    return S3_OK;
}

static void enable_versions(void) {
    cr_assert_eq(s3_server__store_settings_change(&store, bucket_name, enable, NULL), S3_OK);
}

static enum s3_error tag(void *user, const struct s3_object *object, struct s3_traits *traits) {
    (void)object;
    traits->tags = hr_slice_of(user);
    return S3_OK;
}

static void set_tags(const char *key, const char *tags) {
    struct s3_version_name name = {bucket_name, hr_slice_of(key), {NULL, 0}};
    struct s3_change change = {.change = tag, .user = (void *)tags};
    struct s3_object *object;
    cr_assert_eq(s3_server__store_object_change(&store, &name, &change, &object), S3_OK);
    s3_server__object_release(object);
}

static void expect_tags(const char *key, const char *tags) {
    struct s3_object *object;
    cr_assert_eq(s3_server__store_object_get(&store, bucket_name, hr_slice_of(key), &object),
                 S3_OK);
    cr_expect(hr_slice_equal(object->traits.tags, hr_slice_of(tags)));
    s3_server__object_release(object);
}

/* Another key with the same bytes. */
static void copy(const char *from, const char *to) {
    struct s3_object *source, *object;
    cr_assert_eq(s3_server__store_object_get(&store, bucket_name, hr_slice_of(from), &source),
                 S3_OK);
    struct s3_piece piece = source->pieces[0];
    struct s3_object_plan plan = {
        .key = hr_slice_of(to), .etag = "\"tag\"", .pieces = &piece, .piece_count = 1};
    s3_server__blob_reference(piece.blob);
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    cr_assert_eq(s3_server__store_object_put(&store, bucket_name, NULL, object), S3_OK);
    s3_server__object_release(source);
}

Test(store_load, objects_are_there_again_and_replaced_ones_are_not) {
    object_put("a/../b//", "first");
    object_put("a/../b//", "second");
    object_put("empty", "");
    object_put("gone", "x");
    cr_assert_eq(delete_version("gone", nothing), S3_OK);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect_str_eq(object_text("a/../b//"), "second");
        cr_expect_str_eq(object_text("empty"), "");
        cr_expect_str_eq(object_text("gone"), "-");
        cr_expect_eq(files_below("objects"), 2);
        store_again(true);
        cr_expect_eq(damaged, 0);
    }
    object_put("a/../b//", "third");
    cr_expect_eq(files_below("objects"), 2, "its number is a new one");
}

Test(store_load, versions_and_markers_keep_their_order) {
    enable_versions();
    object_put("k", "one");
    object_put("k", "two");
    cr_assert_eq(delete_version("k", nothing), S3_OK);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "-");
    struct s3_found found;
    struct s3_version_name name = {bucket_name, hr_slice_of("k"), {NULL, 0}};
    cr_assert_eq(s3_server__store_version_get(&store, &name, &found), S3_OK);
    cr_assert(found.object->is_marker && found.versioning == S3_VERSIONING_ENABLED);
    char id[S3_VERSION_ID_SIZE + 1] = "";
    memcpy(id, found.object->version, S3_VERSION_ID_SIZE);
    s3_server__object_release(found.object);
    cr_assert_eq(delete_version("k", hr_slice_of(id)), S3_OK);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "two");
    object_put("k", "three");
    cr_expect_str_eq(object_text("k"), "three", "a later version is above those of before");
}

Test(store_load, a_crash_between_the_commit_and_the_end_of_the_old_one_keeps_the_new_one) {
    object_put("k", "old");
    char path[160];
    snprintf(path, sizeof path, "%s", path_of(record_of("k"), true));
    keep_file(path);
    object_put("k", "new");
    cr_assert_eq(files_below("objects"), 1);
    bring_back(path);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "new");
    cr_expect_eq(files_below("objects"), 1, "the old file is gone");
    cr_assert_eq(delete_version("k", nothing), S3_OK);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "-", "and does not come back");
}

Test(store_load, changed_traits_stay_and_the_older_record_does_not_count) {
    object_put("k", "text");
    uint64_t first = record_of("k");
    keep_file(path_of(first, true));
    set_tags("k", "a=b");
    cr_assert_eq(access(path_of(first, false), F_OK), 0, "its bytes are used");
    store_again(true);
    expect_tags("k", "a=b");
    cr_expect_str_eq(object_text("k"), "text");
    /* As if the process had ended before the first record became void. */
    cr_assert_eq(unlink(path_of(first, false)), 0);
    bring_back(path_of(first, true));
    store_again(true);
    expect_tags("k", "a=b");
    cr_expect_eq(access(path_of(first, false), F_OK), 0);
    cr_assert_eq(delete_version("k", nothing), S3_OK);
    cr_expect_eq(files_below("objects"), 0);
}

Test(store_load, a_copy_keeps_the_bytes_of_an_object_that_goes) {
    object_put("k", "shared");
    copy("k", "copy");
    cr_assert_eq(delete_version("k", nothing), S3_OK);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "-");
    cr_expect_str_eq(object_text("copy"), "shared");
    cr_assert_eq(delete_version("copy", nothing), S3_OK);
    cr_expect_eq(files_below("objects"), 0);
}

/* ---- Uploads. */

static char upload_id[S3_UPLOAD_ID_SIZE + 1];

static struct s3_upload_name upload_name(void) {
    return (struct s3_upload_name){bucket_name, hr_slice_of("mp"), hr_slice_of(upload_id)};
}

static void begin_upload(void) {
    struct s3_upload_plan plan = {
        .key = hr_slice_of("mp"), .now_ms = 3, .checksum = HR_S3_CHECKSUM_CRC32};
    cr_assert_eq(s3_server__store_upload_create(&store, bucket_name, &plan, upload_id), S3_OK);
}

static void put_part(unsigned number, const char *text) {
    struct s3_upload_name name = upload_name();
    struct s3_object *part = object_make("mp", text);
    cr_assert_eq(s3_server__store_upload_put_part(&store, &name, number, part), S3_OK);
}

static size_t part_count(void) {
    struct s3_upload_name name = upload_name();
    struct s3_arena arena;
    struct s3_part_entry *parts;
    size_t count = 0;
    bool truncated;
    s3_server__arena_init(&arena);
    if (s3_server__store_upload_parts(&store, &name, 0, 100, &arena, &parts, &count, &truncated) ==
        S3_OK)
        s3_server__store_upload_parts_release(parts, count);
    s3_server__arena_deinit(&arena);
    return count;
}

/* Of all of its parts. */
static void complete(void) {
    struct s3_upload_name name = upload_name();
    struct s3_arena arena;
    struct s3_part_entry *parts;
    struct s3_piece pieces[8];
    struct s3_object *object;
    size_t count;
    bool truncated;
    s3_server__arena_init(&arena);
    cr_assert_eq(
        s3_server__store_upload_parts(&store, &name, 0, 8, &arena, &parts, &count, &truncated),
        S3_OK);
    for (size_t i = 0; i < count; i++) {
        pieces[i] = parts[i].part->pieces[0];
        s3_server__blob_reference(pieces[i].blob);
    }
    struct s3_object_plan plan = {.key = hr_slice_of("mp"),
                                  .etag = "\"tag\"",
                                  .upload_id = hr_slice_of(upload_id),
                                  .pieces = pieces,
                                  .piece_count = count};
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    cr_assert_eq(s3_server__store_upload_end(&store, &name, NULL, object), S3_OK);
    s3_server__store_upload_parts_release(parts, count);
    s3_server__arena_deinit(&arena);
}

Test(store_load, an_upload_goes_on_after_a_restart) {
    begin_upload();
    put_part(2, "second");
    put_part(1, "wrong");
    put_part(1, "first ");
    store_again(true);
    cr_assert_eq(part_count(), 2);
    cr_expect_eq(files_below("objects"), 3);
    complete();
    store_again(true);
    cr_expect_str_eq(object_text("mp"), "first second");
    cr_expect_eq(part_count(), 0, "it has ended");
    cr_assert_eq(delete_version("mp", nothing), S3_OK);
    cr_expect_eq(files_below("objects"), 0);
}

Test(store_load, an_upload_whose_object_is_there_has_ended) {
    begin_upload();
    uint64_t number = store.disk->next - 1; /* of the upload's record */
    put_part(1, "first");
    keep_file(path_of(number, true));
    complete();
    bring_back(path_of(number, true));
    store_again(true);
    cr_expect_eq(part_count(), 0);
    cr_expect_str_eq(object_text("mp"), "first");
    cr_expect_eq(files_below("objects"), 2);
}

Test(store_load, an_upload_that_is_ended_leaves_nothing) {
    struct s3_upload_name name;
    begin_upload();
    put_part(1, "first");
    name = upload_name();
    cr_assert_eq(s3_server__store_upload_end(&store, &name, NULL, NULL), S3_OK);
    cr_expect_eq(files_below("objects"), 0);
    begin_upload();
    put_part(1, "first");
    cr_assert_eq(s3_server__store_bucket_delete(&store, bucket_name), S3_OK);
    cr_expect_eq(files_below("objects"), 0, "nor does one that ends with its bucket");
    cr_expect_eq(files_below("buckets"), 0);
}

/* ---- What is not as it was written. */

Test(store_load, a_damaged_record_is_moved_aside_and_not_served) {
    object_put("good", "good");
    object_put("bad", "bad");
    flip_byte(path_of(record_of("bad"), true), -40);
    store_again(false);
    cr_expect_eq(damaged, 1);
    cr_expect_str_eq(object_text("bad"), "-");
    cr_expect_str_eq(object_text("good"), "good");
    cr_expect_eq(files_below("damaged"), 1);
    store_again(false);
    cr_expect_eq(damaged, 0, "once");
    object_put("bad", "again");
    cr_expect_eq(files_below("damaged"), 1);
}

Test(store_load, bytes_are_compared_by_a_full_scrub_alone) {
    object_put("k", "text");
    flip_byte(path_of(record_of("k"), true), 0);
    store_again(false);
    cr_expect_str_eq(object_text("k"), "uext");
    store_again(true);
    cr_expect_eq(damaged, 1);
    cr_expect_str_eq(object_text("k"), "-");
}

Test(store_load, a_file_that_is_cut_or_empty_is_damaged) {
    object_put("cut", "0123456789");
    object_put("empty", "0123456789");
    cr_assert_eq(truncate(path_of(record_of("cut"), true), 50), 0);
    cr_assert_eq(truncate(path_of(record_of("empty"), true), 0), 0);
    store_again(false);
    cr_expect_eq(damaged, 2);
    cr_expect_eq(files_below("damaged"), 2);
}

Test(store_load, an_object_of_which_a_part_is_missing_is_not_served) {
    begin_upload();
    put_part(1, "first ");
    put_part(2, "second");
    uint64_t second = store.disk->next - 1;
    complete();
    cr_assert_eq(unlink(path_of(second, true)), 0);
    store_again(false);
    cr_expect_str_eq(object_text("mp"), "-");
    cr_expect_eq(damaged, 1);
    cr_expect_eq(files_below("damaged"), 2, "the other part is kept there");
    cr_expect_eq(files_below("objects"), 0);
}

Test(store_load, a_record_of_a_bucket_that_is_damaged_takes_no_object_along) {
    object_put("k", "text");
    cr_assert_eq(files_below("buckets"), 1);
    flip_byte(file_path, -5);
    store_again(false);
    cr_expect_eq(damaged, 2);
    cr_expect_eq(s3_server__store_bucket_check(&store, bucket_name), S3_NoSuchBucket);
    cr_expect_eq(files_below("damaged"), 2);
}

Test(store_load, what_was_being_written_goes) {
    char path[160];
    snprintf(path, sizeof path, "%s/tmp/00000000000000ff", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    close(fd);
    store_again(false);
    cr_expect_eq(files_below("tmp"), 0);
    cr_expect_eq(damaged, 0);
}

Test(store_load, settings_of_a_bucket_stay) {
    struct s3_bucket_settings settings;
    struct s3_arena arena;
    struct hr_slice text;
    enable_versions();
    cr_assert_eq(
        s3_server__store_document_put(&store, bucket_name, S3_DOCUMENT_TAGS, hr_slice_of("a=b")),
        S3_OK);
    store_again(false);
    cr_assert_eq(s3_server__store_settings_get(&store, bucket_name, &settings), S3_OK);
    cr_expect_eq(settings.versioning, S3_VERSIONING_ENABLED);
    s3_server__arena_init(&arena);
    cr_assert_eq(
        s3_server__store_document_get(&store, bucket_name, S3_DOCUMENT_TAGS, &arena, &text), S3_OK);
    cr_expect(hr_slice_equal(text, hr_slice_of("a=b")));
    s3_server__arena_deinit(&arena);
}

/* More than is allowed now is let in, and nothing is added to it. */
Test(store_load, a_smaller_limit_takes_nothing_away) {
    struct s3_blob *blob;
    object_put("k", "text");
    store_close();
    const struct s3_store_folder with = {.disk = {.folder = folder, .files_max = 100}};
    cr_assert_eq(s3_server__store_init(&store, 100), 0);
    cr_assert_eq(s3_server__store_open(&store, &with, &damaged, &open_error), 0);
    cr_expect_str_eq(object_text("k"), "text");
    cr_expect_eq(s3_server__disk_store(store.disk, &store.account, hr_slice_of("x"), &blob),
                 S3_InsufficientStorage);
}

/* A record that cannot be made void would count again: nothing is written over that. */
Test(store_load, after_a_failure_of_the_medium_nothing_is_written_and_all_is_read) {
    struct s3_blob *blob;
    object_put("k", "text");
    cr_assert_eq(close(store.disk->objects), 0);
    store.disk->objects = open("/dev/null", O_RDONLY | O_CLOEXEC); /* no folder: ENOTDIR */
    cr_expect_eq(delete_version("k", nothing), S3_InternalError);
    cr_expect_eq(s3_server__disk_store(store.disk, &store.account, nothing, &blob),
                 S3_ServiceUnavailable);
    cr_expect_eq(delete_version("k", nothing), S3_ServiceUnavailable);
    store_again(true);
    cr_expect_str_eq(object_text("k"), "text");
    cr_expect_eq(delete_version("k", nothing), S3_OK);
}
