/* A checkpoint on the disk: a text and, behind it, a line with its SHA-256, so that a file that was
 * cut or has other bytes is known to be so. Written aside, synchronised, renamed: at any moment the
 * name is that of a whole one. */
#ifndef PERF_CHECKPOINT_FILE_H
#define PERF_CHECKPOINT_FILE_H

#include <headrace/error.h>
#include <headrace/json_write.h>

#define PERF_CHECKPOINT_MAX ((size_t)16 << 20) /* bytes of a file */

/* Makes sure that no other process has it: PATH.lock is locked until the descriptor in *fd is
 * closed by perf_checkpoint_unlock. 0; -EBUSY, or what opening it said, with `error`. */
int perf_checkpoint_lock(const char *path, int *fd, struct hr_error *error);
/* Deletes PATH.lock, too. A descriptor of -1 is nothing. */
void perf_checkpoint_unlock(const char *path, int *fd);

/* Writes a JSON value; `user` is the caller's. */
struct perf_checkpoint_text {
    void (*put)(struct hr_json_writer *json, const void *user);
    const void *user;
};

/* 0, or what the system said, with `error`. PATH.new is the file aside. Blocks on the disk; its
 * memory does not grow with the text. */
int perf_checkpoint_write(const char *path, const struct perf_checkpoint_text *text,
                          struct hr_error *error);

/* The text, which the caller frees. 0; -ENOENT: there is none (no `error`); -EPROTO: it is cut or
 * has been changed; -EFBIG, -ENOMEM or what the system said, with `error`. */
int perf_checkpoint_read(const char *path, char **text, size_t *size, struct hr_error *error);

#endif
