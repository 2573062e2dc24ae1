/* Lists what is below a prefix; pages are followed to the end. */
#include <stdio.h>

#include <headrace/s3.h>

/* Called on the reactor's thread; what it is given is valid during the call. */
static int show(struct hr_s3_list *list, const struct hr_s3_object *object) {
    (void)list;
    printf("%.*s %llu\n", (int)object->key.size, object->key.data,
           (unsigned long long)object->size_bytes);
    return 0;
}

static int put(hr_s3_client *client, const char *key, const char *text) {
    struct hr_s3_put request = {.bucket = "examples", .key = key};
    request.body = hr_source_bytes(text, strlen(text));
    int err = hr_s3_put_start(client, &request);
    return err ? err : hr_wait(&request.request);
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
    if (!err) err = put(client, "fruit/apple", "red");
    if (!err) err = put(client, "fruit/pear tree", "green");
    if (!err) err = put(client, "stone", "grey");

    struct hr_s3_list list = {.bucket = "examples", .prefix = "fruit/", .page_size = 1};
    list.on_object = show;
    if (!err) err = hr_s3_list_start(client, &list);
    if (!err) err = hr_wait(&list.request);
    if (err)
        fprintf(stderr, "%s\n", hr_error_text(err));
    else
        printf("%llu objects\n", (unsigned long long)list.objects);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return err ? 1 : 0;
}
