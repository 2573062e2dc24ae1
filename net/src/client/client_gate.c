/* The gate of a client is one word: how many are inside (requests accepted, starts that are being
 * looked at), and a bit that closes it. Nobody gets in once the bit is set, so the count goes down
 * to zero once, and whoever takes it there has the pool closed. The client is freed when the last
 * shard of the pool has closed. */
#include <assert.h>
#include <errno.h>

#include <engine/request_core.h>

#include "client.h"

#define CLOSING (UINT64_C(1) << 63)

void hr__client_release(hr_http_client *client) {
    uint64_t left = __atomic_sub_fetch(&client->gate, 1, __ATOMIC_ACQ_REL);
    assert(left != UINT64_MAX);
    if (left == CLOSING) hr__pool_close(&client->pool);
}

void hr__client_hold(hr_http_client *client) {
    uint64_t before = __atomic_fetch_add(&client->gate, 1, __ATOMIC_ACQ_REL);
    assert((before & ~CLOSING) > 0);
    (void)before;
}

uint64_t hr__client_in_progress(const hr_http_client *client) {
    return __atomic_load_n(&client->gate, __ATOMIC_RELAXED) & ~CLOSING;
}

void hr__client_gate_close(hr_http_client *client) {
    uint64_t before = __atomic_fetch_or(&client->gate, CLOSING, __ATOMIC_ACQ_REL);
    assert(!(before & CLOSING));
    if (before == 0) hr__pool_close(&client->pool);
}

/* A start that is refused leaves nothing to take back. */
int hr__http_client_enter(hr_http_client *client) {
    uint64_t seen = __atomic_load_n(&client->gate, __ATOMIC_RELAXED);
    do {
        if (seen & CLOSING) return -ESHUTDOWN;
    } while (!__atomic_compare_exchange_n(&client->gate, &seen, seen + 1, true, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

int hr__client_start(hr_http_client *client, struct hr_request *request, const char *url) {
    if (!client) return hr__request_refuse(request, -EINVAL, "client is NULL");
    if (!url) return hr__request_refuse(request, -EINVAL, "url is NULL");
    int err = hr__http_client_enter(client);
    return err ? hr__request_refuse(request, err, "the client is closing") : 0;
}

void hr__http_client_hold(hr_http_client *client) {
    hr__client_hold(client);
}

void hr__http_client_leave(hr_http_client *client) {
    hr__client_release(client);
}

void hr__client_ended(void *owner) {
    hr__client_release(owner);
}
