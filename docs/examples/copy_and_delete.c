/* boto3's put_object with tags, copy_object, get_object_tagging, delete_objects, and a question. */
#include <stdio.h>

#include <headrace/s3.h>

#define BUCKET "examples"

/* The result of start, or else of the request, which is waited for. */
static int ended(int started, struct hr_request *request) {
    int err = started ? started : hr_wait(request);
    if (err) fprintf(stderr, "%s\n", request->error.message);
    return err;
}

static int on_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    (void)get;
    printf("%s=%s\n", tag->key, tag->value);
    return 0;
}

static int work(hr_s3_client *client) {
    const struct hr_s3_tag tags[] = {{"project", "river"}};
    struct hr_s3_put put = {.bucket = BUCKET, .key = "plan", .body = hr_source_bytes("v1", 2)};
    put.options.tags = tags;
    put.options.tag_count = 1;
    put.conditions.if_none_match = "*"; /* only if there is none */
    int err = ended(hr_s3_put_start(client, &put), &put.request);
    struct hr_s3_copy copy = {.bucket = BUCKET, .key = "copy", .source = {BUCKET, "plan"}};
    if (!err) err = ended(hr_s3_copy_start(client, &copy), &copy.request);
    struct hr_s3_tags_get get = {.bucket = BUCKET, .key = "copy", .on_tag = on_tag};
    if (!err) err = ended(hr_s3_tags_get_start(client, &get), &get.request);
    const struct hr_s3_delete_key keys[] = {{.key = "plan"}, {.key = "copy"}};
    struct hr_s3_delete_many many = {.bucket = BUCKET, .keys = keys, .key_count = 2};
    if (!err) err = ended(hr_s3_delete_many_start(client, &many), &many.request);
    struct hr_s3_exists exists = {.bucket = BUCKET, .key = "copy"};
    if (!err) err = ended(hr_s3_exists_start(client, &exists), &exists.request);
    if (!err) printf("%u deleted, %s\n", many.deleted, exists.exists ? "still there" : "gone");
    return err;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);
    if (!err) err = work(client);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
