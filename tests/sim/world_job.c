/* One request of a world: planned, started, cancelled, resumed, judged, and perhaps started again
 * from inside its own callback. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

const char *world_job_kind_name(enum world_job_kind kind) {
    static const char *const names[] = {"get",    "head",   "upload",  "to nobody", "to a stranger",
                                        "s3 put", "s3 get", "s3 head", "s3 delete", "s3 list"};
    return names[kind];
}

static bool is_s3(const struct world_job *job) {
    return job->kind >= JOB_S3_PUT;
}

/* ---- The plan. */

static enum world_job_kind pick_kind(struct world *world, const struct world_client *client) {
    static const enum world_job_kind http[] = {JOB_GET,  JOB_GET,    JOB_GET,    JOB_GET,
                                               JOB_HEAD, JOB_UPLOAD, JOB_UPLOAD, JOB_UPLOAD,
                                               JOB_GET,  JOB_UPLOAD, JOB_NOBODY, JOB_UNKNOWN};
    static const enum world_job_kind s3[] = {JOB_S3_PUT, JOB_S3_PUT,  JOB_S3_PUT,    JOB_S3_PUT,
                                             JOB_S3_GET, JOB_S3_GET,  JOB_S3_GET,    JOB_S3_GET,
                                             JOB_S3_GET, JOB_S3_HEAD, JOB_S3_DELETE, JOB_S3_LIST};
    uint64_t pick = world_below(world, 12);
    return client->s3 ? s3[pick] : http[pick];
}

static void on_start(struct world_event *event) {
    struct world_job *job =
        (struct world_job *)(void *)((char *)event - offsetof(struct world_job, start));
    if (!job->started) world_job_start(job);
    if (job->pipe && !job->pipe->to->started) world_job_start(job->pipe->to);
}

static void on_resume(struct world_event *event) {
    struct world_job *job =
        (struct world_job *)(void *)((char *)event - offsetof(struct world_job, resume));
    world_body_resume(&job->source);
    world_body_resume(&job->sink);
    job->source.kept_of = job->sink.kept_of = job->u.request.attempts;
    hr_resume(&job->u.request);
}

static void cancel(struct world_job *job) {
    if (!job->started || job->done || job->blame.cancelled) return;
    sim_trace("job %u is cancelled", job->number);
    job->blame.cancelled = true;
    hr_cancel(&job->u.request);
}

static void on_cancel(struct world_event *event) {
    cancel((struct world_job *)(void *)((char *)event - offsetof(struct world_job, cancel)));
}

void world_job_step(struct world_job *job) {
    if (job->cancel_step && job->started && job->world->step - job->start_step >= job->cancel_step)
        cancel(job);
    if (job->resume_step && job->started && !job->done &&
        job->world->step - job->start_step >= job->resume_step) {
        job->resume_step = 0;
        on_resume(&job->resume);
    }
}

struct world_job *world_job_add(struct world *world, struct world_client *client,
                                enum world_job_kind kind) {
    struct world_job *job = &world->jobs[world->job_count];
    job->number = world->job_count++;
    job->world = world;
    job->client = client;
    job->kind = kind;
    job->start = (struct world_event){.world = world, .call = on_start};
    job->resume = (struct world_event){.world = world, .call = on_resume};
    job->cancel = (struct world_event){.world = world, .call = on_cancel};
    world->jobs_pending++;
    return job;
}

/* Two pipes, or both ends of one at one client, may wait for the connections of each other until a
 * time-out: not where all is calm. */
static bool may_pipe(const struct world *world, const struct world_client *from,
                     const struct world_client *to) {
    unsigned most = world->profile->calm ? 1 : WORLD_PIPES_MAX;
    if (world->profile->calm && from == to) return false;
    return from->http && to->http && world->pipe_count < most &&
           world->job_count + 2 <= WORLD_JOBS_MAX;
}

void world_job_plan(struct world *world) {
    struct world_client *client = &world->clients[world_below(world, world->client_count)];
    struct world_client *other = &world->clients[world_below(world, world->client_count)];
    if (may_pipe(world, client, other) && world_chance(world, 5000)) {
        world_pipe_plan(world, client, other);
        return;
    }
    struct world_job *job = world_job_add(world, client, pick_kind(world, client));
    const struct world_profile *profile = world->profile;
    job->key = (unsigned)world_below(world, WORLD_KEYS);
    if (world_chance(world, 12000)) job->again = 1 + (unsigned)world_below(world, 3);
    bool cancelled = world_chance(world, profile->cancels);
    uint64_t begin_ns = world_chance(world, 30000) ? 0 : world_below(world, 400 * WORLD_MS);
    if (cancelled && world_chance(world, 32768))
        job->cancel_step = 1 + (unsigned)world_below(world, 300);
    else if (cancelled)
        world_after(&job->cancel, begin_ns + world_below(world, 100 * WORLD_MS));
    world_after(&job->start, begin_ns);
}

/* ---- A start. */

static void on_pause(struct world_body *body) {
    struct world_job *job = body->user;
    if (body->kept && body->kept_of == job->u.request.attempts && !is_s3(job)) {
        body->kept = body->asked = body->paused = false;
        body->resumed = true; /* nobody resumes it another time */
        return;
    }
    if (!world_chance(job->world, 16384)) {
        world_after(&job->resume, world_pause_ns(job->world));
        return;
    }
    on_resume(&job->resume); /* before the library can know of the push-back */
    world_body_resume_kept(&job->source);
    world_body_resume_kept(&job->sink);
}

static struct world_body new_body(struct world_job *job, const char *what) {
    struct world *world = job->world;
    return (struct world_body){
        .world = world,
        .what = what,
        .number = job->number,
        .push_back = job->final ? 0 : (uint16_t)world_below(world, world->profile->push_backs + 1u),
        .on_pause = on_pause,
        .user = job};
}

static void prepare(struct world_job *job) {
    struct world *world = job->world;
    job->started = true;
    job->done = job->accepted = false;
    job->start_step = world->step;
    job->served = job->attempts = 0;
    job->resume_step = world_chance(world, 16384) ? 1 + (unsigned)world_below(world, 1500) : 0;
    job->version = ++world->versions;
    job->size = world_size(world);
    if (job->pipe && job == job->pipe->to) {
        job->version = job->pipe->from->version;
        job->size = job->pipe->from->size;
    }
    job->source = new_body(job, "its producer");
    job->source.version = job->version;
    job->source.size = job->size;
    job->sink = new_body(job, "its consumer");
    job->blame = (struct oracle_blame){.cancelled = false,
                                       .timeout = !job->final &&
                                                  world_chance(world, world->profile->timeouts),
                                       .faults = !job->final && !world->profile->calm};
}

static void end(struct world_job *job) {
    job->done = true;
    world_body_deinit(&job->source);
    world_body_deinit(&job->sink);
    /* All of it the caller's again: what the library still writes is seen by check_untouched. */
    memset(&job->u, 0, sizeof job->u);
}

static void check_untouched(const struct world_job *job) {
    const unsigned char *bytes = (const unsigned char *)&job->u;
    for (size_t i = 0; i < sizeof job->u; i++)
        if (bytes[i])
            oracle_finding("job %u: byte %zu of its request was written after its end", job->number,
                           i);
}

/* From inside a callback: another is cancelled, resumed or started before its time, or the client
 * closes. */
static void meddle(struct world *world, struct world_client *client) {
    struct world_job *other = &world->jobs[world_below(world, world->job_count)];
    switch (world_below(world, 4)) {
    case 0:
        if (world->profile->cancels) cancel(other);
        break;
    case 1:
        if (!other->started && !other->final && !other->pipe &&
            client->engine == other->client->engine)
            world_job_start(other);
        break;
    case 2:
        if (other->started && !other->done) on_resume(&other->resume);
        break;
    default:
        if (!world->profile->calm && world_chance(world, 4000)) world_client_close(client);
        break;
    }
}

static void on_done(struct hr_request *request) {
    struct world_job *job = request->user;
    struct world_client *client = job->client;
    if (job->done || !job->accepted)
        oracle_finding("job %u: called back %s", job->number,
                       job->done ? "twice" : "although its start was refused");
    if (client->closed)
        oracle_finding("job %u: called back after its client's on_closed", job->number);
    sim_trace("job %u ends: %s after %u attempts%s%s", job->number,
              request->result ? hr_error_name(request->result) : "success", request->attempts,
              request->result ? ": " : "", request->error.message);
    if (is_s3(job))
        world_s3_judge(job);
    else
        world_http_judge(job);
    client->in_progress--;
    job->attempts = request->attempts;
    end(job);
    if (job->pipe) world_pipe_ended(job);
    if (!job->final && world_chance(job->world, job->world->profile->meddles))
        meddle(job->world, client);
    if (client->closing && world_chance(job->world, job->world->profile->presses))
        world_client_press(client);
    world_servers_meddle(job->world);
    if (job->again == 0) {
        job->world->jobs_pending--;
        return;
    }
    job->again--;
    world_job_start(job);
}

void world_job_request(struct world_job *job) {
    struct hr_request *request = &job->u.request;
    request->on_done = on_done;
    request->user = job;
    if (job->blame.timeout) request->timeout_ms = 1 + (uint32_t)world_below(job->world, 2000);
    job->accepted = true; /* a refusal takes it back */
    job->client->in_progress++;
}

static void refused(struct world_job *job, int result) {
    const struct world_client *client = job->client;
    bool full = result == -ENOBUFS && job->world->profile->small;
    if (!(result == -ESHUTDOWN && client->closing) && !full)
        oracle_finding("job %u: its start was refused: %s", job->number, hr_error_name(result));
    job->accepted = false;
    job->client->in_progress--;
    end(job);
    if (job->pipe) world_pipe_ended(job);
    job->world->jobs_pending--;
}

void world_job_start(struct world_job *job) {
    check_untouched(job);
    /* A closing client may still be asked: it is there until on_closed. */
    bool closing = job->client->closing;
    if (job->client->closed) {
        job->started = job->done = true;
        if (job->pipe) world_pipe_ended(job);
        job->world->jobs_pending--;
        return;
    }
    struct world *world = job->world;
    prepare(job);
    sim_trace("job %u starts: %s, client %u, version %llu, %llu bytes", job->number,
              world_job_kind_name(job->kind), job->client->number, (unsigned long long)job->version,
              (unsigned long long)job->size);
    int result = is_s3(job) ? world_s3_start(job) : world_http_start(job);
    if (result == 0 && closing)
        oracle_finding("job %u: its client is closing, and has accepted it", job->number);
    if (result < 0)
        refused(job, result);
    else if (!job->final && world_chance(world, 4000))
        on_resume(&job->resume); /* before anybody has pushed back */
}
