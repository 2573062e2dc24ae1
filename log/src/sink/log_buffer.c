/* Writing a piece of a buffer to its target: short writes, descriptors that take nothing now. */
#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "log_sink.h"

#define SUBMIT_BYTES (64 * 1024)

static void wrote(struct hr_operation *operation, const struct hr_completion *completion);

static void write_rest(struct hr__log_buffer *buffer) {
    struct hr_operation *operation = &buffer->operation;
    assert(!hr__operation_active(operation) && buffer->written < buffer->end);
    const struct hr__log_target *target = &buffer->target;
    uint64_t behind = buffer->written - buffer->begin;
    operation->kind = HR_OP_WRITE;
    operation->fd = target->fd;
    operation->on_event = wrote;
    operation->u.buffer.data = buffer->data + buffer->written;
    operation->u.buffer.size = buffer->end - buffer->written;
    operation->u.buffer.offset =
        target->offset == HR_LOG_HERE ? HR_LOG_HERE : target->offset + behind;
    operation->u.buffer.fixed = buffer->fixed;
    struct hr_reactor *reactor = buffer->sink->host->reactor;
    hr__operation_start(reactor, operation);
    /* Submitted at once: the kernel writes this buffer while the rest of the turn fills the other.
     */
    if (operation->u.buffer.size >= SUBMIT_BYTES) hr__reactor_submit(reactor);
}

static void wait_writable(struct hr__log_buffer *buffer) {
    assert(!buffer->polled);
    buffer->polled = true;
    buffer->operation.kind = HR_OP_POLL;
    buffer->operation.multi = false;
    buffer->operation.u.poll.events = POLLOUT;
    hr__operation_start(buffer->sink->host->reactor, &buffer->operation);
}

/* The class gets -EAGAIN of a descriptor that polls as writable and refuses all the same. While the
 * log is being closed, nothing is begun that might wait. */
static void wrote(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_buffer *buffer = hr__container_of(operation, struct hr__log_buffer, operation);
    struct hr__log_sink *sink = buffer->sink;
    int result = completion->result;
    bool may_wait = !sink->host->stopping || !sink->class_->drops;
    if (operation->kind == HR_OP_POLL && result >= 0) {
        write_rest(buffer);
        return;
    }
    if (result > 0) {
        assert((size_t)result <= buffer->end - buffer->written);
        buffer->written += (size_t)result;
        buffer->polled = false;
    }
    bool again = result > 0 ? buffer->written < buffer->end : result == -EINTR;
    if (again && may_wait)
        write_rest(buffer);
    else if (result == -EAGAIN && !buffer->polled && may_wait)
        wait_writable(buffer);
    else if (result > 0)
        sink->class_->wrote(sink, buffer, again ? -ECANCELED : 0);
    else
        sink->class_->wrote(sink, buffer, result ? result : -EIO);
}

void hr__log_buffer_write(struct hr__log_buffer *buffer) {
    assert(buffer->in_flight && buffer->written < buffer->end && buffer->end <= buffer->size);
    buffer->polled = false;
    write_rest(buffer);
}
