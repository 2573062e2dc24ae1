/* A load over TLS with a store of its own, and the two clients that must not get in: one that does
 * not trust the certificate, one that expects another name. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "child.h"
#include "service_batch.h"
#include "service_bench.h"
#include "service_certificate.h"
#include "service_tools.h"

enum { AT_ONCE = 20, ROUNDS = 5, BODY_BYTES = 16 << 10, STORE_BYTES = 64 << 20 };
#define BUCKET     "tls"
#define OTHER_NAME "elsewhere.test"

struct paths {
    char certificate[PATH_MAX], key[PATH_MAX];
};

static int start(const struct perf_service_place *place, struct paths *paths,
                 struct perf_child *child, struct hr_error *error) {
    int exit_code;
    snprintf(paths->certificate, sizeof paths->certificate, "%s/tls.pem", place->folder);
    snprintf(paths->key, sizeof paths->key, "%s/tls.key", place->folder);
    const struct perf_service_certificate files = {paths->certificate, paths->key};
    const struct perf_child_plan plan = {.store_bytes = STORE_BYTES,
                                         .cores_left = 1,
                                         .certificate_file = paths->certificate,
                                         .key_file = paths->key};
    int err = perf_service_certificate_make(&files, error);
    if (err) return err;
    err = perf_child_start(child, &plan, &exit_code);
    if (!err) return 0;
    return hr_error_set(error, err, "the store with TLS did not start: %s", hr_error_text(err));
}

/* Options of a client that trusts `certificate` (NULL: the system alone). */
static struct hr_s3_client_options options_of(const struct perf_child *child,
                                              const char *certificate) {
    return (struct hr_s3_client_options){.endpoint = child->endpoint,
                                         .access_key = child->access_key,
                                         .secret_key = child->secret_key,
                                         .addressing = HR_S3_ADDRESSING_PATH,
                                         .http.pool.connections_max = AT_ONCE,
                                         .http.tls.ca_file = certificate};
}

static int load(const struct perf_service_place *place, struct perf_service_figures *figures,
                struct hr_error *error) {
    struct perf_service_store store;
    struct hr_http_client_metrics metrics;
    struct hr_error failure = {0};
    unsigned failed = 0;
    int err = perf_service_bucket(place, error);
    if (!err) err = perf_service_store_open(place, &store, error);
    if (err) return err;
    struct perf_service_batch batch = {.client = store.client,
                                       .bucket = place->bucket,
                                       .name = "tls",
                                       .count = AT_ONCE,
                                       .size_bytes = BODY_BYTES};
    for (unsigned round = 0; round < ROUNDS; round++) {
        failed += perf_service_batch_put(&batch, &failure);
        failed += perf_service_batch_get(&batch, &failure);
        batch.first += AT_ONCE;
    }
    hr_s3_client_metrics_get(store.client, &metrics);
    perf_service_store_close(&store);
    perf_service_put(figures, "tls", "operations", 2 * ROUNDS * AT_ONCE - failed);
    perf_service_put(figures, "tls", "failed", failed);
    perf_service_put(figures, "tls", "handshakes",
                     (double)(metrics.handshakes_full + metrics.handshakes_resumed));
    return 0;
}

/* Whether an upload by this client ends because of the certificate. */
static bool is_refused(const struct perf_service_place *place) {
    struct perf_service_store store;
    struct hr_error failure = {0};
    const struct perf_service_object object = {.bucket = place->bucket, .name = "refused"};
    if (perf_service_store_open(place, &store, &failure)) return false;
    int err = perf_service_upload(store.client, &object, &failure);
    perf_service_store_close(&store);
    return err == HR_ERR_TLS_CERTIFICATE;
}

static int measure(const struct perf_service_place *place, const struct perf_child *child,
                   const char *certificate, struct perf_service_figures *figures,
                   struct hr_error *error) {
    struct hr_s3_client_options options = options_of(child, certificate);
    const struct perf_service_place here = {
        .folder = place->folder, .bucket = BUCKET, .store = &options, .engine = place->engine};
    int err = load(&here, figures, error);
    if (err) return err;
    options.http.tls.server_name = OTHER_NAME;
    perf_service_put(figures, "tls", "other_name_refused", is_refused(&here));
    options = options_of(child, NULL);
    perf_service_put(figures, "tls", "untrusted_refused", is_refused(&here));
    return 0;
}

int perf_service_tls(const struct perf_service_place *place, struct perf_service_figures *figures,
                     struct hr_error *error) {
    struct perf_child child = {.pid = 0};
    struct paths paths;
    int err = start(place, &paths, &child, error);
    if (err) return err;
    err = measure(place, &child, paths.certificate, figures, error);
    int ended = perf_child_stop(&child);
    if (!err && ended)
        err = hr_error_set(error, -EIO, "the store with TLS had ended, with exit code %d", ended);
    return err;
}
