/* Ranks, given or told by launchers. */
#include "rank.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <headrace/text.h>

#define AUTO "auto"

/* Variables of launchers. Sources: Kubernetes, "Indexed Job for Parallel Processing"; srun(1);
 * Open MPI, "Environment variables set for MPI applications"; MPICH's process manager interface. */
static const struct {
    const char *rank, *size; /* NULL: it tells none */
} launchers[] = {
    {"JOB_COMPLETION_INDEX", NULL},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
    {"SLURM_PROCID", "SLURM_NTASKS"},
};

static int read_number(struct hr_slice text, unsigned *number) {
    uint64_t value;
    if (hr_text_u64(text, PERF_RANKS_MAX, &value) != 0) return -1;
    *number = (unsigned)value;
    return 0;
}

static int read_variable(perf_rank_lookup_fn *lookup, const char *name, unsigned *number, char *why,
                         size_t why_size) {
    const char *value = lookup(name);
    if (value && read_number(hr_slice_of(value), number) == 0) return 0;
    snprintf(why, why_size, "%s is %s%.40s%s", name, value ? "'" : "not set", value ? value : "",
             value ? "', and no number" : "");
    return -1;
}

/* "auto", with the size where it was given behind it (else 0). */
static int read_launcher(perf_rank_lookup_fn *lookup, struct perf_rank *rank, char *why,
                         size_t why_size) {
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
        const char *size = launchers[i].size;
        if (!lookup(launchers[i].rank)) continue;
        rank->from = launchers[i].rank;
        if (read_variable(lookup, rank->from, &rank->rank, why, why_size) != 0) return -1;
        if (rank->size) return 0;
        if (size) return read_variable(lookup, size, &rank->size, why, why_size);
        snprintf(why, why_size, "%s tells no number of shards: auto/16", rank->from);
        return -1;
    }
    snprintf(why, why_size,
             "'auto': none of JOB_COMPLETION_INDEX, OMPI_COMM_WORLD_RANK, PMI_RANK and "
             "SLURM_PROCID is set");
    return -1;
}

static int check(const struct perf_rank *rank, char *why, size_t why_size) {
    if (rank->size > 0 && rank->rank < rank->size) return 0;
    snprintf(why, why_size, "%u/%u is no shard: of %u they are 0 to %u", rank->rank, rank->size,
             rank->size, rank->size ? rank->size - 1 : 0);
    return -1;
}

int perf_rank_parse(const char *text, perf_rank_lookup_fn *lookup, struct perf_rank *rank,
                    char *why, size_t why_size) {
    struct perf_rank read = {.rank = 0};
    const char *slash = strchr(text, '/');
    struct hr_slice first = hr_slice_bytes(text, slash ? (size_t)(slash - text) : strlen(text));
    bool is_auto = first.size == sizeof AUTO - 1 && memcmp(first.data, AUTO, first.size) == 0;
    bool good = !slash || read_number(hr_slice_of(slash + 1), &read.size) == 0;
    if (good && !is_auto) good = slash && read_number(first, &read.rank) == 0;
    if (good && slash) good = read.size > 0;
    if (!good) {
        snprintf(why, why_size, "'%.60s' is no shard such as 3/16, auto or auto/16, at most %d",
                 text, PERF_RANKS_MAX);
        return -1;
    }
    if (is_auto && read_launcher(lookup, &read, why, why_size) != 0) return -1;
    if (check(&read, why, why_size) != 0) return -1;
    *rank = read;
    return 0;
}
