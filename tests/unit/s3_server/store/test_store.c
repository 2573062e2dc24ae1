#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

static struct s3_store store;
static const struct hr_slice no_region;
static const struct hr_slice bucket = {"bucket", 6};

static void setup(void) {
    cr_assert_eq(s3_server__store_init(&store, 1 << 20), 0);
    cr_assert_eq(s3_server__store_bucket_create(&store, bucket, no_region, NULL, 1000), S3_OK);
}

/* Everything is given back: nothing is charged any more. */
static void teardown(void) {
    s3_server__store_deinit(&store);
    cr_assert_eq(store.account.used, 0);
}

TestSuite(store, .init = setup, .fini = teardown);

static struct s3_object *make(const char *key, const char *body) {
    struct s3_blob *blob;
    struct s3_object *object;
    cr_assert_eq(s3_server__blob_new(&store.account, strlen(body), &blob), S3_OK);
    cr_assert_eq(s3_server__blob_append(blob, body, strlen(body)), S3_OK);
    struct s3_piece piece = {.blob = blob, .size = blob->size};
    struct s3_object_plan plan = {
        .key = hr_slice_of(key), .etag = "\"tag\"", .pieces = &piece, .piece_count = 1};
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    return object;
}

static void put(const char *key, const char *body) {
    cr_assert_eq(s3_server__store_object_put(&store, bucket, NULL, make(key, body)), S3_OK);
}

static enum s3_error delete_key(struct hr_slice name, struct hr_slice key,
                                const struct s3_conditions *conditions) {
    struct s3_removal removal = {.name = {name, key, {NULL, 0}}, .conditions = conditions};
    struct s3_removed removed;
    return s3_server__store_object_delete(&store, &removal, &removed);
}

Test(store, a_reader_keeps_its_version_over_overwrite_and_delete) {
    struct s3_object *first, *second;
    put("key", "first");
    cr_assert_eq(s3_server__store_object_get(&store, bucket, hr_slice_of("key"), &first), S3_OK);
    put("key", "second");
    cr_assert_eq(s3_server__store_object_get(&store, bucket, hr_slice_of("key"), &second), S3_OK);
    cr_assert_eq(delete_key(bucket, hr_slice_of("key"), NULL), S3_OK);
    cr_assert_arr_eq(first->pieces[0].blob->data, "first", 5);
    cr_assert_arr_eq(second->pieces[0].blob->data, "second", 6);
    cr_assert_eq(s3_server__store_object_get(&store, bucket, hr_slice_of("key"), &first),
                 S3_NoSuchKey);
    s3_server__object_release(first);
    s3_server__object_release(second);
}

Test(store, the_limit_counts_bodies_parts_and_what_is_in_progress) {
    struct s3_blob *blob, *more;
    uint64_t before = store.account.used;
    cr_assert_eq(s3_server__blob_new(&store.account, 2 << 20, &blob), S3_InsufficientStorage);
    cr_assert_eq(s3_server__blob_new(&store.account, UINT64_MAX, &blob), S3_InsufficientStorage);
    cr_assert_eq(s3_server__blob_new(&store.account, 900 << 10, &blob), S3_OK);
    cr_assert_eq(s3_server__blob_new(&store.account, 200 << 10, &more), S3_InsufficientStorage);
    cr_assert_eq(s3_server__blob_new(&store.account, 0, &more), S3_OK);
    char data[4096] = {0};
    enum s3_error error = S3_OK;
    for (int i = 0; i < 100 && !error; i++) error = s3_server__blob_append(more, data, sizeof data);
    cr_assert_eq(error, S3_InsufficientStorage);
    s3_server__blob_release(blob);
    s3_server__blob_release(more);
    cr_assert_eq(store.account.used, before);
}

Test(store, small_things_are_counted_too) {
    char name[32];
    enum s3_error error = S3_OK;
    unsigned made = 0;
    for (; made < 100000 && !error; made++) {
        struct s3_object *object;
        snprintf(name, sizeof name, "%u", made);
        struct s3_object_plan plan = {.key = hr_slice_of(name), .etag = ""};
        error = s3_server__object_new(&store.account, &plan, &object);
        if (!error) error = s3_server__store_object_put(&store, bucket, NULL, object);
    }
    cr_assert_eq(error, S3_InsufficientStorage);
    cr_assert_lt(made, 100000);
}

static void assert_page(const char *prefix, const char *delimiter, const char *after, size_t most,
                        const char *wanted, bool truncated) {
    struct s3_arena arena;
    struct s3_list_page page;
    s3_server__arena_init(&arena);
    struct s3_list_query query = {.prefix = hr_slice_of(prefix),
                                  .delimiter = hr_slice_of(delimiter),
                                  .after = hr_slice_of(after),
                                  .count_max = most};
    cr_assert_eq(s3_server__store_list(&store, bucket, &query, &arena, &page), S3_OK);
    char got[256] = "";
    for (size_t i = 0; i < page.count; i++) {
        size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%.*s%s", i ? "|" : "",
                 (int)page.entries[i].name.size, page.entries[i].name.data,
                 page.entries[i].object ? "" : "*");
    }
    cr_assert_str_eq(got, wanted);
    cr_assert_eq(page.truncated, truncated);
    s3_server__store_list_release(&page);
    s3_server__arena_deinit(&arena);
}

Test(store, listing) {
    static const char *const keys[] = {"b/2",   "a",  "b/1",      "c",    "b",
                                       "b/x/1", "b0", "\xff\xff", "a\xff"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) put(keys[i], "");
    assert_page("", "", "", 100, "a|a\xff|b|b/1|b/2|b/x/1|b0|c|\xff\xff", false);
    assert_page("", "/", "", 100, "a|a\xff|b|b/*|b0|c|\xff\xff", false);
    assert_page("b/", "/", "", 100, "b/1|b/2|b/x/*", false);
    assert_page("b/", "/", "b/2", 100, "b/x/*", false);
    assert_page("", "/", "b", 1, "b/*", true);
    assert_page("", "/", "b/", 2, "b0|c", true);
    assert_page("", "\xff", "", 100, "a|a\xff*|b|b/1|b/2|b/x/1|b0|c|\xff*", false);
    assert_page("", "", "c", 100, "\xff\xff", false);
    assert_page("zz", "", "", 100, "", false);
    assert_page("b", "", "a", 2, "b|b/1", true);
    assert_page("b", "", "zzz", 100, "", false);
    assert_page("", "", "", 0, "", false);
    assert_page("", "", "", 9, "a|a\xff|b|b/1|b/2|b/x/1|b0|c|\xff\xff", false);
}

Test(store, conditions_are_judged_with_the_write) {
    struct s3_conditions none_match = {.if_none_match = hr_slice_of("*")};
    struct s3_conditions match = {.if_match = hr_slice_of("\"tag\"")};
    struct s3_conditions other = {.if_match = hr_slice_of("\"other\"")};
    struct s3_object *object = make("key", "1");
    cr_assert_eq(s3_server__store_object_put(&store, bucket, &match, object), S3_NoSuchKey);
    cr_assert_eq(s3_server__store_object_put(&store, bucket, &none_match, object), S3_OK);
    object = make("key", "2");
    cr_assert_eq(s3_server__store_object_put(&store, bucket, &none_match, object),
                 S3_PreconditionFailed);
    cr_assert_eq(s3_server__store_object_put(&store, bucket, &other, object),
                 S3_PreconditionFailed);
    cr_assert_eq(s3_server__store_object_put(&store, bucket, &match, object), S3_OK);
    cr_assert_eq(delete_key(bucket, hr_slice_of("key"), &other), S3_PreconditionFailed);
    cr_assert_eq(delete_key(hr_slice_of("absent"), hr_slice_of("key"), NULL), S3_NoSuchBucket);
}

Test(store, buckets) {
    cr_assert_eq(s3_server__store_bucket_create(&store, bucket, no_region, NULL, 1),
                 S3_BucketAlreadyOwnedByYou);
    cr_assert_eq(s3_server__store_bucket_create(&store, hr_slice_of("No"), no_region, NULL, 1),
                 S3_InvalidBucketName);
    put("key", "");
    cr_assert_eq(s3_server__store_bucket_delete(&store, bucket), S3_BucketNotEmpty);
    cr_assert_eq(delete_key(bucket, hr_slice_of("key"), NULL), S3_OK);
    cr_assert_eq(s3_server__store_bucket_delete(&store, bucket), S3_OK);
    cr_assert_eq(s3_server__store_bucket_delete(&store, bucket), S3_NoSuchBucket);
    char name[16];
    enum s3_error error = S3_OK;
    for (unsigned i = 0; i <= S3_BUCKETS_MAX && !error; i++) {
        snprintf(name, sizeof name, "bucket-%u", i);
        error = s3_server__store_bucket_create(&store, hr_slice_of(name), no_region, NULL, 1);
    }
    cr_assert(error == S3_TooManyBuckets || error == S3_InsufficientStorage);
}

Test(store, uploads_in_parts) {
    struct s3_upload_plan plan = {.key = hr_slice_of("key"), .now_ms = 5};
    char id[S3_UPLOAD_ID_SIZE + 1], second[S3_UPLOAD_ID_SIZE + 1];
    cr_assert_eq(s3_server__store_upload_create(&store, bucket, &plan, id), S3_OK);
    cr_assert_eq(s3_server__store_upload_create(&store, bucket, &plan, second), S3_OK);
    cr_assert_str_neq(id, second);
    struct s3_upload_name name = {bucket, hr_slice_of("key"), hr_slice_of(id)};
    struct s3_upload_name wrong = {bucket, hr_slice_of("other"), hr_slice_of(id)};
    static const unsigned numbers[] = {3, 1, 10000, 2, 1};
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(
            s3_server__store_upload_put_part(&store, &name, numbers[i], make("key", "part")),
            S3_OK);
    struct s3_object *part = make("key", "part");
    cr_assert_eq(s3_server__store_upload_put_part(&store, &wrong, 1, part), S3_NoSuchUpload);
    s3_server__object_release(part);

    struct s3_arena arena;
    struct s3_part_entry *parts;
    size_t count;
    bool truncated;
    s3_server__arena_init(&arena);
    cr_assert_eq(
        s3_server__store_upload_parts(&store, &name, 1, 2, &arena, &parts, &count, &truncated),
        S3_OK);
    cr_assert(count == 2 && truncated && parts[0].number == 2 && parts[1].number == 3);
    s3_server__store_upload_parts_release(parts, count);
    cr_assert_eq(
        s3_server__store_upload_parts(&store, &name, 0, 0, &arena, &parts, &count, &truncated),
        S3_OK);
    cr_assert(count == 0 && !truncated, "who goes on from there never ends");

    struct s3_upload_entry *entries;
    struct s3_upload_list_query query = {.count_max = 1};
    cr_assert_eq(
        s3_server__store_uploads(&store, bucket, &query, &arena, &entries, &count, &truncated),
        S3_OK);
    cr_assert(count == 1 && truncated);
    query.key_after = entries[0].name;
    query.id_after = entries[0].id;
    cr_assert_eq(
        s3_server__store_uploads(&store, bucket, &query, &arena, &entries, &count, &truncated),
        S3_OK);
    cr_assert(count == 1 && !truncated && !hr_slice_equal(entries[0].id, query.id_after));
    query.id_after = hr_slice_bytes(NULL, 0);
    cr_assert_eq(
        s3_server__store_uploads(&store, bucket, &query, &arena, &entries, &count, &truncated),
        S3_OK);
    cr_assert_eq(count, 0);
    s3_server__arena_deinit(&arena);

    cr_assert_eq(s3_server__store_upload_end(&store, &name, NULL, make("key", "whole")), S3_OK);
    cr_assert_eq(s3_server__store_upload_end(&store, &name, NULL, NULL), S3_NoSuchUpload);
    name.id = hr_slice_of(second);
    cr_assert_eq(s3_server__store_upload_end(&store, &name, NULL, NULL), S3_OK);
}

static void *write_and_read(void *argument) {
    unsigned seed = *(unsigned *)argument;
    char key[8];
    for (int i = 0; i < 2000; i++) {
        struct s3_object *object;
        snprintf(key, sizeof key, "%d", rand_r(&seed) % 10);
        if (i % 3 == 0) put(key, "abcdef");
        if (i % 7 == 0) delete_key(bucket, hr_slice_of(key), NULL);
        if (s3_server__store_object_get(&store, bucket, hr_slice_of(key), &object)) continue;
        cr_assert_arr_eq(object->pieces[0].blob->data, "abcdef", 6);
        s3_server__object_release(object);
    }
    return NULL;
}

Test(store, threads_share_it) {
    pthread_t threads[4];
    unsigned seeds[4] = {1, 2, 3, 4};
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, write_and_read, &seeds[i]);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

Test(store, a_stretch_of_pieces) {
    struct s3_piece pieces[3], cut[3];
    const char *texts[] = {"abc", "defg", "hi"};
    for (int i = 0; i < 3; i++) {
        struct s3_blob *blob;
        cr_assert_eq(s3_server__blob_new(&store.account, 4, &blob), S3_OK);
        s3_server__blob_append(blob, texts[i], strlen(texts[i]));
        pieces[i] = (struct s3_piece){.blob = blob, .size = blob->size};
    }
    struct s3_object *object;
    struct s3_object_plan plan = {.key = bucket, .etag = "", .pieces = pieces, .piece_count = 3};
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    cr_assert_eq(object->size, 9);
    for (size_t from = 0; from <= 9; from++)
        for (size_t size = 0; from + size <= 9; size++) {
            char text[10];
            size_t made = 0, count = s3_server__object_cut(object, from, size, cut, 3);
            for (size_t i = 0; i < count; made += cut[i++].size)
                memcpy(text + made, cut[i].blob->data + cut[i].offset, cut[i].size);
            cr_assert_eq(made, size);
            cr_assert_arr_eq(text, &"abcdefghi"[from], size);
        }
    s3_server__object_release(object);
}
