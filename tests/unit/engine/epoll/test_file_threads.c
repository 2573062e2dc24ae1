/* Helper threads: every job runs once, on another thread, and can be taken out until it has begun.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "file_threads.h"

enum { JOBS = 200 };

struct job {
    struct hr_file_job job;
    int runs;
    bool signals_blocked, own_thread;
    pthread_t by;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_t owner;
static int wake_fd;
static struct hr_file_threads *pool;
static struct job jobs[JOBS];

static void run(struct hr_file_job *job) {
    struct job *self = (struct job *)job;
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    self->signals_blocked = sigismember(&blocked, SIGTERM) == 1;
    self->own_thread = !pthread_equal(pthread_self(), owner);
    pthread_mutex_lock(&gate); /* while the test holds it no job ends */
    self->runs++;
    pthread_mutex_unlock(&gate);
}

static void open_pool(void) {
    owner = pthread_self();
    wake_fd = eventfd(0, EFD_CLOEXEC);
    cr_assert_eq(hr__file_threads_new(wake_fd, &pool), 0);
    for (int i = 0; i < JOBS; i++) jobs[i] = (struct job){.job = {.run = run}};
}

static void close_pool(void) {
    hr__file_threads_free(pool);
    close(wake_fd);
}

TestSuite(file_pool, .init = open_pool, .fini = close_pool);

/* Waits for the eventfd alone: a lost wake-up is a test that never ends. */
static int collect(int wanted) {
    int count = 0;
    while (count < wanted) {
        uint64_t woken;
        cr_assert_eq(read(wake_fd, &woken, sizeof woken), sizeof woken);
        for (struct hr_file_job *job = hr__file_threads_collect(pool); job; job = job->next)
            count++;
    }
    return count;
}

Test(file_pool, every_job_runs_once_on_another_thread) {
    for (int i = 0; i < JOBS; i++) hr__file_threads_submit(pool, &jobs[i].job);
    cr_assert_eq(collect(JOBS), JOBS);
    for (int i = 0; i < JOBS; i++) {
        cr_assert_eq(jobs[i].runs, 1);
        cr_assert(jobs[i].signals_blocked);
        cr_assert(jobs[i].own_thread);
    }
    cr_assert_null(hr__file_threads_collect(pool));
}

Test(file_pool, a_job_is_taken_out_until_it_has_begun) {
    pthread_mutex_lock(&gate);
    for (int i = 0; i < JOBS; i++) hr__file_threads_submit(pool, &jobs[i].job);
    int withdrawn = 0;
    for (int i = 0; i < JOBS; i++) withdrawn += hr__file_threads_withdraw(pool, &jobs[i].job);
    cr_assert_geq(withdrawn, JOBS - 4, "more have begun than there are threads");
    pthread_mutex_unlock(&gate);
    if (withdrawn < JOBS) collect(JOBS - withdrawn);
    int runs = 0;
    for (int i = 0; i < JOBS; i++) runs += jobs[i].runs;
    cr_assert_eq(runs, JOBS - withdrawn);
    cr_assert_not(hr__file_threads_withdraw(pool, &jobs[0].job));
}

Test(file_pool, closing_waits_for_what_has_begun_and_drops_the_rest) {
    for (int i = 0; i < JOBS; i++) hr__file_threads_submit(pool, &jobs[i].job);
    hr__file_threads_free(pool); /* the sanitizers see a job that is touched after this */
    for (int i = 0; i < JOBS; i++) {
        cr_assert_leq(jobs[i].runs, 1);
        cr_assert(jobs[i].job.waiting || jobs[i].runs == 1, "begun, and not waited for");
    }
    cr_assert_eq(hr__file_threads_new(wake_fd, &pool), 0);
}
