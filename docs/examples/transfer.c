/* A file up, copied in the store, and down: boto3's upload_file, copy and download_file. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/s3.h>

#define SIZE (20u << 20)

/* The result of start, or else of the request, which is waited for. */
static int ended(int started, struct hr_request *request) {
    int err = started ? started : hr_wait(request);
    if (err) fprintf(stderr, "%s\n", request->error.message);
    return err;
}

/* On the reactor, behind each part. */
static int on_progress(struct hr_s3_upload *upload, const struct hr_s3_progress *progress) {
    int *parts = upload->request.user;
    *parts = (int)progress->parts;
    return 0;
}

static int transfer(hr_s3_client *client, int from, int to) {
    int parts = 0;
    struct hr_s3_upload up = {.bucket = "examples", .key = "film", .on_progress = on_progress};
    up.request.user = &parts;
    up.body = hr_source_fd(from, (struct hr_file_range){0, SIZE});
    int err = ended(hr_s3_upload_start(client, &up), &up.request);
    struct hr_s3_transfer_copy copy = {.bucket = "examples", .key = "film copied"};
    copy.source = (struct hr_s3_copy_source){.bucket = "examples", .key = "film"};
    if (!err) err = ended(hr_s3_transfer_copy_start(client, &copy), &copy.request);
    struct hr_s3_download down = {.bucket = "examples", .key = "film copied"};
    down.sink = hr_sink_fd(to, 0);
    if (!err) err = ended(hr_s3_download_start(client, &down), &down.request);
    if (!err)
        printf("%d parts up, %u ranges down, %s\n", parts, (unsigned)down.progress.parts,
               down.verified ? "compared" : "not compared");
    return err;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;
    FILE *from = tmpfile(), *to = tmpfile();
    int err = !from || !to || ftruncate(fileno(from), SIZE);
    if (!err) err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);
    if (!err) err = transfer(client, fileno(from), fileno(to));

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    if (from) fclose(from);
    if (to) fclose(to);
    return err ? 1 : 0;
}
