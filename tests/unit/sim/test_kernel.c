/* The simulated kernel itself: the same seed gives the same run, complaints are made, and a client
 * and a server of ours meet on it, live. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "kernel.h"

#define SENDS 40
#define BODY  100000

/* An accept, a connect, and small sends into lent buffers, between two stepped reactors. */
struct scene {
    struct hr_reactor *server, *client;
    struct hr_operation accept, socket, connect, receive, send;
    struct hr_task begin_server, begin_client;
    int listener, accepted;
    unsigned sends_left;
    char data[97];
    size_t sent, received;
    bool intact, ended;
};

static struct scene scene;

static void send_next(void) {
    scene.send.kind = scene.sends_left ? HR_OP_SEND : HR_OP_SHUTDOWN;
    if (scene.sends_left) {
        memset(scene.data, 'x', sizeof scene.data);
        scene.send.u.buffer.data = scene.data;
        scene.send.u.buffer.size = sizeof scene.data;
        scene.send.u.buffer.flags = 0;
        scene.sends_left--;
    } else {
        scene.send.u.shutdown.how = SHUT_WR;
    }
    hr__operation_start(scene.client, &scene.send);
}

static void on_sent(struct hr_operation *operation, const struct hr_completion *completion) {
    cr_assert_geq(completion->result, 0);
    scene.sent += (size_t)completion->result; /* 0 of the shutdown */
    if (operation->kind == HR_OP_SEND) send_next();
}

static void on_connected(struct hr_operation *operation, const struct hr_completion *completion) {
    cr_assert_eq(completion->result, 0);
    scene.send.fd = operation->fd;
    scene.send.on_event = on_sent;
    send_next();
}

static void on_socket(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)operation;
    cr_assert_geq(completion->result, SIM_DESCRIPTOR_FIRST);
    scene.connect.kind = HR_OP_CONNECT;
    scene.connect.fd = completion->result;
    scene.connect.on_event = on_connected;
    hr__operation_start(scene.client, &scene.connect);
}

static void on_received(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)operation;
    for (int i = 0; completion->data && i < completion->result; i++)
        scene.intact &= completion->data[i] == 'x';
    if (completion->result > 0) scene.received += (size_t)completion->result;
    if (!completion->more) scene.ended = true;
}

static void on_accepted(struct hr_operation *operation, const struct hr_completion *completion) {
    if (completion->result < 0) return;
    scene.accepted = completion->result;
    hr__operation_cancel(scene.server, operation);
    scene.receive = (struct hr_operation){
        .kind = HR_OP_RECV_LENT, .multi = true, .fd = scene.accepted, .on_event = on_received};
    hr__operation_start(scene.server, &scene.receive);
}

static void begin_server(struct hr_task *task) {
    (void)task;
    scene.accept = (struct hr_operation){
        .kind = HR_OP_ACCEPT, .multi = true, .fd = scene.listener, .on_event = on_accepted};
    hr__operation_start(scene.server, &scene.accept);
}

static void begin_client(struct hr_task *task) {
    (void)task;
    scene.socket = (struct hr_operation){.kind = HR_OP_SOCKET, .fd = -1, .on_event = on_socket};
    scene.socket.u.socket.family = AF_INET;
    scene.socket.u.socket.type = SOCK_STREAM;
    hr__operation_start(scene.client, &scene.socket);
}

static hr_engine *open_two_reactors(void) {
    const struct hr_engine_options options = {.mode = HR_ENGINE_CALLER,
                                              .reactors = 2,
                                              .ring_entries = 4,
                                              .buffer_count = 2,
                                              .buffer_size_bytes = 64};
    hr_engine *engine;
    struct hr_error error;
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    return engine;
}

static void play(uint64_t seed, FILE *trace) {
    sim_open(&(struct sim_options){.seed = seed,
                                   .faults = {.short_read = 9000,
                                              .short_write = 9000,
                                              .split = 9000,
                                              .merge = 9000,
                                              .no_buffers = 9000,
                                              .interrupted = 9000,
                                              .try_again = 9000,
                                              .delay = 9000,
                                              .reorder = 9000,
                                              .cancel_late = 9000,
                                              .queue_full = 9000,
                                              .delay_us_max = 500,
                                              .latency_us_max = 700,
                                              .window_bytes = 512},
                                   .trace = trace});
    hr_engine *engine = open_two_reactors();
    scene = (struct scene){.server = hr__engine_reactor(engine, 0),
                           .client = hr__engine_reactor(engine, 1),
                           .sends_left = SENDS,
                           .intact = true,
                           .begin_server.run = begin_server,
                           .begin_client.run = begin_client};
    struct sockaddr_storage address = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&address;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof *in;
    scene.listener = hr__socket_listen(engine, &address, &size, 16, HR_LISTEN_ALONE);
    memcpy(&scene.connect.u.connect.address, &address, size);
    scene.connect.u.connect.size = size;
    hr__reactor_post(scene.server, &scene.begin_server);
    hr__reactor_post(scene.client, &scene.begin_client);
    while (!scene.ended) cr_assert_eq(sim_step(), SIM_RAN, "stuck");
    while (sim_step() == SIM_RAN) {}
    hr__socket_close(engine, scene.listener);
    hr__socket_close(engine, scene.accepted);
    hr__socket_close(engine, scene.connect.fd);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    while (sim_step() == SIM_RAN) {}
    cr_assert_null(sim_complaint(), "%s", sim_complaint());
    struct sim_leftovers left = sim_leftovers();
    cr_assert_eq(left.descriptors + left.operations + left.lent_buffers + left.files_open, 0);
    sim_close();
}

Test(sim_kernel, the_same_seed_gives_the_same_run) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        char *text[3];
        size_t size[3];
        for (unsigned i = 0; i < 3; i++) {
            FILE *trace = open_memstream(&text[i], &size[i]);
            play(i < 2 ? seed : seed + 1, trace);
            fclose(trace);
            cr_assert(scene.intact);
            cr_assert_gt(scene.received, 0);
            cr_assert_eq(scene.received, scene.sent);
        }
        cr_assert(size[0] > 0 && size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0);
        cr_assert(size[0] != size[2] || memcmp(text[0], text[2], size[0]) != 0);
        for (unsigned i = 0; i < 3; i++) free(text[i]);
    }
}

Test(sim_kernel, a_second_close_is_a_complaint) {
    sim_open(&(struct sim_options){.seed = 1});
    hr_engine *engine = open_two_reactors();
    struct sockaddr_storage address = {.ss_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = hr__socket_listen(engine, &address, &size, 1, HR_LISTEN_ALONE);
    cr_assert_eq(hr__socket_listen(engine, &address, &size, 1, HR_LISTEN_ALONE), -EADDRINUSE);
    hr__socket_close(engine, fd);
    cr_assert_null(sim_complaint());
    hr__socket_close(engine, fd);
    cr_assert_not_null(sim_complaint());
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    while (sim_step() == SIM_RAN) {}
    sim_close();
}

/* Live. */

static void on_request(void *user, hr_http_exchange *exchange) {
    struct hr_http_response response = {.status = 200, .body = hr_source_bytes(user, BODY)};
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

Test(sim_kernel, a_client_and_a_server_of_ours_meet_live) {
    static char body[BODY], got[BODY + 1];
    memset(body, 'b', sizeof body);
    sim_open(&(struct sim_options){.seed = 1, .live = true});
    const struct hr_engine_options two = {.reactors = 2};
    struct hr_error error;
    hr_engine *engine;
    hr_http_server *server;
    hr_http_client *client;
    cr_assert_eq(hr__engine_new(&two, sim_tuning(), &error, &engine), 0, "%s", error.message);
    const struct hr_http_server_options serves = {.on_request = on_request, .user = body};
    cr_assert_eq(hr_http_server_new(engine, &serves, &error, &server), 0, "%s", error.message);
    cr_assert_eq(hr_http_client_new(engine, NULL, &error, &client), 0, "%s", error.message);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(server));
    for (unsigned i = 0; i < 20; i++) {
        struct hr_http_request request = {.url = url, .sink = hr_sink_bytes(got, sizeof got)};
        cr_assert_eq(hr_http_request_start(client, &request), 0);
        cr_assert_eq(hr_wait(&request.request), 0, "%s", request.request.error.message);
        cr_assert_eq(memcmp(got, body, sizeof body), 0);
    }
    hr_http_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    cr_assert_eq(sim_leftovers().descriptors, 0);
    sim_close();
}
