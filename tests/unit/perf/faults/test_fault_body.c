/* Bodies that are cut or damaged, however they come in pieces. */
#include <criterion/criterion.h>

#include "fault_body.h"

static struct fault_script script;
static struct fault_decider decider = {.script = &script, .seed = 5};
static struct fault_body body;

static void begin(const char *line, uint64_t length) {
    struct hr_error error = {0};
    script.count = 0;
    cr_assert_eq(fault_script_add(&script, hr_slice_of(line), 0, &error), 0);
    const struct fault_plan plan = {.spoil = &script.rules[0], .number = 9};
    fault_body_begin(&body, &decider, &plan, length);
}

/* Passes `size` zero bytes in pieces; returns how many passed, and which are none any more. */
static size_t pass(size_t size, size_t piece, char *all) {
    size_t passed = 0;
    memset(all, 0, size);
    while (passed < size && !body.was_cut) {
        size_t next = size - passed < piece ? size - passed : piece;
        passed += fault_body_pass(&body, all + passed, next);
    }
    return passed;
}

Test(fault_body, a_share_is_of_the_length) {
    char all[1000];
    begin("truncate 50%", 999);
    cr_expect_eq(pass(999, 7, all), 499);
    cr_expect(body.was_cut);
    begin("truncate 0.1%", UINT64_C(1) << 60);
    cr_expect_eq(body.cut, UINT64_C(1152921504606846));
}

Test(fault_body, a_share_of_no_length_is_nothing) {
    char all[8];
    begin("truncate 50%", UINT64_MAX);
    cr_expect_eq(pass(8, 8, all), 0);
    cr_expect(body.was_cut);
}

Test(fault_body, a_shorter_body_is_not_cut) {
    char all[100];
    begin("truncate 100", 100);
    cr_expect_eq(pass(100, 30, all), 100);
    cr_expect_not(body.was_cut);
}

Test(fault_body, as_many_bytes_are_others_however_it_is_cut) {
    static char whole[5000], pieces[5000];
    begin("corrupt 16 bytes", 5000);
    cr_expect_eq(pass(5000, 5000, whole), 5000);
    begin("corrupt 16 bytes", 5000);
    cr_expect_eq(pass(5000, 1, pieces), 5000);
    cr_expect_arr_eq(whole, pieces, 5000);
    size_t others = 0;
    for (size_t i = 0; i < 5000; i++) others += whole[i] != 0;
    cr_expect_eq(others, 16);
}

Test(fault_body, the_first_bytes_are_others_where_no_length_is_known) {
    char all[4] = {0};
    begin("corrupt 2", UINT64_MAX);
    pass(4, 3, all);
    cr_expect(all[0] && all[1] && !all[2] && !all[3]);
}

Test(fault_body, a_body_of_fewer_bytes_has_all_of_them_others) {
    char all[3];
    begin("corrupt 16", 3);
    pass(3, 2, all);
    cr_expect(all[0] && all[1] && all[2]);
    begin("corrupt 1", 0);
    cr_expect_eq(body.corrupt_count, 0);
}
