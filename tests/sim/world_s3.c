/* The S3 half of a world: what its clients ask of the embedded store, and how the store's content
 * is held against all that was ever put. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static struct oracle_key *key_of(struct world_job *job) {
    return &job->world->keys[job->key];
}

/* ---- Heads: which version is it? */

static void note_version(struct world_job *job, const struct hr_http_head *head) {
    struct hr_slice version = hr_http_head_find(head, "x-amz-meta-version");
    char text[24] = "";
    if (version.data && version.size < sizeof text)
        snprintf(text, sizeof text, "%.*s", (int)version.size, version.data);
    job->version = strtoull(text, NULL, 10);
    if (job->version == 0) oracle_finding("job %u: an object without its version", job->number);
    if (job->sink.at > job->range_first)
        oracle_finding("job %u: a second answer after some bytes", job->number);
    job->sink.version = job->version;
    job->sink.at = job->range_first;
}

static int on_get_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    if (head->status != 416) note_version(get->request.user, head); /* empty: no range of it */
    return 0;
}

static int on_head_head(struct hr_s3_head *head, const struct hr_http_head *answer) {
    note_version(head->request.user, answer);
    return 0;
}

/* ---- Starts. */

static int start_put(struct world_job *job) {
    struct world *world = job->world;
    struct hr_s3_put *put = &job->u.put;
    snprintf(job->version_text, sizeof job->version_text, "%" PRIu64, job->version);
    job->source.rewindable = true;
    job->metadata = (struct hr_s3_metadata){.name = "version", .value = job->version_text};
    put->bucket = WORLD_BUCKET;
    put->key = job->name;
    put->body = world_body_source(&job->source, true);
    put->metadata = &job->metadata;
    put->metadata_count = 1;
    put->payload = (enum hr_s3_payload)world_below(world, 3);
    put->expect_continue = world_chance(world, 12000);
    job->only_new = world_chance(world, 12000);
    job->fields[0] =
        (struct hr_http_field){.name = hr_slice_of("If-None-Match"), .value = hr_slice_of("*")};
    put->fields = job->fields;
    put->field_count = job->only_new ? 1 : 0;
    world_job_request(job);
    job->write = oracle_write_begun(key_of(job), job->version, job->size, world->step);
    return hr_s3_put_start(job->client->s3, put);
}

static int start_get(struct world_job *job) {
    struct hr_s3_get *get = &job->u.get;
    get->bucket = WORLD_BUCKET;
    get->key = job->name;
    get->on_head = on_get_head;
    job->range_first = 0;
    get->ranged = !job->final && world_chance(job->world, 16384);
    if (get->ranged) {
        get->range_first = job->range_first = world_below(job->world, 2000);
        get->range_last = job->range_first + world_size(job->world);
        if (world_chance(job->world, 8192)) get->range_last = UINT64_MAX;
    }
    get->sink =
        job->final ? world_body_sink_consumer(&job->sink) : world_body_sink(&job->sink, 1u << 20);
    world_job_request(job);
    return hr_s3_get_start(job->client->s3, get);
}

static int start_head(struct world_job *job) {
    struct hr_s3_head *head = &job->u.head;
    head->bucket = WORLD_BUCKET;
    head->key = job->name;
    head->on_head = on_head_head;
    job->range_first = 0;
    world_job_request(job);
    return hr_s3_head_start(job->client->s3, head);
}

static int start_delete(struct world_job *job) {
    job->u.del.bucket = WORLD_BUCKET;
    job->u.del.key = job->name;
    world_job_request(job);
    job->write = oracle_write_begun(key_of(job), 0, 0, job->world->step);
    return hr_s3_delete_start(job->client->s3, &job->u.del);
}

static int on_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    struct world_job *job = list->request.user;
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)object->key.size, object->key.data);
    unsigned index;
    if (sscanf(name, "key-%u", &index) != 1 || index >= WORLD_KEYS)
        oracle_finding("job %u: lists \"%s\", which nobody put", job->number, name);
    if (job->last_key[0] && strcmp(name, job->last_key) <= 0)
        oracle_finding("job %u: lists %s behind %s", job->number, name, job->last_key);
    snprintf(job->last_key, sizeof job->last_key, "%s", name);
    const struct oracle_key *key = &job->world->keys[index];
    bool put = false;
    for (unsigned i = 0; i < key->count; i++)
        put |= key->writes[i].version && key->writes[i].size == object->size_bytes;
    if (!put)
        oracle_finding("job %u: lists %s with %" PRIu64 " bytes, which nobody put", job->number,
                       name, object->size_bytes);
    if (job->final &&
        (!job->world->last[index].version || job->world->last[index].size != object->size_bytes))
        oracle_finding("job %u: lists %s, which is not there or is another", job->number, name);
    return 0;
}

static int start_list(struct world_job *job) {
    struct hr_s3_list *list = &job->u.list;
    list->bucket = WORLD_BUCKET;
    list->page_size = (uint32_t)world_below(job->world, 4);
    list->on_object = on_object;
    job->last_key[0] = '\0';
    world_job_request(job);
    return hr_s3_list_start(job->client->s3, list);
}

int world_s3_start(struct world_job *job) {
    memset(&job->u, 0, sizeof job->u);
    snprintf(job->name, sizeof job->name, "key-%u", job->key);
    switch (job->kind) {
    case JOB_S3_PUT:
        return start_put(job);
    case JOB_S3_GET:
        return start_get(job);
    case JOB_S3_HEAD:
        return start_head(job);
    case JOB_S3_DELETE:
        return start_delete(job);
    default:
        return start_list(job);
    }
}

/* ---- Judgement. */

/* Errors of the store that are no fault of the client. */
static bool is_fair(const struct world_job *job, const struct hr_error *error) {
    static const char *const of_faults[] = {"RequestTimeout",      "SlowDown",
                                            "ServiceUnavailable",  "InternalError",
                                            "IncompleteBody",      "InsufficientStorage",
                                            "RequestTimeTooSkewed"};
    if (error->http_status == 404 && job->kind != JOB_S3_PUT && job->kind != JOB_S3_LIST)
        return true;
    if (error->http_status == 412 && job->kind == JOB_S3_PUT && job->only_new) return true;
    if (error->http_status == 416 && job->kind == JOB_S3_GET && job->u.get.ranged) return true;
    if (job->world->profile->calm || job->final) return false;
    for (size_t i = 0; i < sizeof of_faults / sizeof *of_faults; i++)
        if (strcmp(error->service_code, of_faults[i]) == 0) return true;
    return error->http_status == 503 || error->http_status == 408;
}

static void check_seen(struct world_job *job, uint64_t version, uint64_t size, const char *what) {
    const struct oracle_write seen = {
        .version = version, .size = size, .start = job->start_step, .end = job->world->step};
    oracle_check_read(key_of(job), &seen, what);
    if (job->final) job->world->last[job->key] = seen;
}

static void judge_get(struct world_job *job, const char *what) {
    const struct hr_s3_get *get = &job->u.get;
    uint64_t whole = get->info.size_bytes, last = get->range_last, size = whole;
    if (get->ranged && whole == 0) return; /* 416, which does not tell the version */
    check_seen(job, job->version, whole, what);
    if (get->ranged) {
        if (last >= whole) last = whole - 1;
        size = last - job->range_first + 1;
    }
    if (get->body_bytes != size)
        oracle_finding("%s: %" PRIu64 " bytes of body, not %" PRIu64, what, get->body_bytes, size);
    world_body_sink_done(&job->sink, job->range_first, size);
}

/* A second attempt may have met what the first one put: it tells nothing. */
static void judge_write(struct world_job *job, const char *what) {
    const struct hr_request *request = &job->u.request;
    struct oracle_key *key = key_of(job);
    uint64_t now = job->world->step;
    bool once = request->attempts == 1, good = request->result == 0;
    bool conditional = job->kind == JOB_S3_PUT && job->only_new && once;
    bool refused = request->result == HR_ERR_S3_PRECONDITION;
    if (conditional && refused) oracle_write_refused(key, job->write);
    if (conditional && refused) oracle_check_present(key, job->start_step, now, what);
    if (conditional && good) oracle_check_created(key, job->start_step, now, what);
    oracle_write_ended(key, job->write, good && once, now);
}

static void judge_list(const struct world_job *job, const char *what) {
    unsigned there = 0;
    for (unsigned i = 0; i < WORLD_KEYS; i++) there += job->world->last[i].version != 0;
    if (job->final && job->u.list.objects != there)
        oracle_finding("%s: %" PRIu64 " objects, there are %u", what, job->u.list.objects, there);
}

void world_s3_judge(struct world_job *job) {
    struct hr_request *request = &job->u.request;
    char what[64];
    snprintf(what, sizeof what, "job %u (%s %s)", job->number, world_job_kind_name(job->kind),
             job->name);
    bool of_store =
        request->result == HR_ERR_S3_SERVICE || request->result == HR_ERR_S3_PRECONDITION;
    if (of_store && !is_fair(job, &request->error))
        oracle_finding("%s: the store refuses: %d %s: %s", what, request->error.http_status,
                       request->error.service_code, request->error.message);
    if (of_store) job->blame.expected = request->result;
    oracle_check_result(request, &job->blame, what);
    bool good = request->result == 0;
    if (job->kind == JOB_S3_PUT || job->kind == JOB_S3_DELETE) {
        judge_write(job, what);
        return;
    }
    bool absent = of_store && request->error.http_status == 404;
    if (absent && job->kind != JOB_S3_LIST) check_seen(job, 0, 0, what);
    if (!good) return;
    if (job->kind == JOB_S3_GET) judge_get(job, what);
    if (job->kind == JOB_S3_HEAD) check_seen(job, job->version, job->u.head.info.size_bytes, what);
    if (job->kind == JOB_S3_LIST) judge_list(job, what);
}
