/* Connections ahead of need. Each reactor opens its share of them; the last that is done ends the
 * request, on the reactor where it began. */
#include <engine/request_core.h>

#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

struct hr_warm;

/* A reactor's share. */
struct hr_warm_part {
    struct hr_warm *warm;
    struct hr_pool_shard *shard;
    struct hr_origin *origin;
    struct hr_pool_ahead ahead;
    struct hr_task start, stop;
    unsigned wanted, opened;
    bool stopped;
    int result; /* why the first that failed did */
    char reason[160];
};

struct hr_warm {
    struct hr_http_warm_up *warm_up;
    hr_http_client *client;
    struct hr_reactor *home;
    char *url;                /* the request's, resolved where the client has a base_url */
    struct hr_origin_key key; /* in it, or in the request's */
    struct hr_task finish;
    int stop_reason;
    unsigned left; /* atomic: parts that are not done, stops that have not arrived */
    struct hr_warm_part parts[];
};

static struct hr_http_warm_up *of(struct hr_request *request) {
    return (struct hr_http_warm_up *)request;
}

/* ---- The end. */

static int fail(const struct hr_warm *warm, const struct hr_warm_part *part) {
    char peer[HR_ORIGIN_TEXT_MAX];
    return hr_error_set(&warm->warm_up->request.error, part->result, "connecting to %s: %s",
                        hr__origin_text(&warm->key, peer, sizeof peer),
                        part->reason[0] ? part->reason : hr_error_text(part->result));
}

static void run_finish(struct hr_task *task) {
    struct hr_warm *warm = hr__container_of(task, struct hr_warm, finish);
    struct hr_http_warm_up *warm_up = warm->warm_up;
    int result = 0;
    for (unsigned i = 0; i < warm->client->pool.reactors; i++) {
        warm_up->opened += warm->parts[i].opened;
        if (result == 0 && warm->parts[i].result < 0) result = fail(warm, &warm->parts[i]);
    }
    if (warm->stop_reason)
        result = hr_error_set(&warm_up->request.error, warm->stop_reason, "%s",
                              hr_error_text(warm->stop_reason));
    warm_up->call_ = NULL;
    free(warm->url);
    free(warm);
    hr__request_finish(&warm_up->request, result);
}

static void one_less(struct hr_warm *warm) {
    if (__atomic_sub_fetch(&warm->left, 1, __ATOMIC_ACQ_REL) == 0)
        hr__reactor_post(warm->home, &warm->finish);
}

/* ---- A share of it. */

static void end_part(struct hr_warm_part *part) {
    if (part->ahead.dialling) return;
    if (part->origin) hr__origin_release(part->origin);
    part->origin = NULL;
    one_less(part->warm);
}

static void note(struct hr_warm_part *part, int result, const char *reason) {
    if (part->result < 0) return;
    part->result = result;
    snprintf(part->reason, sizeof part->reason, "%s", reason);
}

static void run_start(struct hr_task *task) {
    struct hr_warm_part *part = hr__container_of(task, struct hr_warm_part, start);
    int err = hr__origin_acquire(part->shard, &part->warm->key, &part->origin);
    if (!err && part->origin->proxy_refusal) {
        note(part, -EINVAL, part->origin->proxy_refusal);
        end_part(part);
        return;
    }
    if (!err) err = hr__origin_share(part->origin);
    if (!err && part->wanted > 0 && !hr__origin_trusted(part->origin)) err = HR_ERR_BREAKER_OPEN;
    bool room = true;
    for (unsigned i = 0; !err && room && i < part->wanted && !part->stopped; i++) {
        int opening = hr__pool_open_ahead(part->origin, &part->ahead);
        room = opening != 0;
        if (opening < 0) err = opening;
    }
    if (err) note(part, err, "");
    end_part(part);
}

static void on_opened(struct hr_pool_ahead *ahead, int result, const char *reason) {
    struct hr_warm_part *part = hr__container_of(ahead, struct hr_warm_part, ahead);
    if (result < 0)
        note(part, result, reason);
    else
        part->opened++;
    end_part(part);
}

/* ---- The request. */

static void run_stop(struct hr_task *task) {
    struct hr_warm_part *part = hr__container_of(task, struct hr_warm_part, stop);
    part->stopped = true;
    hr__pool_cancel_ahead(&part->ahead);
    one_less(part->warm);
}

static void class_stop(struct hr_request *request, int reason) {
    struct hr_warm *warm = of(request)->call_;
    if (!warm) return;
    unsigned stops = warm->client->pool.reactors;
    unsigned left = __atomic_load_n(&warm->left, __ATOMIC_RELAXED);
    do {
        if (left == 0) return; /* its end is on its way to here */
    } while (!__atomic_compare_exchange_n(&warm->left, &left, left + stops, true, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    warm->stop_reason = reason;
    for (unsigned i = 0; i < stops; i++)
        hr__reactor_post(warm->parts[i].shard->reactor, &warm->parts[i].stop);
}

/* The shares are those of the origin's limit, so that each of them can be had. */
static void share_out(struct hr_warm *warm) {
    const struct hr_pool *pool = &warm->client->pool;
    uint32_t hash = hr__origin_hash(warm->key.name, warm->key.port);
    struct hr_pool_shape shape = hr__pool_shape(pool);
    warm->left = pool->reactors;
    for (unsigned i = 0; i < pool->reactors; i++) {
        struct hr_warm_part *part = &warm->parts[i];
        part->warm = warm;
        part->shard = pool->shards[i];
        part->ahead.on_opened = on_opened;
        part->start.run = run_start;
        part->stop.run = run_stop;
        part->wanted = hr__pool_share_of(&shape, hash, warm->warm_up->count, i);
    }
}

static int find_key(struct hr_warm *warm) {
    struct hr_slice text = hr_slice_of(warm->warm_up->url);
    const char *base = warm->client->fields->base_url;
    struct hr_error *error = &warm->warm_up->request.error;
    struct hr_url url;
    if (base) {
        size_t size = 0, capacity = strlen(base) + text.size + 2;
        warm->url = malloc(capacity);
        if (!warm->url) return -ENOMEM;
        int err = hr_url_resolve(&(struct hr_url_reference){hr_slice_of(base), text}, error,
                                 warm->url, capacity, &size);
        if (err) return err;
        text = hr_slice_bytes(warm->url, size);
    }
    int err = hr_url_parse(text, error, &url);
    if (!err && url.port == 0)
        err = hr_error_set(error, HR_ERR_URL_MALFORMED,
                           "the URL's port is 0, at which no server can listen");
    if (!err)
        warm->key = (struct hr_origin_key){.name = url.host, .port = url.port, .tls = url.tls};
    return err;
}

static void class_start(struct hr_request *request) {
    struct hr_http_warm_up *warm_up = of(request);
    hr_http_client *client = request->private_.owner;
    warm_up->opened = 0;
    warm_up->call_ = NULL;
    struct hr_warm *warm =
        calloc(1, sizeof *warm + (size_t)client->pool.reactors * sizeof warm->parts[0]);
    if (!warm) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    warm->warm_up = warm_up;
    warm->client = client;
    warm->home = request->private_.reactor;
    warm->finish.run = run_finish;
    int err = find_key(warm);
    if (err) {
        free(warm->url);
        free(warm);
        hr__request_finish(request, err);
        return;
    }
    share_out(warm);
    warm_up->call_ = warm;
    for (unsigned i = 0; i < client->pool.reactors; i++)
        hr__reactor_post(warm->parts[i].shard->reactor, &warm->parts[i].start);
}

static void class_resume(struct hr_request *request) {
    (void)request;
}

static const struct hr_request_class warm_class = {
    .name = "http_warm_up",
    .start = class_start,
    .stop = class_stop,
    .resume = class_resume,
    .ended = hr__client_ended,
    .timeout_ns = hr__client_timeout_ns,
};

int hr_http_warm_up_start(hr_http_client *client, struct hr_http_warm_up *warm_up) {
    if (!warm_up) return -EINVAL;
    int err = hr__client_start(client, &warm_up->request, warm_up->url);
    if (err) return err;
    err =
        hr__request_submit(&warm_up->request, hr__engine_pick(client->engine), &warm_class, client);
    if (err) hr__client_release(client);
    return err;
}
