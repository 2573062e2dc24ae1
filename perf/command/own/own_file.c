/* Looks for headrace.yaml. */
#include "own_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME          "headrace.yaml"
#define FOLDER        "/headrace/" NAME
#define SYSTEM_FOLDER "/etc"
#define MOUNT_POINT   4 /* fields of a line of mountinfo in front of it */

/* A file of another user's in a folder where anybody writes would name proxies and stores. */
static bool is_trusted(const struct stat *status) {
    return (status->st_uid == geteuid() || status->st_uid == 0) && !(status->st_mode & S_IWOTH);
}

/* 1: it is there; 0: it is not; -1 with a line in `why`. The link and the file behind it count. */
static int look_here(char why[OPTION_WHY_SIZE]) {
    struct stat link, file;
    if (lstat(NAME, &link) != 0 || stat(NAME, &file) != 0) return 0;
    bool trusted = is_trusted(&file) &&
                   (S_ISLNK(link.st_mode) ? link.st_uid == geteuid() || link.st_uid == 0 : true);
    if (trusted) return 1;
    snprintf(why, OPTION_WHY_SIZE,
             "./" NAME " belongs to another user, or all may write it: name it by --config to "
             "trust it, or give --no-config");
    return -1;
}

/* Whether FOLDER is there below a folder with an absolute path. */
static bool look_in(const char *folder, const char *below, char path[OWN_FILE_SIZE]) {
    struct stat status;
    if (!folder || *folder != '/') return false;
    int size = snprintf(path, OWN_FILE_SIZE, "%s%s" FOLDER, folder, below);
    return size < OWN_FILE_SIZE && stat(path, &status) == 0;
}

int own_file_find(const struct option_common *common, char path[OWN_FILE_SIZE],
                  char why[OPTION_WHY_SIZE]) {
    const char *xdg = getenv("XDG_CONFIG_HOME");
    *path = '\0';
    if (common->no_config) return 0;
    if (common->config) {
        bool fits = snprintf(path, OWN_FILE_SIZE, "%s", common->config) < OWN_FILE_SIZE;
        if (!fits) snprintf(why, OPTION_WHY_SIZE, "--config: the path is too long");
        return fits ? 0 : -1;
    }
    int here = look_here(why);
    if (here != 0) {
        snprintf(path, OWN_FILE_SIZE, NAME);
        return here < 0 ? -1 : 0;
    }
    bool found =
        xdg && *xdg == '/' ? look_in(xdg, "", path) : look_in(getenv("HOME"), "/.config", path);
    if (!found && !look_in(SYSTEM_FOLDER, "", path)) *path = '\0';
    return 0;
}

/* ---- Mounts. */

/* A path of mountinfo, in which \040 is a blank. */
static void unescape(struct hr_slice field, char path[OWN_FILE_SIZE]) {
    size_t size = 0;
    for (size_t i = 0; i < field.size && size + 1 < OWN_FILE_SIZE; i++) {
        bool octal = field.data[i] == '\\' && i + 3 < field.size;
        if (octal) {
            const char digits[] = {field.data[i + 1], field.data[i + 2], field.data[i + 3], '\0'};
            path[size++] = (char)strtoul(digits, NULL, 8);
            i += 3;
        } else {
            path[size++] = field.data[i];
        }
    }
    path[size] = '\0';
}

static bool is_mounted_at(const char *line, const char *path) {
    struct hr_slice rest = hr_slice_of(line), field = {NULL, 0};
    char point[OWN_FILE_SIZE];
    for (int i = 0; i <= MOUNT_POINT; i++)
        if (!hr_slice_cut(&rest, ' ', &field)) return false;
    unescape(field, point);
    return strcmp(point, path) == 0;
}

bool own_file_is_mount(const char *path, const char *mounts) {
    char *real = realpath(path, NULL), *line = NULL;
    FILE *file = real ? fopen(mounts, "re") : NULL;
    size_t room = 0;
    bool found = false;
    while (file && !found && getline(&line, &room, file) > 0) found = is_mounted_at(line, real);
    if (file) fclose(file);
    free(line);
    free(real);
    return found;
}
