/* Presigns a URL and fetches it with the HTTP client, which knows no secret. */
#include <stdio.h>

#include <headrace/s3.h>

static int put(hr_s3_client *client, const char *key, const char *text) {
    struct hr_s3_put request = {.bucket = "examples", .key = key};
    request.body = hr_source_bytes(text, strlen(text));
    int err = hr_s3_put_start(client, &request);
    return err ? err : hr_wait(&request.request);
}

int main(void) {
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_client_options s3_options = {0};
    struct hr_http_client_options http_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *s3 = NULL;
    hr_http_client *http = NULL;
    struct hr_s3_presign_options shared = {
        .bucket = "examples", .key = "shared/a b.txt", .expires_s = 60};
    char url[4096], text[64];

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &s3_options, &error, &s3);
    if (!err) err = hr_http_client_new(engine, &http_options, &error, &http);
    if (err) fprintf(stderr, "%s\n", error.message);
    if (!err) err = put(s3, "shared/a b.txt", "for everybody who has the URL");
    if (!err) err = hr_s3_presign(s3, &shared, url, sizeof url);

    struct hr_http_request get = {.url = url};
    get.sink = hr_sink_bytes(text, sizeof text);
    if (!err) err = hr_http_request_start(http, &get);
    if (!err) err = hr_wait(&get.request);
    if (!err) printf("%d %.*s\n", get.status, (int)get.body_bytes, text);

    char *signature = err ? NULL : strstr(url, "X-Amz-Signature=");
    if (signature) signature[16] = signature[16] == '0' ? '1' : '0';
    get.sink = hr_sink_discard();
    if (!err) err = hr_http_request_start(http, &get);
    if (!err) err = hr_wait(&get.request);
    if (!err)
        printf("%d with another signature\n", get.status);
    else
        fprintf(stderr, "%s\n", hr_error_text(err));

    hr_http_client_close(http, NULL, NULL);
    hr_s3_client_close(s3, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
