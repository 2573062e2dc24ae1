#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>

#include "resolve.h"

static const char *text_of(const union hr_address *address) {
    static char text[INET6_ADDRSTRLEN];
    if (address->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &address->v6.sin6_addr, text, sizeof text);
    else
        inet_ntop(AF_INET, &address->v4.sin_addr, text, sizeof text);
    return text;
}

static unsigned port_of(const union hr_address *address) {
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

Test(resolve, numeric_addresses) {
    struct hr_addresses found;
    cr_assert_eq(hr__resolve(NULL, hr_slice_of("192.0.2.7"), 8080, &found), 0);
    cr_assert_eq(found.count, 1);
    cr_assert_str_eq(text_of(&found.list[0]), "192.0.2.7");
    cr_assert_eq(port_of(&found.list[0]), 8080);
    cr_assert_eq(hr__address_size(&found.list[0]), sizeof(struct sockaddr_in));
    cr_assert_eq(hr__resolve(NULL, hr_slice_of("2001:db8::1"), 1, &found), 0);
    cr_assert_eq(found.count, 1);
    cr_assert_str_eq(text_of(&found.list[0]), "2001:db8::1");
    cr_assert_eq(hr__address_size(&found.list[0]), sizeof(struct sockaddr_in6));
}

Test(resolve, localhost_is_v4_then_v6) {
    static const char *const names[] = {"localhost", "LocalHost", "bucket.localhost"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hr_addresses found;
        cr_assert_eq(hr__resolve(NULL, hr_slice_of(names[i]), 80, &found), 0);
        cr_assert_eq(found.count, 2);
        cr_assert_str_eq(text_of(&found.list[0]), "127.0.0.1");
        cr_assert_str_eq(text_of(&found.list[1]), "::1");
        cr_assert_eq(port_of(&found.list[1]), 80);
    }
}

Test(resolve, other_names_are_not_guessed) {
    static const char *const names[] = {"example.com", "notlocalhost", "127.1", "1.2.3.4.5",
                                        "0x7f.0.0.1",  "::g",          "",      ".localhost"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hr_addresses found;
        cr_assert_eq(hr__resolve(NULL, hr_slice_of(names[i]), 80, &found), HR_ERR_NAME_UNRESOLVED,
                     "%s", names[i]);
    }
}

Test(resolve, table) {
    static const struct hr_resolve_entry entries[] = {
        {.host = "store.test", .port = 9000, .address = "127.0.0.2", .to_port = 7},
        {.host = "store.test", .port = 0, .address = "127.0.0.3"},
        {.host = "*.s3.test", .port = 0, .address = "::1", .to_port = 99},
        {.host = "192.0.2.1", .port = 80, .address = "127.0.0.4"},
    };
    static const struct {
        const char *host;
        uint16_t port;
        const char *address;
        unsigned to_port;
    } rows[] = {
        {"store.test", 9000, "127.0.0.2", 7}, {"STORE.test", 9001, "127.0.0.3", 9001},
        {"a.s3.test", 80, "::1", 99},         {"a.b.S3.TEST", 443, "::1", 99},
        {"192.0.2.1", 80, "127.0.0.4", 80},   {"192.0.2.1", 81, "192.0.2.1", 81},
    };
    struct hr_resolve_table *table;
    cr_assert_eq(hr__resolve_table_new(entries, 4, NULL, &table), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_addresses found;
        cr_assert_eq(hr__resolve(table, hr_slice_of(rows[i].host), rows[i].port, &found), 0);
        cr_assert_eq(found.count, 1);
        cr_assert_str_eq(text_of(&found.list[0]), rows[i].address);
        cr_assert_eq(port_of(&found.list[0]), rows[i].to_port);
    }
    struct hr_addresses found;
    cr_assert_eq(hr__resolve(table, hr_slice_of("s3.test"), 80, &found), HR_ERR_NAME_UNRESOLVED);
    cr_assert_eq(hr__resolve(table, hr_slice_of("xs3.test"), 80, &found), HR_ERR_NAME_UNRESOLVED);
    hr__resolve_table_free(table);
}

Test(resolve, bad_entries_are_named) {
    static const struct hr_resolve_entry bad[] = {
        {.host = NULL, .address = "127.0.0.1"},     {.host = "", .address = "127.0.0.1"},
        {.host = "*", .address = "127.0.0.1"},      {.host = "*x.test", .address = "127.0.0.1"},
        {.host = "x", .address = "not-an-address"}, {.host = "x", .address = NULL},
        {.host = "x", .address = "[::1]"},          {.host = "x", .address = "fe80::1%hr-none"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_resolve_entry entries[2] = {{.host = "ok", .address = "::1"}, bad[i]};
        struct hr_error error = {0};
        struct hr_resolve_table *table;
        cr_assert_eq(hr__resolve_table_new(entries, 2, &error, &table), -EINVAL);
        cr_assert_eq(error.code, -EINVAL);
        cr_assert(strstr(error.message, "resolver.entries[1]"), "%s", error.message);
    }
}
