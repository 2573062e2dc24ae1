#include <criterion/criterion.h>

#include <headrace/url.h>

static bool same(struct hr_slice text, const char *wanted) {
    return hr_slice_equal(text, hr_slice_of(wanted));
}

Test(url, target_and_fragment) {
    static const struct {
        const char *text, *target, *fragment; /* NULL: none */
    } rows[] = {
        {"http://h", "", NULL},
        {"http://h/", "/", NULL},
        {"http://h?a", "?a", NULL},
        {"http://h#f", "", "f"},
        {"http://h/a?b#c", "/a?b", "c"},
        {"http://h/a?#", "/a?", ""},
        {"https://u:p@[::1]:1/a/../b?c=/d?e#f#?", "/a/../b?c=/d?e", "f#?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_url url;
        cr_assert_eq(hr_url_parse(hr_slice_of(rows[i].text), NULL, &url), 0);
        cr_assert(same(url.target, rows[i].target), "%s", rows[i].text);
        cr_assert_eq(url.fragment.data == NULL, rows[i].fragment == NULL, "%s", rows[i].text);
        if (rows[i].fragment) cr_assert(same(url.fragment, rows[i].fragment), "%s", rows[i].text);
    }
}

struct row {
    const char *text, *host, *authority, *userinfo, *path, *query; /* query NULL: none */
    uint16_t port;
    bool tls, ipv6;
};

Test(url, parts) {
    static const struct row rows[] = {
        {"http://h", "h", "h", "", "", NULL, 80, false, false},
        {"https://h", "h", "h", "", "", NULL, 443, true, false},
        {"HTTPS://H:8443/A?B", "H", "H:8443", "", "/A", "B", 8443, true, false},
        {"http://h:/x", "h", "h:", "", "/x", NULL, 80, false, false},
        {"http://h:00080/", "h", "h:00080", "", "/", NULL, 80, false, false},
        {"http://h:0/", "h", "h:0", "", "/", NULL, 0, false, false},
        {"http://h:65535", "h", "h:65535", "", "", NULL, 65535, false, false},
        {"http://h?", "h", "h", "", "", "", 80, false, false},
        {"http://h?a=b?c/d", "h", "h", "", "", "a=b?c/d", 80, false, false},
        {"http://h#a?b/c@d", "h", "h", "", "", NULL, 80, false, false},
        {"http://h/#", "h", "h", "", "/", NULL, 80, false, false},
        {"http://h/a?b#c", "h", "h", "", "/a", "b", 80, false, false},
        {"http://h/a@b:c", "h", "h", "", "/a@b:c", NULL, 80, false, false},
        {"http://u:p@h:1/", "h", "h:1", "u:p", "/", NULL, 1, false, false},
        {"http://@h/", "h", "h", "", "/", NULL, 80, false, false},
        {"http://u%40:%zz@h", "h", "h", "u%40:%zz", "", NULL, 80, false, false},
        {"http://[::1]/", "::1", "[::1]", "", "/", NULL, 80, false, true},
        {"https://[2001:DB8::192.0.2.1]:444", "2001:DB8::192.0.2.1", "[2001:DB8::192.0.2.1]:444",
         "", "", NULL, 444, true, true},
        {"http://[fe80::1%25eth0]:81/a", "fe80::1%25eth0", "[fe80::1%25eth0]:81", "", "/a", NULL,
         81, false, true},
        {"http://[fe80::1%25e%7eth_0-1.2]", "fe80::1%25e%7eth_0-1.2", "[fe80::1%25e%7eth_0-1.2]",
         "", "", NULL, 80, false, true},
        {"http://[::]:", "::", "[::]:", "", "", NULL, 80, false, true},
        {"http://127.0.0.1:9000/b/k", "127.0.0.1", "127.0.0.1:9000", "", "/b/k", NULL, 9000, false,
         false},
        {"http://1.2.3.a", "1.2.3.a", "1.2.3.a", "", "", NULL, 80, false, false},
        {"http://0x1g/", "0x1g", "0x1g", "", "/", NULL, 80, false, false},
        {"http://1-2", "1-2", "1-2", "", "", NULL, 80, false, false},
        {"http://./", ".", ".", "", "/", NULL, 80, false, false},
        {"http://my_host.-a-./", "my_host.-a-.", "my_host.-a-.", "", "/", NULL, 80, false, false},
        {"http://!$&'()*+,-.;=_~/", "!$&'()*+,-.;=_~", "!$&'()*+,-.;=_~", "", "/", NULL, 80, false,
         false},
        {"http://h//a/./../%7e%2F%zz", "h", "h", "", "//a/./../%7e%2F%zz", NULL, 80, false, false},
        {"http://h/<>\"{}|\\^`[]", "h", "h", "", "/<>\"{}|\\^`[]", NULL, 80, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct hr_url url;
        struct hr_error error;
        cr_assert_eq(hr_url_parse(hr_slice_of(row->text), &error, &url), 0, "%s", row->text);
        cr_assert(same(url.host, row->host), "%s", row->text);
        cr_assert(same(url.authority, row->authority), "%s", row->text);
        cr_assert(same(url.userinfo, row->userinfo), "%s", row->text);
        cr_assert(same(url.path, row->path), "%s", row->text);
        cr_assert_eq(url.query.data != NULL, row->query != NULL, "%s", row->text);
        if (row->query) cr_assert(same(url.query, row->query), "%s", row->text);
        cr_assert_eq(url.port, row->port, "%s", row->text);
        cr_assert_eq(url.tls, row->tls, "%s", row->text);
        cr_assert_eq(url.ipv6, row->ipv6, "%s", row->text);
    }
}

Test(url, refused) {
    static const struct {
        const char *text;
        int error;
        const char *says; /* in the message */
    } rows[] = {
        {"", HR_ERR_URL_MALFORMED, "empty"},
        {"h", HR_ERR_URL_SCHEME, "http://"},
        {"//h/", HR_ERR_URL_SCHEME, "http://"},
        {"ftp://h/", HR_ERR_URL_SCHEME, "http://"},
        {"s3://b/k", HR_ERR_URL_SCHEME, "http://"},
        {"httpx://h/", HR_ERR_URL_SCHEME, "http://"},
        {"http", HR_ERR_URL_SCHEME, "http://"},
        {"http:", HR_ERR_URL_MALFORMED, "//"},
        {"http:/h", HR_ERR_URL_MALFORMED, "//"},
        {"http:h", HR_ERR_URL_MALFORMED, "//"},
        {"http://", HR_ERR_URL_MALFORMED, "no host"},
        {"http:///a", HR_ERR_URL_MALFORMED, "no host"},
        {"http://?a", HR_ERR_URL_MALFORMED, "no host"},
        {"http://:80/", HR_ERR_URL_MALFORMED, "no host"},
        {"http://u@/", HR_ERR_URL_MALFORMED, "no host"},
        {"http://h:65536/", HR_ERR_URL_MALFORMED, "port number (at byte 9)"},
        {"http://h:4294967376/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://h:18446744073709551696/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://h:-1/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://h:+1/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://h:b/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://h:80:80/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://2001::1/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://[::1/b", HR_ERR_URL_MALFORMED, "not closed"},
        {"http://[]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://[:]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://[1.2.3.4]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://[fe80::1%eth0]/", HR_ERR_URL_MALFORMED, "zone of an IPv6 address begins with %25"},
        {"http://[fe80::1%]/", HR_ERR_URL_MALFORMED, "begins with %25"},
        {"http://[fe80::1%25]/", HR_ERR_URL_MALFORMED, "empty"},
        {"http://[fe80::1%25e%zz]/", HR_ERR_URL_MALFORMED, "hexadecimal"},
        {"http://[fe80::1%25e%4]/", HR_ERR_URL_MALFORMED, "hexadecimal"},
        {"http://[fe80::1%25e:0]/", HR_ERR_URL_MALFORMED, "not allowed in the zone"},
        {"http://[fe80::1%25e!]/", HR_ERR_URL_MALFORMED, "not allowed in the zone"},
        {"http://[1.2.3.4%25eth0]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://[%25eth0]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://fe80::1%25eth0/", HR_ERR_URL_MALFORMED, "port number"},
        {"http://[v1.x]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://[::1]x/", HR_ERR_URL_MALFORMED, "']'"},
        {"http://[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1]/", HR_ERR_URL_MALFORMED, "IPv6"},
        {"http://a[b/", HR_ERR_URL_MALFORMED, "host name (at byte 8)"},
        {"http://a<b/", HR_ERR_URL_MALFORMED, "host name"},
        {"http://a%41/", HR_ERR_URL_MALFORMED, "percent-encoded"},
        {"http://h\\@evil/", HR_ERR_URL_MALFORMED, "user information (at byte 8)"},
        {"http://h\\evil/", HR_ERR_URL_MALFORMED, "host name"},
        {"http://a@b@c/", HR_ERR_URL_MALFORMED, "host name"},
        {"http://a]@b/", HR_ERR_URL_MALFORMED, "user information"},
        {"http://h/a b", HR_ERR_URL_MALFORMED, "0x20 at 10"},
        {" http://h/", HR_ERR_URL_MALFORMED, "0x20 at 0"},
        {"http://h/\r\nX: y", HR_ERR_URL_MALFORMED, "0x0d at 9"},
        {"http://h/\ta", HR_ERR_URL_MALFORMED, "0x09"},
        {"http://h/\x7f", HR_ERR_URL_MALFORMED, "0x7f"},
        {"http://h/\xc3\xa9", HR_ERR_URL_MALFORMED, "0xc3"},
        {"http://b\xc3\xbc"
         "cher.example/",
         HR_ERR_URL_MALFORMED, "punycode"},
        {"http://h/#\n", HR_ERR_URL_MALFORMED, "0x0a"},
        {"http://256.1.1.1/", HR_ERR_URL_MALFORMED, "IPv4 address, a.b.c.d (at byte 7)"},
        {"http://1.2.3/", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://u@127.1:80/", HR_ERR_URL_MALFORMED, "at byte 9"},
        {"http://017700000001/", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://0x7f.0.0.0X1/", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://0x7F000001./", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://01.2.3.4/", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://host.1/", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://a.1./", HR_ERR_URL_MALFORMED, "IPv4"},
        {"http://1.2.3.4.5.6.7.8.9.10.11.12/", HR_ERR_URL_MALFORMED, "IPv4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_url url = {.port = 4711};
        struct hr_error error;
        struct hr_slice text = hr_slice_of(rows[i].text);
        cr_assert_eq(hr_url_parse(text, &error, &url), rows[i].error, "%s", rows[i].text);
        cr_assert_eq(error.code, rows[i].error);
        cr_assert(strstr(error.message, rows[i].says), "%s: %s", rows[i].text, error.message);
        cr_assert_eq(url.port, 4711, "%s: touched on error", rows[i].text);
        cr_assert_eq(hr_url_parse(text, NULL, &url), rows[i].error);
    }
}

Test(url, a_nul_and_a_length) {
    struct hr_url url;
    cr_assert_eq(hr_url_parse(hr_slice_bytes("http://h/\0a", 11), NULL, &url),
                 HR_ERR_URL_MALFORMED);
    cr_assert_eq(hr_url_parse(hr_slice_bytes("http://[::1\0]/", 14), NULL, &url),
                 HR_ERR_URL_MALFORMED);
    static char large[70000];
    memset(large, 'a', sizeof large);
    memcpy(large, "http://h/", 9);
    cr_assert_eq(hr_url_parse(hr_slice_bytes(large, 65536), NULL, &url), 0);
    cr_assert_eq(url.path.size, 65536 - 8);
    cr_assert_eq(hr_url_parse(hr_slice_bytes(large, 65537), NULL, &url), HR_ERR_URL_MALFORMED);
}
