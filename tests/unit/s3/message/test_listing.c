#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "listing.h"

static char shown[65536];

static int on_object(void *user, const struct hr_s3_object *object) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%s%.*s %llu %llu %.*s %.*s\n",
             object->is_prefix ? "prefix " : "", (int)object->key.size, object->key.data,
             (unsigned long long)object->size_bytes, (unsigned long long)object->last_modified_s,
             (int)object->etag.size, object->etag.data, (int)object->storage_class.size,
             object->storage_class.data);
    return user ? *(int *)user : 0;
}

static int on_bucket(void *user, const struct hr_s3_bucket *bucket) {
    (void)user;
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%.*s %llu\n", (int)bucket->name.size,
             bucket->name.data, (unsigned long long)bucket->created_s);
    return 0;
}

static struct hr__listing *open_listing(enum hr__listing_kind kind, int *user) {
    struct hr__listing_sink sink = {.on_object = on_object, .on_bucket = on_bucket, .user = user};
    struct hr__listing *listing;
    cr_assert_eq(hr__listing_new(kind, &sink, &listing), 0);
    shown[0] = 0;
    return listing;
}

static int pass(struct hr__listing *listing, bool show, struct hr_slice text, size_t piece,
                struct hr_error *error) {
    int err = hr__listing_begin(listing, show);
    for (size_t at = 0; !err && at < text.size; at += piece) {
        size_t more = text.size - at < piece ? text.size - at : piece;
        err = hr__listing_feed(listing, hr_slice_bytes(text.data + at, more),
                               at + more == text.size, error);
    }
    return err;
}

#define PAGE(inside) "<?xml version=\"1.0\"?><ListBucketResult>" inside "</ListBucketResult>"
#define ENTRY(key)   "<Contents><Key>" key "</Key><Size>1</Size></Contents>"

static const char page[] = PAGE(
    "<Name>b</Name><Prefix>p/</Prefix><NextContinuationToken>t/=</NextContinuationToken>"
    "<IsTruncated>true</IsTruncated>"
    "<Contents><Key>p/a+b%2Bc%0A%C3%A9</Key><LastModified>2023-01-10T23:39:32.000Z</LastModified>"
    "<ETag>&quot;e&quot;</ETag><Size>5368709120000</Size><StorageClass>STANDARD</StorageClass>"
    "</Contents><Contents><Key>z</Key><Size>0</Size></Contents>"
    "<CommonPrefixes><Prefix>p/d/</Prefix></CommonPrefixes><EncodingType>url</EncodingType>");

Test(listing, is_checked_then_shown) {
    for (size_t piece = 1; piece < sizeof page; piece += piece == 1 ? 96 : sizeof page - 98) {
        struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
        struct hr_error error = {0};
        cr_assert_eq(pass(listing, false, hr_slice_of(page), piece, &error), 0, "%s",
                     error.message);
        cr_assert_str_eq(shown, "");
        cr_assert(hr__listing_truncated(listing));
        cr_assert(hr_slice_equal(hr__listing_token(listing), hr_slice_of("t/=")));
        cr_assert_eq(pass(listing, true, hr_slice_of(page), piece, &error), 0);
        cr_assert_str_eq(shown, "p/a b+c\n\xc3\xa9 5368709120000 1673393972 e STANDARD\n"
                                "z 0 0  \nprefix p/d/ 0 0  \n");
        hr__listing_free(listing);
    }
    hr__listing_free(NULL);
}

Test(listing, keys_are_decoded_only_where_the_store_says_so) {
    struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
    struct hr_error error = {0};
    struct hr_slice text = hr_slice_of(PAGE(ENTRY("a+b%20c%") ENTRY("<![CDATA[<&>]]>")));
    cr_assert_eq(pass(listing, false, text, 1000, &error), 0, "%s", error.message);
    cr_assert_eq(pass(listing, true, text, 1000, &error), 0);
    cr_assert_str_eq(shown, "a+b%20c% 1 0  \n<&> 1 0  \n");
    cr_assert(!hr__listing_truncated(listing));
    hr__listing_free(listing);
}

Test(listing, refused_before_anything_is_shown) {
    static const char *const bad[] = {
        "<ListAllMyBucketsResult/>",
        "<Error><Code>c</Code></Error>",
        "<html/>",
        PAGE("<IsTruncated>yes</IsTruncated>"),
        PAGE("<Contents><Size>1</Size></Contents>"),
        PAGE("<Contents><Key>a</Key><Key>b</Key></Contents>"),
        PAGE("<Contents><Key/></Contents>"),
        PAGE("<Contents><Key>a</Key><Size>-1</Size></Contents>"),
        PAGE("<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>"),
        PAGE("<CommonPrefixes/>"),
        PAGE(ENTRY("a%2") "<EncodingType>url</EncodingType>"),
        PAGE(ENTRY("a%zz") "<EncodingType>url</EncodingType>"),
        PAGE(ENTRY("a%00") "<EncodingType>url</EncodingType>"),
        PAGE(ENTRY("a")) "<more/>",
        "<ListBucketResult>" ENTRY("a"),
        "<!DOCTYPE x [<!ENTITY a \"b\">]>" PAGE(ENTRY("&a;")),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
        struct hr_error error = {0};
        cr_assert_eq(pass(listing, false, hr_slice_of(bad[i]), 7, &error), HR_ERR_S3_RESPONSE, "%s",
                     bad[i]);
        cr_assert(strstr(error.message, "cannot be understood: "), "%s", error.message);
        cr_assert_gt(strlen(error.message), strlen("the listing cannot be understood: "));
        cr_assert_str_eq(shown, "");
        hr__listing_free(listing);
    }
}

/* A document with `count` times `byte` in it. */
static struct hr_slice long_page(const char *before, char byte, size_t count, const char *after) {
    static char text[80000];
    size_t at = (size_t)snprintf(text, sizeof text, "%s", before);
    memset(text + at, byte, count);
    at += count;
    at += (size_t)snprintf(text + at, sizeof text - at, "%s", after);
    return hr_slice_bytes(text, at);
}

static const char *const around_token[] = {
    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>",
    "</NextContinuationToken></ListBucketResult>"};

Test(listing, a_token_is_as_long_as_the_limit_says) {
    struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
    struct hr_error error = {0};
    struct hr_slice text = long_page(around_token[0], '=', HR_S3_TOKEN_MAX, around_token[1]);
    cr_assert_eq(pass(listing, false, text, 4096, &error), 0, "%s", error.message);
    cr_assert_eq(hr__listing_token(listing).size, HR_S3_TOKEN_MAX);
    text = long_page(around_token[0], '=', HR_S3_TOKEN_MAX + 1, around_token[1]);
    cr_assert_eq(pass(listing, false, text, 4096, &error), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(error.message, "token has more than 16384 bytes"), "%s", error.message);
    hr__listing_free(listing);
}

/* S3's keys have 1024 bytes, 3072 percent-encoded; those of others may be longer. */
Test(listing, names_and_tags_of_any_size) {
    static const struct {
        const char *before, *after;
        size_t size;
    } cases[] = {
        {"<ListBucketResult><Contents><Key>", "</Key></Contents></ListBucketResult>", 9000},
        {"<ListBucketResult><CommonPrefixes><Prefix>",
         "</Prefix></CommonPrefixes></ListBucketResult>", 9000},
        {"<ListBucketResult><Contents><ETag>", "</ETag><Key>k</Key></Contents></ListBucketResult>",
         9000},
        {"<ListBucketResult><Contents><Key>k</Key><StorageClass>",
         "</StorageClass></Contents></ListBucketResult>", 9000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
        struct hr_error error = {0};
        struct hr_slice text = long_page(cases[i].before, 'x', cases[i].size, cases[i].after);
        cr_assert_eq(pass(listing, false, text, 4096, &error), 0, "%zu: %s", i, error.message);
        cr_assert_eq(pass(listing, true, text, 4096, &error), 0);
        cr_assert_gt(strlen(shown), cases[i].size, "%zu: %s", i, shown);
        hr__listing_free(listing);
    }
}

/* 4,000 entries, each on lines of its own behind eight blanks: what is between elements is no text
 * of the root's. */
Test(listing, a_page_that_is_laid_out) {
    static char text[1 << 20];
    size_t at = (size_t)snprintf(text, sizeof text, "<ListBucketResult>");
    for (unsigned i = 0; i < 4000; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "\n        <Contents>\n                <Key>k%u</Key>\n"
                               "                <Size>1</Size>\n        </Contents>",
                               i);
    at += (size_t)snprintf(text + at, sizeof text - at, "\n</ListBucketResult>\n");
    struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
    struct hr_error error = {0};
    cr_assert_eq(pass(listing, false, hr_slice_bytes(text, at), 4096, &error), 0, "%s",
                 error.message);
    cr_assert_eq(hr__listing_page(listing).objects, 4000);
    hr__listing_free(listing);
}

Test(listing, the_user_may_end_it) {
    int result = -1234;
    struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, &result);
    struct hr_error error = {0};
    cr_assert_eq(pass(listing, false, hr_slice_of(page), 1000, &error), 0);
    cr_assert_eq(pass(listing, true, hr_slice_of(page), 1000, &error), -1234);
    cr_assert_eq(strchr(shown, '\0') - shown, (long)strlen(shown));
    cr_assert(!strstr(shown, "\nz "));
    hr__listing_free(listing);
}

Test(listing, buckets) {
    struct hr_slice text = hr_slice_of(
        "<ListAllMyBucketsResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>1</ID>"
        "</Owner><Buckets><Bucket><Name>one</Name><CreationDate>2023-01-10T23:39:32.000Z"
        "</CreationDate></Bucket><Bucket><Name>two</Name></Bucket></Buckets>"
        "</ListAllMyBucketsResult>");
    struct hr__listing *listing = open_listing(HR__LISTING_BUCKETS, NULL);
    struct hr_error error = {0};
    cr_assert_eq(pass(listing, false, text, 11, &error), 0, "%s", error.message);
    cr_assert_eq(pass(listing, true, text, 11, &error), 0);
    cr_assert_str_eq(shown, "one 1673393972\ntwo 0\n");
    cr_assert(!hr__listing_truncated(listing));
    text =
        hr_slice_of("<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name></Bucket></Buckets>"
                    "<ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>");
    cr_assert_eq(pass(listing, false, text, 11, &error), 0, "%s", error.message);
    cr_assert(hr__listing_truncated(listing));
    cr_assert(hr_slice_equal(hr__listing_token(listing), hr_slice_of("t")));
    cr_assert_eq(pass(listing, false, hr_slice_of(page), 11, &error), HR_ERR_S3_RESPONSE);
    hr__listing_free(listing);
}

/* Names and sizes are compared. */
static void check_case(const json_t *one, const json_t *result) {
    struct hr__listing *listing = open_listing(HR__LISTING_OBJECTS, NULL);
    struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
    struct hr_error error = {0};
    const char *name = cases_text(one, "name");
    cr_assert_eq(pass(listing, false, body, 50, &error), 0, "%s: %s", name, error.message);
    cr_assert_eq(pass(listing, true, body, 50, &error), 0);
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(result, "Contents"), index, entry) {
        char line[2048];
        snprintf(line, sizeof line, "%s %lld ", cases_text(entry, "Key"),
                 (long long)json_integer_value(json_object_get(entry, "Size")));
        cr_assert(strstr(shown, line), "%s: %s", name, line);
    }
    json_t *truncated = json_object_get(result, "IsTruncated");
    if (truncated) cr_assert_eq(hr__listing_truncated(listing), json_is_true(truncated));
    const char *token = cases_text(result, "NextContinuationToken");
    if (token) cr_assert(hr_slice_equal(hr__listing_token(listing), hr_slice_of(token)));
    hr__listing_free(listing);
}

Test(listing, cases_given) {
    json_t *all = cases_load("s3/response.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/response");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        const json_t *result = json_object_get(json_object_get(one, "expect"), "result");
        if (!result || strncmp(cases_text(one, "operation"), "ListObjects", 11) != 0) continue;
        check_case(one, result);
        counted++;
    }
    cr_assert_geq(counted, 2);
    json_decref(all);
}
