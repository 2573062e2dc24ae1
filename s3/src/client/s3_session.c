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

static void unlist(struct hr__s3_sessions *sessions, struct hr__s3_session *session) {
    assert(sessions->count > 0);
    *(session->older ? &session->older->newer : &sessions->oldest) = session->newer;
    *(session->newer ? &session->newer->older : &sessions->newest) = session->older;
    sessions->count--;
}

static void list_newest(struct hr__s3_sessions *sessions, struct hr__s3_session *session) {
    session->older = sessions->newest;
    session->newer = NULL;
    *(sessions->newest ? &sessions->newest->newer : &sessions->oldest) = session;
    sessions->newest = session;
    sessions->count++;
}

/* The one of this bucket, made the newest; NULL: none. */
static struct hr__s3_session *find(struct hr__s3_sessions *sessions, struct hr_slice bucket) {
    struct hr__s3_session *at = sessions->newest;
    while (at && !hr_slice_equal(hr_slice_of(at->bucket), bucket)) at = at->older;
    if (!at || at == sessions->newest) return at;
    unlist(sessions, at);
    list_newest(sessions, at);
    return at;
}

/* Lists one that was just made; the oldest has to go where there are too many. */
static struct hr__s3_session *add(struct hr__s3_sessions *sessions, struct hr__s3_session *made) {
    struct hr__s3_session *oldest = NULL;
    if (sessions->count == HR__S3_SESSIONS_MAX) {
        oldest = sessions->oldest;
        unlist(sessions, oldest);
    }
    list_newest(sessions, made);
    assert(sessions->count <= HR__S3_SESSIONS_MAX);
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
    for (struct hr__s3_session *at = sessions->oldest; at; at = at->newer)
        hr__credentials_cache_stop(at->cache);
    pthread_mutex_unlock(&sessions->lock);
}

void hr__s3_sessions_deinit(struct hr__s3_sessions *sessions) {
    while (sessions->oldest) {
        struct hr__s3_session *session = sessions->oldest;
        assert(atomic_load(&session->users) == 1);
        unlist(sessions, session);
        hr__s3_session_release(session);
    }
    pthread_mutex_destroy(&sessions->lock);
}
