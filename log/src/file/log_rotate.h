/* The files that a log has written before: changing over, names, keeping, deleting, compressing. It
 * may block, and is done by keepers alone. */
#ifndef HR_LOG_ROTATE_H
#define HR_LOG_ROTATE_H

#include <stddef.h>

#include "log_open.h"

/* ---- log_boundary.c */
/* The first boundary after `wall_ns`: a multiple of `every_s` seconds since 1970, or since the
 * day's midnight where `local`. */
uint64_t hr__log_boundary(uint64_t wall_ns, uint32_t every_s, bool local);
/* Whether there are such boundaries: where `local`, every_s divides a day. */
bool hr__log_boundary_is_possible(uint32_t every_s, bool local);

/* ---- log_rotated_names.c: path.3, path.20261122-100000.2.gz */
enum hr__log_suffix { HR_LOG_PLAIN, HR_LOG_GZ, HR_LOG_ZST };
struct hr__log_rotated {
    uint64_t stamp;  /* 20261122100000; 0: numbered */
    uint32_t number; /* from 1 on: the larger, the older; of one stamp the larger, the newer */
    enum hr__log_suffix suffix;
};
struct hr__log_rotated_list {
    struct hr__log_rotated *files; /* the newest first */
    size_t count;
};
/* Whether `name` is that of a rotated file of `base`, and of which. */
bool hr__log_rotated_parse(const char *base, const char *name, struct hr__log_rotated *file);
/* The path of a rotated file, of at most HR_LOG_PATH_BYTES. 0 or -ENAMETOOLONG. */
int hr__log_rotated_name(const char *path, const struct hr__log_rotated *file, char *out);
/* Finds all rotated files of a path. 0 or -errno; list->files is freed with free(). */
int hr__log_rotated_find(const char *path, struct hr__log_rotated_list *list);

/* ---- log_rotate.c */
/* Gives the file another name and puts a new one in its place, which it opens. 0; -errno, and `why`
 * is a sentence, and all is as before. */
int hr__log_rotate(const struct hr__log_file_options *options, uint64_t wall_ns,
                   struct hr__log_target *next, const char **why);
/* Deletes the rotated files that are not kept. 0 or the first -errno. */
int hr__log_retain(const struct hr__log_file_options *options, uint64_t wall_ns);
/* Compresses the files that are not compressed yet, the oldest first. `go_on` is called in between;
 * where it returns false, the rest is left for another time. 0 or -errno. */
int hr__log_compress_all(const struct hr__log_file_options *options, bool (*go_on)(void *user),
                         void *user);

/* ---- log_compress.c */
/* Compresses `from` into the new file `to`, which gets its mode and times and is on the disk then.
 * 0; -ECANCELED: `go_on` returned false; or -errno. After an error `to` is not there. */
int hr__log_compress(enum hr_log_compression how, int from, const char *to,
                     bool (*go_on)(void *user), void *user);

#endif
