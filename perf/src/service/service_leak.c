/* Growth over calls of the logger, over requests, and over threads that do both: as the seeds look
 * at it, with the slope beside it. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "service_bench.h"
#include "service_growth.h"
#include "service_tools.h"

enum { CALLS = 10000, CALLS_A_LOOK = 1000, CALLS_BEFORE = 100000 }; /* these touch a whole ring */
enum { UPLOADS = 5000, UPLOADS_A_LOOK = 500 };
enum { WORKERS = 10, OF_A_WORKER = 100 };

static void put_growth(struct perf_service_figures *figures, const char *part,
                       const struct perf_growth *growth) {
    struct perf_slope slope = perf_growth_slope(growth);
    perf_service_put(figures, part, "growth_bytes", perf_growth_most(growth));
    perf_service_put(figures, part, "slope_bytes", slope.value);
    perf_service_put(figures, part, "slope_low_bytes", slope.low);
    perf_service_put(figures, part, "slope_high_bytes", slope.high);
}

static double more(unsigned now, unsigned before) {
    return now > before ? now - before : 0;
}

static void put_holdings(struct perf_service_figures *figures, const char *part,
                         const struct perf_holdings *before) {
    const struct perf_holdings now = perf_holdings_now();
    perf_service_put(figures, part, "more_descriptors", more(now.descriptors, before->descriptors));
    perf_service_put(figures, part, "more_threads", more(now.threads, before->threads));
    perf_service_put(figures, part, "more_mappings", more(now.mappings, before->mappings));
}

/* A whole ring is touched, and all that is made once is there, before the first look. */
static int watch_log(const struct perf_service_place *place, struct perf_service_figures *figures,
                     struct hr_error *error) {
    struct perf_growth growth = {.count = 0};
    uint64_t dropped = 0;
    hr_log *log;
    int err = perf_service_log_open(place, "INFO", &log, error);
    if (err) return err;
    for (int i = -CALLS_BEFORE; i <= CALLS; i++) {
        if (i % CALLS_A_LOOK == 0) (void)hr_log_flush(log, -1);
        if (i >= 0 && i % CALLS_A_LOOK == 0) perf_growth_look(&growth, i);
        HR_INFO(log, "Stability test message", "i", i);
    }
    err = perf_service_log_close(log, &dropped, error);
    put_growth(figures, "leak_log", &growth);
    perf_service_put(figures, "leak_log", "dropped", (double)dropped);
    return err;
}

static int watch_uploads(const struct perf_service_place *place, hr_s3_client *client,
                         struct perf_growth *growth, struct hr_error *error) {
    struct perf_service_object object = {.bucket = place->bucket, .name = "leak"};
    int err = 0;
    for (int i = -UPLOADS_A_LOOK; !err && i < UPLOADS; i++) {
        if (i >= 0 && i % UPLOADS_A_LOOK == 0) perf_growth_look(growth, i);
        object.index = (unsigned)(i + UPLOADS_A_LOOK) % UPLOADS_A_LOOK;
        err = perf_service_upload(client, &object, error);
    }
    if (!err) perf_growth_look(growth, UPLOADS);
    return err;
}

static int watch_store(const struct perf_service_place *place, struct perf_service_figures *figures,
                       struct hr_error *error) {
    struct perf_growth growth = {.count = 0};
    struct perf_service_store store;
    int err = perf_service_store_open(place, &store, error);
    if (err) return err;
    err = watch_uploads(place, store.client, &growth, error);
    perf_service_store_close(&store);
    put_growth(figures, "leak_s3", &growth);
    return err;
}

struct worker {
    pthread_t thread;
    hr_log *log;
    hr_s3_client *client;
    const char *bucket;
    char name[24];
    unsigned failed;
};

static void *work(void *user) {
    struct worker *worker = user;
    struct perf_service_object object = {.bucket = worker->bucket, .name = worker->name};
    for (; object.index < OF_A_WORKER; object.index++) {
        struct hr_error error = {0};
        HR_INFO(worker->log, "Worker iteration", "i", object.index);
        worker->failed += perf_service_upload(worker->client, &object, &error) != 0;
    }
    return NULL;
}

/* How many of their uploads failed. */
static unsigned run_workers(const struct perf_service_place *place, hr_log *log,
                            hr_s3_client *client) {
    struct worker workers[WORKERS];
    unsigned started = 0, failed = 0;
    for (; started < WORKERS; started++) {
        workers[started] = (struct worker){.log = log, .client = client, .bucket = place->bucket};
        snprintf(workers[started].name, sizeof workers[started].name, "worker-%u", started);
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        failed += workers[i].failed;
    }
    return failed + (WORKERS - started) * OF_A_WORKER;
}

static int watch_workers(const struct perf_service_place *place,
                         struct perf_service_figures *figures, struct hr_error *error) {
    struct perf_growth growth = {.count = 0};
    struct perf_service_store store = {.engine = NULL};
    uint64_t dropped = 0;
    unsigned failed = 0;
    hr_log *log;
    perf_growth_look(&growth, 0);
    int err = perf_service_log_open(place, "INFO", &log, error);
    if (err) return err;
    err = perf_service_store_open(place, &store, error);
    if (!err) {
        failed = run_workers(place, log, store.client);
        perf_growth_look(&growth, WORKERS * OF_A_WORKER);
        perf_service_store_close(&store);
    }
    int closed = perf_service_log_close(log, &dropped, err ? &(struct hr_error){0} : error);
    perf_service_put(figures, "leak_workers", "growth_bytes", perf_growth_most(&growth));
    perf_service_put(figures, "leak_workers", "failed", failed);
    return err ? err : closed;
}

/* The workers first: memory that others have left would hide what these take. */
int perf_service_leak(const struct perf_service_place *place, struct perf_service_figures *figures,
                      struct hr_error *error) {
    int err = watch_workers(place, figures, error);
    const struct perf_holdings before = perf_holdings_now();
    if (!err) err = watch_log(place, figures, error);
    if (!err) err = watch_store(place, figures, error);
    put_holdings(figures, "leak_held", &before);
    return err;
}
