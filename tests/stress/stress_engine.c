/* Many threads start, cancel, wait for, resume and post to the reactors of engines that come and
 * go. A plain program for ThreadSanitizer; bounded to about HR_STRESS_SECONDS (5). Every request
 * must end once, the counters must add up, and nothing may hang. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/budget.h>
#include <engine/reactor.h>
#include <engine/request_core.h>
#include <headrace/clock.h>

enum { REACTORS = 3, THREADS = 6, BATCH = 32, ENGINES_MIN = 3 };

static hr_engine *engine;
static uint64_t end_ns;
static uint64_t posts_sent, posts_run;
static uint64_t started, succeeded, cancelled, timed_out, refused, resumed;

static void add(uint64_t *counter, uint64_t more) {
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_engine: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* A request of every sort: an echo through a socket pair, a timer, or one that waits for a resume;
 * all under the budget. */
enum sort { ECHO, TIMER, RESUMED, SORTS };

struct job {
    struct hr_request request;
    enum sort sort;
    uint64_t delay_ns;
    uint32_t calls; /* of on_done */
    struct hr_timer timer;
    struct hr_budget_waiter budget;
    size_t bytes;
    bool holds, stopped;
    int reason, fds[2];
    struct hr_operation send, receive;
    char text[64];
};

static struct hr_reactor *reactor_of(const struct job *job) {
    return job->request.private_.reactor;
}

static void end(struct job *job, int result) {
    if (job->holds) hr__budget_release(reactor_of(job), job->bytes);
    job->holds = false;
    if (job->fds[0] >= 0) close(job->fds[0]);
    if (job->fds[1] >= 0) close(job->fds[1]);
    hr__request_finish(&job->request, result);
}

static void end_at_rest(struct job *job, int result) {
    if (hr__operation_active(&job->send) || hr__operation_active(&job->receive)) return;
    end(job, job->stopped ? job->reason : result);
}

static void on_sent(struct hr_operation *operation, const struct hr_completion *completion) {
    struct job *job = (struct job *)(void *)((char *)operation - offsetof(struct job, send));
    (void)completion;
    if (job->stopped) end_at_rest(job, 0);
}

static void on_received(struct hr_operation *operation, const struct hr_completion *completion) {
    struct job *job = (struct job *)(void *)((char *)operation - offsetof(struct job, receive));
    if (completion->result > 0) {
        if (memcmp(completion->data, job->text, (size_t)completion->result) != 0)
            fail("an echo came back changed");
        hr__operation_cancel(reactor_of(job), operation);
    }
    if (!completion->more) end_at_rest(job, 0);
}

static void begin_echo(struct job *job) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, job->fds) < 0)
        fail("no socket pair");
    memset(job->text, 'a' + (int)(job->delay_ns % 26), sizeof job->text);
    job->send = (struct hr_operation){.kind = HR_OP_SEND, .fd = job->fds[0], .on_event = on_sent};
    job->send.u.buffer.data = job->text;
    job->send.u.buffer.size = sizeof job->text;
    job->receive = (struct hr_operation){
        .kind = HR_OP_RECV_LENT, .multi = true, .fd = job->fds[1], .on_event = on_received};
    hr__operation_start(reactor_of(job), &job->receive);
    hr__operation_start(reactor_of(job), &job->send);
}

static void on_timer(struct hr_timer *timer) {
    end((struct job *)(void *)((char *)timer - offsetof(struct job, timer)), 0);
}

static void begin(struct job *job) {
    job->holds = true;
    if (job->sort == ECHO) {
        begin_echo(job);
        return;
    }
    uint64_t delay = job->sort == TIMER ? job->delay_ns : UINT64_C(60000000000);
    hr__timer_start(reactor_of(job), &job->timer, hr__reactor_now(reactor_of(job)) + delay);
}

static void on_granted(struct hr_budget_waiter *waiter) {
    begin((struct job *)(void *)((char *)waiter - offsetof(struct job, budget)));
}

static void start(struct hr_request *request) {
    struct job *job = (struct job *)request;
    job->timer = (struct hr_timer){.on_fire = on_timer};
    job->budget = (struct hr_budget_waiter){.bytes = job->bytes, .on_granted = on_granted};
    job->fds[0] = job->fds[1] = -1;
    job->send.id = job->receive.id = 0;
    job->holds = job->stopped = false;
    if (hr__budget_reserve(reactor_of(job), job->bytes) == 0)
        begin(job);
    else if (hr__budget_wait(reactor_of(job), &job->budget) < 0)
        fail("the budget can never be");
}

static void stop(struct hr_request *request, int reason) {
    struct job *job = (struct job *)request;
    job->stopped = true;
    job->reason = reason;
    hr__budget_unwait(reactor_of(job), &job->budget);
    hr__timer_stop(reactor_of(job), &job->timer);
    hr__operation_cancel(reactor_of(job), &job->send);
    hr__operation_cancel(reactor_of(job), &job->receive);
    end_at_rest(job, reason);
}

static void resume(struct hr_request *request) {
    struct job *job = (struct job *)request;
    if (job->sort != RESUMED || !job->holds) return; /* not yet, or not for us: it comes again */
    add(&resumed, 1);
    hr__timer_stop(reactor_of(job), &job->timer);
    end(job, 0);
}

static const struct hr_request_class job_class = {
    .name = "job", .start = start, .stop = stop, .resume = resume};

static void on_done(struct hr_request *request) {
    __atomic_fetch_add(&((struct job *)request)->calls, 1, __ATOMIC_RELEASE);
}

/* Posts that free themselves. */

struct post {
    struct hr_task task;
    unsigned hops;
};

static void on_post(struct hr_task *task) {
    struct post *post = (struct post *)task;
    add(&posts_run, 1);
    if (post->hops-- == 0) {
        free(post);
        return;
    }
    add(&posts_sent, 1);
    unsigned next = (hr__reactor_index(hr__reactor_current()) + 1) % REACTORS;
    hr__reactor_post(hr__engine_reactor(engine, next), task);
}

static void post_one(unsigned random) {
    struct post *post = calloc(1, sizeof *post);
    if (!post) fail("no memory");
    post->task.run = on_post;
    post->hops = random % 4;
    add(&posts_sent, 1);
    hr__reactor_post(hr__engine_reactor(engine, random % REACTORS), &post->task);
}

/* One thread. */

static unsigned next_random(unsigned *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void prepare(struct job *job, unsigned random) {
    memset(job, 0, sizeof *job);
    job->sort = (enum sort)(random % SORTS);
    job->delay_ns = (random >> 4) % 3000000;
    job->bytes = 1 + (random >> 8) % 300000;
    if (job->sort == RESUMED || random & 1u << 20) job->request.on_done = on_done;
    if (random & 1u << 21) job->request.timeout_ms = 1 + (random >> 22) % 8;
}

static void meddle(struct job *jobs, unsigned count, unsigned *random) {
    for (unsigned i = 0; i < count; i++) {
        unsigned dice = next_random(random);
        if (dice % 4 == 0) hr_cancel(&jobs[i].request);
        if (dice % 3 == 0) hr_resume(&jobs[i].request);
        if (dice % 8 == 0) post_one(dice);
    }
}

static void wait_for(struct job *job) {
    if (!job->request.on_done) {
        hr_wait(&job->request);
    } else {
        while (__atomic_load_n(&job->calls, __ATOMIC_ACQUIRE) == 0) {
            /* One that came before the budget was granted has been spent. */
            if (job->sort == RESUMED) hr_resume(&job->request);
            usleep(100);
        }
        if (__atomic_load_n(&job->calls, __ATOMIC_ACQUIRE) != 1) fail("called back twice");
    }
    int result = job->request.result;
    if (result == 0)
        add(&succeeded, 1);
    else if (result == -ECANCELED)
        add(&cancelled, 1);
    else if (result == -ETIMEDOUT)
        add(&timed_out, 1);
    else
        fail("a request ended with %s", hr_error_name(result));
}

static void *worker(void *argument) {
    unsigned random = 2463534242u + (unsigned)(uintptr_t)argument * 7919u;
    struct job *jobs = calloc(BATCH, sizeof *jobs);
    if (!jobs) fail("no memory");
    while (hr_clock_monotonic_ns() < __atomic_load_n(&end_ns, __ATOMIC_RELAXED)) {
        unsigned count = 0;
        while (count < BATCH) {
            prepare(&jobs[count], next_random(&random));
            int result =
                hr__request_submit(&jobs[count].request, hr__engine_pick(engine), &job_class, NULL);
            if (result == 0)
                count++;
            else if (result == -ENOBUFS)
                add(&refused, 1);
            else
                fail("start: %s", hr_error_name(result));
            if (result == -ENOBUFS && count > 0) break;
        }
        add(&started, count);
        meddle(jobs, count, &random);
        for (unsigned i = 0; i < count; i++) wait_for(&jobs[i]);
    }
    free(jobs);
    return NULL;
}

static void check(void) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    if (metrics.submitted != metrics.succeeded + metrics.failed + metrics.cancelled ||
        metrics.in_progress != 0)
        fail("the counters do not add up: %llu submitted", (unsigned long long)metrics.submitted);
    if (metrics.budget_used_bytes != 0) fail("bytes of the budget were left");
    if (metrics.budget_peak_bytes > metrics.budget_limit_bytes) fail("the budget was exceeded");
}

static void one_engine(uint64_t lifetime_ns) {
    const struct hr_engine_options options = {.reactors = REACTORS,
                                              .buffer_count = 16,
                                              .requests_max = THREADS * BATCH / 4,
                                              .budget_bytes = 4 << 20};
    struct hr_error error = {.code = 0};
    if (hr_engine_new(&options, &error, &engine) < 0) fail("%s", error.message);
    __atomic_store_n(&end_ns, hr_clock_monotonic_ns() + lifetime_ns, __ATOMIC_RELAXED);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, worker, (void *)i) != 0) fail("no thread");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    while (__atomic_load_n(&posts_run, __ATOMIC_RELAXED) !=
           __atomic_load_n(&posts_sent, __ATOMIC_RELAXED))
        usleep(100);
    check();
    int result = hr_engine_close(engine, NULL, NULL);
    if (result < 0) fail("close: %s", hr_error_name(result));
}

/* The shortest lives: started, done, closed while the starting thread is still inside. */
static void short_lives(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const struct hr_engine_options options = {.reactors = 2};
        struct hr_error error = {.code = 0};
        if (hr_engine_new(&options, &error, &engine) < 0) fail("%s", error.message);
        struct job job = {.sort = TIMER, .bytes = 1};
        if (hr__request_submit(&job.request, hr__engine_pick(engine), &job_class, NULL) < 0)
            fail("start");
        if (i % 2) hr_cancel(&job.request);
        if (hr_engine_close(engine, NULL, NULL) < 0) fail("close");
        hr_wait(&job.request);
    }
}

int main(void) {
    const char *given = getenv("HR_STRESS_SECONDS");
    unsigned long seconds = given ? strtoul(given, NULL, 10) : 5;
    for (int i = 0; i < ENGINES_MIN; i++) one_engine(seconds * 1000000000u / ENGINES_MIN);
    short_lives(50);
    if (started != succeeded + cancelled + timed_out) fail("requests were lost");
    printf("stress_engine: %llu requests: %llu succeeded, %llu cancelled, %llu timed out, %llu "
           "refused; %llu resumed; %llu posts\n",
           (unsigned long long)started, (unsigned long long)succeeded,
           (unsigned long long)cancelled, (unsigned long long)timed_out,
           (unsigned long long)refused, (unsigned long long)resumed, (unsigned long long)posts_run);
    return 0;
}
