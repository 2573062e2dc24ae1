/* A shard's listener: one multishot accept, armed again whenever it ends. */
#include "http_server_private.h"

#include <errno.h>

/* Out of descriptors or memory: what is waiting stays in the backlog, and accepting is tried again
 * after this long. Tried at once it would spin. */
#define RETRY_NS (UINT64_C(50) * 1000000)

static void accept_more(struct hr_http_shard *shard) {
    shard->listener.kind = HR_OP_ACCEPT;
    shard->listener.multi = true;
    hr__operation_start(shard->reactor, &shard->listener);
}

static void on_retry(struct hr_timer *timer) {
    struct hr_http_shard *shard = hr__container_of(timer, struct hr_http_shard, retry);
    accept_more(shard);
}

static void close_listener(struct hr_http_shard *shard) {
    shard->listener.kind = HR_OP_CLOSE;
    hr__operation_start(shard->reactor, &shard->listener);
}

/* The peer that was to be accepted has gone: the next one may be accepted at once. */
static bool is_of_peer(int result) {
    return result == -ECONNABORTED || result == -EPROTO || result == -ENETDOWN ||
           result == -EHOSTUNREACH || result == -ENETUNREACH || result == -ECONNRESET;
}

static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_http_shard *shard = hr__container_of(operation, struct hr_http_shard, listener);
    if (operation->kind == HR_OP_CLOSE) {
        operation->fd = -1;
        hr__http_shard_check_end(shard);
        return;
    }
    if (completion->result >= 0) {
        if (shard->closing)
            hr__socket_close(hr__reactor_engine(shard->reactor), completion->result);
        else
            hr__http_session_adopt(shard, completion->result);
    }
    if (completion->more) return;
    if (shard->closing)
        close_listener(shard);
    else if (completion->result >= 0 || is_of_peer(completion->result))
        accept_more(shard);
    else
        hr__timer_start(shard->reactor, &shard->retry, hr__reactor_now(shard->reactor) + RETRY_NS);
}

void hr__http_listener_start(struct hr_http_shard *shard) {
    shard->listener.on_event = on_event;
    shard->retry.on_fire = on_retry;
    accept_more(shard);
}

void hr__http_listener_stop(struct hr_http_shard *shard) {
    hr__timer_stop(shard->reactor, &shard->retry);
    if (hr__operation_active(&shard->listener))
        hr__operation_cancel(shard->reactor, &shard->listener);
    else
        close_listener(shard);
}
