/* Making a bench's folder, and deleting it when a signal ends the run. */
#include "bench_folder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "output.h"

static int refuse_room(const struct bench_folder *folder, bool json, uint64_t room) {
    return output_failed_as(EXIT_ENVIRONMENT, json, -ENOSPC,
                            "%s has %llu MiB left and the run may need %llu: %s%s%s",
                            folder->directory, (unsigned long long)(room >> 20),
                            (unsigned long long)(folder->needed_bytes >> 20),
                            folder->fewer ? "fewer " : "", folder->fewer ? folder->fewer : "",
                            folder->fewer ? ", or another --directory" : "--directory says where");
}

int bench_folder_make(const struct bench_folder *folder, bool json, char path[PATH_MAX]) {
    struct statvfs facts;
    int size = snprintf(path, PATH_MAX, "%s/%s-XXXXXX", folder->directory, folder->name);
    if (size < 0 || size >= PATH_MAX) {
        path[0] = '\0';
        return output_failed(json, -ENAMETOOLONG, "%.100s…: the name is too long",
                             folder->directory);
    }
    if (statvfs(folder->directory, &facts) != 0 || !mkdtemp(path)) {
        int err = -errno;
        return output_failed_as(EXIT_ENVIRONMENT, json, err,
                                "no folder can be made in %s: %s (--directory says where)",
                                folder->directory, hr_error_text(err));
    }
    uint64_t room = (uint64_t)facts.f_bavail * facts.f_frsize;
    if (room >= folder->needed_bytes) return EXIT_DONE;
    rmdir(path);
    return refuse_room(folder, json, room);
}

static void (*before_the_end)(void);

static void ended_by(int number) {
    before_the_end();
    signal(number, SIG_DFL);
    raise(number);
}

void bench_folder_guard(void (*tidy_up)(void)) {
    before_the_end = tidy_up;
    signal(SIGINT, ended_by);
    signal(SIGTERM, ended_by);
}
