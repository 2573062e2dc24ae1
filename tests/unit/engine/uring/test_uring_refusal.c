/* What happens where the kernel refuses: the rows of the table in docs/kernels.md. Each in a child
 * that has given up the right in question. */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>

#include "needs_kernel.h"
#include "refuse_fixture.h"
#include "uring_refusal.h"

static void expect_refusal(int code, const char *cause, const char *remedy) {
    for (unsigned mode = 0; mode < 2; mode++) {
        const struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode,
                                                  .backend = HR_BACKEND_IO_URING};
        struct hr_error error = {0};
        hr_engine *made = NULL;
        cr_assert_eq(hr_engine_new(&options, &error, &made), code);
        cr_assert_null(made);
        cr_assert_eq(error.code, code);
        cr_assert_not_null(strstr(error.message, cause), "%s", error.message);
        cr_assert_not_null(strstr(error.message, remedy), "%s", error.message);
        cr_assert_lt(strlen(error.message), sizeof error.message - 1, "cut: %s", error.message);
    }
}

Test(refusal, seccomp_at_set_up) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_setup, EPERM);
    expect_refusal(-EPERM, "seccomp", "io_uring_setup");
}

Test(refusal, seccomp_at_enter) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_enter, EPERM);
    expect_refusal(-EPERM, "seccomp", "io_uring_enter");
}

Test(refusal, seccomp_that_hides_it) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_setup, ENOSYS);
    expect_refusal(-ENOSYS, "no io_uring", "seccomp");
}

/* Refused registration alone: the buffers are handed over the older way. */
Test(refusal, seccomp_at_register_goes_on_unregistered) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_register, EPERM);
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING}, NULL);
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    for (size_t i = 1; i <= 300; i++) { /* each buffer goes round more than twice */
        cr_assert_eq(write(fds[1], "y", 1), 1);
        TURN_UNTIL(receiving.bytes == i);
    }
    close(fds[1]);
    cr_assert_eq(ended(&receiving), 0);
    close(fds[0]);
    close_engine();
}

Test(refusal, a_kernel_before_6_1_refuses_the_flags) {
    NEEDS_KERNEL("a back end of the kernel");
    refuse_call(SYS_io_uring_setup, EINVAL);
    expect_refusal(-ENOSYS, "no io_uring", "kernel");
}

Test(refusal, no_descriptor_left) {
    NEEDS_KERNEL("a back end of the kernel");
    leave_no_descriptor();
    expect_refusal(-EMFILE, "descriptor", "RLIMIT_NOFILE");
}

/* Memlock: charged per user, so the child becomes one that has nothing else, without CAP_IPC_LOCK.
 */

static char told[8][256];
static int told_count;
static void on_notice(void *user, const char *text) {
    cr_assert_eq(user, told);
    if (told_count < 8) snprintf(told[told_count++], sizeof told[0], "%s", text);
}

static bool charged; /* this kernel charges the ring itself */

static void limit_memlock(rlim_t soft, rlim_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

static void become_somebody(uid_t id, rlim_t memlock) {
    if (geteuid() != 0) cr_skip_test("needs root, to become a user without CAP_IPC_LOCK");
    cr_assert_eq(setgroups(0, NULL), 0);
    cr_assert_eq(setresgid(id, id, id), 0);
    cr_assert_eq(setresuid(id, id, id), 0);
    limit_memlock(1, memlock);
    const struct hr_backend_options options = {.entries = 64};
    struct hr_backend *backend;
    charged = hr__backend_uring.open(&options, NULL, &backend) < 0;
    if (!charged) backend->vtable->close(backend);
    limit_memlock(memlock, memlock);
}

static bool told_of(const char *what) {
    int times = 0;
    for (int i = 0; i < told_count; i++) times += strstr(told[i], what) != NULL;
    cr_assert_leq(times, 1, "each is told once");
    return times == 1;
}

static void works(void) {
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    cr_assert_eq(write(fds[1], "hello", 5), 5);
    TURN_UNTIL(receiving.bytes == 5);
    close(fds[1]);
    cr_assert_eq(ended(&receiving), 0);
    close(fds[0]);
}

Test(refusal, memlock_too_small_for_any_ring) {
    NEEDS_KERNEL("a back end of the kernel");
    become_somebody(54321, 4096);
    if (!charged) cr_skip_test("this kernel does not charge rings to RLIMIT_MEMLOCK");
    expect_refusal(-ENOMEM, "RLIMIT_MEMLOCK is 4096 bytes", "needs 12288 bytes");
}

Test(refusal, memlock_too_small_for_the_ring_gives_a_smaller_one) {
    NEEDS_KERNEL("a back end of the kernel");
    become_somebody(54322, 64 << 10);
    if (!charged) cr_skip_test("this kernel does not charge rings to RLIMIT_MEMLOCK");
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING,
                                           .on_notice = on_notice,
                                           .user = told},
                NULL);
    cr_assert(told_of("entries instead of 1024"), "%s", told[0]);
    cr_assert_not_null(strstr(told[0], "RLIMIT_MEMLOCK is 65536 bytes"));
    works();
    close_engine();
}

/* Rings of each size until nothing is left; the last has no page for its buffer ring. */
Test(refusal, memlock_exhausted_by_the_ring_goes_on_unregistered) {
    NEEDS_KERNEL("a back end of the kernel");
    become_somebody(54323, 12288);
    if (!charged) cr_skip_test("this kernel does not charge rings to RLIMIT_MEMLOCK");
    open_engine((struct hr_engine_options){.backend = HR_BACKEND_IO_URING,
                                           .ring_entries = 64,
                                           .on_notice = on_notice,
                                           .user = told},
                NULL);
    cr_assert(told_of("unregistered"), "%d notices", told_count);
    works();
    close_engine();
}

Test(refusal, memory_that_cannot_be_registered_is_said_once) {
    become_somebody(54324, 96 << 10);
    const struct hr_backend_options options = {.entries = 64, .on_notice = on_notice, .user = told};
    struct hr_backend *backend;
    cr_assert_eq(hr__backend_uring.open(&options, NULL, &backend), 0);
    size_t size = 1 << 20;
    struct iovec iov = {.iov_base = aligned_alloc(4096, size), .iov_len = size};
    memset(iov.iov_base, 0, size);
    cr_assert_eq(backend->vtable->memory_register(backend, &iov, 1), -ENOTSUP);
    cr_assert_eq(backend->vtable->memory_register(backend, &iov, 1), -ENOTSUP);
    cr_assert(told_of("unregistered"));
    cr_assert_not(backend->capabilities & HR_CAPABILITY_REGISTERED);
    backend->vtable->close(backend);
    free(iov.iov_base);
}

/* Several reactors say each thing once. */
Test(refusal, notices_of_many_reactors_are_one) {
    NEEDS_KERNEL("a back end of the kernel");
    become_somebody(54325, 96 << 10);
    if (!charged) cr_skip_test("this kernel does not charge rings to RLIMIT_MEMLOCK");
    const struct hr_engine_options options = {
        .backend = HR_BACKEND_IO_URING, .reactors = 2, .on_notice = on_notice, .user = told};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    cr_assert(told_of("entries instead of 1024"));
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* The words alone, for answers that no test here can provoke. */
Test(refusal, other_answers_are_named) {
    struct hr_error error = {0};
    cr_assert_eq(hr__ring_refused(-EIO, 64, 0, &error), -EIO);
    cr_assert_not_null(strstr(error.message, hr_error_text(-EIO)));
    cr_assert_eq(hr__ring_refused(-EPERM, 64, 0, &error), -EPERM);
    cr_assert_not_null(strstr(error.message, "remedy"));
    cr_assert_eq(hr__ring_refused(-ENOMEM, 64, 12288, NULL), -ENOMEM);
}

#define MARGIN 16 /* for larger numbers than those of this machine */

/* None is cut before its remedy is told. */
Test(refusal, the_longest_fits) {
    static const int answers[] = {-EPERM, -ENOSYS, -EINVAL, -ENOMEM, -EMFILE, -EIO};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct hr_error error = {0};
        hr__ring_refused(answers[i], HR_RING_ENTRIES_MAX, UINT32_MAX, &error);
        cr_assert_lt(strlen(error.message) + MARGIN, sizeof error.message, "%s", error.message);
    }
    char text[HR_NOTICE_SIZE];
    hr__ring_smaller(HR_RING_ENTRIES_MAX, HR_RING_ENTRIES_MAX, UINT32_MAX, text);
    cr_assert_lt(strlen(text) + MARGIN, sizeof text, "%s", text);
    hr__unregistered("buffer ring", -ENOMEM, text);
    cr_assert_lt(strlen(text) + MARGIN, sizeof text, "%s", text);
}
