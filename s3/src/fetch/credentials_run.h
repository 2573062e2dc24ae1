/* One fetch under way: the source of the plan is asked, then a role after the other. On one
 * reactor. */
#ifndef HR_S3_CREDENTIALS_RUN_H
#define HR_S3_CREDENTIALS_RUN_H

#include "credentials.h"
#include "credentials_exchange.h"
#include "credentials_plan.h"
#include "credentials_process.h"

#define HR__RUN_TEXT_MAX   65536 /* bytes of credentials that were read, over all steps */
#define HR__RUN_SECRET_MAX 32768 /* bytes of a token of a file or of a metadata service */

struct hr__credentials_run;

/* How each source is asked, by its number, and a role. Each begins: 0, and it ends in hr__run_got
 * or hr__run_failed; or an error, with fetch->error set. */
struct hr__run_steps {
    int (*base[HR__CREDENTIALS_IMDS + 1])(struct hr__credentials_run *run); /* KEYS: NULL */
    int (*role)(struct hr__credentials_run *run);
};
extern const struct hr__run_steps hr__run_steps; /* run_steps.c */

/* Shared by the runs of a provider. */
struct hr__credentials_clients {
    hr_engine *engine;
    hr_http_client *direct;   /* no proxy; NULL: none was needed when the provider was made */
    hr_http_client *services; /* STS and single sign-on */
};

struct hr__credentials_run {
    const struct hr__run_steps *steps;
    const struct hr__credentials_settings *settings;
    const struct hr__credentials_clients *clients;
    struct hr_s3_credentials_fetch *fetch;
    struct hr_reactor *reactor;
    struct hr_task task;
    int stop_reason; /* 0: it goes on */
    struct hr__credentials_plan plan;
    struct hr__credentials *current; /* of the last step; NULL: none yet */
    hr_sigv4_signer *signer;
    unsigned role;                              /* the next one to be taken */
    const struct hr__sts_request *asked;        /* of STS */
    char session_name[HR__STS_SESSION_MAX + 1]; /* where none is given */
    struct hr__sts_request request;
    struct hr__texts texts; /* of an answer of STS */
    struct hr__credentials_exchange exchange;
    struct hr__credentials_process process;
    struct hr_slice secret; /* in secret_memory */
    char secret_memory[HR__RUN_SECRET_MAX];
    char text[HR__RUN_TEXT_MAX];
};

/* Begins on `reactor`, not from inside; ends in fetch->on_done. -ENOMEM. Any thread. */
int hr__credentials_run_start(const struct hr__run_steps *steps,
                              const struct hr__credentials_settings *settings,
                              const struct hr__credentials_clients *clients,
                              struct hr_reactor *reactor, struct hr_s3_credentials_fetch *fetch);
/* On its reactor. */
void hr__credentials_run_stop(struct hr__credentials_run *run, int reason);

/* ---- The steps. */
int hr__run_web_identity(struct hr__credentials_run *run);
int hr__run_role(struct hr__credentials_run *run);
int hr__run_sso(struct hr__credentials_run *run);
int hr__run_process(struct hr__credentials_run *run);
int hr__run_container(struct hr__credentials_run *run);
int hr__run_imds(struct hr__credentials_run *run);

/* A step has given these, whose text is in run->text or elsewhere; the next step begins, or the
 * fetch ends. The last touch of the run by the step. */
void hr__run_got(struct hr__credentials_run *run, const struct hr_s3_credentials *credentials);
/* The fetch ends; fetch->error says why. As above. */
void hr__run_failed(struct hr__credentials_run *run, int result);

/* A writer over run->text. */
struct hr__writer hr__run_text(struct hr__credentials_run *run);
/* The client for a question. HR_ERR_S3_CREDENTIALS: the provider has none. */
int hr__run_client(struct hr__credentials_run *run, hr_http_client *client);
/* An exchange that failed: fetch->error names `who` and why. Returns the code. */
int hr__run_unreached(struct hr__credentials_run *run, const char *who, int result);

#endif
