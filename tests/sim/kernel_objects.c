/* Descriptors, and how long what they stand for lives. */
#include <errno.h>
#include <stdlib.h>

#include "kernel_core.h"

static struct sim_kernel *const kernel = &sim__kernel;

/* Now the lowest free one, as Linux, now one a little further: what still uses a closed one finds
 * another's or none. */
int sim__descriptor_new(struct sim_object *object) {
    unsigned skip = kernel->options.live ? 0 : (unsigned)sim__below(3), at = 0;
    for (; at < kernel->descriptor_capacity; at++)
        if (!kernel->descriptors[at] && skip-- == 0) break;
    if (at == kernel->descriptor_capacity) {
        unsigned capacity = at ? at * 2 : 64;
        kernel->descriptors =
            sim__grow(kernel->descriptors, capacity * sizeof(struct sim_object *));
        for (unsigned i = at; i < capacity; i++) kernel->descriptors[i] = NULL;
        kernel->descriptor_capacity = capacity;
    }
    kernel->descriptors[at] = object;
    kernel->descriptors_open++;
    object->fd = SIM_DESCRIPTOR_FIRST + (int)at;
    sim__object_use(object);
    return object->fd;
}

struct sim_object *sim__descriptor(int fd) {
    unsigned at = (unsigned)fd - SIM_DESCRIPTOR_FIRST;
    return fd >= SIM_DESCRIPTOR_FIRST && at < kernel->descriptor_capacity ? kernel->descriptors[at]
                                                                          : NULL;
}

int sim__descriptor_close(int fd) {
    struct sim_object *object = sim__descriptor(fd);
    if (!object) return -EBADF;
    kernel->descriptors[fd - SIM_DESCRIPTOR_FIRST] = NULL;
    kernel->descriptors_open--;
    if (object->kind == SIM_FILE) kernel->files_open--;
    sim__object_unuse(object);
    return 0;
}

static void free_unneeded(struct sim_object *object) {
    if (object->users == 0 && object->pins == 0) free(object);
}

void sim__object_use(struct sim_object *object) {
    object->users++;
}

void sim__object_unuse(struct sim_object *object) {
    if (--object->users > 0) return;
    object->pins++;
    if (object->kind == SIM_SOCKET)
        sim__socket_released(object);
    else
        sim__file_released(object);
    object->pins--;
    free_unneeded(object);
}

void sim__object_pin(struct sim_object *object) {
    object->pins++;
}

void sim__object_unpin(struct sim_object *object) {
    object->pins--;
    free_unneeded(object);
}
