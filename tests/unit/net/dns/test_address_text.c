/* Numeric addresses as they are written, with and without the zone of an interface. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "address_text.h"
#include "url_authority.h"

/* The loopback interface is there everywhere, whatever its name. */
static const char *loopback(unsigned *index) {
    static char name[IF_NAMESIZE];
    *index = if_nametoindex("lo");
    cr_assert(*index != 0 && if_indextoname(*index, name));
    return name;
}

Test(address_text, without_a_zone) {
    static const struct {
        const char *text;
        int family; /* 0: it is none */
    } rows[] = {
        {"192.0.2.1", AF_INET},
        {"::1", AF_INET6},
        {"2001:DB8::192.0.2.1", AF_INET6},
        {"", 0},
        {"1.2.3", 0},
        {"1.2.3.4.5", 0},
        {"[::1]", 0},
        {"a", 0},
        {"::1 ", 0},
        {"192.0.2.1%lo", 0},
        {"192.0.2.1%25lo", 0},
        {"%25lo", 0},
        {"%", 0},
        {"x%25lo", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int in_url = 0; in_url < 2; in_url++) {
            union hr_address address = {.any.sa_family = AF_UNIX};
            int err = hr__address_read(hr_slice_of(rows[i].text), in_url, &address);
            cr_assert_eq(err, rows[i].family ? 0 : -EINVAL, "%s: %d", rows[i].text, err);
            cr_assert_eq(address.any.sa_family, rows[i].family ? rows[i].family : AF_UNIX);
        }
    }
}

Test(address_text, with_a_zone) {
    unsigned index;
    const char *name = loopback(&index);
    char number[16], encoded[32];
    snprintf(number, sizeof number, "%u", index);
    snprintf(encoded, sizeof encoded, "%%%02x%s", (unsigned)name[0], name + 1);
    const struct {
        const char *zone;
        bool in_url;
        int result;
    } rows[] = {
        {name, false, 0},
        {name, true, 0},
        {number, false, 0},
        {number, true, 0},
        {encoded, true, 0},
        {encoded, false, -ENODEV},
        {"hr-none", false, -ENODEV},
        {"hr-none", true, -ENODEV},
        {"4294967295", true, -ENODEV},
        {"4294967296", true, -ENODEV},
        {"0", true, -ENODEV},
        {"", true, -ENODEV},
        {"", false, -ENODEV},
        {"a-name-of-more-than-fifteen-bytes", true, -ENODEV},
        {"a-name-of-more-than-fifteen-bytes", false, -ENODEV},
        {"l%00o", true, -ENODEV},
        {"%zz", true, -ENODEV},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        union hr_address address;
        snprintf(text, sizeof text, "fe80::7%s%s", rows[i].in_url ? "%25" : "%", rows[i].zone);
        int err = hr__address_read(hr_slice_of(text), rows[i].in_url, &address);
        cr_assert_eq(err, rows[i].result, "%s: %d", text, err);
        if (err) continue;
        cr_assert_eq(address.v6.sin6_scope_id, index, "%s", text);
        cr_assert_eq(address.v6.sin6_addr.s6_addr[15], 7);
        cr_assert_eq(address.v6.sin6_port, 0);
    }
    union hr_address address;
    cr_assert_eq(hr__address_read(hr_slice_of("fe80::7%lo"), true, &address), -EINVAL,
                 "in a URL the sign is %%25");
}

Test(address_text, ports_and_hosts) {
    union hr_address address;
    cr_assert_eq(hr__address_read(hr_slice_of("::1"), true, &address), 0);
    hr__address_set_port(&address, 80);
    cr_assert_eq(address.v6.sin6_port, htons(80));
    cr_assert_eq(hr__address_read(hr_slice_of("127.0.0.1"), true, &address), 0);
    hr__address_set_port(&address, 81);
    cr_assert_eq(address.v4.sin_port, htons(81));
    cr_assert_eq(hr__host_without_zone(hr_slice_of("fe80::1%25eth0")).size, 7);
    cr_assert_eq(hr__host_without_zone(hr_slice_of("h.test")).size, 6);
    cr_assert_eq(hr__host_without_zone(hr_slice_of("")).size, 0);
}
