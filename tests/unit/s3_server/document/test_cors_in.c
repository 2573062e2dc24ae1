/* The rules of CORS: Fetch standard, "HTTP-CORS protocol"; S3 User Guide, "CORS configuration". */
#include <criterion/criterion.h>

#include "cors_in.h"

static struct s3_arena arena;
static struct s3_cors_rules rules;
static struct hr_slice unknown;

static void setup(void) {
    s3_server__arena_init(&arena);
}

static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(cors_in, .init = setup, .fini = teardown);

static enum s3_error read_rules(const char *text) {
    return s3_server__xml_read_cors(hr_slice_of(text), &arena, &rules, &unknown);
}

#define RULE(origin, method)                                                                       \
    "<CORSRule><AllowedOrigin>" origin "</AllowedOrigin><AllowedMethod>" method "</AllowedMethod>"
#define ONE(origin, method)                                                                        \
    "<CORSConfiguration>" RULE(origin, method) "</CORSRule></CORSConfiguration>"

Test(cors_in, the_first_rule_that_fits_counts) {
    static const struct {
        const char *origin, *method, *fields;
        int rule; /* -1: none */
    } rows[] = {
        {"https://a.shop.test", "PUT", "X-AMZ-Date, content-type", 0},
        {"https://a.shop.test", "PUT", "authorization", -1},
        {"https://a.shop.test", "GET", "", 1},
        {"https://.shop.test", "PUT", "", 0},
        {"https://shop.test", "PUT", "", -1},
        {"https://a.shop.test.evil", "PUT", "", -1},
        {"HTTPS://a.shop.test", "PUT", "", -1},
        {"https://a.shop.test", "put", "", -1},
        {"null", "GET", "", 1},
        {"null", "GET", "x-any", -1},
    };
    cr_assert_eq(
        read_rules("<CORSConfiguration>" RULE(
            "https://*.shop.test",
            "PUT") "<AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type"
                   "</AllowedHeader></CORSRule>" RULE(
                       "*",
                       "GET") "<ExposeHeader>ETag</ExposeHeader><ExposeHeader>Date</ExposeHeader>"
                              "<MaxAgeSeconds>9</MaxAgeSeconds></CORSRule></CORSConfiguration>"),
        S3_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct s3_cors_request request = {hr_slice_of(rows[i].origin), hr_slice_of(rows[i].method),
                                          hr_slice_of(rows[i].fields)};
        struct s3_cors_match match = {.rule = 99};
        bool found = s3_server__cors_match(&rules, &request, &match);
        cr_expect_eq(found, rows[i].rule >= 0, "%s %s %s", rows[i].origin, rows[i].method,
                     rows[i].fields);
        if (found) cr_expect_eq(match.rule, (size_t)rows[i].rule);
        if (found) cr_expect_eq(match.any_origin, rows[i].rule == 1);
    }
    struct hr_slice exposed = s3_server__cors_join(&rules, 1, S3_CORS_EXPOSED, &arena);
    cr_expect(hr_slice_equal(exposed, hr_slice_of("ETag, Date")));
    cr_expect(!rules.ages[0].is_set && rules.ages[1].is_set && rules.ages[1].seconds == 9);
}

Test(cors_in, documents_that_are_refused) {
    static const struct {
        const char *text;
        enum s3_error error;
    } rows[] = {
        {ONE("*", "GET"), S3_OK},
        {ONE("*", "OPTIONS"), S3_InvalidRequest},
        {ONE("*.*", "GET"), S3_InvalidRequest},
        {ONE("", "GET"), S3_InvalidRequest},
        {"<CORSConfiguration/>", S3_MalformedXML},
        {"<CORSConfiguration><CORSRule/></CORSConfiguration>", S3_MalformedXML},
        {"<CORSConfiguration>" RULE("*", "GET") "<Other/></CORSRule></CORSConfiguration>",
         S3_NotImplemented},
        {"<CORSConfiguration>" RULE(
             "*", "GET") "<MaxAgeSeconds>x</MaxAgeSeconds></CORSRule></CORSConfiguration>",
         S3_MalformedXML},
        {"<CORSConfiguration>", S3_MalformedXML},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(read_rules(rows[i].text), rows[i].error, "%s", rows[i].text);
}
