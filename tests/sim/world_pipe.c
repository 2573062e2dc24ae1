/* A pipe: what one request gets, another sends. The consumer of the first fills a small buffer, the
 * producer of the second empties it, each pushes back and resumes the other. */
#include "world.h"

#include <errno.h>
#include <string.h>

static void resume(struct world_job *job) {
    if (job->started && !job->done) hr_resume(&job->u.request);
}

static ssize_t fill(void *user, const void *data, size_t size) {
    struct world_pipe *pipe = user;
    if (pipe->to->done) return -EPIPE;
    size_t room = pipe->capacity - pipe->used;
    size_t taken = size < room ? size : room;
    memcpy(pipe->bytes + pipe->used, data, taken);
    pipe->used += taken;
    pipe->passed += taken;
    if (taken) resume(pipe->to);
    return (ssize_t)taken;
}

static ssize_t empty(void *user, void *buffer, size_t capacity) {
    struct world_pipe *pipe = user;
    size_t size = pipe->used < capacity ? pipe->used : capacity;
    if (size == 0 && !pipe->from->done) return -EAGAIN;
    if (size == 0) return pipe->passed == pipe->from->size ? 0 : -EPIPE;
    memcpy(buffer, pipe->bytes, size);
    pipe->used -= size;
    memmove(pipe->bytes, pipe->bytes + size, pipe->used);
    resume(pipe->from);
    return (ssize_t)size;
}

struct hr_sink world_pipe_sink(struct world_pipe *pipe) {
    return hr_sink_consumer(fill, pipe);
}

struct hr_source world_pipe_source(struct world_pipe *pipe, bool sized) {
    return hr_source_producer(empty, NULL, pipe, sized ? pipe->to->size : HR_SIZE_UNKNOWN);
}

void world_pipe_ended(struct world_job *job) {
    struct world_pipe *pipe = job->pipe;
    resume(job == pipe->from ? pipe->to : pipe->from); /* it learns of it when it is asked again */
}

void world_pipe_plan(struct world *world, struct world_client *from, struct world_client *to) {
    struct world_pipe *pipe = &world->pipes[world->pipe_count++];
    pipe->capacity = 1 + (size_t)world_below(world, sizeof pipe->bytes);
    pipe->from = world_job_add(world, from, JOB_GET);
    pipe->to = world_job_add(world, to, JOB_UPLOAD);
    pipe->from->pipe = pipe->to->pipe = pipe;
    world_after(&pipe->from->start, world_below(world, 400 * WORLD_MS));
    if (world_chance(world, world->profile->cancels))
        world_after(&pipe->from->cancel, world_below(world, 500 * WORLD_MS));
    if (world_chance(world, world->profile->cancels))
        world_after(&pipe->to->cancel, world_below(world, 500 * WORLD_MS));
}
