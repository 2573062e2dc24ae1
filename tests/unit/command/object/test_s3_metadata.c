/* The AWS command line's shorthand of maps: "Using shorthand syntax with the AWS CLI", Name=Value
 * pairs, commas, quotes. */
#include "command_fixture.h"

#include "output.h"
#include "s3_metadata.h"

static int read_one(const char *text, struct s3_metadata *metadata) {
    struct option_list list = {.items = {text}, .count = 1};
    return s3_metadata_read(&list, metadata);
}

Test(s3_metadata, pairs) {
    static const struct {
        const char *text;
        const char *pairs[7]; /* name, value, … */
    } rows[] = {
        {"a=1", {"a", "1"}},
        {"a=", {"a", ""}},
        {"a=1,b=2", {"a", "1", "b", "2"}},
        {"a=1, b=2", {"a", "1", "b", "2"}},
        {"a=1,b=2,c=3", {"a", "1", "b", "2", "c", "3"}},
        {"a=x=y", {"a", "x=y"}},
        {"a=1,2", {"a", "1,2"}}, /* no pair follows */
        {"a=1,2,b=3", {"a", "1,2", "b", "3"}},
        {"a=1\\,b=2", {"a", "1,b=2"}},   /* "escape the comma" */
        {"a=\"x,b=2\"", {"a", "x,b=2"}}, /* in double quotes it is the value's */
        {"a='x,b=2',c=3", {"a", "x,b=2", "c", "3"}},
        {"a=\"say \\\"hi\\\"\"", {"a", "say \"hi\""}},
        {"a=\"b\\\\c\"", {"a", "b\\c"}},
        {"a=it's", {"a", "it's"}},
        {"a='it", {"a", "'it"}}, /* a quote that is not closed means itself */
        {"a=\"x\"y", {"a", "\"x\"y"}},
        {"a=C:\\dir", {"a", "C:\\dir"}},
        {"a=1,", {"a", "1,"}},
        {"with-dash_and.dot=v", {"with-dash_and.dot", "v"}},
        {"a= x ", {"a", " x "}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct s3_metadata metadata;
        char why[128] = "";
        cr_assert_eq(s3_metadata_check(rows[i].text, why, sizeof why), 0, "%s", rows[i].text);
        cr_assert_eq(read_one(rows[i].text, &metadata), EXIT_DONE, "%s", rows[i].text);
        size_t count = 0;
        while (rows[i].pairs[2 * count]) count++;
        cr_assert_eq(metadata.count, count, "%s: %zu", rows[i].text, metadata.count);
        for (size_t j = 0; j < count; j++) {
            cr_expect_str_eq(metadata.items[j].name, rows[i].pairs[2 * j], "%s", rows[i].text);
            cr_expect_str_eq(metadata.items[j].value, rows[i].pairs[2 * j + 1], "%s", rows[i].text);
        }
        s3_metadata_free(&metadata);
        cr_expect_null(metadata.items);
    }
}

Test(s3_metadata, what_is_no_pair) {
    static const char *const rows[] = {"", "a", "=1", "a b=1", "a:b=1", "{a=1}", "\"a\"=1", ",a=1"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[128] = "", wanted[128];
        snprintf(wanted, sizeof wanted, "'%s' is not NAME=VALUE", rows[i]);
        cr_expect_eq(s3_metadata_check(rows[i], why, sizeof why), -1, "%s", rows[i]);
        cr_expect_str_eq(why, wanted);
    }
}

/* Header fields have no case, RFC 9110 5.1. */
Test(s3_metadata, a_name_twice_is_refused) {
    struct option_list list = {.items = {"a=1,b=2", "A=3"}, .count = 2};
    struct s3_metadata metadata;
    int code = 0;
    CAPTURE(code = s3_metadata_read(&list, &metadata));
    cr_expect_eq(code, EXIT_USAGE);
    cr_expect_str_eq(captured_err, "headrace: --metadata: 'A' is given twice\n");
}

Test(s3_metadata, several_options_are_one_list) {
    struct option_list list = {.items = {"a=1", "b=2,c=3", "d=4"}, .count = 4 - 1};
    struct s3_metadata metadata;
    cr_assert_eq(s3_metadata_read(&list, &metadata), EXIT_DONE);
    cr_assert_eq(metadata.count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(metadata.items[i].name[0], (char)('a' + i));
        cr_expect_eq(metadata.items[i].value[0], (char)('1' + i));
    }
    s3_metadata_free(&metadata);
    struct option_list none = {.count = 0};
    cr_assert_eq(s3_metadata_read(&none, &metadata), EXIT_DONE);
    cr_expect_eq(metadata.count, 0);
    s3_metadata_free(&metadata);
}
