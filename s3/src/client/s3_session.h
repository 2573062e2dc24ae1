/* Sessions of S3 Express: credentials for one directory bucket, which CreateSession gives in
 * exchange for the client's own. */
#ifndef HR_S3_SESSION_H
#define HR_S3_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include <base/by_use.h>
#include <headrace/request.h>

#include "bucket_name.h"
#include "credentials_cache.h"
#include "texts.h"

#define HR__S3_SESSIONS_MAX   100 /* of a client; the one that was not used for longest goes */
#define HR__S3_SESSION_ASK_S  60  /* before it ends: renewed, the old one used on */
#define HR__S3_SESSION_WAIT_S 5   /* before it ends: calls wait for a new one */

struct hr_s3_client_s;

/* CreateSession as a request. */
struct hr__s3_session_request {
    struct hr_request request;
    const char *bucket;
    void *call_;
    struct hr__texts texts; /* of the answer, secret */
    struct hr_s3_credentials issued;
    uint64_t generation; /* of the client's credentials that it was signed with */
};

/* The session of one bucket: its credentials, renewed and shared as a client's own are. */
struct hr__s3_session {
    struct hr__by_use_link link; /* under the lock of the table */
    _Atomic unsigned users;      /* the table is one */
    struct hr_s3_client_s *client;
    struct hr__credentials_cache *cache;
    _Atomic uint64_t made_by; /* generation of the client's credentials that the session is of */
    struct hr_s3_credentials_fetch *fetch; /* under way; NULL: none */
    struct hr__s3_session_request asked;
    char name[HR__BUCKET_MAX + sizeof "session of bucket "];
    char bucket[HR__BUCKET_MAX + 1];
};

/* Of a client. */
struct hr__s3_sessions {
    const struct hr_s3_credentials_provider *provider;
    pthread_mutex_t lock;
    struct hr__by_use by_use;
};

/* A zeroed struct is made ready. `provider` asks for sessions; its `user` is the one that is asked
 * for. -ENOMEM. */
int hr__s3_sessions_init(struct hr__s3_sessions *sessions,
                         const struct hr_s3_credentials_provider *provider);
/* Stops those that are asked for and that no call waits for. Any thread. */
void hr__s3_sessions_stop(struct hr__s3_sessions *sessions);
/* No session is in use any more. */
void hr__s3_sessions_deinit(struct hr__s3_sessions *sessions);

/* The session of a bucket, for the caller to release; nothing is asked yet. NULL: no memory. Any
 * thread. */
struct hr__s3_session *hr__s3_session_acquire(struct hr_s3_client_s *client,
                                              struct hr_slice bucket);
/* NULL does nothing. Any thread. */
void hr__s3_session_release(struct hr__s3_session *session);

/* s3_session_ask.c: such a provider, which asks by CreateSession. */
extern const struct hr_s3_credentials_provider hr__s3_session_provider;

#endif
