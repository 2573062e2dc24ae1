/* Helper threads for what a kernel without io_uring does only by blocking: operations on files. One
 * pool per back end, started with the first job. Jobs are intrusive in their owner, who hands them
 * in, takes them out and collects them on one thread. */
#ifndef HR_ENGINE_FILE_THREADS_H
#define HR_ENGINE_FILE_THREADS_H

#include <stdbool.h>

struct hr_file_job {
    struct hr_file_job *next, *prev;
    void (*run)(struct hr_file_job *job); /* on a helper thread */
    bool waiting;                         /* not begun; the pool's */
};

struct hr_file_threads;

/* `wake_fd`: an eventfd that is written when a first job has finished; the caller's. */
int hr__file_threads_new(int wake_fd, struct hr_file_threads **pool);
/* Jobs that have not begun are dropped, those that have are waited for and can be collected. No
 * job is handed in after it. */
void hr__file_threads_stop(struct hr_file_threads *pool);
void hr__file_threads_free(struct hr_file_threads *pool);
/* Where no thread can be had the job is run before this returns. */
void hr__file_threads_submit(struct hr_file_threads *pool, struct hr_file_job *job);
/* False: it has begun, or has finished. */
bool hr__file_threads_withdraw(struct hr_file_threads *pool, struct hr_file_job *job);
/* The finished ones, oldest first, linked by `next`; NULL: none. */
struct hr_file_job *hr__file_threads_collect(struct hr_file_threads *pool);

#endif
