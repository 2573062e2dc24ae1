/* Calls on sockets and open files that do not wait, for the modules above: made on the kernel that
 * the engine has. */
#include <string.h>

#include "engine_core.h"

int hr__socket_listen(const hr_engine *engine, struct sockaddr_storage *address, socklen_t *size,
                      unsigned backlog, enum hr_listen_share share) {
    return engine->group.sockets->listen(address, size, backlog, share);
}

void hr__socket_close(const hr_engine *engine, int fd) {
    engine->group.sockets->close(fd);
}

int hr__socket_error(const hr_engine *engine, int fd) {
    return engine->group.sockets->error(fd);
}

void hr__socket_set(const hr_engine *engine, int fd, const struct hr_socket_options *options) {
    engine->group.sockets->set(fd, options);
}

void hr__socket_info(const hr_engine *engine, int fd, struct hr_socket_info *info) {
    memset(info, 0, sizeof *info);
    engine->group.sockets->info(fd, info);
}

int hr__file_info(const hr_engine *engine, int fd, struct hr_file_info *info) {
    return engine->group.sockets->file_info(fd, info);
}

int hr__file_truncate(const hr_engine *engine, int fd, uint64_t size) {
    return engine->group.sockets->file_truncate(fd, size);
}
