#include <criterion/criterion.h>

#include "log_filter.h"

static uint16_t id_of(const char *name) {
    uint16_t id;
    cr_assert_eq(hr__log_name_add(hr_slice_of(name), &id), 0);
    return id;
}

static bool takes(const struct hr__log_filter *filter, int level, uint64_t flags,
                  const char *name) {
    const struct hr__log_record record = {
        .level = level, .origin = HR_LOG_SITE_FREE | flags | (uint64_t)id_of(name) << 32};
    return hr__log_filter_takes(filter, &hr__log_dictionary, &record);
}

Test(log_filter, by_level) {
    const struct hr__log_filter all = {.level = 0}, warnings = {.level = 30};
    cr_assert(takes(&all, 10, 0, "a"));
    cr_assert_not(takes(&warnings, 20, 0, "a"));
    cr_assert(takes(&warnings, 30, 0, "a"));
}

/* A record that was kept for a backtrace goes with the error behind it. */
Test(log_filter, a_kept_record_goes_where_errors_go) {
    const struct hr__log_filter errors = {.level = 40}, critical = {.level = 50};
    cr_assert_not(takes(&errors, 10, 0, "a"));
    cr_assert(takes(&errors, 10, HR_LOG_RECORD_KEPT, "a"));
    cr_assert_not(takes(&critical, 10, HR_LOG_RECORD_KEPT, "a"));
}

Test(log_filter, by_name) {
    const struct hr__log_filter some = {.pattern = hr_slice_of("service.*")};
    const struct hr__log_filter empty = {.pattern = hr_slice_of("")};
    cr_assert(takes(&some, 20, 0, "service.s3"));
    cr_assert(takes(&some, 20, 0, "SERVICE.S3"));
    cr_assert_not(takes(&some, 20, 0, "other"));
    cr_assert_not(takes(&empty, 20, 0, "other")); /* a pattern that no name fits */
    cr_assert(hr__log_filter_names(&some, &hr__log_dictionary, id_of("service.net")));
}
