/* The start of a store: its files are read, and what a crash has left is cleared away. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES     (256u << 10)
#define PROGRESS_EVERY 1000

static int refuse(struct hr_error *error, int code, const char *what) {
    return hr_error_set(error, code, "s3 server: store: %s: %s", what, hr_error_text(code));
}

static int read_all(int fd, void *data, size_t size, uint64_t offset) {
    for (size_t done = 0; done < size;) {
        ssize_t more = pread(fd, (char *)data + done, size - done, (off_t)(offset + done));
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return more < 0 ? -errno : -EIO;
        done += (size_t)more;
    }
    return 0;
}

bool s3_server__disk_read_record(int fd, struct s3_record_data *data, char **record,
                                 size_t *record_size) {
    struct stat info;
    char footer[S3_RECORD_FOOTER];
    uint32_t size, version;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size < S3_RECORD_FOOTER)
        return false;
    uint64_t file_size = (uint64_t)info.st_size;
    if (read_all(fd, footer, sizeof footer, file_size - sizeof footer) < 0) return false;
    if (!s3_server__record_footer(footer, file_size, data, &size, &version)) return false;
    *record_size = size + sizeof footer;
    *record = malloc(*record_size);
    if (*record && read_all(fd, *record, *record_size, data->size) == 0) return true;
    free(*record);
    *record = NULL;
    return false;
}

/* Whether the bytes are those that were written. */
static bool data_is_right(int fd, const struct s3_record_data *data) {
    struct hr_s3_hasher hasher = {.algorithm = HR_S3_CHECKSUM_NONE};
    struct hr_s3_checksum value;
    char *memory = malloc(READ_BYTES);
    bool ok = memory && hr_s3_hasher_begin(&hasher, HR_S3_CHECKSUM_CRC32C) == 0;
    for (uint64_t at = 0; ok && at < data->size;) {
        size_t size = data->size - at < READ_BYTES ? (size_t)(data->size - at) : READ_BYTES;
        ok = read_all(fd, memory, size, at) == 0 && hr_s3_hasher_update(&hasher, memory, size) == 0;
        at += size;
    }
    ok = ok && hr_s3_hasher_end(&hasher, &value) == 0;
    for (unsigned i = 0; ok && i < 4; i++)
        ok = value.bytes[i] == (uint8_t)(data->crc >> (24 - 8 * i));
    hr_s3_hasher_deinit(&hasher);
    free(memory);
    return ok;
}

/* ---- Names. */

/* "0123456789abcdef.obj". */
static bool parse_name(const char *name, uint64_t *number, bool *has_record) {
    char *end;
    if (strlen(name) != 20 || strspn(name, "0123456789abcdef") != 16) return false;
    *number = strtoull(name, &end, 16);
    *has_record = strcmp(end, ".obj") == 0;
    return *number > 0 && *number < S3_DISK_NUMBER_MAX && (*has_record || strcmp(end, ".dat") == 0);
}

static void note_number(struct s3_disk *disk, uint64_t number) {
    if (number >= disk->next) disk->next = number + 1;
}

/* Calls for each name in a folder; a negative code ends it. */
static int each_name(int folder, const char *path,
                     int (*call)(void *user, int folder, const char *name), void *user) {
    DIR *list = s3_server__disk_list(folder, path);
    if (!list) return -errno;
    const struct dirent *entry;
    int err = 0;
    errno = 0;
    while (!err && (entry = readdir(list))) {
        if (entry->d_name[0] != '.') err = call(user, dirfd(list), entry->d_name);
        errno = 0;
    }
    if (!err) err = -errno; /* an end of the list has none */
    closedir(list);
    return err;
}

/* Others than ours stay. */
static int remove_one(void *user, int folder, const char *name) {
    (void)user;
    bool is_number = strlen(name) == 16 && strspn(name, "0123456789abcdef") == 16;
    if (!is_number && strcmp(name, "format") != 0) return 0;
    return unlinkat(folder, name, 0) < 0 ? -errno : 0;
}

/* Numbers that have been moved aside do not come again. */
static int note_one(void *user, int folder, const char *name) {
    uint64_t number;
    bool has_record;
    (void)folder;
    if (parse_name(name, &number, &has_record)) note_number(user, number);
    return 0;
}

/* ---- Files. */

struct scan {
    struct s3_disk *disk;
    const struct s3_scan_options *options;
    struct s3_found_files *found;
    char place[4]; /* the folder's name */
};

static int move_aside(struct scan *scan, int folder, const char *name) {
    scan->found->damaged++;
    return renameat(folder, name, scan->disk->damaged, name) < 0 ? -errno : 0;
}

static int add(struct s3_found_files *found, const struct s3_found_file *file) {
    if (found->count == found->capacity) {
        size_t capacity = found->capacity ? found->capacity * 2 : 1024;
        struct s3_found_file *files = realloc(found->files, capacity * sizeof *files);
        if (!files) return -ENOMEM;
        found->files = files;
        found->capacity = capacity;
    }
    found->files[found->count++] = *file;
    return 0;
}

static bool read_file(const struct scan *scan, int fd, struct s3_found_file *file) {
    if (!s3_server__disk_read_record(fd, &file->data, &file->record, &file->record_size))
        return false;
    struct s3_record record;
    struct s3_arena arena;
    s3_server__arena_init(&arena);
    bool ok =
        s3_server__record_read(hr_slice_bytes(file->record, file->record_size), &arena, &record) &&
        record.kind != S3_RECORD_BUCKET;
    s3_server__arena_deinit(&arena);
    ok = ok && (!scan->options->full || data_is_right(fd, &file->data));
    if (ok && file->has_record) return true;
    free(file->record);
    file->record = NULL;
    return ok;
}

static int scan_one(void *user, int folder, const char *name) {
    struct scan *scan = user;
    struct s3_found_file file = {.record = NULL};
    if (!parse_name(name, &file.number, &file.has_record) ||
        file.number % S3_DISK_FOLDERS != strtoul(scan->place, NULL, 16))
        return move_aside(scan, folder, name);
    note_number(scan->disk, file.number);
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP) return -errno;
    bool ok = fd >= 0 && read_file(scan, fd, &file);
    if (fd >= 0) close(fd);
    if (!ok) return move_aside(scan, folder, name);
    int err = add(scan->found, &file);
    if (err) free(file.record);
    bool is_due = scan->found->count % PROGRESS_EVERY == 0 && scan->options->on_progress;
    if (!err && is_due) scan->options->on_progress(scan->options->user, scan->found->count);
    return err;
}

static int by_number(const void *left, const void *right) {
    const struct s3_found_file *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

int s3_server__disk_scan(struct s3_disk *disk, const struct s3_scan_options *options,
                         struct s3_found_files *found, struct hr_error *error) {
    struct scan scan = {.disk = disk, .options = options, .found = found};
    int err = each_name(disk->temporary, ".", remove_one, NULL);
    if (err) return refuse(error, err, "tmp");
    err = each_name(disk->damaged, ".", note_one, disk);
    if (err) return refuse(error, err, "damaged");
    for (unsigned i = 0; i < S3_DISK_FOLDERS && !err; i++) {
        snprintf(scan.place, sizeof scan.place, "%02x", i);
        err = each_name(disk->objects, scan.place, scan_one, &scan);
    }
    if (err) return refuse(error, err, "objects");
    if (found->count > 0) qsort(found->files, found->count, sizeof *found->files, by_number);
    disk->files = found->count;
    return 0;
}

struct s3_found_file *s3_server__disk_find(const struct s3_found_files *found, uint64_t number) {
    struct s3_found_file key = {.number = number};
    if (found->count == 0) return NULL;
    return bsearch(&key, found->files, found->count, sizeof key, by_number);
}

int s3_server__disk_set_aside(struct s3_disk *disk, const struct s3_found_file *file) {
    char name[S3_DISK_NAME_MAX];
    s3_server__disk_name(file->number, file->has_record, name);
    disk->files--;
    return renameat(disk->objects, name, disk->damaged, name + 3) < 0 ? -errno : 0;
}

int s3_server__disk_remove(struct s3_disk *disk, const struct s3_found_file *file) {
    char name[S3_DISK_NAME_MAX];
    s3_server__disk_name(file->number, file->has_record, name);
    disk->files--;
    return unlinkat(disk->objects, name, 0) < 0 ? -errno : 0;
}

void s3_server__disk_found_free(struct s3_found_files *found) {
    for (size_t i = 0; i < found->count; i++) free(found->files[i].record);
    free(found->files);
    *found = (struct s3_found_files){.files = NULL};
}
