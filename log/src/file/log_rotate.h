/* The files that a log has written before: changing over, names, keeping, deleting, compressing. It
 * may block, and is done by keepers alone. */
#ifndef HR_LOG_ROTATE_H
#define HR_LOG_ROTATE_H

#include <stddef.h>

#include "log_open.h"

/* ---- log_boundary.c */
/* The first moment after `wall_ns` at which a file that is changed every `every_s` seconds is
 * changed: a multiple of them, counted from midnight where `local`. */
uint64_t hr__log_boundary(uint64_t wall_ns, uint32_t every_s, bool local);
bool hr__log_boundary_is_possible(uint32_t every_s, bool local);

/* ---- log_rotated.c: path.3, path.20261122-100000.2.gz */
enum hr__log_suffix { HR_LOG_PLAIN, HR_LOG_GZ, HR_LOG_ZST };
struct hr__log_rotated {
    uint64_t stamp;  /* 20261122100000; 0: numbered */
    uint32_t number; /* the larger, the older; behind a stamp the larger, the newer */
    enum hr__log_suffix suffix;
};
struct hr__log_rotated_list {
    struct hr__log_rotated *files; /* the newest first */
    size_t count;
};
/* Whether `name` is one of `base`'s. */
bool hr__log_rotated_parse(const char *base, const char *name, struct hr__log_rotated *file);
int hr__log_rotated_name(const char *path, const struct hr__log_rotated *file, char *out);
/* All of a path's. 0 or -errno; free with free(list->files). */
int hr__log_rotated_find(const char *path, struct hr__log_rotated_list *list);

/* ---- log_rotate.c */
/* Gives the file another name and puts a new one in its place. The new one is made first, and where
 * anything fails, all is as before: -errno, and `why` says what. */
int hr__log_rotate(const struct hr__log_file_options *options, uint64_t wall_ns,
                   struct hr__log_target *next, const char **why);
/* Deletes the rotated files that are not kept. 0 or the first -errno. */
int hr__log_retain(const struct hr__log_file_options *options, uint64_t wall_ns);
/* Compresses what is not compressed yet, the oldest first. `go_on` is called in between; where it
 * says false, the rest is left for another time. */
int hr__log_compress_all(const struct hr__log_file_options *options, bool (*go_on)(void *user),
                         void *user);

/* ---- log_compress.c */
/* `from`, compressed, in the new file `to`, with its mode and times, on the disk when this returns.
 * -ECANCELED: `go_on` said so; then, and when anything fails, `to` is not there. */
int hr__log_compress(enum hr_log_compression how, int from, const char *to,
                     bool (*go_on)(void *user), void *user);

#endif
