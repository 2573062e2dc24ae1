#include <criterion/criterion.h>
#include <errno.h>

#include "credentials_basic.h"

/* RFC 7617 2 and 2.1, and what `base64` says of the others. */
Test(credentials_basic, values) {
    static const struct {
        const char *user, *password, *wanted;
    } rows[] = {
        {"Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow=="},
        {"", "", "Basic Og=="},
        {"u", "", "Basic dTo="},
        {"", "p:q", "Basic OnA6cQ=="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_basic_credentials credentials = {.user = hr_slice_of(rows[i].user),
                                                   .password = hr_slice_of(rows[i].password)};
        char *value = NULL;
        cr_assert_eq(hr__credentials_basic(&credentials, NULL, &value), 0);
        cr_assert_str_eq(value, rows[i].wanted);
        hr__credentials_free(value);
    }
    hr__credentials_free(NULL);
}

Test(credentials_basic, refused) {
    static const struct {
        const char *user, *password;
    } rows[] = {{"secret:", "p"},
                {"u\n", "secret"},
                {"u", "secret\r"},
                {"u", "secret\x7f"},
                {"u\x1f", "secret"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_basic_credentials credentials = {.user = hr_slice_of(rows[i].user),
                                                   .password = hr_slice_of(rows[i].password)};
        char *value = (char *)"untouched";
        struct hr_error error;
        cr_assert_eq(hr__credentials_basic(&credentials, &error, &value), -EINVAL);
        cr_assert_str_eq(value, "untouched");
        cr_assert_gt(strlen(error.message), 0);
        cr_assert(!strstr(error.message, "secret"), "%s", error.message);
    }
    struct hr_basic_credentials nul = {.user = hr_slice_bytes("a\0b", 3)};
    char *value;
    cr_assert_eq(hr__credentials_basic(&nul, NULL, &value), -EINVAL);
}

Test(credentials_basic, bearer) {
    static const char *const good[] = {"mF_9.B5f-4.1JqM", "a", "a==", "-._~+/", "0"};
    static const char *const bad[] = {"",    "=",   "a=b",      "a b", "a\n",
                                      "a\"", "a,b", "\xc3\xa9", "a:b", "secret\x01"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char *value = NULL;
        cr_assert_eq(hr__credentials_bearer(hr_slice_of(good[i]), NULL, &value), 0, "%s", good[i]);
        cr_assert_eq(strncmp(value, "Bearer ", 7), 0);
        cr_assert_str_eq(value + 7, good[i]);
        hr__credentials_free(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *value = NULL;
        struct hr_error error;
        cr_assert_eq(hr__credentials_bearer(hr_slice_of(bad[i]), &error, &value), -EINVAL, "%s",
                     bad[i]);
        cr_assert(!strstr(error.message, "secret"));
    }
    char *value = NULL;
    cr_assert_eq(hr__credentials_bearer(hr_slice_bytes("a\0", 2), NULL, &value), -EINVAL);
}
