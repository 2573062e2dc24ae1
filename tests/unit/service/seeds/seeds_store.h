/* An embedded store, a client of it and its uploads, and a log, for the seeds' tests. */
#ifndef SEEDS_STORE_H
#define SEEDS_STORE_H

#include <headrace/engine.h>
#include <headrace/log_service.h>
#include <headrace/s3.h>
#include <headrace_server/s3_server.h>

#define SEEDS_BUCKET     "seeds"
#define SEEDS_ACCESS_KEY "AKIDSEEDS"
#define SEEDS_SECRET_KEY "seeds-secret-key"
#define SEEDS_MIB        (1024.0 * 1024.0)

struct seeds_store {
    hr_engine *server_engine, *engine;
    s3_server *server;
    hr_s3_client *client;
    char endpoint[64];
};

/* With the bucket, which `faults` (of s3_server_options; NULL: none) do not hinder. `http` are
 * options of the client; NULL: none. */
struct seeds_store seeds_store_open(const char *faults, const struct hr_http_client_options *http);
void seeds_store_close(struct seeds_store *store);

/* "NAME-INDEX.txt" with some bytes; waits. The result. Any thread. */
int seeds_upload(const struct seeds_store *store, const char *name, unsigned index);

/* `threads` of them upload `each` one after the other. How many succeeded; *slowest_s is the time
 * of the slowest thread; NULL allowed. */
struct seeds_crowd {
    unsigned threads, each;
};
unsigned seeds_upload_all(const struct seeds_store *store, struct seeds_crowd crowd,
                          double *slowest_s);

/* Into a file of its own, started. */
struct seeds_log {
    char path[40];
    hr_log *log;
};
struct seeds_log seeds_log_open(const char *name, const char *level);
/* Writes all of it; then the file goes. */
void seeds_log_close(struct seeds_log *log);

double seeds_now_s(void);
/* Of blocks that are not freed, whatever the allocator keeps: what tracemalloc tells. */
double seeds_heap_bytes(void);

#endif
