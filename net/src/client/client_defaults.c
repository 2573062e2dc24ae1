/* The options that a client is made with, those that stay and those that may change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <engine/request_core.h>
#include <headrace/version.h>

#include "chars.h"
#include "client.h"
#include "network.h"

#define USER_AGENT_DEFAULT "headrace/" HR_VERSION_STRING

/* ---- The client's own. */

static int copy_agent(hr_http_client *client, const struct hr_http_client_options *options,
                      struct hr_error *error) {
    const char *agent = options->user_agent ? options->user_agent : USER_AGENT_DEFAULT;
    if (agent[0] && !hr__http1_is_field_value(hr_slice_of(agent)))
        return hr_error_set(error, -EINVAL, "user_agent has a byte that a header may not have");
    client->user_agent = strdup(agent);
    return client->user_agent ? 0 : hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
}

static struct hr_origin_rules rules_of(hr_http_client *client,
                                       const struct hr_http_client_options *options) {
    struct hr_origin_rules rules = hr__client_settings_rules(options);
    if (!options->on_event) return rules;
    client->listener =
        (struct hr_breaker_listener){options->on_event, options->event_user,
                                     options->breaker.on_transition, options->breaker.user};
    rules.breaker.on_transition = hr__client_tell_breaker;
    rules.breaker.user = &client->listener;
    return rules;
}

static void notify(void *user, const char *text) {
    const struct hr_http_client_options *options = user;
    if (options->on_notice)
        options->on_notice(options->notice_user, text);
    else if (options->on_event)
        hr__client_tell_notice(options, text);
    else
        fprintf(stderr, "headrace: %s\n", text);
}

static struct hr_network_options network_of(const struct hr_http_client_options *options) {
    return (struct hr_network_options){
        .resolver = &options->resolver,
        .tls = &options->tls,
        .unix_socket = options->unix_socket,
        .proxy = &options->proxy,
        .on_notice = notify,
        .notice_user = (void *)(uintptr_t)options,
    };
}

int hr__client_configure(hr_http_client *client, const struct hr_http_client_options *options,
                         struct hr_error *error) {
    int err = hr__client_settings_check(options, error);
    if (err) return err;
    client->on_event = options->on_event;
    client->event_user = options->event_user;
    err = copy_agent(client, options, error);
    if (!err) err = hr__client_fields_open(client, options, error);
    if (err) return err;
    struct hr_network_options network = network_of(options);
    struct hr_pool_options pool = {
        .rules = rules_of(client, options),
        .network = &network,
    };
    hr__client_settings_pool(options, &pool.settings);
    return hr__pool_open(&client->pool, client->engine, &pool, error);
}
