/* A process whose output is wanted: started without a shell, read without blocking, ended when it
 * takes too long. On one reactor. */
#ifndef HR_S3_CREDENTIALS_PROCESS_H
#define HR_S3_CREDENTIALS_PROCESS_H

#include <sys/types.h>

#include <engine/reactor.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#define HR__PROCESS_COMMAND_MAX 4096
#define HR__PROCESS_OUTPUT_MAX  65536
#define HR__PROCESS_TIMEOUT_MS  50000

enum hr__process_pipe { HR__PROCESS_OUT, HR__PROCESS_ERR, HR__PROCESS_END, HR__PROCESS_WATCHES };

/* A descriptor that is watched. */
struct hr__process_watch {
    struct hr_operation poll;
    int fd; /* -1: closed */
};

struct hr__credentials_process {
    struct hr_reactor *reactor;
    void (*on_done)(struct hr__credentials_process *process, int result);
    /* Out. */
    struct hr_error error;
    size_t output_size;
    uint64_t error_bytes; /* that it wrote to standard error: counted, not kept */
    /* Its own. */
    bool busy;
    int stop_reason;
    bool ended; /* its status is known */
    int status; /* of wait */
    pid_t pid;
    struct hr_timer timer;
    struct hr__process_watch watches[HR__PROCESS_WATCHES];
    char output[HR__PROCESS_OUTPUT_MAX + 1];
};

/* Starts `command`, split into words by hr__words_split. 0, and on_done comes, not from inside: 0
 * when it has ended with status 0, else HR_ERR_S3_CREDENTIALS or the reason it was stopped with; or
 * HR_ERR_S3_CREDENTIALS at once. `error` says why, without its output. `reactor` and on_done are
 * set. */
int hr__process_start(struct hr__credentials_process *process, struct hr_slice command);
/* Kills it and those that it has started; on_done comes. Idle: nothing. */
void hr__process_stop(struct hr__credentials_process *process, int reason);

#endif
