/* resolv.conf(5), and the search rules. */
#include "resolver_conf.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct hr_resolver_conf conf_of(const char *text) {
    struct hr_resolver_conf conf;
    hr__resolver_conf_init(&conf);
    hr__resolver_conf_read(&conf, hr_slice_of(text));
    return conf;
}

static const char *show(const struct hr_resolver_conf *conf) {
    static char text[2048];
    size_t at = 0;
    for (unsigned i = 0; i < conf->server_count; i++) {
        const union hr_address *server = &conf->servers[i];
        bool six = server->any.sa_family == AF_INET6;
        char one[INET6_ADDRSTRLEN];
        inet_ntop(server->any.sa_family,
                  six ? (const void *)&server->v6.sin6_addr : &server->v4.sin_addr, one,
                  sizeof one);
        cr_assert_eq(ntohs(six ? server->v6.sin6_port : server->v4.sin_port), 53);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "", one);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, " |");
    for (unsigned i = 0; i < conf->domain_count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, " %s", conf->domains[i]);
    snprintf(text + at, sizeof text - at, " | %u %u %u %u", conf->ndots, conf->timeout_ms,
             conf->tries, conf->rotate);
    return text;
}

Test(resolver_conf, texts) {
    static const struct {
        const char *text, *conf;
    } cases[] = {
        {"", "127.0.0.1 | | 1 1000 3 0"},
        {"nameserver 192.0.2.1\n", "192.0.2.1 | | 1 1000 3 0"},
        {"nameserver 192.0.2.1", "192.0.2.1 | | 1 1000 3 0"},
        {"nameserver\t192.0.2.1 \r\nsearch a.test\r\n", "192.0.2.1 | a.test | 1 1000 3 0"},
        {"nameserver 192.0.2.1\nnameserver 2001:db8::1\n", "192.0.2.1 2001:db8::1 | | 1 1000 3 0"},
        {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
         "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 | | 1 1000 3 0"}, /* glibc takes three */
        {"nameserver fe80::1%eth0\nnameserver 192.0.2.1\n", "192.0.2.1 | | 1 1000 3 0"},
        {"nameserver fe80::1%eth0\n", "127.0.0.1 | | 1 1000 3 0"},
        {"nameserver 192.0.2.1:5353\nnameserver\nnameserver x\n", "127.0.0.1 | | 1 1000 3 0"},
        {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n", "127.0.0.1 | | 1 1000 3 0"},
        {"domain a.test\n", "127.0.0.1 | a.test | 1 1000 3 0"},
        {"domain a.test\nsearch b.test c.test.\n", "127.0.0.1 | b.test c.test | 1 1000 3 0"},
        {"search b.test\ndomain a.test\n", "127.0.0.1 | a.test | 1 1000 3 0"},
        {"search A.Test ..bad ok.test\n", "127.0.0.1 | a.test ok.test | 1 1000 3 0"},
        {"search .\n", "127.0.0.1 | | 1 1000 3 0"},
        {"options ndots:5 timeout:2 attempts:4 rotate\n", "127.0.0.1 | | 5 2000 4 1"},
        {"options ndots:0\noptions timeout:3\n", "127.0.0.1 | | 0 3000 3 0"},
        {"options ndots:99 timeout:99 attempts:99\n", "127.0.0.1 | | 15 30000 5 0"},
        {"options ndots:99999999999999999999 timeout:0 attempts:0\n", "127.0.0.1 | | 15 1000 3 0"},
        {"options ndots: timeout:x attempts:-1 edns0 rotates single-request :\n",
         "127.0.0.1 | | 1 1000 3 0"},
        {"sortlist 192.0.2.0\nlookup file bind\n\n \n", "127.0.0.1 | | 1 1000 3 0"},
        {"options\nsearch\nnameserver 192.0.2.1", "192.0.2.1 | | 1 1000 3 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_resolver_conf conf = conf_of(cases[i].text);
        cr_expect_str_eq(show(&conf), cases[i].conf, "case %zu: %s", i, show(&conf));
    }
}

Test(resolver_conf, more_than_there_is_room_for) {
    char text[4096];
    size_t size = 0;
    for (unsigned i = 1; i <= HR_NAME_SERVERS_MAX + 3; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "nameserver 192.0.2.%u\n", i);
    size += (size_t)snprintf(text + size, sizeof text - size, "search");
    for (unsigned i = 0; i < HR_SEARCH_DOMAINS_MAX + 3; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, " d%u.test", i);
    struct hr_resolver_conf conf = conf_of(text);
    cr_assert_eq(conf.server_count, HR_NAME_SERVERS_MAX);
    cr_assert_eq(conf.servers[0].v4.sin_addr.s_addr, inet_addr("192.0.2.1"));
    cr_assert_eq(conf.domain_count, HR_SEARCH_DOMAINS_MAX);
    cr_assert_str_eq(conf.domains[HR_SEARCH_DOMAINS_MAX - 1], "d15.test");
}

/* As resolv.conf(5) says of ndots and search. */
Test(resolver_conf, candidates) {
    static const struct {
        const char *conf, *name, *list;
    } cases[] = {
        {"", "a", "a."},
        {"search x.test y.test\n", "a", "a.x.test. a.y.test. a."},
        {"search x.test y.test\n", "a.b", "a.b. a.b.x.test. a.b.y.test."},
        {"search x.test y.test\n", "a.", "a."},
        {"search x.test\noptions ndots:2\n", "a.b", "a.b.x.test. a.b."},
        {"search x.test\noptions ndots:2\n", "a.b.c", "a.b.c. a.b.c.x.test."},
        {"search x.test\noptions ndots:0\n", "a", "a. a.x.test."},
        {"search x.test\noptions ndots:5\n", "a.b.c.", "a.b.c."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_resolver_conf conf = conf_of(cases[i].conf);
        char list[256] = "", candidate[HR_DNS_NAME_SIZE];
        for (unsigned index = 0;
             hr__resolver_conf_candidate(&conf, cases[i].name, index, candidate); index++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", index ? " " : "", candidate);
        }
        cr_expect_str_eq(list, cases[i].list, "case %zu: %s", i, list);
    }
}

Test(resolver_conf, a_candidate_that_would_be_too_long_is_empty) {
    struct hr_resolver_conf conf = conf_of("search long-domain.test\n");
    char name[HR_DNS_NAME_SIZE], candidate[HR_DNS_NAME_SIZE];
    memset(name, 'a', HR_DNS_NAME_MAX);
    for (size_t i = 60; i < HR_DNS_NAME_MAX; i += 61) name[i] = '.';
    name[HR_DNS_NAME_MAX] = 0;
    cr_assert(hr__resolver_conf_candidate(&conf, name, 0, candidate));
    cr_assert_eq(strlen(candidate), HR_DNS_NAME_MAX + 1);
    cr_assert(hr__resolver_conf_candidate(&conf, name, 1, candidate));
    cr_assert_str_eq(candidate, "");
    cr_assert(!hr__resolver_conf_candidate(&conf, name, 2, candidate));
}
