/* A scenario: one client, a few origins, a steady stream of requests, and something that happens to
 * the origins; all of it drawn from one seed and judged as a whole. Where a world (world.h) looks
 * for what may never be, a scenario looks at how well the client gets on. */
#ifndef HR_SIM_SCENARIO_H
#define HR_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "world.h"

#define SCENARIO_ORIGINS_MAX 4
#define SCENARIO_SHOTS_MAX   4096

/* Summed over all seeds. */
struct scenario_tally {
    uint64_t requests, succeeded, attempts, retries, rejected, opened, strays;
    uint64_t hedges, hedges_won, hedged; /* … and requests that succeeded with one */
    uint64_t slowest_ns;
    uint64_t records, dropped, lines;
};

enum scenario_mood {
    ORIGIN_GOOD,
    ORIGIN_SLOW,   /* answers, after a while */
    ORIGIN_503,    /* answers that it cannot */
    ORIGIN_HALF,   /* every other time, by chance, that */
    ORIGIN_UNEVEN, /* at once, or after a while, or that */
    ORIGIN_SILENT, /* reads and never answers */
    ORIGIN_GONE,   /* nobody listens */
};

struct scenario_origin {
    struct scenario *scenario;
    struct hr_http_server_options options;
    hr_http_server *server;
    char address[24], listen[32];
    enum scenario_mood mood;
    uint64_t seen; /* requests */
    bool closed;
};

/* One request. */
struct scenario_shot {
    struct scenario *scenario;
    struct world_event start, cancel;
    struct hr_http_request http;
    struct hr_buffer answer;
    uint64_t started_ns;
    bool started, done, ok, cancelled;
    char url[64], body[32];
};

struct scenario {
    struct world *world; /* its luck, its engines, its client 0 */
    const struct scenario_kind *kind;
    struct scenario_tally *tally;
    struct scenario_origin origins[SCENARIO_ORIGINS_MAX];
    unsigned origin_count;
    struct scenario_shot *shots;
    unsigned shot_count, pending;
    bool close; /* a connection for each request */
    bool tls;
};

struct scenario_kind {
    const char *name;
    void (*run)(struct scenario *scenario);
    bool whole; /* `run` goes to the end by itself, with no client and no origins */
    /* Over all seeds: prints a line; false: not good enough. */
    bool (*judge)(const struct scenario_tally *tally);
};
extern const struct scenario_kind scenario_resets, scenario_hosts, scenario_hedges, scenario_strays,
    scenario_log, scenario_uploads, scenario_copies, scenario_regions, scenario_keys,
    scenario_reads;

const struct scenario_kind *scenario_find(const char *name); /* NULL: no such name */
void scenario_run(const struct scenario_kind *kind, uint64_t seed, FILE *trace,
                  struct scenario_tally *tally);

/* For the kinds. The byte at a place of a body: one that is not whole, or is another's, shows. */
char scenario_byte(unsigned size, unsigned place);
void scenario_origin_open(struct scenario *scenario, const char *address);
/* Changes its mood; GONE closes it, another opens it again. Not on a reactor's thread. */
void scenario_origin_set(struct scenario_origin *origin, enum scenario_mood mood);
void scenario_client_open(struct scenario *scenario, const struct hr_http_client_options *options);
/* A GET of `size` bytes from `host`, so long from now. */
struct scenario_shot *scenario_shoot(struct scenario *scenario, const char *host, unsigned size,
                                     uint64_t delay_ns);
/* Before its start: it sends a body, which its response repeats to nobody. */
void scenario_upload(struct scenario_shot *shot);
/* Cancels it so long from now, if it is under way then. */
void scenario_cancel(struct scenario_shot *shot, uint64_t delay_ns);
/* Steps until so long from now, or until all requests are done. */
void scenario_pass(struct scenario *scenario, uint64_t ns);
/* Retries and hedges are within that percentage of the requests, and ten. */
void scenario_check_budget(const struct scenario *scenario, uint32_t percent);
/* Segments that are cut, delayed and overtaken; a connection is doomed by that chance, to die
 * within so many of them. */
void scenario_network(uint16_t doom, unsigned doom_segments_max);
void scenario_finish(struct scenario *scenario);

#endif
