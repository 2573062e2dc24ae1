/* Methods and URLs of a command line; names as curl's -O and -T take them, curl's own examples. */
#include "http_fixture.h"

static int make(size_t index) {
    int code = -1;
    CAPTURE({
        code = http_url_arguments(&http_arguments, http);
        if (!code) code = http_data_join(http);
        http->urls.index = index;
        if (!code) code = http_url_make(http, index);
    });
    return code;
}

struct row {
    const char *words[7];
    const char *method, *url;
};

static void check(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        http_begin_words(rows[i].words);
        cr_assert_eq(make(0), EXIT_DONE, "%zu: %s", i, captured_err);
        cr_expect_str_eq(http_url_method(http), rows[i].method, "%zu: %s", i,
                         http_url_method(http));
        cr_expect_str_eq(http->urls.made.data, rows[i].url, "%zu: %s", i, http->urls.made.data);
        http_end();
    }
}

Test(http_url, methods) {
    static const struct row rows[] = {
        {{"http://h/"}, "GET", "http://h/"},
        {{"POST", "http://h/"}, "POST", "http://h/"},
        {{"post", "http://h/"}, "POST", "http://h/"},
        {{"Patch", "http://h/"}, "PATCH", "http://h/"},
        {{"MKCOL", "http://h/"}, "MKCOL", "http://h/"},
        {{"M-SEARCH", "http://h/"}, "M-SEARCH", "http://h/"},
        {{"-X", "purge", "http://h/"}, "purge", "http://h/"}, /* as it is written */
        {{"-I", "http://h/"}, "HEAD", "http://h/"},
        {{"-d", "x", "http://h/"}, "POST", "http://h/"},
        {{"--json-body", "{}", "http://h/"}, "POST", "http://h/"},
        {{"--body", "", "http://h/"}, "POST", "http://h/"},
        {{"-F", "a=b", "http://h/"}, "POST", "http://h/"},
        {{"-T", "/tmp/x", "http://h/a"}, "PUT", "http://h/a"},
        {{"--body-file", "/tmp/x", "http://h/"}, "POST", "http://h/"},
        {{"PUT", "-d", "x", "http://h/"}, "PUT", "http://h/"},
        {{"-G", "-d", "x", "http://h/"}, "GET", "http://h/?x"},
        {{"-G", "-I", "-d", "x", "http://h/"}, "HEAD", "http://h/?x"},
        {{"-X", "POST", "POST", "http://h/"}, "POST", "http://h/"},
    };
    check(rows, COUNT(rows));
}

Test(http_url, schemes) {
    static const struct row rows[] = {
        {{"example.org"}, "GET", "http://example.org"},
        {{"localhost:8080/x"}, "GET", "http://localhost:8080/x"},
        {{"http:8080"}, "GET", "http://http:8080"}, /* a host of that name and its port */
        {{"HTTP://h/"}, "GET", "HTTP://h/"},
        {{"https://h/"}, "GET", "https://h/"},
        {{"h/a?u=http://x"}, "GET", "http://h/a?u=http://x"},
        {{"[::1]:80/x"}, "GET", "http://[::1]:80/x"},
        {{"http://h/\xc3\xbc?\xc3\xa4"}, "GET", "http://h/%C3%BC?%C3%A4"},
        {{"http://h/a%20b[1]{2}"}, "GET", "http://h/a%20b[1]{2}"},
    };
    check(rows, COUNT(rows));
}

Test(http_url, data_in_the_query) {
    static const struct row rows[] = {
        {{"-G", "-d", "a=1", "h"}, "GET", "http://h?a=1"},
        {{"-G", "-d", "a=1", "-d", "b=2", "h/p"}, "GET", "http://h/p?a=1&b=2"},
        {{"-G", "-d", "a=1", "h/p?x=y"}, "GET", "http://h/p?x=y&a=1"},
        {{"-G", "-d", "a=1", "h/p?"}, "GET", "http://h/p?a=1"},
        {{"-G", "-d", "a=1", "h/p?x&"}, "GET", "http://h/p?x&a=1"},
        {{"-G", "-d", "a=1", "h/p#frag"}, "GET", "http://h/p?a=1#frag"},
        {{"-G", "-d", "a=1", "h/p?x#f?g"}, "GET", "http://h/p?x&a=1#f?g"},
        {{"-G", "-d", "a=1", "h/#f?g"}, "GET", "http://h/?a=1#f?g"},
        {{"-G", "h/p"}, "GET", "http://h/p"},
        {{"-G", "--data-urlencode", "q=a b", "h/"}, "GET", "http://h/?q=a+b"},
    };
    check(rows, COUNT(rows));
}

/* "If there is no filename part in the URL, curl appends the local filename." */
Test(http_url, names_of_uploads) {
    static const struct row rows[] = {
        {{"-T", "/dir/photo.jpg", "http://h/up/"}, "PUT", "http://h/up/photo.jpg"},
        {{"-T", "photo.jpg", "http://h"}, "PUT", "http://h/photo.jpg"},
        {{"-T", "photo.jpg", "http://h/up/?v=1"}, "PUT", "http://h/up/photo.jpg?v=1"},
        {{"-T", "photo.jpg", "http://h?v=1"}, "PUT", "http://h/photo.jpg?v=1"},
        {{"-T", "a b#?.txt", "http://h/"}, "PUT", "http://h/a%20b%23%3F.txt"},
        {{"-T", "photo.jpg", "http://h/other"}, "PUT", "http://h/other"},
        {{"-T", "-", "http://h/"}, "PUT", "http://h/"},
        {{"-T", ".", "http://h/"}, "PUT", "http://h/"},
        {{"-T", "", "http://h/"}, "GET", "http://h/"},
    };
    check(rows, COUNT(rows));
}

Test(http_url, uploads_go_by_order) {
    HTTP_BEGIN("-T", "one", "-T", "two", "http://a/", "http://b/", "http://c/");
    cr_assert_eq(make(1), EXIT_DONE);
    cr_expect_str_eq(http->urls.made.data, "http://b/two");
    cr_expect_str_eq(http_url_upload(http), "two");
    http->urls.index = 2;
    CAPTURE(cr_expect_eq(http_url_make(http, 2), EXIT_DONE));
    cr_expect_str_eq(http->urls.made.data, "http://c/");
    cr_expect_str_eq(http_url_upload(http), "");
    cr_expect_str_eq(http_url_method(http), "GET", "a URL without a file of its own");
    http_end();
}

Test(http_url, last_names) {
    static const struct {
        const char *url, *name;
    } rows[] = {{"http://h/a/b.txt", "b.txt"}, {"http://h/b?x=/y", "b"},    {"http://h/b#/y", "b"},
                {"http://h/a/", ""},           {"http://h/", ""},           {"http://h", ""},
                {"http://h?a/b", ""},          {"http://h/a%2Fb", "a%2Fb"}, {"http://h//x", "x"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_slice name = http_url_last_name(rows[i].url);
        cr_expect(hr_slice_equal(name, hr_slice_of(rows[i].name)), "%s: '%.*s'", rows[i].url,
                  (int)name.size, name.data);
    }
}

Test(http_url, what_is_refused) {
    static const struct {
        const char *words[7];
        const char *part;
    } rows[] = {
        {{"-s"}, "an argument is missing"},
        {{"GET"}, "an argument is missing"},
        {{"get"}, "an argument is missing"},
        {{"word", "http://h/"}, "is no token of a known method"},
        {{"http://h/", "POST"}, "stands where the method is wanted"},
        {{"{\"a\": 1}", "http://h/"}, "--json-body sends it"},
        {{"http://h/", "[\"a\", 1]"}, "--json-body sends it"},
        {{"-X", "PUT", "POST", "http://h/"}, "name two methods"},
        {{"-I", "-d", "x", "http://h/"}, "--head and --data exclude each other"},
        {{"-T", "a", "-F", "b=c", "http://h/"}, "--upload-file and --form exclude each other"},
        {{"-F", "b=c", "-d", "x", "http://h/"}, "--form and --data exclude each other"},
        {{"-d", "x", "--body-file", "f", "http://h/"}, "--data and --body-file"},
        {{"http://me:secret@h/"}, "give --user"},
        {{"me:secret@h/"}, "give --user"},
        {{"http:/h/"}, "http:/h/"},
        {{"ftp://h/"}, "ftp://h/"},
        {{"http://"}, "http://"},
        {{"http://h:99999/"}, "http://h:99999/"},
        {{"//h/"}, "//h/"},
        {{"-X", "PUT", "-"}, "'http://-'"},
    };
    for (size_t i = 0; i + 1 < COUNT(rows); i++) {
        http_begin_words(rows[i].words);
        cr_expect_eq(make(0), EXIT_USAGE, "%zu: %s", i, rows[i].words[0]);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%zu: %s", i, captured_err);
        cr_expect_null(strstr(captured_err, "secret"), "%s", captured_err);
        http_end();
    }
}

Test(http_url, too_many) {
    static const char *words[HTTP_URLS_MAX + 3];
    http_begin_words((const char *const[]){"http://h/", NULL});
    for (size_t i = 0; i < OPTION_ARGUMENT_MAX; i++) http_arguments.arguments[i] = "http://h/";
    http_arguments.argument_count = OPTION_ARGUMENT_MAX;
    (void)words;
    int code = -1;
    CAPTURE(code = http_url_arguments(&http_arguments, http));
    cr_expect_eq(code, EXIT_DONE);
    cr_expect_eq(http->urls.count, HTTP_URLS_MAX);
    http_end();
}
