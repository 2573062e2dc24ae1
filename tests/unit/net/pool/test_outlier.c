/* Addresses that fail while others of their name do not; the time is the test's. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "outlier.h"

#define S UINT64_C(1000000000)

static const struct hr_outlier_rules rules = {
    .failures_max = 3, .time_ns = 30 * S, .time_max_ns = 75 * S};
static struct hr_outliers *outliers;

static union hr_address address_of(unsigned n) {
    union hr_address address;
    memset(&address, 0, sizeof address);
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(80);
    address.v4.sin_addr.s_addr = htonl(0x0a000000 + n);
    return address;
}

/* The name has addresses `first` to `last`, which come as "3124", in the order of use. */
static const char *order(unsigned first, unsigned last, uint64_t now_ns) {
    static char text[HR_ADDRESSES_MAX + 1];
    struct hr_addresses addresses = {.count = 0};
    for (unsigned i = first; i <= last; i++) addresses.list[addresses.count++] = address_of(i);
    hr__outliers_arrange(outliers, &addresses, true, now_ns);
    for (unsigned i = 0; i < addresses.count; i++)
        text[i] = (char)('0' + (ntohl(addresses.list[i].v4.sin_addr.s_addr) & 0xff));
    text[addresses.count] = '\0';
    return text;
}

static bool fails(unsigned n, uint64_t now_ns) {
    union hr_address address = address_of(n);
    return hr__outliers_failed(outliers, &address, now_ns);
}

static void succeeds(unsigned n, uint64_t begun_ns, uint64_t now_ns) {
    union hr_address address = address_of(n);
    hr__outliers_succeeded(outliers, &address, begun_ns, now_ns);
}

static bool have(unsigned n, uint64_t now_ns) {
    union hr_address address = address_of(n);
    return hr__outliers_have(outliers, &address, now_ns);
}

static bool eject(unsigned n, uint64_t now_ns) {
    return !fails(n, now_ns) && !fails(n, now_ns) && fails(n, now_ns);
}

static void open_outliers(void) {
    outliers = hr__outliers_new(&rules);
    cr_assert(outliers);
}

static void close_outliers(void) {
    hr__outliers_free(outliers);
}

TestSuite(outlier, .init = open_outliers, .fini = close_outliers);

Test(outlier, failures_in_a_row_eject_an_address_which_goes_behind_the_others) {
    cr_assert_str_eq(order(1, 4, 0), "1234");
    cr_assert_not(fails(2, S));
    cr_assert_not(fails(2, S));
    succeeds(2, 0, S);
    cr_assert_not(fails(2, S));
    cr_assert_not(fails(2, S));
    cr_assert_not(hr__outliers_any(outliers));
    cr_assert(fails(2, S));
    cr_assert(hr__outliers_any(outliers));
    cr_assert(have(2, S));
    cr_assert_not(have(1, S));
    cr_assert_str_eq(order(1, 4, 2 * S), "1342", "the others keep their order");
    cr_assert_not(fails(2, 2 * S), "it is out already");
}

Test(outlier, its_time_grows_up_to_a_bound_and_shrinks_in_clean_times) {
    order(1, 2, 0);
    uint64_t now = S;
    static const unsigned times_s[] = {30, 60, 75, 75};
    for (unsigned i = 0; i < 4; i++) {
        cr_assert(eject(1, now));
        cr_assert(have(1, now + times_s[i] * S - 1));
        now += times_s[i] * S;
        cr_assert_not(have(1, now), "%u", i);
        cr_assert_not(hr__outliers_any(outliers));
    }
    now += 30 * S; /* three are forgotten, of four */
    cr_assert(eject(1, now));
    cr_assert(have(1, now + 60 * S - 1));
    cr_assert_not(have(1, now + 60 * S));
    cr_assert(eject(1, now + 10000 * S));
    cr_assert_not(have(1, now + 10030 * S));
}

Test(outlier, at_most_half_of_them_are_out_and_never_the_last) {
    order(1, 1, 0);
    cr_assert_not(eject(1, S));
    order(1, 3, S);
    cr_assert(fails(1, S), "once there are others, the next failure ejects");
    cr_assert_not(eject(2, S), "one of three is");
    order(1, 4, S);
    cr_assert(fails(2, S));
    cr_assert_not(eject(3, S));
    cr_assert_not(eject(4, S));
    cr_assert_str_eq(order(1, 4, S), "3412");
    cr_assert(have(1, S));
    cr_assert_str_eq(order(1, 4, 31 * S), "1234", "and back");
}

Test(outlier, a_success_brings_it_back_where_it_began_behind_the_ejection) {
    order(1, 2, 0);
    cr_assert(eject(1, 5 * S));
    succeeds(1, 4 * S, 6 * S);
    cr_assert(have(1, 6 * S));
    succeeds(2, 6 * S, 6 * S);
    cr_assert(have(1, 6 * S));
    succeeds(1, 6 * S, 7 * S);
    cr_assert_not(have(1, 7 * S));
    cr_assert_not(fails(1, 7 * S), "its failures are forgotten");
}

/* S3 names eight addresses of very many: one that the name has lost is still known when it is back,
 * and a kept connection may lead there. */
Test(outlier, what_the_name_has_no_more_is_remembered) {
    order(1, 2, 0);
    cr_assert(eject(1, S));
    cr_assert_str_eq(order(3, 4, S), "34");
    cr_assert(have(1, S));
    cr_assert(eject(2, S), "none of the name's is out");
    cr_assert(eject(3, S));
    cr_assert_not(eject(4, S));
    cr_assert_str_eq(order(1, 4, 2 * S), "4123");
}

Test(outlier, a_part_of_the_addresses_leaves_those_of_the_other_family) {
    order(1, 2, 0);
    cr_assert(eject(1, S));
    struct hr_addresses part = {.count = 1, .list = {address_of(3)}};
    hr__outliers_arrange(outliers, &part, false, S);
    cr_assert_not(eject(2, S), "three are listed");
}

Test(outlier, the_list_is_bounded) {
    order(1, 2, 0);
    cr_assert(eject(1, 0));
    for (unsigned i = 10; i < 200; i++) {
        order(i, i, S);
        cr_assert_not(fails(i, S));
    }
    cr_assert_eq(outliers->count, HR_OUTLIERS_MAX);
    cr_assert(have(1, S), "an ejected one stays");
}
