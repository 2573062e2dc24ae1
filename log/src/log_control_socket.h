/* The path of a control socket. */
#ifndef HR_LOG_CONTROL_SOCKET_H
#define HR_LOG_CONTROL_SOCKET_H

#include <sys/types.h>

#include <headrace/error.h>

struct hr__log_control_socket {
    int fd;
    char *path;
    dev_t device; /* of the socket's file, so that another file is never removed */
    ino_t inode;
};

/* Listens at `path`, mode 0600. The socket of a process that is gone is replaced. Errors as of
 * hr__log_control_open. */
int hr__log_control_socket_open(struct hr__log_control_socket *socket, const char *path,
                                struct hr_error *error);
void hr__log_control_socket_remove(const struct hr__log_control_socket *socket);

#endif
