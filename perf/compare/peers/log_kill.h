/* Shared by the programs that perf/compare/log_kills.py kills: eight threads that log, and a page
 * that counts the calls that have returned. PROGRAM FILE PAGE [DIRECTORY] */
#ifndef PERF_LOG_KILL_H
#define PERF_LOG_KILL_H

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOG_KILL_THREADS = 8, LOG_KILL_RECORDS = 20000 };

struct log_kill_page {
    uint64_t returned[LOG_KILL_THREADS];
    uint64_t ready, finished;
};

struct log_kill_writer {
    pthread_t thread;
    struct log_kill_page *page;
    int index;
    void (*put)(int thread, uint64_t n);
};

static void *log_kill_write(void *user) {
    struct log_kill_writer *writer = (struct log_kill_writer *)user;
    struct log_kill_page *page = writer->page;
    __atomic_add_fetch(&page->ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&page->ready, __ATOMIC_SEQ_CST) < LOG_KILL_THREADS) sched_yield();
    for (uint64_t n = 0; n < LOG_KILL_RECORDS; n++) {
        writer->put(writer->index, n);
        __atomic_store_n(&page->returned[writer->index], n + 1, __ATOMIC_RELEASE);
    }
    __atomic_add_fetch(&page->finished, 1, __ATOMIC_SEQ_CST);
    pause();
    return NULL;
}

/* Never returns but for an error: it is killed. */
static int log_kill_run(const char *path, void (*put)(int thread, uint64_t n)) {
    static struct log_kill_writer writers[LOG_KILL_THREADS];
    int fd = open(path, O_RDWR);
    void *page = fd < 0 ? MAP_FAILED
                        : mmap(NULL, sizeof(struct log_kill_page), PROT_READ | PROT_WRITE,
                               MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        perror(path);
        return 1;
    }
    for (int i = 0; i < LOG_KILL_THREADS; i++) {
        writers[i].page = (struct log_kill_page *)page;
        writers[i].index = i;
        writers[i].put = put;
        if (pthread_create(&writers[i].thread, NULL, log_kill_write, &writers[i]) != 0) return 1;
    }
    for (;;) pause();
}

#endif
