/* The TLS filter against itself: the stream's contract, bytes both ways, sessions. */
#include "tls_fixture.h"

static void exchange(size_t size, void (*prepare)(struct seen *receiver)) {
    NEEDS_KERNEL("socket pairs");
    struct seen client, server;
    open_engine(0);
    open_contexts((struct hr_tls_options){0}, (struct hr_tls_server_options){0});
    seen_init(&client, size);
    seen_init(&server, size);
    if (prepare) prepare(&client);
    if (prepare) prepare(&server);
    open_tls_pair(&client, &server, "good.test", NULL);
    shake_hands(&client, &server);
    char *data = pattern_new(size);
    struct iovec iov = {data, size};
    CALL(&client, write, &iov, 1);
    CALL(&server, write, &iov, 1);
    for (int turns = 0; client.size < size || server.size < size; turns++) {
        cr_assert_lt(turns, 200000, "%zu and %zu of %zu bytes", client.size, server.size, size);
        hr_engine_poll(engine, 5);
        if (client.take_max || client.pause_on_lent) {
            CALL(&client, read_lent);
            CALL(&server, read_lent);
        }
    }
    TURN_UNTIL(client.writes == 1 && server.writes == 1);
    cr_assert_eq(client.write_result, 0);
    cr_assert_eq(memcmp(client.data, data, size), 0);
    cr_assert_eq(memcmp(server.data, data, size), 0);
    free(data);
    close_stream(&client);
    TURN_UNTIL(server.ends == 1);
    cr_assert_eq(server.end_result, 0, "close sends close_notify");
    close_stream(&server);
    close_contexts();
    close_engine();
}

Test(tls, connects_exchanges_and_ends) {
    exchange(5, NULL);
}

Test(tls, moves_large_bodies_both_ways) {
    exchange(3000001, NULL);
}

static void take_little(struct seen *seen) {
    seen->take_max = 777;
}

Test(tls, keeps_what_is_not_taken) {
    exchange(100001, take_little);
}

static void pause_often(struct seen *seen) {
    seen->pause_on_lent = true;
}

Test(tls, pauses_and_goes_on) {
    exchange(300001, pause_often);
}

static void read_large(struct seen *seen) {
    seen->direct_piece = 1000000;
}

Test(tls, reads_directly_in_large_pieces) {
    exchange(3000001, read_large);
}

static void read_small(struct seen *seen) {
    seen->direct_piece = 1001;
}

Test(tls, reads_directly_in_small_pieces) {
    exchange(200001, read_small);
}
