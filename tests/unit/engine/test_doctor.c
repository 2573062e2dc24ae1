#include <stdlib.h>
#include <sys/utsname.h>

#include <headrace/doctor.h>

#include "refuse_fixture.h"

#define ITEMS 16

static const struct hr_doctor_item *find(const struct hr_doctor_item *items, size_t count,
                                         const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, name) == 0) return &items[i];
    return NULL;
}

Test(doctor, tells_what_the_machine_is) {
    struct hr_doctor_item items[ITEMS];
    size_t count = hr_doctor(items, ITEMS);
    cr_assert(count >= 6 && count <= ITEMS);
    struct utsname name;
    uname(&name);
    const struct hr_doctor_item *kernel = find(items, count, "kernel");
    cr_assert_not_null(kernel);
    cr_assert_not_null(strstr(kernel->value, name.release));
    for (size_t i = 0; i < count; i++) {
        cr_assert_neq(items[i].value[0], '\0');
        if (items[i].verdict != HR_DOCTOR_OK)
            cr_assert_neq(items[i].remedy[0], '\0', "%s", items[i].name);
    }
    cr_assert_not_null(find(items, count, "io_uring"));
    cr_assert_not_null(find(items, count, "memlock"));
}

Test(doctor, counts_what_has_no_room) {
    struct hr_doctor_item items[ITEMS], first;
    size_t count = hr_doctor(items, ITEMS);
    cr_assert_eq(hr_doctor(&first, 1), count);
    cr_assert_str_eq(first.name, items[0].name);
    cr_assert_eq(hr_doctor(NULL, 0), count);
}

/* The back ends. */

static struct hr_doctor_item found[ITEMS];

static const struct hr_doctor_item *item(const char *name) {
    const struct hr_doctor_item *one = find(found, hr_doctor(found, ITEMS), name);
    cr_assert_not_null(one, "%s", name);
    return one;
}

static void expect_item(const char *name, enum hr_doctor_verdict verdict, const char *value) {
    const struct hr_doctor_item *one = item(name);
    cr_assert_eq(one->verdict, verdict, "%s: %s", name, one->value);
    cr_assert_not_null(strstr(one->value, value), "%s: %s", name, one->value);
}

static bool usable(void) {
    size_t count = hr_doctor(found, ITEMS);
    for (size_t i = 0; i < count; i++)
        if (found[i].verdict == HR_DOCTOR_FAIL) return false;
    return true;
}

Test(doctor, names_the_back_end_and_why) {
    unsetenv("HEADRACE_BACKEND");
    expect_item("io_uring", HR_DOCTOR_OK, "works");
    expect_item("epoll", HR_DOCTOR_OK, "works");
    expect_item("backend", HR_DOCTOR_OK, "io_uring: it works");
    setenv("HEADRACE_BACKEND", "epoll", 1);
    expect_item("backend", HR_DOCTOR_OK, "epoll: HEADRACE_BACKEND says so");
    setenv("HEADRACE_BACKEND", "io_uring", 1);
    expect_item("backend", HR_DOCTOR_OK, "io_uring: HEADRACE_BACKEND says so");
    cr_assert(usable());
}

Test(doctor, a_refused_ring_is_a_note_where_epoll_works) {
    unsetenv("HEADRACE_BACKEND");
    refuse_call(SYS_io_uring_setup, EPERM);
    expect_item("io_uring", HR_DOCTOR_NOTE, "refused: EPERM");
    cr_assert_not_null(strstr(item("io_uring")->remedy, "a seccomp profile that allows"));
    expect_item("backend", HR_DOCTOR_OK, "epoll: io_uring is refused (EPERM)");
    expect_item("seccomp", HR_DOCTOR_NOTE, "a filter is active");
    cr_assert(usable());
}

Test(doctor, a_refused_ring_that_is_wanted_is_a_failure) {
    refuse_call(SYS_io_uring_setup, EPERM);
    setenv("HEADRACE_BACKEND", "io_uring", 1);
    expect_item("backend", HR_DOCTOR_FAIL, "io_uring, as HEADRACE_BACKEND says: EPERM");
    cr_assert_not(usable());
    setenv("HEADRACE_BACKEND", "epoll", 1);
    cr_assert(usable());
}

Test(doctor, nothing_works_is_a_failure) {
    unsetenv("HEADRACE_BACKEND");
    refuse_call(SYS_io_uring_setup, EPERM);
    refuse_call(SYS_epoll_create1, EPERM);
    expect_item("io_uring", HR_DOCTOR_FAIL, "refused");
    expect_item("epoll", HR_DOCTOR_FAIL, "fails: EPERM");
    expect_item("backend", HR_DOCTOR_FAIL, "none: epoll: EPERM");
}

Test(doctor, an_unknown_name_is_a_failure) {
    setenv("HEADRACE_BACKEND", "kqueue", 1);
    expect_item("backend", HR_DOCTOR_FAIL, "HEADRACE_BACKEND");
    cr_assert_not_null(strstr(item("backend")->remedy, "\"kqueue\""));
}
