/* Signatures without a request: what they are made with. */
#include "s3_grant.h"

#include <errno.h>

#include <headrace/clock.h>

#include "s3_rows.h"

static int locate(hr_s3_client *client, struct hr__s3_grant *grant) {
    const struct hr__s3_place_key key = {.bucket = grant->parameters.bucket};
    int err = hr__s3_place_acquire(&client->places, &client->endpoint, &key, NULL, &grant->place);
    const struct hr__s3_place *place = grant->place;
    int64_t skew_s = atomic_load(place ? &place->skew_s : &client->skew_s);
    grant->endpoint = place ? &place->endpoint : &client->endpoint;
    grant->time_s = (uint64_t)((int64_t)(hr_clock_wall_ns() / 1000000000u) + skew_s);
    return err;
}

/* The session of a directory bucket, if it is good still. */
static int take_session(hr_s3_client *client, struct hr__s3_grant *grant) {
    struct hr__s3_session *session = hr__s3_session_acquire(client, grant->parameters.bucket);
    if (!session) return -ENOMEM;
    int err = hr__credentials_cache_copy(session->cache, &grant->keys);
    hr__s3_session_release(session);
    if (!err && grant->keys->expires_s <= hr_clock_wall_ns() / 1000000000u)
        err = HR_ERR_S3_CREDENTIALS;
    return err;
}

static int take_keys(hr_s3_client *client, struct hr__s3_grant *grant) {
    grant->session = grant->endpoint->session;
    int err = grant->session ? take_session(client, grant)
                             : hr__credentials_cache_copy(client->credentials, &grant->keys);
    if (!err) grant->credentials = &grant->keys->keys;
    return err;
}

int hr__s3_grant_open(hr_s3_client *client, const char *bucket, const char *key,
                      struct hr__s3_grant *grant) {
    *grant = (struct hr__s3_grant){.parameters = {.operation = &hr__s3_rows[HR__S3_GET].operation,
                                                  .bucket = hr_slice_of(bucket),
                                                  .key = hr_slice_of(key)}};
    if (client->anonymous) return HR_ERR_S3_CREDENTIALS;
    int err = hr__s3_check(&grant->parameters, NULL);
    if (!err) err = locate(client, grant);
    if (!err) err = take_keys(client, grant);
    if (err) hr__s3_grant_close(grant);
    return err;
}

void hr__s3_grant_close(struct hr__s3_grant *grant) {
    hr__s3_place_release(grant->place);
    hr__credentials_release(grant->keys);
}
