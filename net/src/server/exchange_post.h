/* Calls on an exchange from other threads than its reactor's: they are left here, and the reactor
 * makes them. And who still holds the exchange. */
#ifndef HR_NET_EXCHANGE_POST_H
#define HR_NET_EXCHANGE_POST_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/reactor.h>
#include <headrace/http_server.h>

struct hr_exchange_post {
    struct hr_task task; /* the owner's: opens the mail */
    struct hr_reactor *reactor;
    struct hr_http_response *response; /* a copy; NULL where there was no memory for one */
    void (*on_end)(void *user, int result);
    void *user;     /* both of the response, in any case */
    uint32_t mail;  /* atomic: calls and releases; not 0: the task is posted, or is about to be */
    uint32_t holds; /* atomic */
    bool claimed;   /* atomic: the one response has been found */
};

/* The calls that were left since the mail was opened last. */
struct hr_exchange_mail {
    bool response, resume;
    uint32_t releases;
};

/* Any thread that may use the exchange. Whether it is inside a call of the reactor. */
static inline bool hr__exchange_post_is_local(const struct hr_exchange_post *post) {
    return hr__reactor_current() == post->reactor;
}
/* Of all that want to respond one may: true, once. */
static inline bool hr__exchange_post_claim(struct hr_exchange_post *post) {
    return !__atomic_exchange_n(&post->claimed, true, __ATOMIC_ACQ_REL);
}
static inline bool hr__exchange_post_claimed(const struct hr_exchange_post *post) {
    return __atomic_load_n(&post->claimed, __ATOMIC_ACQUIRE);
}
void hr__exchange_post_hold(struct hr_exchange_post *post);
void hr__exchange_post_release(struct hr_exchange_post *post);
void hr__exchange_post_resume(struct hr_exchange_post *post);
/* Leaves a copy, if nobody has responded: 0, -EALREADY. -ENOMEM: nothing is left, or where the
 * response has `close`, that it could not be copied. */
int hr__exchange_post_respond(struct hr_exchange_post *post,
                              const struct hr_http_response *response);

/* The reactor's thread. Takes the mail out; the exchange is held until it is closed again. */
struct hr_exchange_mail hr__exchange_post_open(struct hr_exchange_post *post);
void hr__exchange_post_close(struct hr_exchange_post *post, const struct hr_exchange_mail *mail);
/* Whether no thread holds the exchange and no mail is left, so that its memory may go. */
static inline bool hr__exchange_post_idle(const struct hr_exchange_post *post) {
    return __atomic_load_n(&post->holds, __ATOMIC_ACQUIRE) == 0 &&
           __atomic_load_n(&post->mail, __ATOMIC_ACQUIRE) == 0;
}

#endif
