/* A hundred uploads in flight at once, each with a callback on its reactor's thread. */
#include <semaphore.h>
#include <stdio.h>

#include <headrace/s3.h>

#define PUTS 100

struct upload {
    struct hr_s3_put put; /* first, so that the callback finds the rest */
    char key[32];
};

static struct upload uploads[PUTS];
static sem_t finished;

/* The request's memory is ours again from here on. */
static void put_done(struct hr_request *request) {
    if (request->result) fprintf(stderr, "%s\n", request->error.message);
    sem_post((sem_t *)request->user);
}

int main(void) {
    struct hr_engine_options engine_options = {0};
    struct hr_s3_client_options client_options = {.http.pool.connections_max = PUTS};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;
    static char body[65536];
    unsigned good = 0;

    sem_init(&finished, 0, 0);
    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);

    for (unsigned i = 0; !err && i < PUTS; i++) {
        struct upload *upload = &uploads[i];
        snprintf(upload->key, sizeof upload->key, "many/%03u", i);
        upload->put.request.on_done = put_done;
        upload->put.request.user = &finished;
        upload->put.request.timeout_ms = 10000;
        upload->put.bucket = "examples";
        upload->put.key = upload->key;
        upload->put.body = hr_source_bytes(body, sizeof body);
        upload->put.request.result = hr_s3_put_start(client, &upload->put);
        if (upload->put.request.result) sem_post(&finished); /* refused: no callback comes */
    }
    for (unsigned i = 0; !err && i < PUTS; i++) sem_wait(&finished);
    for (unsigned i = 0; !err && i < PUTS; i++) good += uploads[i].put.request.result == 0;
    printf("%u of %u uploaded\n", good, PUTS);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return good == PUTS ? 0 : 1;
}
