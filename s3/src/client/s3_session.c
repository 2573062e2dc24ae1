/* The sessions of a client: a list by use, short enough to be searched. */
#include "s3_session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "s3_call.h"

int hr__s3_sessions_init(struct hr__s3_sessions *sessions,
                         const struct hr_s3_credentials_provider *provider) {
    sessions->provider = provider;
    return pthread_mutex_init(&sessions->lock, NULL) == 0 ? 0 : -ENOMEM;
}

void hr__s3_session_release(struct hr__s3_session *session) {
    if (!session || atomic_fetch_sub(&session->users, 1) > 1) return;
    assert(!session->fetch);
    hr__credentials_cache_free(session->cache);
    free(session);
}

/* ---- The session keeps itself and the client while its cache works. */

static void hold(void *user) {
    struct hr__s3_session *session = user;
    atomic_fetch_add(&session->users, 1);
    hr__http_client_hold(session->client->http);
}

static void leave(void *user) {
    struct hr__s3_session *session = user;
    hr_http_client *http = session->client->http;
    hr__s3_session_release(session);
    hr__http_client_leave(http);
}

static struct hr__s3_session *make(hr_s3_client *client, struct hr_slice bucket) {
    struct hr__s3_session *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    assert(bucket.size <= HR__BUCKET_MAX);
    made->client = client;
    atomic_init(&made->users, 1);
    hr_text_copy(made->bucket, sizeof made->bucket, bucket);
    snprintf(made->name, sizeof made->name, "session of bucket %s", made->bucket);
    struct hr_s3_credentials_provider provider = *client->sessions.provider;
    provider.name = made->name;
    provider.user = made;
    const struct hr__credentials_owner owner = {hold, leave, made, .ask_s = HR__S3_SESSION_ASK_S,
                                                .wait_s = HR__S3_SESSION_WAIT_S};
    if (hr__credentials_cache_new(client->engine, &provider, &owner, &made->cache) == 0)
        return made;
    free(made);
    return NULL;
}

/* ---- Under the lock. */

static struct hr__s3_session *of(struct hr__by_use_link *link) {
    return hr__container_of(link, struct hr__s3_session, link);
}

/* The one of this bucket, made the newest; NULL: none. */
static struct hr__s3_session *find(struct hr__s3_sessions *sessions, struct hr_slice bucket) {
    struct hr__by_use_link *at = sessions->by_use.newest;
    while (at && !hr_slice_equal(hr_slice_of(of(at)->bucket), bucket)) at = at->older;
    if (!at) return NULL;
    hr__by_use_touch(&sessions->by_use, at);
    return of(at);
}

/* Lists one that was just made; the oldest has to go where there are too many. */
static struct hr__s3_session *add(struct hr__s3_sessions *sessions, struct hr__s3_session *made) {
    struct hr__s3_session *oldest = NULL;
    if (sessions->by_use.count == HR__S3_SESSIONS_MAX) {
        oldest = of(sessions->by_use.oldest);
        hr__by_use_remove(&sessions->by_use, &oldest->link);
    }
    hr__by_use_add(&sessions->by_use, &made->link);
    assert(sessions->by_use.count <= HR__S3_SESSIONS_MAX);
    return oldest;
}

struct hr__s3_session *hr__s3_session_acquire(hr_s3_client *client, struct hr_slice bucket) {
    struct hr__s3_sessions *sessions = &client->sessions;
    struct hr__s3_session *evicted = NULL;
    pthread_mutex_lock(&sessions->lock);
    struct hr__s3_session *session = find(sessions, bucket);
    if (!session) {
        session = make(client, bucket);
        if (session) evicted = add(sessions, session);
    }
    if (session) atomic_fetch_add(&session->users, 1);
    pthread_mutex_unlock(&sessions->lock);
    hr__s3_session_release(evicted);
    return session;
}

/* ---- The end of the client. */

void hr__s3_sessions_stop(struct hr__s3_sessions *sessions) {
    pthread_mutex_lock(&sessions->lock);
    for (struct hr__by_use_link *at = sessions->by_use.oldest; at; at = at->newer)
        hr__credentials_cache_stop(of(at)->cache);
    pthread_mutex_unlock(&sessions->lock);
}

void hr__s3_sessions_deinit(struct hr__s3_sessions *sessions) {
    while (sessions->by_use.oldest) {
        struct hr__s3_session *session = of(sessions->by_use.oldest);
        assert(atomic_load(&session->users) == 1);
        hr__by_use_remove(&sessions->by_use, &session->link);
        hr__s3_session_release(session);
    }
    pthread_mutex_destroy(&sessions->lock);
}
