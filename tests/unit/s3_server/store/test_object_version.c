/* Versions of keys against a model: a plain list of each key's versions, newest first. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "store.h"

#define KEYS         3
#define VERSIONS_MAX 512

struct model_version {
    char id[S3_VERSION_ID_SIZE + 1];
    unsigned number; /* of its content */
    bool is_marker;
};
static struct model {
    struct model_version versions[VERSIONS_MAX];
    size_t count;
} model[KEYS];

static struct s3_store store;
static enum s3_versioning versioning;
static const struct hr_slice bucket = {"bucket", 6};
static const char *const keys[KEYS] = {"a", "a/b", "b"};

static void setup(void) {
    cr_assert_eq(s3_server__store_init(&store, 8 << 20), 0);
    cr_assert_eq(
        s3_server__store_bucket_create(&store, bucket, hr_slice_bytes(NULL, 0), NULL, 1000), S3_OK);
    versioning = S3_VERSIONING_OFF;
}

static void teardown(void) {
    s3_server__store_deinit(&store);
    cr_assert_eq(store.account.used, 0, "everything is given back");
}

TestSuite(object_version, .init = setup, .fini = teardown);

static enum s3_error change(void *user, struct s3_bucket_settings *settings) {
    settings->versioning = *(const enum s3_versioning *)user;
    return S3_OK;
}

static void set_versioning(enum s3_versioning to) {
    versioning = to;
    cr_assert_eq(s3_server__store_settings_change(&store, bucket, change, &versioning), S3_OK);
}

/* ---- The model. */

static void model_remove(struct model *of, size_t at) {
    memmove(&of->versions[at], &of->versions[at + 1],
            (of->count - at - 1) * sizeof of->versions[0]);
    of->count--;
}

static size_t model_find(const struct model *of, const char *id) {
    size_t at = 0;
    while (at < of->count && strcmp(of->versions[at].id, id) != 0) at++;
    return at;
}

static void model_put(struct model *of, const char *id, unsigned number, bool is_marker) {
    size_t null_at = model_find(of, "null");
    if (versioning != S3_VERSIONING_ENABLED && null_at < of->count) model_remove(of, null_at);
    cr_assert(of->count < VERSIONS_MAX);
    memmove(&of->versions[1], &of->versions[0], of->count * sizeof of->versions[0]);
    struct model_version *made = &of->versions[0];
    *made = (struct model_version){.number = number, .is_marker = is_marker};
    snprintf(made->id, sizeof made->id, "%s", versioning == S3_VERSIONING_ENABLED ? id : "null");
    of->count++;
}

/* ---- The store. */

static void put(unsigned key, unsigned number) {
    struct s3_object_plan plan = {
        .key = hr_slice_of(keys[key]), .etag = "\"tag\"", .modified_ms = number};
    struct s3_object *object;
    cr_assert_eq(s3_server__object_new(&store.account, &plan, &object), S3_OK);
    s3_server__object_reference(object);
    cr_assert_eq(s3_server__store_object_put(&store, bucket, NULL, object), S3_OK);
    model_put(&model[key], object->version, number, false);
    s3_server__object_release(object);
}

static struct s3_removed remove_version(unsigned key, const char *id) {
    struct s3_removal removal = {.name = {bucket, hr_slice_of(keys[key]), hr_slice_of(id)}};
    struct s3_removed removed = {.is_marker = false};
    cr_assert_eq(s3_server__store_object_delete(&store, &removal, &removed), S3_OK);
    return removed;
}

static void delete_key(unsigned key) {
    struct s3_removed removed = remove_version(key, "");
    if (versioning != S3_VERSIONING_OFF) {
        cr_assert(removed.is_marker);
        model_put(&model[key], removed.id, 0, true);
    } else if (model[key].count > 0) {
        cr_assert_str_eq(removed.id, "");
        model_remove(&model[key], 0);
    }
}

static void delete_any(unsigned key, unsigned long random) {
    struct model *of = &model[key];
    if (of->count == 0) return;
    size_t at = random % of->count;
    struct s3_removed removed = remove_version(key, of->versions[at].id);
    cr_assert_eq(removed.is_marker, of->versions[at].is_marker);
    cr_assert_str_eq(removed.id, of->versions[at].id);
    model_remove(of, at);
}

/* ---- The comparison. */

static void expect_found(unsigned key, const char *id, const struct model_version *wanted) {
    struct s3_version_name name = {bucket, hr_slice_of(keys[key]), hr_slice_of(id)};
    struct s3_found found;
    enum s3_error error = s3_server__store_version_get(&store, &name, &found);
    if (!wanted) {
        cr_assert_eq(error, id[0] ? S3_NoSuchVersion : S3_NoSuchKey);
        return;
    }
    cr_assert_eq(error, S3_OK, "%s %s", keys[key], id);
    cr_assert_eq(found.object->is_marker, wanted->is_marker);
    cr_assert_eq(found.is_latest, wanted == &model[key].versions[0]);
    if (!wanted->is_marker) cr_assert_eq(found.object->modified_ms, wanted->number);
    s3_server__object_release(found.object);
}

static void expect_current(unsigned key) {
    struct s3_object *object;
    const struct model *of = &model[key];
    enum s3_error error =
        s3_server__store_object_get(&store, bucket, hr_slice_of(keys[key]), &object);
    bool is_there = of->count > 0 && !of->versions[0].is_marker;
    cr_assert_eq(error, is_there ? S3_OK : S3_NoSuchKey);
    if (!is_there) return;
    cr_assert_eq(object->modified_ms, of->versions[0].number);
    s3_server__object_release(object);
}

/* In pages of `size`, each version once and in order. */
static void expect_listed(size_t size) {
    struct s3_version_query query = {.count_max = size};
    unsigned key = 0;
    size_t at = 0;
    struct s3_version_page page = {.truncated = true};
    char key_after[8] = "", id_after[S3_VERSION_ID_SIZE + 1] = "";
    while (page.truncated) {
        struct s3_arena arena;
        s3_server__arena_init(&arena);
        query.key_after = hr_slice_of(key_after);
        query.id_after = hr_slice_of(id_after);
        cr_assert_eq(s3_server__store_version_list(&store, bucket, &query, &arena, &page), S3_OK);
        for (size_t i = 0; i < page.count; i++) {
            for (; at == model[key].count; at = 0) cr_assert(++key < KEYS);
            const struct model_version *wanted = &model[key].versions[at];
            const struct s3_object *object = page.entries[i].object;
            cr_assert(hr_slice_equal(object->key, hr_slice_of(keys[key])));
            cr_assert_eq(object->is_marker, wanted->is_marker);
            cr_assert_eq(page.entries[i].is_latest, at == 0);
            snprintf(key_after, sizeof key_after, "%s", keys[key]);
            snprintf(id_after, sizeof id_after, "%s", wanted->id);
            at++;
        }
        s3_server__store_version_list_release(&page);
        s3_server__arena_deinit(&arena);
    }
    for (; key < KEYS && at == model[key].count; at = 0) key++;
    cr_assert_eq(key, KEYS, "all are listed");
}

static void expect_all(size_t page_size) {
    for (unsigned key = 0; key < KEYS; key++) {
        const struct model *of = &model[key];
        expect_current(key);
        expect_found(key, "", of->count > 0 ? &of->versions[0] : NULL);
        expect_found(key, "00000000000000000000000000000000", NULL);
        for (size_t i = 0; i < of->count; i++)
            expect_found(key, of->versions[i].id, &of->versions[i]);
    }
    expect_listed(page_size);
}

Test(object_version, any_sequence_of_writes_and_deletions_is_as_the_model_has_it) {
    unsigned long random = 20241130;
    for (unsigned number = 1; number < 3000; number++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned key = (unsigned)(random >> 33) % KEYS;
        switch ((random >> 40) % 16) {
        case 0:
            set_versioning(S3_VERSIONING_ENABLED);
            break;
        case 1:
            if (versioning != S3_VERSIONING_OFF) set_versioning(S3_VERSIONING_SUSPENDED);
            break;
        case 2:
        case 3:
        case 4:
            delete_key(key);
            break;
        case 5:
        case 6:
        case 7:
        case 8:
            delete_any(key, random >> 45);
            break;
        default:
            put(key, number);
        }
        expect_all(1 + number % 7);
    }
}

Test(object_version, versions_are_charged_and_refused_at_the_limit) {
    set_versioning(S3_VERSIONING_ENABLED);
    struct s3_removed removed;
    struct s3_removal removal = {.name = {.bucket = bucket, .key = hr_slice_of("a")}};
    enum s3_error error = S3_OK;
    unsigned made = 0;
    while (!error && made < 1000000) {
        error = s3_server__store_object_delete(&store, &removal, &removed);
        made += !error;
    }
    cr_assert_eq(error, S3_InsufficientStorage);
    cr_assert(made > 1000 && made < 100000, "%u", made);
}
