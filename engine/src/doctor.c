/* What this kernel, container and these limits allow: each fact an item, each obstacle with its
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

static void look_at_kernel(struct report *report) {
    struct utsname name;
    uname(&name);
    unsigned major = 0, minor = 0;
    bool read = sscanf(name.release, "%u.%u", &major, &minor) == 2;
    bool enough = read && (major > 6 || (major == 6 && minor >= 1));
    struct hr_doctor_item *item = add(report, "kernel", enough ? HR_DOCTOR_OK : HR_DOCTOR_FAIL);
    say(item, "Linux %.64s (%.16s)", name.release, name.machine);
    if (!enough) advise(item, "io_uring as headrace uses it needs Linux 6.1 or later");
}

/* One real operation through a real ring, as set-up alone proves little. */
static int probe_ring(struct hr_error *error, unsigned *capabilities) {
    struct hr_backend_options options = {.entries = PROBE_ENTRIES};
    struct hr_backend *backend;
    int result = hr__backend_uring.open(&options, error, &backend);
    if (result < 0) return result;
    *capabilities = backend->capabilities;
    result = hr__backend_probe(backend, error);
    backend->vtable->close(backend);
    return result;
}

static void look_at_ring(struct report *report) {
    struct hr_error error = {.code = 0};
    unsigned capabilities = 0;
    int result = probe_ring(&error, &capabilities);
    struct hr_doctor_item *item =
        add(report, "io_uring", result < 0 ? HR_DOCTOR_FAIL : HR_DOCTOR_OK);
    if (result < 0) {
        say(item, "refused: %s", hr_error_name(result));
        advise(item, error.message);
    } else {
        say(item, "works%s%s", capabilities & HR_CAPABILITY_LENT_MULTI ? ", multishot receive" : "",
            capabilities & HR_CAPABILITY_REGISTERED ? ", registered memory" : "");
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
    look_at_kernel(&report);
    look_at_ring(&report);
    look_at_sysctl(&report);
    look_at_seccomp(&report);
    look_at_memlock(&report);
    look_at_files(&report);
    look_at_cores(&report);
    look_at_memory(&report);
    return report.count;
}
