/* A bucket that lies in another region than the client's, and a store that says so in each of the
 * ways that stores have, a Location at a stranger among them. Every request succeeds, with one
 * attempt more at most, and once one has succeeded those that begin later need one. The stranger
 * is asked by nobody. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_store.h"

#define REQUESTS 40
#define REGION   "eu-west-3"

enum saying { MALFORMED, PERMANENT, TEMPORARY, FOUND, SAYINGS };

struct asking {
    struct scenario_store *store;
    struct world_event start;
    union {
        struct hr_request request;
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_copy copy;
    } u;
    unsigned kind, key;
    bool late; /* another had succeeded before its start */
    char name[16];
};

static struct {
    enum saying saying;
    bool known; /* a request has succeeded */
    hr_http_server *stranger;
    bool stranger_closed;
} place;

/* The scope of the signature is the bucket's, or the store says where the bucket is. */
static bool admit(struct store_request *request) {
    static const char *const codes[] = {"AuthorizationHeaderMalformed", "PermanentRedirect",
                                        "TemporaryRedirect", "Redirect"};
    static const unsigned statuses[] = {400, 301, 307, 302};
    struct hr_slice signature = hr_http_exchange_find(request->exchange, "authorization");
    if (signature.size == 0) oracle_finding("a request without a signature");
    if (memmem(signature.data, signature.size, "/" REGION "/s3/", strlen("/" REGION "/s3/")))
        return true;
    snprintf(request->region, sizeof request->region, REGION);
    if (place.saying != MALFORMED)
        snprintf(request->location, sizeof request->location, "http://evil.test/%u", request->key);
    scenario_store_refuse(request, statuses[place.saying], codes[place.saying]);
    return false;
}

static void on_stranger(void *user, hr_http_exchange *exchange) {
    (void)user, (void)exchange;
    oracle_finding("a stranger is asked, as a Location said");
}

static void open_stranger(struct scenario *scenario) {
    const struct hr_http_server_options options = {.listen = "10.0.0.9:80",
                                                   .on_request = on_stranger};
    struct hr_error error;
    if (hr_http_server_new(scenario->world->engines[1].engine, &options, &error, &place.stranger) <
        0)
        oracle_finding("no stranger: %s", error.message);
}

static void on_stranger_closed(void *user) {
    *(bool *)user = true;
}

/* ---- Requests. */

static void on_done(struct hr_request *request) {
    struct asking *asking = request->user;
    const struct oracle_blame blame = {.faults = false};
    sim_trace("request %u: %s after %u attempts", asking->key,
              request->result ? hr_error_name(request->result) : "success", request->attempts);
    oracle_check_result(request, &blame, "a request for another region");
    if (request->attempts > (asking->late ? 1u : 2u))
        oracle_finding("request %u: %u attempts%s", asking->key, request->attempts,
                       asking->late ? ", and the region was known" : "");
    place.known = true;
    struct scenario *scenario = asking->store->scenario;
    scenario->tally->requests++;
    scenario->tally->succeeded += request->result == 0;
    scenario->tally->attempts += request->attempts;
    scenario->pending--;
}

static int start(struct asking *asking) {
    hr_s3_client *client = asking->store->scenario->world->clients[0].s3;
    const struct hr_request base = {.on_done = on_done, .user = asking};
    if (asking->kind == 0) {
        asking->u.put = (struct hr_s3_put){.request = base,
                                           .bucket = STORE_BUCKET,
                                           .key = asking->name,
                                           .body = hr_source_bytes("some bytes", 10)};
        return hr_s3_put_start(client, &asking->u.put);
    }
    if (asking->kind == 1) {
        asking->u.get =
            (struct hr_s3_get){.request = base, .bucket = STORE_BUCKET, .key = asking->name};
        asking->u.get.sink = hr_sink_discard();
        return hr_s3_get_start(client, &asking->u.get);
    }
    asking->u.copy = (struct hr_s3_copy){.request = base,
                                         .bucket = STORE_BUCKET,
                                         .key = "1",
                                         .source = {.bucket = STORE_BUCKET, .key = asking->name}};
    return hr_s3_copy_start(client, &asking->u.copy);
}

static void on_start(struct world_event *event) {
    struct asking *asking = hr__container_of(event, struct asking, start);
    asking->late = place.known;
    int result = start(asking);
    if (result < 0) oracle_finding("a request is refused: %s", hr_error_name(result));
}

static void plan(struct asking *asking, unsigned number) {
    struct world *world = asking->store->scenario->world;
    asking->kind = (unsigned)world_below(world, 3);
    asking->key = number;
    snprintf(asking->name, sizeof asking->name, "%u", number);
    scenario_store_put(&asking->store->objects[number], "bytes of old", 12);
    asking->start = (struct world_event){.world = world, .call = on_start};
    asking->store->scenario->pending++;
    world_after(&asking->start, world_below(world, 60 * WORLD_MS));
}

static void run(struct scenario *scenario) {
    struct scenario_store *store = calloc(1, sizeof *store);
    struct asking *askings = calloc(REQUESTS, sizeof *askings);
    if (!store || !askings) abort();
    memset(&place, 0, sizeof place);
    place.saying = (enum saying)world_below(scenario->world, SAYINGS);
    scenario_store_open(store, scenario);
    open_stranger(scenario);
    store->admit = admit;
    scenario_store_client(store, (struct hr_s3_client_options){.region = "us-east-1"});
    scenario_network(0, 0);
    for (unsigned i = 0; i < REQUESTS; i++) {
        askings[i].store = store;
        plan(&askings[i], i + 1);
    }
    world_run_until_done(scenario->world, &scenario->pending, "requests wait");
    hr_http_server_close(place.stranger, on_stranger_closed, &place.stranger_closed);
    scenario_store_close(store);
    if (!place.stranger_closed) oracle_finding("the stranger never closes");
    free(askings);
    free(store);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " requests succeeded, %.3f attempts each\n", tally->succeeded,
           tally->requests, (double)tally->attempts / (double)tally->requests);
    return tally->succeeded == tally->requests;
}

const struct scenario_kind scenario_regions = {
    .name = "regions", .run = run, .whole = true, .judge = judge};
