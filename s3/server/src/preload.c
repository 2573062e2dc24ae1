/* A folder's files as objects. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/clock.h>

static int refuse(struct hr_error *error, enum s3_error why, const char *path) {
    int code = why == S3_InsufficientStorage ? -ENOSPC
               : why == S3_InternalError     ? -ENOMEM
                                             : -EINVAL;
    return hr_error_set(error, code, "s3 server: preload %s: %s", path,
                        s3_server__error(why)->message);
}

static int refuse_errno(struct hr_error *error, int code, const char *path) {
    return hr_error_set(error, -code, "s3 server: preload %s: %s", path, hr_error_text(-code));
}

/* All of a file; it may have grown or shrunk since its size was asked for. 0 or -errno. */
static int read_file(int fd, struct s3_blob *blob, enum s3_error *error) {
    static const size_t step = 64 << 10;
    char memory[64 << 10];
    *error = S3_OK;
    for (;;) {
        ssize_t size = read(fd, memory, step);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return size < 0 ? -errno : 0;
        *error = s3_server__blob_append(blob, memory, (size_t)size);
        if (*error) return 0;
    }
}

static enum s3_error digest(const struct s3_blob *blob, char etag[S3_ETAG_SIZE]) {
    struct s3_digests digests;
    if (s3_server__digests_init(&digests, S3_DIGEST_MD5) < 0) return S3_InternalError;
    bool ok = s3_server__digests_update(&digests, blob->data, blob->size) == 0 &&
              s3_server__digests_finish(&digests) == 0;
    if (ok) s3_server__etag_print(s3_server__digests_md5(&digests), 0, etag);
    s3_server__digests_deinit(&digests);
    return ok ? S3_OK : S3_InternalError;
}

/* Takes the reference to `blob` over, on success and on failure. */
static enum s3_error put(struct s3_server_s *server, struct hr_slice bucket, struct hr_slice key,
                         struct s3_blob *blob, uint64_t modified_ms) {
    struct hr_http_field type = {hr_slice_of("content-type"), hr_slice_of("binary/octet-stream")};
    struct s3_piece piece = {.blob = blob, .size = blob->size};
    char etag[S3_ETAG_SIZE];
    struct s3_object_plan plan = {.key = key,
                                  .etag = etag,
                                  .modified_ms = modified_ms,
                                  .fields = &type,
                                  .field_count = 1,
                                  .pieces = &piece,
                                  .piece_count = 1};
    struct s3_object *object = NULL;
    enum s3_error error = digest(blob, etag);
    if (!error) error = s3_server__object_new(&server->store.account, &plan, &object);
    if (error) {
        s3_server__blob_release(blob);
        return error;
    }
    error = s3_server__store_object_put(&server->store, bucket, NULL, object);
    if (error) s3_server__object_release(object);
    return error;
}

static int add_file(struct s3_server_s *server, const char *root, const FTSENT *entry,
                    struct hr_error *error) {
    struct hr_slice key = hr_slice_of(entry->fts_path + strlen(root) + 1), bucket;
    if (!hr_slice_cut(&key, '/', &bucket) || key.size == 0)
        return hr_error_set(error, -EINVAL, "s3 server: preload %s: a file in no bucket",
                            entry->fts_path);
    if (key.size > S3_KEY_MAX) return refuse(error, S3_KeyTooLongError, entry->fts_path);
    struct s3_blob *blob = NULL;
    int fd = open(entry->fts_accpath, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return refuse_errno(error, errno, entry->fts_path);
    enum s3_error why = s3_server__blob_new(&server->store.account, 0, &blob);
    int err = why ? 0 : read_file(fd, blob, &why);
    close(fd);
    if (err || why) s3_server__blob_release(blob);
    if (err) return refuse_errno(error, -err, entry->fts_path);
    if (!why) why = put(server, bucket, key, blob, (uint64_t)entry->fts_statp->st_mtime * 1000);
    return why ? refuse(error, why, entry->fts_path) : 0;
}

static int add_bucket(struct s3_server_s *server, const FTSENT *entry, struct hr_error *error) {
    enum s3_error why =
        s3_server__store_bucket_create(&server->store, hr_slice_of(entry->fts_name),
                                       hr_slice_of(""), NULL, hr_clock_wall_ns() / 1000000);
    return why ? refuse(error, why, entry->fts_path) : 0;
}

static int add(struct s3_server_s *server, const char *root, const FTSENT *entry,
               struct hr_error *error) {
    switch (entry->fts_info) {
    case FTS_D:
        return entry->fts_level == 1 ? add_bucket(server, entry, error) : 0;
    case FTS_F:
        return add_file(server, root, entry, error);
    case FTS_DP:
        return 0;
    case FTS_DC:
        return refuse_errno(error, ELOOP, entry->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return refuse_errno(error, entry->fts_errno, entry->fts_path);
    default:
        return hr_error_set(error, -EINVAL, "s3 server: preload %s: not a file", entry->fts_path);
    }
}

static int by_name(const FTSENT **left, const FTSENT **right) {
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

int s3_server__preload(struct s3_server_s *server, const char *folder, struct hr_error *error) {
    char *root = strdup(folder);
    if (!root) return hr_error_set(error, -ENOMEM, "s3 server: out of memory");
    size_t size = strlen(root);
    while (size > 1 && root[size - 1] == '/') root[--size] = '\0';
    char *const paths[] = {root, NULL};
    FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    int err = walk ? 0 : refuse_errno(error, errno, folder);
    const FTSENT *entry;
    while (!err && (entry = fts_read(walk))) {
        if (entry->fts_level == 0 && entry->fts_info == FTS_F)
            err = refuse_errno(error, ENOTDIR, folder);
        else
            err = add(server, root, entry, error);
    }
    if (walk) fts_close(walk);
    free(root);
    return err;
}
