#include "torture_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace_server/s3_server.h>

/* Tells its port, then waits for its parent to let go or to be gone. */
static void serve(int report, int alive) {
    const struct hr_engine_options engine_options = {.reactors = 1};
    const struct s3_server_options options = {.access_key = STORE_ACCESS_KEY,
                                              .secret_key = STORE_SECRET_KEY};
    struct hr_error error = {.code = 0};
    hr_engine *engine;
    s3_server *server;
    if (hr_engine_new(&engine_options, &error, &engine) < 0 ||
        s3_server_new(engine, &options, &error, &server) < 0) {
        fprintf(stderr, "torture: the store: %s\n", error.message);
        exit(1);
    }
    uint16_t port = s3_server_port(server);
    char byte;
    if (write(report, &port, sizeof port) != sizeof port) exit(1);
    while (read(alive, &byte, 1) > 0) {}
    s3_server_close(server, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    exit(0);
}

int store_start(struct store *store) {
    int report[2], alive[2];
    if (pipe(report) < 0 || pipe(alive) < 0) return -1;
    store->pid = fork();
    if (store->pid < 0) return -1;
    if (store->pid == 0) {
        close(report[0]);
        close(alive[1]);
        serve(report[1], alive[0]);
    }
    close(report[1]);
    close(alive[0]);
    store->alive = alive[1];
    ssize_t size = read(report[0], &store->port, sizeof store->port);
    close(report[0]);
    return size == sizeof store->port ? 0 : -1;
}

int store_stop(struct store *store) {
    int status;
    close(store->alive);
    if (waitpid(store->pid, &status, 0) != store->pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}
