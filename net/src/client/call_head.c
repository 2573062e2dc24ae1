/* Before an attempt: URL, method and fields are checked, the head is written and the
 * host found. So a request that may not be sent never waits and never connects. */
#include "call.h"
#include "http1_kept.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <headrace/url.h>
#include <net/chars.h>

#include "call_route.h"
#include "credentials_basic.h"
#include "url_authority.h"

/* An attempt asks for the request, or for that which redirects have made of it. */
struct ask {
    struct hr_slice method;
    const struct hr_source *body;
    const struct hr_http_field *fields;
    size_t field_count;
    const struct hr_redirect_step *step; /* NULL: no redirect was followed */
};

static struct ask ask_of(const struct hr_call *call) {
    static const struct hr_source no_body = {.kind = HR_SOURCE_NONE};
    const struct hr_http_request *request = call->request;
    struct ask ask = {
        .method = hr_slice_of(request->method ? request->method : "GET"),
        .body = &request->body,
        .fields = request->fields,
        .field_count = request->field_count,
    };
    if (!call->route || call->route->followed == 0) return ask;
    ask.step = &call->route->step;
    ask.fields = call->route->fields;
    ask.field_count = call->route->field_count;
    if (ask.step->method) ask.method = hr_slice_of(ask.step->method);
    if (ask.step->drop_body) ask.body = &no_body;
    return ask;
}

/* ---- Fields that the request has not given itself. */

struct extras {
    size_t count;
    char *own; /* the value of Authorization that was made for this request */
    char deadline[24];
    struct hr_http_field list[HR_CLIENT_FIELDS_MAX + 4];
};

static void add(struct extras *extras, const char *name, const char *value) {
    extras->list[extras->count++] =
        (struct hr_http_field){.name = hr_slice_of(name), .value = hr_slice_of(value)};
}

static bool has(const struct ask *ask, const char *name) {
    return hr__fields_have(ask->fields, ask->field_count, hr_slice_of(name));
}

/* Credentials are for the origin of the request's URL alone. */
static int add_authorization(const struct hr_call_attempt *attempt, const struct ask *ask,
                             struct extras *extras) {
    const struct hr_http_auth *auth = attempt->call->request->auth;
    char *value = attempt->call->shard->client->fields->authorization;
    struct hr_error *error = hr__attempt_error(attempt);
    if ((!auth && !value) || (ask->step && ask->step->drop_credentials)) return 0;
    if (auth) {
        int err = hr__auth_value(auth, error, &extras->own);
        if (err) return err;
        value = extras->own;
    }
    if (has(ask, "Authorization"))
        return auth && value ? hr_error_set(error, -EINVAL,
                                            "request.auth is given, and Authorization among "
                                            "request.fields: one of them is sent")
                             : 0;
    if (value) add(extras, "Authorization", value);
    return 0;
}

static void add_defaults(const struct hr_call_attempt *attempt, const struct ask *ask,
                         struct extras *extras) {
    const struct hr_client_fields *fields = attempt->call->shard->client->fields;
    const struct hr_slice authorization = hr_slice_of("Authorization");
    for (size_t i = 0; i < fields->field_count; i++) {
        struct hr_slice name = fields->fields[i].name;
        if (hr__fields_have(ask->fields, ask->field_count, name) ||
            (attempt->call->request->auth && hr_slice_equal_nocase(name, authorization)) ||
            (ask->step && !hr__redirect_keeps(ask->step, name)))
            continue;
        extras->list[extras->count++] = fields->fields[i];
    }
}

static bool is_given(const struct ask *ask, const struct extras *extras, const char *name) {
    return has(ask, name) || hr__fields_have(extras->list, extras->count, hr_slice_of(name));
}

/* Until the request's deadline; UINT64_MAX: it has none. 0: it has passed. */
static uint64_t remaining_ms(const struct hr_call *call) {
    if (call->deadline_ns == HR_FOREVER_NS) return UINT64_MAX;
    uint64_t now = hr__reactor_now(call->shard->reactor);
    return call->deadline_ns > now ? (call->deadline_ns - now) / 1000000 : 0;
}

static int add_extras(const struct hr_call_attempt *attempt, const struct ask *ask, bool tls,
                      struct extras *extras) {
    const struct hr_client_fields *fields = attempt->call->shard->client->fields;
    const struct hr_proxy *proxy = attempt->waiter.origin->proxy;
    int err = add_authorization(attempt, ask, extras);
    if (err) return err;
    add_defaults(attempt, ask, extras);
    if (attempt->call->request->decode && !is_given(ask, extras, "Accept-Encoding"))
        add(extras, "Accept-Encoding", HR_DECODE_ACCEPTED);
    uint64_t left_ms = fields->deadline_field ? remaining_ms(attempt->call) : UINT64_MAX;
    if (left_ms != UINT64_MAX && !is_given(ask, extras, fields->deadline_field)) {
        snprintf(extras->deadline, sizeof extras->deadline, "%" PRIu64, left_ms);
        add(extras, fields->deadline_field, extras->deadline);
    }
    if (proxy && !tls && proxy->authorization && !is_given(ask, extras, "Proxy-Authorization"))
        add(extras, "Proxy-Authorization", proxy->authorization);
    return 0;
}

/* ---- The head. */

void hr__head_release(struct hr_call_attempt *attempt) {
    struct hr_sender *sender = &attempt->sender;
    if (!sender->head) return;
    /* A writing that was given up has left no size. */
    explicit_bzero(sender->head, sender->head_size ? sender->head_size : sender->head_block);
    hr__blocks_give(&attempt->call->shard->blocks, sender->head, sender->head_block);
    sender->head = NULL;
    sender->head_size = 0;
}

/* An IPv6 address in brackets, and a port. */
#define HOST_WITHOUT_ZONE_MAX (INET6_ADDRSTRLEN + sizeof "[]:65535")

/* The Host field: as written, without the scheme's own port and without a zone, which `memory`
 * (HOST_WITHOUT_ZONE_MAX bytes) is for. */
static struct hr_slice host_field(const struct hr_url *url, char *memory) {
    struct hr_slice host = hr__host_without_zone(url->host);
    bool own_port = url->port == (url->tls ? 443 : 80);
    if (host.size < url->host.size) {
        int size = snprintf(memory, HOST_WITHOUT_ZONE_MAX, own_port ? "[%.*s]" : "[%.*s]:%u",
                            (int)host.size, host.data, url->port);
        return hr_slice_bytes(memory, (size_t)size);
    }
    size_t bare = url->host.size + (url->ipv6 ? 2 : 0);
    if (own_port && bare < url->authority.size) return hr_slice_bytes(url->authority.data, bare);
    return url->authority;
}

static bool wants_length(struct hr_slice method) {
    return hr_slice_equal(method, hr_slice_of("POST")) ||
           hr_slice_equal(method, hr_slice_of("PUT")) ||
           hr_slice_equal(method, hr_slice_of("PATCH"));
}

static ssize_t write_into(struct hr_call_attempt *attempt, const struct hr_http1_request_head *head,
                          size_t size) {
    struct hr_sender *sender = &attempt->sender;
    if (sender->head && sender->head_block != hr__block_size(size)) hr__head_release(attempt);
    sender->head_size = 0;
    if (!sender->head) {
        sender->head_block = hr__block_size(size);
        sender->head = hr__blocks_take(&attempt->call->shard->blocks, sender->head_block);
        if (!sender->head) return -ENOMEM;
    }
    return hr__http1_write_request(head, sender->head, sender->head_block);
}

static int write_sized(struct hr_call_attempt *attempt, const struct hr_http1_request_head *head) {
    static const size_t sizes[] = {HR_BLOCK_TINY, HR_BLOCK_SMALL, HR_BLOCK_MEDIUM, HR_BLOCK_LARGE};
    ssize_t size = -ENOBUFS;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && size == -ENOBUFS; i++)
        size = write_into(attempt, head, sizes[i]);
    if (size == -ENOBUFS) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    if (size < 0) return (int)size;
    attempt->sender.head_size = (size_t)size;
    return 0;
}

/* NULL: the body goes out as it is. */
static const struct hr_http_framing *framing_of(const struct hr_call_attempt *attempt,
                                                const struct ask *ask) {
    const struct hr_http_hooks *hooks = attempt->call->request->private_.hooks;
    return hooks && ask->body->kind != HR_SOURCE_NONE && ask->body->size > 0 ? hooks->framing
                                                                             : NULL;
}

static int write_with(struct hr_call_attempt *attempt, const struct ask *ask,
                      const struct hr_url *url, const struct extras *extras) {
    const struct hr_http_request *request = attempt->call->request;
    bool body = ask->body->kind != HR_SOURCE_NONE;
    const struct hr_http_framing *framing = framing_of(attempt, ask);
    char memory[HOST_WITHOUT_ZONE_MAX];
    struct hr_slice host = host_field(url, memory);
    struct hr_http1_request_head head = {
        .method = ask->method,
        .target = url->path.size > 0 ? url->path : hr_slice_of("/"),
        .query = url->query,
        .absolute = attempt->waiter.origin->proxy && !url->tls,
        .authority = host,
        .host = host,
        .fields = {ask->fields, extras->list},
        .field_counts = {ask->field_count, extras->count},
        .checked = ask->fields == request->fields && request->private_.hooks &&
                   request->private_.hooks->fields_checked,
        .has_body = body || wants_length(ask->method),
        .body_size = framing ? framing->size(attempt->call->request)
                     : body  ? ask->body->size
                             : 0,
        .expect_continue = request->expect_continue && !attempt->call->expect_refused && body &&
                           ask->body->size > 0,
        .close = request->close,
        .user_agent = hr_slice_of(attempt->call->shard->client->user_agent),
        .trailers = request->trailers,
        .trailer_count = body ? request->trailer_count : 0,
    };
    int err = write_sized(attempt, &head);
    if (err) return err;
    attempt->sender.expects = head.expect_continue;
    attempt->sender.chunked = body && ask->body->size == HR_SIZE_UNKNOWN;
    attempt->sender.trailer_count = head.trailer_count;
    attempt->sender.framing = framing;
    return 0;
}

static int write_head(struct hr_call_attempt *attempt, const struct ask *ask,
                      const struct hr_url *url) {
    for (size_t i = 0; i < ask->field_count; i++)
        if (hr__fields_reserved(ask->fields[i].name)) return -EINVAL;
    struct extras extras;
    extras.count = 0;
    extras.own = NULL;
    int err = add_extras(attempt, ask, url->tls, &extras);
    if (!err) err = write_with(attempt, ask, url, &extras);
    hr__credentials_free(extras.own);
    return err;
}

/* ---- Checks. */

/* Names the first field that may not be sent; never its value, which may be a secret. */
static int refuse_field(const struct ask *ask, struct hr_error *error) {
    unsigned hosts = 0;
    for (size_t i = 0; i < ask->field_count; i++) {
        struct hr_slice name = ask->fields[i].name;
        if (!hr__http1_is_token(name))
            return hr_error_set(error, HR_ERR_HEADER_INVALID,
                                "request.fields[%zu]: its name is no RFC 9110 token", i);
        if (!hr__http1_is_field_value(ask->fields[i].value))
            return hr_error_set(error, HR_ERR_HEADER_INVALID,
                                "request.fields[%zu], %.*s: its value has a control character, or "
                                "a blank at an end",
                                i, name.size < 64 ? (int)name.size : 64, name.data);
        if (hr_slice_equal_nocase(name, hr_slice_of("Host")) && hosts++ > 0)
            return hr_error_set(error, HR_ERR_HEADER_INVALID,
                                "request.fields[%zu]: Host is given twice", i);
    }
    return hr_error_set(error, HR_ERR_HEADER_INVALID, "%s", hr_error_text(HR_ERR_HEADER_INVALID));
}

static int refuse_head(const struct ask *ask, struct hr_error *error, int err) {
    if (error->code == err) return err; /* said already */
    if (err == HR_ERR_HEADER_INVALID) return refuse_field(ask, error);
    if (err == -EINVAL)
        return hr_error_set(
            error, err,
            "Content-Length, Transfer-Encoding, Connection and Expect are not for the caller "
            "to set (see body, close, expect_continue)");
    if (err == HR_ERR_HTTP_HEAD_TOO_LARGE)
        return hr_error_set(error, err, "the head of the request is larger than %d bytes",
                            HR_BLOCK_LARGE);
    return hr_error_set(error, err, "%s", hr_error_text(err));
}

static int check_trailers(const struct hr_http_request *request, struct hr_error *error) {
    if (request->trailer_count == 0) return 0;
    if (!request->trailers)
        return hr_error_set(error, -EINVAL, "request.trailers is NULL, and trailer_count %zu",
                            request->trailer_count);
    if (request->body.kind == HR_SOURCE_NONE || request->body.size != HR_SIZE_UNKNOWN)
        return hr_error_set(error, -EINVAL,
                            "trailers stand behind a body of unknown size only (HR_SIZE_UNKNOWN)");
    for (size_t i = 0; i < request->trailer_count; i++)
        if (!hr__http1_is_trailer(request->trailers[i].name))
            return hr_error_set(error, -EINVAL,
                                "trailers[%zu] is not a field that may stand behind a body (RFC "
                                "9110 6.5.1)",
                                i);
    return 0;
}

static int check(const struct hr_call_attempt *attempt, const struct ask *ask,
                 const struct hr_url *url) {
    const struct hr_http_request *request = attempt->call->request;
    struct hr_error *error = hr__attempt_error(attempt);
    if (url->userinfo.size > 0)
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "user information in the URL is not sent; give it as auth");
    if (url->port == 0)
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "the URL's port is 0, at which no server can listen");
    if (hr_slice_equal(ask->method, hr_slice_of("CONNECT")))
        return hr_error_set(error, HR_ERR_METHOD_INVALID,
                            "CONNECT is not a request for a resource");
    if (request->field_count > 0 && !request->fields)
        return hr_error_set(error, -EINVAL, "request.fields is NULL, and field_count %zu",
                            request->field_count);
    if ((unsigned)request->repeat > HR_HTTP_REPEAT_NEVER)
        return hr_error_set(error, -EINVAL,
                            "request.repeat is %d, which enum hr_http_repeat has not",
                            (int)request->repeat);
    if (hr__source_check(&request->body))
        return hr_error_set(error, -EINVAL, "request.body is not a usable source");
    if (hr__sink_check(&request->sink))
        return hr_error_set(error, -EINVAL, "request.sink is not a usable sink");
    int err = hr__http_kept_check(&request->kept, error);
    if (err) return err;
    return check_trailers(request, error);
}

/* ---- The origin. */

static int find_origin(struct hr_call_attempt *attempt, const struct hr_url *url) {
    struct hr_origin *origin = NULL;
    struct hr_origin_key key = {.name = url->host, .port = url->port, .tls = url->tls};
    int err = hr__origin_acquire(attempt->call->shard->pool, &key, &origin);
    if (err) return err;
    if (attempt->waiter.origin) hr__origin_release(attempt->waiter.origin);
    attempt->waiter.origin = origin;
    if (!origin->proxy_refusal) return 0;
    return hr_error_set(hr__attempt_error(attempt), -EINVAL, "%s", origin->proxy_refusal);
}

/* ---- All of it. */

static void show_url(const struct hr_http_request *request, struct hr_slice text) {
    if (!request->redirects.final_url || request->redirects.final_url_size == 0) return;
    size_t size = text.size < request->redirects.final_url_size
                      ? text.size
                      : request->redirects.final_url_size - 1;
    memcpy(request->redirects.final_url, text.data, size);
    request->redirects.final_url[size] = '\0';
}

static bool may_repeat(const struct hr_http_request *request, struct hr_slice method) {
    switch (request->repeat) {
    case HR_HTTP_REPEAT_ALLOWED:
        return true;
    case HR_HTTP_REPEAT_FORBIDDEN:
        return false;
    default:
        return hr__retry_method_idempotent(method);
    }
}

static int parse_url(struct hr_http_request *request, struct hr_slice text, struct hr_url *url) {
    const struct hr_http_hooks *hooks = request->private_.hooks;
    if (!hooks || !hooks->parts) return hr_url_parse(text, &request->request.error, url);
    *url = *hooks->parts(request);
    return 0;
}

static int prepare_url(struct hr_call_attempt *attempt, struct hr_slice text) {
    struct hr_http_request *request = attempt->call->request;
    struct hr_error *error = &request->request.error;
    struct ask ask = ask_of(attempt->call);
    struct hr_url url;
    int err = parse_url(request, text, &url);
    if (!err) err = check(attempt, &ask, &url);
    if (!err) err = find_origin(attempt, &url);
    if (!err) err = write_head(attempt, &ask, &url);
    if (err) return refuse_head(&ask, error, err);
    show_url(request, text);
    attempt->call->head_request = hr_slice_equal(ask.method, hr_slice_of("HEAD"));
    attempt->call->idempotent = may_repeat(request, ask.method);
    return 0;
}

static int prepare_relative(struct hr_call_attempt *attempt, struct hr_slice reference) {
    struct hr_slice base = hr_slice_of(attempt->call->shard->client->fields->base_url);
    struct hr_error *error = hr__attempt_error(attempt);
    char text[HR_URL_MAX];
    size_t size = 0;
    int err = hr_url_resolve(&(struct hr_url_reference){base, reference}, error, text, sizeof text,
                             &size);
    if (err == -ENOBUFS)
        return hr_error_set(error, HR_ERR_URL_MALFORMED,
                            "the URL, resolved against base_url, is longer than %d bytes",
                            HR_URL_MAX - 1);
    return err ? err : prepare_url(attempt, hr_slice_bytes(text, size));
}

static bool is_absolute(struct hr_slice text) {
    struct hr_slice front = hr_slice_bytes(text.data, text.size < 8 ? text.size : 8);
    return hr_slice_equal_nocase(front, hr_slice_of("https://")) ||
           (front.size == 8 &&
            hr_slice_equal_nocase(hr_slice_bytes(text.data, 7), hr_slice_of("http://")));
}

int hr__head_prepare(struct hr_call_attempt *attempt) {
    struct hr_http_request *request = attempt->call->request;
    bool led = attempt->call->route && attempt->call->route->followed > 0;
    struct hr_slice text = hr_slice_of(led ? attempt->call->route->step.url : request->url);
    request->redirects.followed = led ? attempt->call->route->followed : 0;
    if (led || !attempt->call->shard->client->fields->base_url || is_absolute(text))
        return prepare_url(attempt, text);
    return prepare_relative(attempt, text);
}

int hr__head_update(struct hr_call_attempt *attempt) {
    uint64_t waited_ns = hr__reactor_now(attempt->call->shard->reactor) - attempt->times.begun_ns;
    bool told = attempt->call->shard->client->fields->deadline_field &&
                attempt->call->deadline_ns != HR_FOREVER_NS;
    if (!told || waited_ns < 1000000) return 0;
    hr__head_release(attempt);
    return hr__head_prepare(attempt);
}
