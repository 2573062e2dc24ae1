/* The URL cases of Web Platform Tests, and what a client needs of them. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include <headrace/encode.h>
#include <headrace/url.h>

#include "cases.h"
#include "url_cases_differing.h"

struct tally {
    const char *class;
    unsigned passed, differing, all;
};

static bool same(struct hr_slice text, struct hr_slice wanted) {
    return hr_slice_equal(text, wanted);
}

static bool same_host(const struct hr_url *url, struct hr_slice wanted) {
    if (!url->ipv6) return hr_slice_equal_nocase(url->host, wanted);
    unsigned char a[16], b[16];
    char ours[64] = "", theirs[64] = "";
    if (wanted.size < 2 || wanted.size >= sizeof theirs || url->host.size >= sizeof ours)
        return false;
    memcpy(ours, url->host.data, url->host.size);
    memcpy(theirs, wanted.data + 1, wanted.size - 2);
    return inet_pton(AF_INET6, ours, a) == 1 && inet_pton(AF_INET6, theirs, b) == 1 &&
           memcmp(a, b, sizeof a) == 0;
}

static bool same_port(const struct hr_url *url, const json_t *one) {
    const json_t *port = json_object_get(one, "port");
    long wanted = json_is_integer(port) ? (long)json_integer_value(port)
                                        : strtol(cases_text(one, "port"), NULL, 10);
    if (wanted == 0 && !(json_is_string(port) && *json_string_value(port)))
        wanted = url->tls ? 443 : 80;
    return url->port == wanted;
}

/* User information as WHATWG has it: cut at the first ':'. */
static bool same_userinfo(const struct hr_url *url, const json_t *one) {
    struct hr_slice user = url->userinfo, password = hr_slice_bytes("", 0);
    const char *colon = user.size > 0 ? memchr(user.data, ':', user.size) : NULL;
    if (colon) {
        size_t size = (size_t)(colon - user.data);
        password = hr_slice_bytes(colon + 1, user.size - size - 1);
        user.size = size;
    }
    return same(user, cases_slice(one, "username")) && same(password, cases_slice(one, "password"));
}

static bool same_target(const struct hr_url *url, const json_t *one) {
    struct hr_slice path = url->path.size > 0 ? url->path : hr_slice_of("/");
    struct hr_slice search = cases_slice(one, "search");
    if (search.size > 0) search = hr_slice_bytes(search.data + 1, search.size - 1);
    return same(path, cases_slice(one, "pathname")) && same(url->query, search);
}

/* The hand-written cases say what goes on the wire; NULL there: refused. */
static bool same_request_target(const struct hr_url *url, const json_t *one) {
    struct hr_slice wanted = cases_slice(one, "request_target");
    if (url->path.size == 0 && !url->query.data) return same(wanted, hr_slice_of("/"));
    return same(wanted, url->target);
}

static bool same_fragment(struct hr_slice text, const json_t *one) {
    struct hr_slice wanted = cases_slice(one, "hash");
    const char *sign = memchr(text.data, '#', text.size);
    size_t size = sign ? text.size - (size_t)(sign - text.data) : 0;
    return size <= 1 ? wanted.size == 0 : same(hr_slice_bytes(sign, size), wanted);
}

/* Whether we do with it what the case says. */
static bool matches(const json_t *one) {
    static char text[70000];
    struct hr_slice input = cases_slice(one, "input");
    struct hr_url url;
    size_t size = input.size;
    int err;
    if (json_is_string(json_object_get(one, "base"))) {
        err = hr_url_resolve(&(struct hr_url_reference){cases_slice(one, "base"), input}, NULL,
                             text, sizeof text, &size);
        input = hr_slice_bytes(text, size);
        if (!err) cr_assert_eq(hr_url_parse(input, NULL, &url), 0, "%s", text);
    } else {
        err = hr_url_parse(input, NULL, &url);
    }
    /* Whatever it is, no raw control byte gets into a part of it. */
    for (size_t i = 0; !err && i < size; i++) cr_assert_gt((unsigned char)input.data[i], ' ');
    if (json_is_true(json_object_get(one, "failure"))) return err != 0;
    if (err || !same_port(&url, one)) return false;
    if (!same_host(&url, cases_slice(one, "hostname"))) return false;
    if (strcmp(cases_text(one, "class"), "client") == 0) return same_request_target(&url, one);
    return same_userinfo(&url, one) && same_target(&url, one) && same_fragment(input, one);
}

static const char *why_differing(const json_t *one) {
    for (size_t i = 0; i < sizeof differing / sizeof *differing; i++)
        if (same(cases_slice(one, "input"), hr_slice_of(differing[i].input)) &&
            strcmp(cases_text(one, "class"), differing[i].class) == 0)
            return differing[i].why;
    return NULL;
}

Test(url_cases, given) {
    struct tally tallies[] = {{"client", 0, 0, 0},
                              {"ascii-absolute", 0, 0, 0},
                              {"relative", 0, 0, 0},
                              {"whatwg-quirk", 0, 0, 0}};
    json_t *cases = cases_load("url/cases.given.jsonl"), *one;
    size_t i;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct tally *tally = tallies;
        while (strcmp(tally->class, cases_text(one, "class")) != 0) tally++;
        bool good = matches(one);
        tally->all++;
        tally->passed += good;
        /* Browsers' own: only that no control byte comes through, which is asserted above. */
        if (strcmp(tally->class, "whatwg-quirk") == 0) continue;
        const char *why = why_differing(one);
        tally->differing += why != NULL;
        cr_expect_eq(good, why == NULL, "%s: %.300s: %s", tally->class, cases_text(one, "input"),
                     why ? "listed as differing, but it does not" : "differs and is not listed");
    }
    for (size_t t = 0; t < sizeof tallies / sizeof *tallies; t++)
        fprintf(stderr, "url cases, %s: %u of %u as given, %u differ by design\n", tallies[t].class,
                tallies[t].passed, tallies[t].all,
                t == 3 ? tallies[t].all - tallies[t].passed : tallies[t].differing);
    json_decref(cases);
    cr_expect_eq(tallies[0].passed, tallies[0].all);
    cr_expect_gt(tallies[0].all, 0);
}
