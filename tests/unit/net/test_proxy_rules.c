#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "proxy.h"

static const struct hr_proxy *find(const struct hr_proxy_rules *rules, const char *text) {
    struct hr_url url;
    cr_assert_eq(hr_url_parse(hr_slice_of(text), NULL, &url), 0, "%s", text);
    return hr__proxy_find(rules, &url);
}

static struct hr_proxy_rules *rules_of(const struct hr_proxy_settings *settings) {
    struct hr_proxy_rules *rules = NULL;
    struct hr_error error = {.message = ""};
    cr_assert_eq(hr__proxy_rules_new(settings, &error, &rules), 0, "%s", error.message);
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
        struct hr_proxy_rules *rules = rules_of(&(struct hr_proxy_settings){.all = rows[i].text});
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
    struct hr_proxy_rules *rules = rules_of(&(struct hr_proxy_settings){.http = "a", .https = ""});
    cr_assert_str_eq(find(rules, "http://h/")->host, "a");
    cr_assert_null(find(rules, "https://h/"));
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct hr_proxy_settings){.http = "a", .https = "b", .all = "c"});
    cr_assert_str_eq(find(rules, "http://h/")->host, "a");
    cr_assert_str_eq(find(rules, "https://h/")->host, "b");
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct hr_proxy_settings){.https = "b", .all = "c"});
    cr_assert_str_eq(find(rules, "http://h/")->host, "c");
    cr_assert_str_eq(find(rules, "https://h/")->host, "b");
    hr__proxy_rules_free(rules);
    rules = rules_of(&(struct hr_proxy_settings){.no_proxy = "x"});
    cr_assert_null(find(rules, "http://h/"));
    hr__proxy_rules_free(rules);
    hr__proxy_rules_free(NULL);
}

Test(proxy_rules, refused_without_its_password) {
    static const struct {
        struct hr_proxy_settings settings;
        const char *says;
    } rows[] = {
        {{.http = "https://u:secret@p"}, "proxy for http: only http://"},
        {{.https = "socks5://u:secret@p"}, "proxy for https: only http://"},
        {{.all = "socks5h://u:secret@p"}, "proxy for all schemes: only http://"},
        {{.http = "http://u:secret@"}, "no host"},
        {{.http = "http://u:secret@p:70000"}, "port number"},
        {{.http = "u:secret@p:0"}, "port 0"},
        {{.http = "http://u:secret@p/path"}, "behind host and port"},
        {{.http = "http://u:secret@p?q"}, "behind host and port"},
        {{.http = "http://u:secret@p#f"}, "behind host and port"},
        {{.http = "http://u:secret%@p"}, "hexadecimal"},
        {{.http = "http://u:secret%0a@p"}, "control character"},
        {{.http = "http://u%3A:secret@p"}, "':'"},
        {{.http = "http://u:secret p@p"}, "percent-encoded"},
        {{.http = "http://u:secret\x80@p"}, "percent-encoded"},
        {{.http = "http://u:secret@x@p"}, "host name"},
        {{.http = "::1"}, "no host"},
        {{.http = "http://"}, "no host"},
        {{.http = "http://u:secret@0x7f.1"}, "IPv4"},
        {{.no_proxy = "a,http://b,c"}, "no_proxy: \"http://b\""},
        {{.no_proxy = "10.0.0.0/33"}, "10.0.0.0/33"},
        {{.no_proxy = "fd00::/129"}, "fd00::/129"},
        {{.no_proxy = "10.0.0.0/"}, "10.0.0.0/"},
        {{.no_proxy = "h/8"}, "h/8"},
        {{.no_proxy = "a*b"}, "a*b"},
        {{.no_proxy = "h:70000"}, "h:70000"},
        {{.no_proxy = "[::1"}, "[::1"},
        {{.no_proxy = "."}, "\".\""},
        {{.no_proxy = ":80"}, ":80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules = NULL;
        struct hr_error error = {.message = ""};
        cr_assert_eq(hr__proxy_rules_new(&rows[i].settings, &error, &rules), -EINVAL, "%zu", i);
        cr_assert_null(rules);
        cr_assert_eq(error.code, -EINVAL);
        cr_assert(strstr(error.message, rows[i].says), "%s: %s", rows[i].says, error.message);
        cr_assert(!strstr(error.message, "secret"), "%s", error.message);
        cr_assert_eq(hr__proxy_rules_new(&rows[i].settings, NULL, &rules), -EINVAL);
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
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_proxy_rules *rules =
            rules_of(&(struct hr_proxy_settings){.all = "p", .no_proxy = rows[i].list});
        cr_assert_eq(find(rules, rows[i].url) == NULL, rows[i].direct, "\"%s\", %s", rows[i].list,
                     rows[i].url);
        hr__proxy_rules_free(rules);
    }
}

Test(proxy_rules, many_entries) {
    static char list[3 * 5000];
    for (size_t i = 0; i < 5000; i++) memcpy(list + 3 * i, i < 4999 ? "ab," : "ab", 3);
    struct hr_proxy_rules *rules = NULL;
    struct hr_error error;
    struct hr_proxy_settings settings = {.all = "p", .no_proxy = list};
    cr_assert_eq(hr__proxy_rules_new(&settings, &error, &rules), -EINVAL);
    cr_assert(strstr(error.message, "4096 entries"), "%s", error.message);
    list[3 * 4096 - 1] = 0;
    rules = rules_of(&settings);
    cr_assert_null(find(rules, "http://ab/"));
    cr_assert_not_null(find(rules, "http://b/"));
    hr__proxy_rules_free(rules);
}

Test(proxy_rules, environment) {
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};
    struct hr_proxy_settings settings;
    for (size_t i = 0; i < 8; i++) unsetenv(names[i]);
    hr__proxy_settings_from_environment(&settings);
    cr_assert(!settings.http && !settings.https && !settings.all && !settings.no_proxy);
    for (size_t i = 4; i < 8; i++) setenv(names[i], names[i], 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_null(settings.http, "a CGI's client sets HTTP_PROXY by sending a field Proxy");
    cr_assert_str_eq(settings.https, "HTTPS_PROXY");
    cr_assert_str_eq(settings.all, "ALL_PROXY");
    cr_assert_str_eq(settings.no_proxy, "NO_PROXY");
    for (size_t i = 0; i < 4; i++) setenv(names[i], names[i], 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_str_eq(settings.http, "http_proxy");
    cr_assert_str_eq(settings.https, "https_proxy");
    cr_assert_str_eq(settings.all, "all_proxy");
    cr_assert_str_eq(settings.no_proxy, "no_proxy");
    setenv("https_proxy", "", 1);
    hr__proxy_settings_from_environment(&settings);
    cr_assert_str_eq(settings.https, "HTTPS_PROXY", "an empty one is not set");
}
