/* Ranks that are given, and those that launchers tell. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rank.h"

/* "NAME=VALUE" of a made-up environment, ended by NULL. */
static const char *const *environment;

static char *look_up(const char *name) {
    size_t size = strlen(name);
    for (const char *const *at = environment; at && *at; at++)
        if (strncmp(*at, name, size) == 0 && (*at)[size] == '=') return (char *)*at + size + 1;
    return NULL;
}

static const char *const k8s[] = {"JOB_COMPLETION_INDEX=3", NULL},
                         *const slurm[] = {"SLURM_PROCID=0", "SLURM_NTASKS=16", NULL},
                         *const ompi[] = {"OMPI_COMM_WORLD_RANK=5", "OMPI_COMM_WORLD_SIZE=6", NULL},
                         *const pmi[] = {"PMI_RANK=7", "PMI_SIZE=8", NULL},
                         /* mpirun within an allocation of Slurm's: its own ranks count */
                             *const both[] = {"SLURM_PROCID=0", "SLURM_NTASKS=1", "PMI_RANK=2",
                                              "PMI_SIZE=4", NULL},
                         *const odd[] = {"SLURM_PROCID=x", "SLURM_NTASKS=1", NULL},
                         *const half[] = {"PMI_RANK=1", NULL}, *const none[] = {NULL};

Test(rank, what_is_given_and_what_launchers_tell) {
    static const struct {
        const char *text;
        const char *const *environment;
        unsigned rank, size;
        const char *from;
    } rows[] = {{"3/16", k8s, 3, 16, NULL},
                {"0/1", none, 0, 1, NULL},
                {"65535/65536", none, 65535, 65536, NULL},
                {"auto/4", k8s, 3, 4, "JOB_COMPLETION_INDEX"},
                {"auto", slurm, 0, 16, "SLURM_PROCID"},
                {"auto", ompi, 5, 6, "OMPI_COMM_WORLD_RANK"},
                {"auto", pmi, 7, 8, "PMI_RANK"},
                {"auto/9", pmi, 7, 9, "PMI_RANK"},
                {"auto/2", half, 1, 2, "PMI_RANK"},
                {"auto", both, 2, 4, "PMI_RANK"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perf_rank rank;
        char why[320] = "";
        environment = rows[i].environment;
        cr_assert_eq(perf_rank_parse(rows[i].text, look_up, &rank, why, sizeof why), 0, "%s: %s",
                     rows[i].text, why);
        cr_expect(rank.rank == rows[i].rank && rank.size == rows[i].size, "row %zu", i);
        cr_expect(rank.from == rows[i].from || strcmp(rank.from, rows[i].from) == 0, "row %zu", i);
    }
}

Test(rank, what_is_none_is_told) {
    static const struct {
        const char *text;
        const char *const *environment;
        const char *part;
    } rows[] = {{"", none, "'' is no shard"},
                {"3", none, "'3' is no shard"},
                {"3/", none, "no shard"},
                {"/3", none, "no shard"},
                {"-1/3", none, "no shard"},
                {"1/65537", none, "at most 65536"},
                {"0/0", none, "no shard"},
                {"16/16", none, "of 16 they are 0 to 15"},
                {"auto/x", slurm, "no shard"},
                {"autos", slurm, "no shard"},
                {"auto", none, "none of JOB_COMPLETION_INDEX"},
                {"auto", k8s, "JOB_COMPLETION_INDEX tells no number of shards"},
                {"auto/3", k8s, "3/3 is no shard"},
                {"auto", odd, "SLURM_PROCID is 'x', and no number"},
                {"auto", half, "PMI_SIZE is not set"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perf_rank rank;
        char why[320] = "";
        environment = rows[i].environment;
        cr_expect_eq(perf_rank_parse(rows[i].text, look_up, &rank, why, sizeof why), -1, "%s",
                     rows[i].text);
        cr_expect_not_null(strstr(why, rows[i].part), "%s: %s", rows[i].text, why);
    }
}
