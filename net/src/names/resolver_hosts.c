/* The hosts file is opened, read and closed by operations of the engine, all of it each time:
 * comparing the text finds a change without a call that could wait for a disk or a file server. */
#include "resolver_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define SIZE_FIRST 4096

struct hr_resolver_hosts {
    const char *path;
    const struct hr_hosts *first;
    struct hr_hosts *current; /* NULL: `first` */
    struct hr_reactor *reactor;
    uint64_t next_ns; /* when it is read again; 0: before the first lookup */
    char *text;
    size_t size, capacity;
    bool closing;
    void (*on_closed)(void *user);
    void *user;
    struct hr_operation operation;
};

static void finish_close(struct hr_resolver_hosts *hosts) {
    void (*on_closed)(void *user) = hosts->on_closed;
    void *user = hosts->user;
    hr__hosts_free(hosts->current);
    free(hosts->text);
    free(hosts);
    on_closed(user);
}

static void start(struct hr_resolver_hosts *hosts, enum hr_operation_kind kind) {
    hosts->operation.kind = (uint8_t)kind;
    hr__operation_start(hosts->reactor, &hosts->operation);
}

/* With room for one byte more than the file has, so that its end is noticed. */
static int read_on(struct hr_resolver_hosts *hosts) {
    if (hosts->size == hosts->capacity) {
        size_t capacity = hosts->capacity ? hosts->capacity * 2 : SIZE_FIRST;
        if (hosts->size > HR_HOSTS_BYTES_MAX) return -EFBIG;
        char *text = realloc(hosts->text, capacity);
        if (!text) return -ENOMEM;
        hosts->text = text;
        hosts->capacity = capacity;
    }
    hosts->operation.u.buffer.data = hosts->text + hosts->size;
    hosts->operation.u.buffer.size = hosts->capacity - hosts->size;
    hosts->operation.u.buffer.offset = hosts->size;
    hosts->operation.u.buffer.flags = 0;
    hosts->operation.u.buffer.fixed = 0;
    start(hosts, HR_OP_READ);
    return 0;
}

static const struct hr_hosts *known(const struct hr_resolver_hosts *hosts) {
    return hosts->current ? hosts->current : hosts->first;
}

/* A file that cannot be read as a whole leaves the table as it is. */
static void take(struct hr_resolver_hosts *hosts) {
    struct hr_slice text = hr_slice_bytes(hosts->text, hosts->size);
    struct hr_hosts *made;
    if (hr__hosts_same(known(hosts), text)) return;
    if (hr__hosts_new(text, &made) < 0) return;
    hr__hosts_free(hosts->current);
    hosts->current = made;
}

static void finish_reading(struct hr_resolver_hosts *hosts) {
    free(hosts->text);
    hosts->text = NULL;
    hosts->size = hosts->capacity = 0;
    if (hosts->closing) finish_close(hosts);
}

static void on_opened(struct hr_resolver_hosts *hosts, int result) {
    if (result >= 0) {
        hosts->operation.fd = result;
        if (!hosts->closing && read_on(hosts) == 0) return;
        start(hosts, HR_OP_CLOSE);
        return;
    }
    if (result == -ENOENT && !hosts->closing) take(hosts); /* a missing file is an empty one */
    finish_reading(hosts);
}

static void on_read(struct hr_resolver_hosts *hosts, int result) {
    if (result > 0) {
        hosts->size += (size_t)result;
        if (!hosts->closing && read_on(hosts) == 0) return;
    } else if (result == 0 && !hosts->closing) {
        take(hosts);
    }
    start(hosts, HR_OP_CLOSE);
}

static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_resolver_hosts *hosts =
        hr__container_of(operation, struct hr_resolver_hosts, operation);
    if (operation->kind == HR_OP_OPEN)
        on_opened(hosts, completion->result);
    else if (operation->kind == HR_OP_READ)
        on_read(hosts, completion->result);
    else
        finish_reading(hosts);
}

int hr__resolver_hosts_new(const char *path, const struct hr_hosts *first,
                           struct hr_reactor *reactor, struct hr_resolver_hosts **hosts) {
    struct hr_resolver_hosts *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->path = path;
    made->first = first;
    made->reactor = reactor;
    made->operation.on_event = on_event;
    *hosts = made;
    return 0;
}

void hr__resolver_hosts_close(struct hr_resolver_hosts *hosts, void (*on_closed)(void *user),
                              void *user) {
    hosts->closing = true;
    hosts->on_closed = on_closed;
    hosts->user = user;
    if (!hr__operation_active(&hosts->operation))
        finish_close(hosts);
    else if (hosts->operation.kind == HR_OP_READ)
        hr__operation_cancel(hosts->reactor, &hosts->operation);
}

const struct hr_hosts *hr__resolver_hosts_get(struct hr_resolver_hosts *hosts) {
    uint64_t now = hr__reactor_now(hosts->reactor);
    if (hosts->next_ns == 0) hosts->next_ns = now + HR_HOSTS_INTERVAL_NS;
    if (hosts->path[0] && now >= hosts->next_ns && !hosts->closing &&
        !hr__operation_active(&hosts->operation)) {
        hosts->next_ns = now + HR_HOSTS_INTERVAL_NS;
        hosts->operation.u.file.path = hosts->path;
        hosts->operation.u.file.to = NULL;
        hosts->operation.u.file.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
        hosts->operation.u.file.mode = 0;
        hosts->operation.u.file.directory = 0;
        start(hosts, HR_OP_OPEN);
    }
    return known(hosts);
}
