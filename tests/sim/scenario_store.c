/* How a scripted store receives and answers, and its one client. */
#include "scenario_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX  6
#define FIRST_BYTE_MS 1500

/* ---- An answer. */

static void on_end(void *user, int result) {
    struct store_request *request = user;
    (void)result;
    request->store->scenario->world->exchanges--;
    if (request->paused) hr__timer_stop(request->reactor, &request->ending);
    free(request->object.data);
    free(request);
}

void scenario_store_refuse(struct store_request *request, unsigned status, const char *code) {
    request->status = status;
    request->etag[0] = '\0';
    snprintf(request->text, sizeof request->text,
             "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>by the script</Message>%s%s%s"
             "</Error>",
             code, request->region[0] ? "<Region>" : "", request->region,
             request->region[0] ? "</Region>" : "");
}

/* Half of an answer, and no more. */
static ssize_t produce_half(void *user, void *buffer, size_t capacity) {
    bool *begun = user;
    if (*begun) return -EPIPE;
    *begun = true;
    memset(buffer, ' ', capacity < 5 ? capacity : 5);
    return capacity < 5 ? (ssize_t)capacity : 5;
}

static void on_ending(struct hr_timer *timer) {
    hr_http_exchange_resume(hr__container_of(timer, struct store_request, ending)->exchange);
}

static ssize_t pause_once(struct store_request *request) {
    if (request->paused) return -EPIPE;
    request->paused = true;
    request->reactor = hr__reactor_current();
    request->ending.on_fire = on_ending;
    uint64_t pause_ns = world_below(request->store->scenario->world, 5 * WORLD_MS);
    hr__timer_start(request->reactor, &request->ending,
                    hr__reactor_now(request->reactor) + pause_ns);
    return -EAGAIN;
}

/* An object up to where it breaks off. */
static ssize_t produce_part(void *user, void *buffer, size_t capacity) {
    struct store_request *request = user;
    size_t left = request->break_at - request->produced;
    if (left == 0) return pause_once(request);
    if (left > capacity) left = capacity;
    memcpy(buffer, request->object.data + request->produced, left);
    request->produced += left;
    return (ssize_t)left;
}

static size_t add_fields(const struct store_request *request, struct hr_http_field *fields) {
    size_t count = 0;
    const struct {
        const char *name, *value;
    } all[] = {{"etag", request->etag},
               {"x-amz-bucket-region", request->region},
               {"location", request->location},
               {"x-amz-request-id", "by-the-script"},
               {"content-range", request->range},
               {"x-amz-checksum-crc32", request->checksum},
               {"last-modified", request->has_object ? "Sat, 01 Aug 2026 10:00:00 GMT" : ""}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value[0])
            fields[count++] =
                (struct hr_http_field){hr_slice_of(all[i].name), hr_slice_of(all[i].value)};
    return count;
}

static void respond(struct store_request *request, bool broken) {
    struct hr_http_field fields[8];
    struct hr_http_response response = {.status = (int)request->status,
                                        .fields = fields,
                                        .field_count = add_fields(request, fields),
                                        .body =
                                            hr_source_bytes(request->text, strlen(request->text)),
                                        .on_end = on_end,
                                        .user = request};
    if (request->has_object)
        response.body = hr_source_bytes(request->object.data, request->object.size);
    if (request->breaks)
        response.body = hr_source_producer(produce_part, NULL, request, request->object.size);
    if (broken) {
        request->has_object = false;
        response.body = hr_source_producer(produce_half, NULL, &request->has_object, 4000);
    }
    if (request->status == 204) response.body = hr_source_none();
    sim_trace("store: %s %u upload %u part %u: %u %.40s", request->method, request->key,
              request->upload, request->part, request->status, request->text);
    int result = hr_http_exchange_respond(request->exchange, &response);
    if (result < 0) oracle_finding("the store's response is refused: %s", hr_error_name(result));
}

/* ---- Faults. */

static enum store_fault draw(struct store_request *request) {
    struct scenario_store *store = request->store;
    struct world *world = store->scenario->world;
    if (!world_chance(world, store->faults)) return STORE_NO_FAULT;
    enum store_fault fault = 1 + (enum store_fault)world_below(world, STORE_BROKEN);
    bool copies = hr_http_exchange_find(request->exchange, "x-amz-copy-source").size > 0;
    bool complete = request->upload && strcmp(request->method, "POST") == 0;
    if (complete && store->vanishes && world_chance(world, 20000)) return STORE_VANISH;
    if (fault == STORE_200_ERROR && !copies && !complete) return STORE_503;
    if (fault == STORE_VANISH && !(complete && store->vanishes)) return STORE_503;
    return fault;
}

static void fail_before(struct store_request *request, enum store_fault fault) {
    if (fault == STORE_SILENT) return;
    if (fault == STORE_VANISH && request->upload <= request->store->upload_count) {
        struct store_upload *upload = &request->store->uploads[request->upload];
        if (upload->state == STORE_OPEN) upload->state = STORE_VANISHED;
    }
    scenario_store_refuse(request,
                          fault == STORE_503      ? 503
                          : fault == STORE_VANISH ? 500
                                                  : 200,
                          fault == STORE_503 ? "SlowDown" : "InternalError");
    if (fault == STORE_200_ERROR) {
        char text[sizeof request->text];
        memcpy(text, request->text, sizeof text);
        snprintf(request->text, sizeof request->text, "%s", strchr(text, '\n'));
    }
    respond(request, false);
}

static void fail_behind(struct store_request *request, enum store_fault fault) {
    request->store->uploads[request->upload].doubtful |= request->upload != 0;
    if (fault == STORE_SILENT_BEHIND) return;
    if (fault == STORE_500_BEHIND) {
        request->has_object = false;
        scenario_store_refuse(request, 500, "InternalError");
    }
    respond(request, fault == STORE_BROKEN && strcmp(request->method, "HEAD") != 0 &&
                         request->status != 204);
}

static void serve(struct store_request *request) {
    struct scenario_store *store = request->store;
    store->requests++;
    if (store->admit && !store->admit(request)) {
        respond(request, false);
        return;
    }
    enum store_fault fault = draw(request);
    sim_trace("store: %s %u upload %u part %u arrives, fault %d", request->method, request->key,
              request->upload, request->part, (int)fault);
    if (fault != STORE_NO_FAULT && fault < STORE_500_BEHIND) {
        fail_before(request, fault);
        return;
    }
    scenario_store_apply(request);
    if (fault == STORE_NO_FAULT)
        respond(request, false);
    else
        fail_behind(request, fault);
}

/* ---- A request. */

static ssize_t consume(void *user, const void *data, size_t size) {
    struct store_request *request = user;
    if (size >= sizeof request->body - request->size)
        oracle_finding("a body of more than %d bytes", STORE_BODY_MAX);
    memcpy(request->body + request->size, data, size);
    request->size += size;
    return (ssize_t)size;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)exchange;
    if (result == 0) serve(user);
}

static unsigned number_behind(const char *text, const char *tag) {
    const char *at = strstr(text, tag);
    return at ? (unsigned)strtoul(at + strlen(tag), NULL, 10) : 0;
}

static void read_head(struct store_request *request) {
    struct hr_slice target = hr_http_exchange_target(request->exchange);
    struct hr_slice method = hr_http_exchange_method(request->exchange);
    char text[300];
    snprintf(text, sizeof text, "%.*s", (int)target.size, target.data);
    snprintf(request->method, sizeof request->method, "%.*s", (int)method.size, method.data);
    const char *query = strchr(text, '?');
    if (query) snprintf(request->query, sizeof request->query, "%.199s", query + 1);
    request->key = number_behind(text, STORE_BUCKET "/");
    request->upload = number_behind(request->query, "uploadId=upload-");
    request->part = number_behind(request->query, "partNumber=");
    if (request->key == 0 || request->key > STORE_KEYS_MAX)
        oracle_finding("a request for %.100s", text);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    struct scenario_store *store = user;
    struct store_request *request = calloc(1, sizeof *request);
    if (!request) abort();
    request->store = store;
    request->exchange = exchange;
    request->status = 200;
    store->scenario->world->exchanges++;
    hr_http_exchange_on_end(exchange, on_end, request);
    read_head(request);
    if (!hr_http_exchange_has_body(exchange)) {
        serve(request);
        return;
    }
    int result = hr_http_exchange_read(exchange, consume, on_body, request);
    if (result < 0) oracle_finding("a body cannot be read: %s", hr_error_name(result));
}

/* ---- Its life. */

void scenario_store_open(struct scenario_store *store, struct scenario *scenario) {
    store->scenario = scenario;
    const struct hr_http_server_options options = {
        .listen = "10.0.0.1:80", .on_request = on_request, .user = store};
    struct hr_error error;
    if (hr_http_server_new(scenario->world->engines[1].engine, &options, &error, &store->server) <
        0)
        oracle_finding("no store: %s", error.message);
}

void scenario_store_client(struct scenario_store *store, struct hr_s3_client_options options) {
    struct world *world = store->scenario->world;
    struct world_client *client = &world->clients[0];
    const struct hr_resolve_entry names[] = {{.host = "store.test", .address = "10.0.0.1"},
                                             {.host = "evil.test", .address = "10.0.0.9"}};
    client->world = world;
    client->engine = &world->engines[0];
    options.endpoint = "http://store.test";
    options.addressing = HR_S3_ADDRESSING_PATH;
    options.profile = "";
    if (!options.credentials) {
        options.access_key = WORLD_ACCESS_KEY;
        options.secret_key = WORLD_SECRET_KEY;
    }
    options.http.resolver.entries = names;
    options.http.resolver.entry_count = 2;
    options.http.retry.attempts_max = ATTEMPTS_MAX;
    options.http.timeouts.first_byte_timeout_ms = FIRST_BYTE_MS;
    struct hr_error error;
    if (hr_s3_client_new(client->engine->engine, &options, &error, &client->s3) < 0)
        oracle_finding("no S3 client: %s", error.message);
    world->client_count = 1;
}

static void on_client_closed(void *user) {
    ((struct world_client *)user)->closed = true;
}

static void on_server_closed(void *user) {
    ((struct scenario_store *)user)->closed = true;
}

void scenario_store_shut(struct scenario_store *store) {
    struct world_client *client = &store->scenario->world->clients[0];
    if (client->closing) return;
    client->closing = true;
    hr_s3_client_close(client->s3, on_client_closed, client);
}

void scenario_store_close(struct scenario_store *store) {
    struct world *world = store->scenario->world;
    struct world_client *client = &world->clients[0];
    scenario_store_shut(store);
    hr_http_server_close(store->server, on_server_closed, store);
    world_run_until_rest(world);
    if (!client->closed) oracle_finding("the client never closes");
    if (!store->closed) oracle_finding("the store never closes");
    oracle_check_rest(world);
    scenario_store_free(store);
}
