/* The file of a transfer's journal. Appends are small writes, made at once: into the page cache,
 * so that they outlive the process, not the machine. */
#ifndef HR_S3_JOURNAL_FILE_H
#define HR_S3_JOURNAL_FILE_H

#include "journal_contents.h"

struct hr__journal_file {
    int fd; /* -1: none */
    char *path;
    uint64_t size;
    bool full; /* nothing is added any more: it is too long, or could not be written */
    bool torn; /* bytes behind `size` are to be cut off before anything is added */
};

/* Opens or makes it, locks it for this transfer, and reads it; nothing in it is changed. No other
 * user's file is taken, nor a link. `file` and
 * `contents` are valid in every case: close them. 0, or a code of hr_s3_upload_start with the
 * reason in `error`. */
int hr__journal_file_open(const char *path, struct hr_error *error, struct hr__journal_file *file,
                          struct hr__journal_contents *contents);
/* Nothing that it tells is so any more. 0 or -errno. */
int hr__journal_file_empty(struct hr__journal_file *file);
/* Empties it and writes its first record. 0 or -errno, with the error set. */
int hr__journal_file_begin(struct hr__journal_file *file,
                           const struct hr__journal_contents *contents, struct hr_error *error);
/* Adds a line, all of it or none. 0, -errno, -EFBIG; later ones are then refused too. */
int hr__journal_file_append(struct hr__journal_file *file, const char *line, size_t size);
/* Closed; `remove`: and there is none any more, unless its path leads to another file now. */
void hr__journal_file_close(struct hr__journal_file *file, bool remove);

#endif
