/* A listening socket: one multishot accept, armed again whenever it ends. Reactor thread only. */
#ifndef HR_NET_LISTENER_H
#define HR_NET_LISTENER_H

#include <engine/reactor.h>

enum hr_listener_state {
    HR_LISTENER_NEW,
    HR_LISTENER_ACCEPTING,
    HR_LISTENER_RETRYING, /* accepting again after an error that lasts */
    HR_LISTENER_STOPPING, /* the accept is cancelled, or the socket is closing */
    HR_LISTENER_STOPPED,
};

struct hr_listener {
    struct hr_operation operation; /* ACCEPT, at last CLOSE; its `fd` is set by the owner */
    struct hr_timer retry;
    struct hr_reactor *reactor;
    uint8_t state;
    void (*on_accepted)(struct hr_listener *listener, int fd); /* takes the descriptor over */
    void (*on_stopped)(struct hr_listener *listener);          /* the last touch */
};

/* Accepts until it is stopped. */
void hr__listener_start(struct hr_listener *listener);
/* Closes the socket; on_stopped comes, from the reactor. Of one that was started. */
void hr__listener_stop(struct hr_listener *listener);

#endif
