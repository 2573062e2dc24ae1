/* hosts(5), with all that stands in such files. */
#include "hosts_file.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The addresses of `name` in `text`, blanks between. */
static const char *found(struct hr_slice text, const char *name, int family) {
    static char list[1024];
    struct hr_hosts *hosts;
    struct hr_addresses addresses = {.count = 0};
    size_t at = 0;
    char *exact = malloc(text.size > 0 ? text.size : 1); /* a byte too far is seen */
    memcpy(exact, text.data, text.size);
    cr_assert_eq(hr__hosts_new(hr_slice_bytes(exact, text.size), &hosts), 0);
    cr_assert(hr__hosts_same(hosts, text));
    free(exact);
    unsigned count = hr__hosts_find(hosts, hr_slice_of(name), family, &addresses);
    cr_assert_eq(count, addresses.count);
    list[0] = 0;
    for (unsigned i = 0; i < addresses.count; i++) {
        char one[INET6_ADDRSTRLEN];
        const union hr_address *address = &addresses.list[i];
        inet_ntop(address->any.sa_family,
                  address->any.sa_family == AF_INET6 ? (const void *)&address->v6.sin6_addr
                                                     : &address->v4.sin_addr,
                  one, sizeof one);
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? " " : "", one);
    }
    hr__hosts_free(hosts);
    return list;
}

Test(hosts_file, lines_of_every_kind) {
    static const struct {
        const char *text, *name, *list;
    } cases[] = {
        {"192.0.2.1 a", "a", "192.0.2.1"},
        {"192.0.2.1 a b c\n", "c", "192.0.2.1"},
        {"192.0.2.1 a\r\n192.0.2.2 b\r\n", "a", "192.0.2.1"},
        {"192.0.2.1 a\r\n192.0.2.2 b\r\n", "b", "192.0.2.2"},
        {"\t 192.0.2.1\t\ta\t", "a", "192.0.2.1"},
        {"192.0.2.1 Big.Example", "big.example", "192.0.2.1"},
        {"192.0.2.1 a.", "a", "192.0.2.1"},
        {"192.0.2.1 a # b\n", "a", "192.0.2.1"},
        {"192.0.2.1 a # b\n", "b", ""},
        {"192.0.2.1 a#b\n", "a", "192.0.2.1"},
        {"#192.0.2.1 a\n192.0.2.2 a", "a", "192.0.2.2"},
        {"192.0.2.1 # a\n", "a", ""},
        {"2001:DB8::1 a\n", "a", "2001:db8::1"},
        {"::ffff:192.0.2.1 a\n", "a", "::ffff:192.0.2.1"},
        {"fe80::1%eth0 a\n192.0.2.1 a\n", "a", "192.0.2.1"}, /* of one interface: passed over */
        {"192.0.2.1 a\n192.0.2.1 a\n", "a", "192.0.2.1 192.0.2.1"},
        {"192.0.2.2 a\n2001:db8::1 b a\n192.0.2.1 a\n", "a", "192.0.2.2 2001:db8::1 192.0.2.1"},
        {"192.0.2 a\n0x7f.1 a\n192.0.2.256 a\n:1 a\nname a\n", "a", ""},
        {"192.0.2.1\na\n", "a", ""},
        {"192.0.2.1 ab\n", "a", ""},
        {"192.0.2.1 a\n", "ab", ""},
        {"\n\n\n \n\r\n192.0.2.1 a", "a", "192.0.2.1"},
        {"192.0.2.1 .\n192.0.2.2 a\n", "a", "192.0.2.2"},
        {"", "a", ""},
        {"\n", "a", ""},
        {"#", "a", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_slice text = hr_slice_of(cases[i].text);
        cr_expect_str_eq(found(text, cases[i].name, AF_UNSPEC), cases[i].list, "case %zu", i);
    }
}

Test(hosts_file, families_are_told_apart) {
    struct hr_slice text = hr_slice_of("192.0.2.1 a\n2001:db8::1 a\n");
    cr_assert_str_eq(found(text, "a", AF_INET), "192.0.2.1");
    cr_assert_str_eq(found(text, "a", AF_INET6), "2001:db8::1");
    cr_assert_str_eq(found(text, "a", AF_UNSPEC), "192.0.2.1 2001:db8::1");
}

Test(hosts_file, zero_bytes_end_nothing_else) {
    static const char text[] = "192.0.2.1 a\0b\n192.0.2.2 c\n";
    cr_assert_str_eq(found(hr_slice_bytes(text, sizeof text - 1), "c", AF_UNSPEC), "192.0.2.2");
}

Test(hosts_file, more_addresses_than_there_is_room_for) {
    char text[4096];
    size_t size = 0;
    for (unsigned i = 1; i <= HR_ADDRESSES_MAX + 5; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "192.0.2.%u a\n", i);
    struct hr_hosts *hosts;
    struct hr_addresses addresses = {.count = 0};
    cr_assert_eq(hr__hosts_new(hr_slice_bytes(text, size), &hosts), 0);
    cr_assert_eq(hr__hosts_find(hosts, hr_slice_of("a"), AF_UNSPEC, &addresses), HR_ADDRESSES_MAX);
    cr_assert_eq(addresses.list[0].v4.sin_addr.s_addr, inet_addr("192.0.2.1"));
    hr__hosts_free(hosts);
}

/* A block list: each name is still found, in no more than the depth of a search. */
Test(hosts_file, a_hundred_thousand_lines) {
    enum { LINES = 100000, LINE = 40 };
    char *text = malloc((size_t)LINES * LINE);
    size_t size = 0;
    for (unsigned i = 0; i < LINES; i++)
        size += (size_t)snprintf(text + size, LINE, "10.%u.%u.%u n%u.test\n", i >> 16, i >> 8 & 255,
                                 i & 255, i);
    struct hr_hosts *hosts;
    cr_assert_eq(hr__hosts_new(hr_slice_bytes(text, size), &hosts), 0);
    for (unsigned i = 0; i < LINES; i += 7) {
        char name[32];
        struct hr_addresses addresses = {.count = 0};
        snprintf(name, sizeof name, "n%u.test", i);
        cr_assert_eq(hr__hosts_find(hosts, hr_slice_of(name), AF_UNSPEC, &addresses), 1);
        cr_assert_eq(ntohl(addresses.list[0].v4.sin_addr.s_addr), 10u << 24 | i);
    }
    hr__hosts_free(hosts);
    free(text);
}

Test(hosts_file, the_same_text_is_known) {
    struct hr_hosts *hosts;
    cr_assert_eq(hr__hosts_new(hr_slice_of("192.0.2.1 A\n"), &hosts), 0);
    cr_assert(hr__hosts_same(hosts, hr_slice_of("192.0.2.1 A\n")));
    cr_assert(!hr__hosts_same(hosts, hr_slice_of("192.0.2.1 a\n")));
    cr_assert(!hr__hosts_same(hosts, hr_slice_of("192.0.2.1 A")));
    hr__hosts_free(hosts);
    hr__hosts_free(NULL);
}
