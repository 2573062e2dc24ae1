/* Presigned POSTs of a client. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <headrace/s3.h>

static hr_engine *engine;
static hr_s3_client *client;

static void make_engine(void) {
    struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
}

static void close_all(void) {
    hr_s3_client_close(client, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

TestSuite(s3_post, .init = make_engine, .fini = close_all);

static void make_client(const char *endpoint, bool anonymous) {
    struct hr_s3_client_options options = {
        .endpoint = endpoint,
        .region = "eu-west-2",
        .access_key = anonymous ? NULL : "AKIDEXAMPLE",
        .secret_key = anonymous ? NULL : "secret",
        .anonymous = anonymous,
    };
    struct hr_error error;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static int post_to(const char *bucket, const char *key, struct hr_s3_post *post) {
    struct hr_s3_post_options options = {.bucket = bucket, .key = key, .expires_s = 60};
    return hr_s3_presign_post(client, &options, post);
}

Test(s3_post, a_form_for_a_bucket) {
    make_client("http://127.0.0.1:9000", false);
    struct hr_s3_post post;
    cr_assert_eq(post_to("bucket", "k", &post), 0);
    cr_assert_str_eq(post.url, "http://127.0.0.1:9000/bucket");
    cr_assert_eq(post.field_count, 6);
    cr_assert_str_eq(post.fields[0].name, "key");
    cr_assert_str_eq(post.fields[0].value, "k");
    cr_assert_str_eq(post.fields[1].value, "AWS4-HMAC-SHA256");
    cr_assert(strncmp(post.fields[2].value, "AKIDEXAMPLE/", 12) == 0);
    cr_assert(strstr(post.fields[2].value, "/eu-west-2/s3/aws4_request"));
    cr_assert_eq(strlen(post.fields[3].value), 16);
    cr_assert_str_eq(post.fields[4].name, "policy");
    cr_assert_str_eq(post.fields[5].name, "x-amz-signature");
    cr_assert_eq(strlen(post.fields[5].value), 64);
    hr_s3_post_deinit(&post);
    cr_assert_null(post.fields);
    hr_s3_post_deinit(&post);
    hr_s3_post_deinit(NULL);
}

Test(s3_post, a_bucket_in_the_host) {
    make_client("https://{bucket}.store.example", false);
    struct hr_s3_post post;
    cr_assert_eq(post_to("bucket", "k", &post), 0);
    cr_assert_str_eq(post.url, "https://bucket.store.example/");
    hr_s3_post_deinit(&post);
}

Test(s3_post, is_refused_by_its_error) {
    make_client("http://127.0.0.1:9000", false);
    struct hr_s3_post post;
    cr_assert_eq(post_to("b", "k", NULL), -EINVAL);
    cr_assert_eq(post_to(NULL, "k", &post), -EINVAL);
    cr_assert_eq(post_to("a/b", "k", &post), HR_ERR_S3_BUCKET_INVALID);
    cr_assert_eq(post_to("bucket", "", &post), HR_ERR_S3_KEY_INVALID);
    cr_assert_eq(hr_s3_presign_post(NULL, NULL, &post), -EINVAL);
}

Test(s3_post, an_anonymous_client_has_nothing_to_sign_with) {
    make_client("http://127.0.0.1:9000", true);
    struct hr_s3_post post;
    cr_assert_eq(post_to("bucket", "k", &post), HR_ERR_S3_CREDENTIALS);
}
