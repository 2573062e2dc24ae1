/* The files of a store:
 *
 *     format           "headrace store 1"
 *     lock             held (flock) by the one process that serves the store; its id is in it
 *     objects/XX/N.obj bytes and a record that counts; N: 16 hexadecimal digits, XX the last two
 *     objects/XX/N.dat bytes that other records name; its own record is void
 *     buckets/NAME     the record of a bucket
 *     tmp/N            being written; removed at the start
 *     damaged          what a start has found damaged
 *
 * A file is written under tmp and then renamed: that is the commit. What is committed is changed by
 * no write any more, by renames and removals alone. Calls are synchronous. Any thread, but for
 * those that say otherwise. */
#ifndef S3_SERVER_DISK_H
#define S3_SERVER_DISK_H

#include <dirent.h>

#include <headrace/error.h>

#include "record.h"

#define S3_DISK_FOLDERS    256
#define S3_DISK_NAME_MAX   32                  /* "XX/N.obj" and NUL */
#define S3_DISK_NUMBER_MAX (UINT64_C(1) << 62) /* of files, and of sequences */

struct s3_disk {
    int root, objects, temporary, buckets, damaged, lock; /* descriptors */
    uint64_t next;                                        /* atomic: the number of the next file */
    uint64_t files, files_max;                            /* atomic */
    bool fsync;                                           /* a commit waits for the medium */
    bool closing; /* blobs that are forgotten leave their files alone */
    bool failed; /* atomic: what is here and what is in memory may differ, so nothing is written any
                    more */
    unsigned users; /* atomic: the server, and streams that have outlived their exchange */
    void (*on_unused)(void *user); /* the last of them has ended; on any reactor's thread */
    void *user;
};

struct s3_disk_options {
    const char *folder; /* made where it is not there */
    uint64_t files_max;
    bool fsync;
};
/* -EBUSY: another process serves it; -ENOTEMPTY: a folder with other things in it; -EPROTO: of
 * another version; or -errno. The message names it. */
int s3_server__disk_open(struct s3_disk *disk, const struct s3_disk_options *options,
                         struct hr_error *error);
void s3_server__disk_close(struct s3_disk *disk);
/* The disk and its store live until as many have given it up as have taken it; the server has. */
void s3_server__disk_use(struct s3_disk *disk);
void s3_server__disk_unuse(struct s3_disk *disk);

/* InsufficientStorage where there is no room, or quota, for more; else InternalError. */
enum s3_error s3_server__disk_error(int code);
/* "XX/N.obj" or "XX/N.dat", below `objects`. */
void s3_server__disk_name(uint64_t number, bool has_record, char name[S3_DISK_NAME_MAX]);
/* Lists a folder; NULL: errno says why. To be closed with closedir. */
DIR *s3_server__disk_list(int folder, const char *name);
/* Writes all of it. 0 or -errno. */
int s3_server__disk_write(int fd, const void *data, size_t size, uint64_t offset);

/* ---- disk_file.c. */
/* An empty blob in a temporary file, with room for `capacity` bytes. InsufficientStorage,
 * ServiceUnavailable (after a failure), InternalError. */
enum s3_error s3_server__disk_create(struct s3_disk *disk, struct s3_account *account,
                                     uint64_t capacity, struct s3_blob **blob);
/* As before, and with these bytes in it. */
enum s3_error s3_server__disk_store(struct s3_disk *disk, struct s3_account *account,
                                    struct hr_slice data, struct s3_blob **blob);
/* Writes the record of an object, a part or an upload's head, behind the bytes where they are in a
 * temporary file, and puts the file in its place. Under the store's lock. Errors as
 * s3_server__disk_create; nothing is visible then. */
enum s3_error s3_server__disk_commit(struct s3_disk *disk, const struct s3_record_about *about,
                                     struct s3_object *object);
/* Makes the object's record void: its file goes, unless it has bytes that are used. Under the
 * store's lock. InternalError, ServiceUnavailable: it counts still, and nothing is written any
 * more. */
enum s3_error s3_server__disk_void(struct s3_disk *disk, struct s3_object *object);
/* The blob whose file the object's record is in, too, or NULL. */
struct s3_blob *s3_server__disk_blob_of(const struct s3_object *object);
/* The bucket's record, anew. Under the store's lock. */
enum s3_error s3_server__disk_put_bucket(struct s3_disk *disk, const struct s3_bucket *bucket,
                                         uint64_t sequence);
enum s3_error s3_server__disk_remove_bucket(struct s3_disk *disk, const struct s3_bucket *bucket);
/* Opens the file of a blob that is committed, to be read. A descriptor or -errno. */
int s3_server__disk_open_blob(const struct s3_blob *blob);
/* Reads all of a stretch of a blob, in memory or in a file. 0 or -errno. */
int s3_server__blob_read(const struct s3_piece *piece, uint64_t offset, void *data, size_t size);
/* The file of a blob that was there at the start. */
struct s3_file s3_server__disk_file(struct s3_disk *disk, uint64_t number, bool has_record);

/* ---- disk_scan.c: what is there at the start. */
struct s3_found_file {
    uint64_t number;
    bool has_record; /* named N.obj */
    struct s3_record_data data;
    char *record; /* record and footer; heap, NULL where it is named N.dat */
    size_t record_size;
    struct s3_blob *blob; /* the loader's */
    bool is_live;         /* the loader's: its record counts */
};
struct s3_found_files {
    struct s3_found_file *files; /* by number */
    size_t count, capacity;
    uint64_t damaged; /* moved aside */
};
struct s3_scan_options {
    bool full; /* reads the bytes, too, and compares their checksums */
    void (*on_progress)(void *user, uint64_t files);
    void *user;
};
/* Empties tmp, reads the records, moves aside what is damaged. -errno: the message names it. */
int s3_server__disk_scan(struct s3_disk *disk, const struct s3_scan_options *options,
                         struct s3_found_files *found, struct hr_error *error);
/* The file of that number, or NULL. */
struct s3_found_file *s3_server__disk_find(const struct s3_found_files *found, uint64_t number);
/* Moves a file aside, to `damaged`, or removes it. 0 or -errno. */
int s3_server__disk_set_aside(struct s3_disk *disk, const struct s3_found_file *file);
int s3_server__disk_remove(struct s3_disk *disk, const struct s3_found_file *file);
void s3_server__disk_found_free(struct s3_found_files *found);
/* The record and footer of an open file; heap. False: there is none that holds together. */
bool s3_server__disk_read_record(int fd, struct s3_record_data *data, char **record, size_t *size);

#endif
