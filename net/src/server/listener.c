/* A listening socket that accepts until it is stopped. */
#include "listener.h"

#include <assert.h>
#include <errno.h>

#include <engine/socket.h>

/* Out of descriptors or memory: connections wait in the backlog, and accepting is tried again after
 * this long. Tried at once it would spin. */
#define RETRY_NS (UINT64_C(50) * 1000000)

static void accept_more(struct hr_listener *listener) {
    listener->state = HR_LISTENER_ACCEPTING;
    listener->operation.kind = HR_OP_ACCEPT;
    listener->operation.multi = true;
    hr__operation_start(listener->reactor, &listener->operation);
}

static void on_retry(struct hr_timer *timer) {
    struct hr_listener *listener = hr__container_of(timer, struct hr_listener, retry);
    assert(listener->state == HR_LISTENER_RETRYING);
    accept_more(listener);
}

static void retry_later(struct hr_listener *listener) {
    listener->state = HR_LISTENER_RETRYING;
    hr__timer_start(listener->reactor, &listener->retry,
                    hr__reactor_now(listener->reactor) + RETRY_NS);
}

static void close_socket(struct hr_listener *listener) {
    assert(listener->state == HR_LISTENER_STOPPING);
    listener->operation.kind = HR_OP_CLOSE;
    hr__operation_start(listener->reactor, &listener->operation);
}

/* The peer that was to be accepted has gone: the next one may be accepted at once. */
static bool is_of_peer(int result) {
    return result == -ECONNABORTED || result == -EPROTO || result == -ENETDOWN ||
           result == -EHOSTUNREACH || result == -ENETUNREACH || result == -ECONNRESET;
}

static void on_accept(struct hr_listener *listener, const struct hr_completion *completion) {
    bool stopping = listener->state == HR_LISTENER_STOPPING;
    if (completion->result >= 0 && stopping)
        hr__socket_close(hr__reactor_engine(listener->reactor), completion->result);
    else if (completion->result >= 0)
        listener->on_accepted(listener, completion->result);
    if (completion->more) return;
    if (stopping)
        close_socket(listener);
    else if (completion->result >= 0 || is_of_peer(completion->result))
        accept_more(listener);
    else
        retry_later(listener);
}

static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_listener *listener = hr__container_of(operation, struct hr_listener, operation);
    if (operation->kind == HR_OP_ACCEPT) {
        on_accept(listener, completion);
        return;
    }
    operation->fd = -1;
    listener->state = HR_LISTENER_STOPPED;
    listener->on_stopped(listener);
}

void hr__listener_start(struct hr_listener *listener) {
    assert(listener->state == HR_LISTENER_NEW && listener->operation.fd >= 0);
    listener->operation.on_event = on_event;
    listener->retry.on_fire = on_retry;
    accept_more(listener);
}

void hr__listener_stop(struct hr_listener *listener) {
    assert(listener->state == HR_LISTENER_ACCEPTING || listener->state == HR_LISTENER_RETRYING);
    listener->state = HR_LISTENER_STOPPING;
    hr__timer_stop(listener->reactor, &listener->retry);
    if (hr__operation_active(&listener->operation))
        hr__operation_cancel(listener->reactor, &listener->operation);
    else
        close_socket(listener);
}
