/* Push-back and resume of a server's exchange: a resume is sticky, wherever it comes from. The
 * server and its client run on one engine that the test polls. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "needs_kernel.h"

/* When the handler calls hr_http_exchange_resume; each time for a push-back that comes later, or
 * just now. */
enum moment {
    AT_REQUEST,  /* before anything is asked for */
    IN_CONSUMER, /* before it takes less than it is offered */
    IN_ON_BODY,  /* before and after the response, whose producer has nothing at first */
    IN_PRODUCER, /* before -EAGAIN */
    AFTER_RESPONSE,
    MOMENTS
};

struct scene {
    hr_engine *engine;
    hr_http_server *server;
    hr_http_client *client;
    hr_http_exchange *exchange;
    enum moment moment;
    bool consumer_pauses, producer_pauses; /* once each */
    unsigned paused, bodies, ends;
    size_t body_size;
    unsigned produced; /* calls of the producer */
};

static void resume(struct scene *scene) {
    hr_http_exchange_resume(scene->exchange);
}

static ssize_t consume(void *user, const void *data, size_t size) {
    struct scene *scene = user;
    (void)data;
    if (scene->consumer_pauses) {
        scene->consumer_pauses = false;
        scene->paused++;
        if (scene->moment == IN_CONSUMER) resume(scene);
        return 0;
    }
    scene->body_size += size;
    return (ssize_t)size;
}

/* "ma", nothing, "de". Of the two calls that get nothing the first is made with the head and the
 * first bytes in hand; behind the second nothing more happens by itself. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct scene *scene = user;
    cr_assert_geq(capacity, 4);
    unsigned call = ++scene->produced;
    if (!scene->producer_pauses && call > 1) call += 2;
    if (call == 2) return -EAGAIN;
    if (call == 3) {
        scene->paused++;
        if (scene->moment == IN_PRODUCER) resume(scene);
        return -EAGAIN;
    }
    if (call > 4) return 0;
    memcpy(buffer, call == 1 ? "ma" : "de", 2);
    return 2;
}

static void on_end(void *user, int result) {
    struct scene *scene = user;
    cr_assert_eq(result, 0);
    scene->ends++;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    struct scene *scene = user;
    cr_assert_eq(result, 0);
    scene->bodies++;
    if (scene->moment == IN_ON_BODY && scene->bodies % 2) resume(scene);
    struct hr_http_response response = {
        .status = 200,
        .body = hr_source_producer(produce, NULL, scene, HR_SIZE_UNKNOWN),
        .on_end = on_end,
        .user = scene};
    cr_assert_eq(hr_http_exchange_read(exchange, consume, on_body, scene), -EALREADY);
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
    cr_assert_eq(hr_http_exchange_read(exchange, consume, on_body, scene), -EALREADY);
    if (scene->moment == AFTER_RESPONSE || scene->moment == IN_ON_BODY) resume(scene);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct scene *scene = user;
    scene->exchange = exchange;
    if (scene->moment == AT_REQUEST) resume(scene);
    cr_assert_eq(hr_http_exchange_read(exchange, consume, on_body, scene), 0);
    cr_assert_eq(hr_http_exchange_read(exchange, consume, NULL, NULL), -EALREADY);
}

static void scene_open(struct scene *scene) {
    struct hr_engine_options engine = {.mode = HR_ENGINE_CALLER};
    struct hr_http_server_options server = {.on_request = on_request, .user = scene};
    memset(scene, 0, sizeof *scene);
    cr_assert_eq(hr_engine_new(&engine, NULL, &scene->engine), 0);
    cr_assert_eq(hr_http_server_new(scene->engine, &server, NULL, &scene->server), 0);
    cr_assert_eq(hr_http_client_new(scene->engine, NULL, NULL, &scene->client), 0);
}

static void count(void *user) {
    ++*(unsigned *)user;
}

static void scene_close(struct scene *scene) {
    unsigned closed = 0;
    hr_http_client_close(scene->client, count, &closed);
    hr_http_server_close(scene->server, count, &closed);
    while (closed < 2) hr_engine_poll(scene->engine, 100);
    cr_assert_eq(hr_engine_close(scene->engine, NULL, NULL), 0);
}

/* The request's own producer, which lets the body come late where it pauses. */
static void ask(struct scene *scene, struct hr_source body, const char *what) {
    char url[64], answer[8] = "";
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(scene->server));
    struct hr_http_request request = {
        .url = url, .method = "PUT", .body = body, .sink = hr_sink_bytes(answer, sizeof answer)};
    request.request.timeout_ms = 10000;
    scene->produced = 0;
    scene->paused = 0;
    scene->body_size = 0;
    cr_assert_eq(hr_http_request_start(scene->client, &request), 0);
    cr_assert_eq(hr_wait(&request.request), 0, "%s: %s", what, request.request.error.message);
    cr_assert_str_eq(answer, "made", "%s", what);
    cr_assert_eq(scene->body_size, body.size);
}

Test(http_exchange, a_resume_is_sticky) {
    NEEDS_KERNEL("a server and its client");
    static char large[300000];
    struct scene scene;
    scene_open(&scene);
    const struct hr_source bodies[] = {hr_source_none(), hr_source_bytes("few", 3),
                                       hr_source_bytes(large, sizeof large)};
    for (unsigned moment = 0; moment < MOMENTS; moment++) {
        for (unsigned i = 0; i < 6; i++) {
            char what[60];
            snprintf(what, sizeof what, "moment %u, body %u", moment, i % 3);
            scene.moment = (enum moment)moment;
            scene.bodies = i; /* odd: resumed before the response too */
            scene.consumer_pauses = i % 3 > 0 && (moment == AT_REQUEST || moment == IN_CONSUMER);
            scene.producer_pauses = moment != IN_CONSUMER;
            ask(&scene, bodies[i % 3], what);
            cr_assert_gt(scene.paused + (i % 3 == 0), 0, "%s", what);
        }
    }
    cr_assert_eq(scene.ends, MOMENTS * 6);
    scene_close(&scene);
}
