/* Credentials that no process list shows. */
#include "http_fixture.h"

TestSuite(http_credentials, .init = fixture_open, .fini = fixture_close);

static struct http_credentials credentials;

static int read_them(void) {
    int code = -1;
    memset(&credentials, 0, sizeof credentials);
    CAPTURE(code = http_credentials_read(&http_values, &credentials));
    return code;
}

Test(http_credentials, none) {
    HTTP_BEGIN("h");
    cr_assert_eq(read_them(), EXIT_DONE);
    cr_expect_null(credentials.auth.user);
    cr_expect_null(credentials.auth.bearer);
    http_end();
}

/* "The first colon", RFC 7617 2: a user name has none, a password may. */
Test(http_credentials, users) {
    static const struct {
        const char *text, *user, *password;
    } rows[] = {{"me:secret", "me", "secret"},
                {"me:a:b", "me", "a:b"},
                {"me:", "me", ""},
                {":secret", "", "secret"},
                {"\xc3\xbc:\xc3\xa4", "\xc3\xbc", "\xc3\xa4"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        HTTP_BEGIN("-u", rows[i].text, "h");
        cr_assert_eq(read_them(), EXIT_DONE, "%s", captured_err);
        cr_expect_str_eq(credentials.auth.user, rows[i].user);
        cr_expect_str_eq(credentials.auth.password, rows[i].password);
        http_end();
    }
}

Test(http_credentials, a_password_of_the_environment) {
    setenv("HEADRACE_HTTP_PASSWORD", "of the environment", 1);
    HTTP_BEGIN("-u", "me", "h");
    cr_assert_eq(read_them(), EXIT_DONE);
    cr_expect_str_eq(credentials.auth.password, "of the environment");
    http_end();
    HTTP_BEGIN("-u", "me:mine", "h");
    cr_assert_eq(read_them(), EXIT_DONE);
    cr_expect_str_eq(credentials.auth.password, "mine", "the command line goes first");
    http_end();
}

Test(http_credentials, tokens) {
    char text[300];
    setenv("UNIT_TOKEN", "of-the-environment", 1);
    HTTP_BEGIN("--bearer", "env:UNIT_TOKEN", "h");
    cr_assert_eq(read_them(), EXIT_DONE);
    cr_expect_str_eq(credentials.auth.bearer, "of-the-environment");
    http_end();
    static const char *const files[] = {"token", "token\n", "token\r\nmore\n", "token\nmore"};
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(text, sizeof text, "file:%s", fixture_text("token", files[i]));
        HTTP_BEGIN("--bearer", text, "h");
        cr_assert_eq(read_them(), EXIT_DONE, "%s", captured_err);
        cr_expect_str_eq(credentials.auth.bearer, "token", "its first line");
        http_end();
    }
    http_credentials_wipe(&credentials);
    static const struct http_credentials nothing;
    cr_expect_eq(memcmp(&credentials, &nothing, sizeof nothing), 0);
}

Test(http_credentials, what_is_refused) {
    char empty[300], missing[300], large[300];
    static char token[HTTP_TOKEN_SIZE + 1], name[HTTP_PASSWORD_SIZE + 2];
    memset(token, 't', sizeof token - 1);
    memset(name, 'n', sizeof name - 2);
    name[sizeof name - 2] = ':';
    snprintf(empty, sizeof empty, "file:%s", fixture_text("empty", "\nsecond"));
    snprintf(missing, sizeof missing, "file:%s", fixture_path("missing"));
    snprintf(large, sizeof large, "file:%s", fixture_text("large", token));
    unsetenv("UNIT_TOKEN");
    const struct {
        const char *words[6];
        int code;
        const char *part;
    } rows[] = {
        {{"-u", "a:b", "--bearer", "env:X", "h"}, EXIT_USAGE, "exclude each other"},
        {{"--bearer", "the-token-itself", "h"}, EXIT_USAGE, "process list"},
        {{"--bearer", "env:UNIT_TOKEN", "h"}, EXIT_USAGE, "has no UNIT_TOKEN"},
        {{"--bearer", empty, "h"}, EXIT_USAGE, "the token is empty"},
        {{"--bearer", missing, "h"}, EXIT_FAILED, "cannot read"},
        {{"--bearer", large, "h"}, EXIT_USAGE, "the token is too long"},
        {{"-u", name, "h"}, EXIT_USAGE, "the name is too long"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_begin_words(rows[i].words);
        cr_expect_eq(read_them(), rows[i].code, "%zu", i);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%zu: %s", i, captured_err);
        cr_expect_null(strstr(captured_err, "the-token-itself"), "%s", captured_err);
        cr_expect_null(credentials.auth.bearer, "%zu", i);
        http_end();
    }
}
