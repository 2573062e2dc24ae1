/* The seeds' sustained load: 5,000 uploads, resident memory looked at every 1,000. */
#include <stdio.h>

#include "resources.h"
#include "service_batch.h"
#include "service_bench.h"
#include "service_tools.h"

enum { UPLOADS = 5000, AT_ONCE = 20, UPLOADS_A_LOOK = 1000, BODY_BYTES = 4096, NAMES = 500 };

static const char *const look_names[] = {"rss_1000_bytes", "rss_2000_bytes", "rss_3000_bytes",
                                         "rss_4000_bytes", "rss_5000_bytes"};

static unsigned upload_all(struct perf_service_batch *batch, struct perf_service_figures *figures,
                           double *most, struct hr_error *error) {
    unsigned failed = 0, looks = 0;
    for (unsigned done = AT_ONCE; done <= UPLOADS; done += AT_ONCE) {
        failed += perf_service_batch_put(batch, error);
        batch->first = (batch->first + AT_ONCE) % NAMES;
        if (done % UPLOADS_A_LOOK != 0) continue;
        double bytes = (double)perf_memory_bytes("Rss");
        perf_service_put(figures, "sustained", look_names[looks++], bytes);
        if (bytes > *most) *most = bytes;
    }
    perf_service_put(figures, "sustained", "looks", looks);
    return failed;
}

int perf_service_sustained(const struct perf_service_place *place,
                           struct perf_service_figures *figures, struct hr_error *error) {
    struct perf_service_store store;
    struct hr_error failure = {0};
    double most = 0;
    int err = perf_service_store_open(place, &store, error);
    if (err) return err;
    struct perf_service_batch batch = {.client = store.client,
                                       .bucket = place->bucket,
                                       .name = "sustained",
                                       .count = AT_ONCE,
                                       .size_bytes = BODY_BYTES};
    unsigned failed = upload_all(&batch, figures, &most, &failure);
    perf_service_store_close(&store);
    perf_service_put(figures, "sustained", "rss_most_bytes", most);
    perf_service_put(figures, "sustained", "uploads", UPLOADS - failed);
    perf_service_put(figures, "sustained", "failed", failed);
    return 0;
}
