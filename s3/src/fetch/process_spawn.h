/* Starting a process without a shell, with pipes to hear from it. */
#ifndef HR_S3_PROCESS_SPAWN_H
#define HR_S3_PROCESS_SPAWN_H

#include <sys/types.h>

#include <headrace/error.h>
#include <headrace/slice.h>

struct hr__process_descriptors {
    pid_t pid; /* leads a process group of its own */
    int fd[3]; /* our ends of standard output and standard error, non-blocking; a pidfd */
};

/* Standard input is /dev/null. HR_ERR_S3_CREDENTIALS, and `error` says why; of the command it shows
 * the program alone. */
int hr__process_spawn(struct hr_slice command, struct hr_error *error,
                      struct hr__process_descriptors *made);

#endif
