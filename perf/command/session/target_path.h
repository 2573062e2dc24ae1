/* The target of a path, link by link. */
#ifndef COMMAND_TARGET_PATH_H
#define COMMAND_TARGET_PATH_H

#include "transfer_file.h"

enum target_path_kind {
    TARGET_PATH_FILE,       /* no link: a file, or nothing yet */
    TARGET_PATH_DESCRIPTOR, /* of this process, that it was started with */
    TARGET_PATH_FOREIGN, /* a descriptor of another process: a link that only the kernel follows */
};

/* Follows the links that the last part of `place` is, in place. `descriptor` is set for
 * TARGET_PATH_DESCRIPTOR. The kind, or -errno: -ELOOP, -ENAMETOOLONG, -EBADF for a descriptor that
 * is not open. */
int target_path_follow(char place[LOCAL_PATH_SIZE], int *descriptor);

/* How many bytes of `path` are its folder, with the '/'; 0: it has none. */
size_t target_path_folder(const char *path);

#endif
