/* The kernel, the container and the limits: each fact an item, each obstacle with its
 * remedy. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <headrace/doctor.h>
#include <headrace/slice.h>
#include <headrace/text.h>

#include "backend.h"
#include "machine.h"

#define PROBE_ENTRIES      64
#define OPEN_FILES_ADVISED 4096
#define MEMLOCK_ADVISED    (8u << 20)

struct report {
    struct hr_doctor_item *items;
    size_t capacity;
    size_t count;
};

/* A place for the next item, NULL where there is none (it is counted all the same). */
static struct hr_doctor_item *add(struct report *report, const char *name,
                                  enum hr_doctor_verdict verdict) {
    struct hr_doctor_item *item =
        report->count < report->capacity ? &report->items[report->count] : NULL;
    report->count++;
    if (!item) return NULL;
    memset(item, 0, sizeof *item);
    item->name = name;
    item->verdict = verdict;
    return item;
}

__attribute__((format(printf, 2, 3))) static void say(struct hr_doctor_item *item,
                                                      const char *format, ...) {
    if (!item) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->value, sizeof item->value, format, arguments);
    va_end(arguments);
}

static void advise(struct hr_doctor_item *item, const char *remedy) {
    if (item) hr_text_copy(item->remedy, sizeof item->remedy, hr_slice_of(remedy));
}

/* One real operation through each back end, as set-up alone proves little. */

struct trial {
    int result;
    unsigned capabilities;
    struct hr_error error;
};

static struct trial try_backend(const struct hr_backend_vtable *vtable) {
    struct trial trial = {.result = 0};
    struct hr_backend_options options = {.entries = PROBE_ENTRIES};
    struct hr_backend *backend;
    trial.result = vtable->open(&options, &trial.error, &backend);
    if (trial.result < 0) return trial;
    trial.capabilities = backend->capabilities;
    trial.result = hr__backend_probe(backend, &trial.error);
    backend->vtable->close(backend);
    return trial;
}

/* An obstacle for the ring alone stops no engine while there is epoll. */
static enum hr_doctor_verdict obstacle(const struct trial *epoll) {
    return epoll->result < 0 ? HR_DOCTOR_FAIL : HR_DOCTOR_NOTE;
}

/* A release says little where a distribution has brought a newer io_uring to an older kernel. */
static void look_at_kernel(struct report *report, const struct trial *ring,
                           const struct trial *epoll) {
    struct utsname name;
    uname(&name);
    unsigned major = 0, minor = 0;
    bool read = sscanf(name.release, "%u.%u", &major, &minor) == 2;
    bool enough = ring->result == 0 || (read && (major > 6 || (major == 6 && minor >= 1)));
    struct hr_doctor_item *item = add(report, "kernel", enough ? HR_DOCTOR_OK : obstacle(epoll));
    say(item, "Linux %.64s (%.16s)", name.release, name.machine);
    if (!enough) advise(item, "io_uring as headrace uses it needs Linux 6.1 or later");
}

static void look_at_ring(struct report *report, const struct trial *ring,
                         const struct trial *epoll) {
    struct hr_doctor_item *item =
        add(report, "io_uring", ring->result < 0 ? obstacle(epoll) : HR_DOCTOR_OK);
    if (ring->result < 0) {
        say(item, "refused: %s", hr_error_name(ring->result));
        advise(item, ring->error.message);
    } else {
        say(item, "works%s%s",
            ring->capabilities & HR_CAPABILITY_LENT_MULTI ? ", multishot receive" : "",
            ring->capabilities & HR_CAPABILITY_REGISTERED ? ", registered memory" : "");
    }
}

static void look_at_epoll(struct report *report, const struct trial *epoll) {
    struct hr_doctor_item *item =
        add(report, "epoll", epoll->result < 0 ? HR_DOCTOR_FAIL : HR_DOCTOR_OK);
    if (epoll->result < 0)
        say(item, "fails: %s", hr_error_name(epoll->result));
    else
        say(item, "works");
    if (epoll->result < 0) advise(item, epoll->error.message);
}

/* The back end that hr_engine_new would take with HR_BACKEND_AUTO. */
static void look_at_choice(struct report *report, const struct trial *ring,
                           const struct trial *epoll) {
    struct hr_error error = {.code = 0};
    enum hr_engine_backend choice = HR_BACKEND_AUTO;
    bool unknown = hr__backend_choose(&choice, &error) < 0;
    bool told = choice != HR_BACKEND_AUTO;
    bool on_epoll = told ? choice == HR_BACKEND_EPOLL : ring->result < 0;
    const struct trial *taken = on_epoll ? epoll : ring;
    const char *name = on_epoll ? "epoll" : "io_uring";
    bool fails = unknown || taken->result < 0;
    struct hr_doctor_item *item = add(report, "backend", fails ? HR_DOCTOR_FAIL : HR_DOCTOR_OK);
    if (unknown) {
        say(item, "none: HEADRACE_BACKEND has an unknown name");
        advise(item, error.message);
    } else if (fails) {
        say(item, "none: %s%s: %s", name, told ? ", as HEADRACE_BACKEND says" : "",
            hr_error_name(taken->result));
        advise(item, told ? "unset HEADRACE_BACKEND, or make it auto" : taken->error.message);
    } else if (told) {
        say(item, "%s: HEADRACE_BACKEND says so", name);
    } else if (on_epoll) {
        say(item, "epoll: io_uring is refused (%s)", hr_error_name(ring->result));
    } else {
        say(item, "io_uring: it works");
    }
}

static void look_at_sysctl(struct report *report) {
    char text[32];
    if (hr__read_file("/proc/sys/kernel/io_uring_disabled", text, sizeof text) < 0)
        return; /* before Linux 6.6 */
    bool open = text[0] == '0';
    struct hr_doctor_item *item =
        add(report, "io_uring_disabled", open ? HR_DOCTOR_OK : HR_DOCTOR_NOTE);
    say(item, "%s", text);
    if (!open)
        advise(
            item,
            "sysctl kernel.io_uring_disabled=0, or 1 with this process in kernel.io_uring_group");
}

static void look_at_seccomp(struct report *report) {
    char text[4096];
    if (hr__read_file("/proc/self/status", text, sizeof text) < 0) return;
    const char *line = strstr(text, "\nSeccomp:");
    if (!line) return;
    unsigned mode = 0;
    sscanf(line, "\nSeccomp: %u", &mode);
    struct hr_doctor_item *item = add(report, "seccomp", mode == 0 ? HR_DOCTOR_OK : HR_DOCTOR_NOTE);
    say(item, mode == 0 ? "no filter" : "a filter is active (mode %u)", mode);
    if (mode != 0)
        advise(item,
               "if io_uring is refused: allow io_uring_setup, io_uring_enter, io_uring_register");
}

static void look_at_memlock(struct report *report) {
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    bool enough = limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MEMLOCK_ADVISED;
    struct hr_doctor_item *item = add(report, "memlock", enough ? HR_DOCTOR_OK : HR_DOCTOR_NOTE);
    if (limit.rlim_cur == RLIM_INFINITY)
        say(item, "unlimited");
    else
        say(item, "%llu KiB", (unsigned long long)(limit.rlim_cur >> 10));
    if (!enough)
        advise(
            item,
            "raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=) to 8192 KiB: rings and buffers count");
}

static void look_at_files(struct report *report) {
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    bool enough = limit.rlim_max >= OPEN_FILES_ADVISED;
    struct hr_doctor_item *item = add(report, "open_files", enough ? HR_DOCTOR_OK : HR_DOCTOR_NOTE);
    say(item, "soft %llu, hard %llu", (unsigned long long)limit.rlim_cur,
        (unsigned long long)limit.rlim_max);
    if (!enough)
        advise(item,
               "raise RLIMIT_NOFILE (ulimit -Hn, LimitNOFILE=): a connection is a descriptor");
}

static void look_at_cores(struct report *report) {
    cpu_set_t set;
    CPU_ZERO(&set);
    bool read = sched_getaffinity(0, sizeof set, &set) == 0;
    struct hr_doctor_item *item = add(report, "cores", HR_DOCTOR_OK);
    say(item, "%d in the cpuset", read ? CPU_COUNT(&set) : 1);
}

static void look_at_memory(struct report *report) {
    struct hr_doctor_item *item = add(report, "budget", HR_DOCTOR_OK);
    say(item, "%llu MiB by default", (unsigned long long)(hr__budget_default_bytes("") >> 20));
}

size_t hr_doctor(struct hr_doctor_item *items, size_t capacity) {
    struct report report = {.items = items, .capacity = capacity};
    const struct trial ring = try_backend(&hr__backend_uring);
    const struct trial epoll = try_backend(&hr__backend_epoll);
    look_at_kernel(&report, &ring, &epoll);
    look_at_ring(&report, &ring, &epoll);
    look_at_epoll(&report, &epoll);
    look_at_choice(&report, &ring, &epoll);
    look_at_sysctl(&report);
    look_at_seccomp(&report);
    look_at_memlock(&report);
    look_at_files(&report);
    look_at_cores(&report);
    look_at_memory(&report);
    return report.count;
}
