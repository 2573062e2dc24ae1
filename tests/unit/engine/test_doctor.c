#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <headrace/doctor.h>

static const struct hr_doctor_item *find(const struct hr_doctor_item *items, size_t count,
                                         const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, name) == 0) return &items[i];
    return NULL;
}

Test(doctor, tells_what_the_machine_is) {
    struct hr_doctor_item items[16];
    size_t count = hr_doctor(items, 16);
    cr_assert(count >= 6 && count <= 16);
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
    struct hr_doctor_item items[16], first;
    size_t count = hr_doctor(items, 16);
    cr_assert_eq(hr_doctor(&first, 1), count);
    cr_assert_str_eq(first.name, items[0].name);
    cr_assert_eq(hr_doctor(NULL, 0), count);
}
