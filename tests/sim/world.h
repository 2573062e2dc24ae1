/* A simulated world: engines of stepped reactors, servers, clients and what they do to each other,
 * all of it drawn from one seed. The code under it is the real one; the kernel is kernel.h's. */
#ifndef HR_SIM_WORLD_H
#define HR_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/reactor.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/s3.h>
#include <headrace_server/s3_server.h>

#include "kernel.h"
#include "oracle.h"
#include "world_body.h"

#define WORLD_ENGINES_MAX 3
#define WORLD_SERVERS_MAX 3
#define WORLD_CLIENTS_MAX 5
#define WORLD_JOBS_MAX    48 /* and those of the end */
#define WORLD_PIPES_MAX   4
#define WORLD_KEYS        5
#define WORLD_BUCKET      "bucket"
#define WORLD_ACCESS_KEY  "AKIDSIMULATED"
#define WORLD_SECRET_KEY  "a secret that nobody keeps"
#define WORLD_STEPS_MAX   400000
#define WORLD_HOURS_MAX   24

#define WORLD_MS UINT64_C(1000000)

/* How rough it is. */
struct world_profile {
    const char *name;
    struct sim_faults faults; /* the most of each; a world draws from 0 up to it */
    bool hides;               /* and of those that the engine hides */
    uint16_t cancels;         /* of 65536, for each request; and so on */
    uint16_t timeouts, push_backs, closes;
    bool small;       /* limits of engines, clients and servers are small */
    bool calm;        /* nothing may fail but what is made to fail */
    uint16_t leaves;  /* of 65536, for each origin: it goes and comes back */
    uint16_t hasty;   /* for each return: it goes again at the next chance */
    uint16_t guests;  /* for each step: a server comes that goes at the next chance */
    uint16_t ends;    /* for each client: it closes early */
    uint16_t adjusts; /* for each step: a client is given other options */
    uint16_t presses; /* for each step: a closing client is asked to start something */
    uint16_t hops;    /* for each GET: it is redirected, to another origin maybe */
    uint16_t meddles; /* for each end of a request: it does something to another */
    unsigned pause_ms_max;
};
/* NULL: no such name. `name` NULL: as the seed picks. */
const struct world_profile *world_profile_find(const char *name, uint64_t seed);

/* The faults of one world. */
struct sim_faults world_profile_draw(struct world *world);

struct world_engine {
    struct world *world;
    hr_engine *engine;
    bool closed;
};

/* Something that is to happen at a virtual time, on the world's own reactor. */
struct world_event {
    struct hr_task task;
    struct hr_timer timer;
    struct world *world;
    uint64_t delay_ns;
    bool pending; /* from its asking until its call */
    void (*call)(struct world_event *event);
};

struct world_server {
    struct world *world;
    struct world_engine *engine;
    hr_http_server *http; /* one of the two */
    s3_server *s3;
    struct hr_http_server_options limits; /* of an origin */
    struct world_event leave, back;
    uint16_t port;
    bool closing, closed;
    bool due;   /* to come back */
    bool hasty; /* the next callback on its engine closes it */
};

/* A server that nobody asks: it is closed by the next callback on its engine, maybe before it has
 * begun to listen. */
struct world_guest {
    hr_http_server *http;
    struct world_engine *engine;
    bool open, closing;
};

struct world_client {
    struct world *world;
    struct world_engine *engine;
    hr_http_client *http; /* one of the two */
    hr_s3_client *s3;
    unsigned number, in_progress;
    bool closing, closed;
    bool adjusted; /* its options have changed */
};

enum world_job_kind {
    JOB_GET,
    JOB_HEAD,
    JOB_UPLOAD,
    JOB_NOBODY,  /* a port where nobody listens */
    JOB_UNKNOWN, /* a name that is in no table */
    JOB_S3_PUT,
    JOB_S3_GET,
    JOB_S3_HEAD,
    JOB_S3_DELETE,
    JOB_S3_LIST,
};

/* One request, from its start to its judgement. */
struct world_job {
    struct world *world;
    struct world_client *client;
    const struct world_server *server; /* of HTTP */
    enum world_job_kind kind;
    unsigned number;
    union {
        struct hr_request request;
        struct hr_http_request http;
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_head head;
        struct hr_s3_delete del;
        struct hr_s3_list list;
    } u;
    struct world_event start, resume, cancel;
    unsigned cancel_step; /* steps after its start; 0: not */
    unsigned resume_step; /* likewise: whether anybody has pushed back or not */
    struct world_body source, sink;
    struct oracle_blame blame;
    uint64_t start_step;
    uint64_t version, size; /* of what it sends, or is to get; of S3 what was seen */
    uint64_t whole;         /* the version that the origin got as a whole */
    uint64_t range_first;
    unsigned again; /* how often it is started once more from its own callback */
    bool started, done, accepted, idempotent, early;
    struct world_pipe *pipe; /* NULL: none */
    bool only_new;           /* a put on condition that nothing is there */
    bool final;              /* of the end, when all is calm */
    unsigned served, attempts, hops;
    unsigned key, write;
    char url[160], method[8], field[16], version_text[24], name[16], last_key[16];
    struct hr_http_field fields[2];
    struct hr_s3_metadata metadata;
};

/* What `from` gets, `to` sends. */
struct world_pipe {
    struct world_job *from, *to;
    size_t used, capacity;
    uint64_t passed;
    char bytes[16384];
};

struct world {
    uint64_t random;
    const struct world_profile *profile;
    struct world_engine own; /* nothing but timers, on which the world's events are */
    struct world_engine engines[WORLD_ENGINES_MAX];
    struct world_server servers[WORLD_SERVERS_MAX];
    struct world_guest guest;
    struct world_client clients[WORLD_CLIENTS_MAX + 1]; /* the last one: calm, for the end */
    struct world_job *jobs;
    struct world_pipe pipes[WORLD_PIPES_MAX];
    unsigned pipe_count;
    unsigned engine_count, server_count, client_count, job_count, jobs_pending;
    struct world_event calm, close[WORLD_CLIENTS_MAX];
    struct oracle_key keys[WORLD_KEYS];
    struct oracle_write last[WORLD_KEYS]; /* what the end found */
    struct sim_faults faults;
    uint64_t step, begun_ns;
    unsigned buffer_size, exchanges, versions;
    struct hr_s3_bucket_create bucket;
    unsigned buckets_pending;
    bool finishing; /* whoever goes now does not come back */
};

/* A whole world, from its seed to its end. Findings end the process. */
void world_run(uint64_t seed, const struct world_profile *profile, FILE *trace);

/* The world's own luck: other draws than the kernel's. */
uint64_t world_random(struct world *world);
uint64_t world_below(struct world *world, uint64_t limit); /* 0 … limit - 1; 0 of 0 */
bool world_chance(struct world *world, uint16_t of_65536);
uint64_t world_size(struct world *world); /* of a body; with the edges of buffers and windows */
void world_after(struct world_event *event, uint64_t delay_ns); /* pending already: as it was */
uint64_t world_pause_ns(struct world *world);
uint32_t world_some_ms(struct world *world, uint32_t most); /* for an option: 0 is its default */
struct world_engine *world_any_engine(struct world *world);
void world_client_close(struct world_client *client);
/* Asks a client that is closing, or in its on_closed, to start something: it has to refuse. */
void world_client_press(struct world_client *client);

/* Steps. False: nobody can run and nothing is on the way. */
bool world_step(struct world *world);
/* Until `pending` is 0; a world that is stuck before is a finding. */
void world_run_until_done(struct world *world, const unsigned *pending, const char *what);
/* Until nobody has anything to do: what is still open then stays open. */
void world_run_until_rest(struct world *world);

void world_engine_make(struct world *world, struct world_engine *each,
                       const struct hr_engine_options *options);
/* All of them, the world's own last; what does not close is a finding. */
void world_engines_close(struct world *world);
/* What the kernel still holds is a finding. */
void world_check_leftovers(void);

/* world_server.c */
void world_server_make(struct world *world, unsigned number);
const char *world_server_address(unsigned number);
/* It may go at some time; not the store, which would forget. */
void world_server_plan(struct world_server *server);
/* In a callback on a reactor: the hasty ones of its engine go, and the guest. */
void world_servers_meddle(struct world *world);
/* Behind each step: a guest comes. */
void world_guest_step(struct world *world);
/* Behind each step: it comes back. */
void world_server_step(struct world_server *server);
void world_servers_close(struct world *world);

/* world_pipe.c */
void world_pipe_plan(struct world *world, struct world_client *from, struct world_client *to);
struct hr_sink world_pipe_sink(struct world_pipe *pipe);
struct hr_source world_pipe_source(struct world_pipe *pipe, bool sized);
/* One of the two has ended. */
void world_pipe_ended(struct world_job *job);

/* world_http.c, world_s3.c */
void world_http_serve(struct world_server *server, const struct hr_http_server_options *limits);
int world_http_start(struct world_job *job);
void world_http_judge(struct world_job *job);
int world_s3_start(struct world_job *job);
void world_s3_judge(struct world_job *job);

/* world_job.c */
/* The next job of the world, on a client and of a kind as luck has it; it starts by itself. */
void world_job_plan(struct world *world);
/* A job of the end. */
struct world_job *world_job_add(struct world *world, struct world_client *client,
                                enum world_job_kind kind);
void world_job_start(struct world_job *job);
/* Cancels and resumes that are due after so many steps. */
void world_job_step(struct world_job *job);
/* What every request is started with; it has been zeroed. */
void world_job_request(struct world_job *job);
const char *world_job_kind_name(enum world_job_kind kind);

#endif
