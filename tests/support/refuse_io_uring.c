/* refuse_io_uring ERRNO COMMAND…: runs COMMAND where io_uring_setup is refused with ERRNO (EPERM,
 * ENOSYS or ENOMEM), as a container's seccomp profile, an old kernel or a short memlock would. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_errno(const char *name, unsigned *number) {
    static const struct {
        const char *name;
        unsigned number;
    } known[] = {{"EPERM", EPERM}, {"ENOSYS", ENOSYS}, {"ENOMEM", ENOMEM}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) != 0) continue;
        *number = known[i].number;
        return 0;
    }
    return -1;
}

int main(int argc, char **argv) {
    unsigned number;
    if (argc < 3 || read_errno(argv[1], &number) != 0) {
        fprintf(stderr, "usage: refuse_io_uring EPERM|ENOSYS|ENOMEM COMMAND [ARGUMENT]...\n");
        return 125;
    }
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        fprintf(stderr, "refuse_io_uring: no seccomp filter here: %s\n", strerror(errno));
        return 125;
    }
    execvp(argv[2], argv + 2);
    fprintf(stderr, "refuse_io_uring: %s: %s\n", argv[2], strerror(errno));
    return 127;
}
