/* Mixes, keys and bodies of the harness. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

static struct perf_workload open_workload(uint64_t size, const char *mix) {
    char why[200];
    struct perf_workload workload = {
        .bucket = "b", .prefix = "p/", .objects = 10, .size_bytes = size, .seed = 1};
    cr_assert_eq(perf_mix_parse(mix, &workload.mix, why, sizeof why), 0, "%s", why);
    cr_assert_eq(perf_workload_open(&workload), 0);
    return workload;
}

/* The first three outputs for seed 1234567, as published with the reference implementation of
 * splitmix64 (Rosetta Code, "Pseudo-random numbers/Splitmix64"). */
Test(workload, splitmix64_matches_its_reference) {
    uint64_t state = 1234567;
    cr_assert_eq(perf_random_next(&state), 6457827717110365317u);
    cr_assert_eq(perf_random_next(&state), 3203168211198807973u);
    cr_assert_eq(perf_random_next(&state), 9817491932198370423u);
}

Test(workload, mixes) {
    static const struct {
        const char *text;
        int result;
        unsigned weight[PERF_KINDS];
        const char *why;
    } cases[] = {
        {"put=1", 0, {1, 0, 0, 0, 0}, NULL},
        {"put=1,get=3,head=1,list=1,delete=2", 0, {1, 3, 1, 1, 2}, NULL},
        {"get", 0, {0, 1, 0, 0, 0}, NULL},
        {"upload=2,download=5", 0, {0, 0, 0, 0, 0, 2, 5}, NULL},
        {"get=0,put=7", 0, {7, 0, 0, 0, 0}, NULL},
        {"put=1000000", 0, {1000000, 0, 0, 0, 0}, NULL},
        {"", -1, {0}, "no operation"},
        {"put=", -1, {0}, "weight"},
        {"put=-1", -1, {0}, "weight"},
        {"put=1000001", -1, {0}, "weight"},
        {"put=1,", -1, {0}, "no operation"},
        {"put=1;get=1", -1, {0}, "weight"},
        {"copy=1", -1, {0}, "'copy'"},
        {"put=1,put=1", -1, {0}, "twice"},
        {"put=0", -1, {0}, "weights"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct perf_mix mix = {.total = 99};
        char why[200] = "";
        int result = perf_mix_parse(cases[i].text, &mix, why, sizeof why);
        cr_expect_eq(result, cases[i].result, "%s", cases[i].text);
        if (result) {
            cr_expect(strstr(why, cases[i].why), "%s: %s", cases[i].text, why);
            cr_expect_eq(mix.total, 99, "%s: touched", cases[i].text);
            continue;
        }
        cr_expect_arr_eq(mix.weight, cases[i].weight, sizeof mix.weight, "%s", cases[i].text);
    }
}

Test(workload, keys) {
    struct perf_workload workload = open_workload(1, "put=1");
    char key[PERF_KEY_SIZE];
    perf_workload_key(&workload, 0, key);
    cr_expect_str_eq(key, "p/a/00000000");
    perf_workload_key(&workload, 12345677, key);
    cr_expect_str_eq(key, "p/b/12345677");
    perf_workload_prefix(&workload, 1, key);
    cr_expect_str_eq(key, "p/b/");
    perf_workload_close(&workload);
}

/* Source, reader and comparison tell the same bytes, in one piece and in many. */
Test(workload, bodies) {
    static const uint64_t sizes[] = {
        0, 1, 4096, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 1 << 20, (1 << 20) + 1, (3u << 20) + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = (size_t)sizes[i];
        struct perf_workload workload = open_workload(size, "put=1");
        struct iovec iov[4];
        cr_assert(workload.iov_count <= 4);
        char *body = malloc(size + 1), *again = malloc(size + 1);
        perf_workload_body_read(&workload, 7, 0, body, size);
        struct hr_source source = perf_workload_body(&workload, 7, iov);
        cr_expect_eq(source.size, size);
        size_t at = 0;
        if (source.kind == HR_SOURCE_BYTES) {
            cr_expect_arr_eq(source.data, body, size);
        } else {
            for (size_t k = 0; k < source.iov_count; at += source.iov[k++].iov_len)
                cr_expect_arr_eq(source.iov[k].iov_base, body + at, source.iov[k].iov_len);
            cr_expect_eq(at, size);
        }
        for (at = 0; at < size;) {
            size_t piece = size - at < 70001 ? size - at : 70001;
            perf_workload_body_read(&workload, 7, at, again + at, piece);
            cr_expect(perf_workload_body_matches(&workload, 7, at, body + at, piece));
            at += piece;
        }
        cr_expect_arr_eq(body, again, size);
        if (size > 8) {
            body[size - 1] ^= 1;
            cr_expect_not(perf_workload_body_matches(&workload, 7, 0, body, size));
            perf_workload_body_read(&workload, 8, 0, again, size);
            cr_expect_arr_neq(body, again, size);
        }
        free(body);
        free(again);
        perf_workload_close(&workload);
    }
}

Test(workload, the_mix_is_kept_and_repeats) {
    struct perf_workload workload = open_workload(1, "put=1,get=3,head=1,list=1,delete=2");
    unsigned seen[PERF_KINDS] = {0};
    for (uint64_t number = 0; number < 80000; number++) {
        struct perf_step step, again;
        perf_choose_mix(&workload, number, &step);
        perf_choose_mix(&workload, number, &again);
        cr_assert(step.kind == again.kind && step.index == again.index);
        seen[step.kind]++;
        if (step.kind == PERF_GET || step.kind == PERF_HEAD)
            cr_assert_lt(step.index, workload.objects, "reads stay off what DELETE takes");
        if (step.kind == PERF_DELETE) {
            cr_assert_geq(step.index, workload.objects);
            cr_assert_lt(step.index, 2 * workload.objects);
        }
        if (step.kind == PERF_LIST) cr_assert_lt(step.index, PERF_PREFIXES);
    }
    /* Of 80000 draws a weight of 1 in 8 is 10000; five standard deviations are 470. */
    for (size_t kind = 0; kind < PERF_KINDS; kind++) {
        double expected = 10000.0 * workload.mix.weight[kind];
        cr_expect(seen[kind] > expected - 700 && seen[kind] < expected + 700, "%s: %u",
                  perf_kind_names[kind], seen[kind]);
    }
    cr_expect_eq(perf_workload_population(&workload), 20);
    perf_workload_close(&workload);
}

/* The objects that downloads find are uploaded too. */
Test(workload, transfers_take_keys_as_put_and_get_do) {
    struct perf_workload workload = open_workload(1, "upload=1,download=1,delete=1");
    unsigned seen[PERF_KINDS] = {0};
    struct perf_step step;
    for (uint64_t number = 0; number < 3000; number++) {
        perf_choose_mix(&workload, number, &step);
        seen[step.kind]++;
        if (step.kind == PERF_DOWNLOAD) cr_assert_lt(step.index, workload.objects);
        if (step.kind == PERF_UPLOAD) cr_assert_eq(step.index % 10, number % 10);
    }
    cr_expect(seen[PERF_UPLOAD] > 800 && seen[PERF_DOWNLOAD] > 800 && seen[PERF_DELETE] > 800);
    perf_choose_fill(&workload, 3, &step);
    cr_expect(step.kind == PERF_UPLOAD && step.index == 3);
    cr_expect(perf_mix_has_transfers(&workload.mix));
    perf_workload_close(&workload);
}

Test(workload, uploads_cycle_over_all_keys) {
    struct perf_workload workload = open_workload(1, "put=1");
    unsigned seen[10] = {0};
    for (uint64_t number = 0; number < 30; number++) {
        struct perf_step step;
        perf_choose_mix(&workload, number, &step);
        cr_assert_eq(step.kind, PERF_PUT);
        seen[step.index]++;
    }
    for (size_t i = 0; i < 10; i++) cr_expect_eq(seen[i], 3);
    cr_expect_eq(perf_workload_population(&workload), 10);
    perf_workload_close(&workload);
}

/* Probabilities worked out by summing the series. */
Test(workload, zipf_draws_ranks_by_their_law) {
    static const double exponents[] = {0.5, 0.99, 1, 1.5, 4};
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
        struct perf_zipf zipf;
        unsigned seen[50] = {0}, draws = 200000;
        uint64_t state = 7;
        double sum = 0;
        perf_zipf_init(&zipf, 50, exponents[e]);
        for (unsigned rank = 1; rank <= 50; rank++) sum += pow(rank, -exponents[e]);
        for (unsigned i = 0; i < draws; i++) {
            uint32_t rank = perf_zipf_draw(&zipf, &state);
            cr_assert_lt(rank, 50);
            seen[rank]++;
        }
        for (unsigned rank = 1; rank <= 50; rank++) {
            double share = pow(rank, -exponents[e]) / sum, expected = share * draws;
            cr_expect(fabs(seen[rank - 1] - expected) < 5 * sqrt(expected * (1 - share)) + 1,
                      "exponent %g, rank %u: %u, expected %g", exponents[e], rank, seen[rank - 1],
                      expected);
        }
    }
}

Test(workload, zipf_of_one_key_and_of_many) {
    struct perf_zipf zipf;
    uint64_t state = 1;
    perf_zipf_init(&zipf, 1, 0.99);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(perf_zipf_draw(&zipf, &state), 0);
    perf_zipf_init(&zipf, 2 * 40000000u, 0.01);
    for (unsigned i = 0; i < 1000; i++) cr_assert_lt(perf_zipf_draw(&zipf, &state), 2 * 40000000u);
}

Test(workload, zipf_is_for_reads_and_uploads_and_repeats) {
    struct perf_workload workload = open_workload(1, "put=1,get=1,delete=1");
    unsigned first = 0, last = 0;
    perf_zipf_init(&workload.zipf, workload.objects, 2);
    for (uint64_t number = 0; number < 3000; number++) {
        struct perf_step step, again;
        perf_choose_mix(&workload, number, &step);
        perf_choose_mix(&workload, number, &again);
        cr_assert(step.kind == again.kind && step.index == again.index);
        cr_assert_eq(step.body, step.index);
        if (step.kind == PERF_DELETE) cr_assert_geq(step.index, workload.objects);
        first += step.index == 0;
        last += step.index == 9;
    }
    cr_expect_gt(first, 20 * last, "%u, %u", first, last);
    perf_workload_close(&workload);
}

/* The shares of weights 80, 15 and 5, within five standard deviations. */
Test(workload, sizes_come_by_their_weights_and_stay) {
    struct perf_sizes sizes = {.list = {{10, 80}, {2 << 20, 15}, {0, 5}}, .count = 3, .total = 100};
    unsigned seen[3] = {0}, differ = 0, draws = 100000;
    for (uint32_t index = 0; index < draws; index++) {
        size_t class = perf_sizes_class(&sizes, 1, index);
        cr_assert_lt(class, 3);
        cr_assert_eq(perf_sizes_class(&sizes, 1, index), class);
        differ += perf_sizes_class(&sizes, 2, index) != class;
        seen[class]++;
    }
    for (size_t i = 0; i < 3; i++) {
        double share = sizes.list[i].weight / 100.0;
        cr_expect(fabs(seen[i] - draws * share) < 5 * sqrt(draws * share * (1 - share)), "%u",
                  seen[i]);
    }
    cr_expect_gt(differ, draws / 10, "another seed, another order");
    cr_expect_eq(perf_sizes_largest(&sizes), 2 << 20);
    cr_expect_eq(perf_sizes_largest(&(struct perf_sizes){.count = 0}), 0);
}

Test(workload, a_body_has_the_size_of_its_class) {
    char why[200];
    struct perf_workload workload = {
        .objects = 100,
        .size_bytes = (1 << 20) + 9,
        .seed = 3,
        .sizes = {.list = {{0, 1}, {70000, 1}, {(1 << 20) + 9, 1}}, .count = 3, .total = 3}};
    cr_assert_eq(perf_mix_parse("put=1", &workload.mix, why, sizeof why), 0);
    cr_assert_eq(perf_workload_open(&workload), 0);
    cr_assert_leq(workload.iov_count, 2);
    for (uint32_t index = 0; index < 100; index++) {
        struct iovec iov[2];
        struct hr_source source = perf_workload_body(&workload, index, iov);
        uint64_t size = perf_workload_size(&workload, index);
        cr_expect_eq(source.size, size);
        cr_expect_eq(size, workload.sizes.list[perf_sizes_class(&workload.sizes, 3, index)].bytes);
        if (source.kind == HR_SOURCE_BYTES)
            cr_expect(perf_workload_body_matches(&workload, index, 0, source.data, size));
        else
            cr_expect_eq(source.iov_count, 2);
    }
    perf_workload_close(&workload);
}

Test(workload, a_cycle_takes_its_objects_in_turn) {
    struct perf_workload workload = {.objects = 3, .mix = {.total = 1}};
    workload.mix.weight[PERF_HEAD] = 1;
    for (uint64_t number = 0; number < 7; number++) {
        struct perf_step step;
        perf_choose_cycle(&workload, number, &step);
        cr_expect_eq(step.kind, PERF_HEAD);
        cr_expect_eq(step.index, number % 3);
        cr_expect_eq(step.body, number, "each request has a body of its own");
    }
}

Test(workload, the_bytes_of_all_objects) {
    struct perf_workload workload = {.objects = 10,
                                     .size_bytes = 100,
                                     .prefix = "p/",
                                     .mix = {.weight = {[PERF_GET] = 1}, .total = 1}};
    cr_expect_eq(perf_workload_bytes(&workload), 1000);
    workload.mix.weight[PERF_DELETE] = 1;
    cr_expect_eq(perf_workload_bytes(&workload), 2000);
    struct perf_trace_key keys[] = {{.bytes = 3}, {.bytes = 4}};
    const struct perf_trace trace = {.keys = keys, .key_count = 2};
    workload.trace = &trace;
    cr_expect_eq(perf_workload_bytes(&workload), 7);
}

Test(workload, a_later_beginning_goes_on_in_the_same_sequence) {
    struct perf_workload workload = {
        .objects = 10,
        .size_bytes = 1,
        .mix = {.weight = {[PERF_PUT] = 1, [PERF_GET] = 3}, .total = 4}};
    for (uint64_t number = 0; number < 50; number++) {
        struct perf_step plain, later;
        workload.first = 0;
        perf_choose_mix(&workload, number + 1000, &plain);
        workload.first = 1000;
        perf_choose_mix(&workload, number, &later);
        cr_expect(plain.kind == later.kind && plain.index == later.index &&
                  plain.body == later.body);
    }
}
