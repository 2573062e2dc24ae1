/* Opening and closing the directory of shared rings. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_dictionary.h"
#include "log_recover.h"
#include "log_shared.h"

/* Makes the book, with the entries that the process's dictionary has already. */
static int open_book(struct hr__log_shared *shared) {
    assert(shared->directory.lock >= 0);
    int fd = openat(shared->directory.fd, "dictionary",
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    shared->book = (struct hr__log_book){.fd = fd, .lock = shared->directory.lock};
    int err = hr__log_dictionary_follow(&shared->book);
    if (err) {
        close(fd);
        shared->book.fd = -1;
    }
    return err;
}

int hr__log_shared_open(struct hr__log_shared *shared, struct hr__log_rings *rings,
                        const char *path, struct hr_error *error) {
    assert(!shared->path);
    static const struct hr_log_recover_options silent;
    struct hr_log_recovery recovery = {0};
    if (!path) return 0;
    shared->path = strdup(path);
    if (!shared->path) return hr_error_set(error, -ENOMEM, "no memory for a log");
    int err = hr__log_directory_open(&shared->directory, shared->path, true, error);
    if (!err) {
        err = hr__log_recover(&shared->directory, &silent, error, &recovery);
        if (!err) err = open_book(shared);
        if (err && err != -EBADMSG && !(error && error->code))
            hr_error_set(error, err, "%s/dictionary: %s", path, hr_error_text(err));
        if (err) hr__log_directory_close(&shared->directory);
    }
    if (err) {
        free(shared->path);
        shared->path = NULL;
        return err;
    }
    rings->directory = shared->directory.fd;
    return 0;
}

int hr__log_shared_reserve(const struct hr__log_shared *shared, struct hr__log_rings *rings,
                           struct hr_error *error) {
    if (!shared->path) return 0;
    int err = hr__log_rings_reserve(rings);
    if (!err) return 0;
    return hr_error_set(error, err,
                        "no room for a ring of %llu bytes in %s: %s; make its file system larger, "
                        "or ring_bytes smaller",
                        (unsigned long long)rings->ring_bytes, shared->path, hr_error_text(err));
}

void hr__log_shared_close(struct hr__log_shared *shared, bool complete) {
    if (!shared->path) return;
    hr__log_dictionary_unfollow(&shared->book);
    if (shared->book.fd >= 0) close(shared->book.fd);
    /* An error is ignored: the next process recovers the rest, or finds it complete. */
    if (complete) (void)hr__log_directory_clear(&shared->directory);
    hr__log_directory_close(&shared->directory);
    free(shared->path);
    shared->path = NULL;
}
