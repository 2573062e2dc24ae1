#include <criterion/criterion.h>
#include <stdio.h>

#include <headrace/version.h>

Test(version, of_headers_and_library_is_one) {
    char text[32];
    cr_assert_eq(hr_version(), HR_VERSION_NUMBER);
    cr_assert_str_eq(hr_version_string(), HR_VERSION_STRING);
    snprintf(text, sizeof text, "%d.%d.%d", HR_VERSION_MAJOR, HR_VERSION_MINOR, HR_VERSION_PATCH);
    cr_assert_str_eq(hr_version_string(), text);
}

Test(version, number_keeps_its_three_parts) {
    cr_assert_eq(hr_version() / 1000000, HR_VERSION_MAJOR);
    cr_assert_eq(hr_version() / 1000 % 1000, HR_VERSION_MINOR);
    cr_assert_eq(hr_version() % 1000, HR_VERSION_PATCH);
}

/* The preprocessor can compare it. */
#if HR_VERSION_NUMBER < 1000
#error "older than 0.1.0"
#endif
