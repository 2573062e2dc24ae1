#include <criterion/criterion.h>
#include <errno.h>

#include <headrace/url.h>

struct row {
    const char *base, *reference, *wanted;
};

static void check(const struct row *row) {
    char text[256];
    size_t size;
    struct hr_error error = {.message = ""};
    int err = hr_url_resolve(
        &(struct hr_url_reference){hr_slice_of(row->base), hr_slice_of(row->reference)}, &error,
        text, sizeof text, &size);
    cr_assert_eq(err, 0, "%s + %s: %s", row->base, row->reference, error.message);
    cr_assert_str_eq(text, row->wanted, "%s + %s: %s", row->base, row->reference, text);
    cr_assert_eq(size, strlen(row->wanted));
}

#define BASE "http://a/b/c/d;p?q"

/* RFC 3986 5.4.1 but for "g:h", and 5.4.2 but for "http:g": those are no http URLs. */
Test(url_resolve, examples_of_the_rfc) {
    static const struct row rows[] = {
        {BASE, "g", "http://a/b/c/g"},
        {BASE, "./g", "http://a/b/c/g"},
        {BASE, "g/", "http://a/b/c/g/"},
        {BASE, "/g", "http://a/g"},
        {BASE, "//g", "http://g"},
        {BASE, "?y", "http://a/b/c/d;p?y"},
        {BASE, "g?y", "http://a/b/c/g?y"},
        {BASE, "#s", "http://a/b/c/d;p?q#s"},
        {BASE, "g#s", "http://a/b/c/g#s"},
        {BASE, "g?y#s", "http://a/b/c/g?y#s"},
        {BASE, ";x", "http://a/b/c/;x"},
        {BASE, "g;x", "http://a/b/c/g;x"},
        {BASE, "g;x?y#s", "http://a/b/c/g;x?y#s"},
        {BASE, "", "http://a/b/c/d;p?q"},
        {BASE, ".", "http://a/b/c/"},
        {BASE, "./", "http://a/b/c/"},
        {BASE, "..", "http://a/b/"},
        {BASE, "../", "http://a/b/"},
        {BASE, "../g", "http://a/b/g"},
        {BASE, "../..", "http://a/"},
        {BASE, "../../", "http://a/"},
        {BASE, "../../g", "http://a/g"},
        {BASE, "../../../g", "http://a/g"},
        {BASE, "../../../../g", "http://a/g"},
        {BASE, "/./g", "http://a/g"},
        {BASE, "/../g", "http://a/g"},
        {BASE, "g.", "http://a/b/c/g."},
        {BASE, ".g", "http://a/b/c/.g"},
        {BASE, "g..", "http://a/b/c/g.."},
        {BASE, "..g", "http://a/b/c/..g"},
        {BASE, "./../g", "http://a/b/g"},
        {BASE, "./g/.", "http://a/b/c/g/"},
        {BASE, "g/./h", "http://a/b/c/g/h"},
        {BASE, "g/../h", "http://a/b/c/h"},
        {BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {BASE, "g;x=1/../y", "http://a/b/c/y"},
        {BASE, "g?y/./x", "http://a/b/c/g?y/./x"},
        {BASE, "g?y/../x", "http://a/b/c/g?y/../x"},
        {BASE, "g#s/./x", "http://a/b/c/g#s/./x"},
        {BASE, "g#s/../x", "http://a/b/c/g#s/../x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check(&rows[i]);
}

Test(url_resolve, our_own) {
    static const struct row rows[] = {
        /* An absolute one is taken as it stands. */
        {BASE, "https://h:1/./a/../b?c", "https://h:1/./a/../b?c"},
        {BASE, "HTTP://H", "HTTP://H"},
        {BASE, "//H:2/./a/../b?c", "http://H:2/b?c"},
        {"https://a/b", "//h/", "https://h/"},
        /* A base without a path. */
        {"http://a", "g", "http://a/g"},
        {"http://a", "?y", "http://a?y"},
        {"http://a", "..", "http://a/"},
        {"http://a?q", "g", "http://a/g"},
        {"http://a?q", "", "http://a?q"},
        {"http://a?q", "#", "http://a?q#"},
        {"http://a?", "", "http://a?"},
        {"http://a/b?q", "?", "http://a/b?"},
        /* What the base brings stays where the reference has no path. */
        {"http://a/x/./y/../z", "?q", "http://a/x/./y/../z?q"},
        {"http://a/x//y", "z", "http://a/x//z"},
        {"http://a/x//y", "../z", "http://a/x/z"},
        {"http://a/b", "/.//c", "http://a//c"},
        {"http://a/b", "/c//..", "http://a/c/"},
        {"http://a/b", "./", "http://a/"},
        {"http://a/b/", "%2e%2e/c", "http://a/b/%2e%2e/c"},
        {"http://a/b", "...", "http://a/..."},
        {"http://a/b", "./c:d", "http://a/c:d"},
        /* The base's user information, port and brackets. */
        {"http://u:p@[::1]:81/b", "/c", "http://u:p@[::1]:81/c"},
        {"http://@a/b", "c", "http://@a/c"},
        {"http://u:p@a/b", "//h/c", "http://h/c"},
        /* Fragments: the reference's, else the base's (RFC 9110 10.2.2). */
        {"http://a/b#s", "c", "http://a/c#s"},
        {"http://a/b#s", "c#t", "http://a/c#t"},
        {"http://a/b#s", "c#", "http://a/c#"},
        {"http://a/b#s", "https://h/", "https://h/#s"},
        {"http://a/b#s", "https://h/#t", "https://h/#t"},
        {"http://a/b#s", "", "http://a/b#s"},
        {"http://a/b#s?x", "?y", "http://a/b?y#s?x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check(&rows[i]);
}

Test(url_resolve, refused) {
    static const struct {
        const char *base, *reference;
        int error;
    } rows[] = {
        {BASE, "g:h", HR_ERR_URL_SCHEME},
        {BASE, "c:d", HR_ERR_URL_SCHEME},
        {BASE, "http:g", HR_ERR_URL_MALFORMED},
        {BASE, "http:/g", HR_ERR_URL_MALFORMED},
        {BASE, "javascript:alert(1)", HR_ERR_URL_SCHEME},
        {BASE, "file:///etc/passwd", HR_ERR_URL_SCHEME},
        {BASE, "//", HR_ERR_URL_MALFORMED},
        {BASE, "///x", HR_ERR_URL_MALFORMED},
        {BASE, "//h:65536/", HR_ERR_URL_MALFORMED},
        {BASE, "//a b/", HR_ERR_URL_MALFORMED},
        {BASE, "a b", HR_ERR_URL_MALFORMED},
        {BASE, "\r\nX: y", HR_ERR_URL_MALFORMED},
        {BASE, "\xc3\xbc", HR_ERR_URL_MALFORMED},
        {BASE, "//h\\@evil", HR_ERR_URL_MALFORMED},
        {"a/b", "g", HR_ERR_URL_SCHEME},
        {"http://", "g", HR_ERR_URL_MALFORMED},
        {"", "http://h/", HR_ERR_URL_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        size_t size = 4711;
        struct hr_error error = {.code = 0};
        int err = hr_url_resolve(
            &(struct hr_url_reference){hr_slice_of(rows[i].base), hr_slice_of(rows[i].reference)},
            &error, text, sizeof text, &size);
        cr_assert_eq(err, rows[i].error, "%s + %s: %d", rows[i].base, rows[i].reference, err);
        cr_assert_eq(error.code, err);
        cr_assert_gt(strlen(error.message), 0);
        cr_assert_eq(size, 4711, "touched on error");
    }
}

/* An error's offset counts in what the caller gave, whatever the result looks like. */
Test(url_resolve, errors_count_in_the_reference) {
    static const struct {
        const char *base, *reference, *message;
    } rows[] = {
        {"http://h/a/b/c", "x y", "byte 0x20 at 1 "},
        {"http://h/a/b/c", "../../\t", "byte 0x09 at 6 "},
        {"https://u@h/a", "?q=\xff", "byte 0xff at 3 "},
        {"http://h/", "#a b", "byte 0x20 at 2 "},
        {"http://h/a/b/c", "//k:65536/x", "not a port number (at byte 4)"},
        {"https://h/a/b/c", "//u@k[/x", "host name (at byte 5)"},
        {"https://h/", "//u\\@k/", "user information (at byte 3)"},
        {"http://h/", "//", "at byte 2)"},
        {"http://h/", "https://k:x/", "not a port number (at byte 10)"},
        {"http://h/", "http:g", "no // behind the scheme (at byte 5)"},
        {"http://h:x/", "g", "of the base: malformed URL: not a port number (at byte 9)"},
        {"g", "http://h/", "of the base: the URL begins with neither"},
        {"http://h /", "g", "of the base: malformed URL: byte 0x20 at 8 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        size_t size;
        struct hr_error error = {.code = 0};
        struct hr_url_reference reference = {hr_slice_of(rows[i].base),
                                             hr_slice_of(rows[i].reference)};
        cr_assert_lt(hr_url_resolve(&reference, &error, text, sizeof text, &size), 0);
        cr_assert(strstr(error.message, rows[i].message), "%s + %s: %s", rows[i].base,
                  rows[i].reference, error.message);
    }
}

Test(url_resolve, a_result_has_the_limit_of_urls) {
    static char base[60000], path[20000], text[100000];
    memset(base, 'a', sizeof base - 1);
    memcpy(base, "http://h/", 9);
    base[sizeof base - 2] = '/';
    memset(path, 'b', sizeof path - 1);
    size_t size;
    struct hr_error error = {.code = 0};
    struct hr_url_reference reference = {hr_slice_of(base), hr_slice_of(path)};
    cr_assert_eq(hr_url_resolve(&reference, &error, text, sizeof text, &size),
                 HR_ERR_URL_MALFORMED);
    cr_assert(strstr(error.message, "what the reference means is longer than 64 KiB"), "%s",
              error.message);
}

Test(url_resolve, room) {
    struct hr_slice base = hr_slice_of("http://a/b/"), reference = hr_slice_of("cd");
    size_t size;
    for (size_t capacity = 0; capacity < 14; capacity++) {
        char *exact = malloc(capacity + 1);
        cr_assert_eq(hr_url_resolve(&(struct hr_url_reference){base, reference}, NULL, exact,
                                    capacity, &size),
                     -ENOBUFS);
        free(exact);
    }
    char text[14];
    cr_assert_eq(
        hr_url_resolve(&(struct hr_url_reference){base, reference}, NULL, text, sizeof text, &size),
        0);
    cr_assert_eq(size, 13);
    cr_assert_str_eq(text, "http://a/b/cd");
    /* What the header promises is always enough, with dot segments on their way too. */
    base = hr_slice_of("https://a");
    reference = hr_slice_of("../../../../x");
    char *large = malloc(base.size + reference.size + 2);
    cr_assert_eq(hr_url_resolve(&(struct hr_url_reference){base, reference}, NULL, large,
                                base.size + reference.size + 2, &size),
                 0);
    cr_assert_str_eq(large, "https://a/x");
    free(large);
    cr_assert_eq(hr_url_resolve(&(struct hr_url_reference){base, hr_slice_bytes(NULL, 0)}, NULL,
                                text, sizeof text, &size),
                 0);
    cr_assert_str_eq(text, "https://a");
}
