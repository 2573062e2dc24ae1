/* Starting a request: on which reactor, and of whom. */
#include "client.h"

#include <errno.h>

#include <headrace/url.h>

#include "call.h"

struct hr_reactor *hr__http_client_pick(hr_http_client *client, struct hr_slice host,
                                        uint16_t port) {
    struct hr_origin_key key = {.name = host, .port = port};
    return hr__pool_pick(&client->pool, &key);
}

int hr__http_client_parse(const hr_http_client *client, const char *text, char *memory,
                          struct hr_url *url) {
    const char *base = client->fields->base_url;
    struct hr_slice whole = hr_slice_of(text);
    if (base) {
        size_t size;
        int err = hr_url_resolve(&(struct hr_url_reference){hr_slice_of(base), whole}, NULL, memory,
                                 HR_URL_MAX, &size);
        if (err) return err;
        whole = hr_slice_bytes(memory, size);
    }
    return hr_url_parse(whole, NULL, url);
}

struct hr_reactor *hr__http_client_pick_url(hr_http_client *client, const char *text) {
    char memory[HR_URL_MAX];
    struct hr_url url;
    /* A URL that is none is refused wherever it goes. */
    if (!hr__pool_is_uneven(&client->pool) ||
        hr__http_client_parse(client, text, memory, &url) != 0)
        return hr__engine_pick(client->engine);
    return hr__http_client_pick(client, url.host, url.port);
}

int hr_http_request_start(hr_http_client *client, struct hr_http_request *request) {
    if (!request) return -EINVAL;
    int err = hr__client_start(client, &request->request, request->url);
    if (err) return err;
    err = hr__request_submit(&request->request, hr__http_client_pick_url(client, request->url),
                             &hr__http_request_class, client);
    if (err) hr__client_release(client);
    return err;
}

hr_breaker *hr_http_client_breaker(hr_http_client *client, const char *url) {
    char memory[HR_URL_MAX];
    struct hr_url parsed;
    if (!client || !url || hr__http_client_parse(client, url, memory, &parsed)) return NULL;
    struct hr_origin_key key = {.name = parsed.host, .port = parsed.port, .tls = parsed.tls};
    return hr__origin_table_breaker(client->pool.origins, &key);
}
