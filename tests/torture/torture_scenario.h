/* What is tortured: an engine with its handles, and steps that it has to go through. */
#ifndef HR_TORTURE_SCENARIO_H
#define HR_TORTURE_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/s3.h>
#include <headrace_server/s3_server.h>

#include "backend.h"

#define CONNECTIONS_MAX 4

struct subject {
    hr_engine *engine;
    hr_s3_client *s3;
    hr_http_client *http;
    s3_server *server; /* in this very engine; NULL: the store of another process is used */
    hr_http_server *secure_server; /* of secure.c, in this engine too; NULL: none */
    int file;
    bool all_put; /* put_small has succeeded last */
};

/* 0, or negative with `error`; a wrong result ends the program. */
typedef int step_fn(struct subject *subject, struct hr_error *error);

struct scenario {
    const char *name;
    enum hr_engine_mode mode;
    bool handles;     /* clients; false: the engine alone */
    bool own_server;  /* the server is in the faulty engine too */
    bool secure;      /* a server and a client that speak TLS; a name server is asked */
    const char *host; /* how the store is called */
    step_fn *steps[8];
};

extern const struct scenario scenario_before; /* makes what the others read */
extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* 0, or negative with `error` and nothing left open. */
int subject_open(struct subject *subject, const struct scenario *scenario,
                 const struct hr_backend_vtable *inner, uint16_t port, struct hr_error *error);
void subject_close(struct subject *subject);

/* secure.c: the certificate and the name server, once. */
int secure_prepare(void);
int secure_open(struct subject *subject, struct hr_error *error);
step_fn secure_get;
step_fn secure_posted; /* its response is given outside of the reactor's calls */
void secure_settle(struct subject *subject);
/* How the name server ended: 0. */
int secure_end(void);

/* logging.c */
step_fn write_log;

/* steps.c: the end of a request that may have been refused; and what each begins with. */
int torture_end_of(struct hr_request *request, int started, struct hr_error *error);
extern const struct hr_request torture_impatient;
/* steps_operations.c */
step_fn step_copy, step_tags, step_attributes, step_restore, step_delete_many, step_pass,
    step_upload, step_abort, step_upload_list, step_versions, step_bucket_looks, step_bucket_delete,
    step_transfer_up, step_transfer_copy, step_transfer_down;

/* Says what is wrong, and in which round, and ends the program. */
void torture_failed(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
