/* Redirects: the response is dropped, and the next attempt asks where it points to. It is no retry:
 * neither attempts_max nor the retry budget knows of it, and both go on counting over all hops. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#include "call.h"
#include "call_route.h"
#include "excerpt.h"

static uint32_t limit_of(const struct hr_call *call) {
    uint32_t own = call->request->redirects.max;
    if (own == HR_NO_REDIRECTS || call->request->private_.hooks) return 0;
    return own ? own : call->settings->redirects_max;
}

static int say(struct hr_call *call, int err, const char *message) {
    return hr_error_set(&call->request->request.error, err, "%s", message);
}

/* Where a Location is given twice, those who follow it disagree about which one counts. */
static bool is_ambiguous(const struct hr_http_head *head, struct hr_slice location) {
    for (size_t i = 0; i < head->field_count; i++)
        if (hr_slice_equal_nocase(head->fields[i].name, hr_slice_of("Location")) &&
            !hr_slice_equal(head->fields[i].value, location))
            return true;
    return false;
}

static int refuse_ambiguous(struct hr_call *call, struct hr_slice location) {
    char shown[HR_EXCERPT_SIZE];
    hr__excerpt_url(location, shown);
    return hr_error_set(&call->request->request.error, HR_ERR_REDIRECT_REFUSED,
                        "the response has two different Location fields, the first of them \"%s\"",
                        shown);
}

static int open_route(struct hr_call *call) {
    if (call->route) return 0;
    size_t size = sizeof *call->route + call->request->field_count * sizeof(struct hr_http_field);
    if (hr__budget_grow(call->shard->reactor, size))
        return say(call, -ENOBUFS,
                   "following a redirect does not fit into the engine's byte budget "
                   "(budget_bytes)");
    struct hr_call_route *route = calloc(1, size);
    if (!route) {
        hr__budget_release(call->shard->reactor, size);
        return say(call, -ENOMEM, "no memory to follow a redirect");
    }
    call->reserved += size;
    route->fields = (struct hr_http_field *)(void *)(route + 1);
    route->field_count = call->request->field_count;
    if (route->field_count > 0)
        memcpy(route->fields, call->request->fields, route->field_count * sizeof *route->fields);
    call->route = route;
    return 0;
}

/* The URL that has been answered, absolute. */
static int asked_url(const struct hr_call *call, struct hr_slice *url) {
    struct hr_call_route *route = call->route;
    const char *base = call->shard->client->fields->base_url;
    *url = hr_slice_of(route->followed > 0 ? route->step.url : call->request->url);
    if (route->followed > 0 || !base) return 0;
    size_t size = 0;
    int err =
        hr_url_resolve(&(struct hr_url_reference){hr_slice_of(base), *url},
                       &call->request->request.error, route->asked, sizeof route->asked, &size);
    if (!err) *url = hr_slice_bytes(route->asked, size);
    return err;
}

static void drop_fields(struct hr_call_route *route) {
    size_t kept = 0;
    for (size_t i = 0; i < route->field_count; i++)
        if (hr__redirect_keeps(&route->step, route->fields[i].name))
            route->fields[kept++] = route->fields[i];
    route->field_count = kept;
}

static int plan(struct hr_call *call, int status, struct hr_slice location) {
    struct hr_http_request *request = call->request;
    struct hr_call_route *route = call->route;
    struct hr_slice url;
    int err = asked_url(call, &url);
    if (err) return err;
    const struct hr_redirect_step *before = &route->step;
    const char *method = before->method ? before->method : request->method;
    struct hr_redirect_facts facts = {
        .status = status,
        .method = hr_slice_of(method ? method : "GET"),
        .url = url,
        .location = location,
        .body_replayable = before->drop_body || hr__source_replayable(&call->attempt->source),
        .downgrade_allowed = call->settings->redirect_downgrade,
    };
    struct hr_redirect_step step = {.method = NULL};
    err = hr__redirect_decide(&facts, &request->request.error, &step);
    if (err) return err;
    if (!step.method) step.method = before->method;
    step.drop_body |= before->drop_body;
    step.drop_credentials |= before->drop_credentials;
    route->step = step;
    drop_fields(route);
    return 0;
}

bool hr__route_leads(const struct hr_call *call, const struct hr_http_head *head) {
    return head->status / 100 == 3 && limit_of(call) > 0 &&
           hr__redirect_is(head->status, hr_http_head_find(head, "Location"));
}

int hr__route_plan(struct hr_call *call, const struct hr_http_head *head) {
    struct hr_slice location = hr_http_head_find(head, "Location");
    uint32_t limit = limit_of(call), followed = call->route ? call->route->followed : 0;
    if (followed >= limit)
        return hr_error_set(
            &call->request->request.error, HR_ERR_REDIRECT_LIMIT,
            "status %d after %u redirects, and %s is %u", head->status, followed,
            call->request->redirects.max ? "request.redirects.max" : "redirects.max", limit);
    if (is_ambiguous(head, location)) return refuse_ambiguous(call, location);
    int err = open_route(call);
    if (!err) err = plan(call, head->status, location);
    if (!err) call->route->pending = true;
    return err;
}

bool hr__route_take(struct hr_call *call) {
    static const struct hr_source no_body = {.kind = HR_SOURCE_NONE};
    struct hr_call_route *route = call->route;
    struct hr_client_shard *shard = call->shard;
    struct hr_source_reader *source = &call->attempt->source;
    if (!route || !route->pending) return false;
    route->pending = false;
    route->followed++;
    hr__count(&shard->counters.redirects, 1);
    if (route->step.drop_body) {
        if (source->block) hr__source_close(source);
        hr__source_open(source, shard->reactor, &shard->blocks, &no_body, hr__attempt_body_ready);
    }
    return true;
}

void hr__route_free(struct hr_call *call) {
    free(call->route);
    call->route = NULL;
}
