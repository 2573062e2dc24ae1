/* Where a client's credentials come from; a call takes some for each attempt, waits where there are
 * none, and asks for others once where the store refuses them as expired. */
#include "s3_credentials_wait.h"

#include <assert.h>
#include <errno.h>

#include <base/reserved.h>

#include "credentials_provider.h"
#include "s3_call.h"

/* ---- Of the client. */

static void hold_client(void *user) {
    hr__http_client_hold(((hr_s3_client *)user)->http);
}

static void leave_client(void *user) {
    hr__http_client_leave(((hr_s3_client *)user)->http);
}

static int make_cache(hr_s3_client *client, const struct hr_s3_credentials_provider *provider,
                      const struct hr_s3_credentials *keys, struct hr_error *error) {
    const struct hr__credentials_owner owner = {
        .hold = hold_client, .leave = leave_client, .user = client};
    if (provider) client->provider = *provider;
    int err = hr__credentials_cache_new(client->engine, provider, &owner, &client->credentials);
    if (!err && keys) err = hr__credentials_cache_put(client->credentials, keys);
    return err ? hr_error_set(error, err, "no memory for credentials") : 0;
}

static int make_chain(hr_s3_client *client, const struct hr_s3_client_options *options,
                      struct hr_error *error) {
    const struct hr_s3_credentials_options chain = {
        .profile = options->profile,
        .region = options->region,
        .http = {.resolver = options->http.resolver,
                 .proxy = options->http.proxy,
                 .on_notice = options->http.on_notice,
                 .notice_user = options->http.notice_user}};
    struct hr__credentials_start start = {.keys = NULL};
    int err = hr__credentials_provider_make(client->engine, &chain, error, &start);
    if (err) return err;
    struct hr_s3_credentials keys;
    if (start.keys) keys = hr__credentials_view(start.keys);
    err = make_cache(client, &start.provider, start.keys ? &keys : NULL, error);
    hr__credentials_release(start.keys);
    return err;
}

static int check_provider(const struct hr_s3_client_options *options, struct hr_error *error) {
    const struct hr_s3_credentials_provider *provider = options->credentials;
    if (options->anonymous || options->access_key || options->secret_key)
        return hr_error_set(error, -EINVAL, "credentials and %s exclude each other",
                            options->anonymous ? "anonymous" : "access_key");
    if (!provider->fetch || !hr__is_zero(provider->reserved, sizeof provider->reserved))
        return hr_error_set(error, -EINVAL,
                            "credentials: the provider has no fetch, or asks for something that "
                            "this version does not know (reserved)");
    return 0;
}

int hr__s3_keys_open(hr_s3_client *client, const struct hr_s3_client_options *options,
                     struct hr_error *error) {
    const struct hr_s3_credentials_provider *provider = options->credentials;
    struct hr_s3_credentials keys;
    int found = provider ? check_provider(options, error) : 0;
    if (found < 0 || options->anonymous) return found;
    if (provider) {
        struct hr_s3_credentials_provider borrowed = *provider;
        borrowed.free = NULL;
        return make_cache(client, &borrowed, NULL, error);
    }
    found = hr__credentials_of_options(options, error, &keys);
    if (found < 0) return found;
    return found ? make_cache(client, NULL, &keys, error) : make_chain(client, options, error);
}

void hr__s3_keys_own(hr_s3_client *client, const struct hr_s3_client_options *options) {
    if (options->credentials) client->provider.free = options->credentials->free;
}

void hr__s3_keys_close(hr_s3_client *client) {
    hr__credentials_cache_free(client->credentials);
    if (client->provider.free) client->provider.free(client->provider.user);
}

/* ---- Of a call. */

/* NULL: anonymous. */
static struct hr__credentials_cache *cache_of(const struct hr__s3_call *call) {
    return call->session ? call->session->cache : call->client->credentials;
}

static struct hr__credentials_shard *shard_of(const struct hr__s3_call *call) {
    return hr__credentials_cache_shard(cache_of(call), hr__reactor_index(call->reactor));
}

static void hold_these(struct hr__s3_call *call, struct hr__credentials *held) {
    assert(!call->keys.held);
    call->keys.held = held;
    call->keys.generation = held->generation;
}

/* A store that refused to make a session has answered: its refusal is the error, as if it had
 * refused the request itself. */
static int refusal_of(struct hr__s3_call *call, int result) {
    struct hr_error *error = &call->request->error;
    if (result != HR_ERR_S3_CREDENTIALS || !call->session || !error->http_status) return result;
    error->code = HR_ERR_S3_SERVICE;
    return HR_ERR_S3_SERVICE;
}

static int hold(struct hr__s3_call *call) {
    struct hr__credentials *held;
    int result =
        hr__credentials_hold(shard_of(call), &call->keys.wait, &call->request->error, &held);
    if (result == 1) hold_these(call, held);
    return refusal_of(call, result);
}

static void on_waited(struct hr__credentials_wait *wait, int result) {
    struct hr__s3_call *call = hr__container_of(wait, struct hr__s3_call, keys.wait);
    if (result < 0) {
        hr__credentials_error(shard_of(call), &call->request->error);
        result = refusal_of(call, result);
    } else {
        result = hold(call);
    }
    if (result != 0) call->keys.on_ready(call, result);
}

/* A session that other credentials of the client have made is one of somebody else, maybe. */
static void check_maker(const struct hr__s3_call *call) {
    const struct hr__s3_session *session = call->session;
    uint64_t own = hr__credentials_generation(call->client->credentials);
    uint64_t made = hr__credentials_generation(session->cache);
    if (made > 0 && atomic_load(&session->made_by) != own)
        hr__credentials_reject(shard_of(call), made);
}

int hr__s3_keys_wait(struct hr__s3_call *call,
                     void (*on_ready)(struct hr__s3_call *call, int result)) {
    if (!call->client->credentials) return 1;
    hr__s3_keys_drop(call); /* those of what was asked before: a page, another place */
    call->keys.on_ready = on_ready;
    call->keys.wait.on_ready = on_waited;
    if (call->session) check_maker(call);
    return hold(call);
}

int hr__s3_keys_take(struct hr__s3_call *call) {
    if (!call->client->credentials) return 0;
    struct hr__credentials_shard *shard = shard_of(call);
    if (call->keys.held && call->keys.held == shard->current) return 0;
    struct hr__credentials *held = hr__credentials_hold_any(shard);
    if (!held) return HR_ERR_S3_CREDENTIALS;
    hr__s3_keys_drop(call);
    hold_these(call, held);
    return 0;
}

void hr__s3_keys_drop(struct hr__s3_call *call) {
    hr__credentials_wait_stop(&call->keys.wait);
    hr__credentials_release(call->keys.held);
    call->keys.held = NULL;
}

static bool is_refused(const struct hr__s3_call *call, const struct hr_error *error) {
    static const char *const codes[] = {"ExpiredToken",          "InvalidToken",
                                        "ExpiredTokenException", "TokenRefreshRequired",
                                        "RequestExpired",        "UnrecognizedClientException"};
    if (error->code != HR_ERR_S3_SERVICE) return false;
    /* A HEAD has no code. */
    if (call->session && error->http_status == 403 && !error->service_code[0]) return true;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(error->service_code, codes[i]) == 0) return true;
    return false;
}

bool hr__s3_keys_renew(struct hr__s3_call *call, const struct hr_error *error) {
    if (!call->client->credentials || call->keys.renewed || call->stop_reason ||
        !is_refused(call, error))
        return false;
    if (!hr__credentials_reject(shard_of(call), call->keys.generation)) return false;
    call->keys.renewed = true;
    hr__s3_keys_drop(call);
    return true;
}
