/* An upload in parts: boto3's create_multipart_upload, upload_part, complete_multipart_upload. */
#include <stdio.h>
#include <stdlib.h>

#include <headrace/s3.h>

#define FIRST_SIZE (5u << 20) /* the least that S3 allows for a part but the last */

/* The result of start, or else of the request, which is waited for. */
static int ended(int started, struct hr_request *request) {
    int err = started ? started : hr_wait(request);
    if (err) fprintf(stderr, "%s\n", request->error.message);
    return err;
}

static int upload(hr_s3_client *client, const struct hr_source bodies[2]) {
    struct hr_s3_upload_create create = {.bucket = "examples", .key = "film"};
    create.checksum_algorithm = HR_S3_CHECKSUM_CRC64NVME;
    int err = ended(hr_s3_upload_create_start(client, &create), &create.request);
    struct hr_s3_upload_part parts[2] = {{.part_number = 1}, {.part_number = 2}};
    struct hr_s3_completed_part list[2] = {{.part_number = 1}, {.part_number = 2}};
    for (int i = 0; i < 2 && !err; i++) {
        parts[i].bucket = "examples";
        parts[i].key = "film";
        parts[i].upload_id = create.upload_id;
        parts[i].checksum_algorithm = HR_S3_CHECKSUM_CRC64NVME;
        parts[i].body = bodies[i];
        err = ended(hr_s3_upload_part_start(client, &parts[i]), &parts[i].request);
        list[i].etag = parts[i].etag;
        list[i].checksum = parts[i].sent_checksum;
        list[i].size_bytes = parts[i].sent_bytes;
    }
    struct hr_s3_upload_complete complete = {.bucket = "examples", .key = "film", .parts = list};
    complete.upload_id = create.upload_id;
    complete.part_count = 2; /* the checksum of the whole is made of the parts', and compared */
    if (!err) err = ended(hr_s3_upload_complete_start(client, &complete), &complete.request);
    if (!err) printf("ETag of %zu parts: %s\n", complete.part_count, strchr(complete.etag, '-'));
    return err;
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;
    char *first = calloc(1, FIRST_SIZE);

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);
    const struct hr_source bodies[] = {hr_source_bytes(first, FIRST_SIZE),
                                       hr_source_bytes("end", 3)};
    if (!err && first) err = upload(client, bodies);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    free(first);
    return err ? 1 : 0;
}
