/* URLs and arguments in messages. */
#include "command_fixture.h"

#include "shown.h"

Test(shown, no_credentials_and_not_too_long) {
    static const struct {
        const char *given, *shown;
    } rows[] = {
        {"photo@2.jpg", "photo@2.jpg"},
        {"s3://bucket/user:name@host", "s3://bucket/user:name@host"},
        {"http://host/", "http://host/"},
        {"a:b", "a:b"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(shown_argument(rows[i].given), rows[i].shown);
    static const char *const secrets[] = {"http://me:secret@host/", "me:secret@host",
                                          "//me:secret@host/x", "http://secret@host/"};
    for (size_t i = 0; i < COUNT(secrets); i++)
        cr_expect_null(strstr(shown_argument(secrets[i]), "secret"), "%s",
                       shown_argument(secrets[i]));
    const char *ring[8];
    for (size_t i = 0; i < 8; i++) ring[i] = shown_argument(rows[i % 4].given);
    for (size_t i = 0; i < 8; i++) cr_expect_str_eq(ring[i], rows[i % 4].shown);
    char large[400];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    cr_expect_eq(strlen(shown_argument(large)), 200);
}
