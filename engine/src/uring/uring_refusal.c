/* Why the kernel refused a ring: a number from the kernel becomes a cause and a remedy. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "machine.h"
#include "uring_refusal.h"

/* kernel.io_uring_disabled: 0 open, 1 for the privileged and a group, 2 for nobody. */
static int sysctl_level(void) {
    char text[16];
    if (hr__read_file("/proc/sys/kernel/io_uring_disabled", text, sizeof text) < 0) return 0;
    return text[0] - '0';
}

static bool filtered(void) {
    char text[4096];
    if (hr__read_file("/proc/self/status", text, sizeof text) < 0) return false;
    const char *line = strstr(text, "\nSeccomp:");
    return line && strchr("12", line[strcspn(line, "012")]) != NULL &&
           line[strcspn(line, "012")] != '\0';
}

static int not_permitted(struct hr_error *error) {
    int level = sysctl_level();
    if (level == 2)
        return hr_error_set(error, -EPERM,
                            "io_uring is switched off for everybody: kernel.io_uring_disabled is "
                            "2; remedy: sysctl kernel.io_uring_disabled=0");
    if (level == 1 && !filtered())
        return hr_error_set(error, -EPERM,
                            "io_uring is switched off for this user: kernel.io_uring_disabled is "
                            "1; remedy: sysctl kernel.io_uring_disabled=0, or a process in "
                            "kernel.io_uring_group");
    if (filtered())
        return hr_error_set(error, -EPERM,
                            "io_uring is refused by a seccomp filter, as container runtimes set "
                            "it; remedy: a seccomp profile that allows io_uring_setup, "
                            "io_uring_enter and io_uring_register");
    return hr_error_set(error, -EPERM,
                        "io_uring is refused by a security module (SELinux, AppArmor); remedy: "
                        "allow io_uring for this process in its policy");
}

static int not_known(struct hr_error *error) {
    struct utsname name;
    uname(&name);
    unsigned major = 0, minor = 0;
    bool read = sscanf(name.release, "%u.%u", &major, &minor) == 2;
    if (read && (major < 6 || (major == 6 && minor < 1)))
        return hr_error_set(error, -ENOSYS,
                            "the kernel is too old: Linux %.40s, 6.1 or later is needed for "
                            "io_uring with deferred task work; remedy: a newer kernel",
                            name.release);
    return hr_error_set(error, -ENOSYS,
                        "this kernel (Linux %.40s) has no io_uring: built without "
                        "CONFIG_IO_URING, or %s; remedy: a kernel that has it, or a seccomp "
                        "profile that allows it",
                        name.release,
                        filtered() ? "hidden by the seccomp filter that is active here"
                                   : "hidden by a sandbox");
}

static int no_memory(unsigned entries, uint64_t bytes, struct hr_error *error) {
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur == RLIM_INFINITY || bytes == 0)
        return hr_error_set(error, -ENOMEM, "no memory for a ring of %u entries", entries);
    return hr_error_set(error, -ENOMEM,
                        "no locked memory for a ring of %u entries: RLIMIT_MEMLOCK is %llu bytes, "
                        "each reactor needs %llu bytes not used yet; remedy: ulimit -l, "
                        "LimitMEMLOCK= or CAP_IPC_LOCK",
                        entries, (unsigned long long)limit.rlim_cur, (unsigned long long)bytes);
}

/* Without `bytes` the ring itself was there. */
int hr__ring_refused(int result, unsigned entries, uint64_t bytes, struct hr_error *error) {
    switch (result) {
    case -EPERM:
    case -EACCES:
        return not_permitted(error);
    case -ENOSYS:
    case -EINVAL: /* flags that this kernel does not know: before 6.1 */
        return not_known(error);
    case -ENOMEM:
        return no_memory(entries, bytes, error);
    case -EMFILE:
    case -ENFILE:
        return hr_error_set(error, result,
                            "no descriptor left for a ring; remedy: raise RLIMIT_NOFILE (ulimit "
                            "-n, LimitNOFILE=)");
    default:
        return hr_error_set(error, result, "the kernel refused a ring: %s", hr_error_text(result));
    }
}

#define PAGE_BYTES       4096
#define HEADER_BYTES     512 /* struct io_rings of the kernel, rounded up */
#define COMPLETION_BYTES 16
#define SUBMISSION_BYTES 64
#define INDEX_BYTES      4 /* of a submission, in the array beside the completions */

static uint64_t whole_pages(uint64_t bytes) {
    return (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

uint64_t hr__ring_bytes(uint64_t entries, uint64_t completions) {
    return whole_pages(HEADER_BYTES + completions * COMPLETION_BYTES + entries * INDEX_BYTES) +
           whole_pages(entries * SUBMISSION_BYTES);
}

void hr__ring_smaller(unsigned entries, unsigned wanted, uint64_t bytes,
                      char text[HR_NOTICE_SIZE]) {
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    snprintf(text, HR_NOTICE_SIZE,
             "io_uring: a ring of %u entries instead of %u: RLIMIT_MEMLOCK is %llu bytes and a "
             "reactor needs %llu of them",
             entries, wanted, (unsigned long long)limit.rlim_cur, (unsigned long long)bytes);
}

void hr__unregistered(const char *what, int result, char text[HR_NOTICE_SIZE]) {
    snprintf(text, HR_NOTICE_SIZE,
             "io_uring: registering the %s is refused (%s%s), going on unregistered", what,
             hr_error_name(result), result == -ENOMEM ? ": RLIMIT_MEMLOCK" : "");
}
