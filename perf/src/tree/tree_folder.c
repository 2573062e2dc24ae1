/* Reads and sorts the names of one folder. */
#include "tree_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder while it is read: its arrays grow. */
struct reading {
    struct tree_folder *folder;
    size_t capacity, text_size, text_capacity;
    size_t names_max;
};

static int grow(void **memory, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity) return 0;
    size_t larger = needed < 64 ? 64 : needed + needed / 2;
    void *grown = realloc(*memory, larger * element);
    if (!grown) return -ENOMEM;
    *memory = grown;
    *capacity = larger;
    return 0;
}

static int add(struct reading *reading, const char *name, bool is_folder) {
    struct tree_folder *folder = reading->folder;
    size_t size = strlen(name) + 1;
    if (folder->count == reading->names_max) return -E2BIG;
    void *names = folder->names, *text = folder->text;
    int err = grow(&names, &reading->capacity, folder->count + 1, sizeof *folder->names);
    folder->names = names;
    if (!err) err = grow(&text, &reading->text_capacity, reading->text_size + size, 1);
    folder->text = text;
    if (err) return err;
    folder->names[folder->count++] = (struct tree_folder_name){.at = {.offset = reading->text_size},
                                                               .size = (unsigned short)(size - 1),
                                                               .is_folder = is_folder};
    memcpy(folder->text + reading->text_size, name, size);
    reading->text_size += size;
    return 0;
}

/* Not every file system tells the kind, and of a link what counts is behind it. */
static bool is_folder(int fd, const struct dirent *entry, bool follow) {
    struct stat info;
    if (entry->d_type == DT_DIR) return true;
    if (entry->d_type != DT_UNKNOWN && !(entry->d_type == DT_LNK && follow)) return false;
    return fstatat(fd, entry->d_name, &info, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(info.st_mode);
}

static int read_names(struct reading *reading, DIR *stream, bool follow) {
    int err = 0;
    while (!err) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry) return errno ? -errno : 0;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        err = add(reading, name, is_folder(reading->folder->fd, entry, follow));
    }
    return err;
}

/* The byte behind the name: keys below a folder go on with '/'. */
static int byte_at(const struct tree_folder_name *name, size_t at) {
    if (at < name->size) return (unsigned char)name->at.text[at];
    return at == name->size && name->is_folder ? '/' : -1;
}

static int compare(const void *one, const void *other) {
    const struct tree_folder_name *a = one, *b = other;
    size_t size = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->at.text, b->at.text, size);
    return order ? order : byte_at(a, size) - byte_at(b, size);
}

static void sort(struct tree_folder *folder) {
    for (size_t i = 0; i < folder->count; i++)
        folder->names[i].at.text = folder->text + folder->names[i].at.offset;
    if (folder->count > 1) qsort(folder->names, folder->count, sizeof *folder->names, compare);
}

int tree_folder_open(int fd, bool follow, size_t names_max, struct tree_folder *folder) {
    struct stat info;
    *folder = (struct tree_folder){.fd = fd};
    struct reading reading = {.folder = folder, .names_max = names_max};
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *stream = own >= 0 ? fdopendir(own) : NULL;
    int err = stream && fstat(fd, &info) == 0 ? 0 : -errno;
    if (!stream && own >= 0) close(own);
    if (!err) {
        folder->device = info.st_dev;
        folder->inode = info.st_ino;
        err = read_names(&reading, stream, follow);
    }
    if (stream) closedir(stream);
    if (err)
        tree_folder_close(folder);
    else
        sort(folder);
    return err;
}

void tree_folder_close(struct tree_folder *folder) {
    close(folder->fd);
    free(folder->names);
    free(folder->text);
    *folder = (struct tree_folder){.fd = -1};
}
