/* Copies at a store that begins with white space, has an error in an answer of status 200, loses
 * answers and dies in the midst. Whoever is told of a success has a copy of the source; a
 * condition that is not met has no effect. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_store.h"

#define COPIES     24 /* a seed */
#define SOURCES    4
#define SIZE_MAX_  3000
#define FAILED_MAX 500 /* of so many copies one may fail */

enum condition { NONE, SOURCE_MATCHES, SOURCE_DIFFERS, NOTHING_THERE, MATCHES_THERE };

struct copying {
    struct scenario_store *store;
    struct world_event start;
    struct hr_s3_copy copy;
    enum condition condition;
    unsigned key, source;
    bool there, done, good, met; /* `there`: an object had this key before */
    char name[16], source_name[16], etag[STORE_ETAG_SIZE];
};

static struct store_bytes *target(const struct copying *copying) {
    return &copying->store->objects[copying->key];
}

static const struct store_bytes *source(const struct copying *copying) {
    return &copying->store->objects[copying->source];
}

static bool is_met(const struct copying *copying) {
    switch (copying->condition) {
    case SOURCE_DIFFERS:
        return false;
    case NOTHING_THERE:
        return !copying->there;
    default:
        return true;
    }
}

static void judge_effect(const struct copying *copying) {
    const struct hr_s3_copy *copy = &copying->copy;
    unsigned before = copying->there, effects = target(copying)->writes - before;
    if (!copying->met && effects)
        oracle_finding("copy %u: its condition is not met, and it was made", copying->key);
    if (copy->request.result == 0 && !effects)
        oracle_finding("copy %u: succeeds, and was not made", copying->key);
    if (effects > copy->request.attempts)
        oracle_finding("copy %u: %u effects of %u attempts", copying->key, effects,
                       copy->request.attempts);
    bool once = copying->condition == NOTHING_THERE || copying->condition == MATCHES_THERE;
    bool alike = copying->there && strcmp(copying->etag, source(copying)->etag) == 0;
    if (once && !alike && effects > 1)
        oracle_finding("copy %u: made %u times under a condition", copying->key, effects);
    if (copy->request.result == 0 && strcmp(copy->etag, source(copying)->etag) != 0)
        oracle_finding("copy %u: the ETag %s", copying->key, copy->etag);
}

static void on_done(struct hr_request *request) {
    struct copying *copying = request->user;
    bool calm = copying->store->faults == 0;
    bool refused = request->result == HR_ERR_S3_PRECONDITION;
    struct oracle_blame blame = {.faults = true, .expected = refused ? request->result : 0};
    sim_trace("copy %u: %s after %u attempts, condition %d", copying->key,
              request->result ? hr_error_name(request->result) : "success", request->attempts,
              (int)copying->condition);
    if (copying->done) oracle_finding("copy %u ends twice", copying->key);
    oracle_check_result(request, &blame, "a copy");
    copying->done = true;
    copying->good = copying->met ? request->result == 0 : refused;
    /* A second attempt meets what the first one has made. */
    if (refused && copying->met && (calm || request->attempts == 1))
        oracle_finding("copy %u: refused, and its condition is met", copying->key);
    if (calm && !copying->good)
        oracle_finding("copy %u: %s where all is calm", copying->key, request->error.message);
    judge_effect(copying);
    if (refused && copying->met) copying->good = true;
    copying->store->scenario->pending--;
}

static void on_start(struct world_event *event) {
    struct copying *copying = hr__container_of(event, struct copying, start);
    struct hr_s3_copy *copy = &copying->copy;
    *copy = (struct hr_s3_copy){.request = {.on_done = on_done, .user = copying},
                                .bucket = STORE_BUCKET,
                                .key = copying->name,
                                .source = {.bucket = STORE_BUCKET, .key = copying->source_name}};
    if (copying->condition == SOURCE_MATCHES)
        copy->source.conditions.if_match = source(copying)->etag;
    if (copying->condition == SOURCE_DIFFERS) copy->source.conditions.if_match = "another";
    if (copying->condition == NOTHING_THERE) copy->conditions.if_none_match = "*";
    if (copying->condition == MATCHES_THERE) copy->conditions.if_match = copying->etag;
    int result = hr_s3_copy_start(copying->store->scenario->world->clients[0].s3, copy);
    if (result < 0) oracle_finding("a copy is refused: %s", copy->request.error.message);
}

static void plan(struct copying *copying, unsigned key) {
    struct world *world = copying->store->scenario->world;
    copying->key = key;
    copying->source = STORE_KEYS_MAX - (unsigned)world_below(world, SOURCES);
    copying->there = world_chance(world, 32768);
    copying->condition = (enum condition)world_below(world, MATCHES_THERE + 1);
    if (copying->condition == MATCHES_THERE) copying->there = true;
    if (copying->there) scenario_store_put(target(copying), "older", 5);
    memcpy(copying->etag, target(copying)->etag, sizeof copying->etag);
    copying->met = is_met(copying);
    snprintf(copying->name, sizeof copying->name, "%u", key);
    snprintf(copying->source_name, sizeof copying->source_name, "%u", copying->source);
    copying->start = (struct world_event){.world = world, .call = on_start};
    copying->store->scenario->pending++;
    world_after(&copying->start, world_below(world, 300 * WORLD_MS));
}

static void make_sources(struct scenario_store *store) {
    struct world *world = store->scenario->world;
    for (unsigned i = 0; i < SOURCES; i++) {
        char bytes[SIZE_MAX_];
        size_t size = world_below(world, sizeof bytes);
        for (size_t at = 0; at < size; at++) bytes[at] = (char)('A' + world_below(world, 26));
        scenario_store_put(&store->objects[STORE_KEYS_MAX - i], bytes, size);
    }
}

static void run(struct scenario *scenario) {
    struct scenario_store *store = calloc(1, sizeof *store);
    struct copying *copies = calloc(COPIES, sizeof *copies);
    if (!store || !copies) abort();
    scenario_store_open(store, scenario);
    scenario_store_client(store, (struct hr_s3_client_options){.anonymous = false});
    make_sources(store);
    bool calm = world_chance(scenario->world, 8000);
    store->faults = calm ? 0 : (uint16_t)world_below(scenario->world, 9000);
    scenario_network(calm ? 0 : (uint16_t)world_below(scenario->world, 6554), 12);
    for (unsigned i = 0; i < COPIES; i++) {
        copies[i].store = store;
        plan(&copies[i], i + 1);
    }
    world_run_until_done(scenario->world, &scenario->pending, "copies wait");
    for (unsigned i = 0; i < COPIES; i++) {
        if (!copies[i].done) oracle_finding("copy %u never ends", i + 1);
        scenario->tally->requests++;
        scenario->tally->succeeded += copies[i].good;
        scenario->tally->attempts += copies[i].copy.request.attempts;
    }
    scenario_store_close(store);
    free(copies);
    free(store);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " copies ended as they are to, %.3f attempts each\n",
           tally->succeeded, tally->requests, (double)tally->attempts / (double)tally->requests);
    return tally->requests - tally->succeeded <= tally->requests / FAILED_MAX + 1;
}

const struct scenario_kind scenario_copies = {
    .name = "copies", .run = run, .whole = true, .judge = judge};
