/* Files of objects: written aside, put in their place, made void, removed. */
#include "disk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void temporary_name(uint64_t number, char name[S3_DISK_NAME_MAX]) {
    snprintf(name, S3_DISK_NAME_MAX, "%016" PRIx64, number);
}

static bool has_failed(const struct s3_disk *disk) {
    return __atomic_load_n(&disk->failed, __ATOMIC_RELAXED);
}

static bool count_file(struct s3_disk *disk) {
    if (__atomic_add_fetch(&disk->files, 1, __ATOMIC_RELAXED) <= disk->files_max) return true;
    __atomic_sub_fetch(&disk->files, 1, __ATOMIC_RELAXED);
    return false;
}

static void uncount_file(struct s3_disk *disk) {
    uint64_t before = __atomic_fetch_sub(&disk->files, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    (void)before;
}

static void fail(struct s3_disk *disk) {
    __atomic_store_n(&disk->failed, true, __ATOMIC_RELAXED);
}

/* With the last reference to its blob. Nothing counts on the removal: a file that stays is removed
 * at the next start. */
static void forget(struct s3_file *file) {
    struct s3_disk *disk = file->disk;
    char name[S3_DISK_NAME_MAX];
    if (file->fd >= 0) close(file->fd);
    if (file->state == S3_FILE_TEMPORARY) {
        temporary_name(file->number, name);
        unlinkat(disk->temporary, name, 0);
    } else if (disk->closing) {
        return;
    } else {
        s3_server__disk_name(file->number, file->state == S3_FILE_RECORD, name);
        unlinkat(disk->objects, name, 0);
    }
    uncount_file(disk);
}

struct s3_file s3_server__disk_file(struct s3_disk *disk, uint64_t number, bool has_record) {
    return (struct s3_file){.state = has_record ? S3_FILE_RECORD : S3_FILE_DATA,
                            .fd = -1,
                            .number = number,
                            .disk = disk,
                            .forget = forget};
}

/* A new temporary file. */
static enum s3_error create(struct s3_disk *disk, struct s3_file *file) {
    if (has_failed(disk)) return S3_ServiceUnavailable;
    if (!count_file(disk)) return S3_InsufficientStorage;
    char name[S3_DISK_NAME_MAX];
    *file = (struct s3_file){.state = S3_FILE_TEMPORARY, .disk = disk, .forget = forget};
    file->number = __atomic_fetch_add(&disk->next, 1, __ATOMIC_RELAXED);
    temporary_name(file->number, name);
    file->fd = openat(disk->temporary, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd >= 0) return S3_OK;
    uncount_file(disk);
    return s3_server__disk_error(errno);
}

enum s3_error s3_server__disk_create(struct s3_disk *disk, struct s3_account *account,
                                     uint64_t capacity, struct s3_blob **blob) {
    struct s3_file file;
    enum s3_error error = create(disk, &file);
    if (error) return error;
    error = s3_server__blob_of_file(account, capacity, &file, blob);
    if (error) forget(&file);
    return error;
}

enum s3_error s3_server__disk_store(struct s3_disk *disk, struct s3_account *account,
                                    struct hr_slice data, struct s3_blob **out) {
    struct s3_blob *blob;
    enum s3_error error = s3_server__disk_create(disk, account, data.size, &blob);
    if (error) return error;
    int err = s3_server__disk_write(blob->file.fd, data.data, data.size, 0);
    blob->size = data.size;
    blob->file.crc = s3_server__crc32c(data.data, data.size);
    if (!err) {
        *out = blob;
        return S3_OK;
    }
    s3_server__blob_release(blob);
    return s3_server__disk_error(-err);
}

/* ---- The commit. */

static int sync_folder_of(const struct s3_disk *disk, uint64_t number) {
    char name[4];
    if (!disk->fsync) return 0;
    snprintf(name, sizeof name, "%02x", (unsigned)(number % S3_DISK_FOLDERS));
    int fd = openat(disk->objects, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return err;
}

/* Writes what stands behind the bytes. */
static int write_record(const struct s3_disk *disk, int fd, const struct s3_record_data *data,
                        struct s3_record_bytes *bytes) {
    s3_server__record_close(bytes, data);
    if (bytes->failed) return -ENOMEM;
    int err = s3_server__disk_write(fd, bytes->data, bytes->size, data->size);
    if (!err && disk->fsync && fdatasync(fd) < 0) err = -errno;
    return err;
}

/* From here on the record counts. */
static int put_in_place(struct s3_disk *disk, uint64_t number) {
    char from[S3_DISK_NAME_MAX], to[S3_DISK_NAME_MAX];
    temporary_name(number, from);
    s3_server__disk_name(number, true, to);
    if (renameat(disk->temporary, from, disk->objects, to) < 0) return -errno;
    int err = sync_folder_of(disk, number);
    if (err && unlinkat(disk->objects, to, 0) < 0) fail(disk); /* a start would find it */
    return err;
}

/* The blob whose temporary file the record goes behind, or NULL. */
static struct s3_blob *own_blob(const struct s3_object *object) {
    bool is_own =
        object->piece_count == 1 && object->pieces[0].blob->file.state == S3_FILE_TEMPORARY;
    return is_own ? object->pieces[0].blob : NULL;
}

static enum s3_error commit_own(struct s3_disk *disk, struct s3_blob *blob,
                                struct s3_object *object, struct s3_record_bytes *bytes) {
    struct s3_record_data data = {.size = blob->size, .crc = blob->file.crc};
    int err = write_record(disk, blob->file.fd, &data, bytes);
    if (!err) err = put_in_place(disk, blob->file.number);
    if (err) return s3_server__disk_error(-err);
    close(blob->file.fd);
    blob->file.fd = -1;
    blob->file.state = S3_FILE_RECORD;
    object->record = blob->file.number;
    return S3_OK;
}

/* A record without bytes of its own: of a copy, of parts put together, of changed traits. */
static enum s3_error commit_alone(struct s3_disk *disk, struct s3_object *object,
                                  struct s3_record_bytes *bytes) {
    struct s3_file file;
    enum s3_error error = create(disk, &file);
    if (error) return error;
    struct s3_record_data none = {.size = 0};
    int err = write_record(disk, file.fd, &none, bytes);
    if (!err) err = put_in_place(disk, file.number);
    if (err) {
        forget(&file);
        return s3_server__disk_error(-err);
    }
    close(file.fd);
    object->record = file.number;
    return S3_OK;
}

enum s3_error s3_server__disk_commit(struct s3_disk *disk, const struct s3_record_about *about,
                                     struct s3_object *object) {
    if (has_failed(disk)) return S3_ServiceUnavailable;
    struct s3_record_bytes bytes = {.data = NULL};
    s3_server__record_write(&bytes, about, object);
    struct s3_blob *own = own_blob(object);
    enum s3_error error =
        own ? commit_own(disk, own, object, &bytes) : commit_alone(disk, object, &bytes);
    s3_server__record_free(&bytes);
    return error;
}

/* ---- The end of a record. */

struct s3_blob *s3_server__disk_blob_of(const struct s3_object *object) {
    for (size_t i = 0; i < object->piece_count; i++)
        if (object->pieces[i].blob->file.number == object->record) return object->pieces[i].blob;
    return NULL;
}

enum s3_error s3_server__disk_void(struct s3_disk *disk, struct s3_object *object) {
    char name[S3_DISK_NAME_MAX], data_name[S3_DISK_NAME_MAX];
    if (object->record == 0) return S3_OK;
    if (has_failed(disk)) return S3_ServiceUnavailable;
    struct s3_blob *blob = s3_server__disk_blob_of(object);
    s3_server__disk_name(object->record, true, name);
    s3_server__disk_name(object->record, false, data_name);
    int err = blob ? renameat(disk->objects, name, disk->objects, data_name)
                   : unlinkat(disk->objects, name, 0);
    if (err < 0 && errno != ENOENT) {
        fail(disk);
        return S3_InternalError;
    }
    if (blob)
        blob->file.state = S3_FILE_DATA;
    else
        uncount_file(disk);
    uint64_t number = object->record;
    object->record = 0;
    if (sync_folder_of(disk, number) == 0) return S3_OK;
    fail(disk); /* it is gone here, and may be there again */
    return S3_InternalError;
}

/* ---- Buckets. */

static enum s3_error finish_bucket(struct s3_disk *disk) {
    if (!disk->fsync || fsync(disk->buckets) == 0) return S3_OK;
    int code = errno;
    fail(disk); /* it is done here, and not in memory */
    return s3_server__disk_error(code);
}

enum s3_error s3_server__disk_put_bucket(struct s3_disk *disk, const struct s3_bucket *bucket,
                                         uint64_t sequence) {
    struct s3_record_about about = {
        .kind = S3_RECORD_BUCKET, .sequence = sequence, .bucket = bucket};
    struct s3_record_bytes bytes = {.data = NULL};
    struct s3_record_data none = {.size = 0};
    struct s3_file file;
    char name[S3_DISK_NAME_MAX];
    enum s3_error error = create(disk, &file);
    if (error) return error;
    s3_server__record_write(&bytes, &about, NULL);
    int err = write_record(disk, file.fd, &none, &bytes);
    s3_server__record_free(&bytes);
    temporary_name(file.number, name);
    if (!err && renameat(disk->temporary, name, disk->buckets, bucket->text) < 0) err = -errno;
    forget(&file); /* its name is not under tmp any more */
    return err ? s3_server__disk_error(-err) : finish_bucket(disk);
}

enum s3_error s3_server__disk_remove_bucket(struct s3_disk *disk, const struct s3_bucket *bucket) {
    if (has_failed(disk)) return S3_ServiceUnavailable;
    if (unlinkat(disk->buckets, bucket->text, 0) < 0 && errno != ENOENT)
        return s3_server__disk_error(errno);
    return finish_bucket(disk);
}

/* ---- Reading. */

int s3_server__disk_open_blob(const struct s3_blob *blob) {
    const struct s3_disk *disk = blob->file.disk;
    char name[S3_DISK_NAME_MAX];
    /* A record may become void meanwhile, and then stays so: the second name is then the one. */
    for (int has_record = 1; has_record >= 0; has_record--) {
        s3_server__disk_name(blob->file.number, has_record, name);
        int fd = openat(disk->objects, name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 || errno != ENOENT) return fd >= 0 ? fd : -errno;
    }
    return -ENOENT;
}

static int read_all(int fd, uint64_t offset, char *data, size_t size) {
    while (size > 0) {
        ssize_t more = pread(fd, data, size, (off_t)offset);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return more < 0 ? -errno : -EIO;
        data += more;
        offset += (uint64_t)more;
        size -= (size_t)more;
    }
    return 0;
}

int s3_server__blob_read(const struct s3_piece *piece, uint64_t offset, void *data, size_t size) {
    assert(offset <= piece->size && size <= piece->size - offset);
    if (piece->blob->file.state == S3_FILE_NONE) {
        if (size > 0) memcpy(data, piece->blob->data + piece->offset + offset, size);
        return 0;
    }
    int fd = s3_server__disk_open_blob(piece->blob);
    if (fd < 0) return fd;
    int err = read_all(fd, piece->offset + offset, data, size);
    close(fd);
    return err;
}
