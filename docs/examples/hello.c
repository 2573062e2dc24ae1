/* Writes an object and reads it back. Endpoint and credentials come from the environment. */
#include <stdio.h>

#include <headrace/s3.h>

int main(void) {
    struct hr_engine_options engine_options = {0}; /* zero: one reactor per core */
    struct hr_s3_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;
    char text[64];

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);

    struct hr_s3_put put = {.bucket = "examples", .key = "hello.txt"};
    put.body = hr_source_bytes("hello, store", 12);
    if (!err) err = hr_s3_put_start(client, &put); /* without a callback … */
    if (!err) err = hr_wait(&put.request);         /* … it is waited for */
    if (put.request.result) error = put.request.error;

    struct hr_s3_get get = {.bucket = "examples", .key = "hello.txt"};
    get.sink = hr_sink_bytes(text, sizeof text);
    if (!err) err = hr_s3_get_start(client, &get);
    if (!err) err = hr_wait(&get.request);
    if (get.request.result) error = get.request.error;

    if (!err)
        printf("%.*s\n", (int)get.body_bytes, text);
    else
        fprintf(stderr, "%s: %s\n", hr_error_name(err), error.message);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
