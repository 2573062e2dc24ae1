/* Reading a pipe: until its other end is closed, or the time is up. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/error.h>

#include "config_sources.h"

#define NS_PER_MS  UINT64_C(1000000)
#define ROOM_FIRST ((size_t)4096)

/* Until there are bytes, or no writer any more. 0, -ETIMEDOUT, or what poll says. */
static int wait_for(int fd, uint64_t deadline_ns) {
    for (;;) {
        uint64_t now_ns = hr_clock_monotonic_ns();
        if (now_ns >= deadline_ns) return -ETIMEDOUT;
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        int count = poll(&entry, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
        if (count > 0) return 0;
        if (count < 0 && errno != EINTR) return -errno;
    }
}

/* Room for a byte more than may come, which shows that there are too many. */
static int make_room(struct hr__config_file *file, size_t *room, size_t bytes_max) {
    if (file->size < *room) return 0;
    if (file->size > bytes_max) return -EFBIG;
    size_t wanted = *room ? *room * 2 : ROOM_FIRST;
    if (wanted > bytes_max + 1) wanted = bytes_max + 1;
    char *data = malloc(wanted); /* realloc would leave a copy behind */
    if (!data) return -ENOMEM;
    if (file->size > 0) memcpy(data, file->data, file->size);
    if (file->data) explicit_bzero(file->data, file->size);
    free(file->data);
    file->data = data;
    *room = wanted;
    return 0;
}

static int read_until_end(int fd, const struct hr__config_reading *reading,
                          struct hr__config_file *file) {
    uint64_t deadline_ns = hr_clock_monotonic_ns() + reading->pipe_ms * NS_PER_MS;
    size_t room = 0;
    for (;;) {
        int err = make_room(file, &room, reading->bytes_max);
        if (!err) err = wait_for(fd, deadline_ns);
        if (err) return err;
        ssize_t count = read(fd, file->data + file->size, room - file->size);
        if (count == 0) return 0;
        if (count < 0 && errno != EAGAIN && errno != EINTR) return -errno;
        if (count > 0) file->size += (size_t)count;
    }
}

int hr__config_pipe_read(int fd, const struct hr__config_reading *reading,
                         struct hr__config_file *file, struct hr_error *error) {
    int err = read_until_end(fd, reading, file);
    if (err == -EFBIG)
        return hr_error_set(error, err, "more than %zu bytes came (%s)", reading->bytes_max,
                            reading->limit);
    if (err == -ETIMEDOUT)
        return hr_error_set(error, err,
                            "it is a pipe, and its end has not come within %u ms "
                            "(limits.pipe_wait_ms)",
                            reading->pipe_ms);
    if (err) return hr_error_set(error, err, "it cannot be read: %s", hr_error_text(err));
    return 0;
}
