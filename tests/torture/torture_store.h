/* An embedded store in a process of its own, which no fault reaches. */
#ifndef HR_TORTURE_STORE_H
#define HR_TORTURE_STORE_H

#include <stdint.h>
#include <sys/types.h>

#define STORE_ACCESS_KEY "torture"
#define STORE_SECRET_KEY "not-a-secret"

struct store {
    pid_t pid;
    int alive; /* the store ends when this is closed */
    uint16_t port;
};

/* Before the first thread of this process. 0 or -1. */
int store_start(struct store *store);
/* Waits for its end: its exit status. */
int store_stop(struct store *store);

#endif
