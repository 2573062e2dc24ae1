/* Which proxy a request goes through. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy.h"

static struct hr_proxy_choice choose(const struct hr_proxy_rules *rules, const char *text) {
    struct hr_url url;
    cr_assert_eq(hr_url_parse(hr_slice_of(text), NULL, &url), 0, "%s", text);
    return hr__proxy_find(rules, &url);
}

static const struct hr_proxy *find(const struct hr_proxy_rules *rules, const char *text) {
    struct hr_proxy_choice choice = choose(rules, text);
    cr_assert_null(choice.refusal, "%s: %s", text, choice.refusal);
    return choice.proxy;
}

struct texts {
    const char *http, *https, *all, *no_proxy;
};

static struct hr_proxy_rules *rules_of(const struct texts *texts) {
    const struct hr_proxy_settings settings = {.http = {texts->http, "http_proxy"},
                                               .https = {texts->https, "HTTPS_PROXY"},
                                               .all = {texts->all, "all_proxy"},
                                               .no_proxy = {texts->no_proxy, "NO_PROXY"}};
    struct hr_proxy_rules *rules = NULL;
    struct hr_error error = {.message = ""};
    cr_assert_eq(hr__proxy_rules_new(&settings, &error, &rules), 0, "%s", error.message);
    return rules;
}

Test(proxy_rules, forms) {
    static const struct {
        const char *text, *host;
        uint16_t port;
        const char *authorization; /* as `printf … | base64` says */
    } rows[] = {
        {"http://p", "p", 80, NULL},
        {"http://p/", "p", 80, NULL},
        {"HTTP://P:3128", "P", 3128, NULL},
        {"p", "p", 80, NULL},
        {"p:8080", "p", 8080, NULL},
        {"p:", "p", 80, NULL},
        {"10.0.0.1:1", "10.0.0.1", 1, NULL},
        {"[fd00::1]:3128", "fd00::1", 3128, NULL},
        {"http://[::1]", "::1", 80, NULL},
        {"http://u:p@p:1", "p", 1, "Basic dTpw"},
        {"u:p@p:1", "p", 1, "Basic dTpw"},
        {"u@p", "p", 80, "Basic dTo="},
        {"u:@p", "p", 80, "Basic dTo="},
        {"@p", "p", 80, NULL},
        {"http://u%40x:p%3a%2f%25@p", "p", 80, "Basic dUB4OnA6LyU="},
        {"http://u:p:q@p", "p", 80, "Basic dTpwOnE="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules = rules_of(&(struct texts){.all = rows[i].text});
        const struct hr_proxy *proxy = find(rules, "https://target/");
        cr_assert_not_null(proxy, "%s", rows[i].text);
        cr_assert_str_eq(proxy->host, rows[i].host);
        cr_assert_eq(proxy->port, rows[i].port, "%s", rows[i].text);
        cr_assert_eq(proxy->authorization == NULL, rows[i].authorization == NULL);
        if (rows[i].authorization) cr_assert_str_eq(proxy->authorization, rows[i].authorization);
        hr__proxy_rules_free(rules);
    }
}

Test(proxy_rules, which_scheme) {
    struct hr_proxy_rules *rules = rules_of(&(struct texts){.http = "a", .https = ""});
    cr_assert_str_eq(find(rules, "http://h/")->host, "a");
    cr_assert_null(find(rules, "https://h/"));
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct texts){.http = "a", .https = "b", .all = "c"});
    cr_assert_str_eq(find(rules, "http://h/")->host, "a");
    cr_assert_str_eq(find(rules, "https://h/")->host, "b");
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct texts){.https = "b", .all = "c"});
    cr_assert_str_eq(find(rules, "http://h/")->host, "c");
    cr_assert_str_eq(find(rules, "https://h/")->host, "b");
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct texts){.no_proxy = "x"});
    cr_assert_null(find(rules, "http://h/"));
    hr__proxy_rules_free(rules);
    hr__proxy_rules_free(NULL);
}

/* What is refused is refused to the request that needs it, by the variable's name. */
Test(proxy_rules, refused_without_its_password) {
    static const struct {
        struct texts texts;
        const char *url, *says;
    } rows[] = {
        {{.http = "https://u:secret@p"}, "http://h/", "http_proxy: only http://"},
        {{.https = "socks5://u:secret@p"}, "https://h/", "HTTPS_PROXY: only http://"},
        {{.all = "socks5h://u:secret@p"}, "http://h/", "all_proxy: only http://"},
        {{.all = "socks5h://u:secret@p", .http = "p"}, "https://h/", "all_proxy: only http://"},
        {{.http = "http://u:secret@"}, "http://h/", "no host"},
        {{.http = "http://u:secret@p:70000"}, "http://h/", "port number"},
        {{.http = "u:secret@p:0"}, "http://h/", "port 0"},
        {{.http = "http://u:secret@p/path"}, "http://h/", "behind host and port"},
        {{.http = "http://u:secret@p?q"}, "http://h/", "behind host and port"},
        {{.http = "http://u:secret@p#f"}, "http://h/", "behind host and port"},
        {{.http = "http://u:secret%@p"}, "http://h/", "hexadecimal"},
        {{.http = "http://u:secret%0a@p"}, "http://h/", "control character"},
        {{.http = "http://u%3A:secret@p"}, "http://h/", "':'"},
        {{.http = "http://u:secret p@p"}, "http://h/", "percent-encoded"},
        {{.http = "http://u:secret\x80@p"}, "http://h/", "percent-encoded"},
        {{.http = "http://u:secret@x@p"}, "http://h/", "host name"},
        {{.http = "::1"}, "http://h/", "no host"},
        {{.http = "http://"}, "http://h/", "no host"},
        {{.http = "http://u:secret@0x7f.1"}, "http://h/", "IPv4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules = rules_of(&rows[i].texts);
        struct hr_proxy_choice choice = choose(rules, rows[i].url);
        cr_assert_null(choice.proxy, "%zu", i);
        cr_assert_not_null(choice.refusal, "%zu", i);
        cr_assert(strstr(choice.refusal, rows[i].says), "%s: %s", rows[i].says, choice.refusal);
        cr_assert(!strstr(choice.refusal, "secret"), "%s", choice.refusal);
        cr_assert_str_eq(hr__proxy_rules_refusal(rules), choice.refusal);
        hr__proxy_rules_free(rules);
    }
}

Test(proxy_rules, one_that_a_request_does_not_need_breaks_nothing) {
    static const struct {
        struct texts texts;
        const char *url, *host; /* NULL: directly */
    } rows[] = {
        {{.all = "socks://127.0.0.1:1080", .http = "a", .https = "b"}, "http://h/", "a"},
        {{.all = "socks://127.0.0.1:1080", .http = "a", .https = "b"}, "https://h/", "b"},
        {{.https = "https://p"}, "http://h/", NULL},
        {{.http = "ftp://p", .https = "b"}, "https://h/", "b"},
        {{.all = "socks5://p", .no_proxy = "h"}, "http://h/", NULL},
        {{.all = "socks5://p", .no_proxy = "h"}, "https://x.h:444/", NULL},
        {{.all = "socks5://p", .no_proxy = "*"}, "https://[::1]/", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules = rules_of(&rows[i].texts);
        const struct hr_proxy *proxy = find(rules, rows[i].url);
        cr_assert_eq(proxy == NULL, rows[i].host == NULL, "%zu", i);
        if (proxy) cr_assert_str_eq(proxy->host, rows[i].host);
        hr__proxy_rules_free(rules);
    }
}

/* An entry that says nothing here is passed over, with one notice for all of them, where a proxy is
 * set; those beside it count. */
Test(proxy_rules, entries_that_are_passed_over) {
    static const char *const entries[] = {
        "<local>",
        ".",
        "*.*.corp.example",
        "a*b",
        "http://b",
        "10.0.0.0/33",
        "fd00::/129",
        "10.0.0.0/",
        "h/8",
        "h:70000",
        "[::1",
        "[::1]x",
        ":80",
        "a..b",
        "..x",
        "*.",
        "*x",
        "192.168",
        "192.168.",
        "256.*",
        "1.*.2.*",
        "*.*",
        "1.2.3.4.*",
        "\"h\"",
        "a;b",
        "b\xc3\xbc.x",
        "fe80::1%",
        "[fe80::1%]:80",
        "10.0.0.1%eth0",
        "[10.0.0.1]",
        "[]",
        "[:80",
        "h:x",
        "-://",
        "\x01",
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        char list[128], text[256], expected[160];
        snprintf(list, sizeof list, "before.test, %s,after.test", entries[i]);
        struct hr_proxy_rules *rules = rules_of(&(struct texts){.all = "p", .no_proxy = list});
        cr_assert_null(find(rules, "http://before.test/"), "%s", entries[i]);
        cr_assert_null(find(rules, "http://x.after.test/"), "%s", entries[i]);
        cr_assert_not_null(find(rules, "http://h/"), "%s", entries[i]);
        cr_assert_not_null(find(rules, "http://10.0.0.1/"), "%s", entries[i]);
        cr_assert_not_null(find(rules, "http://192.168.1.1/"), "%s", entries[i]);
        cr_assert_not_null(find(rules, "http://[fe80::1]/"), "%s", entries[i]);
        cr_assert(hr__proxy_rules_notice(rules, text, sizeof text), "%s", entries[i]);
        snprintf(expected, sizeof expected, "NO_PROXY: passed over '%s': ", entries[i]);
        if (strcmp(entries[i], "b\xc3\xbc.x") != 0 && strcmp(entries[i], "\x01") != 0)
            cr_assert(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
        for (const char *at = text; *at; at++) cr_assert(*at >= ' ' && *at < 0x7f, "%s", text);
        hr__proxy_rules_free(rules);
    }
}

Test(proxy_rules, notices) {
    static const struct {
        struct texts texts;
        const char *says; /* NULL: nothing */
    } rows[] = {
        {{.all = "p", .no_proxy = "a,*,.b, 10.0.0.0/8"}, NULL},
        {{.no_proxy = "<local>"}, NULL}, /* no proxy: it concerns nobody */
        {{.all = "", .no_proxy = "<local>"}, NULL},
        {{.http = "p", .no_proxy = "<local>,.,a"}, "NO_PROXY: passed over '<local>' and 1 more: "},
        {{.https = "socks://p", .no_proxy = "a,<local>"}, "NO_PROXY: passed over '<local>': "},
        {{.all = "p", .no_proxy = "http://u:secret@h"}, "NO_PROXY: passed over 'h': "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256] = "";
        struct hr_proxy_rules *rules = rules_of(&rows[i].texts);
        cr_assert_eq(hr__proxy_rules_notice(rules, text, sizeof text), rows[i].says != NULL);
        if (rows[i].says)
            cr_assert(strncmp(text, rows[i].says, strlen(rows[i].says)) == 0, "%s", text);
        hr__proxy_rules_free(rules);
    }
}

/* What curl 7.88 (--noproxy) and Go 1.26 (http.ProxyFromEnvironment) were asked too: a row names
 * the one that decides otherwise. Go reaches loopback addresses and localhost directly whatever the
 * list says, takes only commas, and ".x" for what is below x; this curl knows no ports, "*" alone,
 * and of IPv6 only addresses without brackets. */
Test(proxy_rules, no_proxy) {
    static const struct {
        const char *list, *url;
        bool direct;
    } rows[] = {
        {"", "http://h/", false},
        {" , ,", "http://h/", false},
        {"*", "http://h/", true},
        {"a,*", "https://[::1]/", true}, /* curl */
        {"example.com", "http://example.com/", true},
        {"example.com", "http://EXAMPLE.com./", true}, /* Go */
        {"Example.COM.", "http://example.com/", true}, /* Go */
        {"example.com", "http://www.example.com/", true},
        {"example.com", "http://a.b.example.com:81/", true},
        {"example.com", "http://notexample.com/", false},
        {"example.com", "http://example.com.evil/", false},
        {"example.com", "http://com/", false},
        {".example.com", "http://www.example.com/", true},
        {".example.com", "http://example.com/", true}, /* Go */
        {".example.com", "http://notexample.com/", false},
        {"*.example.com", "http://www.example.com/", true}, /* curl */
        {"*.example.com", "http://notexample.com/", false},
        {"com", "http://example.com/", true},
        {"a b\tc", "http://b/", true}, /* Go */
        {"a, b ,c", "http://c/", true},
        {"h:81", "http://h:81/", true}, /* curl */
        {"h:81", "http://h/", false},
        {"h:80", "http://h/", true},      /* curl */
        {"h:443", "https://x.h/", true},  /* curl */
        {".h:443", "https://x.h/", true}, /* curl */
        {"localhost", "http://localhost:9000/", true},
        {"", "http://localhost/", false}, /* Go */
        {"", "http://127.0.0.1/", false}, /* Go */
        {"127.0.0.1", "http://127.0.0.1:1/", true},
        {"127.0.0.1:1", "http://127.0.0.1:1/", true}, /* curl */
        {"127.0.0.1:1", "http://127.0.0.1/", false},  /* Go */
        {"127.0.0.1", "http://127.0.0.10/", false},   /* Go */
        {"0.0.1", "http://127.0.0.1/", false},        /* Go */
        {"10.0.0.0/8", "http://10.255.0.1/", true},
        {"10.0.0.0/8", "http://11.0.0.1/", false},
        {"10.1.2.3/8", "http://10.9.9.9/", true},
        {"192.168.1.64/26", "http://192.168.1.127/", true},
        {"192.168.1.64/26", "http://192.168.1.128/", false},
        {"192.168.1.1/32", "http://192.168.1.1/", true},
        {"192.168.1.1/32", "http://192.168.1.0/", false},
        {"0.0.0.0/0", "http://1.2.3.4/", true}, /* curl */
        {"0.0.0.0/0", "http://[::1]/", false},  /* Go */
        {"0.0.0.0/0", "http://h/", false},
        {"::/0", "http://[2001:db8::1]/", true}, /* curl */
        {"::/0", "http://1.2.3.4/", false},
        {"fd00::/8", "http://[fdff::1]/", true}, /* curl */
        {"fd00::/8", "http://[fc00::1]/", false},
        {"2001:db8::/33", "http://[2001:db8:7fff::]/", true}, /* curl */
        {"2001:db8::/33", "http://[2001:db8:8000::]/", false},
        {"::1/128", "http://[::1]/", true}, /* curl */
        {"::1", "http://[::1]:80/", true},
        {"[::1]", "http://[::1]/", true},           /* curl */
        {"[::1]:81", "http://[::1]:81/", true},     /* curl */
        {"[::1]:81", "http://[::1]/", false},       /* Go */
        {"0:0:0:0:0:0:0:1", "http://[::1]/", true}, /* curl */
        {"::1", "http://[::2]/", false},
        {"10.0.0.1", "http://[::ffff:10.0.0.1]/", true}, /* curl */
        {"10.0.0.0/8", "http://[::ffff:a00:1]/", true},  /* curl */
        {"a.b", "http://[::1]/", false},                 /* Go */
        {"192.168.*", "http://192.168.7.1/", true},      /* curl, Go: the form of Windows */
        {"192.168.*", "http://192.169.7.1/", false},
        {"192.168.*.*", "http://192.168.7.1/", true}, /* curl, Go */
        {"10.*:81", "http://10.1.2.3:81/", true},     /* curl, Go */
        {"10.*:81", "http://10.1.2.3/", false},
        {"1.2.3.*", "http://1.2.3.255/", true}, /* curl, Go */
        {"192.168.*", "http://192.168.x/", false},
        {"fe80::1", "http://[fe80::1%25eth0]/", true},           /* curl, Go */
        {"fe80::1%eth0", "http://[fe80::1%25eth0]/", true},      /* curl, Go */
        {"fe80::1%25eth0", "http://[fe80::1%25eth0]/", true},    /* curl, Go */
        {"[fe80::1%eth0]:80", "http://[fe80::1%25eth0]/", true}, /* curl, Go */
        {"fe80::1%eth1", "http://[fe80::1%25eth0]/", false},
        {"fe80::1%eth0", "http://[fe80::1]/", false},
        {"fe80::/10", "http://[fe80::1%25eth0]/", true}, /* curl, Go */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules =
            rules_of(&(struct texts){.all = "p", .no_proxy = rows[i].list});
        cr_assert_eq(find(rules, rows[i].url) == NULL, rows[i].direct, "\"%s\", %s", rows[i].list,
                     rows[i].url);
        hr__proxy_rules_free(rules);
    }
}

Test(proxy_rules, many_entries) {
    static char list[3 * 5000];
    char text[256];
    for (size_t i = 0; i < 5000; i++) memcpy(list + 3 * i, i < 4095 ? "ab," : "cd,", 3);
    memcpy(list + 3 * 4096, "ef", 3); /* one too many */
    struct texts texts = {.all = "p", .no_proxy = list};
    struct hr_proxy_rules *rules = rules_of(&texts);
    cr_assert_null(find(rules, "http://ab/"));
    cr_assert_null(find(rules, "http://cd/"));
    cr_assert_not_null(find(rules, "http://ef/"));
    cr_assert(hr__proxy_rules_notice(rules, text, sizeof text));
    cr_assert(strstr(text, "'ef'"), "%s", text);
    hr__proxy_rules_free(rules);
}

Test(proxy_rules, environment) {
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};
    struct hr_proxy_settings settings;
    for (size_t i = 0; i < 8; i++) unsetenv(names[i]);
    hr__proxy_settings_from_environment(&settings);
    cr_assert(!settings.http.text && !settings.https.text && !settings.all.text);
    cr_assert(!settings.no_proxy.text);
    for (size_t i = 4; i < 8; i++) setenv(names[i], names[i], 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_null(settings.http.text, "a CGI's client sets HTTP_PROXY by sending a field Proxy");
    cr_assert_str_eq(settings.https.text, "HTTPS_PROXY");
    cr_assert_str_eq(settings.https.name, "HTTPS_PROXY");
    cr_assert_str_eq(settings.all.text, "ALL_PROXY");
    cr_assert_str_eq(settings.all.name, "ALL_PROXY");
    cr_assert_str_eq(settings.no_proxy.text, "NO_PROXY");
    cr_assert_str_eq(settings.no_proxy.name, "NO_PROXY");
    for (size_t i = 0; i < 4; i++) setenv(names[i], names[i], 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_str_eq(settings.http.text, "http_proxy");
    cr_assert_str_eq(settings.http.name, "http_proxy");
    cr_assert_str_eq(settings.https.text, "https_proxy");
    cr_assert_str_eq(settings.https.name, "https_proxy");
    cr_assert_str_eq(settings.all.text, "all_proxy");
    cr_assert_str_eq(settings.all.name, "all_proxy");
    cr_assert_str_eq(settings.no_proxy.text, "no_proxy");
    cr_assert_str_eq(settings.no_proxy.name, "no_proxy");
    setenv("https_proxy", "", 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_str_eq(settings.https.text, "HTTPS_PROXY", "an empty one is not set");
}
