/* Figures of this process. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "resources.h"

#define BLOCK (8u << 20)

Test(resources, memory_by_its_names) {
    uint64_t before = perf_memory_bytes("Private_Dirty");
    char *block = malloc(BLOCK);
    memset(block, 1, BLOCK);
    cr_expect_geq(perf_memory_bytes("Private_Dirty"), before + BLOCK / 2, "%d", block[BLOCK / 2]);
    cr_expect_geq(perf_memory_bytes("Rss"), perf_memory_bytes("Private_Dirty"));
    cr_expect_gt(perf_memory_bytes("Pss"), 0);
    cr_expect_eq(perf_memory_bytes("Ps"), 0, "no beginning of a name");
    cr_expect_eq(perf_memory_bytes("None"), 0);
    free(block);
}

Test(resources, the_peak_is_no_less_than_what_is_used) {
    cr_expect_geq(perf_rss_peak_bytes() + (1u << 20), perf_memory_bytes("Rss"));
    uint64_t before = perf_cpu_ns();
    cr_expect_geq(perf_cpu_ns(), before);
    cr_expect_geq(perf_cores(), 1);
}

Test(resources, open_files_up_to_the_hard_limit) {
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 200};
    uint64_t hard = 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(perf_files_raise(90, &hard), 0);
    cr_expect_eq(perf_files_raise(150, &hard), 0);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(limit.rlim_cur, 150);
    cr_expect_eq(perf_files_raise(201, &hard), -EMFILE);
    cr_expect_eq(hard, 200);
    perf_files_raise_all();
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(limit.rlim_cur, 200);
}
