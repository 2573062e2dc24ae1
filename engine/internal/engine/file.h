/* Calls on an open file that are made at once and not as an operation. Any thread. */
#ifndef HR_ENGINE_FILE_H
#define HR_ENGINE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>

struct hr_file_info {
    uint64_t size;
    bool regular;
    bool append; /* every write goes to the end, whatever its offset (O_APPEND) */
};

/* 0 or -errno, and then `info` is untouched. */
int hr__file_info(const hr_engine *engine, int fd, struct hr_file_info *info);
/* Makes a regular file so long. 0 or -errno. */
int hr__file_truncate(const hr_engine *engine, int fd, uint64_t size);

#endif
