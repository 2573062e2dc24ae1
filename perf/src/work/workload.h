/* The work of a harness: kinds of operations and their mix, keys, bodies. Pure, seeded. */
#ifndef PERF_WORKLOAD_H
#define PERF_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/body.h>

#include "kinds.h"
#include "random.h"
#include "sizes.h"
#include "trace.h"
#include "zipf.h"

struct perf_mix {
    unsigned weight[PERF_KINDS];
    unsigned total;
};

/* Whether there are uploads or downloads in it. */
static inline bool perf_mix_has_transfers(const struct perf_mix *mix) {
    return mix->weight[PERF_UPLOAD] || mix->weight[PERF_DOWNLOAD];
}

/* "put=1,get=3". 0, or -1 with the reason in `why`. */
int perf_mix_parse(const char *text, struct perf_mix *mix, char *why, size_t why_size);

struct perf_step {
    enum perf_kind kind;
    uint32_t index; /* of the object or the URL; LIST: of the prefix */
    uint32_t body;  /* whose bytes and size are sent, or expected */
};

#define PERF_KEY_SIZE      512
#define PERF_PREFIX_MAX    400
#define PERF_PREFIXES      2 /* keys stand alternately under PREFIXa/ and PREFIXb/ */
#define PERF_BLOCK_MAX     (1u << 20)
#define PERF_BLOCK_MIN     (1u << 16)
#define PERF_OFFSET_FACTOR 61

/* The objects of the operations. Filled by its owner, then perf_workload_open. */
struct perf_workload {
    struct perf_mix mix;
    const char *bucket;
    const char *prefix;
    uint32_t objects; /* indexes 0 … objects-1 stay; objects … 2·objects-1 are what DELETE takes */
    uint64_t size_bytes; /* of each body; with classes of sizes the largest */
    struct perf_sizes sizes;
    struct perf_zipf zipf; /* of keys; not made: uniform */
    uint64_t seed;
    uint64_t first; /* perf_choose_mix: what is added to the numbers of operations */
    const struct perf_trace *trace; /* keys and sizes are its own; NULL: there is none */
    /* Made by perf_workload_open: a block of random bytes, twice behind itself, so that every body
     * is a piece of it that begins at an offset of its own. */
    char *block;
    size_t block_size;
    size_t iov_count;
};

/* 0 or -ENOMEM. */
int perf_workload_open(struct perf_workload *workload);
void perf_workload_close(struct perf_workload *workload);

/* "PREFIXa/00000042". */
void perf_workload_key(const struct perf_workload *workload, uint32_t index,
                       char key[PERF_KEY_SIZE]);
/* "PREFIXa/" */
void perf_workload_prefix(const struct perf_workload *workload, uint32_t index,
                          char key[PERF_KEY_SIZE]);

/* The size of body `index`, of a trace that of its entry: PERF_TRACE_ANY_SIZE where it has none. */
uint64_t perf_workload_size(const struct perf_workload *workload, uint32_t index);

/* Body `index`. A body larger than the block needs `iov` of workload->iov_count
 * entries, which must live as long as the source. */
struct hr_source perf_workload_body(const struct perf_workload *workload, uint32_t index,
                                    struct iovec *iov);
/* Copies `size` bytes of the body from `at`. */
void perf_workload_body_read(const struct perf_workload *workload, uint32_t index, uint64_t at,
                             void *out, size_t size);
/* Whether `data` are the `size` bytes of the body from `at`. */
bool perf_workload_body_matches(const struct perf_workload *workload, uint32_t index, uint64_t at,
                                const void *data, size_t size);

/* The operation of this `number` (0, 1, …). */
typedef void perf_choose_fn(const struct perf_workload *workload, uint64_t number,
                            struct perf_step *step);
perf_choose_fn perf_choose_mix;  /* by the mix, keys by the seed */
perf_choose_fn perf_choose_fill; /* PUT of object `number`; an upload where the mix has transfers */
perf_choose_fn perf_choose_remove;     /* DELETE of object `number` */
perf_choose_fn perf_choose_trace;      /* entry `number` of the trace */
perf_choose_fn perf_choose_trace_fill; /* PUT of key `number` as it is before the trace */
perf_choose_fn perf_choose_cycle;      /* a mix of one kind: the objects in turn */

/* How many objects are there from the beginning: all, and with DELETE in the mix its own set too.
 */
uint32_t perf_workload_population(const struct perf_workload *workload);
/* The bytes of all of them, the most that a trace stores. */
uint64_t perf_workload_bytes(const struct perf_workload *workload);

#endif
