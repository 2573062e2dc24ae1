#include <criterion/criterion.h>
#include <errno.h>

#include <headrace/error.h>

Test(error, own_codes_have_name_and_text) {
    cr_assert_str_eq(hr_error_name(HR_ERR_STALL_TIMEOUT), "HR_ERR_STALL_TIMEOUT");
    cr_assert_str_eq(hr_error_text(HR_ERR_STALL_TIMEOUT),
                     "no byte moved within the stall time-out");
    cr_assert_str_eq(hr_error_name(-HR_ERR_STALL_TIMEOUT), "HR_ERR_STALL_TIMEOUT");
}

Test(error, own_codes_are_distinct_and_outside_errno) {
    static const int codes[] = {
#define CODE(name, value, text) value,
        HR_ERROR_TABLE(CODE)
#undef CODE
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        cr_assert_lt(codes[i], -4095);
        for (size_t j = 0; j < i; j++) cr_assert_neq(codes[i], codes[j]);
    }
}

Test(error, errno_codes_speak_as_the_c_library_does) {
    cr_assert_str_eq(hr_error_name(-ECONNREFUSED), "ECONNREFUSED");
    cr_assert_str_eq(hr_error_text(-ECONNREFUSED), "Connection refused");
    cr_assert_str_eq(hr_error_name(-4000), "UNKNOWN");
    cr_assert_str_eq(hr_error_name(INT32_MIN), "UNKNOWN");
    cr_assert_str_eq(hr_error_name(0), "OK");
}

Test(error, set_fills_clears_and_returns) {
    struct hr_error error = {.http_status = 500, .service_code = "Old"};
    cr_assert_eq(hr_error_set(&error, -EINVAL, "option %s is %d", "pool", 7), -EINVAL);
    cr_assert_eq(error.code, -EINVAL);
    cr_assert_eq(error.http_status, 0);
    cr_assert_str_eq(error.message, "option pool is 7");
    cr_assert_str_eq(error.service_code, "");
    cr_assert_eq(hr_error_set(NULL, -EINVAL, "x"), -EINVAL);
}

Test(error, a_long_message_is_cut_between_characters) {
    char text[400];
    for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 2); /* ä */
    text[398] = '\0';
    struct hr_error error;
    hr_error_set(&error, -EIO, "%s", text);
    size_t size = strlen(error.message) - 3;
    cr_assert_str_eq(error.message + size, "\xe2\x80\xa6"); /* an ellipsis: it was cut */
    cr_assert_eq(size % 2, 0);
    cr_assert_geq(size, sizeof error.message - 6);
}
