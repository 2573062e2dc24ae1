/* GETs whose bodies break off at any byte, of objects that are written anew in between, at a store
 * whose clock is wrong by minutes, and leaps. Whoever is told of a success has all bytes of one
 * object and no other; what is asked for again is the rest, of that object. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <base/clock_source.h>
#include <headrace/clock.h>

#include "scenario_store.h"

#define READS      32 /* a seed */
#define SIZE_MAX_  12000
#define FAILED_MAX 200 /* of so many GETs one may fail */
#define SKEW_MAX_S 2400
#define ALLOWED_S  900 /* a clock may be wrong by so much */

struct reading {
    struct scenario_store *store;
    struct world_event start, change;
    struct hr_s3_get get;
    struct hr_buffer buffer;
    unsigned key, changes;
    bool consumes;         /* its bytes are handed on as they come */
    bool done, good, late; /* late: another had succeeded before its start */
    char name[16], bytes[SIZE_MAX_], taken[SIZE_MAX_];
    size_t taken_size;
    struct store_bytes versions[3]; /* of the object, as they were */
    unsigned version_count, skewed;
    size_t sent; /* the most that an answer has had */
};

static struct {
    struct reading *all;
    const struct hr_clock_source *clock; /* the simulation's */
    hr_engine *engine;                   /* the store's */
    int64_t skew_s;                      /* of its clock */
    bool known;                          /* a GET has succeeded */
    bool calm, deaf;                     /* deaf: the store does not look at If-Match */
    struct world_event leap;
    unsigned leaps;
} readings;

/* ---- The store. */

static struct hr_slice field(const struct store_request *request, const char *name) {
    return hr_http_exchange_find(request->exchange, name);
}

/* Of the store's reactors it is off. */
static uint64_t wall_ns(void) {
    struct hr_reactor *reactor = hr__reactor_current();
    uint64_t true_ns = readings.clock->wall_ns();
    if (!reactor || hr__reactor_engine(reactor) != readings.engine) return true_ns;
    return true_ns + (uint64_t)(readings.skew_s * INT64_C(1000000000));
}

static uint64_t monotonic_ns(void) {
    return readings.clock->monotonic_ns();
}

static const struct hr_clock_source clock_of_store = {monotonic_ns, wall_ns};

/* Refuses a signature of another time than its own. */
static bool is_timely(struct store_request *request) {
    struct hr_slice text = field(request, "x-amz-date");
    uint64_t date = 0;
    if (text.size == 0 || hr_date_parse(text, &date) != 0)
        oracle_finding("a request without a time");
    int64_t off = (int64_t)date - (int64_t)(hr_clock_wall_ns() / 1000000000u);
    if (off >= -ALLOWED_S && off <= ALLOWED_S) return true;
    readings.all[request->key - 1].skewed++;
    scenario_store_refuse(request, 403, "RequestTimeTooSkewed");
    return false;
}

static bool is_of(const struct store_bytes *object, struct hr_slice etag) {
    return memmem(etag.data, etag.size, object->etag, strlen(object->etag)) != NULL;
}

/* The rest of an object that has begun: nothing that never came is left out, and it is that
 * object's. */
static void judge_range(const struct store_request *request, uint64_t first) {
    const struct reading *reading = &readings.all[request->key - 1];
    if (field(request, "if-match").size == 0)
        oracle_finding("GET %u: asks for the rest of whatever is there", request->key);
    if (first == 0 || first > reading->sent)
        oracle_finding("GET %u: asks from %" PRIu64 " on, and had %zu bytes", request->key, first,
                       reading->sent);
}

static void answer_bytes(struct store_request *request, const struct store_bytes *object,
                         uint64_t first) {
    struct hr_s3_checksum sum;
    request->has_object = true;
    scenario_store_put(&request->object, object->data + first, object->size - first);
    snprintf(request->etag, sizeof request->etag, "\"%s\"", object->etag);
    if (first > 0) {
        request->status = 206;
        snprintf(request->range, sizeof request->range, "bytes %" PRIu64 "-%zu/%zu", first,
                 object->size - 1, object->size);
        return;
    }
    if (hr_s3_checksum_compute(HR_S3_CHECKSUM_CRC32, object->data, object->size, &sum) == 0)
        hr_s3_checksum_format(&sum, request->checksum);
}

/* Anywhere, the end and the beginning too. */
static void break_off(struct store_request *request) {
    struct world *world = request->store->scenario->world;
    struct reading *reading = &readings.all[request->key - 1];
    size_t size = request->object.size, first = request->status == 206 ? reading->sent : 0;
    if (!readings.calm && world_chance(world, 20000)) {
        request->breaks = true;
        request->break_at = (size_t)world_below(world, size);
    }
    size_t sent = first + (request->breaks ? request->break_at : size);
    if (request->status == 200 && sent < reading->sent) return;
    reading->sent = sent;
}

static bool admit(struct store_request *request) {
    struct world *world = request->store->scenario->world;
    const struct store_bytes *object = &request->store->objects[request->key];
    struct hr_slice range = field(request, "range"), match = field(request, "if-match");
    char text[64] = "";
    if (!is_timely(request)) return false;
    if (range.size >= sizeof text) oracle_finding("GET %u: a long range", request->key);
    if (range.size) memcpy(text, range.data, range.size);
    uint64_t first = range.size ? strtoull(text + strlen("bytes="), NULL, 10) : 0;
    if (range.size) judge_range(request, first);
    bool same = match.size == 0 || is_of(object, match);
    if (!same && !readings.deaf)
        scenario_store_refuse(request, 412, "PreconditionFailed");
    else if (first >= object->size)
        scenario_store_refuse(request, 416, "InvalidRange");
    else if (!readings.calm && world_chance(world, 3000))
        scenario_store_refuse(request, 503, "SlowDown");
    else
        answer_bytes(request, object, !readings.calm && world_chance(world, 6000) ? 0 : first);
    if (request->has_object) break_off(request);
    return false;
}

/* ---- The object changes, and the clock leaps. */

static void write_version(struct reading *reading) {
    struct world *world = reading->store->scenario->world;
    struct store_bytes *object = &reading->store->objects[reading->key];
    char bytes[SIZE_MAX_];
    size_t size = 1 + (size_t)world_below(world, sizeof bytes);
    if (reading->version_count && world_chance(world, 32768)) size = object->size;
    world_body_fill(reading->key * 10 + reading->version_count, 0, bytes, size);
    scenario_store_put(object, bytes, size);
    struct store_bytes *kept = &reading->versions[reading->version_count++];
    scenario_store_put(kept, bytes, size);
}

static void on_change(struct world_event *event) {
    write_version(hr__container_of(event, struct reading, change));
}

static void on_leap(struct world_event *event) {
    struct world *world = event->world;
    readings.skew_s = (int64_t)world_below(world, 2 * SKEW_MAX_S) - SKEW_MAX_S;
    if (world_chance(world, 20000)) readings.skew_s = 0;
    sim_trace("the store's clock is off by %" PRIi64 " s", readings.skew_s);
    if (--readings.leaps) world_after(event, 100 * WORLD_MS);
}

/* ---- GETs. */

static ssize_t consume(void *user, const void *data, size_t size) {
    struct reading *reading = user;
    if (size > sizeof reading->taken - reading->taken_size) {
        oracle_finding("GET %u: more bytes than any object has", reading->key);
        return -EMSGSIZE;
    }
    memcpy(reading->taken + reading->taken_size, data, size);
    reading->taken_size += size;
    return (ssize_t)size;
}

static const char *bytes_of(const struct reading *reading, size_t *size) {
    *size = reading->consumes      ? reading->taken_size
            : reading->buffer.data ? reading->buffer.size
                                   : (size_t)reading->get.body_bytes;
    return reading->consumes      ? reading->taken
           : reading->buffer.data ? reading->buffer.data
                                  : reading->bytes;
}

/* Whether they are the first `size` bytes of an object as it was once; `whole`: and all of it. */
static bool are_of_one(const struct reading *reading, bool whole) {
    size_t size;
    const char *bytes = bytes_of(reading, &size);
    for (unsigned i = 0; i < reading->version_count; i++) {
        const struct store_bytes *version = &reading->versions[i];
        bool fits = whole ? size == version->size : size <= version->size;
        if (fits && memcmp(bytes, version->data, size) == 0) return true;
    }
    return false;
}

static void judge_end(const struct reading *reading, int result) {
    if (result == 0 && !are_of_one(reading, true))
        oracle_finding("GET %u: succeeds with bytes of no object", reading->key);
    if (reading->consumes && !are_of_one(reading, false))
        oracle_finding("GET %u: hands bytes of two objects on", reading->key);
    if (result == HR_ERR_S3_CHANGED && !reading->consumes)
        oracle_finding("GET %u: has changed, and nobody had a byte", reading->key);
    if (result == HR_ERR_S3_CHANGED && reading->version_count == 1)
        oracle_finding("GET %u: has changed, and nobody wrote", reading->key);
    if (result == HR_ERR_S3_CHECKSUM)
        oracle_finding("GET %u: right bytes have a wrong checksum", reading->key);
    if (reading->skewed > 2)
        oracle_finding("GET %u: %u times with a wrong time", reading->key, reading->skewed);
}

static void on_done(struct hr_request *request) {
    struct reading *reading = request->user;
    struct oracle_blame blame = {.faults = !readings.calm};
    sim_trace("GET %u: %s after %u attempts", reading->key,
              request->result ? hr_error_name(request->result) : "success", request->attempts);
    if (reading->done) oracle_finding("GET %u ends twice", reading->key);
    oracle_check_result(request, &blame, "a GET");
    judge_end(reading, request->result);
    if (readings.calm && request->attempts > (reading->late ? 1 : 2))
        oracle_finding("GET %u: %u attempts where all is calm", reading->key, request->attempts);
    readings.known |= request->result == 0;
    reading->done = true;
    reading->good = request->result == 0 || request->result == HR_ERR_S3_CHANGED;
    reading->store->scenario->pending--;
}

static void on_start(struct world_event *event) {
    struct reading *reading = hr__container_of(event, struct reading, start);
    struct world *world = event->world;
    struct hr_s3_get *get = &reading->get;
    *get = (struct hr_s3_get){.request = {.on_done = on_done, .user = reading},
                              .bucket = STORE_BUCKET,
                              .key = reading->name,
                              .sink = hr_sink_bytes(reading->bytes, sizeof reading->bytes)};
    if (world_chance(world, 22000)) get->sink = hr_sink_buffer(&reading->buffer, SIZE_MAX_);
    reading->consumes = world_chance(world, 32768);
    reading->late = readings.known;
    if (reading->consumes) get->sink = hr_sink_consumer(consume, reading);
    int result = hr_s3_get_start(world->clients[0].s3, get);
    if (result < 0) oracle_finding("a GET is refused: %s", get->request.error.message);
}

static void plan(struct reading *reading, unsigned key) {
    struct world *world = reading->store->scenario->world;
    reading->key = key;
    snprintf(reading->name, sizeof reading->name, "%u", key);
    write_version(reading);
    reading->start = (struct world_event){.world = world, .call = on_start};
    reading->change = (struct world_event){.world = world, .call = on_change};
    reading->store->scenario->pending++;
    world_after(&reading->start, world_below(world, 400 * WORLD_MS));
    if (!readings.calm && world_chance(world, 20000))
        world_after(&reading->change, world_below(world, 600 * WORLD_MS));
}

static void begin(struct scenario *scenario) {
    struct world *world = scenario->world;
    readings.calm = world_chance(world, 8000);
    readings.deaf = world_chance(world, 20000);
    readings.skew_s =
        world_chance(world, 20000) ? 0 : (int64_t)world_below(world, 2 * SKEW_MAX_S) - SKEW_MAX_S;
    readings.leaps = readings.calm ? 0 : 1 + (unsigned)world_below(world, 3);
    readings.leap = (struct world_event){.world = world, .call = on_leap};
    if (readings.leaps) world_after(&readings.leap, 50 * WORLD_MS);
    scenario_network(readings.calm ? 0 : (uint16_t)world_below(world, 4000), 12);
}

static void end(struct reading *reading, struct scenario_tally *tally) {
    if (!reading->done) oracle_finding("GET %u never ends", reading->key);
    tally->requests++;
    tally->succeeded += reading->good;
    tally->attempts += reading->get.request.attempts;
    hr_buffer_deinit(&reading->buffer);
}

static void forget(struct reading *reading) {
    for (unsigned i = 0; i < reading->version_count; i++) free(reading->versions[i].data);
}

static void run(struct scenario *scenario) {
    struct scenario_store *store = calloc(1, sizeof *store);
    struct reading *all = calloc(READS, sizeof *all);
    if (!store || !all) abort();
    memset(&readings, 0, sizeof readings);
    readings.all = all;
    readings.clock = hr__clock_source;
    readings.engine = scenario->world->engines[1].engine;
    hr__clock_source = &clock_of_store;
    scenario_store_open(store, scenario);
    store->admit = admit;
    scenario_store_client(store, (struct hr_s3_client_options){.anonymous = false});
    begin(scenario);
    for (unsigned i = 0; i < READS; i++) {
        all[i].store = store;
        plan(&all[i], i + 1);
    }
    world_run_until_done(scenario->world, &scenario->pending, "GETs wait");
    for (unsigned i = 0; i < READS; i++) end(&all[i], scenario->tally);
    scenario_store_close(store);
    hr__clock_source = readings.clock;
    for (unsigned i = 0; i < READS; i++) forget(&all[i]);
    free(all);
    free(store);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " GETs ended as they are to, %.3f attempts each\n",
           tally->succeeded, tally->requests, (double)tally->attempts / (double)tally->requests);
    return tally->requests - tally->succeeded <= tally->requests / FAILED_MAX + 1;
}

const struct scenario_kind scenario_reads = {
    .name = "reads", .run = run, .whole = true, .judge = judge};
