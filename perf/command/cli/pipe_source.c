/* A ring of bytes between a thread that reads and the producer on the reactor. */
#include "pipe_source.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES (1u << 20)
#define READ_MAX   (256u << 10)

struct pipe_source_s {
    pthread_mutex_t lock;
    pthread_cond_t emptied;
    pthread_t thread;
    struct hr_request *request;
    int fd;
    int error;           /* of the read that failed */
    bool ended;          /* no more comes */
    bool wanted;         /* the producer has pushed back */
    uint64_t got, given; /* bytes, ever */
    char ring[RING_BYTES];
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    pipe_source *self = user;
    pthread_mutex_lock(&self->lock);
    size_t take = smaller(capacity, (size_t)(self->got - self->given));
    ssize_t result = (ssize_t)take;
    if (take) {
        size_t at = self->given % RING_BYTES, first = smaller(take, RING_BYTES - at);
        memcpy(buffer, self->ring + at, first);
        memcpy((char *)buffer + first, self->ring, take - first);
        self->given += take;
        pthread_cond_signal(&self->emptied);
    } else if (self->ended) {
        result = self->error;
    } else {
        self->wanted = true;
        result = -EAGAIN;
    }
    pthread_mutex_unlock(&self->lock);
    return result;
}

static void unlock(void *lock) {
    pthread_mutex_unlock(lock);
}

/* Sleeps until there is room. Returns its size and where it lies. */
static size_t next_room(pipe_source *self, char **room) {
    size_t size = 0;
    pthread_mutex_lock(&self->lock);
    pthread_cleanup_push(unlock, &self->lock);
    while (self->got - self->given == RING_BYTES) pthread_cond_wait(&self->emptied, &self->lock);
    size_t at = self->got % RING_BYTES;
    size =
        smaller(RING_BYTES - (size_t)(self->got - self->given), smaller(RING_BYTES - at, READ_MAX));
    *room = self->ring + at;
    pthread_cleanup_pop(1);
    return size;
}

/* Waits first: a named pipe that nobody writes to yet is no end. The descriptor may be one that
 * does not wait, and whoever handed it down shares that flag with us, so it is not changed. */
static ssize_t read_some(int fd, char *room, size_t size) {
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, -1) < 0 && errno != EINTR) return -1;
        ssize_t count = read(fd, room, size);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
    }
}

static void *read_all(void *user) {
    pipe_source *self = user;
    for (bool ended = false; !ended;) {
        char *room;
        size_t size = next_room(self, &room);
        ssize_t count = read_some(self->fd, room, size);
        int error = count < 0 ? -errno : 0;
        pthread_mutex_lock(&self->lock);
        if (count > 0) self->got += (uint64_t)count;
        self->error = error;
        ended = self->ended = count <= 0;
        bool resume = self->wanted;
        self->wanted = false;
        pthread_mutex_unlock(&self->lock);
        /* Not in the middle of the library, which writes to wake its reactor. */
        int state;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        if (resume) hr_resume(self->request);
        pthread_setcancelstate(state, NULL);
    }
    return NULL;
}

int pipe_source_open(int fd, struct hr_request *request, pipe_source **out) {
    pipe_source *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->fd = fd;
    self->request = request;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->emptied, NULL);
    int err = pthread_create(&self->thread, NULL, read_all, self);
    if (err) {
        pthread_mutex_destroy(&self->lock);
        pthread_cond_destroy(&self->emptied);
        free(self);
        return -err;
    }
    *out = self;
    return 0;
}

struct hr_source pipe_source_body(pipe_source *self) {
    return hr_source_producer(produce, NULL, self, HR_SIZE_UNKNOWN);
}

int pipe_source_close(pipe_source *self) {
    if (!self) return 0;
    /* read() from a pipe nobody writes to is a cancellation point; nothing is held there. */
    pthread_cancel(self->thread);
    pthread_join(self->thread, NULL);
    int error = self->error;
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->emptied);
    free(self);
    return error;
}
