/* Descriptors of the epoll back end: edge-triggered, registered once and only when something has to
 * wait.
 *
 * A number that is not ours may have been closed and given away since it was registered. Before an
 * operation waits on it the registration is made again: that fails where it is another file now,
 * and brings a new edge where it is ready. What the back end has made is closed through it, so
 * nothing is asked there. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "backend_epoll.h"

#define BLOCK 256 /* descriptors allocated at a time */

static struct hr_epoll_descriptor *find(const struct hr_epoll *epoll, int fd) {
    unsigned block = (unsigned)fd / BLOCK;
    if (fd < 0 || block >= epoll->descriptor_blocks || !epoll->descriptors[block]) return NULL;
    return &epoll->descriptors[block][(unsigned)fd % BLOCK];
}

static int grow(struct hr_epoll *epoll, unsigned block) {
    assert(block >= epoll->descriptor_blocks || !epoll->descriptors[block]);
    if (block >= epoll->descriptor_blocks) {
        unsigned count = block < 8 ? 16 : block * 2;
        struct hr_epoll_descriptor **blocks =
            realloc(epoll->descriptors, count * sizeof *epoll->descriptors);
        if (!blocks) return -ENOMEM;
        for (unsigned i = epoll->descriptor_blocks; i < count; i++) blocks[i] = NULL;
        epoll->descriptors = blocks;
        epoll->descriptor_blocks = count;
    }
    if (epoll->descriptors[block]) return 0;
    struct hr_epoll_descriptor *made = calloc(BLOCK, sizeof *made);
    if (!made) return -ENOMEM;
    for (unsigned i = 0; i < BLOCK; i++) made[i].fd = (int)(block * BLOCK + i);
    epoll->descriptors[block] = made;
    return 0;
}

struct hr_epoll_descriptor *hr__epoll_descriptor(struct hr_epoll *epoll, int fd) {
    struct hr_epoll_descriptor *found = find(epoll, fd);
    if (found || fd < 0 || grow(epoll, (unsigned)fd / BLOCK) < 0) return found;
    return find(epoll, fd);
}

void hr__epoll_descriptors_free(struct hr_epoll *epoll) {
    for (unsigned i = 0; i < epoll->descriptor_blocks; i++) free(epoll->descriptors[i]);
    free(epoll->descriptors);
}

static void evict(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor) {
    for (int side = 0; side < HR_EPOLL_SIDES; side++)
        while (descriptor->waiting[side].first)
            hr__epoll_finish(epoll, descriptor->waiting[side].first, -ECANCELED);
    assert(descriptor->fd >= 0);
    descriptor->ready = 0;
    descriptor->own = descriptor->registered = descriptor->tcp = false;
    descriptor->ended = descriptor->nonblocking = false;
}

void hr__epoll_forget(struct hr_epoll *epoll, int fd) {
    struct hr_epoll_descriptor *descriptor = find(epoll, fd);
    if (descriptor) evict(epoll, descriptor);
}

void hr__epoll_adopt(struct hr_epoll *epoll, int fd, bool tcp) {
    struct hr_epoll_descriptor *descriptor = hr__epoll_descriptor(epoll, fd);
    if (!descriptor) return; /* treated as foreign, where that is found room for */
    evict(epoll, descriptor);
    assert(descriptor->fd == fd);
    descriptor->own = descriptor->nonblocking = true;
    descriptor->tcp = tcp;
}

/* Learns of a foreign descriptor all that can be known when it is registered. */
static void look_at(struct hr_epoll_descriptor *descriptor, enum hr_operation_kind kind) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    assert(!descriptor->own);
    descriptor->ended = descriptor->tcp = descriptor->nonblocking = false;
    if (kind != HR_OP_ACCEPT && kind != HR_OP_RECV && kind != HR_OP_RECV_LENT) return;
    descriptor->tcp = getsockopt(descriptor->fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
                      protocol == IPPROTO_TCP;
    if (kind == HR_OP_ACCEPT)
        descriptor->nonblocking = (fcntl(descriptor->fd, F_GETFL) & O_NONBLOCK) != 0;
}

static int control(const struct hr_epoll *epoll, int what, int fd) {
    struct epoll_event edges = {
        .events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET,
        .data.u64 = (uint32_t)fd,
    };
    return epoll_ctl(epoll->fd, what, fd, &edges) < 0 ? -errno : 0;
}

static int watch(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor,
                 enum hr_operation_kind kind) {
    bool any = kind == HR_OP_POLL || kind == HR_OP_READ || kind == HR_OP_WRITE;
    if (descriptor->registered && descriptor->own && !any) return 0;
    int result = -ENOENT;
    if (descriptor->registered) {
        result = control(epoll, EPOLL_CTL_MOD, descriptor->fd);
        if (result < 0) evict(epoll, descriptor);
    }
    if (result == -ENOENT || result == -EPERM) {
        result = control(epoll, EPOLL_CTL_ADD, descriptor->fd);
        if (result == -EEXIST) result = control(epoll, EPOLL_CTL_MOD, descriptor->fd);
        if (result == 0 && !descriptor->own) look_at(descriptor, kind);
    }
    descriptor->registered = result == 0;
    return result;
}

int hr__epoll_wait_on(struct hr_epoll *epoll, struct hr_epoll_slot *slot, enum hr_epoll_side side) {
    const struct hr_operation *operation = slot->operation;
    struct hr_epoll_descriptor *descriptor = hr__epoll_descriptor(epoll, operation->fd);
    assert(side < HR_EPOLL_SIDES && !slot->done);
    if (!descriptor) return operation->fd < 0 ? -EBADF : -ENOMEM;
    int result = watch(epoll, descriptor, (enum hr_operation_kind)operation->kind);
    if (result < 0) return result;
    hr__epoll_queue_push(&descriptor->waiting[side], slot);
    if (descriptor->ready & 1u << side) hr__epoll_ready(epoll, descriptor);
    return 0;
}

void hr__epoll_ready(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor) {
    if (descriptor->listed) return;
    assert((epoll->ready_first == NULL) == (epoll->ready_last == NULL));
    descriptor->listed = true;
    descriptor->next_ready = NULL;
    if (epoll->ready_last)
        epoll->ready_last->next_ready = descriptor;
    else
        epoll->ready_first = descriptor;
    epoll->ready_last = descriptor;
}

void hr__epoll_edge(struct hr_epoll *epoll, int fd, uint32_t edge) {
    /* Behind the last bytes, or between two of them, as urgent data is. */
    const uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI;
    struct hr_epoll_descriptor *descriptor = find(epoll, fd);
    if (!descriptor) return;
    assert(descriptor->fd == fd);
    if (edge & end) descriptor->ended = true;
    if (edge & (EPOLLIN | end)) descriptor->ready |= 1u << HR_EPOLL_READ;
    if (edge & (EPOLLOUT | EPOLLHUP | EPOLLERR)) descriptor->ready |= 1u << HR_EPOLL_WRITE;
    if (descriptor->waiting[HR_EPOLL_POLL].first) descriptor->ready |= 1u << HR_EPOLL_POLL;
    for (int side = 0; side < HR_EPOLL_SIDES; side++)
        if (descriptor->waiting[side].first && descriptor->ready & 1u << side)
            hr__epoll_ready(epoll, descriptor);
}
