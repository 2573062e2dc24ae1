/* The calls on sockets and open files that do not wait and so are no operations: made at once, on
 * any thread. They go where the operations go, to the kernel or, in tests, to the simulated one. */
#ifndef HR_ENGINE_SOCKETS_H
#define HR_ENGINE_SOCKETS_H

#include <engine/file.h>
#include <engine/socket.h>

struct hr_sockets {
    /* A listening descriptor or -errno; see hr__socket_listen. */
    int (*listen)(struct sockaddr_storage *address, socklen_t *size, unsigned backlog,
                  enum hr_listen_share share);
    void (*close)(int fd);
    int (*error)(int fd);
    void (*set)(int fd, const struct hr_socket_options *options);
    void (*info)(int fd, struct hr_socket_info *info);
    int (*file_info)(int fd, struct hr_file_info *info);
    int (*file_truncate)(int fd, uint64_t size);
};

extern const struct hr_sockets hr__sockets_kernel;

#endif
