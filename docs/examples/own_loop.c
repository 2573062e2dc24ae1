/* A reactor inside a loop that the program already has, here one around poll(2). No other thread.
 */
#include <poll.h>
#include <stdio.h>

#include <headrace/s3.h>

static int finished;

static void on_done(struct hr_request *request) {
    finished = 1;
    if (request->result) fprintf(stderr, "%s\n", request->error.message);
}

/* Runs the program's loop until the request is done. */
static int run(hr_engine *engine, int started, struct hr_request *request) {
    struct pollfd descriptors[1] = {{.fd = hr_engine_fd(engine), .events = POLLIN}};
    if (started) return started;
    for (finished = 0; !finished;) {
        int err = hr_engine_poll(engine, 0); /* what can be done now; then the engine sleeps */
        if (err < 0) return err;
        if (!finished) poll(descriptors, 1, -1); /* the program's other descriptors go here */
    }
    return request->result;
}

int main(void) {
    struct hr_engine_options engine_options = {.mode = HR_ENGINE_CALLER};
    struct hr_s3_client_options client_options = {0};
    struct hr_error error = {0};
    hr_engine *engine = NULL;
    hr_s3_client *client = NULL;

    int err = hr_engine_new(&engine_options, &error, &engine);
    if (!err) err = hr_s3_client_new(engine, &client_options, &error, &client);
    if (err) fprintf(stderr, "%s\n", error.message);

    struct hr_s3_put put = {.request = {.on_done = on_done, .timeout_ms = 5000}};
    put.bucket = "examples";
    put.key = "own-loop";
    put.body = hr_source_bytes("turning", 7);
    if (!err) err = run(engine, hr_s3_put_start(client, &put), &put.request);

    struct hr_s3_head head = {.request = {.on_done = on_done, .timeout_ms = 5000}};
    head.bucket = "examples";
    head.key = "own-loop";
    if (!err) err = run(engine, hr_s3_head_start(client, &head), &head.request);
    if (!err) printf("%llu bytes\n", (unsigned long long)head.info.size_bytes);

    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL); /* runs the loop until all is closed */
    return err ? 1 : 0;
}
