/* What containers and old kernels do: system calls that answer an error, in this process from now
 * on. */
#ifndef HR_TESTS_REFUSE_FIXTURE_H
#define HR_TESTS_REFUSE_FIXTURE_H

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "engine_fixture.h"

#define LOW_WORD(index) (offsetof(struct seccomp_data, args) + (index) * sizeof(uint64_t))

static void install_filter(struct sock_filter *code, unsigned short size) {
    struct sock_fprog program = {.len = size, .filter = code};
    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Every call of `number` answers `error`, as the profiles of container runtimes do. */
UNUSED static void refuse_call(long number, int error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install_filter(code, sizeof code / sizeof *code);
}

/* Only the enters that wait: a ring can be set up and asked, but nothing comes back. */
UNUSED static void refuse_waiting_enters(int error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW_WORD(2)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install_filter(code, sizeof code / sizeof *code);
}

UNUSED static void leave_no_descriptor(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    int lowest = open("/dev/null", O_RDONLY);
    limit.rlim_cur = (rlim_t)lowest;
    close(lowest);
    while (dup(0) >= 0 && lowest-- > 0) {}
    setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
