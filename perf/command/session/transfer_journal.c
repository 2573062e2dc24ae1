/* The journal of a transfer has a name made of what is copied from where to where. */
#include "transfer_journal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/encode.h>
#include <headrace/s3_checksum.h>

#include "output.h"
#include "target_path.h"

#define USUAL "/headrace/transfers"

/* "" where neither variable names one. */
static bool usual_folder(char path[LOCAL_PATH_SIZE]) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool has_state = state && *state == '/';
    if (!has_state && !(home && *home == '/')) return false;
    int size = snprintf(path, LOCAL_PATH_SIZE, "%s%s" USUAL, has_state ? state : home,
                        has_state ? "" : "/.local/state");
    return size < LOCAL_PATH_SIZE;
}

/* With all folders above it. */
static int make_folder(const char *path) {
    char part[LOCAL_PATH_SIZE];
    size_t size = strlen(path);
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST && access(part, F_OK) != 0) return -errno;
        part[i] = path[i];
    }
    return access(path, W_OK | X_OK) == 0 ? 0 : -errno;
}

/* The file's path: without links above it, where the folder is there. */
static bool whole_path(const char *path, char whole[PATH_MAX]) {
    char folder[LOCAL_PATH_SIZE];
    size_t size = target_path_folder(path);
    if (size + 2 > sizeof folder) return false;
    memcpy(folder, path, size);
    memcpy(folder + size, ".", 2);
    if (realpath(folder, whole))
        path += size;
    else if (*path == '/')
        whole[0] = '\0';
    else if (!getcwd(whole, PATH_MAX))
        return false;
    size_t length = strlen(whole);
    int added = snprintf(whole + length, PATH_MAX - length, "/%s", path);
    return added > 0 && (size_t)added < PATH_MAX - length;
}

static void add(struct hr_s3_hasher *hasher, const char *text) {
    (void)hr_s3_hasher_update(hasher, text, strlen(text) + 1);
}

/* Variables that name an endpoint where no option does. The library refuses a journal of another
 * transfer: two of one name are not mixed up. */
static const char *const endpoints[] = {"S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
                                        "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION"};

static void add_endpoint(struct hr_s3_hasher *hasher, const char *endpoint) {
    add(hasher, endpoint ? endpoint : "");
    for (size_t i = 0; !endpoint && i < sizeof endpoints / sizeof endpoints[0]; i++) {
        const char *value = getenv(endpoints[i]);
        add(hasher, value ? value : "");
    }
}

static int set_name(const struct transfer_journal_place *place, const char *whole,
                    struct transfer_journal *journal) {
    struct hr_s3_hasher hasher = {0};
    struct hr_s3_checksum value;
    int err = hr_s3_hasher_begin(&hasher, HR_S3_CHECKSUM_SHA256);
    if (err) return err;
    add(&hasher, place->download ? "download" : "upload");
    add_endpoint(&hasher, place->endpoint);
    add(&hasher, place->bucket);
    add(&hasher, place->key);
    add(&hasher, whole);
    err = hr_s3_hasher_end(&hasher, &value);
    hr_s3_hasher_deinit(&hasher);
    if (err) return err;
    hr_hex_encode(value.bytes, TRANSFER_JOURNAL_NAME / 2, journal->name);
    journal->name[TRANSFER_JOURNAL_NAME] = '\0';
    return 0;
}

static int refuse(const char *folder, int code) {
    output_complain("--journal %s: %s", folder, strerror(-code));
    return EXIT_FAILED;
}

int transfer_journal_find(const struct transfer_journal_options *options,
                          const struct transfer_journal_place *place, bool make,
                          struct transfer_journal *journal) {
    char usual[LOCAL_PATH_SIZE], whole[PATH_MAX];
    const char *folder = options->folder ? options->folder : usual;
    journal->name[0] = '\0';
    if (options->none || (!options->folder && !usual_folder(usual))) return EXIT_DONE;
    if (strlen(folder) + TRANSFER_JOURNAL_NAME + 2 > sizeof journal->path)
        return refuse(folder, -ENAMETOOLONG);
    int err = make ? make_folder(folder) : 0;
    if (err) return options->folder ? refuse(folder, err) : EXIT_DONE;
    if (!whole_path(place->path, whole) || set_name(place, whole, journal) != 0) return EXIT_DONE;
    snprintf(journal->path, sizeof journal->path, "%.*s/%s",
             (int)(sizeof journal->path - sizeof journal->name - 1), folder, journal->name);
    return EXIT_DONE;
}
