/* Addresses as they are given to a proxy. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>

#include "fault_address.h"

static struct fault_address address;
static struct hr_error error;

Test(fault_address, ipv4_and_ipv6_with_their_ports) {
    char text[INET6_ADDRSTRLEN];
    cr_assert_eq(fault_address_read("127.0.0.1:8080", true, &address, &error), 0);
    cr_expect_eq(address.storage.ss_family, AF_INET);
    cr_expect_eq(fault_address_port(&address), 8080);
    cr_assert_eq(fault_address_read("[2001:db8::7]:0", true, &address, &error), 0);
    cr_expect_eq(address.storage.ss_family, AF_INET6);
    cr_expect_eq(fault_address_port(&address), 0);
    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address.storage)->sin6_addr, text, sizeof text);
    cr_expect_str_eq(text, "2001:db8::7");
}

Test(fault_address, a_name_is_looked_up_where_it_may_be) {
    cr_expect_eq(fault_address_read("localhost:80", true, &address, &error), -EINVAL);
    cr_expect_eq(fault_address_read("localhost:80", false, &address, &error), 0);
    cr_expect_eq(fault_address_port(&address), 80);
}

Test(fault_address, other_texts_are_refused_by_name) {
    const char *const wrong[] = {"",     "h",     ":80",    "h:",    "h:65536",
                                 "h:-1", "h:80x", "::1:80", "[::1]", "127.0.0.1: 80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(fault_address_read(wrong[i], false, &address, &error), -EINVAL, "%s",
                     wrong[i]);
        cr_expect(strstr(error.message, "HOST:PORT") && strstr(error.message, wrong[i]));
    }
}

Test(fault_address, a_long_host_is_refused) {
    char text[400];
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 4, ":80", 4);
    cr_expect_eq(fault_address_read(text, false, &address, &error), -EINVAL);
}
