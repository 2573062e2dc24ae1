/* Uploads in parts at a store that loses answers, fails, forgets uploads and dies in the midst. A
 * completed upload is made once and of exactly its parts; whoever is told of a success has one;
 * an aborted one leaves nothing. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_store.h"

#define UPLOADS      12 /* a seed */
#define SOURCE_KEY   STORE_KEYS_MAX
#define PART_MAX     1500
#define SUCCESS_PART 500 /* of so many uploads one may fail */
#define LOOKS_LOST   8 /* attempts of complete and of its look, of which the last are the look's */

/* One upload, from its create to its complete or abort. */
struct course {
    struct scenario_store *store;
    struct world_event start;
    unsigned key, part_count, parts_left, attempts[STORE_PARTS_MAX + 1];
    bool aborts, failed, ended, good, aborted, looked_up;
    bool untold;       /* complete says that there is no such upload */
    bool there_before; /* another object has this key */
    bool twice;        /* the first part is sent a second time, with other bytes */
    union {
        struct hr_request request;
        struct hr_s3_upload_create create;
        struct hr_s3_upload_complete complete;
        struct hr_s3_upload_abort abort;
    } u;
    union {
        struct hr_request request;
        struct hr_s3_upload_part put;
        struct hr_s3_upload_part_copy copy;
    } parts[STORE_PARTS_MAX + 1];
    bool copied[STORE_PARTS_MAX + 1];
    char bytes[STORE_PARTS_MAX + 1][PART_MAX];
    size_t sizes[STORE_PARTS_MAX + 1];
    char upload_id[HR_S3_UPLOAD_ID_MAX + 1], name[16];
    struct hr_s3_completed_part completed[STORE_PARTS_MAX];
};

static hr_s3_client *client_of(const struct course *course) {
    return course->store->scenario->world->clients[0].s3;
}

static struct world *world_of(const struct course *course) {
    return course->store->scenario->world;
}

static void check(const struct course *course, const struct hr_request *request, const char *what) {
    const struct oracle_blame blame = {.faults = true};
    sim_trace("upload %u: %s: %s after %u attempts", course->key, what,
              request->result ? hr_error_name(request->result) : "success", request->attempts);
    oracle_check_result(request, &blame, what);
    if (request->result < 0 && course->store->faults == 0)
        oracle_finding("upload %u: %s fails where all is calm: %s", course->key, what,
                       request->error.message);
}

static void started(int result, const char *what) {
    if (result < 0) oracle_finding("%s is refused: %s", what, hr_error_name(result));
}

/* ---- The end. */

static void end(struct course *course) {
    if (course->ended) oracle_finding("upload %u ends twice", course->key);
    course->ended = true;
    course->store->scenario->pending--;
}

static void on_completed(struct hr_request *request) {
    struct course *course = request->user;
    check(course, request, "complete");
    course->good = request->result == 0;
    course->looked_up = course->u.complete.looked_up;
    const struct store_bytes *object = &course->store->objects[course->key];
    if (course->good && (!object->data || strcmp(course->u.complete.etag, object->etag) != 0))
        oracle_finding("upload %u: complete tells the ETag %s, the object has %s", course->key,
                       course->u.complete.etag, object->etag);
    if (course->looked_up && request->attempts < 2)
        oracle_finding("upload %u: looked up after one attempt", course->key);
    bool untold = request->result < 0 && strcmp(request->error.service_code, "NoSuchUpload") == 0;
    course->untold = untold && request->attempts < LOOKS_LOST;
    end(course);
}

static void complete(struct course *course) {
    unsigned count = course->part_count;
    for (unsigned i = 0; i < count; i++)
        course->completed[i] = (struct hr_s3_completed_part){
            .part_number = i + 1,
            .etag = course->copied[i + 1] ? course->parts[i + 1].copy.etag
                                          : course->parts[i + 1].put.etag};
    memset(&course->u, 0, sizeof course->u);
    course->u.complete =
        (struct hr_s3_upload_complete){.request = {.on_done = on_completed, .user = course},
                                       .bucket = STORE_BUCKET,
                                       .key = course->name,
                                       .upload_id = course->upload_id,
                                       .parts = course->completed,
                                       .part_count = count};
    started(hr_s3_upload_complete_start(client_of(course), &course->u.complete), "complete");
}

static void on_aborted(struct hr_request *request) {
    struct course *course = request->user;
    bool gone = request->result < 0 && strcmp(request->error.service_code, "NoSuchUpload") == 0;
    check(course, request, "abort");
    course->aborted = request->result == 0 || (gone && request->attempts > 1);
    end(course);
}

static void abort_upload(struct course *course) {
    memset(&course->u, 0, sizeof course->u);
    course->u.abort =
        (struct hr_s3_upload_abort){.request = {.on_done = on_aborted, .user = course},
                                    .bucket = STORE_BUCKET,
                                    .key = course->name,
                                    .upload_id = course->upload_id};
    started(hr_s3_upload_abort_start(client_of(course), &course->u.abort), "abort");
}

/* ---- Parts. */

static void start_part(struct course *course, unsigned part);

static void on_part(struct hr_request *request) {
    struct course *course = request->user;
    unsigned part = 1;
    while (&course->parts[part].request != request) part++;
    check(course, request, course->copied[part] ? "part copy" : "part");
    course->attempts[part] += request->attempts;
    if (request->result == 0 && part == 1 && course->twice) {
        course->twice = false;
        start_part(course, part);
        return;
    }
    course->failed |= request->result < 0;
    if (--course->parts_left > 0) return;
    if (course->failed || course->aborts)
        abort_upload(course);
    else
        complete(course);
}

static void put_part(struct course *course, unsigned part) {
    course->parts[part].put = (struct hr_s3_upload_part){
        .request = {.on_done = on_part, .user = course},
        .bucket = STORE_BUCKET,
        .key = course->name,
        .upload_id = course->upload_id,
        .part_number = part,
        .body = hr_source_bytes(course->bytes[part], course->sizes[part])};
    started(hr_s3_upload_part_start(client_of(course), &course->parts[part].put), "part");
}

static void copy_part(struct course *course, unsigned part, uint64_t first) {
    const struct store_bytes *source = &course->store->objects[SOURCE_KEY];
    course->parts[part].copy = (struct hr_s3_upload_part_copy){
        .request = {.on_done = on_part, .user = course},
        .bucket = STORE_BUCKET,
        .key = course->name,
        .upload_id = course->upload_id,
        .part_number = part,
        .source = {.bucket = STORE_BUCKET, .key = "64", .conditions.if_match = source->etag},
        .ranged = true,
        .range_first = first,
        .range_last = first + course->sizes[part] - 1};
    memcpy(course->bytes[part], source->data + first, course->sizes[part]);
    started(hr_s3_upload_part_copy_start(client_of(course), &course->parts[part].copy),
            "part copy");
}

static void start_part(struct course *course, unsigned part) {
    struct world *world = world_of(course);
    memset(&course->parts[part], 0, sizeof course->parts[part]);
    course->sizes[part] = 1 + world_below(world, PART_MAX);
    course->copied[part] = part > 1 && world_chance(world, 20000);
    if (course->copied[part]) {
        copy_part(course, part, world_below(world, PART_MAX));
        return;
    }
    for (size_t i = 0; i < course->sizes[part]; i++)
        course->bytes[part][i] = (char)('a' + world_below(world, 26));
    put_part(course, part);
}

static void on_created(struct hr_request *request) {
    struct course *course = request->user;
    check(course, request, "create");
    if (request->result < 0) {
        end(course);
        return;
    }
    snprintf(course->upload_id, sizeof course->upload_id, "%s", course->u.create.upload_id);
    course->parts_left = course->part_count;
    for (unsigned part = 1; part <= course->part_count; part++) start_part(course, part);
}

static void on_start(struct world_event *event) {
    struct course *course = hr__container_of(event, struct course, start);
    course->u.create =
        (struct hr_s3_upload_create){.request = {.on_done = on_created, .user = course},
                                     .bucket = STORE_BUCKET,
                                     .key = course->name};
    started(hr_s3_upload_create_start(client_of(course), &course->u.create), "create");
}

/* ---- The judgement. */

static const struct store_upload *upload_of(const struct course *course) {
    static const char prefix[] = "upload-";
    if (strncmp(course->upload_id, prefix, strlen(prefix)) != 0) return NULL;
    unsigned number = (unsigned)strtoul(course->upload_id + strlen(prefix), NULL, 10);
    return &course->store->uploads[number];
}

static void check_parts(const struct course *course, const struct store_bytes *object) {
    size_t at = 0;
    for (unsigned part = 1; part <= course->part_count; part++) {
        size_t size = course->sizes[part];
        if (at + size > object->size || memcmp(object->data + at, course->bytes[part], size) != 0)
            oracle_finding("upload %u: the object differs in part %u", course->key, part);
        at += size;
    }
    if (at != object->size)
        oracle_finding("upload %u: the object has %zu bytes, its parts %zu", course->key,
                       object->size, at);
}

static void judge_upload(const struct course *course, const struct store_upload *upload) {
    unsigned requests = 0;
    for (unsigned part = 1; part <= course->part_count; part++) requests += course->attempts[part];
    if (upload->part_requests > requests)
        oracle_finding("upload %u: the store received %u parts, %u were sent", course->key,
                       upload->part_requests, requests);
    if (upload->completes > 1)
        oracle_finding("upload %u is completed %u times", course->key, upload->completes);
    if (course->good && upload->completes != 1)
        oracle_finding("upload %u: complete succeeds, and the store has not completed it",
                       course->key);
    if (course->untold && upload->completes)
        oracle_finding("upload %u: complete says that there is none, and had completed it",
                       course->key);
    if (course->aborted && upload->state == STORE_OPEN)
        oracle_finding("upload %u is aborted, and still there", course->key);
    if (course->aborts && upload->completes)
        oracle_finding("upload %u is to be aborted, and is completed", course->key);
}

static void judge_course(const struct course *course) {
    const struct store_upload *upload = upload_of(course);
    const struct store_bytes *object = &course->store->objects[course->key];
    unsigned writes = course->there_before + (upload ? upload->completes : 0);
    if (!course->ended) oracle_finding("upload %u never ends", course->key);
    if (object->writes != writes)
        oracle_finding("upload %u: its key was written %u times, not %u", course->key,
                       object->writes, writes);
    if (upload) judge_upload(course, upload);
    if (upload && upload->completes) check_parts(course, object);
    struct scenario_tally *tally = course->store->scenario->tally;
    tally->requests++;
    tally->succeeded += course->good || course->aborted;
    tally->retries += course->looked_up;
    tally->rejected += upload && upload->state == STORE_VANISHED;
}

/* ---- The course. */

static void plan(struct course *course, unsigned key, uint64_t at_ns) {
    struct world *world = world_of(course);
    course->key = key;
    course->part_count = 1 + (unsigned)world_below(world, 6);
    course->aborts = world_chance(world, 10000);
    course->twice = world_chance(world, 10000);
    course->there_before = world_chance(world, 20000);
    if (course->there_before) scenario_store_put(&course->store->objects[key], "older", 5);
    snprintf(course->name, sizeof course->name, "%u", key);
    course->start = (struct world_event){.world = world, .call = on_start};
    course->store->scenario->pending++;
    world_after(&course->start, at_ns);
}

static void make_source(struct scenario_store *store) {
    char bytes[2 * PART_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('A' + world_below(store->scenario->world, 26));
    scenario_store_put(&store->objects[SOURCE_KEY], bytes, sizeof bytes);
}

static void run(struct scenario *scenario) {
    struct scenario_store *store = calloc(1, sizeof *store);
    struct course *courses = calloc(UPLOADS, sizeof *courses);
    if (!store || !courses) abort();
    scenario_store_open(store, scenario);
    scenario_store_client(store, (struct hr_s3_client_options){.anonymous = false});
    make_source(store);
    bool calm = world_chance(scenario->world, 8000);
    store->faults = calm ? 0 : (uint16_t)world_below(scenario->world, 9000);
    store->vanishes = world_chance(scenario->world, 20000);
    scenario_network(calm ? 0 : (uint16_t)world_below(scenario->world, 6554), 12);
    for (unsigned i = 0; i < UPLOADS; i++) {
        courses[i].store = store;
        plan(&courses[i], i + 1, world_below(scenario->world, 300 * WORLD_MS));
    }
    world_run_until_done(scenario->world, &scenario->pending, "uploads wait");
    for (unsigned i = 0; i < UPLOADS; i++) judge_course(&courses[i]);
    scenario_store_close(store);
    free(courses);
    free(store);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " of %" PRIu64 " uploads succeeded (%" PRIu64 " were looked up, %" PRIu64
           " had vanished)\n",
           tally->succeeded, tally->requests, tally->retries, tally->rejected);
    uint64_t lost = tally->requests - tally->succeeded;
    return lost <= tally->rejected + tally->requests / SUCCESS_PART + 1;
}

const struct scenario_kind scenario_uploads = {
    .name = "uploads", .run = run, .whole = true, .judge = judge};
