/* Credentials of an S3 client: where they come from, and what AWS's programs would take. */
#ifndef HEADRACE_S3_CREDENTIALS_H
#define HEADRACE_S3_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/error.h>
#include <headrace/http_options.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One set, as a provider hands it over. Text that somebody else owns. */
struct hr_s3_credentials {
    struct hr_slice access_key, secret_key;
    struct hr_slice session_token; /* empty: none */
    struct hr_slice account_id;    /* empty: not known */
    uint64_t expires_s;            /* Unix time; 0: never */
    bool used_expired; /* they are used on beyond expires_s as long as no newer ones can be had, as
                          those of an instance are */
    uint64_t reserved[4];
};

/* One question to a provider: memory of whoever asks, filled by it. From the fetch on it is the
 * provider's, until on_done is called. */
struct hr_s3_credentials_fetch {
    /* The answer: 0 with credentials, which are copied, or a negative code with NULL and `error`.
     * Any thread, from inside the fetch too. */
    void (*on_done)(struct hr_s3_credentials_fetch *fetch, int result,
                    const struct hr_s3_credentials *credentials);
    void *user;            /* of whoever asks */
    void *work;            /* the provider's own, while it works on it */
    struct hr_error error; /* why there are none: a sentence without a secret */
    uint64_t reserved[4];
};

/* A giver of credentials. Functions of your own make it the callback provider;
 * hr_s3_credentials_new fills one of AWS's. A client asks when it has none, 15 minutes before they
 * expire (in the background, using the old ones on; earlier by a tenth at most, by chance; where
 * they live for less than an hour, when a quarter of it is left), 10 minutes before (requests wait;
 * a sixth), and once where the store refuses them as expired. It has one question under way at a
 * time, whatever the number of requests and reactors. */
struct hr_s3_credentials_provider {
    const char *name; /* of it in messages; static storage */
    void *user;
    /* Asks. 0: fetch->on_done is called once, now or later; or a negative code, and it is never
     * called. Must not block. Any thread; a client calls it on a reactor's. */
    int (*fetch)(void *user, struct hr_s3_credentials_fetch *fetch);
    /* The answer is no longer wanted: on_done still comes, soon (-ECANCELED). May be called when it
     * is under way already. NULL: nothing is done. On the thread that asked. */
    void (*stop)(void *user, struct hr_s3_credentials_fetch *fetch);
    /* Called once, when whoever owns it is done with it, outside of a fetch: a client takes it
     * over by being made with it. NULL: it stays its maker's, and may serve several clients. */
    void (*free)(void *user);
    uint64_t reserved[4];
};

/* Which of AWS's providers. */
enum hr_s3_credentials_kind {
    HR_S3_CREDENTIALS_CHAIN = 0, /* all below, in the order of docs/s3-credentials.md; the first one
                                    that is configured counts */
    HR_S3_CREDENTIALS_STATIC = 1,       /* access_key, secret_key, session_token, account_id */
    HR_S3_CREDENTIALS_ENVIRONMENT = 2,  /* AWS_ACCESS_KEY_ID and the like, alone */
    HR_S3_CREDENTIALS_PROFILE = 3,      /* what the profile says: keys, role, SSO, process … */
    HR_S3_CREDENTIALS_PROCESS = 4,      /* command */
    HR_S3_CREDENTIALS_WEB_IDENTITY = 5, /* AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN */
    HR_S3_CREDENTIALS_CONTAINER = 6,    /* AWS_CONTAINER_CREDENTIALS_… */
    HR_S3_CREDENTIALS_IMDS = 7,         /* the instance's metadata service */
};

/* Zeroed is the chain with the profile of the environment. Copied, strings too; variables are read
 * once, by hr_s3_credentials_new, files at each fetch. */
struct hr_s3_credentials_options {
    enum hr_s3_credentials_kind kind;
    const char *profile; /* NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, else "default"; "": none, and
                            no file is read. Named, the variables with keys are not looked at */
    const char *region;  /* of STS; NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else
                            us-east-1 */
    const char *command; /* PROCESS: program and arguments; no shell reads it */
    const char *access_key, *secret_key, *session_token, *account_id; /* STATIC */
    /* How STS and SSO are reached: of it `tls`, `resolver` and `proxy` are taken, and of `proxy`
     * nothing for metadata and containers. Trust that tls leaves open is AWS_CA_BUNDLE. */
    struct hr_http_client_options http;
    uint64_t reserved[6];
};

/* Fills `provider` with one of AWS's. The caller owns it, and calls provider->free, unless a client
 * that was made with it does. Errors: -EINVAL (names the option), HR_ERR_S3_CREDENTIALS (nothing is
 * configured; the error says what), HR_ERR_TLS_OPTIONS, -ENOMEM, -ESHUTDOWN. Blocks as reading the
 * two files of AWS does. Any thread. */
HR_API int hr_s3_credentials_new(hr_engine *engine, const struct hr_s3_credentials_options *options,
                                 struct hr_error *error,
                                 struct hr_s3_credentials_provider *provider);

#define HR_S3_CREDENTIALS_SOURCES_MAX 12

/* A source that was looked at, and why it has none. */
struct hr_s3_credentials_source {
    const char *name; /* static storage */
    char reason[160];
    uint64_t reserved[1];
};

/* The order in which sources were looked at. No secret is in it. */
struct hr_s3_credentials_report {
    const char *source; /* the one that counts; NULL: none */
    char detail[160];   /* of it: profile, file, roles */
    struct hr_s3_credentials_source before[HR_S3_CREDENTIALS_SOURCES_MAX];
    size_t before_count;
    uint64_t reserved[4];
};

/* Says which source hr_s3_credentials_new would take, and why none of those before it. Asks nobody.
 * Errors as there; `report` is filled as far as the error. Any thread. */
HR_API int hr_s3_credentials_explain(const struct hr_s3_credentials_options *options,
                                     struct hr_error *error,
                                     struct hr_s3_credentials_report *report);

#ifdef __cplusplus
}
#endif

#endif
