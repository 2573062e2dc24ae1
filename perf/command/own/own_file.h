/* The file headrace.yaml: where it is, and what its mount means. */
#ifndef COMMAND_OWN_FILE_H
#define COMMAND_OWN_FILE_H

#include "options.h"

#define OWN_FILE_SIZE 4096

/* Finds the file that configures the command: the one that is named, or else the first that is
 * there; "" is none. 0, or -1 with a line in `why`: the one in the working folder is not to be
 * trusted. */
int own_file_find(const struct option_common *common, char path[OWN_FILE_SIZE],
                  char why[OPTION_WHY_SIZE]);

/* Whether the file is a mount point itself, as Kubernetes mounts one by subPath: then the file that
 * takes its place outside is not seen. `mounts` is in the form of /proc/self/mountinfo. */
bool own_file_is_mount(const char *path, const char *mounts);

#endif
