/* Command lines as reports show them: without secrets. */
#include <criterion/criterion.h>
#include <string.h>

#include "commands.h"
#include "shown_words.h"

static void expect(const struct command *command, const char *const *words, const char *wanted) {
    char text[SHOWN_WORDS_MAX];
    char *argv[16];
    int count = 0;
    for (; words[count]; count++) argv[count] = (char *)(size_t)words[count];
    shown_words(command, count, argv, text);
    cr_expect_str_eq(text, wanted);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(shown_words, values_of_secret_options_are_hidden_in_every_form) {
    expect(&command_bench_s3, WORDS("--secret-key", "abc", "--rate", "5"),
           "headrace bench s3 --secret-key *** --rate 5");
    expect(&command_bench_s3, WORDS("--secret-key=abc", "--rate=5"),
           "headrace bench s3 --secret-key=*** --rate=5");
    expect(&command_bench_http, WORDS("--header", "-x", "http://h/"),
           "headrace bench http --header *** http://h/");
    expect(&command_http,
           WORDS("-fHX-A: b", "-u", "me:pw", "-kLu", "me:pw", "-uME:PW", "http://h/"),
           "headrace http -fH*** -u *** -kLu *** -u*** http://h/");
    expect(&command_http, WORDS("-xhttp://a:b@p", "--proxy", "http://a:b@p"),
           "headrace http -x*** --proxy ***");
}

Test(shown_words, credentials_in_urls_are_hidden) {
    expect(&command_bench_http, WORDS("http://me:pw@h/a"), "headrace bench http 'http://***@h/a'");
    expect(&command_bench_s3, WORDS("--endpoint=http://me:pw@h/"),
           "headrace bench s3 --endpoint='http://***@h/'");
    expect(&command_bench_http, WORDS("--", "--header", "http://me:pw@h/"),
           "headrace bench http -- --header 'http://***@h/'");
}

Test(shown_words, signatures_in_urls_are_hidden) {
    expect(&command_bench_http, WORDS("http://h/k?X-Amz-Credential=AKID&X-Amz-Signature=abcd"),
           "headrace bench http 'http://h/k?X-Amz-Credential=***&X-Amz-Signature=***'");
}

Test(shown_words, words_that_a_shell_would_part_are_quoted) {
    expect(&command_bench_s3, WORDS("--prefix", "a b", "--bucket="),
           "headrace bench s3 --prefix 'a b' --bucket=''");
}

Test(shown_words, a_long_line_is_cut) {
    static char word[3000];
    memset(word, 'x', sizeof word - 1);
    char text[SHOWN_WORDS_MAX];
    char *argv[] = {word};
    shown_words(&command_bench_s3, 1, argv, text);
    cr_expect_str_eq(text + SHOWN_WORDS_MAX - 4, "...");
}
