/* refuse_io_uring ERRNO[:CALL] COMMAND…: runs COMMAND where io_uring is refused with ERRNO (EPERM,
 * ENOSYS or ENOMEM), as a container's seccomp profile, an old kernel or a short memlock would. CALL
 * is setup (as without it), enter, register, or all: these three, as Docker's profile refuses. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL (-1L)

struct refusal {
    const char *name;
    long number;
};

static const struct refusal errors[] = {{"EPERM", EPERM}, {"ENOSYS", ENOSYS}, {"ENOMEM", ENOMEM}};
static const struct refusal calls[] = {{"setup", SYS_io_uring_setup},
                                       {"enter", SYS_io_uring_enter},
                                       {"register", SYS_io_uring_register},
                                       {"all", ALL}};

static int look_up(const struct refusal *known, size_t count, const char *name, long *number) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, known[i].name) != 0) continue;
        *number = known[i].number;
        return 0;
    }
    return -1;
}

static int refuse(long call, unsigned error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return 0;
    fprintf(stderr, "refuse_io_uring: no seccomp filter here: %s\n", strerror(errno));
    return -1;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

int main(int argc, char **argv) {
    char what[32] = "";
    if (argc > 1) snprintf(what, sizeof what, "%s", argv[1]);
    char *name = strchr(what, ':');
    if (name) *name++ = '\0';
    long error, call;
    if (argc < 3 || look_up(errors, COUNT(errors), what, &error) != 0 ||
        look_up(calls, COUNT(calls), name ? name : "setup", &call) != 0) {
        fprintf(stderr, "usage: refuse_io_uring EPERM|ENOSYS|ENOMEM[:setup|enter|register|all] "
                        "COMMAND [ARGUMENT]...\n");
        return 125;
    }
    for (size_t i = 0; i < COUNT(calls); i++)
        if (calls[i].number != ALL && (call == ALL || call == calls[i].number) &&
            refuse(calls[i].number, (unsigned)error) != 0)
            return 125;
    execvp(argv[2], argv + 2);
    fprintf(stderr, "refuse_io_uring: %s: %s\n", argv[2], strerror(errno));
    return 127;
}
