/* The cache of places, without a client. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "s3_places.h"

static struct hr__s3_places places;
static struct hr__endpoint endpoint;

static void open_cache(void) {
    struct hr__endpoint_settings settings = {.region = "us-east-1"};
    memset(&places, 0, sizeof places);
    cr_assert_eq(hr__s3_places_init(&places), 0);
    cr_assert_eq(hr__endpoint_make(&settings, NULL, &endpoint), 0);
}

static void close_cache(void) {
    hr__s3_places_deinit(&places);
}

TestSuite(s3_places, .init = open_cache, .fini = close_cache);

static struct hr__s3_place *acquire(const char *bucket) {
    struct hr__s3_place_key key = {.bucket = hr_slice_of(bucket)};
    struct hr__s3_place *place = NULL;
    struct hr_error error = {0};
    int err = hr__s3_place_acquire(&places, &endpoint, &key, &error, &place);
    cr_assert_eq(err, 0, "%s", error.message);
    return place;
}

static void move(const char *bucket, const char *region) {
    struct hr__s3_place_key key = {.bucket = hr_slice_of(bucket)};
    struct hr__s3_place *place;
    cr_assert_eq(hr__s3_place_move(&places, &endpoint, &key, hr_slice_of(region), &place), 0);
    hr__s3_place_release(place);
}

/* The region in which the cache has the bucket; NULL: it has none. */
static const char *region_of(const char *bucket) {
    static char region[64];
    struct hr__s3_place *place = acquire(bucket);
    if (!place) return NULL;
    snprintf(region, sizeof region, "%s", place->endpoint.region);
    hr__s3_place_release(place);
    return region;
}

Test(s3_places, a_plain_bucket_has_none) {
    cr_assert_null(acquire("bucket"));
    cr_assert_null(acquire(""));
    cr_assert_eq(places.count, 0);
}

Test(s3_places, an_access_point_is_resolved_once) {
    const char *arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap";
    struct hr__s3_place *first = acquire(arn), *second = acquire(arn);
    cr_assert_eq(first, second);
    cr_assert_str_eq(first->endpoint.host,
                     "ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
    hr__s3_place_release(first);
    hr__s3_place_release(second);
    cr_assert_eq(places.count, 1);
}

Test(s3_places, a_bucket_that_moved_is_found_in_its_region) {
    move("bucket", "eu-west-1");
    cr_assert_str_eq(region_of("bucket"), "eu-west-1");
    cr_assert_null(region_of("other"));
    move("bucket", "eu-central-1");
    cr_assert_str_eq(region_of("bucket"), "eu-central-1");
    cr_assert_eq(places.count, 1);
}

Test(s3_places, the_one_that_was_not_used_for_longest_goes) {
    char name[32];
    for (int i = 0; i < HR__S3_PLACES_MAX; i++) {
        snprintf(name, sizeof name, "bucket-%d", i);
        move(name, "eu-west-1");
    }
    cr_assert_not_null(region_of("bucket-0")); /* and so it is the newest */
    struct hr__s3_place *held = acquire("bucket-1");
    cr_assert_not_null(region_of("bucket-0"));
    for (int i = 2; i < 4; i++) {
        snprintf(name, sizeof name, "more-%d", i);
        move(name, "eu-west-2");
    }
    cr_assert_eq(places.count, HR__S3_PLACES_MAX);
    cr_assert_null(region_of("bucket-2"));
    cr_assert_null(region_of("bucket-3"));
    cr_assert_not_null(region_of("bucket-0"));
    cr_assert_not_null(region_of("bucket-4"));
    /* One in use outlives its eviction. */
    for (int i = 0; i < HR__S3_PLACES_MAX; i++) {
        snprintf(name, sizeof name, "last-%d", i);
        move(name, "eu-west-2");
    }
    cr_assert_str_eq(held->endpoint.region, "eu-west-1");
    cr_assert_null(region_of("bucket-1"));
    hr__s3_place_release(held);
}

Test(s3_places, another_partition_and_no_label_are_no_region_to_move_to) {
    struct hr__s3_place_key key = {.bucket = hr_slice_of("bucket")};
    struct hr__s3_place *place = NULL;
    static const char *const bad[] = {"cn-north-1", "evil.example", "", "a/b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr__s3_place_move(&places, &endpoint, &key, hr_slice_of(bad[i]), &place),
                     HR_ERR_S3_REGION_INVALID);
    cr_assert_null(place);
    cr_assert_eq(places.count, 0);
}
