/* The names of rotated files: path.N, or path.YYYYMMDD-HHMMSS and behind it .2, .3 where several
 * were rotated in one second; .gz or .zst behind that. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_rotate.h"

#define DIGITS_MAX 9 /* of a number */
#define DAY_DIGITS 8
#define SEC_DIGITS 6

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* Takes exactly `count` digits. */
static bool take_digits(const char **at, unsigned count, uint64_t *number) {
    for (unsigned i = 0; i < count; i++, (*at)++) {
        if (!is_digit(**at)) return false;
        *number = *number * 10 + (uint64_t)(**at - '0');
    }
    return true;
}

/* Takes a number without a leading zero. */
static bool take_number(const char **at, uint32_t *number) {
    unsigned count = 0;
    uint64_t read = 0;
    while (is_digit((*at)[count])) count++;
    if (count == 0 || count > DIGITS_MAX || **at == '0') return false;
    take_digits(at, count, &read);
    *number = (uint32_t)read;
    return true;
}

static bool take_stamp(const char **at, struct hr__log_rotated *file) {
    const char *from = *at;
    uint64_t stamp = 0;
    bool good = take_digits(&from, DAY_DIGITS, &stamp) && *from++ == '-' &&
                take_digits(&from, SEC_DIGITS, &stamp) && !is_digit(*from) && stamp > 0;
    if (!good) return false;
    file->stamp = stamp;
    file->number = 1;
    if (*from == '.' && is_digit(from[1])) {
        from++;
        if (!take_number(&from, &file->number) || file->number < 2) return false;
    }
    *at = from;
    return true;
}

bool hr__log_rotated_parse(const char *base, const char *name, struct hr__log_rotated *file) {
    size_t size = strlen(base);
    if (strncmp(name, base, size) != 0 || name[size] != '.') return false;
    const char *at = name + size + 1;
    memset(file, 0, sizeof *file);
    if (!take_stamp(&at, file) && !take_number(&at, &file->number)) return false;
    if (strcmp(at, ".gz") == 0)
        file->suffix = HR_LOG_GZ;
    else if (strcmp(at, ".zst") == 0)
        file->suffix = HR_LOG_ZST;
    else
        return *at == 0;
    return true;
}

int hr__log_rotated_name(const char *path, const struct hr__log_rotated *file, char *out) {
    assert(file->number > 0);
    static const char *const suffixes[] = {"", ".gz", ".zst"};
    char stamp[32] = "", number[16] = "";
    if (file->stamp)
        snprintf(stamp, sizeof stamp, ".%08u-%06u", (unsigned)(file->stamp / 1000000),
                 (unsigned)(file->stamp % 1000000));
    if (!file->stamp || file->number > 1) snprintf(number, sizeof number, ".%u", file->number);
    int size =
        snprintf(out, HR_LOG_PATH_BYTES, "%s%s%s%s", path, stamp, number, suffixes[file->suffix]);
    return size < HR_LOG_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

/* Files with a stamp count as newer than those with a number. */
static int newest_first(const void *a, const void *b) {
    const struct hr__log_rotated *one = a, *other = b;
    if (one->stamp != other->stamp) return one->stamp > other->stamp ? -1 : 1;
    int order = one->number < other->number ? -1 : one->number > other->number;
    return one->stamp ? -order : order;
}

static int add(struct hr__log_rotated_list *list, const struct hr__log_rotated *file) {
    assert(file->number > 0);
    if ((list->count & (list->count + 1)) == 0) { /* 0, 1, 3, 7 …: it is full */
        void *grown = realloc(list->files, (2 * list->count + 1) * sizeof *list->files);
        if (!grown) return -ENOMEM;
        list->files = grown;
    }
    list->files[list->count++] = *file;
    return 0;
}

int hr__log_rotated_find(const char *path, struct hr__log_rotated_list *list) {
    struct hr__log_place_of place;
    hr__log_split(path, &place);
    *list = (struct hr__log_rotated_list){0};
    DIR *folder = opendir(place.folder);
    if (!folder) return -errno;
    int err = 0;
    struct dirent *entry;
    while (!err && (entry = readdir(folder))) {
        struct hr__log_rotated file;
        if (hr__log_rotated_parse(place.name, entry->d_name, &file)) err = add(list, &file);
    }
    closedir(folder);
    if (err) {
        free(list->files);
        list->files = NULL;
        list->count = 0;
    } else if (list->count) {
        qsort(list->files, list->count, sizeof *list->files, newest_first);
    }
    return err;
}
