/* The HTTP half of a world: an origin that answers with bodies that describe themselves, and what
 * its clients ask of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define HOPS_MAX 3

/* ---- The origin. */

/* What is done when its timer fires. */
enum exchange_next { NEXT_RESPOND, NEXT_READ, NEXT_RESUME };

struct exchange {
    struct world *world;
    struct world_job *job;
    hr_http_exchange *exchange;
    struct hr_reactor *reactor;
    struct hr_timer timer;
    enum exchange_next next;
    uint64_t version, size;
    unsigned hops; /* more redirects that lead to the response */
    bool upload, head;
    struct world_body taken, given;
    char version_text[24];
};

static void later(struct exchange *each, enum exchange_next next, uint64_t delay_ns) {
    each->next = next;
    hr__timer_start(each->reactor, &each->timer, hr__reactor_now(each->reactor) + delay_ns);
}

static void on_end(void *user, int result) {
    struct exchange *each = user;
    sim_trace("origin: exchange of job %u version %" PRIu64 " ended: %s", each->job->number,
              each->version, result ? hr_error_name(result) : "whole");
    hr__timer_stop(each->reactor, &each->timer);
    world_body_deinit(&each->taken);
    world_body_deinit(&each->given);
    each->world->exchanges--;
    free(each);
}

static void resume_exchange(struct exchange *each) {
    world_body_resume(&each->taken);
    world_body_resume(&each->given);
    hr_http_exchange_resume(each->exchange);
}

static void on_server_pause(struct world_body *body) {
    struct exchange *each = body->user;
    if (!world_chance(each->world, 16384)) {
        later(each, NEXT_RESUME, world_pause_ns(each->world));
        return;
    }
    resume_exchange(each); /* before the library can know of the push-back */
    world_body_resume_kept(&each->taken);
    world_body_resume_kept(&each->given);
}

static void answer(struct exchange *each, const struct hr_http_response *response) {
    int result = hr_http_exchange_respond(each->exchange, response);
    if (result == -ENOBUFS || result == -ENOMEM)
        later(each, NEXT_RESPOND, 10 * WORLD_MS);
    else if (result < 0)
        oracle_finding("job %u: the origin's response is refused: %s", each->job->number,
                       hr_error_name(result));
}

/* To any origin under any of its names, that which redirects included. */
static void redirect(struct exchange *each) {
    static const int statuses[] = {301, 302, 303, 307, 308};
    struct world *world = each->world;
    char location[160];
    snprintf(location, sizeof location, "http://%s:%u/o/%" PRIu64 "/%" PRIu64 "/%u",
             world_chance(world, 16384) ? "localhost" : "origin.test",
             world->servers[1 + world_below(world, world->server_count - 1)].port, each->version,
             each->size, each->hops - 1);
    const struct hr_http_field field = {.name = hr_slice_of("Location"),
                                        .value = hr_slice_of(location)};
    sim_trace("origin: job %u goes on to %s", each->job->number, location);
    answer(each, &(struct hr_http_response){.status = statuses[world_below(world, 5)],
                                            .fields = &field,
                                            .field_count = 1,
                                            .close = world_chance(world, world->profile->closes),
                                            .body = hr_source_none(),
                                            .on_end = on_end,
                                            .user = each});
}

static void respond(struct exchange *each) {
    struct world *world = each->world;
    if (each->hops > 0) {
        redirect(each);
        return;
    }
    snprintf(each->version_text, sizeof each->version_text, "%" PRIu64, each->version);
    const struct hr_http_field field = {.name = hr_slice_of("X-Version"),
                                        .value = hr_slice_of(each->version_text)};
    struct hr_http_response response = {.status = 200,
                                        .fields = &field,
                                        .field_count = 1,
                                        .close = world_chance(world, world->profile->closes),
                                        .on_end = on_end,
                                        .user = each};
    if (!each->upload) {
        world_body_deinit(&each->given);
        each->given.at = 0;
        response.body = world_body_source(&each->given, each->head || world_chance(world, 40000));
    } else {
        response.body = hr_source_none();
    }
    answer(each, &response);
}

static void respond_soon(struct exchange *each) {
    if (world_chance(each->world, 16384))
        later(each, NEXT_RESPOND, world_pause_ns(each->world));
    else
        respond(each);
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    struct exchange *each = ((struct world_body *)user)->user;
    (void)exchange;
    if (result < 0) return; /* on_end follows */
    if (each->taken.at != each->size)
        oracle_finding("job %u: the origin got %" PRIu64 " of %" PRIu64 " bytes and a good end",
                       each->job->number, each->taken.at, each->size);
    if (each->job->version == each->version) each->job->whole = each->version;
    respond_soon(each);
}

static void read_body(struct exchange *each) {
    hr_http_exchange_read(each->exchange, world_body_consume, on_body, &each->taken);
}

static void on_fire(struct hr_timer *timer) {
    struct exchange *each =
        (struct exchange *)(void *)((char *)timer - offsetof(struct exchange, timer));
    switch (each->next) {
    case NEXT_RESPOND:
        respond(each);
        break;
    case NEXT_READ:
        read_body(each);
        break;
    case NEXT_RESUME:
        resume_exchange(each);
        break;
    }
}

/* The job by its number, and that it is asked for as it is meant. */
static void identify(struct exchange *each, hr_http_exchange *exchange) {
    struct world *world = each->world;
    struct hr_slice field = hr_http_exchange_find(exchange, "X-Job");
    struct hr_slice target = hr_http_exchange_target(exchange);
    char number[16], path[64];
    each->hops = 0;
    if (!field.data || field.size >= sizeof number || target.size >= sizeof path)
        oracle_finding("the origin got a head that nobody sent: %.*s", (int)target.size,
                       target.data);
    snprintf(number, sizeof number, "%.*s", (int)field.size, field.data);
    snprintf(path, sizeof path, "%.*s", (int)target.size, target.data);
    unsigned long index = strtoul(number, NULL, 10);
    char kind;
    if (index >= world->job_count || sscanf(path, "/%c/%" SCNu64 "/%" SCNu64 "/%u", &kind,
                                            &each->version, &each->size, &each->hops) < 3)
        oracle_finding("the origin got a head that nobody sent: %s of job %s", path, number);
    each->job = &world->jobs[index];
    each->upload = kind == 'u';
    struct hr_slice method = hr_http_exchange_method(exchange);
    each->head = hr_slice_equal(method, hr_slice_of("HEAD"));
    struct world_job *job = each->job;
    if (job->version != each->version) return; /* of an earlier start: a late one */
    if (!hr_slice_equal(method, hr_slice_of(job->method)) || job->size != each->size)
        oracle_finding("job %u: the origin got %.*s %s", job->number, (int)method.size, method.data,
                       path);
    if (each->hops > 0) return;
    unsigned attempts = job->done ? job->attempts : job->u.request.attempts;
    if (++job->served > (job->idempotent ? attempts : 1))
        oracle_finding("job %u: the origin got it %u times, %u attempts, %s", job->number,
                       job->served, attempts, job->method);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct world_server *server = user;
    struct world *world = server->world;
    struct exchange *each = calloc(1, sizeof *each);
    if (!each) abort();
    each->world = world;
    each->exchange = exchange;
    each->reactor = hr__reactor_current();
    each->timer.on_fire = on_fire;
    identify(each, exchange);
    world->exchanges++;
    struct world_body body = {.world = world,
                              .number = each->job->number,
                              .version = each->version,
                              .size = each->size,
                              .push_back = world->profile->push_backs,
                              .on_pause = on_server_pause,
                              .user = each};
    each->taken = each->given = body;
    each->taken.what = "the origin's consumer";
    each->given.what = "the origin's producer";
    sim_trace("origin: job %u version %" PRIu64 ", %" PRIu64 " bytes", each->job->number,
              each->version, each->size);
    hr_http_exchange_on_end(exchange, on_end, each);
    world_servers_meddle(world);
    if (!each->upload || each->job->early)
        respond_soon(each);
    else if (world_chance(world, 8192))
        later(each, NEXT_READ, world_pause_ns(world));
    else
        read_body(each);
}

void world_http_serve(struct world_server *server, const struct hr_http_server_options *limits) {
    struct hr_http_server_options options = *limits;
    options.on_request = on_request;
    options.user = server;
    struct hr_error error;
    if (hr_http_server_new(server->engine->engine, &options, &error, &server->http) < 0)
        oracle_finding("no HTTP server: %s", error.message);
    server->port = hr_http_server_port(server->http);
}

/* ---- What clients ask. */

static int on_head(struct hr_http_request *request, const struct hr_http_head *head) {
    struct world_job *job = request->request.user;
    if (job->done) oracle_finding("job %u: a head after its end", job->number);
    if (head->status != 200) return 0;
    struct hr_slice version = hr_http_head_find(head, "X-Version");
    if (!version.data || !hr_slice_equal(version, hr_slice_of(job->version_text)))
        oracle_finding("job %u version %" PRIu64 ": got the answer of version %.*s", job->number,
                       job->version, (int)version.size, version.data ? version.data : "");
    if (job->sink.at)
        oracle_finding("job %u: a second answer after %" PRIu64 " bytes", job->number,
                       job->sink.at);
    job->sink.version = job->version;
    return 0;
}

static const char *url_of(struct world_job *job, char *url, size_t size) {
    const char *host = world_chance(job->world, 16384) ? "localhost" : "origin.test";
    if (job->kind == JOB_NOBODY)
        snprintf(url, size, "http://127.0.0.1:9/o/%" PRIu64 "/0", job->version);
    else if (job->kind == JOB_UNKNOWN)
        snprintf(url, size, "http://nowhere.invalid/o/%" PRIu64 "/0", job->version);
    else
        snprintf(url, size, "http://%s:%u/%c/%" PRIu64 "/%" PRIu64 "/%u", host, job->server->port,
                 job->kind == JOB_UPLOAD ? 'u' : 'o', job->version, job->size, job->hops);
    return url;
}

static void fill_upload(struct world_job *job) {
    struct world *world = job->world;
    struct hr_http_request *request = &job->u.http;
    job->idempotent = world_chance(world, 32768);
    job->early = world_chance(world, 6000) && (!world->profile->calm || job->size < 65536);
    job->source.rewindable = world_chance(world, 40000);
    bool sized = world_chance(world, 40000);
    request->body =
        job->pipe ? world_pipe_source(job->pipe, sized) : world_body_source(&job->source, sized);
    request->expect_continue = world_chance(world, 12000);
    if (job->idempotent && world_chance(world, 16384)) {
        snprintf(job->method, sizeof job->method, "POST");
        request->repeat = HR_HTTP_REPEAT_ALLOWED;
    } else {
        snprintf(job->method, sizeof job->method, job->idempotent ? "PUT" : "POST");
    }
}

static void fill_sink(struct world_job *job) {
    struct world *world = job->world;
    bool short_of = job->kind == JOB_GET && job->size > 0 && world_chance(world, 3000);
    size_t capacity = (size_t)job->size;
    if (job->pipe && job->kind == JOB_GET) {
        job->u.http.sink = world_pipe_sink(job->pipe);
        return;
    }
    if (short_of) capacity = (size_t)world_below(world, job->size);
    job->u.http.sink = world_body_sink(&job->sink, capacity);
    if (short_of && job->sink.kind == HR_SINK_BYTES) job->blame.expected = HR_ERR_SINK_FULL;
}

int world_http_start(struct world_job *job) {
    struct world *world = job->world;
    struct hr_http_request *request = &job->u.http;
    memset(request, 0, sizeof *request);
    job->idempotent = true;
    job->whole = 0;
    snprintf(job->method, sizeof job->method, job->kind == JOB_HEAD ? "HEAD" : "GET");
    snprintf(job->field, sizeof job->field, "%u", job->number);
    snprintf(job->version_text, sizeof job->version_text, "%" PRIu64, job->version);
    job->fields[0] =
        (struct hr_http_field){.name = hr_slice_of("X-Job"), .value = hr_slice_of(job->field)};
    request->fields = job->fields;
    request->field_count = 1;
    job->server = &world->servers[1 + world_below(world, world->server_count - 1)];
    bool may_hop = job->kind == JOB_GET || job->kind == JOB_HEAD;
    job->hops = may_hop && world_chance(world, world->profile->hops)
                    ? 1 + (unsigned)world_below(world, HOPS_MAX)
                    : 0;
    request->redirects.max = HOPS_MAX;
    request->url = url_of(job, job->url, sizeof job->url);
    request->on_head = on_head;
    if (job->kind == JOB_UPLOAD)
        fill_upload(job);
    else
        request->body = hr_source_none();
    if (job->pipe) { /* the other's end is its end, and each may wait for what the other holds */
        job->blame.expected = -EPIPE;
        job->blame.may_differ = true;
    }
    if (job->kind == JOB_NOBODY) job->blame.expected = -ECONNREFUSED;
    if (job->kind == JOB_UNKNOWN) job->blame.expected = HR_ERR_NAME_UNRESOLVED;
    fill_sink(job);
    request->method = job->method;
    request->close = world_chance(world, world->profile->closes);
    world_job_request(job);
    return hr_http_request_start(job->client->http, request);
}

/* Answers that a server gives for its limits, with no exchange. */
static bool of_limits(const struct world *world, int status) {
    return !world->profile->calm && (status == 408 || status == 503);
}

void world_http_judge(struct world_job *job) {
    const struct hr_http_request *request = &job->u.http;
    char what[64];
    snprintf(what, sizeof what, "job %u (%s %s)", job->number, job->method,
             world_job_kind_name(job->kind));
    bool limited = request->request.result == 0 && of_limits(job->world, request->status);
    if (limited) job->blame.expected = 0;
    /* Where all fail, the breaker comes to know it. */
    bool doomed = job->kind == JOB_NOBODY || job->kind == JOB_UNKNOWN;
    if (doomed && request->request.result == HR_ERR_BREAKER_OPEN)
        job->blame.expected = HR_ERR_BREAKER_OPEN;
    oracle_check_result(&request->request, &job->blame, what);
    if (request->request.result < 0 || limited) return;
    if (request->status != 200) oracle_finding("%s: status %d", what, request->status);
    if (job->kind == JOB_UPLOAD && !job->early && job->whole != job->version)
        oracle_finding("%s: a success, but the origin has not got it", what);
    uint64_t size = job->kind == JOB_GET ? job->size : 0;
    if (request->body_bytes != size)
        oracle_finding("%s: %" PRIu64 " bytes of body, %" PRIu64 " were sent", what,
                       request->body_bytes, size);
    world_body_sink_done(&job->sink, 0, size);
    if (job->pipe && job == job->pipe->from && job->pipe->passed != size)
        oracle_finding("%s: %" PRIu64 " bytes into the pipe, %" PRIu64 " were sent", what,
                       job->pipe->passed, size);
}
