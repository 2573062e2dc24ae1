/* The servers of a world: the store, which stays, and the origins, which may go in the midst of
 * their exchanges and come back at the same port. */
#include "world.h"

#include <stdio.h>

static unsigned number_of(const struct world_server *server) {
    return (unsigned)(server - server->world->servers);
}

const char *world_server_address(unsigned number) {
    return number % 2 ? "::1" : "127.0.0.1";
}

/* ---- Coming. */

/* At the port that it had, if it had one. */
static void open_origin(struct world_server *server) {
    const char *address = world_server_address(number_of(server));
    bool v6 = number_of(server) % 2;
    char listen_on[64];
    snprintf(listen_on, sizeof listen_on, v6 ? "[%s]:%u" : "%s:%u", address, server->port);
    struct hr_http_server_options options = server->limits;
    options.listen = listen_on;
    server->closing = server->closed = false;
    world_http_serve(server, &options);
}

static void open_store(struct world_server *server) {
    const struct s3_server_options options = {.access_key = WORLD_ACCESS_KEY,
                                              .secret_key = WORLD_SECRET_KEY};
    struct hr_error error;
    if (s3_server_new(server->engine->engine, &options, &error, &server->s3) < 0)
        oracle_finding("no S3 server: %s", error.message);
    server->port = s3_server_port(server->s3);
}

void world_server_make(struct world *world, unsigned number) {
    struct world_server *server = &world->servers[number];
    server->world = world;
    server->engine = world_any_engine(world);
    if (number == 0) {
        open_store(server);
        return;
    }
    if (world->profile->small) {
        server->limits.connections_max = 2 + (unsigned)world_below(world, 12);
        server->limits.head_timeout_ms = world_some_ms(world, 3000);
        server->limits.stall_timeout_ms = world_some_ms(world, 3000);
        server->limits.idle_timeout_ms = world_some_ms(world, 3000);
    }
    open_origin(server);
}

/* ---- Going, and coming again. */

static void on_return(struct world_event *event) {
    struct world_server *server =
        (struct world_server *)(void *)((char *)event - offsetof(struct world_server, back));
    server->due = true; /* no server is made on a reactor's thread */
}

static void on_closed(void *user) {
    struct world_server *server = user;
    struct world *world = server->world;
    sim_trace("server %u is closed", number_of(server));
    if (server->closed) oracle_finding("a server closed twice");
    server->closed = true;
    server->back = (struct world_event){.world = world, .call = on_return};
    if (!world->finishing) world_after(&server->back, world_below(world, 300 * WORLD_MS));
}

static void close_server(struct world_server *server) {
    if (server->closing) return;
    sim_trace("server %u closes", number_of(server));
    server->closing = true;
    if (server->s3)
        s3_server_close(server->s3, on_closed, server);
    else
        hr_http_server_close(server->http, on_closed, server);
}

/* ---- A guest. */

static void on_guest_request(void *user, hr_http_exchange *exchange) {
    (void)user, (void)exchange;
    oracle_finding("a request came to the guest");
}

static void on_guest_closed(void *user) {
    struct world_guest *guest = user;
    sim_trace("the guest is closed");
    if (!guest->closing) oracle_finding("the guest closed by itself, or twice");
    guest->open = guest->closing = false;
}

static void close_guest(struct world_guest *guest) {
    if (!guest->open || guest->closing) return;
    sim_trace("the guest closes");
    guest->closing = true;
    hr_http_server_close(guest->http, on_guest_closed, guest);
}

void world_guest_step(struct world *world) {
    struct world_guest *guest = &world->guest;
    if (guest->open || world->finishing || !world_chance(world, world->profile->guests)) return;
    const struct hr_http_server_options options = {.listen = "10.9.9.9:7",
                                                   .on_request = on_guest_request};
    struct hr_error error;
    guest->engine = world_any_engine(world);
    if (hr_http_server_new(guest->engine->engine, &options, &error, &guest->http) < 0)
        oracle_finding("no guest: %s", error.message);
    guest->open = true;
    sim_trace("a guest comes");
}

/* ---- Going from a callback. */

void world_servers_meddle(struct world *world) {
    const hr_engine *engine = hr__reactor_engine(hr__reactor_current());
    if (world->guest.open && world->guest.engine->engine == engine) close_guest(&world->guest);
    for (unsigned i = 1; i < world->server_count; i++) {
        struct world_server *server = &world->servers[i];
        if (!server->hasty || server->engine->engine != engine || world->finishing) continue;
        server->hasty = false;
        close_server(server);
    }
}

static void on_leave(struct world_event *event) {
    struct world_server *server =
        (struct world_server *)(void *)((char *)event - offsetof(struct world_server, leave));
    if (!server->world->finishing) close_server(server);
}

void world_server_plan(struct world_server *server) {
    struct world *world = server->world;
    server->leave = (struct world_event){.world = world, .call = on_leave};
    if (world_chance(world, world->profile->leaves))
        world_after(&server->leave, world_below(world, 400 * WORLD_MS));
}

void world_server_step(struct world_server *server) {
    if (!server->due) return;
    server->due = false;
    if (server->world->finishing) return;
    sim_trace("server %u opens again", number_of(server));
    open_origin(server);
    server->hasty = world_chance(server->world, server->world->profile->hasty);
}

void world_servers_close(struct world *world) {
    close_guest(&world->guest);
    for (unsigned i = 0; i < world->server_count; i++) close_server(&world->servers[i]);
}
