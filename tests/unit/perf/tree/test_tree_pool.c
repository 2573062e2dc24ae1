/* The pool with requests that another thread ends, as reactors do. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "tree_pool.h"

#define WORKS 2000

struct work {
    struct tree_work work; /* first */
    struct hr_request request;
    unsigned finished;
};

static struct work works[WORKS];

static void finish(struct tree_work *work) {
    ((struct work *)(void *)work)->finished++;
}

static void *end_all(void *argument) {
    (void)argument;
    for (size_t i = 0; i < WORKS; i++) works[i].request.on_done(&works[i].request);
    return NULL;
}

static void start(struct tree_pool *pool, struct work *work, unsigned weight, int result) {
    work->work.weight = weight;
    work->work.finish = finish;
    tree_pool_prepare(pool, &work->work, &work->request);
    tree_pool_started(&work->work, result);
}

Test(tree_pool, finishes_each_once, .timeout = 60) {
    struct tree_pool pool;
    pthread_t thread;
    bool signalled;
    unsigned finished = 0;
    cr_assert_eq(tree_pool_open(&pool, WORKS, 5), 0);
    for (size_t i = 0; i < WORKS; i++) start(&pool, &works[i], 1, 0);
    cr_assert_eq(works[0].request.timeout_ms, 5);
    cr_assert_not(tree_pool_has_room(&pool, 1));
    cr_assert_eq(pthread_create(&thread, NULL, end_all, NULL), 0);
    while (pool.count) finished += tree_pool_wait(&pool, -1, -1, &signalled);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(finished, WORKS);
    for (size_t i = 0; i < WORKS; i++) cr_assert_eq(works[i].finished, 1);
    cr_assert_eq(pool.used, 0);
    tree_pool_close(&pool);
}

Test(tree_pool, ends_what_was_refused_like_the_rest) {
    struct tree_pool pool;
    bool signalled;
    cr_assert_eq(tree_pool_open(&pool, 1, 0), 0);
    start(&pool, &works[0], 1, -ENOBUFS);
    cr_assert_eq(works[0].finished, 0, "never from inside the start");
    cr_assert_eq(tree_pool_wait(&pool, -1, -1, &signalled), 1);
    cr_assert_eq(works[0].request.result, -ENOBUFS);
    cr_assert_eq(works[0].request.error.code, -ENOBUFS);
    tree_pool_close(&pool);
}

Test(tree_pool, has_room_for_what_is_heavier_than_its_limit_alone) {
    struct tree_pool pool;
    bool signalled;
    cr_assert_eq(tree_pool_open(&pool, 4, 0), 0);
    cr_assert(tree_pool_has_room(&pool, 8));
    start(&pool, &works[0], 3, -EIO);
    cr_assert(tree_pool_has_room(&pool, 1));
    cr_assert_not(tree_pool_has_room(&pool, 2));
    cr_assert(tree_pool_has_room(&pool, 0));
    cr_assert_eq(tree_pool_wait(&pool, -1, -1, &signalled), 1);
    tree_pool_close(&pool);
}

Test(tree_pool, tells_of_a_signal) {
    struct tree_pool pool;
    bool signalled;
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(tree_pool_open(&pool, 1, 0), 0);
    cr_assert_eq(tree_pool_wait(&pool, 0, ends[0], &signalled), 0);
    cr_assert_not(signalled);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    cr_assert_eq(tree_pool_wait(&pool, -1, ends[0], &signalled), 0);
    cr_assert(signalled);
    tree_pool_close(&pool);
    close(ends[0]);
    close(ends[1]);
}
