/* Opening the files that a log writes. It may block, and is done where that is allowed: when a log
 * is made, and by its keepers. */
#ifndef HR_LOG_OPEN_H
#define HR_LOG_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/log.h>

#define HR_LOG_PATH_BYTES 4096 /* with its end; paths of rotated files too */
#define HR_LOG_PATH_MAX   4000 /* of the log file */

/* An open file, and the place in it where bytes go next. */
struct hr__log_target {
    int fd;
    uint64_t device, inode; /* 0: no regular file. The path may have another by now. */
    uint64_t offset;        /* HR_LOG_HERE: where the descriptor stands */
    int direct;             /* the same file by O_DIRECT; -1: none */
};
#define HR_LOG_HERE UINT64_MAX

/* A copy of a file sink's options. */
struct hr__log_file_options {
    char path[HR_LOG_PATH_MAX + 1];
    unsigned mode;
    uint64_t rotate_bytes; /* 0: not by size */
    uint32_t rotate_s;     /* 0: not by time */
    uint32_t keep_files, keep_days;
    bool dated, local;
    enum hr_log_compression compression;
    uint32_t durable_ms; /* 0: not durable */
};

/* Opens the file at `path`, made where it is not there, for lines at its end. A regular file only:
 * `why` says what else it is. 0 or -errno. */
int hr__log_open(const struct hr__log_file_options *options, const char *path, int flags,
                 struct hr__log_target *target, const char **why);
void hr__log_target_close(const struct hr__log_target *target);
/* Cuts the zeros off that fill up the last block of a file whose durable log was killed. */
void hr__log_cut_zeros(const char *path);
/* Ends the last line of a file where a killed process has not, so that none is glued to it. */
void hr__log_end_line(const char *path);

/* The path in two: its folder, and the name in it. */
struct hr__log_place_of {
    char folder[HR_LOG_PATH_MAX + 2];
    const char *name;
};
void hr__log_split(const char *path, struct hr__log_place_of *place);

#endif
