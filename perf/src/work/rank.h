/* One process of several that share a load: which of them it is. Ranks count from 0. */
#ifndef PERF_RANK_H
#define PERF_RANK_H

#include <stddef.h>

#define PERF_RANKS_MAX 65536

struct perf_rank {
    unsigned rank, size;
    const char *from; /* the variable that told the rank, a literal; NULL: the text itself */
};

/* The value of a variable of the environment; NULL: there is none. */
typedef char *perf_rank_lookup_fn(const char *name);

/* "3/16"; "auto": from the launcher's variables (Kubernetes' indexed jobs, Slurm, Open MPI, PMI);
 * "auto/16" where they do not tell the size. 0, or -1 with the reason in `why`. */
int perf_rank_parse(const char *text, perf_rank_lookup_fn *lookup, struct perf_rank *rank,
                    char *why, size_t why_size);

#endif
