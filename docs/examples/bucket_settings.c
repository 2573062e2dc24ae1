/* boto3's put_bucket_cors and get_bucket_cors: operations without a struct, by the pass-through. */
#include <stdio.h>

#include <headrace/s3.h>

#define CORS                                                                                       \
    "<CORSConfiguration><CORSRule><AllowedOrigin>https://example.org</AllowedOrigin>"              \
    "<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"

/* The result of start, or else of the request, which is waited for. */
static int ended(int started, struct hr_request *request) {
    int err = started ? started : hr_wait(request);
    if (err) fprintf(stderr, "%s\n", request->error.message);
    return err;
}

static int work(hr_s3_client *client) {
    const struct hr_s3_query cors = {.name = hr_slice_of("cors")};
    struct hr_s3_request put = {
        .method = "PUT", .bucket = "examples", .body = hr_source_bytes(CORS, sizeof CORS - 1)};
    put.query = &cors;
    put.query_count = 1;
    int err = ended(hr_s3_request_start(client, &put), &put.request);
    struct hr_buffer document = {0};
    struct hr_s3_request get = {.bucket = "examples", .query = &cors, .query_count = 1};
    get.sink = hr_sink_buffer(&document, 65536);
    if (!err) err = ended(hr_s3_request_start(client, &get), &get.request);
    if (!err) printf("%d: %.*s\n", get.status, (int)document.size, document.data);
    hr_buffer_deinit(&document);
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
