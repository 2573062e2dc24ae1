/* Notes on a filter's state: what its task is to do, how it ended and why. */
#include "tls_state.h"

#include <assert.h>
#include <string.h>

void hr__tls_state_defer(struct hr_tls_stream *tls) {
    if (tls->task_queued) return;
    assert(tls->closing != HR_TLS_CLOSED);
    tls->task_queued = true;
    hr__reactor_defer(tls->stream.reactor, &tls->task);
}

void hr__tls_state_end(struct hr_tls_stream *tls, int result) {
    if (tls->end.known) return;
    assert(!tls->end.reported && result <= 0);
    tls->end.known = true;
    tls->end.result = result;
}

void hr__tls_state_set_reason(struct hr_tls_stream *tls, const char *text) {
    if (!tls->reason) tls->reason = strdup(text);
}

void hr__tls_state_close(struct hr_tls_stream *tls, enum hr_tls_closing stage) {
    assert(stage > tls->closing);
    tls->closing = (uint8_t)stage;
}
