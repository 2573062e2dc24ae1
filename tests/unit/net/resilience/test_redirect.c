#include <criterion/criterion.h>

#include "redirect.h"

static struct hr_redirect_facts facts_of(int status, const char *method) {
    return (struct hr_redirect_facts){.status = status,
                                      .method = hr_slice_of(method),
                                      .url = hr_slice_of("http://h/a"),
                                      .location = hr_slice_of("/b"),
                                      .body_replayable = true};
}

Test(redirect, which_statuses) {
    struct hr_slice there = hr_slice_of("/b");
    for (int status = 100; status < 600; status++) {
        bool wanted =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        cr_assert_eq(hr__redirect_is(status, there), wanted, "%d", status);
        cr_assert(!hr__redirect_is(status, hr_slice_bytes(NULL, 0)));
        cr_assert(!hr__redirect_is(status, hr_slice_of("")));
    }
}

/* RFC 9110 15.4.2 to 15.4.9. Asked too: curl 7.88 (-L with -d, -T, -I) does the same for each of
 * POST, PUT and HEAD; Go 1.26 as well, but that after 301 and 302 every method but GET and HEAD
 * becomes GET there. */
Test(redirect, methods) {
    static const struct {
        int status;
        const char *method, *next; /* NULL: as it was */
        bool drop_body;
    } rows[] = {
        {301, "GET", NULL, false},    {302, "GET", NULL, false},     {303, "GET", NULL, true},
        {307, "GET", NULL, false},    {308, "GET", NULL, false},     {301, "HEAD", NULL, false},
        {302, "HEAD", NULL, false},   {303, "HEAD", NULL, true},     {307, "HEAD", NULL, false},
        {301, "POST", "GET", true},   {302, "POST", "GET", true},    {303, "POST", "GET", true},
        {307, "POST", NULL, false},   {308, "POST", NULL, false},    {301, "PUT", NULL, false},
        {302, "PUT", NULL, false},    {303, "PUT", "GET", true},     {307, "PUT", NULL, false},
        {308, "PUT", NULL, false},    {301, "DELETE", NULL, false},  {303, "DELETE", "GET", true},
        {308, "DELETE", NULL, false}, {303, "OPTIONS", "GET", true}, {302, "post", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_redirect_facts facts = facts_of(rows[i].status, rows[i].method);
        struct hr_redirect_step step;
        cr_assert_eq(hr__redirect_decide(&facts, NULL, &step), 0);
        cr_assert_eq(step.drop_body, rows[i].drop_body, "%d %s", rows[i].status, rows[i].method);
        cr_assert_eq(step.method == NULL, rows[i].next == NULL, "%d %s", rows[i].status,
                     rows[i].method);
        if (rows[i].next) cr_assert_str_eq(step.method, rows[i].next);
        cr_assert(!step.drop_credentials);
        cr_assert_str_eq(step.url, "http://h/b");
    }
}

Test(redirect, a_body_that_cannot_be_sent_again) {
    static const struct {
        int status;
        const char *method;
        int error;
    } rows[] = {
        {301, "POST", 0},
        {303, "PUT", 0},
        {301, "PUT", HR_ERR_REDIRECT_REFUSED},
        {307, "POST", HR_ERR_REDIRECT_REFUSED},
        {308, "PUT", HR_ERR_REDIRECT_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_redirect_facts facts = facts_of(rows[i].status, rows[i].method);
        struct hr_redirect_step step;
        struct hr_error error = {.message = ""};
        facts.body_replayable = false;
        cr_assert_eq(hr__redirect_decide(&facts, &error, &step), rows[i].error, "%d %s",
                     rows[i].status, rows[i].method);
        if (rows[i].error) cr_assert(strstr(error.message, "rewound"), "%s", error.message);
    }
}

/* curl and Go drop credentials for another host too. */
Test(redirect, origins) {
    static const struct {
        const char *url, *location, *next;
        bool drop;
    } rows[] = {
        {"http://h/a", "/b", "http://h/b", false},
        {"http://h/a", "http://h/b", "http://h/b", false},
        {"http://h/a", "HTTP://H:80/b", "HTTP://H:80/b", false},
        {"https://h/a", "https://h:443/b", "https://h:443/b", false},
        {"http://h/a", "//h/b", "http://h/b", false},
        {"http://h/a?q", "?r", "http://h/a?r", false},
        {"http://u:p@h/a", "b", "http://u:p@h/b", false},
        {"http://h/a#f", "b", "http://h/b#f", false},
        {"http://h/a", "http://h:81/b", "http://h:81/b", true},
        {"http://h/a", "https://h/b", "https://h/b", true},
        {"http://h:443/a", "https://h/b", "https://h/b", true},
        {"http://h/a", "http://x.h/b", "http://x.h/b", true},
        {"http://x.h/a", "http://h/b", "http://h/b", true},
        {"http://h/a", "http://h./b", "http://h./b", true},
        {"http://h/a", "//g/b", "http://g/b", true},
        {"http://[::1]/a", "http://[::1]:80/", "http://[::1]:80/", false},
        {"http://[::1]/a", "http://[::2]/", "http://[::2]/", true},
        {"http://[fe80::1%25eth0]/a", "b", "http://[fe80::1%25eth0]/b", false},
        {"http://[fe80::1%25eth0]:8/a", "http://[FE80::1]:8/b?c#d",
         "http://[FE80::1%25eth0]:8/b?c#d", false},
        {"http://[fe80::1%25eth0]/a", "http://[fe80::2]/", "http://[fe80::2]/", true},
        {"http://[fe80::1%25eth0]/a", "http://[fe80::1%25eth1]/", "http://[fe80::1%25eth1]/", true},
        {"http://u:p@h/a", "1@c:d", "http://u:p@h/1@c:d", false},
        {"http://u:p@h/a", "http://u:p@h/b", "http://u:p@h/b", false},
        {"http://u:p@h/a", "http://g/b", "http://g/b", true},
        /* Raw UTF-8 and blanks, as browsers, curl and Go write them. */
        {"http://h/a/b", "c d", "http://h/a/c%20d", false},
        {"http://h/a", "/\xc3\xbc?x=\xe2\x82\xac y#\xc3\xbc",
         "http://h/%C3%BC?x=%E2%82%AC%20y#%C3%BC", false},
        {"http://h/a", "http://g/\xff\x80", "http://g/%FF%80", true},
        {"http://h/a", "//g/a b", "http://g/a%20b", true},
        {"http://h/a", "?q=\xc3\xa9%20+", "http://h/a?q=%C3%A9%20+", false},
        {"http://h/a", "\xc3\xbc:x", "http://h/%C3%BC:x", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_redirect_facts facts = facts_of(302, "GET");
        facts.url = hr_slice_of(rows[i].url);
        facts.location = hr_slice_of(rows[i].location);
        struct hr_redirect_step step;
        struct hr_error error = {.message = ""};
        int err = hr__redirect_decide(&facts, &error, &step);
        cr_assert_eq(err, 0, "%s -> %s: %s", rows[i].url, rows[i].location, error.message);
        cr_assert_str_eq(step.url, rows[i].next);
        cr_assert_eq(step.drop_credentials, rows[i].drop, "%s -> %s", rows[i].url,
                     rows[i].location);
    }
}

Test(redirect, refused) {
    static const struct {
        const char *url, *location;
        bool downgrade_allowed;
        int error;
        const char *says;
    } rows[] = {
        {"https://h/", "http://h/", false, HR_ERR_REDIRECT_REFUSED, "http://h; set redirects.down"},
        {"https://h/", "http://h/", true, 0, ""},
        {"http://h/", "ftp://h/", true, HR_ERR_REDIRECT_REFUSED, "scheme"},
        {"http://h/", "file:///etc/passwd", true, HR_ERR_REDIRECT_REFUSED, "scheme"},
        {"http://h/", "javascript:0", true, HR_ERR_REDIRECT_REFUSED, "scheme"},
        {"http://h/", "http://u:secret@h/", true, HR_ERR_REDIRECT_REFUSED, "user information"},
        {"http://h/", "//u:secret@h/", true, HR_ERR_REDIRECT_REFUSED, "user information"},
        {"http://u:p@h/", "http://u:secret@h/", true, HR_ERR_REDIRECT_REFUSED, "user information"},
        {"http://u:p@h/", "http://u:p@g/", true, HR_ERR_REDIRECT_REFUSED, "user information"},
        {"https://u:p@h/", "http://u:p@h/", true, HR_ERR_REDIRECT_REFUSED, "user information"},
        {"http://h/", "http://@h/", true, 0, ""},
        {"http://h/", "/u:p@x", true, 0, ""},
        {"http://h/", "http:///x", true, HR_ERR_URL_MALFORMED, "no host"},
        {"http://h/", "/a\tb", true, HR_ERR_URL_MALFORMED, "\"/a\\x09b\""},
        {"http://h/", "/\x01", true, HR_ERR_URL_MALFORMED, "\"/\\x01\""},
        {"http://h/", "/\x7f", true, HR_ERR_URL_MALFORMED, "\"/\\x7f\""},
        {"http://h/", "http://\xc3\xbc.test/", true, HR_ERR_URL_MALFORMED, "punycode"},
        {"http://h/", "//a b/", true, HR_ERR_URL_MALFORMED, "\"//a b/\""},
        {"http://h/", "http://g:0/x", true, HR_ERR_REDIRECT_REFUSED, "port 0: \"http://g:0/x\""},
        {"http://h/", "ftp://u:secret@g/x?secret", true, HR_ERR_REDIRECT_REFUSED,
         "\"ftp://g/x?\xe2\x80\xa6\""},
        {"http://h/", "http:\\\\u:secret@g\x01", true, HR_ERR_URL_MALFORMED, "Location"},
        {"http://h/", "http://0x7f.1/", true, HR_ERR_URL_MALFORMED, "IPv4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_redirect_facts facts = facts_of(302, "GET");
        facts.url = hr_slice_of(rows[i].url);
        facts.location = hr_slice_of(rows[i].location);
        facts.downgrade_allowed = rows[i].downgrade_allowed;
        struct hr_redirect_step step;
        struct hr_error error = {.message = ""};
        cr_assert_eq(hr__redirect_decide(&facts, &error, &step), rows[i].error, "%s -> %s: %s",
                     rows[i].url, rows[i].location, error.message);
        cr_assert(strstr(error.message, rows[i].says), "%s", error.message);
        cr_assert(!strstr(error.message, "secret"));
    }
}

Test(redirect, a_location_that_does_not_fit) {
    static char location[9000] = "/";
    struct hr_redirect_step step;
    struct hr_error error;
    struct hr_redirect_facts facts = facts_of(302, "GET");
    memset(location + 1, 'x', sizeof location - 1);
    facts.location = hr_slice_bytes(location, sizeof step.url - strlen("http://h") - 1);
    cr_assert_eq(hr__redirect_decide(&facts, &error, &step), 0);
    cr_assert_eq(strlen(step.url), sizeof step.url - 1);
    facts.location.size++;
    cr_assert_eq(hr__redirect_decide(&facts, &error, &step), HR_ERR_REDIRECT_REFUSED);
    cr_assert(strstr(error.message, "8191"), "%s", error.message);
}

Test(redirect, fields) {
    static const struct {
        const char *name;
        bool with_credentials_dropped, with_body_dropped;
    } rows[] = {
        {"Accept", true, true},
        {"User-Agent", true, true},
        {"Authorization", false, true},
        {"AUTHORIZATION", false, true},
        {"Cookie", false, true},
        {"Proxy-Authorization", false, true},
        {"Host", false, true},
        {"Content-Type", true, false},
        {"content-encoding", true, false},
        {"Content-MD5", true, false},
        {"Content-", true, true},
        {"Content", true, true},
        {"Expect", true, false},
        {"Trailer", true, false},
        {"Digest", true, false},
        {"Last-Modified", true, false},
        {"X-Content-Type", true, true},
        {"Authorization-Info", true, true},
        {"", true, true},
    };
    struct hr_redirect_step credentials = {.drop_credentials = true};
    struct hr_redirect_step body = {.drop_body = true}, none = {.method = NULL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_slice name = hr_slice_of(rows[i].name);
        cr_assert_eq(hr__redirect_keeps(&credentials, name), rows[i].with_credentials_dropped, "%s",
                     rows[i].name);
        cr_assert_eq(hr__redirect_keeps(&body, name), rows[i].with_body_dropped, "%s",
                     rows[i].name);
        cr_assert(hr__redirect_keeps(&none, name));
    }
}
