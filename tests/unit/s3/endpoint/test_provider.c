/* Providers by name, by words and by host. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "provider.h"

static struct hr__endpoint endpoint_of(const char *url) {
    struct hr__endpoint_settings settings = {
        .url = url, .source = "endpoint", .region = "us-east-1"};
    struct hr__endpoint endpoint;
    struct hr_error error;
    cr_assert_eq(hr__endpoint_make(&settings, &error, &endpoint), 0, "%s", error.message);
    return endpoint;
}

static struct hr__quirks quirks_of(const char *given, const char *url) {
    struct hr__endpoint endpoint = endpoint_of(url);
    struct hr__quirks quirks;
    struct hr_error error;
    cr_assert_eq(hr__provider_quirks(given, &endpoint, &error, &quirks), 0, "%s", error.message);
    return quirks;
}

Test(provider, a_host_that_nobody_knows_is_like_s3) {
    struct hr__quirks quirks = quirks_of(NULL, "http://127.0.0.1:9000"), none = {0};
    cr_assert_eq(memcmp(&quirks, &none, sizeof none), 0);
    quirks = quirks_of(NULL, "https://notaliyuncs.com");
    cr_assert_not(quirks.opaque_etag, "a name that only ends alike");
}

Test(provider, a_host_tells_whose_it_is) {
    cr_assert(quirks_of(NULL, "https://oss-cn-hangzhou.aliyuncs.com").opaque_etag);
    cr_assert(quirks_of(NULL, "https://OSS-cn-hangzhou.ALIYUNCS.com:443").opaque_etag);
    cr_assert(quirks_of(NULL, "https://cos.ap-beijing.myqcloud.com").opaque_etag);
    cr_assert(quirks_of(NULL, "https://nyc3.digitaloceanspaces.com").plain_keys);
    cr_assert(quirks_of(NULL, "https://acc.r2.cloudflarestorage.com").opaque_etag);
    cr_assert(quirks_of(NULL, "https://storage.googleapis.com").no_checksums);
    cr_assert(quirks_of(NULL, "https://s3.eu-west-1.amazonaws.com").virtual_host);
    cr_assert_not(quirks_of(NULL, NULL).no_checksums);
}

Test(provider, a_name_wins_over_the_host) {
    cr_assert(quirks_of("ceph", "https://oss-cn-hangzhou.aliyuncs.com").plain_keys);
    cr_assert_not(quirks_of("other", "https://oss-cn-hangzhou.aliyuncs.com").opaque_etag);
}

Test(provider, words_add_to_a_name_or_to_the_host) {
    struct hr__quirks quirks = quirks_of("minio,plain-keys,no-trailer", "http://h:9000");
    cr_assert(quirks.plain_keys && quirks.no_trailer && !quirks.no_checksums);
    quirks = quirks_of("no-checksums", "https://acc.r2.cloudflarestorage.com");
    cr_assert(quirks.no_checksums && quirks.opaque_etag);
}

static void check_refused(const char *given, const char *shown) {
    struct hr__endpoint endpoint = endpoint_of("http://h:9000");
    struct hr__quirks quirks = {.plain_keys = true};
    struct hr_error error;
    cr_assert_eq(hr__provider_quirks(given, &endpoint, &error, &quirks), -EINVAL, "%s", given);
    cr_assert(strstr(error.message, shown), "%s", error.message);
    cr_assert(quirks.plain_keys, "untouched");
}

Test(provider, a_word_that_is_none_is_refused_with_those_that_are) {
    check_refused("Ceph", "\"Ceph\" is none of aws, minio, ceph");
    check_refused("ceph,minio", "\"minio\" is none of virtual-host, plain-keys");
    check_refused("ceph,,no-trailer", "\"\" is none of virtual-host");
}
