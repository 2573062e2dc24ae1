/* The body of DeleteObjects. */
#include <headrace/text.h>

#include "write_document.h"

#define KEY_MAX 1024 /* bytes; of keys and version ids */

static int refuse_key(struct hr_error *error, size_t index, const char *why) {
    return hr_error_set(error, HR_ERR_S3_KEY_INVALID, "key %zu of those to delete %s", index, why);
}

static int check_key(const struct hr__delete_key *one, size_t index, struct hr_error *error) {
    struct hr_slice key = hr_slice_of(one->key);
    if (key.size == 0) return refuse_key(error, index, "is empty");
    if (key.size > KEY_MAX) return refuse_key(error, index, "has more than 1024 bytes");
    if (!hr__xml_can_hold(key))
        return refuse_key(error, index,
                          "has bytes that XML cannot hold: delete it by a request of its own");
    if (hr_slice_of(one->version_id).size > KEY_MAX ||
        !hr__xml_can_hold(hr_slice_of(one->version_id)))
        return refuse_key(error, index, "has a version_id that no store gives");
    if (!hr__xml_can_hold(hr_slice_of(one->etag)))
        return refuse_key(error, index, "has an etag that no store gives");
    return 0;
}

static int check(const struct hr__delete_keys *keys, struct hr_error *error) {
    if (keys->count == 0 || keys->count > HR__DELETE_KEYS_MAX)
        return hr_error_set(error, -EINVAL, "%zu keys to delete: one request takes 1 to %d",
                            keys->count, HR__DELETE_KEYS_MAX);
    int err = 0;
    for (size_t i = 0; i < keys->count && !err; i++) err = check_key(&keys->keys[i], i, error);
    return err;
}

static void put_key(struct hr__xml_writer *writer, const struct hr__delete_key *one) {
    hr__xml_open(writer, "Object");
    hr__xml_text(writer, "Key", hr_slice_of(one->key));
    if (one->version_id) hr__xml_text(writer, "VersionId", hr_slice_of(one->version_id));
    if (one->etag) hr__xml_etag(writer, "ETag", hr_slice_of(one->etag));
    hr__xml_close(writer, "Object");
}

int hr__write_delete(const struct hr__delete_keys *keys, struct hr__memory memory,
                     struct hr_error *error, size_t *size) {
    int err = check(keys, error);
    if (err) return err;
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "Delete");
    for (size_t i = 0; i < keys->count; i++) put_key(&writer, &keys->keys[i]);
    if (keys->quiet) hr__xml_put(&writer, "<Quiet>true</Quiet>");
    hr__xml_close(&writer, "Delete");
    return hr__xml_done(&writer, size);
}
