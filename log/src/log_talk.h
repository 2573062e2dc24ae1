/* A talk on a log's control socket: one line in, one answer out, on the drain's reactor. */
#ifndef HR_LOG_TALK_H
#define HR_LOG_TALK_H

#include <engine/operation.h>
#include <engine/reactor.h>

#include "log_control.h"
#include "log_core.h"

#define HR_LOG_QUESTION_BYTES 4096 /* with its end */

enum hr__log_talk_state {
    HR_LOG_TALK_FREE,
    HR_LOG_TALK_READING,
    HR_LOG_TALK_FLUSHING,
    HR_LOG_TALK_REOPENING,
    HR_LOG_TALK_ANSWERING,
    HR_LOG_TALK_CLOSING
};

struct hr__log_talk {
    enum hr__log_talk_state state;
    hr_log *first; /* the log that the questions are about */
    struct hr_reactor *reactor;
    void (*on_end)(struct hr__log_talk *talk); /* it is free again */
    void *user;
    struct hr_operation operation;
    struct hr_timer timer;
    struct hr__log_flush *flush; /* NULL: none */
    bool json;
    uint64_t until_ns; /* of a reopening */
    size_t size, sent; /* of the question; of the answer */
    char question[HR_LOG_QUESTION_BYTES];
    struct hr__log_answer answer;
};

/* Begins a talk over the connection `fd`, which it closes. first, reactor and on_end are set, all
 * else is zero. 0; -ENOMEM: it stays free, and the connection the caller's. */
int hr__log_talk_begin(struct hr__log_talk *talk, int fd);
/* Ends it, whatever it is doing; on_end comes later. */
void hr__log_talk_end(struct hr__log_talk *talk);

#endif
